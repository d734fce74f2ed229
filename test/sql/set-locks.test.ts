// Sets that lock the same wait for each other and never both, in whatever order their requests have come.
import { beforeAll, expect, test } from 'vitest';
import { setStatementOf } from '../../src/db/binding.ts';
import { api } from '../../src/db/bindings.ts';
import { arrayLiteral } from '../../src/db/wire-values.ts';
import {
  address,
  type Client,
  code_challenge,
  makeClient,
  makeUser,
  makeWorld,
  redirect_uri,
  secret,
  type User,
  type World,
} from '../support/fixtures.ts';
import { newBrowser, obtainCode, obtainTokens } from '../support/flows.ts';

type Args = Record<string, unknown>;

let world: World;
let client: Client;
let users: User[];

beforeAll(async () => {
  world = await makeWorld();
  client = await makeClient(world, 'spa', { token_endpoint_auth_method: 'none' });
  users = [await makeUser(world, 'ada'), await makeUser(world, 'bob')];
});

/** Decides the requests in one call, on a connection of its own. */
async function decide(name: 'refresh_rotate' | 'code_redeem', requests: Args[]) {
  const binding = api[name];
  const values = binding.encoders.map(({ argument, encode }) => {
    if (argument === 'tenant') return world.tenant;
    return arrayLiteral(
      requests.map((one) => {
        const all: Args = { request_id: 'test', address, ...client, ...one };
        const value = all[argument];
        return value === undefined || value === null ? null : encode(value as never);
      }),
    );
  });
  const rows = await world.database.sql.unsafe(setStatementOf(binding, 1), values);
  return rows.map(({ error }) => error);
}

async function waitFor(waiting: number): Promise<void> {
  for (;;) {
    const [row] = await world.database.sql`
      select count(*)::int as waiting from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`;
    if (row?.waiting === waiting) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Has two sets wait for what `gate` locks of the second request, one of which comes to it last. */
async function together(
  name: Parameters<typeof decide>[0],
  [one, other]: [Args, Args],
  gate: (sql: World['database']['sql']) => PromiseLike<unknown>,
) {
  const sets: ReturnType<typeof decide>[] = [];
  await world.database.sql.begin(async (sql) => {
    await gate(sql as never);
    sets.push(decide(name, [other, other, one]));
    await waitFor(1);
    sets.push(decide(name, [one, one, other]));
    await waitFor(2);
  });
  return await Promise.all(sets);
}

test('two sets that present the same refresh tokens twice, in other orders, never deadlock', async () => {
  const requests = await Promise.all(
    users.map(async (user) => {
      const { refresh } = await obtainTokens(world, client, user);
      const made = { access_hash: secret(), successor_hash: secret(), successor_salt: secret() };
      return { ...refresh, ...made, resource: '' };
    }),
  );
  const [one, other] = requests as unknown as [Args, Args];
  const sets = await together(
    'refresh_rotate',
    [one, other],
    (sql) => sql`
      select from pgrant.token_families
       where handle_hash = ${other.handle_hash as Buffer} for update`,
  );
  expect(sets).toEqual([Array(3).fill(null), Array(3).fill(null)]);
});

test('two sets that present the same codes twice, in other orders, never deadlock', async () => {
  const requests = await Promise.all(
    users.map(async (user) => ({
      ...(await obtainCode(world, newBrowser(), client, user)),
      ...{ redirect_uri, code_challenge, resource: '', access_hash: secret() },
      ...{ handle_hash: secret(), refresh_hash: secret() },
    })),
  );
  const [one, other] = requests as unknown as [Args, Args];
  const sets = await together(
    'code_redeem',
    [one, other],
    (sql) => sql`
      select from pgrant.codes where code_hash = ${other.code_hash as Buffer} for update`,
  );
  expect(sets.flat().filter((error) => error === null)).toHaveLength(2);
});
