// RFC 8414 3, OpenID Connect Discovery 4, RFC 7517 5.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { caller } from '../../http/ctx.ts';
import { metadata } from '../../protocol/discovery.ts';
import type { Endpoint, Services } from '../endpoint.ts';

const claims = [
  'sub',
  'name',
  'family_name',
  'given_name',
  'middle_name',
  'nickname',
  'preferred_username',
  'profile',
  'picture',
  'website',
  'gender',
  'birthdate',
  'zoneinfo',
  'locale',
  'updated_at',
  'email',
  'email_verified',
  'address',
  'phone_number',
  'phone_number_verified',
  'auth_time',
  'acr',
  'amr',
  'sid',
];

/** The metadata of the tenant's issuer, the same for OAuth and for OpenID Connect clients. */
export function metadataDocument({ database }: Services): Endpoint {
  return async (exchange) => {
    const { scopes, registration, client_documents } = await call(
      database,
      api.tenant_describe,
      caller(exchange),
    );
    exchange.set('Cache-Control', 'public, max-age=300');
    exchange.body = metadata({
      issuer: exchange.state.tenant.issuer,
      scopes: scopes ?? [],
      claims,
      algs: ['RS256', 'ES256'],
      acr_values: ['1'],
      ui_locales: ['en'],
      registration: registration !== 'closed',
      client_documents: client_documents !== 'closed',
    });
  };
}

/** The public keys of the tenant. */
export function jwks({ keyring }: Services): Endpoint {
  return async (exchange) => {
    const { published } = await keyring(exchange);
    exchange.set('Cache-Control', 'public, max-age=60');
    exchange.body = { keys: published };
  };
}
