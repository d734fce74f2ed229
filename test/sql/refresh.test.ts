import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import {
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
const scopes = ['openid', 'email', 'offline_access'];

beforeAll(async () => {
  world = await makeWorld();
});

beforeEach(async () => {
  count += 1;
  client = await makeClient(world, `client-${count}`, { token_endpoint_auth_method: 'none' });
  ada = await makeUser(world, `ada-${count}`);
  ({ refresh } = await obtainTokens(world, client, ada, { scopes }));
});

async function family() {
  const [row] = await world.database.sql`
    select generation, revoked_at, idle_expires_at::text as idle, expires_at::text as absolute,
           sweep_after - (idle_expires_at at time zone 'UTC')::date as swept_after
      from pgrant.token_families where handle_hash = ${refresh.handle_hash}`;
  return row ?? {};
}

async function age(change: string) {
  const hash = refresh.handle_hash.toString('hex');
  await world.database.sql.unsafe(
    `update pgrant.token_families set ${change} where handle_hash = '\\x${hash}'`,
  );
}

const use = (token = refresh, asked: string[] | null = null) => rotate(world, client, token, asked);
const disable = (disabled: boolean) =>
  operate(world, ops.user_disable, { username: ada.username, disabled });

describe('the current refresh token', () => {
  test('is rotated, and its successor too', async () => {
    const first = await use();
    expect(first.row).toMatchObject({
      error: null,
      refresh_token: true,
      successor_salt: null,
      scopes,
      subject: ada.user_id,
      id_token_alg: 'RS256',
    });
    const second = await use(first.refresh);
    expect(second.row.error).toBeNull();
    expect(second.row.auth_time).toBe(first.row.auth_time);
    expect(await family()).toMatchObject({ generation: 3, revoked_at: null });
    const audit = await auditOf(world, 'refresh.rotate');
    expect(audit.at(-1)).toMatchObject({ error: null, user_id: ada.user_id });
  });

  test('slides its idle end and never moves the absolute one', async () => {
    await age(`idle_expires_at = now() + interval '1 minute'`);
    const before = await family();
    await use();
    const after = await family();
    expect(after.absolute).toBe(before.absolute);
    expect(Date.parse(after.idle)).toBeGreaterThan(Date.now() + 29 * 86_400_000);
  });

  test('has its family swept in the week after its end, also where that has come nearer', async () => {
    await age('sweep_after = current_date + 300');
    await use();
    expect(await family()).toMatchObject({ swept_after: 8 });
  });

  test('never slides past the absolute end, nor does its access token outlive it', async () => {
    const soon = `date_trunc('second', now()) + interval '10 seconds'`;
    await age(`expires_at = ${soon}, idle_expires_at = ${soon}`);
    const { row } = await use();
    const { idle, absolute } = await family();
    expect(idle).toBe(absolute);
    expect(row.access_expires_at).toBe(Date.parse(absolute) / 1000);
  });

  test.each([
    ['it was idle too long', 'idle_expires_at = now()'],
    ['its absolute end', 'expires_at = now(), idle_expires_at = now()'],
    ['its family was revoked', `revoked_at = now(), revoked_reason = 'test'`],
    ['its family was revoked by hand, without a reason', 'revoked_at = now()'],
  ])('is worth nothing after %s', async (_, change) => {
    await age(change);
    const { row } = await use();
    expect(row).toMatchObject({
      error: 'invalid_grant',
      access_expires_at: null,
      refresh_token: false,
    });
    expect(await family()).toMatchObject({ generation: 1 });
  });

  test('gives fewer scopes where fewer are asked for, and all again the next time [RFC 6749 6]', async () => {
    const narrow = await use(refresh, ['email']);
    expect(narrow.row).toMatchObject({ scopes: ['email'], id_token_alg: null });
    expect((await use(narrow.refresh)).row.scopes).toEqual(scopes);
  });

  test.each([[['openid', 'phone']], [['admin']], [[]]])(
    'asked for %j, beyond what was granted, is invalid_scope and not rotated [RFC 6749 6]',
    async (asked) => {
      const { row } = await use(refresh, asked);
      expect(row).toMatchObject({ error: 'invalid_scope', access_expires_at: null });
      expect(await family()).toMatchObject({ generation: 1, revoked_at: null });
      expect((await use()).row.error).toBeNull();
    },
  );

  test('presented by another client is refused, and not revoked', async () => {
    const other = await makeClient(world, `other-${count}`, { token_endpoint_auth_method: 'none' });
    const { row } = await rotate(world, other, refresh);
    expect(row).toMatchObject({ error: 'invalid_grant', access_expires_at: null });
    const audit = await auditOf(world, 'refresh.rotate');
    expect(audit.at(-1)).toMatchObject({ error: 'invalid_grant', client_id: other.client_id });
    expect((await use()).row.error).toBeNull();
  });

  test('is worth nothing while its client is disabled', async () => {
    const client_id = client.client_id;
    await operate(world, ops.client_disable, { client_id, disabled: true });
    expect((await use()).row).toMatchObject({ error: 'invalid_client', access_expires_at: null });
    await operate(world, ops.client_disable, { client_id, disabled: false });
    expect((await use()).row.error).toBeNull();
  });

  test('of a person who is disabled is worth nothing, and stays so when the person is enabled again', async () => {
    for (const disabled of [true, false]) {
      await disable(disabled);
      expect((await use()).row).toMatchObject({ error: 'invalid_grant', access_expires_at: null });
    }
  });

  test('of a client that was removed is not given to one of the same name', async () => {
    await operate(world, ops.client_remove, { client_id: client.client_id });
    await makeClient(world, client.client_id, { token_endpoint_auth_method: 'none' });
    expect((await use()).row.error).toBe('invalid_grant');
  });
});

test('an unknown refresh token is refused and revokes nothing', async () => {
  const unknown = { handle_hash: secret(), refresh_hash: refresh.refresh_hash };
  const { row } = await use(unknown);
  expect(row).toMatchObject({ error: 'invalid_grant', reason: 'refresh token unknown' });
  expect((await use()).row.error).toBeNull();
});
