// What a verified signature is good for is decided here, whatever the web process holds.
import { randomBytes } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import {
  ask,
  auditOf,
  makeClient,
  makeTenant,
  makeWorld,
  operate,
  secret,
  type World,
} from '../support/fixtures.ts';
import { makeKey, type SigningKey, setOf, signer } from '../support/signing.ts';

let world: World;
let key: SigningKey;
let thumbprint: string;

beforeAll(async () => {
  world = await makeWorld(10);
  key = await makeKey();
  thumbprint = await calculateJwkThumbprint(key.jwk);
  await makeClient(world, 'robot', signer({ jwks: setOf(key) }));
});

const now = () => Math.floor(Date.now() / 1000);
const good = () => ({
  thumbprint,
  alg: 'ES256',
  audience: 'issuer',
  exp: now() + 60,
  jti_hash: randomBytes(32).toString('hex'),
});

/** Presents what the web process has verified. */
const issue = (assertion: object | null, more: object = {}, at = world) =>
  ask(at, api.client_credentials_issue, {
    client_id: 'robot',
    auth_method: 'private_key_jwt',
    assertion: assertion as never,
    access_hash: secret(),
    ...more,
  });

/** As if a jti had been used so long ago. */
const age = (jti_hash: string, by: string) => world.database.sql`
  update pgrant.client_assertions set expires_at = expires_at - ${by}::interval
   where jti_hash = ${Buffer.from(jti_hash, 'hex')}`;

describe('an assertion', () => {
  test('is good once', async () => {
    const assertion = good();
    expect((await issue(assertion)).error).toBeNull();
    expect(await issue(assertion)).toMatchObject({
      error: 'invalid_client',
      reason: 'assertion used before',
    });
  });

  test('is good once of twenty that come at once', async () => {
    const assertion = good();
    const rows = await Promise.all(Array.from({ length: 20 }, () => issue(assertion)));
    expect(rows.filter(({ error }) => error === null)).toHaveLength(1);
  });

  test('is used up by a request that is refused, and at every endpoint', async () => {
    const assertion = good();
    expect((await issue(assertion, { scope: 'nothing' })).error).toBe('invalid_scope');
    expect((await issue(assertion)).error).toBe('invalid_client');
    const asked = { client_id: 'robot', auth_method: 'private_key_jwt' };
    for (const name of [
      'token_introspect',
      'token_revoke',
      'code_redeem',
      'refresh_rotate',
    ] as const) {
      const row = await ask(world, api[name] as never, { ...asked, assertion } as never);
      expect(row, name).toMatchObject({ error: 'invalid_client' });
    }
  });

  test('is good once, whatever its exp, of twenty with twenty at once too [RFC 7523 3]', async () => {
    const assertion = good();
    const others = Array.from({ length: 20 }, (_, at) => ({ ...assertion, exp: now() + 60 + at }));
    const rows = await Promise.all(others.map((one) => issue(one)));
    expect(rows.filter(({ error }) => error === null)).toHaveLength(1);
    expect(await issue({ ...assertion, exp: now() + 500 })).toMatchObject({
      error: 'invalid_client',
      reason: 'assertion used before',
    });
  });

  test('is good once: its jti outlives it, until no other with the same could be good', async () => {
    const assertion = { ...good(), exp: now() - 25 };
    expect((await issue(assertion)).error).toBeNull();
    // As six minutes later: the first has expired, and another is good for four more.
    await age(assertion.jti_hash, '6 minutes');
    expect((await issue({ ...assertion, exp: now() + 240 })).reason).toBe('assertion used before');
    await age(assertion.jti_hash, '6 minutes');
    expect((await issue({ ...assertion, exp: now() + 60 })).error).toBeNull();
  });

  test('is remembered by the client that made it', async () => {
    const assertion = good();
    await makeClient(world, 'other', signer({ jwks: setOf(key) }));
    expect((await issue(assertion)).error).toBeNull();
    expect((await issue(assertion, { client_id: 'other' })).error).toBeNull();
  });

  test.each<[string, object | null, string]>([
    ['none', null, 'did not sign'],
    ['a fault', { fault: 'whatever it is' }, 'whatever it is'],
    ['a fault beside the rest', { ...good(), fault: 'whatever it is' }, 'whatever it is'],
    ['no key', { ...good(), thumbprint: null }, 'no more'],
    ['another key', { ...good(), thumbprint: 'x'.repeat(43) }, 'no more'],
    ['no audience', { ...good(), audience: null }, 'audience'],
    ['the token endpoint', { ...good(), audience: 'token_endpoint' }, 'audience'],
    ['no expiry', { ...good(), exp: null }, 'expired'],
    ['an expiry in the past', { ...good(), exp: now() - 31 }, 'expired'],
    ['an expiry in eleven minutes and a bit', { ...good(), exp: now() + 670 }, '10 minutes'],
  ])('of %s is refused, and recorded', async (_, assertion, reason) => {
    const sent = assertion && { ...(assertion as object) };
    if (sent && 'thumbprint' in sent && sent.thumbprint === undefined) sent.thumbprint = thumbprint;
    expect(await issue(sent)).toMatchObject({
      error: 'invalid_client',
      reason: expect.stringContaining(reason),
    });
    expect((await auditOf(world, 'client.authenticate')).at(-1)).toMatchObject({
      error: 'invalid_client',
      reason: expect.stringContaining(reason),
      client_id: 'robot',
    });
  });

  test('by another alg than the one that the client is registered for, or by none', async () => {
    const jwks = setOf(key);
    await makeClient(world, 'eddsa', signer({ jwks, token_endpoint_auth_signing_alg: 'EdDSA' }));
    for (const alg of ['ES256', null]) {
      expect((await issue({ ...good(), alg }, { client_id: 'eddsa' })).reason).toContain('alg');
    }
  });

  test('proves nothing for a client of another method, another name, or that is disabled', async () => {
    await makeClient(world, 'web', { grant_types: ['client_credentials'], redirect_uris: [] });
    await makeClient(world, 'gone', signer({ jwks: setOf(key) }));
    await operate(world, ops.client_disable, { client_id: 'gone', disabled: true });
    for (const client_id of ['web', 'gone', 'nobody']) {
      expect((await issue(good(), { client_id })).error, client_id).toBe('invalid_client');
    }
    for (const auth_method of ['client_secret_basic', 'none', null]) {
      const proof = { auth_method: auth_method as never, secret_hash: secret() };
      expect((await issue(good(), proof)).error, String(auth_method)).toBe('invalid_client');
    }
  });

  test('of a client of the same name at another tenant is by another key', async () => {
    const other = await makeTenant(world.database, 'bravo');
    const own = await makeKey();
    await makeClient(other, 'robot', signer({ jwks: setOf(own) }));
    expect((await issue(good(), {}, other)).error).toBe('invalid_client');
    const assertion = { ...good(), thumbprint: await calculateJwkThumbprint(own.jwk) };
    expect((await issue(assertion, {}, other)).error).toBeNull();
    expect((await issue(assertion)).error).toBe('invalid_client');
  });

  test('of a secret that a client had before it signed is worth nothing', async () => {
    const client = await makeClient(world, 'turned', {
      grant_types: ['client_credentials'],
      redirect_uris: [],
    });
    const settings = { token_endpoint_auth_method: 'private_key_jwt', jwks: setOf(key) } as never;
    await operate(world, ops.client_set, { client_id: 'turned', settings });
    expect((await issue(null, client)).error).toBe('invalid_client');
    expect((await issue(good(), { client_id: 'turned' })).error).toBeNull();
  });
});

describe('a jwks_uri', () => {
  const jwks_uri = 'https://robot.example/jwks.json';
  const keys = (client_id: string, claim: boolean) =>
    ask(world, api.client_keys, { client_id, claim });
  const store = (client_id: string, args: object) =>
    ask(world, api.client_keys_store, { client_id, jwks_uri, lifetime: 600, ...args });

  test('is fetched by one of twenty that want to, and nothing is stored that was not claimed', async () => {
    await makeClient(world, 'remote', signer({ jwks_uri }));
    const jwks = setOf(key) as never;
    expect((await store('remote', { jwks })).jwks).toBeNull();
    expect(await keys('remote', false)).toMatchObject({
      error: null,
      fetching: 'allowed',
      jwks: null,
    });
    const rows = await Promise.all(Array.from({ length: 20 }, () => keys('remote', true)));
    expect(rows.map(({ fetching }) => fetching).sort()).toEqual([
      'claimed',
      ...Array(19).fill('under_way'),
    ]);
    expect((await store('remote', { jwks, jwks_uri: `${jwks_uri}?` })).jwks).toBeNull();
    expect((await issue(good(), { client_id: 'remote' })).error).toBe('invalid_client');
    expect(await store('remote', { jwks })).toMatchObject({ error: null, jwks, fetching: null });
    expect((await issue(good(), { client_id: 'remote' })).error).toBeNull();
    expect((await store('remote', { jwks: { keys: [] } })).jwks).toEqual(jwks);
    expect((await keys('remote', true)).fetching).toBeNull();
  });

  test('of a client that is unknown, disabled or has none is nobody’s business', async () => {
    await makeClient(world, 'secretive');
    await makeClient(world, 'ended', signer({ jwks_uri }));
    await operate(world, ops.client_disable, { client_id: 'ended', disabled: true });
    for (const client_id of ['secretive', 'ended', 'nobody']) {
      expect(await keys(client_id, true)).toMatchObject({
        error: 'invalid_client',
        jwks_uri: null,
        fetching: null,
      });
    }
    const [row] = await world.database.sql`
      select count(*)::int as n from pgrant.client_key_sets where client_id in ('secretive', 'ended', 'nobody')`;
    expect(row?.n).toBe(0);
  });
});

describe('a client that signs', () => {
  test.each<[string, Record<string, unknown>]>([
    ['no key', {}],
    ['a private key', { jwks: { keys: [{ kty: 'EC', d: 'x' }] } }],
    ['a secret', { jwks: { keys: [{ kty: 'oct', k: 'x' }] } }],
    ['no set', { jwks: {} }],
    ['an empty set', { jwks: { keys: [] } }],
    ['keys that say nothing', { jwks: { keys: [{ kty: 'EC' }, { kty: 'OKP', crv: 'Ed25519' }] } }],
    ['a key of no kind', { jwks: { keys: [{ kty: 5 }] } }],
    ['no key at all in its set', { jwks: { keys: ['x'] } }],
    ['too many keys', { jwks: { keys: Array(21).fill({}) } }],
    ['too large a set', { jwks: { keys: [{ n: 'x'.repeat(21_000) }] } }],
    ['plain http', { jwks_uri: 'http://robot.example/jwks.json' }],
    ['two sources', { jwks: { keys: [] }, jwks_uri: 'https://robot.example/jwks.json' }],
    ['HS256', { jwks: { keys: [] }, token_endpoint_auth_signing_alg: 'HS256' }],
    ['any audience', { jwks: { keys: [] }, assertion_audience: 'any' }],
  ])('is not added with %s', async (_, keys) => {
    await expect(makeClient(world, 'bad', signer(keys))).rejects.toMatchObject({ code: 'OA003' });
  });

  test('is left no set without a key that verifies, and any other that has one', async () => {
    await makeClient(world, 'turning', signer({ jwks: setOf(key) }));
    const set = (jwks: object) =>
      operate(world, ops.client_set, { client_id: 'turning', settings: { jwks } as never });
    await expect(set({ keys: [{ kty: 'EC' }] })).rejects.toMatchObject({
      code: 'OA003',
      message: expect.stringMatching(
        /^jwks must be a JWK set with a public key for ES256, .*, Ed25519, not /,
      ),
    });
    for (const alg of ['ES256', 'RS256', 'PS256', 'EdDSA']) {
      const jwks = { keys: [{ kty: 'AKP' }, (await makeKey(alg)).jwk] };
      expect((await set(jwks)).client_set).toMatchObject({ jwks });
    }
  });

  test('is not added with a secret', async () => {
    const metadata = { name: 'both', ...signer({ jwks: setOf(key) }) } as never;
    const adding = operate(world, ops.client_add, {
      client_id: 'both',
      metadata,
      secret_hash: secret(),
    });
    await expect(adding).rejects.toMatchObject({ code: 'OA003' });
  });
});
