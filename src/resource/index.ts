// What an API does with the access tokens that it is sent. Needs jose and lru-cache, nothing of the server.
export type { Answer } from './answer.ts';
export { type Challenge, challenge } from './challenge.ts';
export type { ConfidentialClient } from './client-authentication.ts';
export { type KoaMiddleware, protect, serveMetadata } from './koa.ts';
export { type OpaqueToken, opaqueToken } from './opaque-token.ts';
export {
  type AccessToken,
  type Authentication,
  createResource,
  type Resource,
  type ResourceOptions,
} from './resource.ts';
export { type Refusal, ResourceError } from './resource-error.ts';
export type { DpopOptions, ResourceRequest } from './token-possession.ts';
