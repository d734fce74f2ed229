import { beforeAll, beforeEach, expect, test } from 'vitest';
import { api } from '../../src/db/bindings.ts';
import {
  ask,
  auditOf,
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  secret,
  type User,
  type World,
} from '../support/fixtures.ts';
import { jwtOf, obtainTokens, rotate } from '../support/flows.ts';

let world: World;
let other: Client;
let client: Client;
let ada: User;
let tokens: Awaited<ReturnType<typeof obtainTokens>>;
let jwt: ReturnType<typeof jwtOf>;
let count = 0;

beforeAll(async () => {
  world = await makeWorld();
  other = await makeClient(world, 'other');
  ada = await makeUser(world, 'ada');
});

beforeEach(async () => {
  count += 1;
  const metadata = { token_endpoint_auth_method: 'none', access_token_format: 'opaque' };
  client = await makeClient(world, `client-${count}`, metadata);
  tokens = await obtainTokens(world, client, ada);
  jwt = jwtOf(tokens.row);
});

const done = { error: null, reason: null };
const revoke = (token: object, caller = client) =>
  ask(world, api.token_revoke, { ...caller, ...token });

async function states() {
  const introspect = (token: object) => ask(world, api.token_introspect, { ...other, ...token });
  return [(await introspect(tokens.access)).active, (await introspect({ jwt })).active];
}

test('revoking an access token ends that one alone [RFC 7009 2]', async () => {
  expect(await revoke(tokens.access)).toEqual(done);
  expect(await states()).toEqual([false, true]);
  expect(await revoke({ jwt })).toEqual(done);
  expect(await states()).toEqual([false, false]);
  expect((await rotate(world, client, tokens.refresh)).row.error).toBeNull();
  const audit = await auditOf(world, 'token.revoke');
  expect(audit.filter(({ client_id }) => client_id === client.client_id)).toHaveLength(2);
});

test('revoking a refresh token, the superseded one too, ends the family', async () => {
  const next = await rotate(world, client, tokens.refresh);
  expect(await revoke(tokens.refresh)).toEqual(done);
  expect(await states()).toEqual([false, false]);
  expect((await rotate(world, client, next.refresh)).row.error).toBe('invalid_grant');
});

test('revoking another client’s token is no error and does nothing', async () => {
  for (const token of [tokens.access, { jwt }, tokens.refresh]) {
    expect(await revoke(token, other)).toEqual(done);
  }
  expect(await states()).toEqual([true, true]);
  expect((await rotate(world, client, tokens.refresh)).row.error).toBeNull();
});

test('revoking what is unknown or revoked already is no error', async () => {
  const { handle_hash } = tokens.refresh;
  expect(await revoke({})).toEqual(done);
  expect(await revoke({ handle_hash, refresh_hash: secret() })).toEqual(done);
  expect(await states()).toEqual([true, true]);
  for (let n = 0; n < 2; n++) expect(await revoke({ jwt })).toEqual(done);
  for (let n = 0; n < 2; n++) expect(await revoke(tokens.refresh)).toEqual(done);
});

test('a client that does not authenticate revokes nothing', async () => {
  const own = await obtainTokens(world, other, ada);
  const impostor = { ...other, secret_hash: secret() };
  expect((await revoke(own.refresh, impostor)).error).toBe('invalid_client');
  expect((await rotate(world, other, own.refresh)).row.error).toBeNull();
});
