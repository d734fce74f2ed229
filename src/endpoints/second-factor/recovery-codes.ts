// Codes for whoever has lost their second factor, shown once (NIST SP 800-63B-4 3.1.2: 64 bits or more need no salt).
import { randomBytes } from 'node:crypto';
import type { Ctx } from '../../http/ctx.ts';
import { render } from '../../http/render.ts';
import { secretHash } from '../../protocol/secrets.ts';

const count = 10;
const codeBytes = 10;
/** Base 32 of Crockford: no letter that looks like a digit. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** New codes, and the hashes of them that are kept. */
export function newRecoveryCodes(): { codes: string[]; hashes: Buffer[] } {
  const codes = Array.from({ length: count }, newCode);
  return { codes, hashes: codes.map(recoveryHash) };
}

function newCode(): string {
  const bits = BigInt(`0x${randomBytes(codeBytes).toString('hex')}`);
  const letters = Array.from(
    { length: (codeBytes * 8) / 5 },
    (_, at) => alphabet[Number((bits >> BigInt(at * 5)) & 31n)],
  );
  return letters.join('').replace(/(.{4})(?=.)/g, '$1-');
}

/** The hash of a code, however it was typed. */
export function recoveryHash(typed: string): Buffer {
  const plain = typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0');
  return secretHash(plain.replace(/[IL]/g, '1'));
}

/** The page that shows new codes, for the first and last time; `next` is where it leads. */
export function showRecoveryCodes(ctx: Ctx, codes: string[], next: string): void {
  const text = [ctx.state.tenant.title, ctx.state.tenant.issuer, '', ...codes, ''].join('\n');
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(text)}`;
  render(ctx, 'recovery_codes', { codes, file, next });
}

/** Says of a form that sets up a second factor that one was set up meanwhile; `to` is where that leads. */
export function showSetUpAlready(ctx: Ctx, to: string): void {
  render(ctx, 'set_up_already', { to }, { status: 409 });
}

/** Says of a form for new codes that is sent again that it counts once: whoever has none of the codes of then makes others. */
export function showCodesRepeated(ctx: Ctx): void {
  render(ctx, 'recovery_codes_repeated', {}, { status: 409 });
}
