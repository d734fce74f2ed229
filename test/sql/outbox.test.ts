// Which decisions become events, for whom, and what is said of them.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { fern, store } from '../support/documents.ts';
import {
  ask,
  type Client,
  makeClient,
  makeTenant,
  makeUser,
  operate,
  secret,
  type User,
  type World,
} from '../support/fixtures.ts';
import { begin, login, newBrowser, obtainTokens, redeem, rotate } from '../support/flows.ts';
import { configure } from '../support/self-registered.ts';
import { addWebhook, outboxOf } from '../support/webhooks.ts';

const url = 'https://app.example/hook';
let everything: string[];
let database: TestDatabase;
let world: World;
let client: Client;
let ada: User;
let count = 0;

beforeAll(async () => {
  database = await createDatabase();
  const [all] = await database.sql`select pgrant_rules.event_types() as types`;
  everything = all?.types;
});

beforeEach(async () => {
  count += 1;
  world = await makeTenant(database, `acme-${count}`);
  client = await makeClient(world, 'app');
  ada = await makeUser(world, 'ada');
});

const types = async () => (await outboxOf(world)).map(({ type }) => type);

async function grantOf({ sql }: TestDatabase): Promise<string> {
  const [row] = await sql`select grant_id from pgrant.grants where tenant_id = ${world.tenant}`;
  return row?.grant_id;
}

describe('an event', () => {
  test('is the audit event of the decision, under the same id', async () => {
    await addWebhook(world, 'crm', url, everything);
    await obtainTokens(world, client, ada);
    const [event] = await outboxOf(world);
    expect(event).toMatchObject({
      type: 'grant.created',
      webhook: 'crm',
      state: 'pending',
      data: {
        grant_id: await grantOf(database),
        user_id: ada.user_id,
        client_id: 'app',
        scopes: ['openid', 'email'],
        request_id: 'test',
      },
    });
    const [audit] = await database.sql`
      select action from pgrant.audit_events
       where tenant_id = ${world.tenant} and event_id = ${event?.event_id}`;
    expect(audit?.action).toBe('grant.add');
  });

  test('is gone with the transaction that is rolled back', async () => {
    await addWebhook(world, 'crm', url, everything);
    const operator = await database.as('pgrant_worker').reserve();
    await operator`begin`;
    await operator`select pgrant_ops.user_add(${world.tenant}, 'bob')`;
    await operator`rollback`;
    operator.release();
    expect(await outboxOf(world)).toEqual([]);
  });

  test('says nothing of a person but the identifier', async () => {
    await addWebhook(world, 'crm', url, everything);
    const metadata = { name: 'Hidden', redirect_uris: ['https://hidden.example/'] };
    await makeUser(world, 'hidden', { email: 'hidden@acme.example' });
    await makeClient(world, 'other', metadata);
    expect(await types()).toContain('client.created');
    expect(JSON.stringify(await outboxOf(world)).toLowerCase()).not.toContain('hidden');
  });

  test('is queued once for each webhook that wants its type, and for no other', async () => {
    await addWebhook(world, 'all', url, everything);
    await addWebhook(world, 'null', url);
    await database.sql`update pgrant.webhooks set event_types = null where name = 'null'`;
    await addWebhook(world, 'some', url, ['user.created']);
    await addWebhook(world, 'others', url, ['grant.created', 'key.published']);
    await addWebhook(world, 'disabled', url, everything);
    await operate(world, ops.webhook_disable, { name: 'disabled', disabled: true });
    const elsewhere = await makeTenant(database, `other-${count}`);
    await addWebhook(elsewhere, 'elsewhere', url, everything);
    await makeUser(world, 'bob');
    expect((await outboxOf(world)).map(({ webhook }) => webhook)).toEqual(['all', 'null', 'some']);
    expect(new Set((await outboxOf(world)).map(({ event_id }) => event_id)).size).toBe(1);
    expect(await outboxOf(elsewhere)).toEqual([]);
  });

  test('leaves nothing where nobody listens', async () => {
    await obtainTokens(world, client, ada);
    expect(await outboxOf(world)).toEqual([]);
  });

  test('does not fail because its webhook is being removed', async () => {
    await addWebhook(world, 'crm', url, everything);
    const operator = await database.as('pgrant_worker').reserve();
    await operator`begin`;
    await operator`select pgrant_ops.webhook_remove(${world.tenant}, 'crm')`;
    const adding = makeUser(world, 'bob');
    for (let waiting = 0; waiting === 0; ) {
      const rows = await database.sql`
        select from pg_stat_activity where wait_event_type = 'Lock' and query like '%user_add%'`;
      waiting = rows.length;
    }
    await operator`commit`;
    operator.release();
    expect((await adding).user_id).not.toBe('');
  });
});

describe('tokens that are issued, rotated and refused', () => {
  test('are no events', async () => {
    const { refresh } = await obtainTokens(world, client, ada);
    await addWebhook(world, 'crm', url, everything);
    const { row, refresh: next } = await rotate(world, client, refresh);
    expect(row.error).toBeNull();
    await obtainTokens(world, client, ada);
    await redeem(world, client, { code_hash: secret(), code_expires_at: 1 });
    expect((await rotate(world, client, { ...next, refresh_hash: secret() })).row.error).toBe(
      'invalid_grant',
    );
    expect(await types()).toEqual(['refresh_token.reused']);
  });
});

describe('a grant', () => {
  test('that grows is updated; asked again for the same it is not', async () => {
    await addWebhook(world, 'crm', url, everything);
    await obtainTokens(world, client, ada, { scopes: ['openid'] });
    await obtainTokens(world, client, ada, { scopes: ['openid'] });
    await obtainTokens(world, client, ada, { scopes: ['openid'], prompt: ['consent'] });
    await obtainTokens(world, client, ada, { scopes: ['openid', 'email'] });
    const events = await outboxOf(world);
    expect(events.map(({ type, data }) => [type, data.scopes])).toEqual([
      ['grant.created', ['openid']],
      ['grant.updated', ['email', 'openid']],
    ]);
  });

  test('of a client that never asks is created all the same', async () => {
    await addWebhook(world, 'crm', url, ['grant.created']);
    const own = await makeClient(world, 'own', { consent: 'never' });
    await obtainTokens(world, own, ada);
    await obtainTokens(world, own, ada);
    expect(await types()).toEqual(['grant.created']);
  });

  test('that is revoked says whose it was', async () => {
    await obtainTokens(world, client, ada);
    await addWebhook(world, 'crm', url, everything);
    const grant_id = await grantOf(database);
    await operate(world, ops.grant_revoke, { grant_id });
    const [event] = await outboxOf(world);
    expect(event).toMatchObject({
      type: 'grant.revoked',
      data: { grant_id, user_id: ada.user_id, client_id: 'app' },
    });
  });
});

test('a login is locked once, by the failure that reaches the limit', async () => {
  await operate(world, ops.tenant_set, {
    settings: { login_failure_limit: 2, login_failure_window: 86_400 },
  });
  await addWebhook(world, 'crm', url, everything);
  for (let tries = 0; tries < 5; tries++) {
    await login(world, await begin(world, newBrowser(), client), {
      username: 'ada',
      password_hash: secret(),
    });
  }
  const events = await outboxOf(world);
  expect(events).toMatchObject([{ type: 'login.locked', data: { user_id: ada.user_id } }]);
});

test('every type of event arises', async () => {
  await addWebhook(world, 'crm', url, everything);
  const { refresh, code } = await obtainTokens(world, client, ada, { scopes: ['openid'] });
  await redeem(world, client, code);
  await rotate(world, client, { ...refresh, refresh_hash: secret() });
  const again = await obtainTokens(world, client, ada, { scopes: ['openid', 'email'] });
  await rotate(world, client, { ...again.refresh, refresh_hash: secret() });
  await operate(world, ops.grant_revoke, { grant_id: await grantOf(database) });
  await operate(world, ops.tenant_set, { settings: { login_failure_limit: 1 } });
  const flow = await begin(world, newBrowser(), client);
  await login(world, flow, { username: 'ada', password_hash: secret() });
  for (const disabled of [true, false]) {
    await operate(world, ops.user_disable, { username: 'ada', disabled });
    await operate(world, ops.client_disable, { client_id: 'app', disabled });
  }
  await makeUser(world, 'bob');
  await operate(world, ops.user_password, {
    username: 'ada',
    password_salt: secret(),
    password_params: {},
    password_hash: secret(),
  });
  await makeClient(world, 'second');
  await operate(world, ops.client_set, { client_id: 'app', settings: { name: 'App' } });
  const added = await operate(world, ops.client_secret_add, {
    client_id: 'app',
    secret_hash: secret(),
  });
  await operate(world, ops.client_secret_remove, {
    client_id: 'app',
    secret_id: added.client_secret_add ?? '',
  });
  await operate(world, ops.client_remove, { client_id: 'app' });
  await operate(world, ops.key_add, {
    kid: 'k',
    alg: 'ES256',
    public_jwk: {},
    sealed_private: secret(),
  });
  const key = { kid: 'new', alg: 'ES256', public_jwk: {}, sealed_private: secret() };
  await operate(world, ops.key_withdraw, key);
  await operate(world, ops.incident_revoke, {
    since: '-infinity',
    grants: true,
    client_secrets: false,
  });
  const held = { role: 'staff', username: 'ada' };
  await operate(world, ops.role_add, { role: 'staff', title: 'Staff' } as never);
  await operate(world, ops.role_assign, held);
  await operate(world, ops.role_withdraw, held);
  await operate(world, ops.role_disable, { role: 'staff', disabled: true });
  await operate(world, ops.group_set, { group: 'g', title: 'G', roles: [] } as never);
  await operate(world, ops.group_member, { group: 'g', username: 'ada', member: true });
  await operate(world, ops.user_sign_out, { username: 'ada' });
  const second = await makeClient(world, 'third');
  const cyd = await makeUser(world, 'cyd');
  const tokens = await obtainTokens(world, second, cyd);
  await ask(world, api.token_revoke, { ...second, ...tokens.refresh });
  await operate(world, ops.tenant_set, { settings: { developer_portal: true } });
  const visit = await begin(world, newBrowser(), second);
  await login(world, visit, cyd);
  const { browser } = visit;
  const metadata = { name: 'Hers', redirect_uris: ['https://hers.example/'] };
  const brought = await ask(world, api.developer_client_add, {
    ...browser,
    ...{ kind: 'web', metadata, next_secret_hash: secret() },
  });
  const { client_id } = brought as { client_id: string };
  const submit = () =>
    ask(world, api.developer_client_submit, { ...browser, client_id, message: 'Please' });
  await submit();
  await operate(world, ops.developer_client_return, { client_id, message: 'Whose?' });
  await submit();
  await operate(world, ops.developer_client_approve, { client_id });
  await operate(world, ops.developer_client_suspend, { client_id, suspended: true });
  await operate(world, ops.developer_client_suspend, { client_id, suspended: false });
  const decided = (await outboxOf(world)).filter(({ type }) =>
    ['client.approved', 'client.returned', 'client.suspended', 'client.resumed'].includes(type),
  );
  expect(decided.map(({ data }) => [data.client_id, data.user_id])).toEqual(
    Array(4).fill([client_id, cyd.user_id]),
  );
  await operate(world, ops.user_set, { username: 'ada', settings: { name: 'Ada' } });
  await operate(world, ops.second_factor_remove, { username: 'ada' });
  await operate(world, ops.user_remove, { username: 'ada' });
  expect([...new Set(await types())].sort()).toEqual(everything);
});

test('every action that is an event is recorded somewhere', async () => {
  const actions = await database.sql`
    select e.key from jsonb_each(pgrant_rules.events()) e
     where not exists (select from pg_proc p where p.proname <> 'events'
                          and p.pronamespace::regnamespace::text like 'pgrant%' and p.prosrc like '%''' || e.key || '''%')`;
  expect(actions.map(({ key }) => key)).toEqual([]);
});

test('a client that registers anew is another one, and both are created', async () => {
  await operate(world, ops.tenant_set, { settings: { registration: 'open' } });
  await addWebhook(world, 'crm', url, everything);
  const register = () =>
    ask(world, api.registration_add, {
      metadata: { name: 'bot', redirect_uris: ['https://bot.example/'] },
      next_registration_hash: secret(),
      next_secret_hash: secret(),
    });
  const both = [await register(), await register()];
  const events = await outboxOf(world);
  expect(events.map(({ type, data }) => [type, data.client_id])).toEqual(
    both.map(({ client_id }) => ['client.created', client_id]),
  );
});

test('a client of a document is created when it is first seen, and updated when the document is another', async () => {
  await configure(world, { client_documents: 'open' });
  await addWebhook(world, 'crm', url, everything);
  await store(world);
  await store(world);
  await store(world, fern, { name: 'Moss' });
  expect((await outboxOf(world)).map(({ type, data }) => [type, data.client_id])).toEqual([
    ['client.created', fern],
    ['client.updated', fern],
  ]);
});
