// The past, asked about at every step of random histories and compared with what the tables said then.
import { beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import type { World } from '../support/fixtures.ts';
import {
  type Access,
  accessIn,
  clock,
  grantsIn,
  keyOf,
  present,
  type State,
} from '../support/past.ts';
import { randomNumbers } from '../support/random.ts';
import { makeRandomHistory, resources, roles } from '../support/random-history.ts';

type Moment = { step: string; begun: number; ended: number; state: State };
type Row = Record<string, unknown>;

const steps = 250;
const asked = [...roles, ...resources, 'email', 'openid'];
let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

const moment = (at: number) => `timestamptz 'epoch' + ${at} * interval '1 microsecond'`;

function grantsAsOf(tenant: string, at: number) {
  return database.sql.unsafe<Row[]>(
    `select grant_id, username, client_id, client_name, scopes, effective, resources
       from pgrant_report.grants_as_of(${moment(at)}, '${tenant}')`,
  );
}

function whoCould(tenant: string, what: string, at: number) {
  return database.sql.unsafe<(Access & { since: string; until: string | null })[]>(
    `select username, client_id, grant_id, scopes, through,
            (extract(epoch from since) * 1000000)::bigint::text as since, (extract(epoch from until) * 1000000)::bigint::text as until
       from pgrant_report.who_could_access('${what}', ${moment(at)}, '${tenant}')`,
  );
}

/** Does what the seed says, and notes the state after each step. */
async function live(seed: number): Promise<{ world: World; moments: Moment[]; done: Set<string> }> {
  const { world, next } = await makeRandomHistory(database, `random-${seed}`, randomNumbers(seed));
  const first = await clock(world);
  const moments: Moment[] = [
    { step: 'begin', begun: first, ended: first, state: await present(world) },
  ];
  const done = new Set<string>();
  for (let n = 0; n < steps; n += 1) {
    const { name, run } = next();
    const begun = await clock(world);
    // Many are refused, because of what happened before: then nothing has changed.
    await run().then(
      () => done.add(name),
      () => {},
    );
    const ended = await clock(world);
    moments.push({ step: name, begun, ended, state: await present(world) });
  }
  return { world, moments, done };
}

/** When a version of anything began or ended during a step. */
async function bounds({ tenant }: World, { begun, ended }: Moment): Promise<number[]> {
  const tables = [
    'tenant',
    'user',
    'client',
    'scope',
    'resource',
    'user_role',
    'group_member',
    'group_role',
    'grant',
  ];
  const all = tables.map(
    (table) => `select lower(valid) as at from pgrant.${table}_history where tenant_id = '${tenant}'
    union select upper(valid) from pgrant.${table}_history where tenant_id = '${tenant}'`,
  );
  const rows = await database.sql.unsafe(
    `select (extract(epoch from at) * 1000000)::bigint::text as at from (${all.join(' union ')}) b
      where at between ${moment(begun)} and ${moment(ended)} order by 1`,
  );
  return rows.map(({ at }) => Number(at));
}

describe.each([1, 20_250_101, 77])('the random history %i', (seed) => {
  const name = `random-${seed}`;
  let world: World;
  let moments: Moment[];

  beforeAll(async () => {
    const lived = await live(seed);
    world = lived.world;
    moments = lived.moments;
    expect(lived.done.size).toBeGreaterThan(20);
    expect(Math.max(...moments.map(({ state }) => grantsIn(state).length))).toBeGreaterThan(3);
  }, 300_000);

  test('has the grants of every moment as they were, and what of them was effective', {
    timeout: 300_000,
  }, async () => {
    for (const [n, { step, ended, state }] of moments.entries()) {
      const until = moments[n + 1]?.begun ?? ended;
      for (const at of [ended, Math.floor((ended + until) / 2)]) {
        expect([...(await grantsAsOf(name, at))], `step ${n}: ${step}`).toEqual(grantsIn(state));
      }
    }
  });

  test('changes at the very microsecond of a change, and not one before', {
    timeout: 300_000,
  }, async () => {
    let changes = 0;
    for (const [n, step] of moments.entries()) {
      if (n === 0) continue;
      const at = await bounds(world, step);
      const [first, last] = [at[0], at.at(-1)];
      if (first === undefined || last === undefined) continue;
      changes += 1;
      expect([...(await grantsAsOf(name, last))], `step ${n}: ${step.step}`).toEqual(
        grantsIn(step.state),
      );
      expect([...(await grantsAsOf(name, first - 1))], `before step ${n}: ${step.step}`).toEqual(
        grantsIn(moments[n - 1]?.state as State),
      );
    }
    expect(changes).toBeGreaterThan(steps / 4);
  });

  test('says who could reach each scope and resource, since when and until when', {
    timeout: 300_000,
  }, async () => {
    const by = new Map(
      asked.map((what) => [what, moments.map(({ state }) => accessIn(state, what))]),
    );
    for (const [n, { step, ended }] of moments.entries()) {
      // Each at every fifth moment, all of them in turn.
      const what = asked[n % asked.length] as string;
      const states = by.get(what) as Access[][];
      const rows = await whoCould(name, what, ended);
      expect(
        rows.map(({ since, until, ...row }) => row),
        `${what} at step ${n}: ${step}`,
      ).toEqual(states[n]);
      for (const row of rows) {
        const has = (at: number) => states[at]?.some((one) => keyOf(one) === keyOf(row)) ?? false;
        let [first, last] = [n, n];
        while (first > 0 && has(first - 1)) first -= 1;
        while (last < moments.length && has(last + 1)) last += 1;
        const label = `${what} of ${row.client_id} at step ${n}`;
        if (first > 0)
          expect(Number(row.since), label).toBeGreaterThanOrEqual(moments[first]?.begun as number);
        expect(Number(row.since), label).toBeLessThanOrEqual(moments[first]?.ended as number);
        if (last === moments.length - 1) expect(row.until, label).toBeNull();
        else {
          expect(Number(row.until), label).toBeGreaterThanOrEqual(
            moments[last + 1]?.begun as number,
          );
          expect(Number(row.until), label).toBeLessThanOrEqual(moments[last + 1]?.ended as number);
        }
      }
    }
  });
});
