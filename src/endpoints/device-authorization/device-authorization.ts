// RFC 8628 3.1 and 3.2: a device without a browser asks for a code.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import type { Ctx } from '../../http/ctx.ts';
import { refusedDetails } from '../../protocol/authorization-details.ts';
import { credentialNames } from '../../protocol/client-auth.ts';
import { requireReadable } from '../../protocol/params.ts';
import { parseResources, parseScope } from '../../protocol/scope.ts';
import { assembleToken, newSecret } from '../../protocol/secrets.ts';
import { newUserCode, userCodeHash } from '../../protocol/user-code.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { clientIdentity } from '../token/client-identity.ts';

const names = [...credentialNames, 'scope', 'authorization_details'] as const;

/** A person who is to type a code does not see by how much it came later than that of somebody else. */
const authorize = { ...api.device_authorize, pause: 100 };

/** Gives the device its code, and the one that its person types at a page. */
export function deviceAuthorization(services: EndpointServices): Endpoint {
  return (ctx) => services.background.inTurn(ctx, () => begin(services, ctx));
}

async function begin(services: EndpointServices, ctx: Ctx): Promise<void> {
  const { database, secret, pollRate } = services;
  const { values, resources } = requireReadable(parameters(ctx), names);
  if (values.authorization_details !== undefined) throw refusedDetails('a device gets none');
  const { id, issuer } = ctx.state.tenant;
  const device = newSecret();
  const user_code = newUserCode();
  const row = await call(database, authorize, {
    ...(await clientIdentity(services, ctx, values)),
    next_device_hash: device.hash,
    next_user_code_hash: userCodeHash(secret, id, user_code),
    next_user_code_start: user_code.slice(0, 2),
    scope: parseScope(values.scope).join(' '),
    resource: parseResources(resources).join(' '),
  });
  const verification_uri = verificationUri(issuer);
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Pragma', 'no-cache');
  ctx.body = {
    device_code: assembleToken('device_code', row.expires_at, device.secret),
    user_code,
    verification_uri,
    verification_uri_complete: `${verification_uri}?user_code=${user_code}`,
    expires_in: row.expires_at - Math.floor(Date.now() / 1000),
    interval: pollRate.interval(id, row.interval),
  };
}

/** Where people type user codes: short, since they type the address too (RFC 8628 3.3). */
export function verificationUri(issuer: string): string {
  return `${issuer}/device`;
}
