// RFC 7591 2, OpenID Connect Dynamic Client Registration 2: the fields that stand by themselves.
import { OAuthError } from './errors.ts';
import { type ClientAlg, isPublicJwkSet } from './jwk-set.ts';
import type { SigningAlg } from './keys.ts';
import { clientAlgs, signingAlgs } from './lists.ts';
import { isSoundName, normalName } from './name.ts';
import { readWebUrl } from './uri.ts';

/** Fields of a registration by the columns that hold them. */
export type Fields = {
  name?: string;
  client_uri?: string;
  logo_uri?: string;
  tos_uri?: string;
  policy_uri?: string;
  contacts?: string[];
  software_id?: string;
  software_version?: string;
  default_max_age?: number;
  require_auth_time?: boolean;
  default_acr_values?: string[];
  subject_type?: string;
  sector_identifier_uri?: string;
  initiate_login_uri?: string;
  jwks?: object;
  jwks_uri?: string;
  token_endpoint_auth_signing_alg?: string;
  id_token_alg?: string;
  userinfo_alg?: string;
  authorization_alg?: string;
  introspection_alg?: string;
  request_object_signing_alg?: string;
  request_uris?: string[];
  require_signed_request_object?: boolean;
  authorization_details_types?: string[];
  require_pushed_authorization_requests?: boolean;
  dpop_bound_access_tokens?: boolean;
  tls_client_certificate_bound_access_tokens?: boolean;
  tls_client_auth_subject_dn?: string;
  tls_client_auth_san_dns?: string;
  tls_client_auth_san_uri?: string;
  tls_client_auth_san_ip?: string;
  tls_client_auth_san_email?: string;
  backchannel_logout_uri?: string;
  backchannel_logout_session_required?: boolean;
  frontchannel_logout_uri?: string;
  frontchannel_logout_session_required?: boolean;
};

type Reader = (value: unknown) => boolean;

const listLimit = 20;

const isText: Reader = (value) => typeof value === 'string' && isSoundName(normalName(value));
const isTexts: Reader = (value) =>
  Array.isArray(value) && value.length <= listLimit && value.every(isText);
const isWebUrl: Reader = (value) =>
  typeof value === 'string' && value.length <= 2048 && typeof readWebUrl(value) !== 'string';
const isHttps: Reader = (value) => isWebUrl(value) && (value as string).startsWith('https://');
/** A fragment may say which content is meant (OpenID Connect Core 6.2); http is as in sector_identifier_uri. */
const isRequestUri: Reader = (value) =>
  typeof value === 'string' &&
  /^[\x21-\x7E]{1,512}$/.test(value) &&
  isWebUrl(value.replace(/#.*/, ''));
const isRequestUris: Reader = (value) =>
  Array.isArray(value) && value.length <= listLimit && value.every(isRequestUri);
const isTypes: Reader = (value) =>
  Array.isArray(value) && value.length <= listLimit && value.every(isType);
const isType: Reader = (value) => typeof value === 'string' && /^[\x21-\x7E]{1,128}$/.test(value);
const isFlag: Reader = (value) => typeof value === 'boolean';
const isSeconds: Reader = (value) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0x7fff_ffff;
const isAcrs: Reader = (value) =>
  Array.isArray(value) && value.length <= listLimit && value.every(isAcr);
const isAcr: Reader = (value) =>
  typeof value === 'string' && /^[\x21\x23-\x5B\x5D-\x7E]{1,255}$/.test(value);
const isSubjectType: Reader = (value) => value === 'public' || value === 'pairwise';
const isAlg: Reader = (value) => signingAlgs.includes(value as SigningAlg);
const isClientAlg: Reader = (value) => clientAlgs.includes(value as ClientAlg);

const readers: Record<string, [column: keyof Fields, good: Reader]> = {
  client_name: ['name', isText],
  client_uri: ['client_uri', isWebUrl],
  logo_uri: ['logo_uri', isWebUrl],
  tos_uri: ['tos_uri', isWebUrl],
  policy_uri: ['policy_uri', isWebUrl],
  contacts: ['contacts', isTexts],
  software_id: ['software_id', isText],
  software_version: ['software_version', isText],
  default_max_age: ['default_max_age', isSeconds],
  require_auth_time: ['require_auth_time', isFlag],
  default_acr_values: ['default_acr_values', isAcrs],
  subject_type: ['subject_type', isSubjectType],
  // http on a loopback host is for servers on one (see outbound/guarded-fetch.ts).
  sector_identifier_uri: ['sector_identifier_uri', isWebUrl],
  initiate_login_uri: ['initiate_login_uri', isHttps],
  jwks: ['jwks', isPublicJwkSet],
  jwks_uri: ['jwks_uri', isWebUrl],
  token_endpoint_auth_signing_alg: ['token_endpoint_auth_signing_alg', isClientAlg],
  id_token_signed_response_alg: ['id_token_alg', isAlg],
  userinfo_signed_response_alg: ['userinfo_alg', isAlg],
  authorization_signed_response_alg: ['authorization_alg', isAlg],
  introspection_signed_response_alg: ['introspection_alg', isAlg],
  request_object_signing_alg: ['request_object_signing_alg', isClientAlg],
  request_uris: ['request_uris', isRequestUris],
  authorization_details_types: ['authorization_details_types', isTypes],
  require_signed_request_object: ['require_signed_request_object', isFlag],
  require_pushed_authorization_requests: ['require_pushed_authorization_requests', isFlag],
  dpop_bound_access_tokens: ['dpop_bound_access_tokens', isFlag],
  tls_client_certificate_bound_access_tokens: [
    'tls_client_certificate_bound_access_tokens',
    isFlag,
  ],
  tls_client_auth_subject_dn: ['tls_client_auth_subject_dn', isText],
  tls_client_auth_san_dns: ['tls_client_auth_san_dns', isText],
  tls_client_auth_san_uri: ['tls_client_auth_san_uri', isText],
  tls_client_auth_san_ip: ['tls_client_auth_san_ip', isText],
  tls_client_auth_san_email: ['tls_client_auth_san_email', isText],
  // http on a loopback host is for servers on one, as above.
  backchannel_logout_uri: ['backchannel_logout_uri', isWebUrl],
  backchannel_logout_session_required: ['backchannel_logout_session_required', isFlag],
  frontchannel_logout_uri: ['frontchannel_logout_uri', isWebUrl],
  frontchannel_logout_session_required: ['frontchannel_logout_session_required', isFlag],
};

/** What a client would rely on and not get: it is refused, and not left out. Else the value that is fine. */
const unsupported: Record<string, unknown> = {
  id_token_encrypted_response_alg: undefined,
  id_token_encrypted_response_enc: undefined,
  userinfo_encrypted_response_alg: undefined,
  userinfo_encrypted_response_enc: undefined,
  authorization_encrypted_response_alg: undefined,
  authorization_encrypted_response_enc: undefined,
  introspection_encrypted_response_alg: undefined,
  introspection_encrypted_response_enc: undefined,
  request_object_encryption_alg: undefined,
  request_object_encryption_enc: undefined,
};

/** Reads them; throws invalid_client_metadata. */
export function fieldsOf(given: Readonly<Record<string, unknown>>): Fields {
  const missing = Object.keys(unsupported).find(
    (name) => given[name] !== undefined && given[name] !== unsupported[name],
  );
  if (missing !== undefined) throw invalidField(missing, 'is not supported');
  if (given.jwks !== undefined && given.jwks_uri !== undefined) {
    // OpenID Connect Registration 2: they must not be used together.
    throw invalidField('jwks', 'and jwks_uri exclude each other');
  }
  const fields: Record<string, unknown> = {};
  for (const [name, [column, good]] of Object.entries(readers)) {
    const value = given[name];
    if (value === undefined || value === '') continue;
    if (!good(value)) throw invalidField(name, 'is not acceptable');
    fields[column] = good === isText ? normalName(value as string) : value;
  }
  return fields;
}

/** The refusal of a field, whose name the client may know. */
export function invalidField(name: string, why: string): OAuthError {
  return new OAuthError('invalid_client_metadata', `${name} ${why}`, { detail: `${name} ${why}` });
}
