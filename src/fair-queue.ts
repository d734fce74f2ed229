// Costly work: so much at once and no more, in turns, so that nobody waits for the queue of somebody else.

/** What a queue does not take, or lets wait no longer: it may be tried again in a moment. */
export class Busy extends Error {
  override name = 'Busy';
  /** Whether it is whoever asks that has too much waiting, and not all together. */
  readonly own: boolean;

  constructor(message: string, own: boolean) {
    super(message);
    this.own = own;
  }
}

export type FairQueueOptions = {
  /** What it is a queue of, for the log. */
  name: string;
  /** Most at once: in all, under each first key, under each second one; what is left out is as many as in all. */
  concurrent: readonly [number, ...number[]];
  /** Most that wait, in the same way. */
  waiting: readonly [number, ...number[]];
  /** For how long something may wait, in milliseconds. */
  patience: number;
};

type Waiter = { keys: readonly string[]; settle: (why?: Busy) => void };

/** What runs and waits under a key. `below` are the shares of the next keys, the next in turn first; a share without has waiters. */
type Share = { running: number; waiting: number; waiters: Waiter[]; below: Map<string, Share> };

/**
 * Runs work in turns between keys, such as tenants, and within each between the keys below it, such as
 * addresses. A newcomer that finds it full takes the place of the youngest of whoever has most waiting.
 */
export class FairQueue {
  readonly #options: FairQueueOptions;
  readonly #all = newShare();

  constructor(options: FairQueueOptions) {
    this.#options = options;
  }

  get stats(): { running: number; waiting: number } {
    const { running, waiting } = this.#all;
    return { running, waiting };
  }

  /** Runs the work when its turn has come; rejects with Busy where there is no room, or that takes too long. */
  async run<Result>(keys: readonly string[], work: () => Promise<Result>): Promise<Result> {
    const { concurrent } = this.#options;
    const path = this.#path(keys);
    // Whoever waits is held by a limit that holds the newcomer, too: nobody is overtaken.
    if (path.every(({ running }, depth) => running < limit(concurrent, depth))) {
      for (const share of path) share.running += 1;
    } else {
      await this.#wait(keys, path);
    }
    try {
      return await work();
    } finally {
      for (const share of path) share.running -= 1;
      this.#forget(keys);
      this.#startNext();
    }
  }

  #wait(keys: readonly string[], path: Share[]): Promise<void> {
    const refusal = this.#makeRoom(keys, path);
    if (refusal) {
      this.#forget(keys);
      return Promise.reject(refusal);
    }
    const { name, patience } = this.#options;
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        keys,
        settle: (why) => {
          clearTimeout(timer);
          if (why) reject(why);
          else resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#refuse(waiter, new Busy(`${name}: no turn within ${patience} ms`, false));
      }, patience);
      path.at(-1)?.waiters.push(waiter);
      for (const share of path) share.waiting += 1;
    });
  }

  #startNext(): void {
    for (;;) {
      const waiter = this.#next(this.#all, 0);
      if (!waiter) return;
      for (const share of this.#path(waiter.keys)) share.running += 1;
      waiter.settle();
    }
  }

  /** Takes the next in turn out of a share, passing over keys that have as much running as they may. */
  #next(share: Share, depth: number): Waiter | undefined {
    if (share.waiting === 0 || share.running >= limit(this.#options.concurrent, depth)) return;
    let waiter = share.waiters.shift();
    for (const [key, below] of share.below) {
      waiter ??= this.#next(below, depth + 1);
      if (!waiter) continue;
      // Its next turn comes after everybody else's.
      share.below.delete(key);
      share.below.set(key, below);
      break;
    }
    if (waiter) share.waiting -= 1;
    return waiter;
  }

  /** Why the newcomer has no place; undefined where it has, be it that of another. */
  #makeRoom(keys: readonly string[], path: Share[]): Busy | undefined {
    const { name, waiting } = this.#options;
    const full = path.findLastIndex((share, depth) => share.waiting >= limit(waiting, depth));
    const share = path[full];
    if (!share) return undefined;
    const giver = youngestOfGreediest(share, keys, full);
    if (!giver) return new Busy(`${name}: ${share.waiting} are waiting`, full > 0);
    this.#refuse(giver, new Busy(`${name}: made room for others`, true));
    return undefined;
  }

  #refuse(waiter: Waiter, why: Busy): void {
    const path = this.#path(waiter.keys);
    const { waiters } = path.at(-1) as Share;
    waiters.splice(waiters.indexOf(waiter), 1);
    for (const share of path) share.waiting -= 1;
    this.#forget(waiter.keys);
    waiter.settle(why);
  }

  /** The shares of the keys, from that of all on; made where they are not there. */
  #path(keys: readonly string[]): Share[] {
    let share = this.#all;
    const path = [share];
    for (const key of keys) {
      const below = share.below.get(key) ?? newShare();
      share.below.set(key, below);
      share = below;
      path.push(share);
    }
    return path;
  }

  /** Lets go of shares in which nothing is left. */
  #forget(keys: readonly string[]): void {
    const path = this.#path(keys);
    for (let depth = keys.length; depth > 0; depth--) {
      const { running, waiting } = path[depth] as Share;
      if (running === 0 && waiting === 0) path[depth - 1]?.below.delete(keys[depth - 1] as string);
    }
  }
}

function newShare(): Share {
  return { running: 0, waiting: 0, waiters: [], below: new Map() };
}

function limit(limits: readonly [number, ...number[]], depth: number): number {
  return limits[depth] ?? limits[0];
}

/** Who is to make room for a newcomer with these keys: undefined where nobody has clearly more than it has. */
function youngestOfGreediest(
  share: Share,
  keys: readonly string[],
  depth: number,
): Waiter | undefined {
  const own = share.below.get(keys[depth] ?? '');
  const greediest = greediestBelow(share);
  if (!own || !greediest) return undefined;
  if (greediest !== own && greediest.waiting > own.waiting + 1) return youngest(greediest);
  return youngestOfGreediest(own, keys, depth + 1);
}

function greediestBelow({ below }: Share): Share | undefined {
  return [...below.values()].reduce<Share | undefined>(
    (most, share) => (share.waiting > (most?.waiting ?? 0) ? share : most),
    undefined,
  );
}

function youngest(share: Share): Waiter | undefined {
  const greediest = greediestBelow(share);
  return greediest ? youngest(greediest) : share.waiters.at(-1);
}
