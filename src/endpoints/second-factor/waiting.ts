// What the second factor and the passkey of a sign-in have in common.
import type { ApiError, ApiSession } from '../../db/bindings.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { presentedSession, startSession } from '../../http/session.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { goTo } from '../account/person.ts';
import { presentedRequest, showRequest } from '../authorization/continue.ts';
import type { EndpointServices } from '../endpoint.ts';
import { showSetUpAlready } from './recovery-codes.ts';

type Refusable = { error: ApiError | null; reason: string | null; retry_after?: number | null };

/** What names a request that waits, and the session of its browser. */
export const waiting = (ctx: Ctx, request: string | undefined) => ({
  ...caller(ctx),
  ...presentedRequest(ctx, request),
  ...presentedSession(ctx),
});

/** Gives the browser the session, where there is one. */
export function signIn(ctx: Ctx, secret: string, row: object): void {
  const { session_expires_at } = row as ApiSession;
  if (session_expires_at) startSession(ctx, secret, session_expires_at);
}

/** Where the request goes on. */
export const continued = (request = '') => `/oauth/continue?${new URLSearchParams({ request })}`;

/** As refused, of a form that sets up a second factor, which is pressed twice and sent by two tabs. */
export async function setUpRefused(
  services: EndpointServices,
  ctx: Ctx,
  request: string | undefined,
  outcome: Refusable,
): Promise<boolean> {
  const isThere = outcome.error === 'login_required' || outcome.error === 'already_exists';
  if (!isThere) return refused(services, ctx, request, outcome);
  showSetUpAlready(ctx, continued(request));
  return true;
}

/** Answers a refusal, and says whether there was one. */
export async function refused(
  services: EndpointServices,
  ctx: Ctx,
  request: string | undefined,
  { error, reason, retry_after }: Refusable,
): Promise<boolean> {
  if (error === null) return false;
  if (error === 'login_required') {
    goTo(ctx, continued(request));
  } else if (error === 'wrong_code' || error === 'wrong_passkey' || error === 'too_many_attempts') {
    if (retry_after) ctx.set('Retry-After', String(retry_after));
    const status = error === 'too_many_attempts' ? 429 : 400;
    await showRequest(services, ctx, request, { status, error, retry_after });
  } else {
    throw new OAuthError(error, reason ?? '');
  }
  return true;
}
