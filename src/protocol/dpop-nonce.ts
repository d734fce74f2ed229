// RFC 9449 8: nonces that tell when a proof was made, and that nobody has to remember.
import { derivedText, type Master } from './seal.ts';

/** In seconds: a nonce is handed out for so long, and taken for as long again. */
const period = 60;

/** The nonce of a tenant to hand out now. */
export function currentNonce(master: Master, tenant: string): string {
  return nonceOf(master, tenant, currentPeriod());
}

/** Until when a nonce is good, in epoch seconds; undefined for one that is not of this tenant, or no longer good. */
export function nonceExpiry(master: Master, tenant: string, nonce: string): number | undefined {
  const now = currentPeriod();
  // The next one too: another process may have handed it out, whose clock is a little ahead.
  const found = [now, now - 1, now + 1].find((one) => nonceOf(master, tenant, one) === nonce);
  return found === undefined ? undefined : (found + 2) * period;
}

function currentPeriod(): number {
  return Math.floor(Date.now() / 1000 / period);
}

function nonceOf(master: Master, tenant: string, number: number): string {
  return derivedText(master, 'pgrant dpop nonce', `${tenant} ${number}`);
}
