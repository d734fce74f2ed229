import { parseCrontab } from 'graphile-worker';
import { expect, test } from 'vitest';
import { crontab } from '../../src/worker/schedule.ts';
import { createDatabase } from '../support/database.ts';
import { start, until } from './worker.ts';

const database = await createDatabase();
const { sql } = database;

const schedules = () => sql`
  select task, extract(epoch from every)::int as every, last_run_at is not null as ran, counts, error, late
    from pgrant_report.schedules order by task`;
const schedule = async (task: string) => (await schedules()).find((one) => one.task === task);

/** The longest time in seconds between two runs of a day. */
function longestPause(match: (minute: Date) => boolean): number {
  const start = Date.UTC(2026, 0, 1);
  const minutes = Array.from({ length: 2 * 1440 }, (_, n) => n);
  const runs = minutes.filter((n) => match(new Date(start + n * 60_000)));
  return Math.max(...runs.slice(1).map((n, at) => n - (runs[at] ?? 0))) * 60;
}

test('the crontab and the schedules that the database knows are the same', async () => {
  const expected = parseCrontab(crontab).map(({ task, match }) => ({
    task,
    every: longestPause((date) =>
      match({
        min: date.getUTCMinutes(),
        hour: date.getUTCHours(),
        date: date.getUTCDate(),
        month: date.getUTCMonth() + 1,
        dow: date.getUTCDay(),
      }),
    ),
  }));
  const known = (await schedules()).map(({ task, every }) => ({ task, every }));
  expect(known).toEqual(expected.sort((a, b) => (a.task < b.task ? -1 : 1)));
});

test('a task that has never run is late once its time and five minutes have passed', async () => {
  expect(await schedule('partitions')).toMatchObject({ ran: false, late: false });
  await sql`update pgrant.schedules set since = now() - interval '64 minutes'`;
  expect(await schedule('partitions')).toMatchObject({ ran: false, late: false });
  expect(await schedule('cleanup')).toMatchObject({ ran: false, late: true });
  await sql`update pgrant.schedules set since = now() - interval '66 minutes'`;
  expect(await schedule('partitions')).toMatchObject({ ran: false, late: true });
});

test('each run leaves a row with its duration and counts, and is in time again', async () => {
  await start(database);
  await until(async () => (await schedule('partitions'))?.counts !== null);
  expect(await schedule('partitions')).toMatchObject({
    // Some, where a day has begun since the database was made.
    counts: { made: expect.any(Number), dropped: 0 },
    error: null,
    late: false,
  });
  const [run] = await sql`
    select duration, round(extract(epoch from finished_at - started_at), 3) as measured
      from pgrant.task_runs where task = 'partitions'`;
  expect(run?.duration).toBe(run?.measured);
});

test('a run that fails leaves its error, and does not count as a success', async () => {
  await sql`delete from pgrant.task_runs where task = 'salts_erase'`;
  await sql`alter function pgrant_ops.salts_erase(integer, integer) rename to gone`;
  await sql`select graphile_worker.add_job('salts_erase', '{}')`;
  await until(async () => (await schedule('salts_erase'))?.error !== null);
  expect(await schedule('salts_erase')).toMatchObject({
    counts: null,
    error: expect.stringContaining('salts_erase'),
    late: true,
  });
  await sql`alter function pgrant_ops.gone(integer, integer) rename to salts_erase`;
});

test('a clock that was ahead and is right again leaves no task in time, and none undone', async () => {
  await sql`
    insert into pgrant.task_runs (task, started_at, finished_at)
    values ('audit_seal', now() + interval '9 days', now() + interval '9 days')`;
  await sql`update pgrant.schedules set since = now() - interval '1 hour'`;
  expect(await schedule('audit_seal')).toMatchObject({ late: true });
  const [health] = await sql`select late from pgrant_api.health_read()`;
  expect(health?.late).toContain('audit_seal');

  await sql`update graphile_worker._private_known_crontabs set last_execution = now() + interval '9 days'`;
  await start(database);
  const [{ ahead } = {}] = await sql`
    select count(*)::int as ahead from graphile_worker._private_known_crontabs where last_execution > now()`;
  expect(ahead).toBe(0);
  await sql`delete from pgrant.task_runs where started_at > now()`;
});

test('runs are kept for 30 days, in partitions that are dropped', async () => {
  const [kept] = await sql`
    select count(*)::int as runs, count(*) filter (where expires_at - started_at <> interval '30 days')::int as other,
           count(distinct tableoid)::int as partitions from pgrant.task_runs`;
  expect(kept).toEqual({ runs: expect.any(Number), other: 0, partitions: 1 });
  await sql`create table pgrant.task_runs_old partition of pgrant.task_runs
    for values from ('2020-01-01') to ('2020-01-08')`;
  await sql`alter table pgrant.task_runs_old owner to pgrant_owner`;
  await sql`select pgrant_ops.partitions_maintain()`;
  expect(await sql`select to_regclass('pgrant.task_runs_old') as gone`).toEqual([{ gone: null }]);
});
