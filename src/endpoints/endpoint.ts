import type { Background } from '../http/background.ts';
import type { Ctx } from '../http/ctx.ts';
import type { PollRate } from '../http/poll-rate.ts';
import type { Upstreams } from '../identity-providers/identity-providers.ts';
import type { KeyFinder } from '../outbound/client-keys.ts';
import type { EndpointPaths } from '../protocol/discovery.ts';
import type { Queues } from '../queues.ts';
import type { WebServices } from '../services.ts';
import type { DetailsReader } from './asked-details.ts';
import type { Keyring } from './keyring.ts';

export type Endpoint = (ctx: Ctx) => Promise<void> | void;

/** What endpoints work with. */
export type EndpointServices = WebServices & {
  keyring: Keyring;
  authorizationDetails: DetailsReader;
  upstreams: Upstreams;
  clientKeys: KeyFinder;
  /** Of issuers of identity assertions. */
  issuerKeys: KeyFinder;
  queues: Queues;
  background: Background;
  pollRate: PollRate;
  endpoints: EndpointPaths;
};

/** Makes an endpoint that works with the database and the keys of the process. */
export type MakeEndpoint = (services: EndpointServices) => Endpoint;
