// A passkey as the first second factor of whoever has to have one, while they sign in.
import { api } from '../../db/bindings.ts';
import { ask, call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { newSession } from '../../http/session.ts';
import { requireReadable } from '../../protocol/params.ts';
import { newSecret } from '../../protocol/secrets.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { creationOptions, nameOf, readPresented, verifyCreation } from './passkeys.ts';
import { newRecoveryCodes, showRecoveryCodes } from './recovery-codes.ts';
import { continued, setUpRefused, signIn, waiting } from './waiting.ts';

/** What an authenticator is to make. */
export function beginSetUpPasskey({ database }: EndpointServices): Endpoint {
  return async (ctx) => {
    const { request } = requireReadable(parameters(ctx), ['request']).values;
    const challenge = newSecret();
    const row = await call(database, api.passkey_set_up_begin, {
      ...waiting(ctx, request),
      next_challenge_hash: challenge.hash,
    });
    ctx.set('Cache-Control', 'no-store');
    ctx.body = await creationOptions(ctx, challenge.secret, row);
  };
}

/** Keeps the passkey that was made, signs the person in, and shows recovery codes. */
export function setUpPasskey(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const names = ['request', 'name', 'credential'];
    const { request, name = '', credential = '' } = requireReadable(parameters(ctx), names).values;
    const presented = readPresented(credential);
    const session = newSession(ctx);
    const { codes, hashes } = newRecoveryCodes();
    const outcome = await ask(services.database, api.passkey_set_up, {
      ...waiting(ctx, request),
      ...presented.named,
      ...(await verifyCreation(ctx, presented)),
      ...session.next,
      next_credential_id: presented.credential_id,
      passkey_name: nameOf(name),
      recovery_hashes: hashes,
    });
    if (await setUpRefused(services, ctx, request, outcome)) return;
    signIn(ctx, session.secret, outcome);
    showRecoveryCodes(ctx, codes, continued(request));
  };
}
