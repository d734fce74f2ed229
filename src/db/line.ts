// What waits for one function: whose turn it is, and how much of it leaves together.
import type { Callable, Value } from './binding.ts';

/** A request that waits, and how it is told. */
export type Request = {
  values: Value[];
  resolve: (row: unknown) => void;
  reject: (error: unknown) => void;
  timer?: NodeJS.Timeout;
};

/** Most requests in a statement, and most tenants; each number of tenants is a statement to be prepared. */
export const most = 64;
const mostTenants = 16;

/** So few are not divided: a set costs something, whatever it holds. */
const undivided = 8;

/** Milliseconds that a set is thought to take before there was one, and at most. */
const firstGuess = 5;
export const longestGuess = 20;

/** The requests of each tenant in the order of arrival, the tenant in turn first. */
export type Line = {
  binding: Callable;
  tag: string | undefined;
  tenants: Map<Value, Request[]>;
  size: number;
  /** Connections that are asked for. */
  asked: number;
  /** Sets that are out, but for those that take longer than their like. */
  out: number;
  /** Requests that came back and are being answered while others wait. */
  answered: number;
  /** Of a line that pauses: requests that came back, with their rows, and have yet to be answered. */
  unanswered: [Request, unknown][];
  /** When the last set left, and what wakes the line for the next one, where it pauses. */
  left: number;
  alarm: NodeJS.Timeout | undefined;
  /** Milliseconds that a set takes. */
  usual: number;
  /** Whether a statement is of one tenant alone, for each is on a node of its own. */
  apart: boolean;
};

/** A line in which nothing waits yet. */
export const emptyLine = (binding: Callable, tag?: string): Line => ({
  ...{ binding, tag, tenants: new Map() },
  ...{ size: 0, asked: 0, out: 0, answered: 0, usual: firstGuess, apart: false },
  unanswered: [],
  ...{ left: Number.NEGATIVE_INFINITY, alarm: undefined },
});

/** Milliseconds until a set that is not full may leave. Tenants that cannot leave together have no time to wait for each other. */
export const pauseLeft = ({ binding: { pause }, left, apart }: Line): number =>
  pause === undefined || apart ? 0 : Math.max(0, left + pause - performance.now());

/**
 * How many sets should leave: each that is full, of requests or of tenants, and what there is where no set is out and no
 * pause left. Of a line that pauses the full ones leave one by one, and wait for those before them to be answered.
 */
export function setsDue({ binding, size, tenants, out, unanswered }: Line, pause: number): number {
  if (unanswered.length >= most) return 0;
  const full = Math.floor(size / most);
  const alone = size > 0 && out === 0 && (pause === 0 || full > 0) ? 1 : 0;
  return Math.max(binding.pause ? 0 : full, Math.floor(tenants.size / mostTenants), alone);
}

/**
 * How many requests the next set may hold: half of those that wait and that are being answered. If all left together, they
 * would come back together, and PostgreSQL and this process would work in turns instead of side by side.
 */
const roomOf = ({ size, answered, binding }: Line): number =>
  binding.pause ? most : Math.min(most, Math.max(undivided, Math.ceil((size + answered) / 2)));

/** The next set: in turns between tenants, so that none has more than its share while another waits. */
export function takeSet(line: Line): Request[] {
  const room = roomOf(line);
  line.answered = 0;
  // In one order for all: what two statements lock at two tenants they lock in the same order.
  const turns = [...line.tenants]
    .slice(0, line.apart ? 1 : mostTenants)
    .sort(([one], [other]) => (String(one) < String(other) ? -1 : 1));
  const sets = turns.map(([, own]) => own.splice(0, Math.ceil(room / turns.length)));
  const free = room - sets.reduce((sum, { length }) => sum + length, 0);
  for (const [at, [, own]] of turns.entries())
    sets[at]?.push(...own.splice(0, Math.floor(free / turns.length)));
  for (const [tenant, own] of turns) {
    // Whoever has more waits behind the others.
    line.tenants.delete(tenant);
    if (own.length > 0) line.tenants.set(tenant, own);
  }
  const requests = sets.flat();
  line.size -= requests.length;
  return requests;
}
