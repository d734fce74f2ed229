// A set is decided as if its requests had come one after the other.
import type { TransactionSql } from 'postgres';
import { beforeAll, describe, expect, test } from 'vitest';
import { setStatementOf } from '../../src/db/binding.ts';
import { api } from '../../src/db/bindings.ts';
import { arrayLiteral } from '../../src/db/wire-values.ts';
import { address, makeWorld, type World } from '../support/fixtures.ts';
import { randomNumbers } from '../support/random.ts';
import { type Args, makeHoldings, makers, setFunctions } from '../support/random-set.ts';

let world: World;
let holdings: Awaited<ReturnType<typeof makeHoldings>>;

beforeAll(async () => {
  world = await makeWorld();
  holdings = await makeHoldings(world);
});

class Undo extends Error {}

/** What `work` gives in a transaction of which nothing stays. */
async function undone<T>(work: (sql: TransactionSql) => Promise<T>): Promise<T> {
  let result: T | undefined;
  const begun = world.database.sql.begin(async (sql) => {
    // Each counts by the minute, and the next transaction may be in another one.
    await sql`delete from pgrant.counters`;
    await sql`delete from pgrant.refusals`;
    result = await work(sql);
    throw new Undo();
  });
  await expect(begun).rejects.toBeInstanceOf(Undo);
  return result as T;
}

type Name = (typeof setFunctions)[number];

/** Decides the requests in one call. */
async function decide(sql: TransactionSql, name: Name, requests: Args[]): Promise<unknown[]> {
  const binding = api[name];
  const values = binding.encoders.map(({ argument, encode }) => {
    if (argument === 'tenant') return world.tenant;
    return arrayLiteral(
      requests.map((one, at) => {
        const all = { request_id: `request-${one.at ?? at}`, address, ...one };
        const value = all[argument as keyof typeof all] as unknown;
        return value === undefined || value === null ? null : encode(value as never);
      }),
    );
  });
  return await sql.unsafe(setStatementOf(binding, 1), values, { prepare: true });
}

// Identifiers that are made anew each time, what is digested of them, and the moment of a transaction of its own. Grants of the
// client of the house are made without asking.
const random =
  /"(family_id|event_id|key_hash)":"[^"]*"|"(grant_id)":"[^"]*"(?=.*"client_id":"own")/g;
const moment = /"(\w+_at|at|minute|xid|\w+_until)":("[^"]*"|\d+)/g;

const told = (value: unknown) =>
  JSON.stringify(value).replace(random, '"$1$2":"…"').replace(moment, '"$1":"…"');

/** Without those that present what another one has: such sets are decided one by one anyway. */
function eachOnce(requests: Args[]): Args[] {
  const presented = new Set<string>();
  return requests.filter(({ code_hash, device_hash, handle_hash }) => {
    const named = (code_hash ?? device_hash ?? handle_hash) as Buffer | undefined;
    if (named === undefined) return true;
    const key = named.toString('hex');
    return !presented.has(key) && presented.add(key);
  });
}

const written = [
  'token_families',
  'access_tokens',
  'authorization_requests',
  'codes',
  'device_codes',
  'grants',
  'pairwise_subjects',
  'revoked_tokens',
  'audit_events',
  'scope_refusals',
  'outbox',
  'refusals',
  'counters',
];

const left = written
  .map(
    (table) => `
      select '${table}' as table, to_jsonb(t) as row from pgrant.${table} t where age(t.xmin) <= 0
      union all select '${table}', to_jsonb(count(*)) from pgrant.${table}`,
  )
  .join(' union all ');

/** What a transaction has left of the tables that such functions write: its rows, and how many there are in all. */
async function rows(sql: TransactionSql): Promise<string[]> {
  const found = await sql.unsafe(left, [], { prepare: true });
  return found.map(({ table, row }) => `${table} ${told(row)}`).sort();
}

test('each function that decides sets is tried', () => {
  const all = Object.values(api).filter(({ isSet }) => isSet);
  expect(setFunctions.toSorted()).toEqual(
    all.map(({ name }) => name.replace('pgrant_api.', '')).toSorted(),
  );
});

describe.each(setFunctions)('%s', (name) => {
  test.each([1, 2, 3, 4])(
    'random sets get the answers and leave the rows of requests one by one (seed %i)',
    async (seed) => {
      const next = randomNumbers(seed);
      for (let turn = 0; turn < 12; turn += 1) {
        const size = 1 + Math.floor(next() * 24);
        const made = Array.from({ length: size }, (_, at) => ({
          ...makers[name]?.(next, holdings),
          at,
        }));
        const requests = turn % 2 ? made : eachOnce(made);
        const together = await undone(async (sql) => [
          (await decide(sql, name, requests)).map(told),
          await rows(sql),
        ]);
        const oneByOne = await undone(async (sql) => {
          const answers: string[] = [];
          for (const request of requests) {
            answers.push(...(await decide(sql, name, [request])).map(told));
          }
          return [answers, await rows(sql)];
        });
        expect(together).toEqual(oneByOne);
      }
    },
  );
});
