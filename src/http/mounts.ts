import type { Middleware } from 'koa';
import type { State } from './ctx.ts';

/** An application beside the tenants, such as the demonstration client, under a path of its own. */
export type Mount = { path: string; middleware: Middleware };

/** The mount that a path is under. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  return mounts.find((one) => path === one.path || path.startsWith(`${one.path}/`));
}

/** Hands requests below a mount to it. */
export function serveMounts(mounts: readonly Mount[]): Middleware<State> {
  return (ctx, next) => {
    const mount = mountOf(mounts, ctx.path);
    return mount ? mount.middleware(ctx as never, next) : next();
  };
}
