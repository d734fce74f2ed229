// What was done, said once on the page that a redirect leads to.
import type { Ctx } from './ctx.ts';
import { setCookie } from './session.ts';

const flashCookie = 'pgrant_flash';

/** The messages (flash.…) that there are: whatever else a cookie says is not shown. */
const flashes = [
  'access_revoked',
  'account_linked',
  'application_removed',
  'authenticator_removed',
  'done_already',
  'moved_on',
  'passkey_added',
  'passkey_removed',
  'password_changed',
  'saved',
  'session_ended',
  'signed_out_everywhere',
  'submitted',
] as const;

export type Flash = (typeof flashes)[number];

const seconds = 60;

/** Has the next page say it. */
export function flash(ctx: Ctx, message: Flash): void {
  setCookie(ctx, flashCookie, message, Math.floor(Date.now() / 1000) + seconds);
}

/** What is to be said, and is not said again. */
export function takeFlash(ctx: Ctx): Flash | undefined {
  const said = ctx.cookies.get(flashCookie);
  if (said === undefined) return undefined;
  setCookie(ctx, flashCookie, null);
  return flashes.find((known) => known === said);
}
