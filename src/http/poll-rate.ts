// RFC 8628 3.5: devices that poll by the thousand wait longer, so that nobody else does.
import { OAuthError } from '../protocol/errors.ts';

/** Seconds that a crowd makes a device wait between two polls at most. */
const longestInterval = 60;

/** Why a device of a crowd is told to slow down, for the log. */
export const crowded = 'many devices poll';

/** How often the devices of each tenant poll this process, by the second that has passed. */
export class PollRate {
  readonly #most: number;
  #second = 0;
  #coming = new Map<string, number>();
  #passed = new Map<string, number>();

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
    const crowdedInterval = Math.ceil(usual * this.#excess(tenant));
    return Math.max(usual, Math.min(longestInterval, crowdedInterval));
  }

  /** By how many times the devices of a tenant poll more often than they may. */
  #excess(tenant: string): number {
    return ((this.#passed.get(tenant) ?? 0) * this.#passed.size) / this.#most;
  }

  #turn(): void {
    const second = Math.floor(performance.now() / 1000);
    if (second === this.#second) return;
    this.#passed = second === this.#second + 1 ? this.#coming : new Map();
    this.#coming = new Map();
    this.#second = second;
  }
}
