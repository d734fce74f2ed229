// The second factor of a sign-in: a code of an authenticator app (RFC 6238), or a recovery code.
import { type ApiSecondFactorChallenge, type ApiSession, api } from '../../db/bindings.ts';
import { type Answer, ask, call, type Refused } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { newSession } from '../../http/session.ts';
import { requireReadable } from '../../protocol/params.ts';
import { goTo } from '../account/person.ts';
import { presentedRequest, showRequest } from '../authorization/continue.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { newRecoveryCodes, recoveryHash, showRecoveryCodes } from './recovery-codes.ts';
import { openKey, openSetUp, stepOf } from './totp.ts';
import { continued, refused, setUpRefused, signIn, waiting } from './waiting.ts';

type Outcome = Answer<ApiSession> | Refused<ApiSecondFactorChallenge>;

/** Takes a code; a wrong one shows the page again. */
export function secondFactor(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const { request, code = '' } = requireReadable(parameters(ctx), ['request', 'code']).values;
    const session = newSession(ctx);
    const outcome = await verify(services, ctx, request, code, session);
    if (await refused(services, ctx, request, outcome)) return;
    signIn(ctx, session.secret, outcome);
    goTo(ctx, continued(request));
  };
}

/** The code is checked between two calls: the database cannot open the key that it keeps. */
async function verify(
  services: EndpointServices,
  ctx: Ctx,
  request: string | undefined,
  code: string,
  { next }: ReturnType<typeof newSession>,
): Promise<Outcome> {
  const named = waiting(ctx, request);
  const challenge = await ask(services.database, api.second_factor_begin, named);
  if (challenge.error !== null) return challenge;
  const { user_id, sealed_secret } = challenge;
  const step = sealed_secret && stepOf(openKey(services, ctx, user_id, sealed_secret), code);
  return await ask(services.database, api.second_factor_finish, {
    ...named,
    ...next,
    totp_step: step ?? null,
    recovery_hash: recoveryHash(code),
  });
}

/** Sets up the app of a person who has to have a second factor, once a code of it was right. */
export function setUpSecondFactor(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const names = ['request', 'set_up', 'code'];
    const { request, set_up = '', code = '' } = requireReadable(parameters(ctx), names).values;
    const { database } = services;
    const named = waiting(ctx, request);
    const challenge = await ask(database, api.second_factor_begin, named);
    if (await setUpRefused(services, ctx, request, challenge)) return;
    const key = openSetUp(services, ctx, String(challenge.user_id), set_up);
    const step = key && stepOf(key, code);
    if (!step) {
      return showRequest(services, ctx, request, { status: 400, error: 'wrong_code', key });
    }
    const session = newSession(ctx);
    const { codes, hashes } = newRecoveryCodes();
    const outcome = await ask(database, api.second_factor_set_up, {
      ...named,
      ...session.next,
      sealed_secret: Buffer.from(set_up, 'base64url'),
      totp_step: step,
      recovery_hashes: hashes,
    });
    if (await setUpRefused(services, ctx, request, outcome)) return;
    signIn(ctx, session.secret, outcome);
    showRecoveryCodes(ctx, codes, continued(request));
  };
}

/** Lets the person sign in anew. */
export function leaveSecondFactor({ database }: EndpointServices): Endpoint {
  return async (ctx) => {
    const { request } = requireReadable(parameters(ctx), ['request']).values;
    await call(database, api.second_factor_leave, {
      ...caller(ctx),
      ...presentedRequest(ctx, request),
    });
    goTo(ctx, continued(request));
  };
}
