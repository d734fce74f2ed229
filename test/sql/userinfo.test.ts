import { beforeAll, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import {
  ask,
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  type User,
  type World,
} from '../support/fixtures.ts';
import { jwtOf, obtainTokens } from '../support/flows.ts';

let world: World;
let client: Client;
let ada: User;

beforeAll(async () => {
  world = await makeWorld();
  client = await makeClient(world, 'app', { access_token_format: 'opaque' });
  ada = await makeUser(world, 'ada', {
    sub: 'somebody else',
    name: 'Ada Lovelace',
    nickname: '',
    picture: null,
    birthdate: '1815-12-10',
    email: 'ada@example.com',
    email_verified: true,
    address: { country: 'GB' },
    phone_number: '+441234567',
    salary: 1000,
  });
});

async function userinfo(scopes: string[], args = {}) {
  const { access } = await obtainTokens(world, client, ada, { scopes, ...args });
  return (await ask(world, api.userinfo_read, access)).claims as Record<string, unknown> | null;
}

test('sub is always there, and is nobody else [OpenID Connect Core 5.3.2]', async () => {
  expect(await userinfo(['openid'])).toEqual({ sub: ada.user_id });
});

test.each([
  ['email', ['email', 'email_verified']],
  ['address', ['address']],
  ['phone', ['phone_number']],
  ['profile', ['name', 'preferred_username', 'updated_at', 'birthdate']],
])('scope %s gives its claims, without empty ones: %j [Core 5.4]', async (scope, names) => {
  const given = (await userinfo(['openid', scope])) ?? {};
  expect(Object.keys(given).sort()).toEqual([...names, 'sub'].sort());
  if (scope === 'profile') expect(given.updated_at).toBeTypeOf('number');
  if (scope === 'email') expect(given.email_verified).toBe(true);
});

test('claims asked for one by one are given, where they were asked for [Core 5.5]', async () => {
  const asked = await userinfo(['openid'], { claims_userinfo: ['birthdate', 'unknown'] });
  expect(asked).toEqual({ sub: ada.user_id, birthdate: '1815-12-10' });
  const args = { scopes: ['openid'], claims_id_token: ['birthdate'] };
  const { row, access } = await obtainTokens(world, client, ada, args);
  expect(row.id_claims).toEqual({ birthdate: '1815-12-10' });
  expect((await ask(world, api.userinfo_read, access)).claims).toEqual({ sub: ada.user_id });
});

test('a token without openid gets nothing, nor does one that is unknown', async () => {
  const { access, row } = await obtainTokens(world, client, ada, { scopes: ['email'] });
  const refused = { error: 'insufficient_scope', claims: null };
  expect(await ask(world, api.userinfo_read, access)).toMatchObject(refused);
  expect(await ask(world, api.userinfo_read, { jwt: jwtOf(row) })).toMatchObject(refused);
  expect(await ask(world, api.userinfo_read, {})).toMatchObject({
    error: 'invalid_token',
    claims: null,
  });
});

test('the token of a person who is disabled is dead at once', async () => {
  const { access } = await obtainTokens(world, client, await makeUser(world, 'gone'));
  expect((await ask(world, api.userinfo_read, access)).error).toBeNull();
  await operate(world, ops.user_disable, { username: 'gone', disabled: true });
  expect((await ask(world, api.userinfo_read, access)).error).toBe('invalid_token');
});
