// RFC 8414 2 and OpenID Connect Discovery 3: what an issuer identifier may be.
import { OAuthError } from './errors.ts';
import { readWebUrl } from './uri.ts';

/** An issuer, split for resolution: `host` has a port that isn't the default; `path` is '' or /… */
export interface Issuer {
  issuer: string;
  host: string;
  path: string;
}

const lengthLimit = 255;
const plainSegment = /^[A-Za-z0-9._~-]+$/;
const reservedSegment = /^(?:\.{1,2}|\.well-known|oauth)$/i;

/** Reads an issuer URL; throws invalid_request, with the rule that it breaks as the reason. */
export function parseIssuer(issuer: string): Issuer {
  const refuse = (why: string) =>
    new OAuthError('invalid_request', `this can't be an issuer: ${why}`);
  if (issuer.length > lengthLimit) throw refuse(`it is longer than ${lengthLimit} characters`);
  if (issuer.includes('?')) throw refuse('it has a query');
  if (issuer.endsWith('/')) throw refuse('it ends in a slash');
  const url = readWebUrl(issuer);
  if (typeof url === 'string') throw refuse(url);
  const path = url.pathname === '/' ? '' : url.pathname;
  for (const segment of path.split('/').slice(1)) {
    if (!plainSegment.test(segment)) throw refuse(`'${segment}' is not a plain path segment`);
    if (reservedSegment.test(segment)) throw refuse(`the path segment '${segment}' is reserved`);
  }
  return { issuer, host: url.host, path };
}
