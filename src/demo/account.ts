// What a signed-in person sees and does at the demonstration client.
import type { Context } from 'koa';
import { show } from './pages.ts';
import { mountPath } from './paths.ts';
import { inWords, readableTokens, rows } from './readable.ts';
import type { RelyingParty } from './relying-party.ts';
import type { Session, SignedIn, Told } from './sessions.ts';

type Parts = { issuer: string; base: string; party: RelyingParty };

/** Makes the pages of a person and the buttons on them. */
export function accountPages({ issuer, base, party }: Parts) {
  /** Shows who is signed in and the tokens, or where to sign in. */
  function home(ctx: Context): void {
    const session: Session | undefined = ctx.state.session;
    if (!session?.person) {
      show(ctx, 'welcome', { title: 'Sign in', issuer });
      return;
    }
    const { person, told, csrf } = session;
    session.told = undefined;
    show(ctx, 'home', {
      title: 'Signed in',
      issuer,
      csrf,
      told: told && { ...told, answer: told.answer && rows(told.answer) },
      name: person.claims.name ?? person.sub,
      claims: rows(person.claims),
      expiry: inWords(person.access_expires_at - Date.now()),
      expired: person.access_expires_at < Date.now(),
      tokens: readableTokens(person),
      refreshable: person.refresh_token !== undefined,
    });
  }

  /** Calls the protected resource in the name of the person. */
  async function courses(ctx: Context): Promise<void> {
    const person: SignedIn = ctx.state.person;
    await party.refreshIfDue(person);
    const response = await party.fetch(person, `${base}/api/courses`);
    const challenge = response.headers.get('www-authenticate');
    const answer = await response.json();
    const { status } = response;
    show(ctx, 'courses', { title: 'Your courses', status, challenge, answer });
  }

  async function refresh(ctx: Context): Promise<void> {
    const person: SignedIn = ctx.state.person;
    if (!person.refresh_token) {
      return tell(ctx, { good: false, text: 'There is no refresh token any more.' });
    }
    await party.refresh(person);
    tell(ctx, { good: true, text: 'There are new tokens. The refresh token changed too.' });
  }

  async function introspect(ctx: Context): Promise<void> {
    const answer = await party.introspect(ctx.state.person);
    const text = answer.active
      ? 'The server says that the access token is active.'
      : 'The server says that the access token is not active.';
    tell(ctx, { good: answer.active === true, text, answer });
  }

  async function revoke(ctx: Context): Promise<void> {
    await party.revoke(ctx.state.person);
    const text =
      'The tokens are revoked. Introspection refuses the access token from now on; a resource that ' +
      'checks its signature only takes it until it expires.';
    tell(ctx, { good: true, text });
  }

  return { home, courses, refresh, introspect, revoke };
}

/** Says it on the page that follows the button. */
function tell(ctx: Context, told: Told): void {
  ctx.state.session.told = told;
  ctx.status = 303;
  ctx.redirect(`${mountPath}/`);
}
