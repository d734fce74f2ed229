// RFC 6585 4: what one address may have of the endpoints, and who else notices.
import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { addClient, addTenant, addUser, type Client, startServer } from '../support/issuer.ts';

const limit = 4;
let database: TestDatabase;
let server: Awaited<ReturnType<typeof startServer>>;
let calls: string[];
let tenant: string;
let issuer: string;
let machine: Client;
let count = 0;

beforeAll(async () => {
  database = await createDatabase({ pool: 5 });
  const observed = { ...database, web: { ...database.web } };
  const { query } = observed.web;
  observed.web.query = (text, values) => {
    calls.push(text);
    return query(text, values);
  };
  server = await startServer(observed, { trustsProxy: () => true });
});

beforeEach(async () => {
  calls = [];
  ({ tenant, issuer } = await addTenant(database, server.origin, `acme-${++count}`));
  machine = await addClient(database, tenant, 'machine', { grant_types: ['client_credentials'] });
  await set({ refusal_limit: limit, registration: 'open', ...product });
  // What is counted here is counted within a minute.
  const rest = 60 - new Date().getSeconds();
  if (rest < 10) await sleep(rest * 1000);
});

/** A product that signs people in, so that it may send assertions. */
const product = {
  login_url: 'https://product.example/login',
  login_issuer: 'https://product.example',
  login_jwks: {
    keys: [generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })],
  },
};

const set = (settings: object) =>
  callAll(database.worker, ops.tenant_set, { tenant, settings: settings as never });

type Sent = { method?: string; headers?: Record<string, string>; body?: string | URLSearchParams };

function send(path: string, { headers, ...sent }: Sent = {}, address = '192.0.2.1') {
  return fetch(`${issuer}/oauth/${path}`, {
    method: 'POST',
    redirect: 'manual',
    ...sent,
    headers: { 'x-forwarded-for': address, ...headers },
  });
}

const form = (values: Record<string, string>): Sent => ({ body: new URLSearchParams(values) });
const token = ({ client_id, client_secret }: Client, address?: string) =>
  send('token', form({ grant_type: 'client_credentials', client_id, client_secret }), address);
const nobody = { client_id: 'nobody', client_secret: 'wrong' };
const login_assertion = `${btoa('{"alg":"ES256"}')}.${btoa('{}')}.x`.replaceAll('=', '');

/** An id that registration might have given, and has not. */
const stranger = 'dc-00000000-0000-4000-8000-000000000000';

const refused: [string, number, () => Promise<Response>][] = [
  ['token', 401, () => token(nobody)],
  ['introspect', 401, () => send('introspect', form({ ...nobody, token: 'x' }))],
  ['revoke', 401, () => send('revoke', form({ ...nobody, token: 'x' }))],
  ['userinfo', 401, () => send('userinfo', { headers: { authorization: 'Bearer nonsense' } })],
  ['register', 400, () => send('register', json({ software_statement: login_assertion }))],
  [
    'register/{client_id}',
    401,
    () => send(`register/${stranger}`, { method: 'GET', headers: { authorization: 'Bearer x' } }),
  ],
  ['login/accept', 401, () => send('login/accept', form({ assertion: login_assertion }))],
  ['authorize', 400, () => send('authorize', form({ client_id: 'nobody', response_type: 'code' }))],
];

function json(body: object): Sent {
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

describe('beyond refusal_limit', () => {
  test.each(refused)(
    '%s answers 429 in place of %i, and says when to come back',
    async (_path, status, ask) => {
      for (let n = 0; n < limit; n++) expect((await ask()).status).toBe(status);
      const response = await ask();
      expect(response.status).toBe(429);
      // RFC 6750 3.1: it is no fault of the credentials.
      expect(response.headers.get('www-authenticate')).toBeNull();
      const wait = Number(response.headers.get('retry-after'));
      expect(wait).toBeGreaterThanOrEqual(1);
      expect(wait).toBeLessThanOrEqual(60);
      expect(await response.json()).toMatchObject({ error: 'temporarily_unavailable' });
    },
  );

  test('what is good is still granted to the same address, and all to others', async () => {
    for (let n = 0; n < 3 * limit; n++) await token(nobody);
    expect((await token(nobody)).status).toBe(429);
    expect((await token(machine)).status).toBe(200);
    expect((await token(nobody, '192.0.2.2')).status).toBe(401);
  });

  test('a person reads a page', async () => {
    const ask = () =>
      send('authorize', {
        ...form({ client_id: 'nobody', response_type: 'code' }),
        headers: { accept: 'text/html' },
      });
    for (let n = 0; n < limit; n++) await ask();
    const response = await ask();
    expect(response.status).toBe(429);
    expect(await response.text()).toContain('Too many attempts');
  });

  test('a trusted network is told what is wrong as ever', async () => {
    await set({ trusted_networks: ['192.0.2.0/24'] });
    for (let n = 0; n < 3 * limit; n++) expect((await token(nobody)).status).toBe(401);
  });
});

describe('an address that floods a tenant', () => {
  test('costs the database nothing until the minute is over, and the neighbour goes on', async () => {
    for (let n = 0; n <= 10 * limit; n++) await token(nobody);
    calls = [];
    for (const [, , ask] of refused) {
      const response = await ask();
      expect(response.status).toBe(429);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect((await token(machine)).status).toBe(429);
    const waiting = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'tv' };
    for (const answer of [
      await send('token', form({ ...waiting, device_code: 'x' })),
      await send('device_authorization', form({ client_id: 'tv' })),
    ]) {
      expect([answer.status, (await answer.json()) as object]).toEqual([
        400,
        expect.objectContaining({ error: 'slow_down' }),
      ]);
    }
    expect(calls).toEqual([]);
    expect((await token(machine, '192.0.2.2')).status).toBe(200);
    const flooded = issuer;
    ({ tenant, issuer } = await addTenant(database, server.origin, `quiet-${count}`));
    expect((await token(nobody)).status).toBe(401);
    // Metadata and keys are for everybody.
    const headers = { 'x-forwarded-for': '192.0.2.1' };
    expect((await fetch(`${flooded}/oauth/jwks.json`, { headers })).status).toBe(200);
  });

  test('from an IPv6 network of 64 bits is one address', async () => {
    for (let n = 0; n <= 10 * limit; n++) await token(nobody, `2001:db8:0:1::${n.toString(16)}`);
    calls = [];
    expect((await token(machine, '2001:db8:0:1:ffff::1')).status).toBe(429);
    expect(calls).toEqual([]);
    expect((await token(machine, '2001:db8:0:2::1')).status).toBe(200);
  });
});

describe('a sign-in', () => {
  test('for an unknown request is refused by the first call, before anything is derived', async () => {
    await addUser(database, tenant, 'ada', 'correct horse');
    calls = [];
    const request = `pgrant_req_${'x'.repeat(43)}`;
    const response = await send('login', form({ request, username: 'ada', password: 'wrong' }));
    expect(response.status).toBe(400);
    expect(calls.filter((text) => text.includes('login_finish'))).toEqual([]);
  });

  test('that is begun too often is a page, and not a redirect', async () => {
    await set({ authorization_rate: 2 });
    const app = await addClient(database, tenant, 'app', {
      redirect_uris: ['https://app.example/cb'],
    });
    const query = new URLSearchParams({
      client_id: app.client_id,
      redirect_uri: 'https://app.example/cb',
      response_type: 'code',
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    const ask = (extra = '') => send(`authorize?${query}${extra}`, { method: 'GET' });
    expect((await ask()).status).toBe(303);
    expect((await ask()).status).toBe(303);
    expect((await ask()).status).toBe(429);
    expect((await ask('&prompt=none')).headers.get('location')).toBeNull();
  });

  test.each([
    ['state', 2_049],
    ['nonce', 513],
    ['login_hint', 513],
    ['acr_values', 513],
    ['ui_locales', 513],
    ['claims', 4_097],
  ])('with a %s of %i characters is invalid_request, and stores nothing', async (name, length) => {
    const app = await addClient(database, tenant, 'app', {
      redirect_uris: ['https://app.example/cb'],
    });
    const query = new URLSearchParams({
      client_id: app.client_id,
      redirect_uri: 'https://app.example/cb',
      response_type: 'code',
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    const fit =
      name === 'claims'
        ? `{"userinfo":{"${'a'.repeat(length - 23)}":null}}`
        : 'a'.repeat(length - 1);
    const stored = async (value: string) => {
      query.set(name, value);
      const response = await send(`authorize?${query}`, { method: 'GET' });
      const location = new URL(response.headers.get('location') ?? '', issuer);
      return location.searchParams.get('error') ?? location.pathname.split('/').at(-1);
    };
    expect(await stored(fit)).toBe('continue');
    expect(await stored('a'.repeat(length))).toBe('invalid_request');
    const [row] = await database.sql`
      select count(*)::int from pgrant.authorization_requests where tenant_id = ${tenant}`;
    expect(row?.count).toBe(1);
  });
});
