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
import { type Browser, newBrowser, obtainTokens, rotate } from '../support/flows.ts';

type Consent = { grant_id: string; client_id: string };

let world: World;
let app: Client;
let shop: Client;
let ada: User;
let bob: User;
let browser: Browser;
let count = 0;

beforeAll(async () => {
  world = await makeWorld();
  app = await makeClient(world, 'app');
  shop = await makeClient(world, 'shop', { name: 'Shop' });
  bob = await makeUser(world, 'bob');
});

beforeEach(async () => {
  count += 1;
  ada = await makeUser(world, `ada-${count}`);
  browser = newBrowser();
});

async function list(of = browser): Promise<Consent[]> {
  const { consents } = await ask(world, api.consent_list, of);
  return (consents ?? []) as Consent[];
}

const clients = async () => (await list()).map(({ client_id }) => client_id);
const firstOf = async (of = browser) => (await list(of))[0]?.grant_id ?? 'none';
const revoke = (grant_id: string | null, args = {}) =>
  ask(world, api.consent_revoke, { ...browser, grant_id, ...args });
const lastAudit = async () => (await auditOf(world, 'grant.revoke')).at(-1);

describe('the list of consents', () => {
  test('shows a person’s own live grants, last used first, in words', async () => {
    const first = await obtainTokens(world, app, ada, { browser });
    await obtainTokens(world, shop, ada, { browser, scopes: ['openid', 'phone'] });
    await obtainTokens(world, shop, bob);
    expect(await clients()).toEqual(['shop', 'app']);
    expect((await list())[0]).toMatchObject({
      client_name: 'Shop',
      scopes: [
        { scope: 'openid', title: 'Know who you are' },
        { scope: 'phone', title: 'See your phone number' },
      ],
      last_used_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    const { sql } = world.database;
    await sql`update pgrant.token_families set last_used_at = last_used_at - interval '1 day'`;
    await sql`update pgrant.grants set last_used_at = last_used_at - interval '1 day'`;
    await rotate(world, app, first.refresh);
    expect(await clients()).toEqual(['app', 'shop']);
  });

  test('is for somebody who is signed in', async () => {
    const made_up = { session_hash: secret(), session_expires_at: 2_000_000_000 };
    for (const anonymous of [newBrowser(), { ...newBrowser(), ...made_up }]) {
      const row = await ask(world, api.consent_list, anonymous);
      expect(row).toMatchObject({ error: 'login_required', consents: null, username: null });
    }
  });
});

describe('revoking a consent', () => {
  test('kills every token that hangs on it, leaves the others, and asks again the next time', async () => {
    const tokens = await obtainTokens(world, app, ada, { browser });
    const away = { browser, scopes: ['openid', 'offline_access'] };
    const offline = await obtainTokens(world, app, ada, away);
    const kept = await obtainTokens(world, shop, ada, { browser });
    const grant_id = (await list()).find(({ client_id }) => client_id === 'app')?.grant_id ?? '';
    expect(await revoke(grant_id)).toEqual({ error: null, reason: null });
    for (const { refresh } of [tokens, offline]) {
      expect((await rotate(world, app, refresh)).row.error).toBe('invalid_grant');
    }
    expect((await rotate(world, shop, kept.refresh)).row.error).toBeNull();
    expect(await clients()).toEqual(['shop']);
    const recorded = { error: null, user_id: ada.user_id, client_id: 'app', grant_id };
    expect(await lastAudit()).toMatchObject(recorded);
    // A new consent does not bring the old tokens back.
    expect((await obtainTokens(world, app, ada, { browser })).row.error).toBeNull();
    expect((await rotate(world, app, tokens.refresh)).row.error).toBe('invalid_grant');
  });

  test('that is another person’s is not_found, like one that does not exist, and changes nothing', async () => {
    await obtainTokens(world, app, ada, { browser });
    const others = await obtainTokens(world, app, bob);
    const theirs = await firstOf(others.browser);
    for (const grant_id of [
      theirs,
      '00000000-0000-0000-0000-000000000000',
      `' or true --`,
      '',
      null,
    ]) {
      const row = await revoke(grant_id);
      expect(row).toEqual({ error: 'not_found', reason: 'no such grant of this person' });
      const recorded = { error: 'not_found', user_id: ada.user_id, grant_id: null };
      expect(await lastAudit()).toMatchObject(recorded);
    }
    expect((await rotate(world, app, others.refresh)).row.error).toBeNull();
    expect(await clients()).toEqual(['app']);
  });

  test('a second time is not_found', async () => {
    await obtainTokens(world, app, ada, { browser });
    const grant_id = await firstOf();
    await revoke(grant_id);
    expect(await revoke(grant_id)).toMatchObject({ error: 'not_found' });
  });

  test.each([
    ['no CSRF token', { csrf_hash: null }, 'csrf_mismatch'],
    ['another one', { csrf_hash: secret() }, 'csrf_mismatch'],
    ['no session', { session_hash: null }, 'login_required'],
  ])('with %s is refused', async (_, args, error) => {
    const { refresh } = await obtainTokens(world, app, ada, { browser });
    expect(await revoke(await firstOf(), args)).toMatchObject({ error });
    expect((await rotate(world, app, refresh)).row.error).toBeNull();
    expect(await lastAudit()).toMatchObject({ error, grant_id: null });
  });

  test('with the CSRF token of another session of the same person is refused', async () => {
    await obtainTokens(world, app, ada, { browser });
    const { csrf_hash } = (await obtainTokens(world, app, ada)).browser;
    expect(await revoke(await firstOf(), { csrf_hash })).toMatchObject({ error: 'csrf_mismatch' });
  });
});

test('an operator revokes a grant too, once', async () => {
  const { refresh } = await obtainTokens(world, app, ada, { browser });
  const grant_id = await firstOf();
  await operate(world, ops.grant_revoke, { grant_id });
  expect((await rotate(world, app, refresh)).row.error).toBe('invalid_grant');
  const again = operate(world, ops.grant_revoke, { grant_id });
  await expect(again).rejects.toMatchObject({ code: 'OA001' });
});
