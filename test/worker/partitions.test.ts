import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { runNow, start, until } from './worker.ts';

const database = await createDatabase();
const { sql } = database;

async function partitions(table: string): Promise<string[]> {
  const rows = await sql`
    select inhrelid::regclass::text as name from pg_inherits
     where inhparent = ${`pgrant.${table}`}::regclass order by 1`;
  return rows.map((row) => row.name);
}

test('partitions are made ahead as soon as a worker starts, and by one of two that start at once', async () => {
  const before = await partitions('codes');
  await sql`update pgrant.partition_plans set ahead = '10 days' where table_name = 'codes'`;
  const [one, other] = await Promise.all([start(database), start(database)]);
  await until(async () => (await partitions('codes')).length > before.length);
  await until(async () => (await sql`select from graphile_worker.jobs`).length === 0);
  expect((await partitions('codes')).length).toBeGreaterThanOrEqual(before.length + 6);
  expect([...one.lines, ...other.lines].join('')).not.toContain('"level":50');
  await other.stop();
});

test('partitions past their retention are dropped, and those within it are kept', async () => {
  await sql`create table pgrant.codes_old partition of pgrant.codes
    for values from ('2020-01-01') to ('2020-01-02')`;
  await sql`create table pgrant.audit_events_old partition of pgrant.audit_events
    for values from ('2020-01-01') to ('2020-02-01')`;
  await sql.unsafe(`create table pgrant.audit_events_kept partition of pgrant.audit_events
    for values from ('${ago(400)}') to ('${ago(380)}')`);
  // Only the owner of the tables drops partitions, and that is who makes them.
  for (const name of ['codes_old', 'audit_events_old', 'audit_events_kept']) {
    await sql.unsafe(`alter table pgrant.${name} owner to pgrant_owner`);
  }
  await runNow(database, 'partitions');
  expect(await partitions('codes')).not.toContain('pgrant.codes_old');
  expect(await partitions('audit_events')).not.toContain('pgrant.audit_events_old');
  expect(await partitions('audit_events')).toContain('pgrant.audit_events_kept');
});

test('a table that is busy is left alone and tried again', async () => {
  await sql`update pgrant.partition_plans set ahead = '20 days' where table_name = 'codes'`;
  const before = await partitions('codes');
  const busy = await sql.reserve();
  await busy`begin`;
  await busy`lock table pgrant.codes in access share mode`;
  await sql`select graphile_worker.add_job('partitions', '{}')`;
  await until(async () => {
    const [job] =
      await sql`select from graphile_worker.jobs where attempts = 1 and last_error is not null`;
    return job !== undefined;
  });
  expect(await partitions('codes')).toEqual(before);
  await busy`commit`;
  busy.release();
  await until(async () => (await partitions('codes')).length > before.length);
});

function ago(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}
