// RFC 8414 3.1: an issuer is where it is mounted.
import type { Middleware } from 'koa';
import type { WebServices } from '../services.ts';
import type { State } from './ctx.ts';
import { appearanceLoader, tenantFinder } from './tenant.ts';

/** Makes the step that finds the tenant of a request; what follows sees the path below its issuer. */
export function enterTenant(services: WebServices): Middleware<State> {
  const find = tenantFinder(services);
  const loadAppearance = appearanceLoader(services);
  return async (ctx, next) => {
    const { tenant, endpoint } = await find(ctx);
    Object.assign(ctx.state, { tenant, loadAppearance });
    // As a mount does: what follows sees the path below the issuer, and whoever logs the whole one.
    const { path, url } = ctx;
    ctx.url = endpoint + url.slice(path.length);
    try {
      await next();
    } finally {
      ctx.url = url;
    }
  };
}
