// For how long audit events are kept, and what of them says who was refused.
import { beforeAll, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { addOldEvents, decide, seal } from '../support/audit.ts';
import { createDatabase } from '../support/database.ts';
import {
  ask,
  auditOf,
  type Client,
  makeClient,
  makeTenant,
  makeWorld,
  secret,
  type World,
} from '../support/fixtures.ts';

let world: World;
let other: World;
let app: Client;

beforeAll(async () => {
  world = await makeWorld();
  other = await makeTenant(world.database, 'other');
  app = await makeClient(world, 'app', { grant_types: ['client_credentials'] });
});

const retention = async () => (await callAll(world.database.worker, ops.audit_retention, {}))[0];
const set = (months: number) => callAll(world.database.worker, ops.audit_retention_set, { months });

test('the retention is set in months, seals outlast events by two, and each audit tells', async () => {
  expect(await retention()).toEqual({ months: 13, seal_months: 15 });
  await set(24);
  expect(await retention()).toEqual({ months: 24, seal_months: 26 });
  for (const tenant of [world, other]) {
    const [event, ...more] = await auditOf(tenant, 'audit.retention');
    expect(event).toMatchObject({ detail: { months: 24, before: 13 } });
    expect(more).toEqual([]);
  }
  await set(24);
  expect(await auditOf(world, 'audit.retention')).toHaveLength(1);
});

test('what is past the new retention is dropped by the next round, and not before', async () => {
  const { sql } = world.database;
  await sql.unsafe(`create table pgrant.audit_events_past partition of pgrant.audit_events
    for values from (date_trunc('month', now()) - interval '6 months') to (date_trunc('month', now()) - interval '5 months')`);
  const there = async () => (await sql`select to_regclass('pgrant.audit_events_past') as t`)[0]?.t;
  await callAll(world.database.worker, ops.partitions_maintain, {});
  expect(await there()).not.toBeNull();
  await set(3);
  expect(await there()).not.toBeNull();
  await callAll(world.database.worker, ops.partitions_maintain, {});
  expect(await there()).toBeNull();
});

test('what has been dropped is no fault, and no history, once it would be kept for longer', async () => {
  const database = await createDatabase();
  const tenant = await makeTenant(database, 'acme');
  await addOldEvents(database, tenant.tenant, 3);
  await seal(database);
  await callAll(database.worker, ops.partitions_maintain, {});
  await database.sql`
    insert into pgrant.audit_events (tenant_id, at, action, detail)
    select ${tenant.tenant}, now() - interval '9 days', 'refusals.count', jsonb_build_object('minute', now() - interval '9 days', 'digest', '')`;
  const faults = async () => {
    const [row] = await database.sql`
      select v.fault, pgrant_report.refusals_fault(${tenant.tenant}) as refusals
        from pgrant_report.audit_verify_seals(${tenant.tenant}) v`;
    return row;
  };
  const none = { fault: null, refusals: null };
  expect(await faults()).toEqual(none);
  await callAll(database.worker, ops.audit_retention_set, { months: 24 });
  const plan = { table: 'refusals', retention: '30 days' };
  await callAll(database.worker, ops.partition_plan_set, plan);
  expect(await faults()).toEqual(none);
  await database.sql`delete from pgrant.audit_events where action = 'refusals.count'`;
  // What is not so old has to be there.
  await decide(tenant, 2);
  await seal(database);
  await database.sql`delete from pgrant.audit_events where tenant_id = ${tenant.tenant} and action = 'user.add' and at > now() - interval '1 day'`;
  expect((await faults())?.fault).toBe('removed');
});

test.each([0, -1, 121])('%d months are refused', async (months) => {
  const before = await retention();
  await expect(set(months)).rejects.toMatchObject({ code: 'OA003' });
  expect(await retention()).toEqual(before);
});

test('no plan of partitions can be changed to one that loses what is needed, that of the audit to no less than a month', async () => {
  const { sql } = world.database;
  const change = (table: string, interval: string) =>
    sql.begin(async (sql) => {
      await sql`set local role pgrant_owner`;
      return await sql`
        update pgrant.partition_plans set retention = ${interval}::interval where table_name = ${table}`;
    });
  await expect(change('codes', '1 minute')).rejects.toMatchObject({ code: '42501' });
  expect((await change('audit_events', '2 months')).count).toBe(1);
  await expect(change('audit_events', '1 day')).rejects.toMatchObject({ code: '42501' });
});

const refuse = (client: Client) =>
  ask(world, api.client_credentials_issue, {
    ...client,
    secret_hash: secret(),
    scope: '',
    access_hash: secret(),
  });

test('what was refused is told with its reason, youngest first, page by page', async () => {
  // A client each: refusals of one kind are one row a minute.
  for (const name of ['one', 'two', 'three', 'four']) {
    await refuse(await makeClient(world, name, { grant_types: ['client_credentials'] }));
  }
  await refuse(app);
  const all = await callAll(world.database.worker, ops.error_list, { tenant: world.tenant });
  expect(all.length).toBeGreaterThanOrEqual(5);
  expect(all[0]).toMatchObject({
    error: 'invalid_client',
    client_id: 'app',
    client_name: 'app',
    address: '192.0.2.1',
  });
  expect(all[0]?.reason).toBeTruthy();
  const read: typeof all = [];
  for (let more = true; more && read.length <= all.length; ) {
    const last = read.at(-1);
    const from = last && { before: last.at, before_id: last.event_id };
    const args = { tenant: world.tenant, limit: 2, ...from };
    const page = await callAll(world.database.worker, ops.error_list, args);
    read.push(...page);
    more = page.length > 0;
  }
  expect(read).toEqual(all);
});

test('refusals are told of one client, since a moment, and never of another tenant', async () => {
  const [now] = await world.database.sql`select clock_timestamp()::text as at`;
  const another = await makeClient(world, 'another', { grant_types: ['client_credentials'] });
  await refuse(another);
  const list = (args: object, tenant = world.tenant) =>
    callAll(world.database.worker, ops.error_list, { tenant, ...args });
  expect((await list({ since: now?.at })).map(({ client_id }) => client_id)).toEqual(['another']);
  expect(await list({ client_id: 'another' })).toHaveLength(1);
  expect(await list({ client_id: 'app', since: now?.at })).toEqual([]);
  expect(await list({}, other.tenant)).toEqual([]);
});
