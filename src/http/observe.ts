import type { Middleware } from 'koa';
import type { Observer } from '../telemetry/observer.ts';
import type { State } from './ctx.ts';
import { type Mount, mountOf } from './mounts.ts';

/** Shows each request to the observer, once its answer is known; costs nothing where there is none. */
export function observeRequests(
  observer: Observer | undefined,
  mounts: readonly Mount[],
): Middleware<State> {
  if (!observer) return (_exchange, next) => next();
  return (exchange, next) => {
    const { method, path, state } = exchange;
    const outcome = () => ({
      endpoint: endpointOf(exchange, path, mounts),
      status: exchange.status,
      error: state.error,
      grant: state.grant,
      requestId: state.requestId,
    });
    return observer.request(
      { method, traceparent: exchange.get('traceparent') || undefined, outcome },
      next,
    );
  };
}

/** The template of the route, or a name for what has none: paths of strangers are without number. */
function endpointOf(exchange: object, path: string, mounts: readonly Mount[]): string {
  const { routerPath } = exchange as { routerPath?: string };
  if (routerPath !== undefined) return routerPath;
  if (path === '/livez' || path === '/readyz') return path;
  return mountOf(mounts, path)?.path ?? 'none';
}
