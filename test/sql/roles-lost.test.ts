// A role goes with what brought it: whoever has open sessions hears of each, and of none that is still there.
import { beforeEach, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { arrive, type Club, finish, makeClub, stored } from '../support/club.ts';
import { createDatabase } from '../support/database.ts';
import { auditOf, makeUser, operate, type User, type World } from '../support/fixtures.ts';
import { accept, handOver, makeProductTenant } from '../support/login-challenge.ts';
import { outboxOf } from '../support/webhooks.ts';

let club: Club;
let world: World;
let ada: User;

beforeEach(async () => {
  club = await makeClub();
  world = club.world;
  ada = await makeUser(world, 'ada');
});

const lost = async (whom: World) =>
  (await auditOf(whom, 'role.withdraw')).map(({ user_id, detail }) => [
    user_id,
    (detail as { role: string }).role,
  ]);

const member = (is: boolean) =>
  operate(world, ops.group_member, { group: 'crew', username: 'ada', member: is });

test('somebody who leaves a group loses its roles, but for those that come from elsewhere', async () => {
  await operate(world, ops.role_add, { role: 'guest', title: 'Guest' });
  await operate(world, ops.group_set, { group: 'crew', title: 'Crew', roles: ['guest', 'team'] });
  await operate(world, ops.role_assign, { username: 'ada', role: 'guest' });
  await operate(world, ops.webhook_add, {
    name: 'sessions',
    sealed_secret: Buffer.alloc(40, 1),
    url: 'https://hook.example/',
    event_types: ['role.withdrawn'],
  });
  await member(true);
  expect(await lost(world)).toEqual([]);
  await member(false);
  await member(false);
  expect(await lost(world)).toEqual([[ada.user_id, 'team']]);
  expect((await outboxOf(world)).map(({ type, data }) => ({ type, data }))).toMatchObject([
    { type: 'role.withdrawn', data: { role: 'team', user_id: ada.user_id } },
  ]);
});

test('somebody who comes back from an upstream without a role there loses the roles of its group', async () => {
  await finish(club, await arrive(club), 'u1');
  await finish(club, await arrive(club), 'u1', { roles: ['r2'] });
  expect(await lost(world)).toEqual([[(await stored(club, 'u1'))?.user_id, 'team']]);
});

test.each([
  [
    'an account that is unlinked',
    () => operate(world, ops.upstream_unlink, { name: 'discord', subject: 'u1' }),
  ],
  [
    'an upstream that is disabled',
    () => operate(world, ops.upstream_disable, { name: 'discord', disabled: true }),
  ],
  ['an upstream that is removed', () => operate(world, ops.upstream_remove, { name: 'discord' })],
])('%s takes the roles of its groups along', async (_, act) => {
  await finish(club, await arrive(club), 'u1');
  const user_id = (await stored(club, 'u1'))?.user_id;
  await act();
  expect(await lost(world)).toEqual([[user_id, 'team']]);
});

test('a role that the product does not say again is lost', async () => {
  const product = await makeProductTenant(await createDatabase(), 'acme');
  const say = async (roles: string[] | null) =>
    accept(product, await handOver(product), { roles } as never);
  const { user_id } = await say(['editor', 'team']);
  await say(null);
  expect(await lost(product)).toEqual([]);
  await say(['team']);
  expect(await lost(product)).toEqual([[user_id, 'editor']]);
});

test('a role that is withdrawn from somebody who has it by a group, or has it not, is lost to nobody', async () => {
  const withdraw = () => operate(world, ops.role_withdraw, { username: 'ada', role: 'guest' });
  await operate(world, ops.role_add, { role: 'guest', title: 'Guest' });
  await operate(world, ops.group_set, { group: 'crew', title: 'Crew', roles: ['guest'] });
  await operate(world, ops.webhook_add, {
    name: 'sessions',
    sealed_secret: Buffer.alloc(40, 1),
    url: 'https://hook.example/',
    event_types: ['role.withdrawn'],
  });
  await operate(world, ops.role_assign, { username: 'ada', role: 'guest' });
  await member(true);
  await withdraw();
  await member(false);
  await withdraw();
  expect(await lost(world)).toEqual([[ada.user_id, 'guest']]);
  expect(await outboxOf(world)).toHaveLength(1);
  expect(await auditOf(world, 'role.keep')).toHaveLength(2);
});
