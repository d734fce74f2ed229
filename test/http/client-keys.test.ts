// Keys at a jwks_uri: fetched when they are due, shared by all processes, and never too often.
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, startAcme } from '../support/acme.ts';
import { addClient, postTo, startServer } from '../support/issuer.ts';
import {
  asserted,
  makeKey,
  type SigningKey,
  sign,
  signer,
  startKeyHost,
} from '../support/signing.ts';

let acme: Acme;
/** Two processes of the same server. */
let origins: string[];

beforeAll(async () => {
  acme = await startAcme();
  origins = [acme.origin, (await startServer(acme.database)).origin];
});

/** A client of its own with a host of its own, which publishes these keys. */
async function start(name: string, ...keys: SigningKey[]) {
  const host = await startKeyHost();
  host.publish(...keys);
  await addClient(acme.database, acme.tenant, name, signer({ jwks_uri: host.url }));
  return { name, host };
}

/** Asks the nth process for a token; gives the status. */
async function ask({ name }: { name: string }, key: SigningKey, process = 0, change = {}) {
  const assertion = await sign(key, name, acme.issuer, change);
  const body = { grant_type: 'client_credentials', ...asserted(assertion) };
  return postTo(origins[process % 2] ?? '', acme.issuer, body);
}

/** Lets time pass for the keys of a client. */
async function age({ name }: { name: string }, interval: string) {
  await acme.database.sql`
    update pgrant.client_key_sets
       set claimed_at = claimed_at - ${interval}::interval, settled_at = settled_at - ${interval}::interval,
           fetched_at = fetched_at - ${interval}::interval, fresh_until = fresh_until - ${interval}::interval
     where client_id = ${name}`;
  // What processes hold says until when: a process that starts holds nothing.
  origins = await Promise.all(origins.map(async () => (await startServer(acme.database)).origin));
}

async function stored({ name }: { name: string }) {
  const [row] = await acme.database.sql`
    select *, extract(epoch from fresh_until - settled_at)::int as lifetime
      from pgrant.client_key_sets where client_id = ${name}`;
  return row;
}

describe('keys at a jwks_uri [RFC 7591 2]', () => {
  test('are fetched once for all processes, and again for a kid that is not there', async () => {
    const [old, next] = [await makeKey('ES256'), await makeKey('RS256')];
    const client = await start('rotating', old);
    expect(await Promise.all([0, 1, 0, 1].map((n) => ask(client, old, n)))).toEqual([
      200, 200, 200, 200,
    ]);
    expect(client.host.asked).toBe(1);
    client.host.publish(next);
    expect(await ask(client, next, 1)).toBe(401);
    expect(client.host.asked).toBe(1);
    await age(client, '31 seconds');
    expect(await Promise.all([0, 1, 0, 1].map((n) => ask(client, next, n)))).toEqual([
      200, 200, 200, 200,
    ]);
    expect(client.host.asked).toBe(2);
    expect([await ask(client, old, 0), await ask(client, old, 1)]).toEqual([401, 401]);
  });

  test('without kid are found by trying, and fetched again where none fits', async () => {
    const [old, next] = [await makeKey(), await makeKey()];
    const client = await start('nameless', old);
    const nameless = { header: { kid: undefined } };
    expect(await ask(client, old, 0, nameless)).toBe(200);
    client.host.publish(next);
    await age(client, '31 seconds');
    expect(await ask(client, next, 0, nameless)).toBe(200);
  });

  test('a flood of unknown kids makes one request in 30 seconds, whatever process it comes to', async () => {
    const key = await makeKey();
    const client = await start('flooded', key);
    expect(await ask(client, key)).toBe(200);
    await age(client, '31 seconds');
    const flood = () =>
      Promise.all(
        Array.from({ length: 60 }, (_, n) => ask(client, key, n, { header: { kid: `kid-${n}` } })),
      );
    client.host.delay = 300;
    expect(new Set(await flood())).toEqual(new Set([401]));
    expect(new Set(await flood())).toEqual(new Set([401]));
    expect(client.host.asked).toBe(2);
    await age(client, '25 seconds');
    expect(new Set(await flood())).toEqual(new Set([401]));
    expect(client.host.asked).toBe(2);
    expect(await ask(client, key)).toBe(200);
  });

  test('the key that a slow host is asked for is waited for by every process', async () => {
    const key = await makeKey();
    const client = await start('slow', key);
    client.host.delay = 700;
    expect(await Promise.all([0, 1, 0, 1].map((n) => ask(client, key, n)))).toEqual([
      200, 200, 200, 200,
    ]);
    expect(client.host.asked).toBe(1);
  });

  test('while the host is down the old copy is good, and no failure takes its place', async () => {
    const [old, next] = [await makeKey(), await makeKey()];
    const client = await start('patient', old);
    expect(await ask(client, old)).toBe(200);
    for (const [status, body] of [
      [503, { keys: [] }],
      [404, {}],
      [200, 'nothing'],
      [200, { keys: 'none' }],
      [200, { keys: Array(200).fill(old.jwk) }],
    ] as const) {
      await age(client, '2 days');
      const { asked } = client.host;
      Object.assign(client.host, { status, body });
      expect([await ask(client, old, 0), await ask(client, old, 1)]).toEqual([200, 200]);
      expect(client.host.asked).toBe(asked + 1);
      expect(await stored(client)).toMatchObject({
        last_error: expect.stringContaining(client.host.url),
        lifetime: 60,
      });
      expect(await ask(client, next)).toBe(401);
    }
    await age(client, '2 days');
    Object.assign(client.host, { status: 200 }).publish(next);
    expect([await ask(client, old), await ask(client, next)]).toEqual([401, 200]);
    expect(await stored(client)).toMatchObject({ last_error: null });
  });

  test('a set without keys takes them all away', async () => {
    const key = await makeKey();
    const client = await start('withdrawn', key);
    expect(await ask(client, key)).toBe(200);
    await age(client, '2 days');
    client.host.publish();
    expect(await ask(client, key)).toBe(401);
  });

  test.each([
    [{ 'cache-control': 'public, max-age=3600' }, 3600],
    [{ 'cache-control': 'max-age=3600', age: '600' }, 3000],
    [{ 'cache-control': 'max-age=1' }, 60],
    [{ 'cache-control': 'no-store' }, 60],
    [{ 'cache-control': 'private, no-cache, max-age=3600' }, 60],
    [{ 'cache-control': 'max-age=31536000' }, 86_400],
    [{ expires: 'Thu, 01 Jan 1970 00:00:00 GMT' }, 60],
    [{ expires: 'in two hours' }, 7200],
    [{}, 300],
  ])(
    'with %j they are good for %i seconds, and then asked for again [RFC 9111 4.2]',
    async (headers, lifetime) => {
      const key = await makeKey();
      const client = await start(`cached-${JSON.stringify(headers).replaceAll(' ', '')}`, key);
      const at = new Date(Date.now() + 7_200_000).toUTCString();
      client.host.headers = JSON.parse(JSON.stringify(headers).replace('in two hours', at));
      expect(await ask(client, key)).toBe(200);
      expect(Math.abs((await stored(client))?.lifetime - lifetime)).toBeLessThan(5);
      await age(client, `${lifetime - 10} seconds`);
      expect(await ask(client, key)).toBe(200);
      expect(client.host.asked).toBe(1);
      await age(client, '20 seconds');
      expect(await ask(client, key)).toBe(200);
      expect(client.host.asked).toBe(2);
    },
  );

  test('of another address are fetched from there, and the old ones are good no more', async () => {
    const [old, next] = [await makeKey(), await makeKey()];
    const client = await start('mover', old);
    expect(await ask(client, old)).toBe(200);
    const host = await startKeyHost();
    host.publish(next);
    const settings = { jwks_uri: host.url };
    await call(acme.database.worker, ops.client_set, {
      tenant: acme.tenant,
      client_id: 'mover',
      settings,
    });
    expect([await ask(client, old, 0), await ask(client, old, 1)]).toEqual([401, 401]);
    await age(client, '31 seconds');
    expect([await ask(client, next), await ask(client, old)]).toEqual([200, 401]);
    expect([client.host.asked, host.asked]).toEqual([1, 1]);
  });

  test('which no client may sign by are left out; private ones are not even stored', async () => {
    const [good, leaked, weak] = [await makeKey(), await makeKey(), await makeKey('ES384')];
    const { exportJWK } = await import('jose');
    const client = await start('mixed');
    const keys = [
      { ...(await exportJWK(leaked.privateKey)), kid: leaked.kid },
      weak.jwk,
      { kty: 'oct', k: 'c2VjcmV0', kid: 'oct' },
      { kty: '__proto__' },
      { ...good.jwk, use: 'enc', kid: 'enc' },
      { ...good.jwk, x: 'AAAA', kid: 'nowhere' },
      { ...good.jwk, x5c: ['MIIB'], use: 'sig' },
      null,
    ];
    client.host.body = { keys };
    expect([await ask(client, good), await ask(client, leaked)]).toEqual([200, 401]);
    const { x5c: _, ...rest } = { ...good.jwk, x5c: 0 };
    expect((await stored(client))?.jwks).toEqual({ keys: [rest] });
    expect(client.host.asked).toBe(1);
  });

  test('on a loopback address are fetched by a server on one only', async () => {
    const key = await makeKey();
    const client = await start('local', key);
    const settings = { publicUrl: 'https://id.example' };
    const [origin] = [(await startServer(acme.database, settings)).origin];
    const assertion = await sign(key, 'local', acme.issuer);
    const body = { grant_type: 'client_credentials', ...asserted(assertion) };
    const { hostname } = new URL(acme.issuer);
    expect(hostname).toBe('127.0.0.1');
    expect(await postTo(origin, acme.issuer, body)).toBe(401);
    expect(client.host.asked).toBe(0);
    expect(await stored(client)).toMatchObject({
      last_error: expect.stringContaining('not an https address'),
    });
  });
});

test('what an operator sees: since when, and what went wrong', async () => {
  const client = await start('shown');
  Object.assign(client.host, { status: 500 });
  await ask(client, await makeKey());
  const { client_show } = await call(acme.database.worker, ops.client_show, {
    tenant: acme.tenant,
    client_id: 'shown',
  });
  expect(client_show).toMatchObject({
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: client.host.url,
    jwks_fetched_at: null,
    jwks_last_error: `${client.host.url}: status 500`,
  });
  const [row] = await acme.database.sql`
    select error, reason from pgrant.audit_events where action = 'client_keys.store' and client_id = 'shown'`;
  expect(row).toMatchObject({
    error: 'temporarily_unavailable',
    reason: expect.stringContaining('500'),
  });
});
