// draft-ietf-oauth-client-id-metadata-document: a client whose client_id is the URL of its metadata.
import { invalidField } from './client-fields.ts';
import { type ClientMetadata, readClientMetadata } from './client-metadata.ts';
import { OAuthError } from './errors.ts';
import { isJsonObject, jsonFault } from './json.ts';
import { readWebUrl } from './uri.ts';

/** Most bytes of a document (section 8.7). */
export const documentLimit = 5 * 1024;

/** How clients from documents may authenticate; who leaves the choice signs. */
const documentMethods = ['private_key_jwt', 'none'];

const jsonType = /^application\/(?:[a-z0-9!#$&^_.-]+\+)?json *(?:;|$)/i;

/**
 * Throws invalid_client_metadata where the client_id can't be the URL of a document (section 3): one
 * that isn't in its normal form (so no dot segments) could mean another resource to the next parser.
 * A query is a should-not of the publisher's, and as good a part of the name as any.
 */
export function checkDocumentUrl(url: string): void {
  const read = readWebUrl(url);
  if (typeof read === 'string') throw invalidField('client_id', read);
  if (read.href !== url) throw invalidField('client_id', 'has no path');
}

/** Throws invalid_client_metadata unless the answer is a document (sections 4 and 5). */
export function checkDocumentAnswer({ status, headers }: Pick<Response, 'status' | 'headers'>) {
  const type = (headers.get('content-type') ?? 'none').slice(0, 100);
  // 304 too is no 200: a document is small enough to be sent each time.
  const fault = status !== 200 ? `status ${status}` : jsonType.test(type) ? '' : `type ${type}`;
  if (fault) throw refusal('the document could not be fetched', fault);
}

/** The metadata that the document at `url` says; throws invalid_client_metadata and invalid_redirect_uri. */
export function readClientDocument(url: string, body: ArrayBuffer): ClientMetadata {
  const { client_id, token_endpoint_auth_methods_supported: choices, ...said } = parse(body);
  // Section 3: as strings, not as URLs.
  if (client_id !== url) throw invalidField('client_id', 'of the document is another one');
  if (typeof said.client_name !== 'string' || said.client_name === '') {
    throw invalidField('client_name', 'is missing');
  }
  // A software statement is for whoever registers: nobody vouches for what is not sent to them.
  const metadata = readClientMetadata({
    ...said,
    software_statement: null,
    token_endpoint_auth_method: methodOf(said.token_endpoint_auth_method, choices),
  });
  if (metadata.redirect_uris.length === 0) throw invalidField('redirect_uris', 'is missing');
  return metadata;
}

function parse(body: ArrayBuffer): Record<string, unknown> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const read: unknown = JSON.parse(text);
    if (isJsonObject(read) && jsonFault(read) === undefined) return { ...read };
  } catch {
    // Told below like any other body that is not an object.
  }
  throw refusal('the document is not a JSON object', 'not a JSON object that can be kept');
}

/**
 * How the client authenticates: as it says, else in the first way it supports that is known here
 * (OpenID Connect Relying Party Metadata Choices 2). The default of RFC 7591 is a shared secret,
 * which a public document can't have, so that a client that says nothing is public.
 */
function methodOf(own: unknown, choices: unknown): string {
  const methods = [own ?? [], choices ?? own ?? 'none'].flat();
  if (methods.some((one) => typeof one !== 'string' || one.startsWith('client_secret'))) {
    throw invalidField('token_endpoint_auth_method', 'rests on a secret that both know');
  }
  const known =
    documentMethods.find((one) => one === own) ??
    documentMethods.find((one) => methods.includes(one));
  if (known === undefined) throw invalidField('token_endpoint_auth_method', 'is not supported');
  return known;
}

function refusal(detail: string, reason: string): OAuthError {
  return new OAuthError('invalid_client_metadata', reason, { detail });
}
