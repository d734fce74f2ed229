import { beforeAll, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { ask, makeTenant, operate, type World } from '../support/fixtures.ts';

let database: TestDatabase;
const worlds: Record<string, World> = {};

beforeAll(async () => {
  database = await createDatabase();
  for (const name of ['db', 'db-nested']) worlds[name] = await makeTenant(database, name);
  for (const [name, path] of [
    ['root', ''],
    ['container', '/db/container'],
    ['cased', '/Db'],
  ] as const) {
    const [row] = await callAll(database.worker, ops.tenant_add, {
      name,
      issuer: `https://id.example${path}`,
      host: 'id.example',
      path,
    });
    worlds[name] = { database, tenant: row?.tenant_add ?? '' };
  }
});

async function find(host: string, path: string) {
  const [row] = await callAll(database.web, api.tenant_find, { host, path });
  const name = Object.keys(worlds).find((key) => worlds[key]?.tenant === row?.tenant_id);
  return row?.error ?? `${name} ${row?.path}`;
}

describe('the tenant of a URL', () => {
  test.each([
    ['/db', 'db /db'],
    ['/db/', 'db /db'],
    ['/db/oauth/token', 'db /db'],
    ['/db/container', 'container /db/container'],
    ['/db/container/oauth/token', 'container /db/container'],
    ['/db/containers/oauth/token', 'db /db'],
    ['/db-nested/x', 'db-nested /db-nested'],
    ['/dbx', 'root '],
    ['/Db/oauth', 'cased /Db'],
    ['/DB', 'root '],
    ['/', 'root '],
    ['', 'root '],
    ['//db/oauth', 'root '],
    ['/db//container', 'db /db'],
    ['/%64b', 'root '],
    ['/db/../db-nested', 'db /db'],
  ])('of %s is the longest issuer, by whole segments, as written: %s', async (path, expected) => {
    expect(await find('id.example', path)).toBe(expected);
  });

  test('is found by its own host only, port and case included', async () => {
    for (const host of ['id.example:8443', 'ID.example', 'evil.example', '', 'id.example ']) {
      expect(await find(host, '/db'), host).toBe('not_found');
    }
  });

  test('costs no more for a path of very many segments', async () => {
    expect(await find('id.example', `/db${'/x'.repeat(100_000)}`)).toBe('db /db');
  });
});

test('a disabled tenant is still found, says so, and answers nothing', async () => {
  const world = await makeTenant(database, 'closed');
  worlds.closed = world;
  await operate(world, ops.tenant_disable, { disabled: true });
  const [row] = await callAll(database.web, api.tenant_find, {
    host: 'id.example',
    path: '/closed',
  });
  expect(row).toMatchObject({ error: null, disabled: true, tenant_id: world.tenant });
  const refused = { error: 'not_found' };
  expect(await ask(world, api.tenant_describe, {})).toMatchObject(refused);
  expect(await ask(world, api.key_list, {})).toMatchObject(refused);
  const begun = await ask(world, api.login_begin, { username: 'ada' });
  expect(begun).toMatchObject({ error: 'expired_request', salt: null });
  await operate(world, ops.tenant_disable, { disabled: false });
  expect(await ask(world, api.tenant_describe, {})).toMatchObject({ error: null, title: 'closed' });
});

test('the standard scopes are there from the start [OpenID Connect Core 5.4]', async () => {
  const { scopes } = await ask(worlds.db as World, api.tenant_describe, {});
  const standard = ['address', 'email', 'offline_access', 'openid', 'phone', 'profile'];
  expect(scopes).toEqual(expect.arrayContaining(standard));
});
