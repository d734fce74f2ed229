// How the demonstration client says no: a page to people, JSON to programs, the reason to the log.
import type { Context, Middleware } from 'koa';
import type { Log } from '../log.ts';
import { say } from './pages.ts';
import { mountPath } from './paths.ts';
import { oauthError } from './relying-party.ts';
import type { Sessions } from './sessions.ts';

/** Whether a browser is about to show the answer; fetch and XMLHttpRequest can't follow a sign-in. */
function isForPerson(ctx: Context): boolean {
  const destination = ctx.get('sec-fetch-dest');
  if (destination && destination !== 'document') return false;
  return ctx.get('accept').includes('text/html');
}

/** Sends a person to sign in and then back here, and tells a program 401. */
export function refuseAnonymous(ctx: Context): void {
  if (!isForPerson(ctx)) {
    refuseProgram(ctx);
    return;
  }
  const returnTo = ctx.method === 'GET' ? ctx.url : `${mountPath}/`;
  ctx.status = 303;
  ctx.redirect(`${mountPath}/login?${new URLSearchParams({ return_to: returnTo })}`);
}

/** Tells who is signed in that the route needs a permission, and where a person gets it. */
export function refusePermission(ctx: Context, permission: string): void {
  if (isForPerson(ctx)) {
    const text = `This page needs the permission ${permission}. Go to the start and ask for more.`;
    say(ctx, 403, 'You may not do this yet', text);
    return;
  }
  ctx.status = 403;
  ctx.body = { error: 'insufficient_scope', scope: permission };
}

function refuseProgram(ctx: Context): void {
  ctx.status = 401;
  ctx.body = { error: 'login_required' };
}

/** Answers what was thrown. */
export function answerErrors(log: Log, sessions: Sessions): Middleware {
  return async (outer, next) => {
    const ctx = outer as Context;
    try {
      await next();
    } catch (failure) {
      const { message, code, status, expose } = failure as Error & Thrown;
      // Never the failure itself: what openid-client throws may hold a token.
      const reason = oauthError(failure) ?? message;
      log.warn({ path: ctx.path, kind: code, reason }, 'the demonstration client failed');
      if (expose && status) return say(ctx, status, 'That did not work', message);
      if (reason === 'invalid_grant' && ctx.state.session) return lost(ctx, sessions);
      say(ctx, 502, 'That did not work', 'The server did not give what was asked for.');
    }
  };
}

type Thrown = { code?: string; status?: number; expose?: boolean };

/** The refresh token is worth nothing any more, so nobody is signed in. */
function lost(ctx: Context, sessions: Sessions): void {
  sessions.end(ctx, ctx.state.session);
  const text = 'The access was taken back, or has expired.';
  if (isForPerson(ctx)) say(ctx, 401, 'Please sign in again', text);
  else refuseProgram(ctx);
}
