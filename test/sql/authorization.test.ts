import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import {
  auditOf,
  type Client,
  makeClient,
  makeTenant,
  makeUser,
  makeWorld,
  operate,
  redirect_uri,
  type User,
  type World,
} from '../support/fixtures.ts';
import { begin, login, newBrowser, obtainCode, proceed, redeem } from '../support/flows.ts';

let world: World;
let spa: Client;
let ada: User;

beforeAll(async () => {
  world = await makeWorld();
  spa = await makeClient(world, 'spa', { token_endpoint_auth_method: 'none' });
  await makeClient(world, 'web', { require_pkce: false });
  ada = await makeUser(world, 'ada');
});

async function requests() {
  const [row] = await world.database
    .sql`select count(*)::int as n from pgrant.authorization_requests`;
  return row?.n;
}

describe('an authorization request', () => {
  test('of an unknown, a disabled or another tenant’s client is a page, never a redirect', async () => {
    const disabled = await makeClient(world, 'disabled');
    await operate(world, ops.client_disable, { client_id: 'disabled', disabled: true });
    const elsewhere = await makeClient(await makeTenant(world.database, 'other'), 'elsewhere');
    for (const client of [{ client_id: 'nobody' }, { client_id: 'SPA' }, disabled, elsewhere]) {
      const { row } = await begin(world, newBrowser(), client, { state: 'x' });
      expect(row).toMatchObject({
        error: 'unknown_client',
        next: null,
        redirect_uri: null,
        state: null,
      });
    }
    const audit = await auditOf(world, 'authorization.request');
    expect(audit.at(-1)).toMatchObject({ error: 'unknown_client' });
  });

  test('brings state, response mode and its own error back to the client', async () => {
    const before = await requests();
    const { row } = await begin(world, newBrowser(), spa, {
      state: 's t',
      response_mode: 'form_post',
      error: 'unsupported_response_type',
      error_reason: 'why',
    });
    expect(row).toMatchObject({
      error: null,
      next: 'respond',
      redirect_uri,
      state: 's t',
      response_mode: 'form_post',
      response_error: 'unsupported_response_type',
      response_reason: 'why',
      code_expires_at: null,
    });
    expect(await requests()).toBe(before);
  });

  test.each([
    [
      'a public client without PKCE',
      'spa',
      { code_challenge: null, nonce: 'n' },
      'invalid_request',
    ],
    ['a waived client with PKCE', 'web', {}, null],
    ['a waived client with a nonce', 'web', { code_challenge: null, nonce: 'n' }, null],
    ['a waived client without a nonce', 'web', { code_challenge: null, nonce: null }, null],
    ['a waived client without openid', 'web', { code_challenge: null, scopes: ['email'] }, null],
  ])('of %s [RFC 9700 2.1.1]', async (_, client_id, args, error) => {
    const { row } = await begin(world, newBrowser(), { client_id }, args);
    expect(row).toMatchObject({ error: null, response_error: error });
    if (error === null) return;
    const audit = await auditOf(world, 'authorization.request');
    expect(audit.at(-1)).toMatchObject({ error, client_id });
  });

  test('for a scope that does not exist is refused, naming it', async () => {
    const { row } = await begin(world, newBrowser(), spa, { scopes: ['openid', 'admin:all'] });
    expect(row.response_error).toBe('invalid_scope');
    expect(row.response_detail).toContain('admin:all');
  });

  test('gets no scope that the client may not have, and none at all where nothing is left', async () => {
    const narrow = await makeClient(world, 'narrow', { scopes: ['openid', 'email'] });
    const asked = { scopes: ['openid', 'phone', 'email'] };
    const code = await obtainCode(world, newBrowser(), narrow, ada, asked);
    expect((await redeem(world, narrow, code)).row.scopes).toEqual(['openid', 'email']);
    const { row } = await begin(world, newBrowser(), narrow, { scopes: ['phone'] });
    expect(row.response_error).toBe('invalid_scope');
  });

  test('shows the person only what the client may have', async () => {
    const shy = await makeClient(world, 'shy', { scopes: ['openid', 'email'] });
    const flow = await begin(world, newBrowser(), shy, { scopes: ['openid', 'phone'] });
    await login(world, flow, ada);
    const page = (await proceed(world, flow)).page as { scopes: { scope: string }[] };
    expect(page.scopes.map(({ scope }) => scope)).toEqual(['openid']);
  });

  test('without scopes means what the client has, without openid and offline_access', async () => {
    const scopes = ['openid', 'offline_access', 'email', 'phone'];
    const listed = await makeClient(world, 'listed', { scopes });
    for (const client of [listed, spa]) {
      const code = await obtainCode(world, newBrowser(), client, ada, { scopes: [] });
      const { row } = await redeem(world, client, code);
      expect(row.scopes).toEqual(expect.arrayContaining(['email', 'phone']));
      expect(row.scopes?.filter((scope) => ['openid', 'offline_access'].includes(scope))).toEqual(
        [],
      );
      expect(row.id_token_alg).toBeNull();
    }
  });
});
