import { beforeAll, beforeEach, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
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
import { jwtOf, obtainTokens, rotate } from '../support/flows.ts';

let world: World;
let server: Client;
let client: Client;
let ada: User;
let tokens: Awaited<ReturnType<typeof obtainTokens>>;
let jwt: ReturnType<typeof jwtOf>;
let count = 0;

beforeAll(async () => {
  world = await makeWorld();
  server = await makeClient(world, 'resource-server');
});

beforeEach(async () => {
  count += 1;
  const metadata = { token_endpoint_auth_method: 'none', access_token_format: 'opaque' };
  client = await makeClient(world, `client-${count}`, metadata);
  ada = await makeUser(world, `ada-${count}`);
  tokens = await obtainTokens(world, client, ada);
  jwt = jwtOf(tokens.row);
});

const introspect = (token: object, caller = server) =>
  ask(world, api.token_introspect, { ...caller, ...token });
const states = async () => [
  (await introspect(tokens.access)).active,
  (await introspect({ jwt })).active,
];
const nothing = {
  error: null,
  active: false,
  token_type: null,
  client_id: null,
  subject: null,
  username: null,
  scopes: null,
  expires_at: null,
};

test('a confidential client of the tenant is told about a live access token [RFC 7662 2.2]', async () => {
  for (const token of [tokens.access, { jwt }]) {
    expect(await introspect(token)).toMatchObject({
      error: null,
      active: true,
      token_type: 'Bearer',
      client_id: client.client_id,
      subject: ada.user_id,
      username: ada.username,
      scopes: ['openid', 'email'],
      audience: ['https://id.example/acme'],
      issued_at: tokens.row.issued_at,
      expires_at: tokens.row.access_expires_at,
      auth_time: tokens.row.auth_time,
    });
  }
});

test('nobody is answered who has not authenticated [RFC 7662 2.1]', async () => {
  const refused = { error: 'invalid_client', active: null, client_id: null };
  for (const caller of [
    client,
    { ...client, auth_method: null as never },
    { ...server, secret_hash: secret() },
    { ...server, auth_method: 'none' },
  ]) {
    expect(await introspect(tokens.access, caller)).toMatchObject(refused);
  }
});

test('a refresh token is told of to its own client only, and only the current one', async () => {
  const own = await makeClient(world, `own-${count}`);
  const { refresh } = await obtainTokens(world, own, ada);
  const live = { active: true, token_type: null, subject: ada.user_id };
  expect(await introspect(refresh, own)).toMatchObject(live);
  expect(await introspect(refresh, server)).toMatchObject(nothing);
  const next = await rotate(world, own, refresh);
  expect(await introspect(refresh, own)).toMatchObject(nothing);
  expect(await introspect(next.refresh, own)).toMatchObject(live);
});

test('what is unknown, expired or no token at all is inactive, and nothing else is said', async () => {
  const { access_hash, access_expires_at } = tokens.access;
  const claims = jwt as object;
  for (const token of [
    {},
    { access_hash: secret(), access_expires_at },
    { access_hash, access_expires_at: (access_expires_at ?? 0) + 1 },
    { access_hash, access_expires_at: null },
    { jwt: { ...claims, exp: Math.floor(Date.now() / 1000) } },
    { jwt: { ...claims, exp: null } },
    { jwt: { ...claims, client_id: 'resource-server' } },
    { handle_hash: secret(), refresh_hash: secret() },
    { handle_hash: tokens.refresh.handle_hash },
  ]) {
    expect(await introspect(token), JSON.stringify(token)).toMatchObject(nothing);
  }
});

test.each([
  [
    'the user is disabled',
    () => operate(world, ops.user_disable, { username: ada.username, disabled: true }),
  ],
  [
    'the client is disabled',
    () => operate(world, ops.client_disable, { client_id: client.client_id, disabled: true }),
  ],
  [
    'the client is removed',
    () => operate(world, ops.client_remove, { client_id: client.client_id }),
  ],
  ['the person revokes the grant', () => revokeGrant()],
  ['the person logs out', () => ask(world, api.session_logout, tokens.browser)],
  [
    'the refresh token is revoked',
    () => ask(world, api.token_revoke, { ...client, ...tokens.refresh }),
  ],
  [
    'a refresh token is reused',
    () => rotate(world, client, { ...tokens.refresh, refresh_hash: secret() }),
  ],
])('an access token is inactive at once when %s, and userinfo refuses it', async (_, change) => {
  expect(await states()).toEqual([true, true]);
  await change();
  expect(await states()).toEqual([false, false]);
  expect((await ask(world, api.userinfo_read, tokens.access)).error).toBe('invalid_token');
});

async function revokeGrant() {
  const { consents } = await ask(world, api.consent_list, tokens.browser);
  const [{ grant_id }] = consents as [{ grant_id: string }];
  const row = await ask(world, api.consent_revoke, { ...tokens.browser, grant_id });
  expect(row.error).toBeNull();
}

test('a scope that the client or the grant has lost since is left out', async () => {
  const settings = { scopes: ['openid'] };
  await operate(world, ops.client_set, { client_id: client.client_id, settings });
  expect((await introspect({ jwt })).scopes).toEqual(['openid']);
  await world.database.sql`
    update pgrant.grants set scopes = '{email}' where client_id = ${client.client_id}`;
  expect((await introspect({ jwt })).scopes).toEqual([]);
});
