// Whether this process still works at all: a restart is the remedy for what is told here, and for nothing else.
import type { Database } from '../db/connect.ts';

/** What stands still, or undefined. */
export type Stuck = 'event loop' | 'pool' | undefined;

type Margins = {
  /** Milliseconds that the event loop may stand still. */
  loop: number;
  /** Milliseconds that a call or a wait may outlive its deadline, which only a fault of ours lets it do. */
  pool: number;
};

const usual: Margins = { loop: 10_000, pool: 10_000 };
/** Milliseconds between two looks at the clock, and for how long a standstill is told. */
const pace = 500;
const memory = 10_000;

/**
 * Watches the event loop and the pool. A database that is away is none of it: its calls fail in time.
 * While the loop stands still no probe is answered; the first one afterwards tells.
 */
export function watchLiveness(
  { stats }: Pick<Database, 'stats'>,
  margins: Margins = usual,
): () => Stuck {
  let last = performance.now();
  let stood = Number.NEGATIVE_INFINITY;
  const look = () => {
    const now = performance.now();
    if (now - last - pace > margins.loop) stood = now;
    last = now;
  };
  setInterval(look, pace).unref();
  return () => {
    look();
    if (performance.now() - stood < memory) return 'event loop';
    return stats().overdue > margins.pool ? 'pool' : undefined;
  };
}
