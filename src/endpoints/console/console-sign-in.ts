// How people come to the console: they sign in as at any client, and the session is what the console needs of it.
import { randomBytes } from 'node:crypto';
import { parameters } from '../../http/body.ts';
import type { Ctx } from '../../http/ctx.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { readParameters } from '../../protocol/params.ts';
import type { Endpoint } from '../endpoint.ts';

const client_id = 'pgrant-console';
const home = '/oauth/admin/clients';

/** A page of the console, and nothing that leads elsewhere, as dots between slashes would (RFC 3986 5.2.4). */
const pagePath = /^(?=.{1,312}$)\/oauth\/admin(?:\/(?!(?:\.|%2e){1,2}(?:\/|$))[\w%.~-]+)+$/i;

/**
 * {issuer}/admin, which people type, and where a sign-in ends: cookies are for what is below /oauth. Nobody redeems the code.
 */
export const findConsole = (): Endpoint => (ctx) => {
  const { state, error } = readParameters(parameters(ctx), ['state', 'error']).values;
  if (error !== undefined) throw new OAuthError('login_required', error, { status: 401 });
  goTo(ctx, state !== undefined && pagePath.test(state) ? state : home);
};

/** Sends the browser to sign in, and back to this page; `login` = again, whoever is signed in. */
export function signIn(ctx: Ctx, prompt?: 'login'): void {
  goTo(ctx, signInPath(ctx, prompt));
}

/** Where that begins. */
export function signInPath(ctx: Ctx, prompt?: 'login'): string {
  const query = new URLSearchParams({
    client_id,
    redirect_uri: `${ctx.state.tenant.issuer.replace(/\/$/, '')}/admin`,
    response_type: 'code',
    scope: 'openid',
    state: ctx.path,
    // Of a verifier that nobody has: the code is worth nothing.
    code_challenge: randomBytes(32).toString('base64url'),
    code_challenge_method: 'S256',
    ...(prompt && { prompt }),
  });
  return `/oauth/authorize?${query}`;
}

/** Sends the browser to a page of this tenant. */
export function goTo(ctx: Ctx, path: string): void {
  ctx.status = 303;
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Location', `${ctx.state.tenant.path}${path}`);
}
