// RFC 8414 2, OpenID Connect Discovery 3, RFC 9207 3, RP-Initiated Logout 2.1: server metadata.
import { clientAlgs } from './jwk-set.ts';
import type { SigningAlg } from './keys.ts';

/** What a tenant adds to the constants of its metadata. */
export interface TenantFacts {
  issuer: string;
  scopes: readonly string[];
  claims: readonly string[];
  algs: readonly SigningAlg[];
  acr_values?: readonly string[];
  ui_locales?: readonly string[];
  /** Whether clients may register themselves. */
  registration?: boolean;
  /** Whether a client_id may be the URL of a client metadata document. */
  client_documents?: boolean;
}

const confidentialMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];

/** The metadata document; the same for OAuth and for OpenID Connect clients. */
export function metadata(tenant: TenantFacts) {
  const algs = [...tenant.algs].sort().reverse();
  const endpoint = (name: string) => `${tenant.issuer}/oauth/${name}`;
  return {
    issuer: tenant.issuer,
    authorization_endpoint: endpoint('authorize'),
    token_endpoint: endpoint('token'),
    userinfo_endpoint: endpoint('userinfo'),
    jwks_uri: endpoint('jwks.json'),
    revocation_endpoint: endpoint('revoke'),
    introspection_endpoint: endpoint('introspect'),
    end_session_endpoint: endpoint('logout'),
    ...(tenant.registration && { registration_endpoint: endpoint('register') }),
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: [...confidentialMethods, 'none'],
    token_endpoint_auth_signing_alg_values_supported: clientAlgs,
    revocation_endpoint_auth_methods_supported: [...confidentialMethods, 'none'],
    revocation_endpoint_auth_signing_alg_values_supported: clientAlgs,
    introspection_endpoint_auth_methods_supported: confidentialMethods,
    introspection_endpoint_auth_signing_alg_values_supported: clientAlgs,
    authorization_response_iss_parameter_supported: true,
    ...(tenant.client_documents && { client_id_metadata_document_supported: true }),
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: algs,
    userinfo_signing_alg_values_supported: algs,
    scopes_supported: tenant.scopes,
    claims_supported: tenant.claims,
    claim_types_supported: ['normal'],
    claims_parameter_supported: true,
    request_parameter_supported: false,
    // Means true when it is left out (OpenID Connect Discovery 3).
    request_uri_parameter_supported: false,
    ...(tenant.acr_values?.length && { acr_values_supported: tenant.acr_values }),
    ...(tenant.ui_locales?.length && {
      ui_locales_supported: Intl.getCanonicalLocales([...tenant.ui_locales]),
    }),
  };
}
