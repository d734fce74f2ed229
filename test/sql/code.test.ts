import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
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
import {
  type Browser,
  type Code,
  newBrowser,
  obtainCode,
  redeem,
  rotate,
} from '../support/flows.ts';

let world: World;
let client: Client;
let ada: User;
let browser: Browser;
let count = 0;

beforeAll(async () => {
  world = await makeWorld(20);
});

beforeEach(async () => {
  count += 1;
  client = await makeClient(world, `client-${count}`, { access_token_format: 'opaque' });
  ada = await makeUser(world, `ada-${count}`);
  browser = newBrowser();
});

const refused = { error: 'invalid_grant', access_expires_at: null, scopes: null };
const codeFor = (args = {}) => obtainCode(world, browser, client, ada, { nonce: 'n-1', ...args });
const active = async (access: object) =>
  (await ask(world, api.token_introspect, { ...client, ...access })).active;
const lastAudit = async (action: string) => (await auditOf(world, action)).at(-1);

/** The code after its row has been given another end. */
async function ended(code: Code, end: string): Promise<Code> {
  const { sql } = world.database;
  await sql`update pgrant.codes set expires_at = ${end}::text::timestamptz where code_hash = ${code.code_hash}`;
  const [row] = await sql`
    select extract(epoch from expires_at)::int as at from pgrant.codes where code_hash = ${code.code_hash}`;
  return { ...code, code_expires_at: row?.at };
}

const past = () => new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000).toISOString();

describe('a code', () => {
  test('gives what was asked for and consented to, once', async () => {
    const code = await codeFor({ scopes: ['openid', 'email', 'offline_access'] });
    const { row, access } = await redeem(world, client, code);
    expect(row).toMatchObject({
      error: null,
      client_id: client.client_id,
      subject: ada.user_id,
      scopes: ['openid', 'email', 'offline_access'],
      audience: ['https://id.example/acme'],
      refresh_token: true,
      id_token_alg: 'RS256',
      nonce: 'n-1',
      acr: '1',
      amr: ['pwd'],
    });
    expect((row.access_expires_at ?? 0) - (row.issued_at ?? 0)).toBe(900);
    expect(await active(access)).toBe(true);
    const recorded = { error: null, user_id: ada.user_id, family_id: row.family_id };
    expect(await lastAudit('code.redeem')).toMatchObject(recorded);
  });

  test('that comes back revokes all that it gave, and stays spent [RFC 6749 4.1.2, RFC 9700 4.5]', async () => {
    const code = await codeFor();
    const first = await redeem(world, client, code);
    const second = await redeem(world, client, code);
    expect(second.row).toMatchObject({ ...refused, reason: 'code used twice' });
    expect(await active(first.access)).toBe(false);
    expect((await rotate(world, client, first.refresh)).row.error).toBe('invalid_grant');
    const recorded = { error: 'invalid_grant', family_id: first.row.family_id };
    expect(await lastAudit('code.reuse')).toMatchObject(recorded);
    expect((await redeem(world, client, code)).row.error).toBe('invalid_grant');
  });

  test('that comes back after its end revokes all the same', async () => {
    const code = await codeFor();
    const first = await redeem(world, client, code);
    const late = await ended(code, past());
    expect((await redeem(world, client, late)).row).toMatchObject({
      ...refused,
      reason: 'code used twice',
    });
    expect(await active(first.access)).toBe(false);
  });

  test('that comes back when no scope is left revokes all the same', async () => {
    const code = await codeFor();
    const first = await redeem(world, client, code);
    const scopes = (list: string[]) => world.database.sql`
      update pgrant.grants set scopes = ${list} where client_id = ${client.client_id}`;
    await scopes([]);
    expect((await redeem(world, client, code)).row).toMatchObject({
      ...refused,
      reason: 'code used twice',
    });
    await scopes(['openid', 'email']);
    expect(await active(first.access)).toBe(false);
  });

  test('presented wrongly is refused and not burnt for its owner', async () => {
    const other = await makeClient(world, `other-${count}`);
    const code = await codeFor();
    const wrong: [Client, Code, object][] = [
      [other, code, {}],
      [client, code, { redirect_uri: 'https://app.example/other' }],
      [client, code, { code_challenge: secret().toString('base64url') }],
      [client, code, { code_challenge: null }],
      [client, { ...code, code_hash: secret() }, {}],
      [client, { ...code, code_expires_at: code.code_expires_at + 1 }, {}],
    ];
    for (const [presenter, presented, proof] of wrong) {
      const { row } = await redeem(world, presenter, presented, proof);
      expect(row).toMatchObject(refused);
      const recorded = { error: 'invalid_grant', client_id: presenter.client_id };
      expect(await lastAudit('code.redeem')).toMatchObject(recorded);
    }
    const impostor = { ...client, secret_hash: secret() };
    expect((await redeem(world, impostor, code)).row.error).toBe('invalid_client');
    expect((await redeem(world, client, code)).row.error).toBeNull();
  });

  test('needs its redirect_uri again only where PKCE does not bind it [OAuth 2.1 10.2, RFC 6749 4.1.3]', async () => {
    expect(
      (await redeem(world, client, await codeFor(), { redirect_uri: null })).row.error,
    ).toBeNull();
    await operate(world, ops.client_set, {
      client_id: client.client_id,
      settings: { require_pkce: false },
    });
    const bare = await codeFor({ code_challenge: null });
    const none = { code_challenge: null };
    expect((await redeem(world, client, bare, { ...none, redirect_uri: null })).row.error).toBe(
      'invalid_grant',
    );
    // A verifier for a code that was asked for without a challenge is a downgrade (RFC 9700 4.8.2).
    expect((await redeem(world, client, bare)).row.error).toBe('invalid_grant');
    expect((await redeem(world, client, bare, none)).row.error).toBeNull();
  });

  test('is worth nothing after its end', async () => {
    const late = await ended(await codeFor(), past());
    expect((await redeem(world, client, late)).row).toMatchObject({
      ...refused,
      reason: 'code expired',
    });
  });

  test.each([
    [
      'the user is disabled',
      () => operate(world, ops.user_disable, { username: ada.username, disabled: true }),
      'invalid_grant',
    ],
    [
      'the client is disabled',
      () => operate(world, ops.client_disable, { client_id: client.client_id, disabled: true }),
      'invalid_client',
    ],
    [
      'the client is removed',
      () => operate(world, ops.client_remove, { client_id: client.client_id }),
      'invalid_client',
    ],
    ['the grant is revoked', () => revokeGrant(), 'invalid_grant'],
  ])('is worth nothing once %s', async (_, change, error) => {
    const code = await codeFor();
    await change();
    expect((await redeem(world, client, code)).row).toMatchObject({
      error,
      access_expires_at: null,
    });
  });

  async function revokeGrant() {
    const { consents } = await ask(world, api.consent_list, browser);
    const [{ grant_id }] = consents as [{ grant_id: string }];
    await operate(world, ops.grant_revoke, { grant_id });
  }

  test('gives one success when 20 redeem it at once, and then nothing at all', async () => {
    const code = await codeFor();
    const results = await Promise.all(
      Array.from({ length: 20 }, () => redeem(world, client, code)),
    );
    const [winner, ...more] = results.filter(({ row }) => row.error === null);
    expect(more).toEqual([]);
    expect(results.filter(({ row }) => row.reason === 'code used twice')).toHaveLength(19);
    expect(await active(winner?.access ?? {})).toBe(false);
    const families = await world.database.sql`
      select from pgrant.token_families where client_id = ${client.client_id}`;
    expect(families).toHaveLength(1);
  });

  test('redeemed while its user is being disabled gives nothing that outlives that', async () => {
    const code = await codeFor();
    const disable = (disabled: boolean) =>
      operate(world, ops.user_disable, { username: ada.username, disabled });
    const pause = () => new Promise((resolve) => setTimeout(resolve, 300));
    const running: Promise<unknown>[] = [];
    // Stopped at its last step, the redemption has seen a user who is not disabled.
    await world.database.sql.begin(async (sql) => {
      await sql`lock table pgrant.token_families in share mode`;
      running.push(redeem(world, client, code));
      await pause();
      running.push(disable(true));
      await pause();
    });
    await Promise.all(running);
    await disable(false);
    const families = await world.database.sql`
      select revoked_reason from pgrant.token_families where client_id = ${client.client_id}`;
    expect([...families]).toEqual([{ revoked_reason: 'user disabled' }]);
  });
});

test('a client without the refresh_token grant gets none, and its tokens end with the access token', async () => {
  const plain = await makeClient(world, `plain-${count}`, { grant_types: ['authorization_code'] });
  const { row } = await redeem(world, plain, await obtainCode(world, browser, plain, ada));
  expect(row.refresh_token).toBe(false);
  const [family] = await world.database.sql`
    select handle_hash, expires_at = to_timestamp(${row.access_expires_at}) as same
      from pgrant.token_families where family_id = ${row.family_id}`;
  expect(family).toEqual({ handle_hash: null, same: true });
});
