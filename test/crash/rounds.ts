// One fault after the other under load: what the clients saw, and how soon it was over.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Counts, startCrowd } from './clients.ts';
import type { Rig } from './rig.ts';

/** What is done, and in how many milliseconds of the database being back half the throughput must be. */
const kinds = {
  /** The wire resets every connection. */
  reset: { back: 2_000, strike: async ({ wire }: Rig) => wire.fail('reset') },
  /** Packets vanish on every connection: only the deadline of a call tells. */
  silence: { back: 20_000, strike: async ({ wire }: Rig) => wire.fail('silent') },
  terminate: {
    back: 2_000,
    strike: async ({ sql }: Rig) => {
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where usename in ('pgrant_web', 'pgrant_worker')`;
    },
  },
  /** kill -9 of one backend: PostgreSQL ends all the others and recovers. */
  backend: {
    back: 2_000,
    strike: async ({ sql }: Rig) => {
      const [row] =
        await sql`select pid from pg_stat_activity where usename = 'pgrant_web' limit 1`;
      if (row) process.kill(row.pid, 'SIGKILL');
    },
  },
  postmaster: { back: 2_000, strike: async ({ killPostmaster }: Rig) => killPostmaster() },
  node: { back: 2_000, strike: ({ killWeb }: Rig) => killWeb() },
} as const;

export type Kind = keyof typeof kinds;
export const allKinds = Object.keys(kinds) as Kind[];

export type Round = Counts & {
  kind: Kind;
  /** Refreshes a second before the fault. */
  rate: number;
  /** Milliseconds from the fault until the database answered, and from then until half the rate was there again. */
  away: number;
  back: number;
  faults: string[];
};

const window = 250;

/** One round; `faults` of it is empty where all went well. */
export async function playRound(rig: Rig, kind: Kind, clients: number): Promise<Round> {
  const crowd = await startCrowd(rig, clients);
  const { counts, faults } = crowd;
  await sleep(500);
  const before = counts.granted;
  await sleep(1_000);
  const rate = counts.granted - before;

  const struck = performance.now();
  const cli = rig.cli(['tenant', 'list']);
  await kinds[kind].strike(rig);
  await rig.databaseIsBack();
  const there = performance.now();
  while ((await measure(counts)) < rate / 2 && performance.now() - there < 60_000);
  const back = Math.max(0, performance.now() - there - window);
  if (back > kinds[kind].back) faults.push(`throughput was back after ${Math.round(back)} ms`);

  const { code, err } = await cli;
  if (code !== 0 && (code !== 1 || !/^pgrant: .+\n$/.test(err))) {
    faults.push(`the command line ended with ${code}: ${err}`);
  }
  await crowd.settle();
  if (!rig.workerLives()) faults.push('the worker has ended');
  if (!(await listens(rig))) faults.push('the worker does not listen to the outbox any more');
  return {
    kind,
    rate,
    away: Math.round(there - struck),
    back: Math.round(back),
    ...counts,
    faults,
  };
}

/** Refreshes a second, now. */
async function measure(counts: Counts): Promise<number> {
  const before = counts.granted;
  await sleep(window);
  return ((counts.granted - before) * 1000) / window;
}

/** Whether somebody listens to the outbox, within a while. */
async function listens({ sql }: Rig): Promise<boolean> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const found = await sql`
      select from pg_stat_activity where application_name like 'pgrant-outbox/%'`.catch(() => []);
    if (found.length > 0) return true;
    await sleep(200);
  }
  return false;
}
