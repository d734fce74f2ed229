// What costs more than a call of SQL, and is asked for by whoever likes: bounded, and in turns between tenants.
import { availableParallelism } from 'node:os';
import { FairQueue } from './fair-queue.ts';

export type Queues = {
  /** Argon2id, by tenant and address. */
  derivations: FairQueue;
  /** Signatures of others that are verified, by tenant and address. */
  signatures: FairQueue;
  /** Key sets, documents and upstreams that are asked, by tenant and host. */
  fetches: FairQueue;
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
    signatures: new FairQueue({
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
  };
}
