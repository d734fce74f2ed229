// Requests that are decided as a set: which leave together, and which need not wait.
import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { bindSet } from '../../src/db/binding.ts';
import { call } from '../../src/db/call.ts';
import { emptyLine, type Line, takeSet } from '../../src/db/line.ts';
import { createDatabase } from '../support/database.ts';

const { sql, web } = await createDatabase();
await sql.unsafe(`
  create type pgrant_api.counted as (error pgrant_api.error, reason text, size integer, backend integer);
  create function pgrant_api.count_all(p_tenant uuid, p_wait float8[]) returns setof pgrant_api.counted
  language sql as $$
    select null::pgrant_api.error, null, cardinality(p_wait), pg_backend_pid()
      from unnest(p_wait) w cross join lateral (select pg_sleep(w)) s $$;
  grant execute on function pgrant_api.count_all to pgrant_web`);

type Row = { error: null; reason: null; size: number; backend: number };
const countAll = bindSet<{ tenant: string; wait: number }, Row>(
  'pgrant_api.count_all',
  [
    ['tenant', 'uuid'],
    ['wait', 'float8'],
  ],
  ['size', 'backend'],
);
const tenant = randomUUID();
const ask = (wait: number) => call(web, countAll, { tenant, wait });

const sizesOf = (rows: { size: number }[]) => rows.map(({ size }) => size);

test('those that come while a set is out leave when it is back, though connections are free', async () => {
  await ask(0);
  const first = ask(0);
  await turn();
  const others = await Promise.all(Array.from({ length: 7 }, () => ask(0)));
  expect((await first).size).toBe(1);
  expect(sizesOf(others)).toEqual(Array(7).fill(7));
});

test('a few that come in one turn of the event loop leave together', async () => {
  expect(sizesOf(await Promise.all(Array.from({ length: 8 }, () => ask(0))))).toEqual(
    Array(8).fill(8),
  );
});

test.each([
  { waiting: 8, answered: 0, leave: 8 },
  { waiting: 32, answered: 0, leave: 16 },
  { waiting: 16, answered: 16, leave: 16 },
  { waiting: 31, answered: 1, leave: 16 },
  { waiting: 192, answered: 64, leave: 64 },
])('while $answered are answered $leave of $waiting leave', ({ waiting, answered, leave }) => {
  const requests = Array.from({ length: waiting }, () => ({
    ...{ values: [tenant], resolve: () => {}, reject: () => {} },
  }));
  const line: Line = { ...emptyLine(countAll), size: waiting, answered };
  line.tenants.set(tenant, requests);
  expect(takeSet(line)).toHaveLength(leave);
  expect(line.size).toBe(waiting - leave);
});

test('a set that takes longer than its like keeps nobody waiting', async () => {
  const order: string[] = [];
  const slow = ask(3).then((row) => [order.push('slow'), row] as const);
  await turn();
  const quick = ask(0).then((row) => [order.push('quick'), row] as const);
  const [[, one], [, other]] = await Promise.all([slow, quick]);
  expect(order).toEqual(['quick', 'slow']);
  expect(other.backend).not.toBe(one.backend);
});

test('a set is full with sixteen tenants, and the next leaves beside it', async () => {
  const all = await Promise.all(
    Array.from({ length: 32 }, () => call(web, countAll, { tenant: randomUUID(), wait: 0 })),
  );
  const backends = Map.groupBy(all, ({ backend }) => backend);
  expect([...backends.values()].map(({ length }) => length)).toEqual([16, 16]);
});

test('a full set leaves beside the one that is out', async () => {
  const all = await Promise.all(Array.from({ length: 64 + 64 + 5 }, () => ask(0)));
  expect(Math.max(...sizesOf(all))).toBe(64);
  expect(new Set(all.map(({ backend }) => backend)).size).toBeGreaterThan(1);
});

test('where nobody waits for an answer, those that come soon after a set leave together, and a full set at once', async () => {
  const unhurried = { ...countAll, pause: 600_000 };
  const later = (wait: number) => call({ ...web, tag: 'unhurried' }, unhurried, { tenant, wait });
  expect((await later(0)).size).toBe(1);
  const others = [later(0)];
  for (let more = 0; more < 3; more += 1) {
    // Each of these is there and back, as the other would be.
    await ask(0);
    others.push(later(0));
  }
  const full = await Promise.all(Array.from({ length: 60 }, () => later(0)));
  expect(sizesOf(full)).toEqual(Array(60).fill(64));
  expect(sizesOf(await Promise.all(others))).toEqual(Array(4).fill(64));
});

test('whoever comes as a pause ends waits for no other', async () => {
  // Each look at the clock is a millisecond later than the one before.
  let now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => ++now);
  try {
    for (let pause = 1; pause <= 40; pause += 1) {
      const unhurried = { ...countAll, pause };
      const later = () => call({ ...web, tag: `pause ${pause}` }, unhurried, { tenant, wait: 0 });
      expect(sizesOf([await later(), await later()])).toEqual([1, 1]);
    }
  } finally {
    vi.restoreAllMocks();
  }
});

test('where nobody waits for an answer, few are answered in one turn of the event loop, however many sets came back', async () => {
  const unhurried = { ...countAll, pause: 1 };
  let turns = 0;
  const count = () => {
    turns += 1;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  const answered = await Promise.all(
    Array.from({ length: 400 }, async () => {
      const { size } = await call({ ...web, tag: 'few' }, unhurried, { tenant, wait: 0 });
      return { size, turn: turns };
    }),
  );
  clearImmediate(counting);
  const together = [...Map.groupBy(answered, ({ turn }) => turn).values()];
  expect(Math.max(...together.map(({ length }) => length))).toBe(8);
  expect(Math.max(...sizesOf(answered))).toBe(64);
});
