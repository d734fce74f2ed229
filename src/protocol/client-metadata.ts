// RFC 7591 2, OpenID Connect Dynamic Client Registration 2: what a client says of itself.

import { type Fields, fieldsOf, invalidField } from './client-fields.ts';
import { OAuthError } from './errors.ts';
import { clientKeys } from './jwk-set.ts';
import { authMethods, clientAlgs, grantTypes } from './lists.ts';
import { checkRedirectUri } from './redirect-uri.ts';
import { parseScope } from './scope.ts';

/** Metadata that are well-formed and consistent, by the columns that hold them. */
export type ClientMetadata = Fields & {
  token_endpoint_auth_method: string;
  application_type: 'web' | 'native';
  redirect_uris: string[];
  post_logout_redirect_uris: string[];
  grant_types: string[];
  scopes?: string[];
  registered?: { software_statement: string };
};

const uriLimit = 32;
const listLimit = 50;

/** What only the server says (RFC 7591 3.2.1, RFC 7592 3). */
const serverFields = [
  'client_id',
  'client_secret',
  'client_id_issued_at',
  'client_secret_expires_at',
  'registration_access_token',
  'registration_client_uri',
];

/**
 * Reads the metadata that a client sends; null means that a field is left out (RFC 7592 2.2), and
 * a field that is not known is ignored. Grant types that are not there are left out.
 * Throws invalid_redirect_uri and invalid_client_metadata.
 */
export function readClientMetadata(sent: Readonly<Record<string, unknown>>): ClientMetadata {
  const given = withoutNulls(sent);
  const chosen = serverFields.find((name) => name in given);
  if (chosen !== undefined) throw invalidField(chosen, 'is not for the client to choose');
  const method = given.token_endpoint_auth_method ?? 'client_secret_basic';
  if (!(authMethods as readonly unknown[]).includes(method)) {
    throw invalidField('token_endpoint_auth_method', 'is not supported');
  }
  const grant_types = grantsOf(given);
  const redirect_uris = redirectUrisOf(given, 'redirect_uris', method === 'none');
  if (grant_types.includes('authorization_code') && redirect_uris.length === 0) {
    throw new OAuthError('invalid_redirect_uri', 'no redirect_uris', { detail: 'there is none' });
  }
  if (method === 'none' && grant_types.includes('client_credentials')) {
    throw invalidField('grant_types', 'client_credentials is for confidential clients');
  }
  const fields = fieldsOf(given);
  if (method === 'private_key_jwt') requireKeys(fields);
  return {
    ...fields,
    token_endpoint_auth_method: method as string,
    application_type: applicationType(given.application_type, redirect_uris),
    redirect_uris,
    post_logout_redirect_uris: redirectUrisOf(
      given,
      'post_logout_redirect_uris',
      method === 'none',
    ),
    grant_types,
    ...scopesOf(given.scope),
    ...(typeof given.software_statement === 'string' && {
      registered: { software_statement: given.software_statement },
    }),
  };
}

/** Throws invalid_client_metadata for a client that has no key to sign with. */
export function requireKeys({ jwks, jwks_uri }: Pick<Fields, 'jwks' | 'jwks_uri'>): void {
  if (jwks === undefined && jwks_uri === undefined) {
    throw invalidField('jwks', 'or jwks_uri is missing, which private_key_jwt needs');
  }
  if (jwks !== undefined && clientKeys(jwks).length === 0) {
    throw invalidField('jwks', `has no key for ${clientAlgs.join(', ')}`);
  }
}

function withoutNulls(sent: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null));
}

/** Grant types and response types that agree (RFC 7591 2.1). */
function grantsOf(given: Record<string, unknown>): string[] {
  const asked = textsOf(given, 'grant_types') ?? ['authorization_code'];
  const grants = grantTypes.filter((one) => asked.includes(one));
  const code = grants.includes('authorization_code');
  const responses = textsOf(given, 'response_types');
  if (grants.length === 0) throw invalidField('grant_types', 'names none that is supported');
  if (responses && responses.includes('code') !== code) {
    throw invalidField('response_types', 'and grant_types do not agree');
  }
  if (grants.includes('refresh_token') && !code) {
    throw invalidField('grant_types', 'has refresh_token without authorization_code');
  }
  return grants;
}

function redirectUrisOf(given: Record<string, unknown>, name: string, isPublic: boolean) {
  const uris = [...new Set(textsOf(given, name) ?? [])];
  if (uris.length > uriLimit) throw invalidField(name, `has more than ${uriLimit}`);
  for (const uri of uris) checkRedirectUri(uri, { public: isPublic });
  return uris;
}

/**
 * OpenID Connect Registration 2: the redirect URIs of a web application are https. A client that
 * does not say what it is, is what its redirect URIs say.
 */
function applicationType(sent: unknown, uris: readonly string[]): 'web' | 'native' {
  const local = uris.find((uri) => !uri.startsWith('https://'));
  if (sent === undefined) return local === undefined ? 'web' : 'native';
  if (sent !== 'web' && sent !== 'native') throw invalidField('application_type', 'is neither');
  if (sent === 'web' && local !== undefined) {
    const detail = 'those of a web application are https';
    throw new OAuthError('invalid_redirect_uri', detail, { detail });
  }
  return sent;
}

function scopesOf(scope: unknown): { scopes?: string[] } {
  if (scope === undefined || scope === '') return {};
  if (typeof scope !== 'string' || scope.length > 4096)
    throw invalidField('scope', 'is not a list');
  try {
    return { scopes: parseScope(scope) };
  } catch {
    throw invalidField('scope', 'holds a character that none may have');
  }
}

function textsOf(given: Record<string, unknown>, name: string): string[] | undefined {
  const list = given[name];
  if (list === undefined) return undefined;
  const good = Array.isArray(list) && list.length <= listLimit;
  if (good && list.every((one) => typeof one === 'string')) return list;
  throw invalidField(name, 'is not an array of text');
}
