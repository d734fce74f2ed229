// RFC 8628 3.5: devices that poll by the thousand wait longer, so that nobody else does.
import { OAuthError } from '../protocol/errors.ts';

/** Seconds that a crowd makes a device wait between two polls at most. */
const longestInterval = 60;

/** What part of a rate is that of the second that has passed: some five are averaged, as long as most devices wait. */
const newest = 0.2;
/** Polls in a second that are as good as none. */
const none = 0.01;

/** Why a device of a crowd is told to slow down, for the log. */
export const crowded = 'many devices poll';

/** How often in a second the devices of each tenant poll this process. */
export class PollRate {
  readonly #most: number;
  #second = 0;
  #coming = new Map<string, number>();
  #rates = new Map<string, number>();
  #share = Number.POSITIVE_INFINITY;

  /** At most `most` polls in a second are decided, which all tenants share. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Counts a poll. Throws slow_down where devices of the tenant poll more often than its share, for so many of them, whichever
   * they are, as are too many: each of these waits longer from then on.
   */
  admit(tenant: string): void {
    this.#turn();
    this.#coming.set(tenant, (this.#coming.get(tenant) ?? 0) + 1);
    if (Math.random() * this.#excess(tenant) >= 1) throw new OAuthError('slow_down', crowded);
  }

  /** Seconds between two polls of a device that begins now, where `usual` is what it waits alone. */
  interval(tenant: string, usual: number): number {
    this.#turn();
    // Squared, for those who wait already go on as often as they were told.
    const crowdedInterval = Math.ceil(usual * this.#excess(tenant) ** 2);
    return Math.max(usual, Math.min(longestInterval, crowdedInterval));
  }

  /** How many times its share the devices of a tenant poll. */
  #excess(tenant: string): number {
    return (this.#rates.get(tenant) ?? 0) / this.#share;
  }

  #turn(): void {
    const second = Math.floor(performance.now() / 1000);
    if (second === this.#second) return;
    const quiet = (1 - newest) ** (second - this.#second - 1);
    for (const tenant of new Set([...this.#rates.keys(), ...this.#coming.keys()])) {
      const before = this.#rates.get(tenant) ?? 0;
      const rate = (before * (1 - newest) + (this.#coming.get(tenant) ?? 0) * newest) * quiet;
      if (rate < none) this.#rates.delete(tenant);
      else this.#rates.set(tenant, rate);
    }
    this.#coming.clear();
    this.#second = second;
    this.#share = shareOf([...this.#rates.values()], this.#most);
  }
}

/** How much of `most` each may have: whoever wants less leaves the rest to the others. Infinity where there is enough for all. */
function shareOf(wanted: number[], most: number): number {
  let left = most;
  for (const [at, one] of wanted.sort((a, b) => a - b).entries()) {
    const share = left / (wanted.length - at);
    if (one > share) return share;
    left -= one;
  }
  return Number.POSITIVE_INFINITY;
}
