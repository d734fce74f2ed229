// Sealing tenant by tenant, as where each node has transaction ids of its own: they say nothing of what is final.
import { describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { sealByTenant } from '../../src/operations/audit-chain.ts';
import { decide, verify } from '../support/audit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { makeTenant, type World } from '../support/fixtures.ts';

/** Seals at most `width` events in a call until nothing is left; gives how many seals each call made. */
async function sealAll({ database, tenant }: World, width = 1_000): Promise<number[]> {
  const seals: number[] = [];
  while (seals.at(-1) !== 0) {
    const [row] = await callAll(database.worker, ops.audit_seal_tenant, { width, tenant });
    seals.push(row?.audit_seal_tenant ?? 0);
  }
  return seals;
}

const dueIn = ({ worker }: TestDatabase) => callAll(worker, ops.audit_seal_due, {});

/** Has it been some hours since nothing was left to seal. */
const settle = ({ database: { sql }, tenant }: World, hours: number) => sql`
  update pgrant.audit_chains set settled_at = now() - ${hours} * interval '1 hour' where tenant_id = ${tenant}`;

test('tenants are sealed that have unsealed events or may have some', async () => {
  const database = await createDatabase();
  const [idle, busy, fresh] = await Promise.all(
    ['idle', 'busy', 'fresh'].map((name) => makeTenant(database, name)),
  );
  const due = async () =>
    new Set(
      (await dueIn(database)).filter(({ compare }) => !compare).map(({ tenant_id }) => tenant_id),
    );
  expect(await due()).toEqual(new Set([idle?.tenant, busy?.tenant, fresh?.tenant]));
  for (const world of [idle, busy]) expect(await sealAll(world as World)).toEqual([1, 0]);
  // A transaction that had begun before may still end.
  expect(await due()).toEqual(new Set([idle?.tenant, busy?.tenant, fresh?.tenant]));
  await database.sql`update pgrant.audit_chains set made_at = now() - interval '3 hours'`;
  await database.sql`
    update pgrant.audit_events set at = at - interval '4 hours' where tenant_id = ${idle?.tenant ?? ''}`;
  expect(await due()).toEqual(new Set([busy?.tenant, fresh?.tenant]));
});

test('what waited for days is sealed in as many calls as it takes, and is not taken for back-dated', async () => {
  const database = await createDatabase();
  const world = await makeTenant(database, 'acme');
  await sealAll(world);
  await settle(world, 96);
  await database.sql`
    insert into pgrant.audit_events (tenant_id, action, at)
    select ${world.tenant}, 'user.add', now() - interval '3 days' + n * interval '1 hour' from generate_series(1, 20) n`;
  expect((await sealAll(world, 7)).length).toBeGreaterThan(3);
  expect(await verify(world)).toMatchObject({ intact: true, events: '21', unsealed: '0' });
});

test('many events of the last hour that are sealed keep no younger one from its seal', async () => {
  const database = await createDatabase();
  const world = await makeTenant(database, 'acme');
  await decide(world, 10);
  await sealAll(world, 4);
  await decide(world, 6);
  await sealAll(world, 4);
  expect(await verify(world)).toMatchObject({ intact: true, events: '17', unsealed: '0' });
});

describe('an event that says that it is of last month, at a tenant that has long been quiet', () => {
  const forge = async (world: World, compared: string) => {
    const { sql } = world.database;
    await sealAll(world);
    await settle(world, 24);
    await sql`update pgrant.audit_chains set compared_at = now() - ${compared}::interval`;
    const [forged] = await sql`
      insert into pgrant.audit_events (tenant_id, at, action)
      values (${world.tenant}, now() - interval '31 days', 'user.add') returning event_id`;
    await sealByTenant(world.database.worker);
    return forged?.event_id;
  };

  test('is found out within a day, and once', async () => {
    const world = await makeTenant(await createDatabase(), 'acme');
    const event_id = await forge(world, '25 hours');
    expect(await verify(world)).toMatchObject({ fault: 'back-dated', event_id, seal: '2' });
    await sealByTenant(world.database.worker);
    expect(await dueIn(world.database)).toMatchObject([{ compare: false }]);
  });

  test('is looked for once a day', async () => {
    const world = await makeTenant(await createDatabase(), 'acme');
    await forge(world, '23 hours');
    expect(await verify(world)).toMatchObject({ fault: 'unsealed' });
  });
});

test('so many tenants are compared each minute that all are in half a day', async () => {
  const database = await createDatabase();
  const world = await makeTenant(database, 'acme');
  await sealAll(world);
  const others = `('c1705000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid`;
  await database.sql.unsafe(`
    insert into pgrant.issuers (tenant_id, name, issuer, title, host, path)
    select ${others}, 't-' || n, 'https://t.example/' || n, 'T', 't.example', '/' || n from generate_series(1, 1500) n;
    insert into pgrant.tenants
    select r.* from generate_series(1, 1500) n, pgrant.tenants t,
           jsonb_populate_record(t, jsonb_build_object('tenant_id', ${others}, 'name', 't-' || n, 'issuer', 'https://t.example/' || n)) r
     where t.name = 'acme';
    insert into pgrant.audit_chains (tenant_id, number, seal, total, made_at, compared_at)
    select ${others}, 1, sha256('x'), 1, now() - interval '3 days', now() - n * interval '1 day' from generate_series(1, 1500) n`);
  const compared = (await dueIn(database)).filter(({ compare }) => compare);
  // One was never compared; the others have waited longest.
  expect(new Set(compared.map(({ tenant_id }) => tenant_id))).toEqual(
    new Set(
      [world.tenant, 1500, 1499].map((one) =>
        typeof one === 'number' ? `c1705000-0000-4000-8000-${String(one).padStart(12, '0')}` : one,
      ),
    ),
  );
});
