// The username that a person has had the sign-in page remember in this browser: sealed, so that nobody reads or makes one.
import { type Master, seal, unseal } from '../protocol/seal.ts';
import type { Ctx } from './ctx.ts';
import { setCookie } from './session.ts';

const usernameCookie = 'pgrant_username';
const lifetime = 90 * 24 * 60 * 60;

const purpose = 'pgrant remembered username';
const placeOf = (ctx: Ctx) => ({ tenant: ctx.state.tenant.id, name: usernameCookie });

/** Remembers it where the tenant has that and the person has asked for it; else forgets what was remembered. */
export function rememberUsername(
  master: Master,
  ctx: Ctx,
  username: string,
  wanted: boolean,
): void {
  if (!wanted || !ctx.state.tenant.appearance?.remember_username) {
    forgetUsername(ctx);
    return;
  }
  const sealed = seal(master, purpose, placeOf(ctx), Buffer.from(username));
  const expiresAt = Math.floor(Date.now() / 1000) + lifetime;
  setCookie(ctx, usernameCookie, sealed.toString('base64url'), expiresAt);
}

export function forgetUsername(ctx: Ctx): void {
  if (ctx.cookies.get(usernameCookie) !== undefined) setCookie(ctx, usernameCookie, null);
}

/** What is remembered; undefined where nothing is, or nothing of ours. */
export function rememberedUsername(master: Master, ctx: Ctx): string | undefined {
  const sealed = ctx.cookies.get(usernameCookie);
  if (sealed === undefined || !ctx.state.tenant.appearance?.remember_username) return undefined;
  try {
    return unseal(master, purpose, placeOf(ctx), Buffer.from(sealed, 'base64url')).toString();
  } catch {
    return undefined;
  }
}
