import type { ParameterizedContext } from 'koa';
import type { Upstreams } from '../identity-providers/identity-providers.ts';
import type { ClientKeyFinder } from '../outbound/client-keys.ts';
import type { EndpointPaths } from '../protocol/discovery.ts';
import type { WebContext } from '../services.ts';
import type { Keyring } from './keyring.ts';

/** The tenant that a request is for, as the database knows it. */
export type Tenant = {
  id: string;
  /** Issuer identifier, byte for byte as published. */
  issuer: string;
  /** The name that people see. */
  title: string;
  /** Path of the issuer, '' for none. */
  path: string;
};

/** What the middleware finds out before an endpoint runs. */
export type State = {
  tenant: Tenant;
  /** Names the request in the log, the audit and the answer. */
  requestId: string;
  /** Address of the client; that of the last untrusted hop behind a trusted proxy. */
  address: string;
  /** How errors are shown: to a person, to a program, or to a program with a bearer token. */
  audience: 'page' | 'json' | 'bearer';
  /** For metrics: the error that was answered, and the grant type of a token request. */
  error?: string;
  grant?: string;
};

/** A request and its answer. */
export type Exchange = ParameterizedContext<State>;

export type Endpoint = (exchange: Exchange) => Promise<void> | void;

/** What endpoints work with. */
export type Services = WebContext & {
  keyring: Keyring;
  upstreams: Upstreams;
  clientKeys: ClientKeyFinder;
  endpoints: EndpointPaths;
};

/** Makes an endpoint that works with the database and the keys of the process. */
export type MakeEndpoint = (services: Services) => Endpoint;

/** The first arguments of every function of pgrant_api. */
export function caller({ state }: Exchange) {
  return { tenant: state.tenant.id, request_id: state.requestId, address: state.address };
}
