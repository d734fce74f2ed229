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
  begin,
  login,
  newBrowser,
  obtainCode,
  obtainTokens,
  redeem,
  rotate,
} from '../support/flows.ts';

const goodbye = 'https://app.example/goodbye';
let world: World;
let client: Client;
let ada: User;
let browser: Browser;
let count = 0;

beforeAll(async () => {
  world = await makeWorld();
  client = await makeClient(world, 'app', { post_logout_redirect_uris: [goodbye] });
  await makeClient(world, 'other', { post_logout_redirect_uris: ['https://other.example/'] });
});

beforeEach(async () => {
  count += 1;
  ada = await makeUser(world, `ada-${count}`);
  browser = newBrowser();
  await login(world, await begin(world, browser, client), ada);
});

type Args = Partial<NonNullable<(typeof api.session_logout)['types']>[0]>;

/** A logout of the browser, without the CSRF token of its form. */
function logout(args: Args = {}) {
  const { session_hash, session_expires_at } = browser;
  return ask(world, api.session_logout, { session_hash, session_expires_at, ...args });
}

const hint = (): Args => ({ hint_sub: ada.user_id, hint_client_id: 'app' });
const form = (): Args => ({ csrf_hash: browser.csrf_hash });
const signedIn = async () => (await ask(world, api.consent_list, browser)).username !== null;
const lastAudit = async () => (await auditOf(world, 'session.logout')).at(-1);

describe('a logout', () => {
  test('asks first without a proof that the person means it [RP-Initiated Logout 2]', async () => {
    const asks = { error: null, next: 'confirm', redirect_uri: null, username: ada.username };
    for (const args of [
      {},
      { client_id: 'app' },
      { csrf_hash: secret() },
      { client_id: 'app', post_logout_redirect_uri: goodbye },
      { ...hint(), hint_sub: 'somebody else' },
    ]) {
      expect(await logout(args)).toMatchObject(asks);
    }
    expect(await signedIn()).toBe(true);
  });

  test.each([
    ['the form of the session', form, 'done'],
    ['a hint of the same person', hint, 'done'],
    [
      'a hint, to a registered URI',
      () => ({ ...hint(), post_logout_redirect_uri: goodbye }),
      'redirect',
    ],
    [
      'the form, with a hint of another person',
      () => ({ ...hint(), ...form(), hint_sub: 'x', post_logout_redirect_uri: goodbye }),
      'redirect',
    ],
  ])('by %s ends the session: %s', async (_, args, next) => {
    const redirect_uri = next === 'redirect' ? goodbye : null;
    expect(await logout(args())).toMatchObject({ error: null, next, redirect_uri });
    expect(await signedIn()).toBe(false);
    const { row } = await begin(world, browser, client, { prompt: ['none'] });
    expect(row.response_error).toBe('login_required');
    expect(await lastAudit()).toMatchObject({ error: null, user_id: ada.user_id });
  });

  test.each([
    'https://app.example/goodbye?x=1',
    'https://app.example/goodbye/',
    'https://other.example/',
    'https://app.example/callback',
    '//evil.example',
    '',
  ])('sends nobody to %j, which the audience of the hint has not registered', async (uri) => {
    const row = await logout({ ...hint(), post_logout_redirect_uri: uri });
    expect(row).toMatchObject({ error: 'invalid_redirect_uri', redirect_uri: null, next: null });
    expect(await signedIn()).toBe(true);
    expect(await lastAudit()).toMatchObject({ error: 'invalid_redirect_uri' });
  });

  test('sends nobody anywhere on the word of client_id alone, before the person has confirmed', async () => {
    const named = { client_id: 'app', post_logout_redirect_uri: goodbye };
    expect(await logout(named)).toMatchObject({ next: 'confirm', redirect_uri: null });
    expect(await logout({ ...form(), ...named })).toMatchObject({
      next: 'redirect',
      redirect_uri: goodbye,
    });
  });

  test('with a client_id that is not the audience of the hint is refused', async () => {
    const row = await logout({ ...hint(), client_id: 'other' });
    expect(row).toMatchObject({ error: 'invalid_request', next: null });
    expect(await signedIn()).toBe(true);
  });

  test('where nobody is signed in says so, and still redirects with a hint', async () => {
    browser = newBrowser();
    expect(await logout()).toMatchObject({ next: 'done' });
    const row = await logout({ ...hint(), post_logout_redirect_uri: goodbye });
    expect(row).toMatchObject({ next: 'redirect', redirect_uri: goodbye });
  });

  test('for a disabled client redirects nowhere', async () => {
    await operate(world, ops.client_disable, { client_id: 'app', disabled: true });
    const row = await logout({ ...hint(), post_logout_redirect_uri: goodbye });
    await operate(world, ops.client_disable, { client_id: 'app', disabled: false });
    expect(row.error).toBe('invalid_redirect_uri');
  });
});

test('a logout ends the tokens of its session, but not those for when the person is away [Core 11]', async () => {
  const online = await obtainTokens(world, client, ada, { browser });
  const away = { browser, scopes: ['openid', 'offline_access'] };
  const offline = await obtainTokens(world, client, ada, away);
  const plain = await obtainTokens(world, client, ada, { browser, scopes: ['email'] });
  const elsewhere = await obtainTokens(world, client, ada);
  await logout(form());
  const errors = [];
  for (const { refresh } of [online, offline, plain, elsewhere]) {
    errors.push((await rotate(world, client, refresh)).row.error);
  }
  expect(errors).toEqual(['invalid_grant', null, null, null]);
});

test.each([['openid'], ['openid', 'offline_access'], ['email']])(
  'a code of before a logout is worth nothing after it: %s %s',
  async (...scopes) => {
    const code = await obtainCode(world, browser, client, ada, { scopes });
    await logout(form());
    expect((await redeem(world, client, code)).row).toMatchObject({
      error: 'invalid_grant',
      reason: 'the person has signed out',
    });
  },
);

test.each([
  [true, ['invalid_grant', 'invalid_grant', 'invalid_grant']],
  [false, ['invalid_grant', null, null]],
])(
  'a changed password ends sessions, and with password_change_revokes %s these tokens',
  async (password_change_revokes, expected) => {
    await operate(world, ops.tenant_set, { settings: { password_change_revokes } });
    const online = await obtainTokens(world, client, ada, { browser });
    const away = { browser, scopes: ['openid', 'offline_access'] };
    const offline = await obtainTokens(world, client, ada, away);
    const plain = await obtainTokens(world, client, ada, { browser, scopes: ['email'] });
    await operate(world, ops.user_password, {
      username: ada.username,
      password_salt: secret(),
      password_params: {},
      password_hash: secret(),
    });
    expect(await signedIn()).toBe(false);
    const errors = [];
    for (const { refresh } of [online, offline, plain]) {
      errors.push((await rotate(world, client, refresh)).row.error);
    }
    expect(errors).toEqual(expected);
  },
);

test('an operator who signs somebody out ends what a logout does', async () => {
  const online = await obtainTokens(world, client, ada, { browser });
  const away = { browser, scopes: ['openid', 'offline_access'] };
  const offline = await obtainTokens(world, client, ada, away);
  await operate(world, ops.user_sign_out, { username: ada.username });
  expect(await signedIn()).toBe(false);
  expect((await rotate(world, client, online.refresh)).row.error).toBe('invalid_grant');
  expect((await rotate(world, client, offline.refresh)).row.error).toBeNull();
  expect((await auditOf(world, 'session.end')).at(-1)).toMatchObject({ user_id: ada.user_id });
});

test('a logout ends what was given before the same person had to sign in again', async () => {
  const { refresh, row } = await obtainTokens(world, client, ada, { browser });
  const again = await obtainTokens(world, client, ada, { browser, prompt: ['login'] });
  expect(again.row.sid).toBe(row.sid);
  await logout(form());
  expect((await rotate(world, client, refresh)).row.error).toBe('invalid_grant');
});

test('a client that has never answered has what waits for it put off a thousand at a time', async () => {
  const { database, tenant } = world;
  const [first] = await database.sql`
    insert into pgrant.logout_deliveries (tenant_id, client_id, subject, sid, next_attempt_at)
    select ${tenant}, 'other', 'x', 'x', now() - interval '1 hour' from generate_series(1, 1500)
    returning delivery_id`;
  await operate(world, ops.logout_delivery_end, {
    ...{ client_id: 'other', delivery_id: first?.delivery_id, attempt: 0 },
    ...{ status: null, error: 'connection refused' },
  });
  const [left] = await database.sql`
    select count(*)::integer as due from pgrant.logout_deliveries where client_id = 'other' and next_attempt_at <= now()`;
  expect(left).toEqual({ due: 499 });
});

test('a logout that no key can sign is given up after its day', async () => {
  const { database, tenant } = world;
  await database.sql`
    update pgrant.clients set backchannel_logout_uri = 'https://other.example/logout' where client_id = 'other'`;
  await database.sql`delete from pgrant.signing_keys where tenant_id = ${tenant}`;
  const [late] = await database.sql`
    insert into pgrant.logout_deliveries (tenant_id, client_id, subject, sid, next_attempt_at, give_up_at)
    values (${tenant}, 'other', 'x', 'x', now() - interval '1 day', now() - interval '1 second')
    returning delivery_id`;
  expect(await operate(world, ops.logout_delivery_begin, { client_id: 'other' })).toBeUndefined();
  const [row] = await database.sql`
    select state, last_error from pgrant.logout_deliveries where delivery_id = ${late?.delivery_id}`;
  expect(row).toEqual({
    state: 'dead',
    last_error: 'the tenant has no key that signs for the client',
  });
});
