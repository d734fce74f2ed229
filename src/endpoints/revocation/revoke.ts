// RFC 7009: revocation.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { credentialNames } from '../../protocol/client-auth.ts';
import { malformed } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { certificateOf } from '../proven-keys.ts';
import { clientIdentity } from '../token/client-identity.ts';
import { tokenArguments } from '../token/presented-token.ts';

const names = ['token', 'token_type_hint', ...credentialNames] as const;

/** Revokes a token of the calling client; 200 for a token that is not its own or unknown. */
export function revoke(services: EndpointServices): Endpoint {
  const { database, keyring } = services;
  return async (ctx) => {
    const { values } = requireReadable(parameters(ctx), names);
    const identity = await clientIdentity(services, ctx, values);
    if (values.token === undefined) throw malformed('no token');
    const { verifying } = await keyring(ctx);
    await call(database, api.token_revoke, {
      ...identity,
      possession: certificateOf(services, ctx),
      ...(await tokenArguments(values.token, verifying, ctx.state.tenant.issuer)),
    });
    ctx.set('Cache-Control', 'no-store');
    // RFC 7009 2.2 leaves the body to us, and clients that read JSON whatever comes fail at an empty one.
    ctx.body = {};
  };
}
