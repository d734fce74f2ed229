// Who is no admin any more changes nothing, though they ask at the moment at which their role is taken from them.
import { beforeAll, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { beside } from '../support/beside.ts';
import {
  ask,
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  secret,
  type User,
  type World,
} from '../support/fixtures.ts';
import { type Browser, begin, login, newBrowser } from '../support/flows.ts';

let world: World;
let client: Client;
let resource: string;
let count = 0;
const role = 'pgrant.admin';

beforeAll(async () => {
  world = await makeWorld(8);
  ({ admin_enable: resource } = (await operate(world, ops.admin_enable, {})) as never);
  client = await makeClient(world, 'app', {
    scopes: ['openid', role],
    consent: 'never',
    access_token_format: 'opaque',
  });
  await operate(world, ops.group_set, { group: 'crew', title: 'Crew', roles: [role] });
});

type Admin = {
  user: User;
  browser: Browser;
  access: { access_hash: Buffer; access_expires_at: number };
};

async function makeAdmin(): Promise<Admin> {
  count += 1;
  const user = await makeUser(world, `admin-${count}`);
  const { username } = user;
  await operate(world, ops.role_assign, { username, role });
  await operate(world, ops.group_member, { group: 'crew', username, member: true });
  const browser = newBrowser();
  const flow = await begin(world, browser, client, {
    scopes: ['openid', role],
    resources: [resource],
  });
  await login(world, flow, user);
  const code = await ask(world, api.authorization_continue, {
    ...flow.request,
    ...browser,
    code_hash: flow.code_hash,
  });
  const access_hash = secret();
  const row = await ask(world, api.code_redeem, {
    ...client,
    code_hash: flow.code_hash,
    code_expires_at: code.code_expires_at,
    redirect_uri: 'https://app.example/callback',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    access_hash,
    handle_hash: secret(),
    refresh_hash: secret(),
    resource: '',
  });
  return { user, browser, access: { access_hash, access_expires_at: row.access_expires_at ?? 0 } };
}

type Act = (at: World) => Promise<unknown>;
type Acts = Record<string, (admin: Admin, other: Admin) => Act>;

/** An admin gives the role back to somebody who has lost it. */
const args = ({ user }: Admin) => ({ username: user.username, role });
const changes: Acts = {
  'at the console': (admin) => (at) =>
    ask(at, api.admin_page, {
      ...admin.browser,
      operations: ['role_assign'],
      arguments: [args(admin)] as never,
    }),
  'by a token': (admin) => (at) =>
    ask(at, api.admin_call, {
      ...admin.access,
      operation: 'role_assign',
      arguments: args(admin) as never,
    }),
  'by a token, once': (admin) => (at) =>
    ask(at, api.admin_call, {
      ...admin.access,
      operation: 'role_assign',
      arguments: args(admin) as never,
      idempotency_hash: secret(),
      content_hash: secret(),
    }),
};
const takes: Acts = {
  'another admin at the console': (admin, other) => (at) =>
    ask(at, api.admin_page, {
      ...other.browser,
      operations: ['role_withdraw'],
      arguments: [args(admin)] as never,
    }),
  'an operator': (admin) => (at) => operate(at, ops.role_withdraw, args(admin)),
};

const cases = Object.keys(changes).flatMap((how) => Object.keys(takes).map((who) => [how, who]));

test.each(cases)('their role is not given back %s while it is taken by %s', async (how, who) => {
  const [admin, other] = [await makeAdmin(), await makeAdmin()];
  const { username, user_id } = admin.user;
  await operate(world, ops.group_member, { group: 'crew', username, member: false });
  const act = changes[how as string]?.(admin, other) as Act;
  const take = takes[who as string]?.(admin, other) as Act;
  // What they may do, while they may.
  expect(await act(world)).toMatchObject({ error: null });
  await beside(world, take, act);
  const left = await world.database.sql`
    select scope from pgrant.user_roles where user_id = ${user_id} and scope = ${role}`;
  expect(left).toHaveLength(0);
});
