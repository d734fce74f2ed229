// Signing in and out (OpenID Connect Core 3.1, RP-Initiated Logout 1.0).
import type { Context } from 'koa';
import { say } from './pages.ts';
import { ownPath } from './paths.ts';
import { oauthError, type RelyingParty, usualScope } from './relying-party.ts';
import { recall, remember, type Sessions } from './sessions.ts';

/** Makes the pages that sign in and out. */
export function signInPages({ party, sessions }: { party: RelyingParty; sessions: Sessions }) {
  /** Sends the browser to the issuer; `more` asks for a scope besides the usual ones. */
  async function login(ctx: Context): Promise<void> {
    const { return_to, more } = ctx.query;
    const scope = more === 'webhook' ? `${usualScope} webhook` : usualScope;
    const { url, state, pending } = await party.begin(ownPath(return_to), scope);
    remember(sessions.findOrStart(ctx), state, pending);
    ctx.status = 303;
    ctx.redirect(url.href);
  }

  async function callback(ctx: Context): Promise<void> {
    const session = sessions.find(ctx);
    const state = String(ctx.query.state ?? '');
    const pending = session && recall(session, state);
    if (!pending) {
      const text = 'This sign-in was not begun in this browser, or is finished already.';
      return say(ctx, 400, 'Please sign in again', text);
    }
    try {
      const person = await party.finish(ctx.querystring, state, pending);
      sessions.signIn(ctx, session, person);
    } catch (failure) {
      if (oauthError(failure) !== 'access_denied') throw failure;
      return say(ctx, 403, 'You did not allow it', 'So nothing was done in your name.');
    }
    ctx.status = 303;
    ctx.redirect(pending.returnTo);
  }

  async function signOut(ctx: Context): Promise<void> {
    const { session, person } = ctx.state;
    const url = await party.endSession(person);
    sessions.end(ctx, session);
    ctx.status = 303;
    ctx.redirect(url.href);
  }

  return { login, callback, signOut };
}
