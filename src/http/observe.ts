import type { Middleware } from 'koa';
import type { Observer } from '../telemetry/observer.ts';
import type { State } from './ctx.ts';
import { type Mount, mountOf } from './mounts.ts';

/** Shows each request to the observer, once its answer is known; costs nothing where there is none. */
export function observeRequests(
  observer: Observer | undefined,
  mounts: readonly Mount[],
): Middleware<State> {
  if (!observer) return (_ctx, next) => next();
  return (ctx, next) => {
    const { method, path, state } = ctx;
    const outcome = () => ({
      endpoint: endpointOf(ctx, path, mounts),
      status: ctx.status,
      error: state.error,
      grant: state.grant,
      requestId: state.requestId,
    });
    return observer.request(
      { method, traceparent: ctx.get('traceparent') || undefined, outcome },
      next,
    );
  };
}

/** The template of the route, or a name for what has none: paths of strangers are without number. */
function endpointOf(ctx: object, path: string, mounts: readonly Mount[]): string {
  const { routerPath } = ctx as { routerPath?: string };
  if (routerPath !== undefined) return routerPath;
  if (path === '/livez' || path === '/readyz') return path;
  return mountOf(mounts, path)?.path ?? 'none';
}
