// RFC 9126 2.2 and 4: the reference to a pushed authorization request.
import { malformed, OAuthError } from './errors.ts';
import { type RawParameters, readParameters, refuseFaults } from './params.ts';
import { assembleToken, parseToken } from './secrets.ts';

const prefix = 'urn:ietf:params:oauth:request_uri:';

/** The request_uri that a client gets; it says when it expires, as every expiring secret here. */
export function pushedRequestUri(expiresAt: number, secret: string): string {
  return prefix + assembleToken('pushed_request', expiresAt, secret);
}

/**
 * The arguments that name a pushed request, where the request refers to one: whatever else it carries is ignored
 * (RFC 9101 5), but `request`, which excludes it. Undefined for a request that refers to none; throws invalid_request_uri for
 * what is no reference of ours.
 */
export function pushedReference(sent: RawParameters) {
  const { values, faults } = readParameters(sent, ['client_id', 'request_uri']);
  const { client_id, request_uri } = values;
  if (!request_uri?.startsWith(prefix)) return undefined;
  refuseFaults({ client_id: faults.client_id });
  if (client_id === undefined) throw malformed('client_id is missing');
  // The one parameter that is not passed over.
  if (sent.request !== undefined) throw malformed('request and request_uri exclude each other');
  const parsed = parseToken('pushed_request', request_uri.slice(prefix.length));
  if (!parsed)
    throw new OAuthError('invalid_request_uri', 'request_uri is none that was given out');
  return { client_id, pushed_hash: parsed.hash, pushed_expires_at: parsed.expires_at };
}
