// Who waits for a connection: each tenant has its turn, and so has what is asked of none; within one they keep their order.

type Waiting = { turn: string };

export class Turns<Waiter extends Waiting> {
  /** What comes next stands first; a turn for which nobody waits is not there. */
  readonly #turns = new Map<string, Set<Waiter>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(waiter: Waiter): void {
    const own = this.#turns.get(waiter.turn) ?? new Set();
    this.#turns.set(waiter.turn, own.add(waiter));
    this.#size += 1;
  }

  remove(waiter: Waiter): void {
    const own = this.#turns.get(waiter.turn);
    if (!own?.delete(waiter)) return;
    this.#size -= 1;
    if (own.size === 0) this.#turns.delete(waiter.turn);
  }

  /** Takes out whoever is next of those whose turn may be; the same turn comes again after all others. */
  take(may: (turn: string) => boolean): Waiter | undefined {
    for (const [turn, own] of this.#turns) {
      if (!may(turn)) continue;
      this.#turns.delete(turn);
      this.#turns.set(turn, own);
      for (const waiter of own) {
        this.remove(waiter);
        return waiter;
      }
    }
    return undefined;
  }

  /** Takes out whoever is to make room for the turn: the youngest of the one with most waiting, where that is clearly more. */
  makeRoom(turn: string): Waiter | undefined {
    const own = this.#turns.get(turn)?.size ?? 0;
    const most = [...this.#turns.values()].reduce((one, other) =>
      other.size > one.size ? other : one,
    );
    const youngest = most.size > own + 1 ? [...most].at(-1) : undefined;
    if (youngest) this.remove(youngest);
    return youngest;
  }

  *[Symbol.iterator](): Iterator<Waiter> {
    for (const own of this.#turns.values()) yield* own;
  }
}
