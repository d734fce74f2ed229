import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { addOldEvents, oldMonth, seal, verify } from '../support/audit.ts';
import { createDatabase } from '../support/database.ts';
import { makeTenant } from '../support/fixtures.ts';
import { runNow, start, until } from './worker.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgrant-archive-'));
afterAll(() => rmSync(folder, { recursive: true }));

const database = await createDatabase();
const { sql } = database;
const kept = async () => {
  const rows = await sql`
    select relname from pg_class where relname in ('audit_events_old', 'audit_seals_old') order by 1`;
  return rows.map(({ relname }) => relname);
};

test('with PGRANT_ARCHIVE, a month past its retention is dropped when all of it is archived, and then its seals; the chain still verifies', async () => {
  const world = await makeTenant(database, 'acme');
  await makeTenant(database, 'quiet');
  await addOldEvents(database, world.tenant, 5);
  await database.as('pgrant_owner')`
    select pgrant_ops.partition_add('audit_seals', 'audit_seals_old', '2020-01-01', '2020-02-01')`;
  await seal(database);
  await start(database, 'pgrant_worker', undefined, { PGRANT_ARCHIVE: folder });
  await until(async () => (await sql`select from pgrant.signing_keys`).length === 4);
  await runNow(database, 'partitions');
  expect(await kept()).toEqual(['audit_events_old', 'audit_seals_old']);

  await runNow(database, 'audit_archive');
  expect(readdirSync(join(folder, 'acme'))).toEqual([`${oldMonth}.jsonl`]);
  // What comes late to a month that is archived is not lost with it, nor overlooked.
  const [late] = await sql`insert into pgrant.audit_events (tenant_id, at, action)
    values (${world.tenant}, ${`${oldMonth}-03`}, 'user.add') returning event_id`;
  await runNow(database, 'partitions');
  expect(await kept()).toEqual(['audit_events_old', 'audit_seals_old']);
  await seal(database);
  await runNow(database, 'audit_archive');
  await runNow(database, 'partitions');
  expect(await kept()).toEqual([]);

  const verdict = await verify(world);
  expect(verdict).toMatchObject({ fault: 'back-dated', event_id: late?.event_id });
  expect(Number(verdict?.events) - Number(verdict?.present)).toBe(5);
  const rest = sql`
    select intact from pgrant_report.audit_verify(${world.tenant}, ${Number(verdict?.seal) + 1})`;
  expect(await rest).toEqual([{ intact: true }]);
  const runs = await sql`
    select counts from pgrant.task_runs where task = 'audit_archive' and counts is not null order by started_at`;
  expect(runs.slice(-2).map(({ counts }) => counts)).toEqual([
    { months: 1, events: 5, failed: 0 },
    { months: 1, events: 6, failed: 0 },
  ]);
});
