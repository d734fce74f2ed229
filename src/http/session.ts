// The cookie of who is signed in (RFC 6265), and what only its holder can make.
import { createHmac } from 'node:crypto';
import { assembleToken, newSecret, parseToken, secretHash } from '../protocol/secrets.ts';
import type { Ctx } from './ctx.ts';

const sessionCookie = 'pgrant_session';
const secretLength = 43;

/** Read by the page that clients frame (templates/check_session.js); no secret comes of it. */
const browserStateCookie = 'pgrant_browser_state';

/** Sets a cookie for the endpoints of the tenant; null takes it away. */
export function setCookie(
  ctx: Ctx,
  name: string,
  value: string | null,
  expiresAt?: number,
  { framed = false } = {},
): void {
  const { issuer, path } = ctx.state.tenant;
  const secure = issuer.startsWith('https:');
  // The proxy in front may speak TLS for us: what the issuer says decides, not the connection.
  ctx.cookies.secure = secure;
  ctx.cookies.set(name, value, {
    // Not the issuer's path alone: that would reach an issuer nested below it.
    path: `${path}/oauth`,
    httpOnly: !framed,
    // None needs Secure.
    sameSite: framed && secure ? 'none' : 'lax',
    secure,
    overwrite: true,
    ...(expiresAt !== undefined && { expires: new Date(expiresAt * 1000) }),
  });
}

/** The session that the browser presents, by hash and expiry; nulls where there is none. */
export function presentedSession(ctx: Ctx) {
  const token = ctx.cookies.get(sessionCookie);
  const parsed = token === undefined ? undefined : parseToken('session', token);
  return { session_hash: parsed?.hash ?? null, session_expires_at: parsed?.expires_at ?? null };
}

/** Gives the browser its new session. */
export function startSession(ctx: Ctx, secret: string, expiresAt: number): void {
  setCookie(ctx, sessionCookie, assembleToken('session', expiresAt, secret), expiresAt);
}

/** A session that the person gets once all is right: its secret, and what SQL takes. */
export function newSession(ctx: Ctx) {
  const { secret, hash } = newSecret();
  const next = { next_session_hash: hash, next_csrf_hash: secretHash(csrfToken(secret)) };
  return { secret, next: { ...next, user_agent: userAgent(ctx) } };
}

/** What the browser calls itself (RFC 9110 10.1.5), as far as it says. */
export const userAgent = (ctx: Ctx) => ctx.get('User-Agent') || null;

/** Takes the session's cookies from the browser. */
export function clearSession(ctx: Ctx): void {
  setCookie(ctx, sessionCookie, null);
  clearBrowserState(ctx);
}

/** Takes away what says to frames that the browser is signed in. */
export function clearBrowserState(ctx: Ctx): void {
  if (ctx.cookies.get(browserStateCookie) === undefined) return;
  setCookie(ctx, browserStateCookie, null, undefined, { framed: true });
}

/**
 * What frames compare (Session Management 3.2), which the browser has from then on: another one for each session, from which its
 * secret can't be told. Undefined where the browser has no session.
 */
export function browserState(ctx: Ctx): string | undefined {
  const token = ctx.cookies.get(sessionCookie);
  const expiresAt = token === undefined ? undefined : parseToken('session', token)?.expires_at;
  if (token === undefined || expiresAt === undefined) return undefined;
  const secret = token.slice(-secretLength);
  const state = createHmac('sha256', secret).update('browser state').digest('base64url');
  if (ctx.cookies.get(browserStateCookie) !== state) {
    setCookie(ctx, browserStateCookie, state, expiresAt, { framed: true });
  }
  return state;
}

/** The token that forms of a session carry: only who holds the session's secret can make it. */
export function csrfToken(sessionSecret: string): string {
  return createHmac('sha256', sessionSecret).update('csrf').digest('base64url');
}

/**
 * The secret of the code that a request ends in: the same each time the same session asks, so that the database, which
 * holds its hash only, can give it again. Whoever began the request knows its handle, but not the session's secret.
 */
export function codeSecret(ctx: Ctx, requestHash: Buffer): { secret: string; hash: Buffer } {
  const session = ctx.cookies.get(sessionCookie);
  // Nobody is signed in: there will be no code.
  if (session === undefined) return newSecret();
  const secret = createHmac('sha256', session.slice(-secretLength))
    .update('code ')
    .update(requestHash)
    .digest('base64url');
  return { secret, hash: secretHash(secret) };
}

/** A secret for one purpose, which whoever holds the session has again each time and nobody else can make; '' where there is none. */
export function presentedSecret(ctx: Ctx, purpose: string): string {
  const token = ctx.cookies.get(sessionCookie);
  if (token === undefined) return '';
  return createHmac('sha256', token.slice(-secretLength)).update(purpose).digest('base64url');
}

/** The token for the forms of the presented session; '' where there is none. */
export function presentedCsrfToken(ctx: Ctx): string {
  const token = ctx.cookies.get(sessionCookie);
  return token === undefined ? '' : csrfToken(token.slice(-secretLength));
}
