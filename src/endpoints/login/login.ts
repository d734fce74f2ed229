// OpenID Connect Core 3.1.2.3: signing in for an authorization request.

import { type ApiLoginChallenge, type ApiSession, api } from '../../db/bindings.ts';
import { type Answer, ask, type Refused } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { rememberUsername } from '../../http/remembered-username.ts';
import { csrfToken, presentedSession, startSession, userAgent } from '../../http/session.ts';
import { turnOf } from '../../http/turn.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { derivePassword, type PasswordParameters } from '../../protocol/password.ts';
import { newSecret, secretHash } from '../../protocol/secrets.ts';
import { presentedRequest, showRequest } from '../authorization/continue.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';

type Login = { request: string | undefined; username: string; password: string };
type Outcome = Answer<ApiSession> | Refused<ApiLoginChallenge>;

/** Takes username and password; a wrong one shows the page again, with the same words for both. */
export function login(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const names = ['request', 'username', 'password', 'remember'];
    const { values } = requireReadable(parameters(ctx), names);
    const { request, username = '', password = '', remember } = values;
    const session = newSecret();
    const outcome = await signIn(services, ctx, { request, username, password }, session);
    if (outcome.error === 'wrong_password' || outcome.error === 'too_many_attempts') {
      const { error, retry_after } = outcome;
      const status = error === 'wrong_password' ? 400 : 429;
      if (retry_after) ctx.set('Retry-After', String(retry_after));
      return showRequest(services, ctx, request, {
        status,
        error,
        retry_after,
        username,
        remember: remember !== undefined,
      });
    }
    if (outcome.error !== null) throw new OAuthError(outcome.error, String(outcome.reason));
    rememberUsername(services.secret, ctx, username, remember !== undefined);
    if (outcome.session_expires_at !== null) {
      startSession(ctx, session.secret, outcome.session_expires_at);
    }
    const query = new URLSearchParams({ request: request ?? '' });
    ctx.status = 303;
    ctx.set('Location', `${ctx.state.tenant.path}/oauth/continue?${query}`);
  };
}

/** The password is derived between two calls, so that the database never sees what could be replayed. */
async function signIn(
  { database, queues }: EndpointServices,
  ctx: Ctx,
  { request, username, password }: Login,
  session: { secret: string; hash: Buffer },
): Promise<Outcome> {
  const named = presentedRequest(ctx, request);
  const challenge = await ask(database, api.login_begin, {
    ...caller(ctx),
    ...named,
    username,
  });
  if (challenge.error !== null) return challenge;
  const password_hash = await queues.derivations.run(turnOf(ctx), () =>
    derived(password, challenge.salt, challenge.params),
  );
  const { session_hash, session_expires_at } = presentedSession(ctx);
  return await ask(database, api.login_finish, {
    ...caller(ctx),
    ...named,
    username,
    password_hash,
    session_hash: session.hash,
    csrf_hash: secretHash(csrfToken(session.secret)),
    user_agent: userAgent(ctx),
    old_session_hash: session_hash,
    old_session_expires_at: session_expires_at,
  });
}

/** An impossible password is a wrong one, and is counted as one. */
async function derived(password: string, salt: Buffer, params: unknown): Promise<Buffer> {
  try {
    return await derivePassword(password, salt, params as PasswordParameters);
  } catch (failure) {
    if (failure instanceof OAuthError && failure.error === 'invalid_request')
      return Buffer.alloc(32);
    throw failure;
  }
}
