// What the log says of where a request went: nobody puts a secret there by way of a path.
import { withoutSecrets } from '../protocol/secrets.ts';

const lengthLimit = 256;

/** The template of the route, where one has answered, and the path without what looks like a secret. */
export function whereTo(ctx: { path: string }): { route?: string; path: string } {
  const { routerPath: route } = ctx as { routerPath?: string };
  return {
    ...(route !== undefined && { route }),
    path: withoutSecrets(ctx.path).slice(0, lengthLimit),
  };
}
