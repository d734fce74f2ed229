// RFC 8414 3, OpenID Connect Discovery 4, RFC 7517 5.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { caller } from '../../http/ctx.ts';
import { metadata } from '../../protocol/discovery.ts';
import { pageLanguages } from '../../protocol/lists.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';

/** The metadata of the tenant's issuer, the same for OAuth and for OpenID Connect clients. */
export function metadataDocument({ database, endpoints, config }: EndpointServices): Endpoint {
  return async (ctx) => {
    const tenant = await call(database, api.tenant_describe, caller(ctx));
    ctx.set('Cache-Control', 'public, max-age=300');
    ctx.body = metadata({
      issuer: ctx.state.tenant.issuer,
      scopes: tenant.scopes,
      signing_algs: tenant.signing_algs,
      client_signing_algs: tenant.client_signing_algs,
      token_endpoint_auth_methods: tenant.token_endpoint_auth_methods,
      endpoints,
      mtlsPort: config.mtlsPort,
      mtls: config.mtlsPort !== undefined || config.certificateHeader !== undefined,
      acr_values: tenant.acr_values,
      sign_up: tenant.sign_up,
      authorization_details_types: tenant.authorization_details_types,
      ui_locales: pageLanguages,
      registration: tenant.registration !== 'closed',
      client_documents: tenant.client_documents !== 'closed',
      request_uri_parameter: tenant.request_uri_parameter,
      session_management: tenant.session_management,
      require_signed_request_object: tenant.require_signed_request_object,
      require_pushed_authorization_requests: tenant.require_pushed_authorization_requests,
      grant_management_action_required: tenant.grant_management_action_required,
    });
  };
}

/** The public keys of the tenant. */
export function jwks({ keyring }: EndpointServices): Endpoint {
  return async (ctx) => {
    const { published } = await keyring(ctx);
    ctx.set('Cache-Control', 'public, max-age=60');
    ctx.body = { keys: published };
  };
}
