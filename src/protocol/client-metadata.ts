// RFC 7591 2, OpenID Connect Dynamic Client Registration 2: what a client says of itself.

import { type Fields, fieldsOf, invalidField } from './client-fields.ts';
import { OAuthError } from './errors.ts';
import { clientKeys } from './jwk-set.ts';
import { authMethods, clientAlgs, grantTypes } from './lists.ts';
import { redirectUriFault, refusedRedirectUri } from './redirect-uri.ts';
import { isScopeName, words } from './scope.ts';

/** Metadata that are well-formed and consistent, by the columns that hold them. */
export type ClientMetadata = Fields & {
  token_endpoint_auth_method: string;
  application_type: 'web' | 'native';
  redirect_uris: string[];
  post_logout_redirect_uris: string[];
  grant_types: string[];
  scopes?: string[];
  /** What was asked for and is not had: the rule, by the value. */
  left_out?: Record<string, string>;
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
 * a field that is not known is ignored. Grant types that are not there, redirect URIs that the client
 * may not have and words that are no scope are left out (RFC 7591 3.2.1: what is answered is what holds).
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
  const type = typeOf(given.application_type);
  const isPublic = method === 'none';
  const redirects = redirectUrisOf(given, 'redirect_uris', { public: isPublic, type });
  if (grant_types.includes('authorization_code')) requireOne(redirects);
  const logouts = redirectUrisOf(given, 'post_logout_redirect_uris', { public: isPublic });
  const left_out = { ...redirects.left_out, ...logouts.left_out };
  if (isPublic && grant_types.includes('client_credentials')) {
    throw invalidField('grant_types', 'client_credentials is for confidential clients');
  }
  const fields = fieldsOf(given);
  if (hasKeys(method)) requireKeys(fields);
  requireCertificateName(fields, method === 'tls_client_auth');
  return {
    ...fields,
    token_endpoint_auth_method: method as string,
    application_type: type ?? (redirects.kept.every(isHttps) ? 'web' : 'native'),
    redirect_uris: redirects.kept,
    post_logout_redirect_uris: logouts.kept,
    ...(Object.keys(left_out).length > 0 && { left_out }),
    grant_types,
    ...scopesOf(given.scope),
    ...(typeof given.software_statement === 'string' && {
      registered: { software_statement: given.software_statement },
    }),
  };
}

/** Whether a client that authenticates so has a secret; where nothing is said it does. */
export function hasSecret(method: unknown = 'client_secret_basic'): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post';
}

/** Whether a client that authenticates so is known by keys that it has registered. */
export function hasKeys(method: unknown): boolean {
  return method === 'private_key_jwt' || method === 'self_signed_tls_client_auth';
}

/** Throws invalid_client_metadata for a client that has no key to authenticate by. */
export function requireKeys({ jwks, jwks_uri }: Pick<Fields, 'jwks' | 'jwks_uri'>): void {
  if (jwks === undefined && jwks_uri === undefined) {
    throw invalidField('jwks', 'or jwks_uri is missing, which the client needs to authenticate');
  }
  if (jwks !== undefined && clientKeys(jwks).length === 0) {
    throw invalidField('jwks', `has no key for ${clientAlgs.join(', ')}`);
  }
}

/** RFC 8705 2.1.2: exactly one of its names for a client that authenticates by it. */
function requireCertificateName(fields: Fields, needed: boolean): void {
  const given = Object.keys(fields).filter((name) => name.startsWith('tls_client_auth_'));
  if (given.length !== (needed ? 1 : 0)) {
    throw invalidField('tls_client_auth_*', `is there ${given.length} times`);
  }
}

function withoutNulls(sent: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null));
}

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

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
  if (grants.includes('refresh_token') && !code && !grants.includes(deviceGrant)) {
    throw invalidField('grant_types', 'has refresh_token without authorization_code');
  }
  return grants;
}

type ApplicationType = 'web' | 'native';
type RedirectUris = { kept: string[]; left_out: Record<string, string> };

function redirectUrisOf(
  given: Record<string, unknown>,
  name: string,
  client: { public: boolean; type?: ApplicationType | undefined },
): RedirectUris {
  const uris = [...new Set(textsOf(given, name) ?? [])];
  if (uris.length > uriLimit) throw invalidField(name, `has more than ${uriLimit}`);
  const rules = uris.map((uri) => [
    uri,
    redirectUriFault(uri, client) ?? webFault(uri, client.type),
  ]);
  return {
    kept: rules.filter(([, rule]) => rule === undefined).map(([uri]) => uri as string),
    left_out: Object.fromEntries(rules.filter(([, rule]) => rule !== undefined)),
  };
}

/** OpenID Connect Registration 2: the redirect URIs of a web application are https. */
function webFault(uri: string, type: ApplicationType | undefined): string | undefined {
  return type === 'web' && !isHttps(uri)
    ? 'those of application_type web are https (leave it out, or say native)'
    : undefined;
}

function isHttps(uri: string): boolean {
  return uri.startsWith('https://');
}

/** Throws invalid_redirect_uri where none is left, and names the first that was left out. */
function requireOne({ kept, left_out }: RedirectUris): void {
  if (kept.length > 0) return;
  const [first] = Object.entries(left_out);
  if (first) throw refusedRedirectUri(...first);
  throw new OAuthError('invalid_redirect_uri', 'no redirect_uris', { detail: 'there is none' });
}

/** What the client says that it is; one that does not say, is what its redirect URIs say. */
function typeOf(sent: unknown): ApplicationType | undefined {
  if (sent === undefined || sent === 'web' || sent === 'native') return sent;
  throw invalidField('application_type', 'is neither web nor native');
}

function scopesOf(scope: unknown): { scopes?: string[] } {
  if (scope === undefined || scope === '') return {};
  if (typeof scope !== 'string' || scope.length > 4096)
    throw invalidField('scope', 'is not a list');
  const scopes = words(scope).filter(isScopeName);
  return scopes.length > 0 ? { scopes } : {};
}

function textsOf(given: Record<string, unknown>, name: string): string[] | undefined {
  const list = given[name];
  if (list === undefined) return undefined;
  const good = Array.isArray(list) && list.length <= listLimit;
  if (good && list.every((one) => typeof one === 'string')) return list;
  throw invalidField(name, 'is not an array of text');
}
