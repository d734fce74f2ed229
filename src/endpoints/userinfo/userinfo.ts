// OpenID Connect Core 5.3, RFC 6750 2, RFC 9449 7: claims about the person behind an access token.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { authorization, parameters } from '../../http/body.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { malformed, OAuthError } from '../../protocol/errors.ts';
import type { SigningAlg } from '../../protocol/keys.ts';
import { requireReadable } from '../../protocol/params.ts';
import { type ExtraClaims, signUserinfo } from '../../protocol/tokens.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { certificateOf, possessionOf } from '../proven-keys.ts';
import { accessTokenArguments } from '../token/presented-token.ts';

/** Answers GET and POST; the token comes in the header, or in a POSTed form. */
export function userinfo(services: EndpointServices): Endpoint {
  const { database, keyring } = services;
  return async (ctx) => {
    ctx.state.neededScope = 'openid';
    const { token, scheme } = presentedToken(ctx);
    const { verifying, signing } = await keyring(ctx);
    const { issuer } = ctx.state.tenant;
    const { claims, client_id, alg } = await call(database, api.userinfo_read, {
      ...caller(ctx),
      possession:
        scheme === 'dpop' ? await possessionOf(services, ctx, token) : certificateOf(services, ctx),
      ...(await accessTokenArguments(token, verifying, issuer)),
    });
    ctx.set('Cache-Control', 'no-store');
    if (alg === null) {
      ctx.body = claims;
    } else {
      const named = { iss: issuer, aud: client_id };
      ctx.body = await signUserinfo(claims as ExtraClaims, named, signing(alg as SigningAlg));
      ctx.type = 'application/jwt';
    }
  };
}

/** The one token of the request; throws invalid_token for none, invalid_request for two. */
function presentedToken(ctx: Ctx): { token: string; scheme: 'bearer' | 'dpop' } {
  const dpop = authorization(ctx, 'dpop');
  const header = dpop ?? authorization(ctx, 'bearer');
  const form = ctx.method === 'POST' && ctx.is('application/x-www-form-urlencoded');
  const sent = form
    ? requireReadable(parameters(ctx), ['access_token']).values.access_token
    : undefined;
  if (header !== undefined && sent !== undefined) {
    throw malformed('the access token is in header and body');
  }
  const token = header ?? sent;
  if (token === undefined) throw new OAuthError('invalid_token', 'no access token');
  return { token, scheme: dpop === undefined ? 'bearer' : 'dpop' };
}
