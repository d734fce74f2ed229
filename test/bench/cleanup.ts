// Whether those who refresh notice that a great many expired rows are deleted at the same time.
import type { Sql } from 'postgres';
import { connect } from '../../src/db/connect.ts';
import { deleteExpired } from '../../src/worker/cleanup.ts';
import type { Bench } from './bench.ts';
import { addFamilies } from './families.ts';
import type { Result } from './report.ts';

type Settings = { seconds: number; rounds: number; expired: number };

// Beyond every number that families get otherwise.
const first = 1_000_000_000;
// Milliseconds between two requests of a connection: about a third of what the machine can do, so
// that a latency is that of a request and not of a queue.
const rest = 40;

/** Adds that many families that are old enough for the janitor, with their grants. */
export async function addExpired(
  sql: Sql,
  owner: { tenant: string; clientId: string },
  count: number,
): Promise<void> {
  await addFamilies(sql, owner, first, first + count, { expired: true });
}

/** Measures a refresh before and while expired families are cleaned up by the worker's own code. */
export async function measureCleanup(
  bench: Bench,
  { seconds, rounds, expired }: Settings,
): Promise<Result[]> {
  const result = (note: string): Result => ({
    target: 'pgrant',
    scenario: 'refresh opaque',
    note,
    rounds: [],
  });
  const [idle, busy] = [result('cleanup idle'), result(`${expired} expired`)];
  for (let round = 0; round < rounds; round += 1)
    idle.rounds.push(await bench.measure(idle, seconds, { rest }));
  console.error(`adding ${expired} expired families`);
  await bench.addExpired(expired);
  const worker = connect(bench.workerUrl, 'pgrant_worker');
  const cleaning = cleanUp(worker);
  const running = { done: false };
  cleaning.finally(() => {
    running.done = true;
  });
  while (!running.done) busy.rounds.push(await bench.measure(busy, seconds, { rest }));
  const { rows, took } = await cleaning;
  await worker.end();
  busy.note = `${rows} rows cleaned up at ${Math.round(rows / took)}/s`;
  return [idle, busy];
}

/** Run after run, as the worker does each minute, until nothing is left; seconds without those between. */
async function cleanUp(database: ReturnType<typeof connect>) {
  const begun = performance.now();
  let rows = 0;
  for (let left = true; left; ) {
    const { unfinished, ...deleted } = await deleteExpired(database);
    rows += Object.values(deleted).reduce((sum, one) => sum + one, 0);
    left = unfinished !== undefined;
    const seconds = (performance.now() - begun) / 1000;
    console.error(`${rows} rows cleaned up after ${seconds.toFixed(0)} s`);
  }
  return { rows, took: (performance.now() - begun) / 1000 };
}
