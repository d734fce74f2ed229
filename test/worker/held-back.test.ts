// Who keeps dead rows from being removed, and what cleanup does meanwhile.
import { expect, test } from 'vitest';
import { isOld, nextLimit, tellHeldBack } from '../../src/worker/cleanup.ts';
import { makeAuditor } from '../support/auditors.ts';
import { createDatabase } from '../support/database.ts';

test('a batch is made smaller where it takes long, and larger where most of that is for what was deleted before', () => {
  const reached = (passing: number, each: number) => {
    let before: { limit: number; took: number } | undefined;
    let limit = 1_000;
    const limits: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const took = passing + each * limit;
      const next = nextLimit({ limit, took }, before);
      before = { limit, took };
      limit = next;
      limits.push(limit);
    }
    return limits.slice(-10);
  };
  // Nothing to pass: as many rows as take some 50 ms.
  expect(Math.max(...reached(0, 0.2))).toBe(500);
  expect(Math.min(...reached(0, 0.01))).toBeGreaterThan(2_000);
  // A million to pass.
  expect(Math.min(...reached(250, 0.012))).toBeGreaterThan(4_000);
});

test('who has a snapshot is named, by the oldest, and told of once that is old', async () => {
  const database = await createDatabase();
  const holder = await database.sql.reserve();
  const [own] = await holder`
    select pg_backend_pid() as pid, set_config('application_name', 'psql of bob', false)`;
  await holder`begin isolation level repeatable read`;
  await holder`select count(*) from pgrant.tenants`;
  const held = `select kind, pid, role, application, state, since is null as unknown from pgrant_report.held_back where pid = ${own?.pid}`;
  const whole = { kind: 'session', pid: own?.pid, role: 'postgres' };
  expect(await database.sql.unsafe(held)).toEqual([
    { ...whole, application: 'psql of bob', state: 'idle in transaction', unknown: false },
  ]);
  // PostgreSQL tells those who may not read its statistics who it is, and no more.
  const { sql } = await makeAuditor(database);
  expect(await sql.unsafe(held)).toEqual([
    { ...whole, application: 'psql of bob', state: null, unknown: true },
  ]);
  const [oldest] = await database.sql`
    select pid, since is null as unknown from pgrant_ops.held_back_read()`;
  expect(oldest).toEqual({ pid: own?.pid, unknown: true });
  const lines: object[] = [];
  const log = { warn: (line: object) => lines.push(line) };
  await tellHeldBack({ database: database.worker, log } as never);
  expect(lines).toEqual([]);
  await holder`commit`;
  holder.release();
  expect(await database.sql.unsafe(held)).toEqual([]);
  const now = Date.parse('2026-03-01T12:00:00Z');
  const open = (since: string | null, transactions = 3) => isOld({ since, transactions }, now);
  expect([open('2026-03-01T11:49:00Z'), open('2026-03-01T11:51:00Z')]).toEqual([true, false]);
  expect([open(null, 200_000), open(null)]).toEqual([true, false]);
});
