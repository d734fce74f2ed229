// RFC 8414 2, OpenID Connect Discovery 3, RFC 9126 5, RFC 9101 10.5, JARM 4, RFC 9701 7, Grant Management for OAuth 2.0 7.1, ID-JAG 7, Initiating User Registration via OpenID Connect 4.1, RFC 9207 3, RFC 9449 5.1, RFC 8705 5,
// RP-Initiated Logout 2.1, Back-Channel Logout 2.1, Front-Channel Logout 3, Session Management 3.3: server metadata.
import { prompts, responseModes } from './authorization.ts';
import { grantActions } from './authorization-values.ts';
import { identityAssertionTokenType } from './identity-assertion.ts';
import { authMethods, claims, grantTypes } from './lists.ts';

/** Where each endpoint is below the issuer. */
export type EndpointPaths = {
  authorization_endpoint: string;
  pushed_authorization_request_endpoint: string;
  token_endpoint: string;
  userinfo_endpoint: string;
  jwks_uri: string;
  device_authorization_endpoint: string;
  revocation_endpoint: string;
  introspection_endpoint: string;
  end_session_endpoint: string;
  check_session_iframe: string;
  registration_endpoint: string;
  grant_management_endpoint: string;
};

/** What a tenant adds to the constants of its metadata. */
export interface TenantFacts {
  issuer: string;
  endpoints: EndpointPaths;
  scopes: readonly string[];
  /** By what its tokens may be signed. */
  signing_algs: readonly string[];
  client_signing_algs: readonly string[];
  /** How clients may authenticate. */
  token_endpoint_auth_methods?: readonly string[];
  acr_values?: readonly string[];
  ui_locales?: readonly string[];
  /** Whether people can make an account (prompt=create). */
  sign_up?: boolean;
  /** Whether clients may register themselves. */
  registration?: boolean;
  /** Whether request objects are fetched from where clients have registered them. */
  request_uri_parameter?: boolean;
  /** Whether every client has to sign its authorization requests. */
  require_signed_request_object?: boolean;
  /** Whether clients may watch a session from a frame. */
  session_management?: boolean;
  /** Whether every client has to push them. */
  require_pushed_authorization_requests?: boolean;
  /** Whether every authorization request says what becomes of the grant. */
  grant_management_action_required?: boolean;
  /** The port that asks for client certificates, and whether those are taken at all (RFC 8705). */
  mtlsPort?: number | undefined;
  mtls?: boolean;
  /** The types of authorization details that there are (RFC 9396 10). */
  authorization_details_types?: readonly string[];
  /** Whether a client_id may be the URL of a client metadata document. */
  client_documents?: boolean;
}

/** The endpoints at which clients authenticate, or prove the key of a token. */
const mtlsEndpoints = [
  'token_endpoint',
  'userinfo_endpoint',
  'revocation_endpoint',
  'introspection_endpoint',
  'pushed_authorization_request_endpoint',
  'device_authorization_endpoint',
  'grant_management_endpoint',
] as const;

/** An issuer as it is at the port that asks for client certificates (RFC 8705 5). */
export function mtlsUrl(issuer: string, { mtlsPort }: { mtlsPort?: number | undefined }): string {
  if (mtlsPort === undefined) return issuer;
  const url = new URL(issuer);
  url.port = String(mtlsPort);
  return url.href.replace(/\/$/, '');
}

/** The metadata document; the same for OAuth and for OpenID Connect clients. */
export function metadata(tenant: TenantFacts) {
  const methods = (tenant.token_endpoint_auth_methods ?? authMethods).filter(
    (method) => tenant.mtls || !method.includes('tls_'),
  );
  const confidentialMethods = methods.filter((method) => method !== 'none');
  const { registration_endpoint, check_session_iframe, ...endpoints } = tenant.endpoints;
  return {
    issuer: tenant.issuer,
    ...urls(tenant.issuer, endpoints),
    ...(tenant.registration && urls(tenant.issuer, { registration_endpoint })),
    ...(tenant.session_management && urls(tenant.issuer, { check_session_iframe })),
    response_types_supported: ['code'],
    response_modes_supported: [...responseModes, 'jwt'],
    grant_types_supported: grantTypes,
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: tenant.client_signing_algs,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: tenant.client_signing_algs,
    introspection_endpoint_auth_methods_supported: confidentialMethods,
    introspection_endpoint_auth_signing_alg_values_supported: tenant.client_signing_algs,
    ...(tenant.mtls && { tls_client_certificate_bound_access_tokens: true }),
    ...(tenant.mtlsPort !== undefined && {
      mtls_endpoint_aliases: urls(
        mtlsUrl(tenant.issuer, tenant),
        Object.fromEntries(mtlsEndpoints.map((name) => [name, endpoints[name]])),
      ),
    }),
    dpop_signing_alg_values_supported: tenant.client_signing_algs,
    authorization_response_iss_parameter_supported: true,
    ...(tenant.client_documents && { client_id_metadata_document_supported: true }),
    subject_types_supported: ['public', 'pairwise'],
    id_token_signing_alg_values_supported: tenant.signing_algs,
    userinfo_signing_alg_values_supported: tenant.signing_algs,
    scopes_supported: tenant.scopes,
    claims_supported: claims,
    claim_types_supported: ['normal'],
    claims_parameter_supported: true,
    prompt_values_supported: prompts.filter((prompt) => prompt !== 'create' || tenant.sign_up),
    request_parameter_supported: true,
    // Means true when it is left out (OpenID Connect Discovery 3).
    request_uri_parameter_supported: tenant.request_uri_parameter ?? false,
    require_request_uri_registration: true,
    request_object_signing_alg_values_supported: tenant.client_signing_algs,
    require_signed_request_object: tenant.require_signed_request_object ?? false,
    require_pushed_authorization_requests: tenant.require_pushed_authorization_requests ?? false,
    identity_chaining_requested_token_types_supported: [identityAssertionTokenType],
    authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'],
    grant_management_actions_supported: ['query', 'revoke', ...grantActions],
    grant_management_action_required: tenant.grant_management_action_required ?? false,
    authorization_signing_alg_values_supported: tenant.signing_algs,
    introspection_signing_alg_values_supported: tenant.signing_algs,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    frontchannel_logout_supported: true,
    frontchannel_logout_session_supported: true,
    ...(tenant.authorization_details_types?.length && {
      authorization_details_types_supported: tenant.authorization_details_types,
    }),
    ...(tenant.acr_values?.length && { acr_values_supported: tenant.acr_values }),
    ...(tenant.ui_locales?.length && {
      ui_locales_supported: Intl.getCanonicalLocales([...tenant.ui_locales]),
    }),
  };
}

function urls(issuer: string, paths: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(paths).map(([member, path]) => [member, `${issuer}${path}`]),
  );
}
