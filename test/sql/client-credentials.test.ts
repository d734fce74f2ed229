import { beforeAll, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import {
  ask,
  auditOf,
  type Client,
  makeClient,
  makeWorld,
  operate,
  secret,
  type World,
} from '../support/fixtures.ts';
import { jwtOf } from '../support/flows.ts';

let world: World;
let client: Client;
const grant = {
  grant_types: ['client_credentials'],
  redirect_uris: [],
  access_token_format: 'opaque',
};

beforeAll(async () => {
  world = await makeWorld();
  await operate(world, ops.scope_add, { scope: 'jobs:run', title: 'Run jobs' });
  const scopes = ['openid', 'offline_access', 'jobs:run', 'email'];
  client = await makeClient(world, 'robot', { ...grant, scopes });
});

async function issue(scopes: string[] | null, presenter = client) {
  const access_hash = secret();
  const scope = scopes?.join(' ') ?? null;
  const row = await ask(world, api.client_credentials_issue, { ...presenter, scope, access_hash });
  return { row, access: { access_hash, access_expires_at: row.access_expires_at } };
}

test('a client gets a token for itself, without a refresh token or ID token [RFC 6749 4.4.3]', async () => {
  const { row, access } = await issue(['jobs:run']);
  expect(row).toMatchObject({
    error: null,
    client_id: 'robot',
    subject: 'robot',
    scopes: ['jobs:run'],
    family_id: null,
    refresh_token: false,
    id_token_alg: null,
  });
  expect(await ask(world, api.token_introspect, { ...client, ...access })).toMatchObject({
    active: true,
    client_id: 'robot',
    subject: 'robot',
    username: null,
    scopes: ['jobs:run'],
  });
  expect((await ask(world, api.userinfo_read, access)).error).toBe('insufficient_scope');
  const audit = await auditOf(world, 'client_credentials.issue');
  expect(audit.at(-1)).toMatchObject({ error: null, client_id: 'robot' });
});

test.each([
  [null, ['jobs:run']],
  [
    ['jobs:run', 'email'],
    ['jobs:run', 'email'],
  ],
  [['jobs:run', 'phone'], ['jobs:run']],
])('asked for %j a client gets %j, what it is registered with', async (asked, scopes) => {
  const { row } = await issue(asked);
  expect(row.error).toBeNull();
  expect([...(row.scopes ?? [])].sort()).toEqual([...scopes].sort());
});

test.each([[['phone']], [['nothing']], [['openid']], [['jobs:run', 'offline_access']]])(
  'asked for %j it is invalid_scope, and recorded',
  async (asked) => {
    expect((await issue(asked)).row).toMatchObject({
      error: 'invalid_scope',
      access_expires_at: null,
    });
    const audit = await auditOf(world, 'client_credentials.issue');
    expect(audit.at(-1)).toMatchObject({ error: 'invalid_scope' });
  },
);

test('a client without a list of scopes gets none that it does not ask for', async () => {
  const bare = await makeClient(world, 'bare', grant);
  expect((await issue(null, bare)).row).toMatchObject({ error: null, scopes: [] });
});

test('a client that is not registered for it is refused', async () => {
  const { row } = await issue(null, await makeClient(world, 'web'));
  expect(row).toMatchObject({ error: 'unauthorized_client', access_expires_at: null });
});

test('a token of either format dies with its client, and does not come to a new one of its name', async () => {
  const brief = await makeClient(world, 'brief', grant);
  const { row, access } = await issue([], brief);
  const introspect = async (token: object) =>
    (await ask(world, api.token_introspect, { ...client, ...token })).active;
  const active = () => Promise.all([access, { jwt: jwtOf(row) }].map(introspect));
  const disable = (disabled: boolean) =>
    operate(world, ops.client_disable, { client_id: 'brief', disabled });
  expect(await active()).toEqual([true, true]);
  await disable(true);
  expect(await active()).toEqual([false, false]);
  await disable(false);
  expect(await active()).toEqual([true, true]);
  await operate(world, ops.client_remove, { client_id: 'brief' });
  // Ages are told in whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await makeClient(world, 'brief', grant);
  expect(await active()).toEqual([false, false]);
});
