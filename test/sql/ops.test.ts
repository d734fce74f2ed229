import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Binding } from '../../src/db/binding.ts';
import { ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import {
  makeClient,
  makeTenant,
  makeUser,
  makeWorld,
  operate,
  secret,
  type World,
} from '../support/fixtures.ts';
import { obtainTokens } from '../support/flows.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld();
  await makeClient(world, 'app');
  await makeUser(world, 'ada');
});

/** Bad input comes with a code of ours and, where that helps, what to do. */
const refused = (code: string, hint?: RegExp) =>
  expect.objectContaining(hint ? { code, hint: expect.stringMatching(hint) } : { code });

test('every function for a tenant refuses a tenant that does not exist', async () => {
  const forTenants = Object.entries(ops).filter(
    // tenant_rows proves that there is none, and audit_lost what is gone of one that a restore does not have.
    ([name, { encoders }]) =>
      encoders[0]?.argument === 'tenant' && !['tenant_rows', 'audit_lost'].includes(name),
  );
  expect(forTenants.length).toBeGreaterThan(15);
  for (const [name, binding] of forTenants) {
    const args = { tenant: randomUUID() };
    const calling = callAll(world.database.worker, binding as Binding<object, object>, args);
    await expect(calling, name).rejects.toEqual(refused('OA001', /tenant_list/));
  }
});

describe('a tenant', () => {
  const add = (args: Record<string, string>) => {
    const other = {
      name: 'other',
      issuer: 'https://id.example/other',
      host: 'id.example',
      path: '/other',
    };
    return callAll(world.database.worker, ops.tenant_add, { ...other, ...args });
  };
  const likeLoopback = {
    issuer: 'http://localhost.evil.example/other',
    host: 'localhost.evil.example',
  };

  test.each([
    ['its name is taken', { name: 'acme' }, 'OA002'],
    ['its issuer is taken', { issuer: 'https://id.example/acme', path: '/acme' }, 'OA002'],
    ['its name is no name', { name: 'No Name' }, 'OA003'],
    ['its issuer is not its host and path', { path: '/elsewhere' }, 'OA003'],
    ['its issuer is not https [RFC 8414 2]', { issuer: 'http://id.example/other' }, 'OA003'],
    ['its issuer is only like loopback', likeLoopback, 'OA003'],
  ])('is not added where %s', async (_, args, code) => {
    await expect(add(args)).rejects.toEqual(refused(code));
  });

  test('has the settings that there are, and no others', async () => {
    const set = (settings: object) =>
      operate(world, ops.tenant_set, { settings: settings as never });
    const { tenant_set } = await set({ code_lifetime: 30, title: 'Acme' });
    expect(tenant_set).toMatchObject({
      code_lifetime: 30,
      title: 'Acme',
      access_token_lifetime: 900,
    });
    expect(tenant_set).not.toHaveProperty('decoy_salt');
    await expect(set({ tenant_id: randomUUID() })).rejects.toEqual(refused('OA003', /settings:/));
    await expect(set({ code_lifetime: 100_000 })).rejects.toMatchObject({ code: 'OA003' });
  });

  test('is removed with all that it has, and nothing of another', async () => {
    const { sql } = world.database;
    const tables = await sql`
      select c.relname as name
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
       where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`;
    const rows = async ({ tenant }: World) => {
      let sum = 0;
      for (const { name } of tables) {
        sum += (await sql`select from ${sql(`pgrant.${name}`)} where tenant_id = ${tenant}`).length;
      }
      return sum;
    };
    const doomed = await makeTenant(world.database, 'doomed');
    for (const each of [doomed, world]) {
      const client = await makeClient(each, 'robot', { access_token_format: 'opaque' });
      await obtainTokens(each, client, await makeUser(each, 'eve'));
    }
    const kept = await rows(world);
    expect(await rows(doomed)).toBeGreaterThan(15);
    await operate(doomed, ops.tenant_remove, {});
    expect(await rows(doomed)).toBe(0);
    expect(await rows(world)).toBe(kept);
  });
});

describe('a client', () => {
  const redirect_uris = ['https://app.example/'];
  const open = { token_endpoint_auth_method: 'none', redirect_uris };

  test.each([
    ['its id is taken', 'app', { redirect_uris }, true, 'OA002'],
    ['a setting is unknown', 'new', { redirect_uris, disabled_at: null }, true, 'OA003'],
    ['a scope is unknown', 'new', { redirect_uris, scopes: ['nothing'] }, true, 'OA001'],
    ['a confidential one has no secret', 'new', { redirect_uris }, false, 'OA003'],
    ['a public one has a secret', 'new', open, true, 'OA003'],
    [
      'a public one acts for itself [RFC 6749 4.4]',
      'new',
      { ...open, grant_types: ['client_credentials'] },
      false,
      'OA003',
    ],
    [
      'a public one does without PKCE [OAuth 2.1 7.5.1]',
      'new',
      { ...open, require_pkce: false },
      false,
      'OA003',
    ],
    ['it has no redirect URI to return to', 'new', {}, true, 'OA003'],
    ['a grant type is unknown', 'new', { redirect_uris, grant_types: ['password'] }, true, 'OA003'],
  ])('is not added where %s', async (_, client_id, metadata, confidential, code) => {
    const adding = operate(world, ops.client_add, {
      client_id,
      metadata: { name: 'x', ...metadata } as never,
      ...(confidential && { secret_hash: secret() }),
    });
    await expect(adding).rejects.toEqual(refused(code));
  });

  test('is not added under the sub of a person, as whom its own tokens would speak [RFC 9700 4.15.1]', async () => {
    const { user_id } = await makeUser(world, 'impersonated');
    const pairwise = randomBytes(32).toString('hex');
    await world.database.sql`
      insert into pgrant.pairwise_subjects (tenant_id, subject, user_id, sector)
      values (${world.tenant}, ${pairwise}, ${user_id}, 'app.example')`;
    const add = (client_id: string) =>
      operate(world, ops.client_add, {
        client_id,
        metadata: { name: 'x', grant_types: ['client_credentials'] } as never,
        secret_hash: secret(),
      });
    await expect(add(user_id)).rejects.toEqual(refused('OA002'));
    await expect(add(pairwise)).rejects.toEqual(refused('OA002'));
    const { client_add } = await add(randomUUID());
    expect(client_add).toMatchObject({ name: 'x' });
  });

  test('is shown without its secrets', async () => {
    const { client_show } = await operate(world, ops.client_show, { client_id: 'app' });
    expect(client_show).toMatchObject({ client_id: 'app', secrets: [{ expires_at: null }] });
    expect(JSON.stringify(client_show)).not.toContain('hash');
  });
});

const password = { password_salt: secret(), password_params: {}, password_hash: secret() };

test.each([
  ['client_show', { client_id: 'nobody' }],
  ['client_set', { client_id: 'nobody', settings: {} }],
  ['client_disable', { client_id: 'nobody', disabled: true }],
  ['client_remove', { client_id: 'nobody' }],
  ['client_secret_add', { client_id: 'nobody', secret_hash: secret() }],
  ['client_secret_remove', { client_id: 'app', secret_id: randomUUID() }],
  ['user_disable', { username: 'nobody', disabled: true }],
  ['user_password', { username: 'nobody', ...password }],
  ['grant_revoke', { grant_id: randomUUID() }],
] as const)('%s says what to do where there is no such thing', async (name, args) => {
  const calling = operate(world, ops[name] as never, args as never);
  await expect(calling).rejects.toEqual(refused('OA001', /./));
});

test('a username is taken in any case, and a scope once', async () => {
  const user = operate(world, ops.user_add, { username: 'ADA' });
  await expect(user).rejects.toEqual(refused('OA002'));
  const scope = operate(world, ops.scope_add, { scope: 'openid', title: 'x' });
  await expect(scope).rejects.toEqual(refused('OA002'));
});

test('a signing key waits for its time, and two workers add one', async () => {
  const add = async (kid: string) => {
    const key = { kid, alg: 'ES256', public_jwk: { kty: 'EC' }, sealed_private: secret() };
    return (await operate(world, ops.key_add, key)).key_add;
  };
  expect(Date.parse((await add('one')) ?? '')).toBeLessThanOrEqual(Date.now());
  const added = await Promise.all([add('two'), add('three')]);
  const [active_at, ...more] = added.filter((at) => at !== null);
  expect(more).toEqual([]);
  expect(Date.parse(active_at ?? '')).toBeGreaterThan(Date.now() + 86_000_000);
  const keys = await callAll(world.database.worker, ops.key_list, { tenant: world.tenant });
  expect(keys.map(({ state }) => state)).toEqual(['published', 'active']);
});
