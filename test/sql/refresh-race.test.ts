import { beforeAll, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import {
  ask,
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  type User,
  type World,
} from '../support/fixtures.ts';
import { newBrowser, obtainTokens, type RefreshToken, rotate } from '../support/flows.ts';

let world: World;
let client: Client;
let ada: User;

beforeAll(async () => {
  world = await makeWorld(20);
  client = await makeClient(world, 'spa', { token_endpoint_auth_method: 'none' });
  ada = await makeUser(world, 'ada');
});

test('20 refreshes at once are one rotation: one successor, one family, nobody logged out', async () => {
  const { refresh, row } = await obtainTokens(world, client, ada);
  const all = await Promise.all(Array.from({ length: 20 }, () => rotate(world, client, refresh)));
  expect(all.map((each) => each.row.error)).toEqual(all.map(() => null));
  const [winner, ...more] = all.filter((each) => each.row.successor_salt === null);
  expect(more).toEqual([]);
  const given = all.flatMap((each) => each.row.successor_salt ?? []);
  expect(given).toHaveLength(19);
  for (const salt of given) expect(salt).toEqual(winner?.successor_salt);
  const families = await world.database.sql`
    select generation, replays, revoked_at from pgrant.token_families where family_id = ${row.family_id}`;
  expect([...families]).toEqual([{ generation: 2, replays: 19, revoked_at: null }]);
  expect((await rotate(world, client, winner?.refresh ?? refresh)).row.error).toBeNull();
});

test('a rotation is one HOT update: no index grows', async () => {
  const { sql } = world.database;
  const families = await Promise.all(
    Array.from({ length: 10 }, () => obtainTokens(world, client, ada)),
  );
  const counts = async () => {
    // A connection reports what it did once a second at most, and as it ends.
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
       where usename = 'pgrant_web' and datname = current_database()`;
    await new Promise((resolve) => setTimeout(resolve, 500));
    const [row] = await sql<{ updated: number; hot: number }[]>`
      select n_tup_upd::int as updated, n_tup_hot_upd::int as hot
        from pg_stat_user_tables where relname = 'token_families'`;
    return row ?? { updated: 0, hot: 0 };
  };
  const before = await counts();
  for (const tokens of families) {
    let refresh: RefreshToken = tokens.refresh;
    for (let n = 0; n < 20; n++) ({ refresh } = await rotate(world, client, refresh));
  }
  const after = await counts();
  expect(after.updated - before.updated).toBe(200);
  // Where a page is full the next version goes to another one: a few in a hundred.
  expect(after.hot - before.hot).toBeGreaterThan(180);
});

test('rotation, logout, revocation and disabling at once never deadlock, and what was revoked stays so', async () => {
  for (let round = 0; round < 8; round++) {
    const browser = newBrowser();
    const tokens = [];
    for (let n = 0; n < 4; n++) tokens.push(await obtainTokens(world, client, ada, { browser }));
    const { consents } = await ask(world, api.consent_list, browser);
    const [{ grant_id }] = consents as [{ grant_id: string }];
    await Promise.all([
      ...tokens.flatMap(({ refresh }) => [1, 2, 3].map(() => rotate(world, client, refresh))),
      ask(world, api.session_logout, browser),
      ask(world, api.consent_revoke, { ...browser, grant_id }),
      operate(world, ops.user_disable, { username: 'ada', disabled: true }),
    ]);
    await operate(world, ops.user_disable, { username: 'ada', disabled: false });
    for (const { refresh } of tokens) {
      expect((await rotate(world, client, refresh)).row.error).toBe('invalid_grant');
    }
    const live = await world.database.sql`
      select from pgrant.token_families where grant_id = ${grant_id} and revoked_at is null`;
    expect(live).toHaveLength(0);
  }
});
