import type { ParameterizedContext } from 'koa';
import type { Caller } from '../db/caller.ts';

/** The tenant that a request is for, as the database knows it. */
export type Tenant = {
  id: string;
  /** Issuer identifier, byte for byte as published. */
  issuer: string;
  /** The name that people see. */
  title: string;
  /** Path of the issuer, '' for none. */
  path: string;
  /** Once it was loaded. */
  appearance?: Appearance;
};

/** What every page of a tenant shows, and every challenge says. */
export type Appearance = {
  title: string;
  language: string;
  accent_color: string | null;
  support_uri: string | null;
  policy_uri: string | null;
  tos_uri: string | null;
  /** SHA-256 of its logo, in hexadecimal. */
  logo: string | null;
  /** Whether people may have their username remembered. */
  remember_username: boolean;
  /** By what its clients may sign (RFC 9449 7.1). */
  client_signing_algs: readonly string[];
};

/** What the middleware finds out before an endpoint runs. */
export type State = {
  tenant: Tenant;
  /** Has the appearance of the tenant, where there is one: what is remembered of it, or what the database says, if it may be asked. */
  loadAppearance?: (state: State, mayAsk: boolean) => Promise<void>;
  /** Names the request in the log, the audit and the answer. */
  requestId: string;
  /** Address of the client; that of the last untrusted hop behind a trusted proxy. */
  address: string;
  /** How errors are shown: to a person, to a program, to one with a bearer token, or to one as a problem (RFC 9457). */
  audience: 'page' | 'json' | 'bearer' | 'problem';
  /** The cookie that names the browser, where this answer sets it. */
  browser?: string;
  /** Makes the nonce that DPoP proofs of the next requests may have (RFC 9449 8). */
  nonce?: () => string;
  /** For metrics: the error that was answered, and the grant type of a token request. */
  error?: string;
  grant?: string;
};

/** A request and its answer. */
export type Ctx = ParameterizedContext<State>;

/** Who asks, as the functions of pgrant_api take it. */
export function caller({ state }: Ctx): Caller {
  return { tenant: state.tenant.id, request_id: state.requestId, address: state.address };
}
