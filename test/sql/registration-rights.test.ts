// Clients that register themselves: what they may be, and what they may not.
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { beside } from '../support/beside.ts';
import {
  ask,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  secret,
  type World,
} from '../support/fixtures.ts';
import { begin, newBrowser, obtainTokens, rotate } from '../support/flows.ts';
import {
  age,
  configure,
  machineToken,
  publicClient,
  register,
} from '../support/self-registered.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld(8);
  await configure(world, { registration: 'open', registration_rate: 1_000_000 });
});

describe('what a client may not give itself', () => {
  test('consent, PKCE, lifetimes, networks, a maker, tokens to ask about, an end that never comes', async () => {
    const { row } = await register(world, {
      consent: 'never',
      require_pkce: false,
      access_token_lifetime: 86_400,
      expires_at: 'infinity',
      maker_id: randomUUID(),
      introspection_audience: ['https://id.example/acme'],
      client_id: 'mine',
    });
    const [stored] = await world.database.sql`
      select * from pgrant.clients where client_id = ${row.client_id}`;
    expect(stored).toMatchObject({
      client_id: expect.stringMatching(/^dc-/),
      consent: 'assured',
      require_pkce: true,
      access_token_lifetime: null,
      maker_id: null,
      introspection_audience: null,
    });
    expect(stored?.expires_at - Date.now()).toBeLessThan(3_600_000);
  });

  test('client_credentials, unless its initial access token says so, and then those scopes only', async () => {
    await operate(world, ops.role_add, { role: 'export', title: 'Export' });
    await operate(world, ops.role_add, { role: 'admin', title: 'Everything' });
    const machine = {
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      scopes: ['export', 'admin'],
    };
    expect((await register(world, machine)).row.error).toBe('invalid_client_metadata');
    const { initial_hash } = await machineToken(world, ['export']);
    const made = await register(world, machine, { initial_hash });
    expect(made.row.metadata).toMatchObject({ scope: 'export' });
    const issue = (scopes: string[]) =>
      ask(world, api.client_credentials_issue, {
        client_id: made.row.client_id,
        auth_method: 'client_secret_basic',
        secret_hash: made.next_secret_hash,
        scope: scopes.join(' '),
        access_hash: secret(),
      });
    expect((await issue(['export'])).scopes).toEqual(['export']);
    expect((await issue(['admin'])).error).toBe('invalid_scope');
    const grown = await ask(world, api.registration_replace, {
      registered_id: made.row.client_id,
      registration_hash: made.registration_hash,
      metadata: machine as never,
      next_secret_hash: secret(),
    });
    expect(grown).toMatchObject({ error: null, secret: 'kept', metadata: { scope: 'export' } });
  });

  test('a machine brings back no scope that an operator is taking from it', async () => {
    const { initial_hash } = await machineToken(world, ['export', 'email']);
    const machine = {
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      scopes: ['export', 'email'],
    };
    const { row, registration_hash } = await register(world, machine, { initial_hash });
    const client_id = row.client_id ?? '';
    const [, replaced] = await beside(
      world,
      (at) => operate(at, ops.client_set, { client_id, settings: { scopes: ['email'] } }),
      () =>
        ask(world, api.registration_replace, {
          registered_id: client_id,
          registration_hash,
          metadata: machine as never,
          next_secret_hash: secret(),
        }),
    );
    expect(replaced).toMatchObject({ error: null, metadata: { scope: 'email' } });
  });

  test('the scopes that it names are what it asks for by default, and no bound: it may step up [MCP 2026-07-28]', async () => {
    const { client, row, registration_hash } = await register(world, {
      scopes: ['email', 'profile'],
    });
    expect(row.metadata).toMatchObject({ scope: 'email profile' });
    const askedFor = async (scopes: string[]) => {
      const { row: begun } = await begin(world, newBrowser(), client, { scopes });
      return (begun.page as { scopes: { scope: string }[] }).scopes.map(({ scope }) => scope);
    };
    expect(await askedFor([])).toEqual(['email', 'profile']);
    expect(await askedFor(['email', 'phone'])).toEqual(['email', 'phone']);
    await operate(world, ops.client_set, {
      client_id: row.client_id ?? '',
      settings: { scopes: ['email'] },
    });
    expect(await askedFor(['email', 'phone'])).toEqual(['email']);
    // What an operator bounds it by is no matter of its own.
    const metadata = { ...publicClient, scopes: ['email', 'phone'] } as never;
    const known = { registered_id: row.client_id, registration_hash };
    const replaced = await ask(world, api.registration_replace, { ...known, metadata });
    expect(replaced.metadata).toMatchObject({ scope: 'email' });
    expect(await askedFor(['email', 'phone'])).toEqual(['email']);
  });

  test.each([
    'require_signed_request_object',
    'require_pushed_authorization_requests',
    'dpop_bound_access_tokens',
    'tls_client_certificate_bound_access_tokens',
  ])('less than an operator requires of it: %s', async (setting) => {
    const { row, registration_hash } = await register(world);
    const client_id = row.client_id ?? '';
    const replaced = async (metadata = {}) => {
      const known = { registered_id: client_id, registration_hash };
      const given = { ...publicClient, ...metadata } as never;
      const answer = await ask(world, api.registration_replace, { ...known, metadata: given });
      expect(answer.error).toBeNull();
      return (answer.metadata as Record<string, unknown>)[setting];
    };
    const set = (settings: object) =>
      operate(world, ops.client_set, { client_id, settings: settings as never });

    // What it has said itself it takes back itself.
    expect(await replaced({ [setting]: true })).toBe(true);
    expect(await replaced()).toBeUndefined();
    await set({ [setting]: true });
    await set({ name: 'Another name' });
    expect(await replaced({ [setting]: false })).toBe(true);
    const { client_set: shown } = await set({ [setting]: false });
    expect(shown).toMatchObject({ operator_requires: null, [setting]: false });
    expect(await replaced()).toBeUndefined();
  });

  test('client_credentials by replacing what it registered', async () => {
    const { row, registration_hash } = await register(world);
    const replaced = await ask(world, api.registration_replace, {
      registered_id: row.client_id,
      registration_hash,
      metadata: {
        ...publicClient,
        token_endpoint_auth_method: 'client_secret_basic',
        grant_types: ['authorization_code', 'client_credentials'],
      } as never,
      next_secret_hash: secret(),
    });
    expect(replaced.metadata).toMatchObject({ grant_types: ['authorization_code'] });
  });
});

describe('what the rest of the server makes of them', () => {
  test('one that an operator has disabled manages nothing, and operators are shown no hash', async () => {
    const { row, registration_hash } = await register(world);
    const { client_id } = row;
    const { client_show } = await operate(world, ops.client_show, { client_id });
    expect(Object.keys(client_show as object).filter((name) => name.endsWith('_hash'))).toEqual([]);
    await operate(world, ops.client_disable, { client_id, disabled: true });
    const known = { registered_id: client_id, registration_hash };
    expect((await ask(world, api.registration_read, known)).error).toBe('invalid_token');
    expect((await ask(world, api.registration_remove, known)).error).toBe('invalid_token');
  });

  test('one may ask about its own tokens, and about nobody else’s [RFC 7662 4]', async () => {
    const opaque = { access_token_format: 'opaque', grant_types: ['client_credentials'] };
    const other = await makeClient(world, 'machine', opaque);
    const { initial_hash } = await machineToken(world, ['email']);
    const made = await register(
      world,
      { token_endpoint_auth_method: 'client_secret_basic', grant_types: ['client_credentials'] },
      { initial_hash },
    );
    const own = {
      ...made.client,
      auth_method: 'client_secret_basic',
      secret_hash: made.next_secret_hash,
    };
    await world.database.sql`
      update pgrant.clients set access_token_format = 'opaque' where client_id = ${own.client_id}`;
    const issue = async (client: typeof other) => {
      const access_hash = secret();
      const args = { ...client, scopes: ['email'], access_hash };
      const { access_expires_at } = await ask(world, api.client_credentials_issue, args);
      return { access_hash, access_expires_at };
    };
    const active = async (asking: typeof other, token: Awaited<ReturnType<typeof issue>>) =>
      (await ask(world, api.token_introspect, { ...asking, ...token })).active;
    const [ofOther, ofOwn] = [await issue(other), await issue(own)];
    expect([await active(own, ofOwn), await active(own, ofOther)]).toEqual([true, false]);
    expect([await active(other, ofOwn), await active(other, ofOther)]).toEqual([true, true]);
  });

  test('default_max_age holds for requests that do not say [OpenID Connect Registration 2]', async () => {
    const { client } = await register(world, { default_max_age: 0 });
    await begin(world, newBrowser(), client);
    await begin(world, newBrowser(), client, { max_age: 60 });
    const asked = await world.database.sql`
      select max_age from pgrant.authorization_requests where client_id = ${client.client_id} order by created_at`;
    expect(asked.map(({ max_age }) => max_age)).toEqual([0, 60]);
  });

  test('removing one while its tokens are used blocks nobody, and ends them', async () => {
    const grants = ['offline_access', 'email'];
    await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        const { row, client, registration_hash } = await register(world);
        const user = await makeUser(world, `racer-${n}`);
        const { refresh } = await obtainTokens(world, client, user, { scopes: grants });
        await age(world, client.client_id, '2 days');
        const known = { registered_id: row.client_id, registration_hash };
        const [removed, rotated] = await Promise.all([
          ask(world, api.registration_remove, known),
          rotate(world, client, refresh),
          rotate(world, client, refresh),
        ]);
        expect(removed.error).toBeNull();
        const after = await rotate(world, client, rotated.refresh);
        expect(after.row.error).toBe('invalid_client');
      }),
    );
  });
});
