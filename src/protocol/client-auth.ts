// RFC 6749 2.3.1, RFC 7617 2 and RFC 7521 4.2: how a client says who it is.
import { assertionType, type ReadAssertion, readAssertion } from './client-assertion.ts';
import { malformed, OAuthError } from './errors.ts';
import { decodeFormText } from './params.ts';
import { secretHash } from './secrets.ts';

/** What a client presented; `method` tells which proof comes with it. */
export type ClientCredentials =
  | { method: 'none'; client_id: string }
  | {
      method: 'client_secret_basic' | 'client_secret_post';
      client_id: string;
      secret_hash: Buffer;
    }
  | { method: 'private_key_jwt'; client_id: string; read: ReadAssertion };

/** The parameters by which a client authenticates in the body. */
export const credentialNames = [
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
] as const;

export type ClientParameters = { [Name in (typeof credentialNames)[number]]?: string | undefined };

/** The audiences that an assertion may have. */
type Server = { issuer: string; token_endpoint: string };

/** As long as a parameter may be (see params.ts): the header has no other bound. */
const visible = /^[\x20-\x7E]{1,2048}$/;

/**
 * Reads the client's credentials from the Authorization header and the body's parameters.
 * Throws invalid_client when they are absent or broken, invalid_request when they contradict.
 */
export function clientCredentials(
  authorization: string | undefined,
  body: ClientParameters,
  server: Server,
): ClientCredentials {
  const { client_id, client_secret } = body;
  const assertion = assertionOf(body);
  if (assertion !== undefined) {
    if (authorization !== undefined || client_secret !== undefined) {
      throw malformed('the client authenticates by assertion and by secret');
    }
    const read = readAssertion(assertion, client_id, server);
    return { method: 'private_key_jwt', client_id: read.client_id, read };
  }
  if (authorization !== undefined) {
    const [id, secret] = basicCredentials(authorization);
    if (client_secret !== undefined) {
      throw malformed('the client authenticates by header and by body');
    }
    if (client_id !== undefined && client_id !== id) {
      throw malformed('client_id differs from the Authorization header');
    }
    // RFC 6749 2.3.1: an empty secret may be left out, so it is none.
    if (secret === '') return { method: 'none', client_id: id };
    return { method: 'client_secret_basic', client_id: id, secret_hash: secretHash(secret) };
  }
  if (client_id === undefined) throw unreadable('no client_id');
  requireVisible(client_id);
  if (client_secret === undefined) return { method: 'none', client_id };
  requireVisible(client_secret);
  return { method: 'client_secret_post', client_id, secret_hash: secretHash(client_secret) };
}

/** Credentials that cannot be read, whoever sends them: why is no secret. */
function unreadable(fault: string): OAuthError {
  return new OAuthError('invalid_client', fault, { detail: fault });
}

function assertionOf({
  client_assertion,
  client_assertion_type,
}: ClientParameters): string | undefined {
  if ((client_assertion === undefined) !== (client_assertion_type === undefined)) {
    throw malformed('client_assertion or its type is missing');
  }
  if (client_assertion_type !== undefined && client_assertion_type !== assertionType) {
    throw unreadable('client_assertion_type is not supported');
  }
  return client_assertion;
}

function basicCredentials(authorization: string): [id: string, secret: string] {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1];
  if (encoded === undefined || encoded.length % 4 !== 0) {
    throw unreadable('the Authorization header is not well-formed Basic');
  }
  const pair = Buffer.from(encoded, 'base64').toString('latin1');
  const colon = pair.indexOf(':');
  if (colon < 0) throw unreadable('Basic credentials without a colon');
  const id = decodeHalf(pair.slice(0, colon));
  const secret = decodeHalf(pair.slice(colon + 1));
  return [requireVisible(id), secret === '' ? '' : requireVisible(secret)];
}

function decodeHalf(half: string): string {
  try {
    return decodeFormText(half);
  } catch {
    throw unreadable('Basic credentials are not form-urlencoded');
  }
}

function requireVisible(text: string): string {
  if (visible.test(text)) return text;
  throw unreadable('client_id or secret is empty, too long or not visible ASCII');
}
