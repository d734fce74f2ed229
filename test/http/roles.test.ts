// Scopes are roles: what a token may do is what its person may do now.
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call, callAll } from '../../src/db/call.ts';
import { newLastingSecret } from '../../src/protocol/secrets.ts';
import { type Acme, discover, obtainTokens, redirect_uri, startAcme } from '../support/acme.ts';
import { addClient } from '../support/issuer.ts';

let acme: Acme;
let n8n: client.Configuration;

const give = (role: string) =>
  call(acme.database.worker, ops.role_assign, { tenant: acme.tenant, username: 'ada', role });
const take = (role: string) =>
  call(acme.database.worker, ops.role_withdraw, { tenant: acme.tenant, username: 'ada', role });
const explain = (...scopes: string[]) =>
  callAll(acme.database.worker, ops.token_explain, {
    tenant: acme.tenant,
    username: 'ada',
    client_id: 'n8n',
    scopes,
  });

beforeAll(async () => {
  acme = await startAcme();
  const { tenant, database } = acme;
  for (const role of ['courses', 'statistics', 'team']) {
    await call(database.worker, ops.role_add, { tenant, role, title: `Use ${role}` });
  }
  await give('courses');
  await call(database.worker, ops.group_set, {
    tenant,
    group: 'analysts',
    title: 'Analysts',
    roles: ['statistics'],
  });
  await call(database.worker, ops.group_member, {
    tenant,
    group: 'analysts',
    username: 'ada',
    member: true,
  });
  const app = await addClient(database, tenant, 'n8n', {
    name: 'n8n',
    redirect_uris: [redirect_uri],
  });
  n8n = await discover(acme, app);
});

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

test('the n8n case: a scope that nobody defined is named, counted, and one statement away', async () => {
  const failed = obtainTokens(n8n, { scope: 'courses webhook' });
  await expect(failed).rejects.toMatchObject({
    error: 'invalid_scope',
    error_description: expect.stringContaining('webhook'),
  });
  const { tenant, database } = acme;
  const vain = await callAll(database.worker, ops.scope_refusal_list, { tenant });
  expect(vain[0]).toMatchObject({
    client_id: 'n8n',
    scope: 'webhook',
    reason: 'undefined',
    refused: 1,
  });

  await call(database.worker, ops.role_add, {
    tenant,
    role: 'webhook',
    title: 'Call your webhooks',
  });
  expect((await explain('webhook'))[0]).toMatchObject({
    final: false,
    reason: 'role missing',
    held: false,
  });
  const without = await obtainTokens(n8n, { scope: 'courses webhook' });
  expect(without.scope).toBe('courses');

  await give('webhook');
  expect((await explain('webhook'))[0]).toMatchObject({
    final: false,
    reason: 'not consented',
    held: true,
  });
  const withIt = await obtainTokens(n8n, { scope: 'courses webhook' });
  expect(withIt.scope).toBe('courses webhook');
  expect((await explain('webhook'))[0]).toMatchObject({ final: true, reason: 'granted' });
});

describe('effective scopes are evaluated again at each use', () => {
  test('a role taken away leaves at the next refresh, and at introspection at once', async () => {
    await give('team');
    const tokens = await obtainTokens(n8n, { scope: 'courses team' });
    expect(claimsOf(tokens.access_token)).toMatchObject({
      roles: ['courses', 'team'],
      permissions: ['courses', 'team'],
      org_id: 'acme',
    });
    await take('team');
    expect(await client.tokenIntrospection(n8n, tokens.access_token)).toMatchObject({
      scope: 'courses',
      roles: ['courses'],
    });
    const refreshed = await client.refreshTokenGrant(n8n, tokens.refresh_token ?? '');
    expect(refreshed.scope).toBe('courses');
    await give('team');
    const again = await client.refreshTokenGrant(n8n, refreshed.refresh_token ?? '');
    expect(again.scope).toBe('courses team');
  });

  test('a role through a group, a disabled role, and roles at userinfo', async () => {
    const { tenant, database } = acme;
    const tokens = await obtainTokens(n8n, { scope: 'openid roles statistics' });
    const info = await client.fetchUserInfo(n8n, tokens.access_token, tokens.claims?.sub ?? '');
    expect(info).toMatchObject({
      groups: ['analysts'],
      roles: expect.arrayContaining(['statistics']),
    });
    await call(database.worker, ops.role_disable, { tenant, role: 'statistics', disabled: true });
    expect(await client.tokenIntrospection(n8n, tokens.access_token)).toMatchObject({
      scope: 'openid roles',
    });
    await call(database.worker, ops.role_disable, { tenant, role: 'statistics', disabled: false });
    await call(database.worker, ops.group_member, {
      tenant,
      group: 'analysts',
      username: 'ada',
      member: false,
    });
    expect(await client.tokenIntrospection(n8n, tokens.access_token)).toMatchObject({
      scope: 'openid roles',
    });
  });

  test('the names of the claims are settings, for clients written for another vendor', async () => {
    const { tenant, database } = acme;
    const settings = { roles_claim: 'https://example.com/roles', tenant_claim: 'org' };
    await call(database.worker, ops.tenant_set, { tenant, settings });
    const tokens = await obtainTokens(n8n, { scope: 'courses' });
    expect(claimsOf(tokens.access_token)).toMatchObject({
      'https://example.com/roles': ['courses'],
      permissions: ['courses'],
      org: 'acme',
    });
  });
});

describe('API credentials', () => {
  async function addCredential(permissions: string[], allowed_networks?: string[]) {
    const { secret, hash } = newLastingSecret('api_key');
    const [row] = await callAll(acme.database.worker, ops.credential_add, {
      tenant: acme.tenant,
      username: 'ada',
      name: 'nightly export',
      permissions,
      secret_hash: hash,
      ...(allowed_networks && { allowed_networks }),
    } as never);
    const client_id = (row as unknown as { credential_add: string }).credential_add;
    return { client_id, client_secret: secret };
  }

  test('never more than their maker holds, when made and at each use', async () => {
    await expect(addCredential(['courses', 'nonsense'])).rejects.toThrow(
      'nonsense (the tenant has no such scope)',
    );
    await give('team');
    const credential = await addCredential(['courses', 'team']);
    const own = await discover(acme, credential);
    expect((await client.clientCredentialsGrant(own)).scope).toBe('courses team');
    await take('team');
    expect((await client.clientCredentialsGrant(own)).scope).toBe('courses');
    const bearer = await client.tokenIntrospection(n8n, credential.client_secret);
    expect(bearer).toMatchObject({
      active: true,
      scope: 'courses',
      client_id: credential.client_id,
    });
  });

  test('dead with its maker, told apart from applications, last used', async () => {
    const { tenant, database } = acme;
    const credential = await addCredential(['courses']);
    await client.tokenIntrospection(n8n, credential.client_secret);
    const listed = await callAll(database.worker, ops.credential_list, { tenant });
    const mine = listed.find((one) => one.client_id === credential.client_id);
    expect(mine).toMatchObject({ username: 'ada', effective: ['courses'], live_secrets: 1 });
    expect(mine?.last_used_at).toBeTruthy();
    const clients = await callAll(database.worker, ops.client_list, { tenant });
    expect(clients.map(({ client_id }) => client_id)).not.toContain(credential.client_id);
    await call(database.worker, ops.user_disable, { tenant, username: 'ada', disabled: true });
    expect(await client.tokenIntrospection(n8n, credential.client_secret)).toEqual({
      active: false,
    });
    await call(database.worker, ops.user_disable, { tenant, username: 'ada', disabled: false });
  });

  test('only from the networks that are allowed', async () => {
    const near = await discover(acme, await addCredential(['courses'], ['127.0.0.0/8']));
    expect((await client.clientCredentialsGrant(near)).scope).toBe('courses');
    const far = await discover(acme, await addCredential(['courses'], ['192.0.2.0/24']));
    await expect(client.clientCredentialsGrant(far)).rejects.toMatchObject({
      error: 'invalid_client',
    });
  });
});
