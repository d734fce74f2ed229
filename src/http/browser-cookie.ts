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
    ownSecrets(ctx).get(ownCookie(named)) ?? ctx.cookies.get(browserCookie) ?? ctx.state.browser;
  if (presented !== undefined) return secretHash(presented);
  const { secret, hash } = newLastingSecret('browser');
  ctx.state.browser = secret;
  setCookie(ctx, browserCookie, secret);
  setOwn(ctx, named, secret);
  return hash;
}

/** What was begun for `from` goes on under the name of `to`. */
export function carryBrowser(ctx: Ctx, from: Uint8Array, to: Uint8Array): void {
  const secret = ownSecrets(ctx).get(ownCookie(from)) ?? ctx.state.browser;
  if (secret !== undefined) setOwn(ctx, to, secret);
}

/** The hashes of all that the browser holds, the lasting one first, for what comes back without a name. */
export function browserHashes(ctx: Ctx): Buffer[] {
  const lasting = ctx.cookies.get(browserCookie);
  const secrets = [...ownSecrets(ctx).values()];
  return (lasting === undefined ? secrets : [lasting, ...secrets]).map(secretHash);
}

const ownForm = /(?:^|;) *(pgrant_browser\.[\w-]{12})=([^;]*)/g;

/** By their names, of which each request has another one: ctx.cookies would keep a pattern of each for ever (cookies 0.9.2). */
function ownSecrets(ctx: Ctx): Map<string, string> {
  const found = [...ctx.get('cookie').matchAll(ownForm)].map(
    ([, name = '', secret = '']) => [name, secret] as const,
  );
  // Of two of a name the first counts, as in ctx.cookies.
  return new Map(found.toReversed());
}

function setOwn(ctx: Ctx, named: Uint8Array, secret: string): void {
  const expiresAt = Math.floor(Date.now() / 1000) + longestRequest;
  setCookie(ctx, ownCookie(named), secret, expiresAt);
}

function ownCookie(named: Uint8Array): string {
  return `${browserCookie}.${Buffer.from(named).subarray(0, idBytes).toString('base64url')}`;
}
