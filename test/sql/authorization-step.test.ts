import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import {
  auditOf,
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  type User,
  type World,
} from '../support/fixtures.ts';
import {
  type Browser,
  begin,
  decide,
  login,
  newBrowser,
  obtainCode,
  proceed,
  redeem,
} from '../support/flows.ts';

let world: World;
let client: Client;
let ada: User;
let bob: User;
let browser: Browser;
let count = 0;

beforeAll(async () => {
  world = await makeWorld();
  ada = await makeUser(world, 'ada');
  bob = await makeUser(world, 'bob');
});

// Each test has a client of its own, so that no consent is left from another.
beforeEach(async () => {
  count += 1;
  client = await makeClient(world, `client-${count}`, { token_endpoint_auth_method: 'none' });
  browser = newBrowser();
});

const signIn = () => obtainCode(world, browser, client, ada);
const next = async (args: Parameters<typeof begin>[3]) =>
  (await begin(world, browser, client, args)).row;

const set = (settings: Record<string, unknown>) =>
  call(world.database.worker, ops.tenant_set, {
    tenant: world.tenant,
    settings: settings as never,
  });

async function ageSession(seconds: number) {
  await world.database.sql`
    update pgrant.sessions set auth_time = auth_time - make_interval(secs => ${seconds})
     where session_hash = ${browser.session_hash}`;
}

describe('login is due', () => {
  test('where nobody is signed in, and prompt=none says so instead of asking', async () => {
    const page = { client_id: client.client_id, username: null };
    expect(await next({})).toMatchObject({ next: 'login', page });
    expect(await next({ prompt: ['none'], state: 's' })).toMatchObject({
      next: 'respond',
      response_error: 'login_required',
      state: 's',
      code_expires_at: null,
    });
    const audit = await auditOf(world, 'authorization.request');
    expect(audit.at(-1)).toMatchObject({ error: 'login_required', client_id: client.client_id });
  });

  test('once for prompt=login, though somebody is signed in', async () => {
    await signIn();
    const flow = await begin(world, browser, client, { prompt: ['login'] });
    expect(flow.row.next).toBe('login');
    expect((await proceed(world, flow)).next).toBe('login');
    expect((await decide(world, flow)).next).toBe('continue');
    await login(world, flow, ada);
    expect((await proceed(world, flow)).code_expires_at).not.toBeNull();
  });

  test('once for acr_values that another login can have, and is no error where it has not [Core 5.5.1.1]', async () => {
    await signIn();
    expect((await next({ acr_values: ['1', 'mfa'] })).code_expires_at).not.toBeNull();
    expect((await next({ acr_values: ['mfa'] })).code_expires_at).not.toBeNull();
    await set({ acr_values_supported: ['1', 'mfa'] });
    expect((await next({ acr_values: ['mfa'], prompt: ['none'] })).code_expires_at).not.toBeNull();
    const flow = await begin(world, browser, client, { acr_values: ['mfa'] });
    expect(flow.row.next).toBe('login');
    await login(world, flow, ada);
    expect((await proceed(world, flow)).code_expires_at).not.toBeNull();
    await set({ acr_values_supported: ['1'] });
  });

  test('for the default_acr_values of the client, where the request does not say [Registration 2]', async () => {
    await signIn();
    await set({ acr_values_supported: ['1', 'mfa'] });
    await world.database.sql`
      update pgrant.clients set default_acr_values = '{mfa}' where client_id = ${client.client_id}`;
    expect((await next({})).next).toBe('login');
    expect((await next({ acr_values: ['1'] })).code_expires_at).not.toBeNull();
    await set({ acr_values_supported: ['1'] });
  });

  test('after max_age, counted from the request, and auth_time moves [Core 3.1.2.1]', async () => {
    await signIn();
    expect((await next({ max_age: 10_000 })).code_expires_at).not.toBeNull();
    await ageSession(100);
    expect((await next({ max_age: 10_000 })).code_expires_at).not.toBeNull();
    expect((await next({ max_age: 60, prompt: ['none'] })).response_error).toBe('login_required');
    const flow = await begin(world, browser, client, { max_age: 0 });
    expect(flow.row.next).toBe('login');
    const before = Math.floor(Date.now() / 1000) - 5;
    await login(world, flow, ada);
    const { code_expires_at } = await proceed(world, flow);
    const code = { code_hash: flow.code_hash, code_expires_at: code_expires_at ?? 0 };
    expect((await redeem(world, client, code)).row.auth_time).toBeGreaterThan(before);
  });

  test('where id_token_hint names another person', async () => {
    await signIn();
    const silent = { prompt: ['none'] };
    expect((await next({ ...silent, hint_sub: ada.user_id })).code_expires_at).not.toBeNull();
    expect((await next({ ...silent, hint_sub: bob.user_id })).response_error).toBe(
      'login_required',
    );
    expect((await next({ hint_sub: bob.user_id })).next).toBe('login');
    expect((await next({ hint_sub: 'not-a-uuid' })).next).toBe('login');
  });

  test('and not met by a person whom the hint does not name', async () => {
    const flow = await begin(world, browser, client, { hint_sub: ada.user_id });
    await login(world, flow, bob);
    expect((await proceed(world, flow)).next).toBe('login');
    expect((await decide(world, flow)).code_expires_at).toBeNull();
  });
});
