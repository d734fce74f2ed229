// The effective scopes: requested, defined, the client's, consented, and the person's roles of now.
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { makeClient, makeUser, makeWorld, operate, type World } from '../support/fixtures.ts';
import { newBrowser, obtainCode, redeem, rotate } from '../support/flows.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld();
  const user = await makeUser(world, 'ada');
  await operate(world, ops.role_add, { role: 'direct', title: 'Had directly' });
  await operate(world, ops.role_add, { role: 'grouped', title: 'Had through a group' });
  await operate(world, ops.role_add, { role: 'lacking', title: 'Had by nobody' });
  await operate(world, ops.role_add, { role: 'off', title: 'Disabled' });
  await operate(world, ops.role_add, { role: 'elsewhere', title: 'Of no client' });
  for (const role of ['direct', 'off', 'elsewhere']) {
    await operate(world, ops.role_assign, { username: 'ada', role });
  }
  await operate(world, ops.group_set, { group: 'team', title: 'Team', roles: ['grouped'] });
  await operate(world, ops.group_member, { group: 'team', username: 'ada', member: true });
  await operate(world, ops.role_disable, { role: 'off', disabled: true });
  const scopes = ['openid', 'email', 'direct', 'grouped', 'lacking', 'off'];
  const client = await makeClient(world, 'app', { scopes });
  await world.database.sql`
    insert into pgrant.grants (tenant_id, user_id, client_id, scopes, consent_expires_at, expires_at)
    values (${world.tenant}, ${user.user_id}, ${client.client_id},
            ${['openid', 'direct', 'grouped', 'lacking', 'off', 'elsewhere']}, 'infinity', 'infinity')`;
});

test.each([
  ['openid', { registered: true, consented: true, held: null, final: true, reason: 'granted' }],
  ['direct', { registered: true, consented: true, held: true, final: true, reason: 'granted' }],
  ['grouped', { registered: true, consented: true, held: true, final: true, reason: 'granted' }],
  [
    'email',
    { registered: true, consented: false, held: null, final: false, reason: 'not consented' },
  ],
  [
    'lacking',
    { registered: true, consented: true, held: false, final: false, reason: 'role missing' },
  ],
  ['off', { registered: true, consented: true, held: true, final: false, reason: 'disabled' }],
  [
    'elsewhere',
    { registered: false, consented: true, held: true, final: false, reason: 'not registered' },
  ],
  [
    'nowhere',
    { registered: false, consented: false, held: null, final: false, reason: 'undefined' },
  ],
])('%s is explained, and is effective or not as explained: %j', async (scope, explained) => {
  const named = { username: 'ada', client_id: 'app', scopes: [scope] };
  expect(await operate(world, ops.token_explain, named)).toMatchObject({ scope, ...explained });
  const [row] = await world.database.sql`
    select n.scopes from pgrant.grants g join pgrant.clients c using (tenant_id, client_id),
           pgrant_rules.scope_narrow(g.tenant_id, g.user_id, c.scopes, ${[scope]}, g.scopes) n`;
  // scope_narrow reads through the tenant policy of its caller; the superuser sees the only tenant there is.
  expect(row?.scopes).toEqual(explained.final ? [scope] : []);
});

test('a role that goes before the code is redeemed, or the token refreshed, is recorded as asked for in vain', async () => {
  const client = await makeClient(world, 'late');
  const bob = await makeUser(world, 'bob');
  const held = { username: 'bob', role: 'direct' };
  const vain = async () =>
    [
      ...(await world.database
        .sql`select scope, reason, refused::integer from pgrant.scope_refusals where client_id = 'late'`),
    ].map((row) => ({ ...row }));
  await operate(world, ops.role_assign, held);
  const code = await obtainCode(world, newBrowser(), client, bob, { scopes: ['openid', 'direct'] });
  await operate(world, ops.role_withdraw, held);
  const { row, refresh } = await redeem(world, client, code);
  expect(row.scopes).toEqual(['openid']);
  const once = { scope: 'direct', reason: 'role missing', refused: 1 };
  expect(await vain()).toEqual([once]);
  await rotate(world, client, refresh);
  expect(await vain()).toEqual([{ ...once, refused: 2 }]);
});
