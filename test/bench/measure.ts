// CPU and memory of processes by /proc, where there is one, and what a row of numbers says.
import { readdirSync, readFileSync } from 'node:fs';

/** Microseconds of CPU since they began. */
export type Cpu = { app: number; database: number };

export type Processes = {
  /** Process id of the application; undefined where none is measured. */
  app?: number;
  /** Process id of the postmaster. */
  postmaster: number;
};

/** A measured cell: latencies in milliseconds, CPU in microseconds per request, memory in MiB. */
export type Measurement = {
  requests: number;
  perSecond: number;
  p50: number;
  p99: number;
  cpu?: Cpu;
  memory?: number;
};

const hasProc = process.platform === 'linux';
// USER_HZ, which Linux fixes at 100 for user space.
const microsecondsPerTick = 10_000;

type Stat = { parent: number; own: number; reaped: number };

function statOf(pid: number | string): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything, spaces too.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const [user = 0, system = 0, userOfReaped = 0, systemOfReaped = 0] = fields.slice(11, 15);
    return { parent, own: user + system, reaped: userOfReaped + systemOfReaped };
  } catch {
    return undefined;
  }
}

/** The CPU that the processes have used; undefined where there is no /proc. */
export function cpuOf({ app, postmaster }: Processes): Cpu | undefined {
  if (!hasProc) return undefined;
  const main = statOf(postmaster);
  let ticks = main ? main.own + main.reaped : 0;
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(name) : undefined;
    if (stat?.parent === postmaster) ticks += stat.own;
  }
  const own = app === undefined ? 0 : (statOf(app)?.own ?? 0);
  return { app: own * microsecondsPerTick, database: ticks * microsecondsPerTick };
}

/** Resident memory in MiB. */
export function memoryOf(pid: number): number | undefined {
  if (!hasProc) return undefined;
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}

/** What was used between two readings, per request. */
export function cpuPerRequest(from: Cpu | undefined, to: Cpu | undefined, requests: number) {
  if (!from || !to) return undefined;
  return {
    app: (to.app - from.app) / requests,
    database: (to.database - from.database) / requests,
  };
}

/** The value below which `share` (0 to 1) of the sorted numbers lie. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Median, least and most. */
export function spread(values: readonly number[]): { median: number; least: number; most: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ];
  return {
    median: (low + high) / 2,
    least: sorted[0] ?? Number.NaN,
    most: sorted.at(-1) ?? Number.NaN,
  };
}
