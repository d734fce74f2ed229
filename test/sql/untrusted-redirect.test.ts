// Whoever may register a client gets no open redirector by it: errors go to nobody unasked (RFC 9700 4.11.2).
import { beforeAll, describe, expect, test } from 'vitest';
import { type ApiAuthorization, api, ops } from '../../src/db/bindings.ts';
import { client as document, store } from '../support/documents.ts';
import {
  ask,
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  redirect_uri,
  secret,
  type User,
  type World,
} from '../support/fixtures.ts';
import { begin, decide, login, newBrowser, obtainCode, proceed } from '../support/flows.ts';
import { configure, machineToken, publicClient, register } from '../support/self-registered.ts';

let world: World;
let ada: User;
let bob: User;

beforeAll(async () => {
  world = await makeWorld();
  ada = await makeUser(world, 'ada');
  bob = await makeUser(world, 'bob');
  await configure(world, {
    registration: 'open',
    registration_rate: 1_000_000,
    client_documents: 'open',
  });
  await store(world);
});

/** Each way to an error that the person has not decided. */
const errors: [string, object, string][] = [
  ['prompt=none', { prompt: ['none'], scopes: ['openid', 'profile'] }, '_required'],
  ['an unknown scope', { scopes: ['nothing'] }, 'invalid_scope'],
  ['no code_challenge', { code_challenge: null }, 'invalid_request'],
  ['an error of the parameters', { error: 'request_not_supported' }, 'request_not_supported'],
  ['an unknown resource', { resources: ['https://nothing.example'] }, 'invalid_target'],
];

const known: [string, () => Promise<Client>][] = [
  ['registered itself', async () => (await register(world)).client],
  [
    'registered itself with an initial access token',
    async () => (await register(world, {}, await machineToken(world, ['openid']))).client,
  ],
  ['came from a document', async () => document],
];

beforeAll(async () => {
  await operate(world, ops.resource_set, {
    resource: 'https://api.example.com/',
    title: 'API',
  } as never);
});

const answer = async (browser: ReturnType<typeof newBrowser>, client: Client, more: object) =>
  (await begin(world, browser, client, more as never)).row;

const shown = (row: ApiAuthorization) => ({
  next: row.next,
  untrusted: row.untrusted,
  page: row.page,
});

describe.each(known)('to a client that %s', (_, make) => {
  test.each(errors)(
    'the error of %s is shown first, to somebody who has not allowed it',
    async (_, more, error) => {
      const client = await make();
      const page = { client_id: client.client_id, client_name: expect.any(String) };
      const browser = newBrowser();
      const stranger = await answer(browser, client, more);
      expect(stranger.response_error).toContain(error);
      expect(shown(stranger)).toEqual({
        next: 'respond',
        untrusted: true,
        page: expect.objectContaining(page),
      });
      // Somebody who is signed in for another client is no other than somebody who is not.
      await obtainCode(world, browser, await makeClient(world, crypto.randomUUID()), bob);
      expect(shown(await answer(browser, client, more)).untrusted).toBe(true);
    },
  );

  test.each(errors)('the error of %s is sent to somebody who has', async (_, more, error) => {
    const client = await make();
    const browser = newBrowser();
    await obtainCode(world, browser, client, ada);
    const row = await answer(browser, client, more);
    expect(row.response_error).toContain(error);
    expect(shown(row)).toEqual({ next: 'respond', untrusted: false, page: null });
    // Another browser, and the same one after the consent was taken back, are strangers again.
    expect((await answer(newBrowser(), client, more)).untrusted).toBe(true);
    const grants = await world.database.sql`
      select grant_id from pgrant.grants where client_id = ${client.client_id} and revoked_at is null`;
    for (const { grant_id } of grants) await operate(world, ops.grant_revoke, { grant_id });
    expect((await answer(browser, client, more)).untrusted).toBe(true);
  });
});

test('what a person decides on the page that named the client is sent', async () => {
  const { client } = await register(world);
  const flow = await begin(world, newBrowser(), client);
  await login(world, flow, bob);
  expect((await proceed(world, flow)).next).toBe('consent');
  const denied = await decide(world, flow, false);
  expect(denied).toMatchObject({ response_error: 'access_denied', untrusted: null });
});

test('an error that turns up when the browser comes back by GET is shown first too', async () => {
  const { client } = await register(world);
  const flow = await begin(world, newBrowser(), client, { browser_hash: null, prompt: ['none'] });
  expect(flow.row.next).toBe('continue');
  const row = await proceed(world, { ...flow, browser: newBrowser() });
  expect(row).toMatchObject({ response_error: 'login_required', untrusted: true });
});

test('an error after signing in is shown first too: nobody has seen where it leads', async () => {
  await operate(world, ops.role_add, { role: 'editor', title: 'Edit' } as never);
  const { client } = await register(world);
  const flow = await begin(world, newBrowser(), client, { scopes: ['editor'] });
  await login(world, flow, bob);
  expect(await proceed(world, flow)).toMatchObject({
    response_error: 'invalid_scope',
    untrusted: true,
  });
});

test('who allowed a client is a stranger to it once it has another name or another redirect URI', async () => {
  const { client, registration_hash } = await register(world, { name: 'Fern' });
  const browser = newBrowser();
  await obtainCode(world, browser, client, ada);
  expect((await answer(browser, client, { scopes: ['nothing'] })).untrusted).toBe(false);
  await ask(world, api.registration_replace, {
    registered_id: client.client_id,
    registration_hash,
    metadata: {
      ...publicClient,
      name: 'Fern',
      redirect_uris: [redirect_uri, 'https://other.example'],
    } as never,
    next_secret_hash: secret(),
  });
  const row = await answer(browser, client, {
    scopes: ['nothing'],
    redirect_uri: 'https://other.example',
  });
  expect(row.untrusted).toBe(true);
});

test.each(errors)(
  'an operator vouches: the error of %s is sent at once [RFC 6749 4.1.2.1]',
  async (_, more, error) => {
    const client = await makeClient(world, crypto.randomUUID(), {
      token_endpoint_auth_method: 'none',
    });
    const row = await answer(newBrowser(), client, more);
    expect(row).toMatchObject({ next: 'respond', untrusted: false });
    expect(row.response_error).toContain(error);
    const { client: own } = await register(world);
    const settings = { consent: 'never' } as never;
    await operate(world, ops.client_set, { client_id: own.client_id, settings });
    expect((await answer(newBrowser(), own, more)).untrusted).toBe(false);
  },
);

describe('a logout by a link that somebody sends around [RFC 9700 4.11.2]', () => {
  const goodbye = 'https://app.example/goodbye';
  const leave = (client_id: string, browser = newBrowser()) => {
    const { session_hash, session_expires_at, csrf_hash } = browser;
    const named = { hint_sub: ada.user_id, hint_client_id: client_id };
    const asked = { ...named, session_hash, session_expires_at, post_logout_redirect_uri: goodbye };
    const ending = (more = {}) => ask(world, api.session_logout, { ...asked, ...more });
    return { ending, confirmed: () => ending({ csrf_hash }) };
  };
  const own = async () => {
    const { client } = await register(world, { post_logout_redirect_uris: [goodbye] });
    const browser = newBrowser();
    await obtainCode(world, browser, client, ada);
    return { client_id: client.client_id, browser };
  };
  const led = (untrusted: boolean) => ({ next: 'redirect', redirect_uri: goodbye, untrusted });

  test('shows first where it leads, of a client that registered itself, to whoever is not signed in', async () => {
    const { client_id, browser } = await own();
    expect(await leave(client_id).ending()).toMatchObject(led(true));
    expect(await leave(client_id, browser).ending()).toMatchObject(led(false));
  });

  test('does so, too, to whoever has said that they sign out, and not where an operator vouches', async () => {
    const { client_id } = await own();
    const browser = newBrowser();
    const other = await makeClient(world, crypto.randomUUID(), {
      post_logout_redirect_uris: [goodbye],
    });
    await obtainCode(world, browser, other, bob);
    expect(await leave(client_id, browser).ending()).toMatchObject({ next: 'confirm' });
    expect(await leave(client_id, browser).confirmed()).toMatchObject(led(true));
    expect(await leave(other.client_id).ending()).toMatchObject(led(false));
  });
});
