// Clients that register themselves: how many, how often, how long.
import { beforeAll, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { call, callAll } from '../../src/db/call.ts';
import {
  ask,
  auditOf,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  type World,
} from '../support/fixtures.ts';
import { begin, newBrowser, obtainTokens, rotate } from '../support/flows.ts';
import {
  age,
  clientsOf,
  configure,
  machineToken,
  openTenant,
  publicClient,
  register,
  tally,
} from '../support/self-registered.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld(8);
  await configure(world, { registration: 'open', registration_rate: 1_000_000 });
});

describe('bounds that are exact across connections', () => {
  test('registration_quota', async () => {
    const tenant = await openTenant(world, { registration_quota: 10 });
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
    const tenant = await openTenant(world, { registration_rate: 7 });
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
    const tenant = await openTenant(world, { registration: 'token' });
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
    const tenant = await openTenant(world, { registration: 'token' });
    const { initial_hash, token_id } = await machineToken(tenant, ['email']);
    expect((await register(tenant, {}, { initial_hash })).row.error).toBeNull();
    const other = await openTenant(world, { registration: 'token' });
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

test('the same metadata from one address, at once from many connections, are as many clients [RFC 7591 3.2.1]', async () => {
  const tenant = await openTenant(world);
  const rows = await Promise.all(
    Array.from({ length: 20 }, () => register(tenant, { name: 'Same' })),
  );
  expect(tally(rows)).toEqual({ granted: 20 });
  expect(await clientsOf(tenant)).toHaveLength(20);
  const [first] = rows;
  const known = {
    registered_id: first?.row.client_id,
    registration_hash: first?.registration_hash,
  };
  expect((await ask(tenant, api.registration_read, known as never)).error).toBeNull();
});

describe('at the quota', () => {
  const attempted = async () => {
    const tenant = await openTenant(world, { registration_quota: 1 });
    const { client } = await register(tenant);
    expect((await begin(tenant, newBrowser(), client)).row.error).toBeNull();
    return { tenant, client };
  };
  const longAgo = ({ database, tenant }: World) => database.sql`
    update pgrant.clients set registered_at = now() - interval '2 days', requested_at = now() - interval '25 hours'
     where tenant_id = ${tenant}`;

  test('a client that a person was sent here by today stays, and whoever is new waits', async () => {
    const { tenant } = await attempted();
    expect(tally([await register(tenant)])).toEqual({ temporarily_unavailable: 1 });
  });

  test('one that got no token since yesterday makes room, and one that did does not', async () => {
    const { tenant, client } = await attempted();
    await longAgo(tenant);
    expect(tally([await register(tenant)])).toEqual({ granted: 1 });
    expect((await clientsOf(tenant)).map(({ client_id }) => client_id)).not.toContain(
      client.client_id,
    );
    const [removed] = await auditOf(tenant, 'registration.remove');
    expect(removed).toMatchObject({ client_id: client.client_id });

    const used = await attempted();
    await obtainTokens(used.tenant, used.client, await makeUser(used.tenant, 'ada'));
    await longAgo(used.tenant);
    expect(tally([await register(used.tenant)])).toEqual({ temporarily_unavailable: 1 });
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

  test('one that a person was sent here by lives for registered_idle_lifetime, and each day of that anew', async () => {
    const { client } = await register(world);
    await begin(world, newBrowser(), client);
    const daysLeft = async () => {
      const [row] = await world.database
        .sql`select expires_at from pgrant.clients where client_id = ${client.client_id}`;
      return (row?.expires_at - Date.now()) / 86_400_000;
    };
    expect(await daysLeft()).toBeCloseTo(90, 2);
    await age(world, client.client_id, '61 minutes');
    expect((await begin(world, newBrowser(), client)).row.error).toBeNull();
    await age(world, client.client_id, '30 days');
    await world.database
      .sql`update pgrant.clients set requested_at = now() - interval '30 days' where client_id = ${client.client_id}`;
    await begin(world, newBrowser(), client);
    expect(await daysLeft()).toBeCloseTo(90, 2);
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

  test('three thousand register, as many as three tenants take, and the janitor collects them in bounded batches and nothing else', {
    timeout: 60_000,
  }, async () => {
    const tenants = await Promise.all(Array.from({ length: 3 }, () => openTenant(world)));
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
      const batch = { table: 'clients', limit: 1200 };
      deleted = (await call(world.database.worker, ops.expired_delete, batch)).expired_delete ?? 0;
    }
    expect(Math.max(...batches)).toBe(1200);
    expect(batches.reduce((sum, one) => sum + one)).toBeGreaterThanOrEqual(3000);
    for (const tenant of tenants) {
      expect((await clientsOf(tenant)).map(({ client_id }) => client_id)).toEqual(['portal']);
      expect(await counts(tenant)).toMatchObject({ live: 0, expired: 0 });
    }
  });
});

test('whatever was decided is recorded', async () => {
  const tenant = await openTenant(world);
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
