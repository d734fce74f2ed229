// Clients that register themselves: who, how many, how often, how long.
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { callAll } from '../../src/db/call.ts';
import { api, ops } from '../../src/db/functions.ts';
import {
  ask,
  auditOf,
  makeClient,
  makeTenant,
  makeUser,
  makeWorld,
  operate,
  redirect_uri,
  secret,
  type World,
} from '../support/fixtures.ts';
import { begin, newBrowser, obtainTokens, rotate } from '../support/flows.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld(8);
  await configure(world, { registration: 'open', registration_rate: 1_000_000 });
});

const configure = (at: World, settings: object) =>
  operate(at, ops.tenant_set, { settings: settings as never });

async function openTenant(settings: object): Promise<World> {
  const tenant = await makeTenant(world.database, `t-${randomUUID().slice(0, 8)}`);
  await configure(tenant, { registration: 'open', registration_rate: 1_000_000, ...settings });
  return tenant;
}

const publicClient = {
  token_endpoint_auth_method: 'none',
  application_type: 'web',
  redirect_uris: [redirect_uri],
  grant_types: ['authorization_code', 'refresh_token'],
};

type Options = { initial_hash?: Buffer; address?: string };

async function register(at: World, metadata: object = {}, options: Options = {}) {
  const [next_secret_hash, registration_hash] = [secret(), secret()];
  const row = await ask(at, api.registration_add, {
    metadata: { name: randomUUID(), ...publicClient, ...metadata } as never,
    next_secret_hash,
    next_registration_hash: registration_hash,
    ...options,
  });
  const client = { client_id: row.client_id ?? '', auth_method: 'none', secret_hash: null };
  return { row, client, next_secret_hash, registration_hash };
}

async function machineToken(at: World, machine_scopes: string[], more: object = {}) {
  const initial_hash = secret();
  const args = { name: 'token', token_hash: initial_hash, machine_scopes, ...more };
  const { registration_token_add: token_id } = await operate(at, ops.registration_token_add, args);
  return { initial_hash, token_id: token_id ?? '' };
}

const clientsOf = (at: World) =>
  at.database.sql`select * from pgrant.clients where tenant_id = ${at.tenant} order by created_at`;
const age = (at: World, client_id: string, interval: string) => at.database.sql`
  update pgrant.clients set registered_at = registered_at - ${interval}::interval, expires_at = expires_at - ${interval}::interval,
         last_used_at = last_used_at - ${interval}::interval
   where tenant_id = ${at.tenant} and client_id = ${client_id}`;
const tally = (rows: { row: { error: string | null } }[]) =>
  Object.fromEntries(
    [...new Set(rows.map(({ row }) => row.error ?? 'granted'))].map((error) => [
      error,
      rows.filter(({ row }) => (row.error ?? 'granted') === error).length,
    ]),
  );

describe('what a client may not give itself', () => {
  test('consent, PKCE, lifetimes, networks, a maker, an end that never comes', async () => {
    const { row } = await register(world, {
      consent: 'never',
      require_pkce: false,
      access_token_lifetime: 86_400,
      expires_at: 'infinity',
      maker_id: randomUUID(),
      client_id: 'mine',
    });
    const [stored] = await world.database.sql`
      select * from pgrant.clients where client_id = ${row.client_id}`;
    expect(stored).toMatchObject({
      client_id: expect.stringMatching(/^dc-/),
      consent: 'remember',
      require_pkce: true,
      access_token_lifetime: null,
      maker_id: null,
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
        scopes,
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

describe('bounds that are exact across connections', () => {
  test('registration_quota', async () => {
    const tenant = await openTenant({ registration_quota: 10 });
    const rows = await Promise.all(Array.from({ length: 40 }, () => register(tenant)));
    expect(tally(rows)).toEqual({ granted: 10, temporarily_unavailable: 30 });
    expect(await clientsOf(tenant)).toHaveLength(10);
    const [first] = await clientsOf(tenant);
    await age(tenant, first?.client_id, '61 minutes');
    expect(tally([await register(tenant), await register(tenant)])).toEqual({
      granted: 1,
      temporarily_unavailable: 1,
    });
  });

  test('registration_rate, per IPv4 address and IPv6 /64', async () => {
    const tenant = await openTenant({ registration_rate: 7 });
    const from = (address: (n: number) => string) =>
      Promise.all(
        Array.from({ length: 20 }, (_, n) => register(tenant, {}, { address: address(n) })),
      );
    expect(tally(await from(() => '192.0.2.9'))).toEqual({ granted: 7, too_many_attempts: 13 });
    const network = await from((n) => `2001:db8::${(n + 1).toString(16)}`);
    expect(tally(network)).toEqual({ granted: 7, too_many_attempts: 13 });
    expect(tally(await from((n) => `2001:db8:0:${n + 1}::1`))).toEqual({ granted: 20 });
    const { row } = await register(tenant, {}, { address: '192.0.2.9' });
    expect(row.retry_after).toBeGreaterThan(0);
    expect(row.retry_after).toBeLessThanOrEqual(3600);
  });

  test('the uses of an initial access token', async () => {
    const tenant = await openTenant({ registration: 'token' });
    const { initial_hash, token_id } = await machineToken(tenant, ['email'], { uses: 5 });
    const rows = await Promise.all(
      Array.from({ length: 15 }, () => register(tenant, {}, { initial_hash })),
    );
    expect(tally(rows)).toEqual({ granted: 5, invalid_token: 10 });
    const [listed] = await callAll(tenant.database.worker, ops.registration_token_list, {
      tenant: tenant.tenant,
    });
    expect(listed).toMatchObject({ token_id, uses_left: 0, used: 5 });
  });
});

describe('initial access tokens', () => {
  test('are good at their tenant and until they expire or are removed', async () => {
    const tenant = await openTenant({ registration: 'token' });
    const { initial_hash, token_id } = await machineToken(tenant, ['email']);
    expect((await register(tenant, {}, { initial_hash })).row.error).toBeNull();
    const other = await openTenant({ registration: 'token' });
    expect((await register(other, {}, { initial_hash })).row.error).toBe('invalid_token');
    await operate(tenant, ops.registration_token_remove, { token_id });
    expect((await register(tenant, {}, { initial_hash })).row.error).toBe('invalid_token');
    const late = await machineToken(tenant, ['email'], { lifetime: 1 });
    await tenant.database
      .sql`update pgrant.registration_tokens set expires_at = now() where token_id = ${late.token_id}`;
    const refused = await register(tenant, {}, { initial_hash: late.initial_hash });
    expect(refused.row.error).toBe('invalid_token');
  });
});

describe('duplicates', () => {
  test('the same metadata from the same address replace each other, at once from many connections', async () => {
    const tenant = await openTenant({});
    const rows = await Promise.all(
      Array.from({ length: 20 }, () => register(tenant, { name: 'Same' })),
    );
    expect(tally(rows)).toEqual({ granted: 20 });
    expect(await clientsOf(tenant)).toHaveLength(1);
    await register(tenant, { name: 'Same' }, { address: '198.51.100.1' });
    await register(tenant, { name: 'Other' });
    expect(await clientsOf(tenant)).toHaveLength(3);
  });

  test('do not replace one that a person was sent here by', async () => {
    const tenant = await openTenant({});
    const { client } = await register(tenant, { name: 'Same' });
    await begin(tenant, newBrowser(), client);
    await register(tenant, { name: 'Same' });
    expect(await clientsOf(tenant)).toHaveLength(2);
  });
});

describe('how long they live', () => {
  test('one that is never used is refused after an hour, before any janitor came', async () => {
    const { row, client, registration_hash } = await register(world);
    await age(world, client.client_id, '61 minutes');
    expect((await begin(world, newBrowser(), client)).row.error).toBe('unknown_client');
    const read = { registered_id: row.client_id, registration_hash };
    expect((await ask(world, api.registration_read, read)).error).toBe('invalid_token');
  });

  test('one that gets tokens lives on for registered_idle_lifetime, and a refresh counts, once a day', async () => {
    const { client } = await register(world);
    const user = await makeUser(world, 'ada');
    const tokens = await obtainTokens(world, client, user);
    const [first] = await world.database
      .sql`select * from pgrant.clients where client_id = ${client.client_id}`;
    expect((first?.expires_at - Date.now()) / 86_400_000).toBeCloseTo(90, 2);
    const next = await rotate(world, client, tokens.refresh);
    const [same] = await world.database
      .sql`select xmin, * from pgrant.clients where client_id = ${client.client_id}`;
    expect(same?.last_used_at).toEqual(first?.last_used_at);
    await age(world, client.client_id, '2 days');
    expect(next.row.error).toBeNull();
    await rotate(world, client, next.refresh);
    const [noted] = await world.database
      .sql`select * from pgrant.clients where client_id = ${client.client_id}`;
    expect((noted?.expires_at - Date.now()) / 86_400_000).toBeCloseTo(90, 2);
  });

  test('ten thousand register, as many as ten tenants take, and the janitor collects them in bounded batches and nothing else', {
    timeout: 120_000,
  }, async () => {
    const tenants = await Promise.all(Array.from({ length: 10 }, () => openTenant({})));
    const web = world.database.as('pgrant_web');
    const counts = async ({ tenant }: World) =>
      (await callAll(world.database.worker, ops.registration_counts, { tenant }))[0];
    await Promise.all(
      tenants.map(async (tenant) => {
        await makeClient(tenant, 'portal');
        const [answered] = await web`
          select count(*) filter (where r.error is null)::int as granted,
                 count(*) filter (where r.error = 'temporarily_unavailable')::int as refused
            from generate_series(1, 1010) n
           cross join lateral pgrant_api.registration_add(
             p_tenant => ${tenant.tenant}::text::uuid, p_request_id => 'many', p_address => '10.0.0.0'::inet + n,
             p_metadata => ${JSON.stringify(publicClient)}::text::jsonb, p_initial_hash => null,
             p_next_secret_hash => null, p_next_registration_hash => sha256(n::text::bytea)) r`;
        expect(answered).toEqual({ granted: 1000, refused: 10 });
        expect(await counts(tenant)).toMatchObject({ live: 1000, unused: 1000, addresses: 1000 });
      }),
    );
    const ids = tenants.map(({ tenant }) => tenant);
    await world.database.sql`
      update pgrant.clients set expires_at = now() - interval '1 second'
       where tenant_id = any (${ids}) and registered_at is not null`;
    const batches = [];
    for (let deleted = -1; deleted !== 0; batches.push(deleted)) {
      const rows = await callAll(world.database.worker, ops.expired_delete, { limit: 4000 });
      deleted = Number(rows.find(({ table_name }) => table_name === 'clients')?.deleted);
    }
    expect(Math.max(...batches)).toBe(4000);
    expect(batches.reduce((sum, one) => sum + one)).toBeGreaterThanOrEqual(10_000);
    for (const tenant of tenants) {
      expect((await clientsOf(tenant)).map(({ client_id }) => client_id)).toEqual(['portal']);
      expect(await counts(tenant)).toMatchObject({ live: 0, expired: 0 });
    }
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

test('whatever was decided is recorded', async () => {
  const tenant = await openTenant({});
  const { row, registration_hash } = await register(tenant, { name: 'Recorded' });
  const known = { registered_id: row.client_id, registration_hash };
  const replacing = { ...known, metadata: publicClient as never, next_secret_hash: null };
  await ask(tenant, api.registration_replace, replacing);
  await ask(tenant, api.registration_remove, known);
  await ask(tenant, api.registration_read, known);
  const recorded = await Promise.all(
    ['add', 'replace', 'remove', 'read'].map((verb) => auditOf(tenant, `registration.${verb}`)),
  );
  expect(recorded.flat().map(({ error }) => error)).toEqual([null, null, null, 'invalid_token']);
  expect(JSON.stringify(recorded)).not.toContain(registration_hash.toString('hex'));
});
