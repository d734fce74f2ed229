import type { ParameterizedContext } from 'koa';
import type { ApiAppearance } from '../db/bindings.ts';
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
  /** What its pages show and its challenges say, once it was loaded. */
  appearance?: ApiAppearance;
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
  /** The languages that the application asks for (ui_locales), the first one first, for pages that nothing else is known of. */
  locales?: readonly string[];
  /** The cookie that names the browser, where this answer sets it. */
  browser?: string;
  /** The scope that an access token has to have here. */
  neededScope?: string;
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
