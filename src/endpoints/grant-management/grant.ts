// Grant Management for OAuth 2.0 6: a client asks what a grant says, and gives it back.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { authorization, bearer } from '../../http/body.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { isGrantId } from '../../protocol/grant-id.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { certificateOf, possessionOf } from '../proven-keys.ts';
import { accessTokenArguments } from '../token/presented-token.ts';

/** Answers with what the grant says (6.4). */
export function queryGrant(services: EndpointServices): Endpoint {
  return async (ctx) => {
    ctx.state.neededScope = 'grant_management_query';
    const asked = await identify(services, ctx);
    const { scopes, resources, ...grant } = await call(services.database, api.grant_query, asked);
    const { claims, authorization_details, created_at, last_updated_at, expires_at } = grant;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = {
      scopes: [{ scope: scopes.join(' '), ...(resources.length > 0 && { resource: resources }) }],
      claims,
      authorization_details,
      created_at,
      last_updated_at,
      ...(expires_at !== null && { expires_at }),
    };
  };
}

/** Ends the grant, with all its tokens (6.5). */
export function revokeGrant(services: EndpointServices): Endpoint {
  return async (ctx) => {
    ctx.state.neededScope = 'grant_management_revoke';
    await call(services.database, api.grant_revoke, await identify(services, ctx));
    ctx.set('Cache-Control', 'no-store');
    ctx.status = 204;
  };
}

/** The access token of the client, and the grant that the path names. */
async function identify(services: EndpointServices, ctx: Ctx) {
  const dpop = authorization(ctx, 'dpop');
  const token = dpop ?? bearer(ctx);
  if (token === undefined) throw new OAuthError('invalid_token', 'no access token');
  const { verifying } = await services.keyring(ctx);
  const grant_id = String(ctx.params.grant_id);
  return {
    ...caller(ctx),
    possession:
      dpop === undefined ? certificateOf(services, ctx) : await possessionOf(services, ctx, dpop),
    ...(await accessTokenArguments(token, verifying, ctx.state.tenant.issuer)),
    grant_id: isGrantId(grant_id) ? grant_id : null,
  };
}
