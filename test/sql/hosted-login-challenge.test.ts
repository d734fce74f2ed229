// Login challenges: answered once, by whoever may, and taken up once, by the browser that began.
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { auditOf, makeUser, operate, secret, type World } from '../support/fixtures.ts';
import { login, newBrowser } from '../support/flows.ts';
import { accept, handOver, makeProductTenant, resume } from '../support/login-challenge.ts';

let database: TestDatabase;
let world: World;
let other: World;

beforeAll(async () => {
  database = await createDatabase();
  world = await makeProductTenant(database, 'acme');
  other = await makeProductTenant(database, 'bravo');
});

describe('one and the same refusal', () => {
  const same = {
    error: 'expired_request',
    reason: 'login challenge unknown, expired or answered, or its request was',
    redirect_to: null,
  };

  test('for a challenge that is unknown, of another tenant, expired, answered, or whose request was', async () => {
    expect(
      await accept(world, { ...(await handOver(world)), challenge_hash: secret() }),
    ).toMatchObject(same);
    expect(await accept(world, await handOver(other))).toMatchObject(same);

    const expired = await handOver(world);
    await database.sql`update pgrant.login_challenges set expires_at = now() - interval '1 second'
                        where challenge_hash = ${expired.challenge_hash}`;
    expect(await accept(world, expired)).toMatchObject(same);

    const answered = await handOver(world);
    await accept(world, answered);
    expect(await accept(world, answered)).toMatchObject(same);
    const { error, reason } = same;
    expect(await auditOf(world, 'login.accept')).toContainEqual(
      expect.objectContaining({ error, reason }),
    );

    const [one, two] = await twice();
    const { verifier_hash } = await accept(world, one);
    await resume(world, one, verifier_hash);
    expect(await accept(world, two)).toMatchObject(same);
    const { challenge_hash } = two;
    expect(await operate(world, ops.login_show, { challenge_hash })).toMatchObject({
      error: same.error,
      client_id: null,
    });
    const rejected = await operate(world, ops.login_reject, {
      challenge_hash,
      verifier_hash: secret(),
    });
    expect(rejected).toMatchObject(same);
  });

  /** Two tabs of one browser with the same request. */
  async function twice() {
    const one = await handOver(world);
    await database.sql`
      insert into pgrant.login_challenges (tenant_id, challenge_hash, expires_at, request_hash, browser_hash)
      select tenant_id, sha256(challenge_hash), expires_at, request_hash, browser_hash
        from pgrant.login_challenges where challenge_hash = ${one.challenge_hash}`;
    const [row] = await database.sql`select sha256(${one.challenge_hash}::bytea) as hash`;
    return [one, { ...one, challenge_hash: row?.hash as Buffer }] as const;
  }

  test('for a browser that comes back twice, or is not the one that began', async () => {
    const challenge = await handOver(world);
    const { verifier_hash } = await accept(world, challenge);
    const stranger = { ...challenge, browser: newBrowser() };
    expect((await resume(world, stranger, verifier_hash)).error).toBe('expired_request');
    expect((await resume(world, challenge, secret())).error).toBe('expired_request');
    expect((await resume(other, challenge, verifier_hash)).error).toBe('expired_request');
    const [first, second] = await Promise.all([
      resume(world, challenge, verifier_hash),
      resume(world, { ...challenge, browser: { ...challenge.browser } }, verifier_hash),
    ]);
    expect([first.error, second.error].sort()).toEqual([null, 'expired_request'].sort());
    expect((await auditOf(world, 'session.login')).map(({ error }) => error)).toContain(
      'expired_request',
    );
  });
});

test('a rejection is access_denied at the client, once', async () => {
  const challenge = await handOver(world, { state: 's' });
  const verifier_hash = secret();
  const { challenge_hash } = challenge;
  const args = { challenge_hash, verifier_hash, reason: 'account is locked' };
  expect((await operate(world, ops.login_reject, args)).error).toBeNull();
  expect(await resume(world, challenge, verifier_hash)).toMatchObject({
    next: 'respond',
    response_error: 'access_denied',
    state: 's',
  });
  expect((await resume(world, challenge, verifier_hash)).error).toBe('expired_request');
  expect((await auditOf(world, 'login.reject')).at(-1)).toMatchObject({
    reason: 'account is locked',
    client_id: 'portal',
  });
});

test('a verifier is a SHA-256 and is used for one answer only', async () => {
  const verifier_hash = secret();
  await accept(world, await handOver(world), { verifier_hash });
  const next = await handOver(world);
  for (const wrong of [verifier_hash, Buffer.alloc(5), null]) {
    await expect(accept(world, next, { verifier_hash: wrong as never })).rejects.toMatchObject({
      code: 'OA003',
    });
  }
});

test('the product sees who asks and for what kind of login', async () => {
  const challenge = await handOver(world, {
    prompt: ['login'],
    max_age: 300,
    login_hint: 'ada@example.com',
    acr_values: ['mfa'],
  });
  const { challenge_hash } = challenge;
  const shown = await operate(world, ops.login_show, { challenge_hash });
  expect(shown).toMatchObject({
    error: null,
    client_id: 'portal',
    client_name: 'portal',
    scopes: ['openid', 'email'],
    prompt: ['login'],
    max_age: 300,
    login_hint: 'ada@example.com',
    acr_values: ['mfa'],
    subject: null,
  });
  expect(Math.abs((shown.auth_time_after ?? 0) - Date.now() / 1000)).toBeLessThan(5);
  expect(shown.expires_at).toBe(challenge.flow.request.request_expires_at);
});

test('a password does not get past the product', async () => {
  const user = await makeUser(world, 'pat');
  const { flow } = await handOver(world);
  expect((await login(world, flow, user)).error).toBe('access_denied');
});

test('the settings take https or loopback, public keys, and null', async () => {
  const set = (settings: object) =>
    operate(other, ops.tenant_set, { settings } as never).then(
      () => 'taken',
      ({ code }) => code,
    );
  for (const login_url of ['http://localhost:8080/login?x=1', 'https://a.example', null]) {
    expect(await set({ login_url })).toBe('taken');
  }
  for (const login_url of [
    'http://a.example/login',
    'https://a.example#x',
    'javascript:alert(1)',
    'https://user@a.example/',
    'https://a.example/ x',
    'http://localhost.evil.example/',
  ]) {
    expect(await set({ login_url }), login_url).toBe('OA003');
  }
  expect(await set({ login_jwks: { keys: [{ kty: 'EC' }] } })).toBe('taken');
  expect(await set({ login_jwks: null })).toBe('taken');
  for (const login_jwks of [
    {},
    { keys: {} },
    { keys: [{ kty: 'oct', k: 'x' }] },
    { keys: [{ d: 'x' }] },
  ]) {
    expect(await set({ login_jwks }), JSON.stringify(login_jwks)).toBe('OA003');
  }
});

test('a member of pgrant_product answers challenges and can do nothing else', async () => {
  const role = `product_${database.name}`;
  await database.sql.unsafe(`create role ${role} in role pgrant_product`);
  try {
    const backend = database.as(role);
    const { challenge_hash } = await handOver(world);
    const [row] = await backend`
      select r.error, r.redirect_to
        from pgrant_ops.login_accept(${world.tenant}, ${challenge_hash}, ${secret()}, 'user-1', now()) r`;
    expect(row).toEqual({
      error: null,
      redirect_to: 'https://id.example/acme/oauth/login/continue',
    });
    await expect(backend`select pgrant_ops.tenant_show(${world.tenant})`).rejects.toMatchObject({
      code: '42501',
    });
    await expect(backend`select from pgrant.users`).rejects.toMatchObject({ code: '42501' });
    await backend.end();
  } finally {
    await database.sql.unsafe(`drop role ${role}`);
  }
});
