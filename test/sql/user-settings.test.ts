// What operators set of a person.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import {
  auditOf,
  makeUser,
  makeWorld,
  operate,
  type User,
  type World,
} from '../support/fixtures.ts';

let world: World;
let ada: User;
let count = 0;

beforeAll(async () => {
  world = await makeWorld();
  await makeUser(world, 'bob');
});

beforeEach(async () => {
  count += 1;
  ada = await makeUser(world, `ada-${count}`, {
    name: 'Ada',
    email: 'ada@example.com',
    email_verified: true,
  });
});

async function set(settings: Record<string, unknown>, username = ada.username) {
  const { user_set } = await operate(world, ops.user_set, {
    username,
    settings: settings as never,
  });
  return user_set as Record<string, unknown>;
}

test('claims are set one by one, and null takes one away [OpenID Connect Core 5.1]', async () => {
  const changed = await set({ name: null, nickname: 'Countess', email_verified: true });
  expect(changed.claims).toEqual({
    nickname: 'Countess',
    email: 'ada@example.com',
    email_verified: true,
  });
});

test('claims are set as a whole, those of other names too', async () => {
  expect((await set({ claims: { department: 'engines' } })).claims).toEqual({
    department: 'engines',
  });
});

test('a new e-mail address is not verified unless the change says so [OpenID Connect Core 5.1]', async () => {
  expect((await set({ email: 'ada@example.com' })).claims).toHaveProperty('email_verified', true);
  expect((await set({ email: 'ada@example.net' })).claims).not.toHaveProperty('email_verified');
  const said = await set({ email: 'ada@example.org', email_verified: true });
  expect(said.claims).toMatchObject({ email: 'ada@example.org', email_verified: true });
});

test('updated_at moves where something has changed, and not otherwise [OpenID Connect Core 5.1]', async () => {
  const before = await set({ name: 'Ada' });
  expect((await set({ name: 'Ada' })).updated_at).toBe(before.updated_at);
  expect((await set({ name: 'Lovelace' })).updated_at).not.toBe(before.updated_at);
});

test('a new username finds the same person, whom the history knows by both', async () => {
  const renamed = await set({ username: `countess-${count}` });
  expect(renamed).toMatchObject({ user_id: ada.user_id, username: `countess-${count}` });
  const versions = await world.database.sql`
    select username, end_cause from pgrant.user_history where user_id = ${ada.user_id} order by valid`;
  expect(versions).toEqual([
    { username: `ada-${count}`, end_cause: 'user.set' },
    { username: `countess-${count}`, end_cause: null },
  ]);
});

test('a subject is given and taken', async () => {
  expect(await set({ subject: 'p-1' })).toMatchObject({ subject: 'p-1' });
  expect(await set({ subject: null })).toMatchObject({ subject: null });
});

test('the audit says what was changed, and not to what', async () => {
  await set({ email: 'ada@example.net', username: `Ada-${count}` });
  const event = (await auditOf(world, 'user.set')).at(-1);
  expect(event).toMatchObject({
    user_id: ada.user_id,
    detail: { changed: ['email', 'username'] },
  });
});

describe('it is refused, and changes nothing, that', () => {
  test.each([
    ['a setting does not exist', { colour: 'red' }, 'OA003'],
    ['the sub is changed', { user_id: 'x' }, 'OA003'],
    ['a password comes this way', { password_hash: 'x' }, 'OA003'],
    ['email_verified is no boolean', { email_verified: 'true' }, 'OA003'],
    ['address is no object', { address: 'Berlin' }, 'OA003'],
    ['a name is no text', { name: 42 }, 'OA003'],
    ['the username is another person’s', { username: 'BOB' }, 'OA002'],
    ['the username is empty', { username: '' }, 'OA003'],
    ['claims are no object', { claims: [1], username: 'x' }, /./],
  ])('%s', async (_what, settings, code) => {
    const expected = typeof code === 'string' ? code : expect.stringMatching(code);
    await expect(set(settings)).rejects.toMatchObject({ code: expected });
    const { user_show } = await operate(world, ops.user_show, { username: ada.username });
    expect(user_show).toMatchObject({ username: ada.username, claims: { name: 'Ada' } });
  });

  test('there is no such person', async () => {
    await expect(set({ name: 'x' }, 'nobody')).rejects.toMatchObject({ code: 'OA001' });
  });
});

test('show tells whether there is a password, and nothing of it', async () => {
  const { user_show } = await operate(world, ops.user_show, { username: ada.username });
  expect(Object.keys(user_show as object).sort()).toEqual([
    'claims',
    'created_at',
    'disabled_at',
    'password',
    'subject',
    'updated_at',
    'user_id',
    'username',
  ]);
  expect(user_show).toMatchObject({ password: true });
});
