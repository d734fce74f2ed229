// RFC 8628 3.5: how a device hears of limits, and of a person's No.
import { Refusal } from '../db/call.ts';
import { isUnavailable } from '../db/unavailable.ts';
import { Busy } from '../fair-queue.ts';
import { OAuthError } from '../protocol/errors.ts';

/** Clients of this grant end at any status but 400 (libpq 18.6), and wait longer at slow_down: so do the limits say it here. */
export async function slowedDown<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (failure) {
    if (failure instanceof Refusal && failure.error === 'access_denied')
      throw new OAuthError('access_denied', failure.message, { status: 400 });
    if (!isLimit(failure)) throw failure;
    throw new OAuthError('slow_down', (failure as Error).message);
  }
}

function isLimit(failure: unknown): boolean {
  if (failure instanceof Refusal) return ['too_many_attempts', 'flood'].includes(failure.error);
  return failure instanceof Busy || isUnavailable(failure);
}
