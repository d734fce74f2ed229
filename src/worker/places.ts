// Which receivers are served: in turns between tenants, and between the receivers of each.

/** Receivers that are served at once, and those of one tenant: nobody alone takes all places. */
const most = { receivers: 16, ofTenant: 12 };

export type Receiver = { key: string; tenant: string };

/** The places of one process, for receivers of one kind. */
export class Places<Served extends Receiver> {
  readonly #served = new Map<string, { tenant: string; done: Promise<void> }>();
  /** When each receiver that still waits for something was given its last turn. */
  #turns = new Map<string, number>();
  #wanted = false;
  readonly #freed: () => void;

  /** `freed` is told of each place that is free again. */
  constructor(freed: () => void) {
    this.#freed = freed;
  }

  /** Whether somebody waits for a place. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /**
   * Gives the places that are free to those who wait, of whom the first has waited longest: first to tenants that have
   * few, and there to whoever had its turn longest ago.
   */
  fill(due: readonly Served[], serve: (receiver: Served) => Promise<void>): void {
    const waiting = new Map(
      due.filter(({ key }) => !this.#served.has(key)).map((one) => [one.key, one]),
    );
    const known = [...due.map(({ key }) => key), ...this.#served.keys()];
    this.#turns = new Map(known.map((key) => [key, this.#turns.get(key) ?? 0]));
    while (this.#served.size < most.receivers) {
      const next = this.#next([...waiting.values()]);
      if (!next) break;
      const { key, tenant } = next;
      waiting.delete(key);
      this.#turns.set(key, performance.now());
      const done = serve(next).finally(() => {
        this.#served.delete(key);
        this.#freed();
      });
      this.#served.set(key, { tenant, done });
    }
    this.#wanted = waiting.size > 0;
  }

  /** Resolves when nobody is served any more. */
  async emptied(): Promise<void> {
    await Promise.all([...this.#served.values()].map(({ done }) => done));
  }

  #next(waiting: readonly Served[]): Served | undefined {
    const placesOf = Map.groupBy(this.#served.values(), ({ tenant }) => tenant);
    const rank = ({ key, tenant }: Served) => ({
      places: placesOf.get(tenant)?.length ?? 0,
      turn: this.#turns.get(key) ?? 0,
    });
    return waiting
      .map((receiver) => ({ receiver, ...rank(receiver) }))
      .filter(({ places }) => places < most.ofTenant)
      .reduce<{ receiver: Served; places: number; turn: number } | undefined>(
        (best, one) =>
          best && (best.places - one.places || best.turn - one.turn) <= 0 ? best : one,
        undefined,
      )?.receiver;
  }
}
