// Who waits for a connection: tenants in turns, and those of one tenant in the order in which they came.

type Waiting = { tenant: string };

export class Turns<Waiter extends Waiting> {
  /** Whose turn comes next stands first; a tenant for whom nobody waits is not there. */
  readonly #tenants = new Map<string, Set<Waiter>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(waiter: Waiter): void {
    const own = this.#tenants.get(waiter.tenant) ?? new Set();
    this.#tenants.set(waiter.tenant, own.add(waiter));
    this.#size += 1;
  }

  remove(waiter: Waiter): void {
    const own = this.#tenants.get(waiter.tenant);
    if (!own?.delete(waiter)) return;
    this.#size -= 1;
    if (own.size === 0) this.#tenants.delete(waiter.tenant);
  }

  /** Takes out whoever is next; the tenant's next turn comes after everybody else's. */
  take(): Waiter | undefined {
    for (const [tenant, own] of this.#tenants) {
      this.#tenants.delete(tenant);
      this.#tenants.set(tenant, own);
      for (const waiter of own) {
        this.remove(waiter);
        return waiter;
      }
    }
    return undefined;
  }

  /** Takes out whoever is to make room for the tenant: the youngest of the one with most waiting, where that is clearly more. */
  makeRoom(tenant: string): Waiter | undefined {
    const own = this.#tenants.get(tenant)?.size ?? 0;
    const most = [...this.#tenants.values()].reduce((one, other) =>
      other.size > one.size ? other : one,
    );
    const youngest = most.size > own + 1 ? [...most].at(-1) : undefined;
    if (youngest) this.remove(youngest);
    return youngest;
  }

  *[Symbol.iterator](): Iterator<Waiter> {
    for (const own of this.#tenants.values()) yield* own;
  }
}
