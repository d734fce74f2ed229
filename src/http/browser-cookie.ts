// RFC 9700 4.7: which browser a sign-in was begun in, for those who have no session yet.
import { newLastingSecret, secretHash } from '../protocol/secrets.ts';
import type { Ctx } from './ctx.ts';
import { setCookie } from './session.ts';

const browserCookie = 'pgrant_browser';
const idBytes = 9;

/** How long a request or a state may be under way, in seconds. */
const longestRequest = 3600;

/**
 * The hash of the browser's cookie, which is set when it is not there yet. `named` is the hash of the request or state
 * that it is for. Two sign-ins that are begun at once both find no cookie, and of the two that are set the last remains:
 * so each has its own beside it.
 */
export function browserHash(ctx: Ctx, named: Uint8Array): Buffer {
  const presented =
    ctx.cookies.get(ownCookie(named)) ?? ctx.cookies.get(browserCookie) ?? ctx.state.browser;
  if (presented !== undefined) return secretHash(presented);
  const { secret, hash } = newLastingSecret('browser');
  ctx.state.browser = secret;
  setCookie(ctx, browserCookie, secret);
  setOwn(ctx, named, secret);
  return hash;
}

/** What was begun for `from` goes on under the name of `to`. */
export function carryBrowser(ctx: Ctx, from: Uint8Array, to: Uint8Array): void {
  const secret = ctx.cookies.get(ownCookie(from)) ?? ctx.state.browser;
  if (secret !== undefined) setOwn(ctx, to, secret);
}

/** The hashes of all that the browser holds, the lasting one first, for what comes back without a name. */
export function browserHashes(ctx: Ctx): Buffer[] {
  const names = [...ctx.get('cookie').matchAll(/(?:^|; *)(pgrant_browser\.[\w-]{12})=/g)];
  return [browserCookie, ...names.map(([, name = '']) => name)].flatMap((name) => {
    const secret = ctx.cookies.get(name);
    return secret === undefined ? [] : [secretHash(secret)];
  });
}

function setOwn(ctx: Ctx, named: Uint8Array, secret: string): void {
  const expiresAt = Math.floor(Date.now() / 1000) + longestRequest;
  setCookie(ctx, ownCookie(named), secret, expiresAt);
}

function ownCookie(named: Uint8Array): string {
  return `${browserCookie}.${Buffer.from(named).subarray(0, idBytes).toString('base64url')}`;
}
