// Who the pages of an account are for: whoever is signed in, and else they are asked to sign in first.
import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { browserHash } from '../../http/browser-cookie.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { flash } from '../../http/flash.ts';
import { keepTyped } from '../../http/keep-typed.ts';
import { presentedSession } from '../../http/session.ts';
import { assembleToken, newSecret, secretHash } from '../../protocol/secrets.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';

/** The pages of an account, by their paths below /oauth/account. */
export const sections = ['applications', 'sessions', 'sign-in', 'data'] as const;
export type Section = (typeof sections)[number];

export const pathOf = (section: string) =>
  section === 'applications' ? '/oauth/account' : `/oauth/account/${section}`;

/** Who asks, as the functions of an account take it. */
export const person = (ctx: Ctx) => ({ ...caller(ctx), ...presentedSession(ctx) });

/** The same with what a form carries. */
export const personWithForm = (ctx: Ctx, csrf: string | undefined) => ({
  ...person(ctx),
  csrf_hash: csrf === undefined ? null : secretHash(csrf),
});

/** A page of the account: whoever is not signed in, or not lately enough, signs in and comes back to it. */
export function accountPage(
  services: EndpointServices,
  section: Section,
  work: (ctx: Ctx) => Promise<void>,
): Endpoint {
  return signedInPage(services, () => pathOf(section), work);
}

type Form = {
  /** What is typed and kept in no page. */
  secret?: readonly string[];
  /** Shows the form again to whoever has signed in since; without, that is an error. */
  again?: (ctx: Ctx) => Promise<void> | void;
};

/**
 * A form of the account. Where the session has ended meanwhile, what was typed is kept, and the person is told; where what it is
 * about is not there any more, since another tab was faster, the page is shown as it is now.
 */
export function accountForm(
  services: EndpointServices,
  section: Section,
  work: (ctx: Ctx) => Promise<void>,
  { secret, again }: Form = {},
): Endpoint {
  return accountPage(services, section, async (ctx) => {
    try {
      await work(ctx).catch((failure) => {
        if (failure.error !== 'csrf_mismatch' || again === undefined) throw failure;
        return again(ctx);
      });
    } catch (failure) {
      const { error } = failure as { error?: string };
      if (error === 'login_required') return keepTyped(ctx, pathOf(section), secret);
      if (error !== 'not_found') throw failure;
      flash(ctx, 'moved_on');
      goTo(ctx, pathOf(section));
    }
  });
}

/** A page of a person, as accountPage; `pathTo` says where they come back to. */
export function signedInPage(
  services: EndpointServices,
  pathTo: (ctx: Ctx) => string,
  work: (ctx: Ctx) => Promise<void>,
): Endpoint {
  return async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    try {
      await work(ctx);
    } catch (failure) {
      const { error } = failure as { error?: string };
      if (error === 'login_required') return signIn(services, ctx, pathTo(ctx), []);
      if (error !== 'insufficient_user_authentication') throw failure;
      await signIn(services, ctx, pathTo(ctx), ['login']);
    }
  };
}

/** Begins a sign-in for a page of ours at `path`; prompt login = for whoever is signed in, too. */
export async function signIn(
  { database }: EndpointServices,
  ctx: Ctx,
  path: string,
  prompt: string[],
): Promise<void> {
  const handle = newSecret();
  const { expires_at } = await call(database, api.account_begin, {
    ...caller(ctx),
    request_hash: handle.hash,
    browser_hash: browserHash(ctx, handle.hash),
    prompt,
    state: path,
  });
  const query = new URLSearchParams({
    request: assembleToken('request', expires_at, handle.secret),
  });
  goTo(ctx, `/oauth/continue?${query}`);
}

/** Sends the browser to a page of this tenant. */
export function goTo(ctx: Ctx, path: string): void {
  ctx.status = 303;
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Location', `${ctx.state.tenant.path}${path}`);
}

/** Whether an authorization request was a sign-in for the account, and not a client's: no redirect URI of a client has a fragment. */
export function answersAccount(ctx: Ctx, { redirect_uri }: { redirect_uri: string }): boolean {
  return redirect_uri === `${ctx.state.tenant.issuer}/account#`;
}

/** Sends the person on to the page that they signed in for. */
export function showAccount(ctx: Ctx, { state }: { state: string | null }): void {
  goTo(ctx, state ?? pathOf('applications'));
}
