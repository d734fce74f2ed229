// An API whose issuer is down. The issuer is one of its own: a key, a JWK set and an introspection endpoint.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { createResource, type ResourceOptions } from 'pgrant/resource';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const resource = 'https://api.example.com/mcp';
const minutes = 60_000;

type Key = { kid: string; publicKey: JWK; privateKey: CryptoKey };
let issuer: string;
let server: Server;
/** What the issuer answers; undefined cuts the connection. */
let jwks: { status: number; keys: JWK[] } | undefined;
let introspected: { status: number; body: unknown } | undefined;
let fetched = 0;

async function makeKey(kid: string): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { kid, privateKey, publicKey: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' } };
}

function sign({ kid, privateKey }: Key): Promise<string> {
  return new SignJWT({ scope: 'tools', client_id: 'web' })
    .setProtectedHeader({ alg: 'ES256', kid, typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(resource)
    .setSubject('ada')
    .setExpirationTime('7d')
    .sign(privateKey);
}

beforeEach(async () => {
  fetched = 0;
  server = createServer((request, response) => {
    const isKeys = request.url === '/oauth/jwks.json';
    if (isKeys) fetched += 1;
    const [status, body] = isKeys
      ? [jwks?.status, { keys: jwks?.keys }]
      : [introspected?.status, introspected?.body];
    if (status === undefined) request.socket.destroy();
    else response.writeHead(status).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.useFakeTimers({ toFake: ['Date'] });
});

afterEach(() => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
});

function api(options: Partial<ResourceOptions> = {}) {
  const { authorize } = createResource({ issuer, resource, ...options });
  /** The status that a token gets. */
  return async (token: string) => {
    try {
      await authorize(`Bearer ${token}`, ['tools']);
      return 200;
    } catch (error) {
      const { answer } = error as { answer?: { status: number } };
      if (!answer) throw error;
      return answer.status;
    }
  };
}

const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

const outages: [string, typeof jwks][] = [
  ['cuts connections', undefined],
  ['answers 503', { status: 503, keys: [] }],
  ['answers no key set', { status: 200, keys: 'none' as unknown as JWK[] }],
];

describe.each(outages)('an issuer whose JWK set %s', (_, outage) => {
  test('is 503 with Retry-After and no challenge, where no key is known yet', async () => {
    jwks = outage;
    const { authorize } = createResource({ issuer, resource });
    const refused = authorize(`Bearer ${await sign(await makeKey('one'))}`);
    await expect(refused).rejects.toMatchObject({
      error: 'temporarily_unavailable',
      challenge: undefined,
      answer: {
        status: 503,
        headers: { 'Retry-After': '5', 'Cache-Control': 'no-store' },
        body: '{"error":"temporarily_unavailable"}',
      },
    });
  });

  test('leaves the keys that are known good for a day, and not for longer', async () => {
    const one = await makeKey('one');
    jwks = { status: 200, keys: [one.publicKey] };
    const ask = api();
    const token = await sign(one);
    expect(await ask(token)).toBe(200);
    jwks = outage;
    for (const wait of [11 * minutes, 60 * minutes, 22 * 60 * minutes]) {
      pass(wait);
      expect(await ask(token)).toBe(200);
    }
    pass(60 * minutes);
    expect(await ask(token)).toBe(503);
  });

  test('is 503 for a key that may be a new one, and 200 once the issuer is back', async () => {
    const [one, two] = [await makeKey('one'), await makeKey('two')];
    jwks = { status: 200, keys: [one.publicKey] };
    const ask = api();
    expect(await ask(await sign(one))).toBe(200);
    jwks = outage;
    pass(minutes);
    expect(await ask(await sign(two))).toBe(503);
    expect(await ask(await sign(one))).toBe(200);
    jwks = { status: 200, keys: [one.publicKey, two.publicKey] };
    pass(minutes);
    expect(await ask(await sign(two))).toBe(200);
  });
});

test('a key that the issuer has not is 401, and does not make one fetch for each token', async () => {
  const [one, two] = [await makeKey('one'), await makeKey('two')];
  jwks = { status: 200, keys: [one.publicKey] };
  const ask = api();
  const token = await sign(two);
  expect([await ask(token), await ask(token), await ask(token)]).toEqual([401, 401, 401]);
  expect(fetched).toBe(1);
});

test('a key that the issuer has taken back is bad as soon as the set is fetched again', async () => {
  const [one, two] = [await makeKey('one'), await makeKey('two')];
  jwks = { status: 200, keys: [one.publicKey] };
  const ask = api();
  const token = await sign(one);
  expect(await ask(token)).toBe(200);
  jwks = { status: 200, keys: [two.publicKey] };
  pass(11 * minutes);
  expect(await ask(token)).toBe(401);
});

test('requests that come while the keys are fetched wait for them', async () => {
  const one = await makeKey('one');
  jwks = { status: 200, keys: [one.publicKey] };
  const ask = api();
  const token = await sign(one);
  expect(await Promise.all([ask(token), ask(token), ask(token)])).toEqual([200, 200, 200]);
  expect(fetched).toBe(1);
});

describe('introspection', () => {
  const introspection = { client_id: 'api', client_secret: 'secret' };
  const good = { status: 200, body: { active: true, aud: resource, scope: 'tools', sub: 'ada' } };

  test.each([undefined, 500, 503, 429])('that answers %s is 503', async (status) => {
    introspected = status === undefined ? undefined : { status, body: {} };
    expect(await api({ introspection })('opaque')).toBe(503);
  });

  test('that answers no JSON is 503', async () => {
    introspected = { status: 200, body: undefined };
    expect(await api({ introspection })('opaque')).toBe(503);
  });

  test('that is down leaves a token good that was introspected just now, for cacheSeconds', async () => {
    introspected = good;
    const ask = api({ introspection, cacheSeconds: 600 });
    expect(await ask('opaque')).toBe(200);
    introspected = undefined;
    expect(await ask('opaque')).toBe(200);
    expect(await ask('another')).toBe(503);
  });

  test.each([401, 403, 307])(
    'that answers %s is a fault of the API itself, and thrown',
    async (status) => {
      introspected = { status, body: {} };
      await expect(api({ introspection })('opaque')).rejects.toThrow(`answered ${status}`);
    },
  );
});
