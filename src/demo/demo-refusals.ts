// How the demonstration client says no: a page to people, JSON to programs, the reason to the log.
import type { Context, Middleware } from 'koa';
import type { Log } from '../log.ts';
import { say } from './pages.ts';
import { mountPath } from './paths.ts';
import { oauthError } from './relying-party.ts';
import type { Sessions } from './sessions.ts';

/** Whether a browser is about to show the answer; fetch and XMLHttpRequest can't follow a sign-in. */
function isForPerson(context: Context): boolean {
  const destination = context.get('sec-fetch-dest');
  if (destination && destination !== 'document') return false;
  return context.get('accept').includes('text/html');
}

/** Sends a person to sign in and then back here, and tells a program 401. */
export function refuseAnonymous(context: Context): void {
  if (!isForPerson(context)) {
    refuseProgram(context);
    return;
  }
  const returnTo = context.method === 'GET' ? context.url : `${mountPath}/`;
  context.status = 303;
  context.redirect(`${mountPath}/login?${new URLSearchParams({ return_to: returnTo })}`);
}

/** Tells who is signed in that the route needs a permission, and where a person gets it. */
export function refusePermission(context: Context, permission: string): void {
  if (isForPerson(context)) {
    const text = `This page needs the permission ${permission}. Go to the start and ask for more.`;
    say(context, 403, 'You may not do this yet', text);
    return;
  }
  context.status = 403;
  context.body = { error: 'insufficient_scope', scope: permission };
}

function refuseProgram(context: Context): void {
  context.status = 401;
  context.body = { error: 'login_required' };
}

/** Answers what was thrown. */
export function answerErrors(log: Log, sessions: Sessions): Middleware {
  return async (outer, next) => {
    const context = outer as Context;
    try {
      await next();
    } catch (failure) {
      const { message, code, status, expose } = failure as Error & Thrown;
      // Never the failure itself: what openid-client throws may hold a token.
      const reason = oauthError(failure) ?? message;
      log.warn({ path: context.path, kind: code, reason }, 'the demonstration client failed');
      if (expose && status) return say(context, status, 'That did not work', message);
      if (reason === 'invalid_grant' && context.state.session) return lost(context, sessions);
      say(context, 502, 'That did not work', 'The server did not give what was asked for.');
    }
  };
}

type Thrown = { code?: string; status?: number; expose?: boolean };

/** The refresh token is worth nothing any more, so nobody is signed in. */
function lost(context: Context, sessions: Sessions): void {
  sessions.end(context, context.state.session);
  const text = 'The access was taken back, or has expired.';
  if (isForPerson(context)) say(context, 401, 'Please sign in again', text);
  else refuseProgram(context);
}
