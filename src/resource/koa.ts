// The protected resource as Koa middleware.
import type { Middleware } from 'koa';
import type { AccessToken, Resource } from './resource.ts';
import { ResourceError } from './resource-error.ts';

/** Answers GET of the resource's metadata (RFC 9728 3.1), and lets anything else pass. */
export function serveMetadata({ metadata, metadataPath }: Resource): Middleware {
  return async (context, next) => {
    if (context.path !== metadataPath || context.method !== 'GET') return await next();
    context.set('Access-Control-Allow-Origin', '*');
    context.set('Cache-Control', 'public, max-age=300');
    context.body = metadata;
  };
}

/**
 * Lets a request pass that has a token with all `scopes`, which is then in `context.state.token`;
 * answers any other with 401 or 403 and the challenge that tells a client what to do (RFC 9728 5.1).
 */
export function protect(
  resource: Resource,
  scopes: readonly string[] = [],
): Middleware<{ token: AccessToken }> {
  return async (context, next) => {
    try {
      const authorization = context.get('authorization') || undefined;
      context.state.token = await resource.authorize(authorization, scopes, context.ip);
    } catch (failure) {
      if (!(failure instanceof ResourceError)) throw failure;
      context.status = failure.status;
      context.set('WWW-Authenticate', failure.challenge);
      context.set('Cache-Control', 'no-store');
      const error = failure.error === 'no_token' ? 'invalid_token' : failure.error;
      context.body = { error };
      return;
    }
    await next();
  };
}
