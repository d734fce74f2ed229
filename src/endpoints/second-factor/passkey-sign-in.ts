// Signing in with a passkey, alone or after the password (Web Authentication Level 3, 7.2).
import { api } from '../../db/bindings.ts';
import { ask, call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { passkeyScript } from '../../http/passkey-script.ts';
import { newSession, presentedSession } from '../../http/session.ts';
import { requireReadable } from '../../protocol/params.ts';
import { newSecret } from '../../protocol/secrets.ts';
import { goTo } from '../account/person.ts';
import { presentedRequest } from '../authorization/continue.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { readPresented, requestOptions, verifySignature } from './passkeys.ts';
import { continued, refused, signIn } from './waiting.ts';

/** The one script of the pages of people. */
export const showPasskeyScript = (): Endpoint => (ctx) => {
  ctx.type = 'js';
  ctx.set('Cache-Control', 'public, max-age=3600');
  ctx.body = passkeyScript;
};

/** What a passkey is to sign for a request. */
export function askPasskey({ database }: EndpointServices): Endpoint {
  return async (ctx) => {
    const { request } = requireReadable(parameters(ctx), ['request']).values;
    const challenge = newSecret();
    const row = await call(database, api.passkey_request, {
      ...caller(ctx),
      ...presentedRequest(ctx, request),
      ...oldSession(ctx),
      next_challenge_hash: challenge.hash,
    });
    ctx.set('Cache-Control', 'no-store');
    ctx.body = await requestOptions(ctx, challenge.secret, row);
  };
}

/** Takes what a passkey has signed. It is verified between two calls: SQL holds the key, and cannot compute with it. */
export function takePasskey(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const names = ['request', 'credential'];
    const { request, credential = '' } = requireReadable(parameters(ctx), names).values;
    const { database } = services;
    const presented = readPresented(credential);
    const answer = {
      ...caller(ctx),
      ...presentedRequest(ctx, request),
      ...presented.named,
      credential_id: presented.credential_id,
    };
    const found = await ask(database, api.passkey_find, answer);
    if (found.error !== null) return void (await refused(services, ctx, request, found));
    const signed = await verifySignature(ctx, presented, found);
    const session = newSession(ctx);
    const outcome = await ask(database, api.passkey_finish, {
      ...answer,
      ...signed,
      ...session.next,
      ...oldSession(ctx),
    });
    if (await refused(services, ctx, request, outcome)) return;
    signIn(ctx, session.secret, outcome);
    goTo(ctx, continued(request));
  };
}

/** The session that the browser has already. */
function oldSession(ctx: Ctx) {
  const { session_hash, session_expires_at } = presentedSession(ctx);
  return { old_session_hash: session_hash, old_session_expires_at: session_expires_at };
}
