// RFC 7662, RFC 9701: introspection.

import { type ApiIntrospection, api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { credentialNames } from '../../protocol/client-auth.ts';
import { malformed } from '../../protocol/errors.ts';
import type { SigningAlg } from '../../protocol/keys.ts';
import { requireReadable } from '../../protocol/params.ts';
import { parseApiKey } from '../../protocol/secrets.ts';
import { signIntrospection } from '../../protocol/tokens.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { certificateOf } from '../proven-keys.ts';
import { clientIdentity } from '../token/client-identity.ts';
import { tokenArguments } from '../token/presented-token.ts';

const signedType = 'application/token-introspection+jwt';
const names = ['token', 'token_type_hint', ...credentialNames] as const;

/** Tells an authenticated client of the tenant what a token is good for. */
export function introspect(services: EndpointServices): Endpoint {
  const { database, keyring } = services;
  return async (ctx) => {
    const { values } = requireReadable(parameters(ctx), names);
    const identity = await clientIdentity(services, ctx, values);
    if (values.token === undefined) throw malformed('no token');
    const { issuer } = ctx.state.tenant;
    const { verifying, signing } = await keyring(ctx);
    const row = await call(database, api.token_introspect, {
      ...identity,
      possession: certificateOf(services, ctx),
      ...(await tokenArguments(values.token, verifying, issuer)),
      key_hash: parseApiKey(values.token) ?? null,
    });
    const answer = row.active ? stateOf(row, issuer) : { active: false };
    ctx.set('Cache-Control', 'no-store');
    // RFC 9701 4 and 6: a JWT where the resource server is registered for it, or asks for one.
    const asked = ctx.accepts('application/json', signedType) === signedType;
    const alg = row.response_alg ?? (asked ? row.asked_alg : null);
    if (alg === null) {
      ctx.body = answer;
      return;
    }
    const claims = {
      iss: issuer,
      aud: identity.client_id,
      iat: Math.floor(Date.now() / 1000),
    };
    ctx.body = await signIntrospection(answer, claims, signing(alg as SigningAlg));
    ctx.type = signedType;
  };
}

function stateOf(row: Extract<ApiIntrospection, { active: true }>, issuer: string) {
  return {
    ...(row.claims as object),
    active: true,
    iss: issuer,
    sub: row.subject,
    aud: audienceOf(row.audience),
    client_id: row.client_id,
    username: row.username ?? undefined,
    scope: row.scopes.join(' ') || undefined,
    token_type: row.token_type ?? undefined,
    iat: row.issued_at,
    exp: row.expires_at ?? undefined,
    auth_time: row.auth_time ?? undefined,
    acr: row.acr ?? undefined,
    grant_id: row.grant_id ?? undefined,
    cnf: row.cnf ?? undefined,
    authorization_details: row.authorization_details ?? undefined,
    act: row.act ?? undefined,
  };
}

/** One resource is a string, several are an array (RFC 7519 4.1.3). */
function audienceOf(audience: string[] | null): string | string[] | undefined {
  if (audience === null) return undefined;
  return audience.length === 1 ? audience[0] : audience;
}
