// pgrant/resource: what an API does with the access tokens that it is sent. Needs jose and fetch, nothing of the server.
export { protect, serveMetadata } from './koa.ts';
export { type OpaqueToken, opaqueToken } from './opaque-token.ts';
export {
  type AccessToken,
  createResource,
  type Resource,
  type ResourceOptions,
} from './resource.ts';
export { ResourceError } from './resource-error.ts';
