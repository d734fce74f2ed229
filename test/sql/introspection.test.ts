import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
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

describe('an introspection_audience [RFC 7662 4, RFC 9701 5]', () => {
  const [notes, tasks, own] = [
    'https://notes.example',
    'https://tasks.example',
    'https://id.example/acme',
  ];
  const setAudience = (client_id: string, introspection_audience: unknown) =>
    operate(world, ops.client_set, { client_id, settings: { introspection_audience } as never });

  beforeAll(async () => {
    const audiences = ['notes'];
    await operate(world, ops.resource_set, { resource: notes, title: 'Notes', audiences });
    await operate(world, ops.resource_set, { resource: tasks, title: 'Tasks' });
  });

  /** Whether the client is told of tokens for notes, for both resources, and for the tenant. */
  async function told(asking: Client) {
    const states: unknown[] = [];
    for (const resources of [[notes], [notes, tasks], []]) {
      const { access, row } = await obtainTokens(world, client, ada, { resources });
      const answers = [
        await introspect(access, asking),
        await introspect({ jwt: { ...(jwtOf(row) as object), iss: own } }, asking),
      ];
      for (const answer of answers) if (!answer.active) expect(answer).toMatchObject(nothing);
      expect(answers[0]?.active).toBe(answers[1]?.active);
      states.push(answers[0]?.active);
    }
    return states;
  }

  test.each<[string[] | null, [boolean, boolean, boolean]]>([
    [null, [true, true, true]],
    [[notes], [true, true, false]],
    [['notes'], [true, true, false]],
    [[tasks], [false, true, false]],
    [[own], [false, false, true]],
    [
      [tasks, own],
      [false, true, true],
    ],
  ])('%j: of which access tokens of others the client is told', async (audience, expected) => {
    const asking = await makeClient(world, `asking-${count}`, { introspection_audience: audience });
    expect(await told(asking)).toEqual(expected);
  });

  test('leaves a client its own tokens, and gives a third party none of others', async () => {
    const asking = await makeClient(world, `asking-${count}`, {
      access_token_format: 'opaque',
      introspection_audience: [tasks],
    });
    const { access, refresh } = await obtainTokens(world, asking, ada, { resources: [notes] });
    expect((await introspect(access, asking)).active).toBe(true);
    expect((await introspect(refresh, asking)).active).toBe(true);
    const third = await makeClient(world, `third-${count}`, {
      third_party: true,
      introspection_audience: [notes],
    });
    expect(await told(third)).toEqual([false, false, false]);
  });

  test('holds for API credentials that are presented as keys', async () => {
    const { username } = ada;
    await operate(world, ops.role_add, {
      role: `r${count}`,
      title: 'R',
      sensitive: false,
    } as never);
    await operate(world, ops.role_assign, { role: `r${count}`, username } as never);
    const asking = await makeClient(world, `asking-${count}`, { introspection_audience: [notes] });
    const activeFor = async (default_resource: string | null) => {
      const secret_hash = secret();
      await operate(world, ops.credential_add, {
        ...{ username, name: 'key', permissions: [`r${count}`], secret_hash, default_resource },
      });
      return (await introspect({ key_hash: secret_hash }, asking)).active;
    };
    expect([await activeFor(notes), await activeFor(tasks), await activeFor(null)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test.each<[unknown, string, RegExp]>([
    [[], 'OA003', /introspection_audience must be a list of 1 to 20 audiences/],
    [[''], 'OA003', /must be a list of 1 to 20 audiences/],
    [[null], 'OA003', /must be a list of 1 to 20 audiences/],
    [['x'.repeat(513)], 'OA003', /must be a list of 1 to 20 audiences/],
    [Array(21).fill(own), 'OA003', /must be a list of 1 to 20 audiences/],
    [['https://nobody.example'], 'OA001', /has the audience https:\/\/nobody\.example/],
    [[own, 'HTTPS://notes.example/'], 'OA001', /has the audience HTTPS:/],
  ])(
    '%j is refused when the client is made, and when it is changed',
    async (audience, code, message) => {
      const refusal = { code, message: expect.stringMatching(message) };
      await expect(setAudience(client.client_id, audience)).rejects.toMatchObject(refusal);
      const made = makeClient(world, `made-${count}`, { introspection_audience: audience });
      await expect(made).rejects.toMatchObject(refusal);
    },
  );

  test('is no fault of a later change, where its resource was removed', async () => {
    const resource = `https://gone-${count}.example`;
    await operate(world, ops.resource_set, { resource, title: 'Gone' });
    await setAudience(client.client_id, [resource]);
    await operate(world, ops.resource_remove, { resource });
    const settings = { name: 'Renamed' } as never;
    await operate(world, ops.client_set, { client_id: client.client_id, settings });
    const row = await setAudience(client.client_id, null);
    expect(row.client_set).toMatchObject({ introspection_audience: null });
  });
});
