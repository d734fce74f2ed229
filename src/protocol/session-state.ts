// OpenID Connect Session Management 2 and 3.2: what a client keeps to ask whether the browser is still signed in.
import { hash, randomBytes } from 'node:crypto';

/**
 * session_state for the client at the redirect URI, whose page will ask; `browserState` is what the cookie says.
 * Undefined for an application on the device, which has no origin and loads no frame.
 */
export function sessionState(
  clientId: string,
  redirectUri: string,
  browserState: string,
): string | undefined {
  const { origin } = new URL(redirectUri);
  if (origin === 'null') return undefined;
  const salt = randomBytes(16).toString('base64url');
  return `${hash('sha256', `${clientId} ${origin} ${browserState} ${salt}`)}.${salt}`;
}
