import { beforeAll, beforeEach, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import {
  ask,
  auditOf,
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  secret,
  type User,
  type World,
} from '../support/fixtures.ts';
import { obtainTokens, type RefreshToken, rotate } from '../support/flows.ts';

let world: World;
let client: Client;
let ada: User;
let refresh: RefreshToken;
let count = 0;

beforeAll(async () => {
  world = await makeWorld();
  ada = await makeUser(world, 'ada');
});

beforeEach(async () => {
  count += 1;
  client = await makeClient(world, `client-${count}`, {
    token_endpoint_auth_method: 'none',
    access_token_format: 'opaque',
  });
  ({ refresh } = await obtainTokens(world, client, ada));
});

async function family() {
  const [row] = await world.database.sql`
    select generation, replays, replays_total, successor_salt, revoked_at, revoked_reason
      from pgrant.token_families where handle_hash = ${refresh.handle_hash}`;
  return row;
}

async function age(change: string) {
  const hash = refresh.handle_hash.toString('hex');
  await world.database.sql.unsafe(
    `update pgrant.token_families set ${change} where handle_hash = '\\x${hash}'`,
  );
}

const use = (token = refresh) => rotate(world, client, token);
const reused = { error: 'invalid_grant', reason: 'refresh token reused', access_expires_at: null };

test('a superseded refresh token gives the salt of the same successor again: nobody is logged out', async () => {
  const first = await use();
  for (const replays of [1, 2]) {
    const { row } = await use();
    const again = { error: null, successor_salt: first.successor_salt, refresh_token: true };
    expect(row).toMatchObject(again);
    const counted = { generation: 2, replays, replays_total: replays, revoked_at: null };
    expect(await family()).toMatchObject(counted);
  }
  expect((await auditOf(world, 'refresh.replay')).at(-1)).toMatchObject({ error: null });
  expect((await use(first.refresh)).row.error).toBeNull();
  expect(await family()).toMatchObject({ generation: 3, replays: 0, replays_total: 2 });
});

test.each([
  ['sealed by a release before', "decode(repeat('ab', 60), 'hex')"],
  ['erased', 'null'],
])(
  'a successor that was %s is given again to nobody, and nobody is logged out',
  async (_, salt) => {
    const first = await use();
    await age(`successor_salt = ${salt}`);
    expect((await use()).row).toMatchObject({
      error: 'invalid_grant',
      reason: 'successor not there to be given again',
    });
    expect((await use(first.refresh)).row.error).toBeNull();
    expect(await family()).toMatchObject({ generation: 3, revoked_at: null });
  },
);

test('a superseded refresh token is replayed 100 times at most, and then refused without revoking', async () => {
  const first = await use();
  await age('replays = 99');
  expect((await use()).row.error).toBeNull();
  const refused = { error: 'invalid_grant', successor_salt: null, access_expires_at: null };
  expect((await use()).row).toMatchObject(refused);
  expect(await family()).toMatchObject({ revoked_at: null });
  expect((await use(first.refresh)).row.error).toBeNull();
});

async function expectRevoked(successor: Awaited<ReturnType<typeof use>>) {
  expect(await family()).toMatchObject({ revoked_reason: reused.reason, successor_salt: null });
  expect((await use(successor.refresh)).row.error).toBe('invalid_grant');
  expect((await ask(world, api.userinfo_read, successor.access)).error).toBe('invalid_token');
  expect((await auditOf(world, 'refresh.reuse')).at(-1)).toMatchObject({
    error: 'invalid_grant',
    user_id: ada.user_id,
    client_id: client.client_id,
  });
}

test('after the window it is reuse: the family is revoked for good, its successor too [RFC 9700 4.14.2]', async () => {
  const first = await use();
  await age('replay_until = now()');
  expect((await use()).row).toMatchObject(reused);
  await expectRevoked(first);
});

test('where the window is 0 it is reuse at once', async () => {
  await operate(world, ops.client_set, {
    client_id: client.client_id,
    settings: { replay_window: 0 },
  });
  const first = await use();
  expect(await family()).toMatchObject({ successor_salt: null });
  expect((await use()).row).toMatchObject(reused);
  await expectRevoked(first);
});

test('an older generation is reuse, even inside the window', async () => {
  const first = await use();
  const second = await use(first.refresh);
  expect((await use()).row).toMatchObject(reused);
  await expectRevoked(second);
});

test('a made-up secret under a good handle is reuse, and revokes that family only', async () => {
  const other = await obtainTokens(world, client, ada);
  const stolen = { handle_hash: refresh.handle_hash, refresh_hash: secret() };
  expect((await use(stolen)).row).toMatchObject(reused);
  expect(await family()).toMatchObject({ revoked_reason: reused.reason });
  expect((await rotate(world, client, other.refresh)).row.error).toBeNull();
});
