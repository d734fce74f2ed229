// Signing in and out (OpenID Connect Core 3.1, RP-Initiated Logout 1.0).
import type { Context } from 'koa';
import { say } from './pages.ts';
import { ownPath } from './paths.ts';
import { oauthError, type RelyingParty, usualScope } from './relying-party.ts';
import { recall, remember, type Sessions } from './sessions.ts';

/** Makes the pages that sign in and out. */
export function signInPages({ party, sessions }: { party: RelyingParty; sessions: Sessions }) {
  /** Sends the browser to the issuer; `more` asks for a scope besides the usual ones. */
  async function login(context: Context): Promise<void> {
    const { return_to, more } = context.query;
    const scope = more === 'webhook' ? `${usualScope} webhook` : usualScope;
    const { url, state, pending } = await party.begin(ownPath(return_to), scope);
    remember(sessions.findOrStart(context), state, pending);
    context.status = 303;
    context.redirect(url.href);
  }

  async function callback(context: Context): Promise<void> {
    const session = sessions.find(context);
    const state = String(context.query.state ?? '');
    const pending = session && recall(session, state);
    if (!pending) {
      const text = 'This sign-in was not begun in this browser, or is finished already.';
      return say(context, 400, 'Please sign in again', text);
    }
    try {
      const person = await party.finish(context.querystring, state, pending);
      sessions.signIn(context, session, person);
    } catch (failure) {
      if (oauthError(failure) !== 'access_denied') throw failure;
      return say(context, 403, 'You did not allow it', 'So nothing was done in your name.');
    }
    context.status = 303;
    context.redirect(pending.returnTo);
  }

  async function signOut(context: Context): Promise<void> {
    const { session, person } = context.state;
    const url = await party.endSession(person);
    sessions.end(context, session);
    context.status = 303;
    context.redirect(url.href);
  }

  return { login, callback, signOut };
}
