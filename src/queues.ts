// What costs more than a call of SQL, and is asked for by whoever likes: bounded, and in turns between tenants.
import { availableParallelism } from 'node:os';
import { FairQueue } from './fair-queue.ts';

export type Queues = {
  /** Argon2id, and keys that an admin has made, by tenant and address. */
  derivations: FairQueue;
  /** Signatures of others that are verified, by tenant and address; those of one turn are done together. */
  signatures: WaveQueue;
  /** Key sets, documents and upstreams that are asked, by tenant and host. */
  fetches: FairQueue;
  /** Origins that may be those of clients, by tenant and address: each unknown one is looked for among all of the tenant. */
  origins: FairQueue;
};

/** Makes the queues of a process. */
export function makeQueues(): Queues {
  const processors = availableParallelism();
  return {
    derivations: new FairQueue({
      name: 'derivations',
      // At most two of libuv's four threads, so that signing finds one while people sign in.
      concurrent: [Math.min(processors, 2)],
      waiting: [100, 60, 20],
      patience: 5_000,
    }),
    signatures: new WaveQueue({
      name: 'signatures',
      concurrent: [processors],
      waiting: [500, 250, 100],
      patience: 5_000,
    }),
    fetches: new FairQueue({
      name: 'fetches',
      concurrent: [32, 8, 4],
      waiting: [200, 60, 20],
      patience: 5_000,
    }),
    origins: new FairQueue({
      name: 'origins',
      concurrent: [2, 2, 1],
      waiting: [200, 60, 20],
      patience: 5_000,
    }),
  };
}

/** What came in one turn of the event loop under the same keys, and when all of it is done. */
type Wave = { ending: Promise<unknown>[]; ended: Promise<unknown> };

/** Gives back in one turn of the event loop what came in one under the same keys, so that SQL decides it as a set. */
export class WaveQueue extends FairQueue {
  readonly #come = new Map<string, Wave>();

  override async run<Result>(
    keys: readonly string[],
    work: () => Promise<Result>,
  ): Promise<Result> {
    const result = super.run(keys, work);
    const { ending, ended } = this.#waveOf(keys.join(' '));
    // A failure is for whoever asked.
    ending.push(result.catch(() => {}));
    await ended;
    return result;
  }

  #waveOf(key: string): Wave {
    const before = this.#come.get(key);
    if (before) return before;
    const ending: Promise<unknown>[] = [];
    const ended = new Promise((resolve) => {
      setImmediate(() => {
        this.#come.delete(key);
        resolve(Promise.all(ending));
      });
    });
    const wave = { ending, ended };
    this.#come.set(key, wave);
    return wave;
  }
}
