// RFC 8414 2, OpenID Connect Discovery 3, Initiating User Registration via OpenID Connect 4.1, RFC 9207 3, RFC 9449 5.1,
// RP-Initiated Logout 2.1: server metadata.
import { prompts } from './authorization.ts';
import { authMethods, claims, clientAlgs, grantTypes } from './lists.ts';

/** Where each endpoint is below the issuer. */
export type EndpointPaths = {
  authorization_endpoint: string;
  token_endpoint: string;
  userinfo_endpoint: string;
  jwks_uri: string;
  revocation_endpoint: string;
  introspection_endpoint: string;
  end_session_endpoint: string;
  registration_endpoint: string;
};

/** What a tenant adds to the constants of its metadata. */
export interface TenantFacts {
  issuer: string;
  endpoints: EndpointPaths;
  scopes: readonly string[];
  /** By what its tokens may be signed. */
  signing_algs: readonly string[];
  acr_values?: readonly string[];
  ui_locales?: readonly string[];
  /** Whether people can make an account (prompt=create). */
  sign_up?: boolean;
  /** Whether clients may register themselves. */
  registration?: boolean;
  /** Whether a client_id may be the URL of a client metadata document. */
  client_documents?: boolean;
}

const confidentialMethods = authMethods.filter((method) => method !== 'none');

/** The metadata document; the same for OAuth and for OpenID Connect clients. */
export function metadata(tenant: TenantFacts) {
  const { registration_endpoint, ...endpoints } = tenant.endpoints;
  return {
    issuer: tenant.issuer,
    ...urls(tenant.issuer, endpoints),
    ...(tenant.registration && urls(tenant.issuer, { registration_endpoint })),
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: grantTypes,
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: authMethods,
    token_endpoint_auth_signing_alg_values_supported: clientAlgs,
    revocation_endpoint_auth_methods_supported: authMethods,
    revocation_endpoint_auth_signing_alg_values_supported: clientAlgs,
    introspection_endpoint_auth_methods_supported: confidentialMethods,
    introspection_endpoint_auth_signing_alg_values_supported: clientAlgs,
    dpop_signing_alg_values_supported: clientAlgs,
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
    request_parameter_supported: false,
    // Means true when it is left out (OpenID Connect Discovery 3).
    request_uri_parameter_supported: false,
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
