import { returnPath } from '../protocol/redirect-uri.ts';

/** Where the demonstration client is, on the server that it signs people in at. */
export const mountPath = '/client';

/** A path of this client to go back to after sign-in: anything else would be an open redirect. */
export function ownPath(path: unknown): string {
  const home = `${mountPath}/`;
  if (typeof path !== 'string' || !path.startsWith(home)) return home;
  return returnPath(path) ?? home;
}
