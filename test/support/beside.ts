// Two calls at the same moment: one has been done and not committed when the other begins.
import { setTimeout as sleep } from 'node:timers/promises';
import { setStatementOf } from '../../src/db/binding.ts';
import type { Database } from '../../src/db/connect.ts';
import { arrayLiteral } from '../../src/db/wire-values.ts';
import type { World } from './fixtures.ts';

/** Does the work in transactions that end when it has ended. */
function within(world: World, work: (at: World) => Promise<void>): Promise<void> {
  const { database } = world;
  const alone = (inside: Database): Database => ({
    ...inside,
    decide: async (binding, values) => {
      const one = values.map((value, at) => (at === 0 ? value : arrayLiteral([value])));
      return (await inside.query(setStatementOf(binding, 1), one))[0];
    },
  });
  return database.web.transaction((web) =>
    database.worker.transaction((worker) =>
      work({ ...world, database: { ...database, web: alone(web), worker: alone(worker) } }),
    ),
  );
}

/** Until something has ended, or waits for another transaction. */
async function endedOrWaiting({ database: { sql } }: World, begun: Promise<unknown>) {
  let ended = false;
  const end = () => {
    ended = true;
  };
  begun.then(end, end);
  while (!ended) {
    const waiting = await sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    if (waiting.length > 0) return;
    await sleep(5);
  }
}

/** Begins the second when the first has been done and not committed, which is when the second has ended or waits. */
export async function beside<First, Second>(
  world: World,
  first: (at: World) => Promise<First>,
  second: (at: World) => Promise<Second>,
): Promise<[First, Second]> {
  let done: First | undefined;
  let begun: Promise<Second> | undefined;
  await within(world, async (at) => {
    done = await first(at);
    begun = second(world);
    await endedOrWaiting(world, begun);
  });
  return [done as First, (await begun) as Second];
}
