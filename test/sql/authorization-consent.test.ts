import { beforeAll, beforeEach, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import {
  auditOf,
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  type User,
  type World,
} from '../support/fixtures.ts';
import {
  type Browser,
  begin,
  decide,
  type Flow,
  login,
  newBrowser,
  obtainCode,
  proceed,
} from '../support/flows.ts';

let world: World;
let client: Client;
let ada: User;
let bob: User;
let browser: Browser;
let count = 0;
const words = { title: 'A thing', description: '' };

beforeAll(async () => {
  world = await makeWorld();
  ada = await makeUser(world, 'ada');
  bob = await makeUser(world, 'bob');
});

beforeEach(async () => {
  count += 1;
  client = await makeClient(world, `client-${count}`, { token_endpoint_auth_method: 'none' });
  browser = newBrowser();
});

const signIn = () => obtainCode(world, browser, client, ada);
const next = async (args: Parameters<typeof begin>[3]) =>
  (await begin(world, browser, client, args)).row;
const set = (settings: Record<string, unknown>) =>
  operate(world, ops.client_set, { client_id: client.client_id, settings: settings as never });

async function grant() {
  const [row] = await world.database.sql`
    select grant_id, scopes, consent_expires_at::text as until
      from pgrant.grants where client_id = ${client.client_id} and revoked_at is null`;
  return row;
}

async function ageConsent(to: string) {
  await world.database.sql`
    update pgrant.grants set consent_expires_at = ${to}::text::timestamptz, expires_at = 'infinity'
     where client_id = ${client.client_id}`;
}

function shown(page: unknown): string[] {
  const { scopes } = page as { scopes: { scope: string; granted: boolean }[] };
  return scopes.map(({ scope, granted }) => `${scope} ${granted}`).sort();
}

test('consent is asked for once, and not again for the same or less', async () => {
  await signIn();
  for (const scopes of [['openid', 'email'], ['openid'], ['email']]) {
    expect((await next({ scopes })).code_expires_at).not.toBeNull();
  }
  expect((await next({ prompt: ['none'] })).code_expires_at).not.toBeNull();
});

test('consent is asked for again for more, as a union that keeps what was allowed', async () => {
  await signIn();
  const args = { scopes: ['openid', 'phone'] };
  expect((await next({ ...args, prompt: ['none'] })).response_error).toBe('consent_required');
  const flow = await begin(world, browser, client, args);
  expect(shown(flow.row.page)).toEqual(['email true', 'openid true', 'phone false']);
  await decide(world, flow);
  expect((await next({ scopes: ['openid', 'email', 'phone'] })).code_expires_at).not.toBeNull();
});

test('consent is asked for again for claims that were not consented to [OpenID Connect Core 5.5]', async () => {
  await signIn();
  const claims = { claims_userinfo: ['birthdate'] };
  const flow = await begin(world, browser, client, claims);
  expect(flow.row).toMatchObject({ next: 'consent', page: { claims: ['birthdate'] } });
  await decide(world, flow);
  expect((await next(claims)).code_expires_at).not.toBeNull();
  expect((await next({ claims_id_token: ['birthdate'] })).code_expires_at).not.toBeNull();
});

test('consent expires, by the setting of the client, and never where that is 0', async () => {
  await signIn();
  await ageConsent('now');
  expect((await next({ prompt: ['none'] })).response_error).toBe('consent_required');
  await set({ consent_lifetime: 0 });
  await decide(world, await begin(world, browser, client));
  expect(await grant()).toMatchObject({ until: 'infinity' });
});

test('consent is neither widened nor made to live longer by being remembered', async () => {
  await signIn();
  await ageConsent('2999-01-01');
  const before = await grant();
  await next({ scopes: ['openid'] });
  expect(await grant()).toEqual(before);
});

test('consent is asked for what a resource lets pass, and once, after a sign-in too [RFC 8707 2]', async () => {
  for (const scope of ['notes', 'files']) await operate(world, ops.scope_add, { scope, ...words });
  const resource = 'https://notes.example';
  await operate(world, ops.resource_set, { resource, title: 'Notes', scopes: ['notes'] });
  const args = { scopes: ['openid', 'notes', 'files'], resources: [resource] };
  for (const first of [true, false]) {
    browser = newBrowser();
    const flow = await begin(world, browser, client, args);
    await login(world, flow, ada);
    const row = await proceed(world, flow);
    expect(row.next).toBe(first ? 'consent' : 'respond');
    if (first) {
      expect(shown(row.page)).toEqual(['notes false', 'openid false']);
      await decide(world, flow);
    }
  }
  expect(await grant()).toMatchObject({ scopes: ['openid', 'notes'] });
});

test('consent is not asked for a role that is disabled', async () => {
  await operate(world, ops.role_add, { role: 'editor', ...words });
  await operate(world, ops.role_assign, { username: ada.username, role: 'editor' });
  const args = { scopes: ['openid', 'editor'] };
  const before = await begin(world, browser, client, args);
  await login(world, before, ada);
  expect(shown((await proceed(world, before)).page)).toEqual(['editor false', 'openid false']);
  await operate(world, ops.role_disable, { role: 'editor', disabled: true });
  expect(shown((await proceed(world, before)).page)).toEqual(['openid false']);
});

test.each([
  ['remember', ['consent'], 'consent'],
  ['always', [], 'consent'],
  ['never', [], 'respond'],
  ['never', ['consent'], 'consent'],
])(
  'for a client that is set to %s, with prompt %j, the next step is %s',
  async (consent, prompt, expected) => {
    await signIn();
    await set({ consent });
    expect((await next({ prompt })).next).toBe(expected);
  },
);

test('consent that is denied tells the client, once, and is recorded', async () => {
  const flow = await begin(world, browser, client, { state: 's' });
  await login(world, flow, ada);
  await proceed(world, flow);
  const denied = { response_error: 'access_denied', state: 's', code_expires_at: null };
  expect(await decide(world, flow, false)).toMatchObject(denied);
  expect(await decide(world, flow, true)).toMatchObject({
    error: 'expired_request',
    code_expires_at: null,
  });
  const audit = await auditOf(world, 'consent.deny');
  expect(audit.at(-1)).toMatchObject({ error: 'access_denied', user_id: ada.user_id });
  expect((await next({ prompt: ['none'] })).response_error).toBe('consent_required');
});

test('consent counts only in the session to which the page was shown', async () => {
  const flow = await begin(world, browser, client);
  await login(world, flow, ada);
  // The page was never shown to this session.
  expect(await decide(world, flow)).toMatchObject({ next: 'continue', code_expires_at: null });
  await proceed(world, flow);
  const other: Flow = { ...flow, browser: { ...newBrowser(), browser_hash: browser.browser_hash } };
  await login(world, other, bob);
  expect(await decide(world, other)).toMatchObject({ next: 'continue', code_expires_at: null });
  expect((await decide(world, flow)).code_expires_at).not.toBeNull();
});

test('consent that the person revokes at the same moment is not brought back by a silent request', async () => {
  await signIn();
  const { sql } = world.database;
  const before = await grant();
  let silent: ReturnType<typeof next> | undefined;
  await sql.begin(async (revoking) => {
    await revoking`
      update pgrant.grants set revoked_at = now(), revoked_reason = 'test' where grant_id = ${before?.grant_id}`;
    silent = next({ prompt: ['none'] });
    await new Promise((resolve) => setTimeout(resolve, 300));
  });
  expect((await silent)?.response_error).toBe('consent_required');
  expect(await grant()).toBeUndefined();
});
