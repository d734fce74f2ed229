import type { Sql } from 'postgres';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call, callAll } from '../../src/db/call.ts';
import { type Auditor, makeAuditor } from '../support/auditors.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { auditOf, makeTenant, makeUser, type World } from '../support/fixtures.ts';

let database: TestDatabase;
let acme: World;
let other: World;

beforeAll(async () => {
  database = await createDatabase();
  acme = await makeTenant(database, 'acme');
  other = await makeTenant(database, 'other');
  await makeUser(acme, 'ada');
  await makeUser(other, 'bob');
});

async function people(sql: Sql): Promise<string[]> {
  const rows = await sql`select username from pgrant_report.people order by 1`;
  return rows.map(({ username }) => username);
}

describe('an auditor', () => {
  test('of all tenants reads all of them', async () => {
    expect(await people((await makeAuditor(database)).sql)).toEqual(['ada', 'bob']);
    expect(await people(database.as('pgrant_auditor'))).toEqual(['ada', 'bob']);
  });

  test('of one tenant reads that one, until it is removed', async () => {
    const { sql, role } = await makeAuditor(database, { tenant: acme.tenant });
    expect(await people(sql)).toEqual(['ada']);
    await call(database.worker, ops.auditor_add, { role, tenant: other.tenant });
    expect(await people(sql)).toEqual(['bob']);
    await call(database.worker, ops.auditor_remove, { role });
    expect(await people(sql)).toEqual([]);
    const events = [
      ...(await auditOf(acme, 'auditor.add')),
      ...(await auditOf(acme, 'auditor.remove')),
    ];
    const own = events.map(({ detail }) => detail).filter((detail) => detail.role === role);
    expect(own).toEqual([{ role }, { role }]);
  });

  test('of all tenants is in the audit of each, and of one in none but its', async () => {
    const { role } = await makeAuditor(database);
    await call(database.worker, ops.auditor_add, { role, tenant: other.tenant });
    const events = await database.sql`
      select t.name, e.action, e.detail from pgrant.audit_events e join pgrant.tenants t using (tenant_id)
       where e.detail ->> 'role' = ${role} order by e.at, t.name`;
    const all = { role, tenants: 'all' };
    expect(events.map((event) => ({ ...event }))).toEqual([
      { name: 'acme', action: 'auditor.add', detail: all },
      { name: 'other', action: 'auditor.add', detail: all },
      { name: 'acme', action: 'auditor.remove', detail: all },
      { name: 'other', action: 'auditor.remove', detail: all },
      { name: 'other', action: 'auditor.add', detail: { role } },
    ]);
  });

  test('reads nothing where only a membership or only a row is there', async () => {
    expect(await people((await makeAuditor(database, { listed: false })).sql)).toEqual([]);
    const { sql } = await makeAuditor(database, { member: false });
    await expect(people(sql)).rejects.toMatchObject({ code: '42501' });
  });

  test('gets no further by becoming pgrant_auditor, which reads all tenants', async () => {
    const bound = await makeAuditor(database, { tenant: acme.tenant });
    const unlisted = await makeAuditor(database, { listed: false });
    const seen = async ({ sql }: Auditor) => {
      await sql`set role pgrant_auditor`;
      return await people(sql);
    };
    expect(await seen(bound)).toEqual(['ada']);
    expect(await seen(unlisted)).toEqual([]);
  });

  test('reads of the tables what the reports may, and no one else among the auditors', async () => {
    const { sql, role } = await makeAuditor(database, { tenant: acme.tenant });
    expect(await sql`select username from pgrant.users`).toEqual([{ username: 'ada' }]);
    expect(await sql`select role_name from pgrant.auditors`).toEqual([{ role_name: role }]);
    for (const statement of [
      'select * from pgrant.users',
      'select password_hash from pgrant.users',
      'select count(*) from pgrant.codes_default',
      'delete from pgrant.grants',
      `insert into pgrant.auditors (role_name) values ('${role}')`,
      'select pgrant.tenant()',
      `select pgrant_ops.auditor_remove('${role}')`,
    ]) {
      await expect(sql.unsafe(statement), statement).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('of a tenant that is removed reads nothing', async () => {
    const { tenant } = await makeTenant(database, 'gone');
    const { sql, role } = await makeAuditor(database, { tenant });
    await call(database.worker, ops.tenant_remove, { tenant });
    expect(await people(sql)).toEqual([]);
    await expect(call(database.worker, ops.auditor_remove, { role })).rejects.toMatchObject({
      code: 'OA001',
    });
  });
});

test('an auditor is a role of the database that policies bind, and none of ours', async () => {
  const add = (role: string, tenant?: string) =>
    call(database.worker, ops.auditor_add, { role, tenant });
  await expect(add('nobody_at_all')).rejects.toMatchObject({ code: 'OA001' });
  await expect(add('pgrant_web')).rejects.toMatchObject({ code: 'OA003' });
  await expect(add('postgres', acme.tenant)).rejects.toMatchObject({ code: 'OA003' });
});

test('the list of auditors says whether the membership is there', async () => {
  const { role } = await makeAuditor(database, { tenant: acme.tenant, member: false });
  const mine = async () =>
    (await callAll(database.worker, ops.auditor_list, {})).filter((row) => row.role === role);
  expect(await mine()).toMatchObject([{ tenant: 'acme', member: false }]);
  await database.sql.unsafe(`grant pgrant_auditor to ${role}`);
  expect(await mine()).toMatchObject([{ tenant: 'acme', member: true }]);
});

describe('what is left of the policy in a plan', () => {
  const plan = async (sql: Sql, query: string) => {
    const rows = await sql.unsafe(`explain ${query}`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };

  beforeAll(async () => {
    await database.sql`
      insert into pgrant.users (tenant_id, username) select ${acme.tenant}, 'u' || n from generate_series(1, 4000) n`;
    await database.sql`
      insert into pgrant.users (tenant_id, username) select ${other.tenant}, 'u' || n from generate_series(1, 36000) n`;
    await database.sql`analyze pgrant.users`;
  });

  test('is one comparison with the tenant for an auditor of one, served by an index and estimated right', async () => {
    const { sql } = await makeAuditor(database, { tenant: acme.tenant });
    const text = await plan(sql, 'select username from pgrant.users');
    expect(text).toContain(`Index Cond: (tenant_id = '${acme.tenant}'::uuid)`);
    expect(text).not.toMatch(/Filter|SubPlan|InitPlan/);
    const rows = Number(/rows=(\d+)/.exec(text)?.[1]);
    expect(rows).toBeGreaterThan(3000);
    expect(rows).toBeLessThan(5000);
    expect(await plan(sql, `select from pgrant_report.people where username = 'u1'`)).not.toMatch(
      /Seq Scan/,
    );
  });

  test('is nothing for an auditor of all tenants, so that every row is expected and any index serves', async () => {
    const { sql } = await makeAuditor(database);
    const text = await plan(sql, 'select username from pgrant.users');
    expect(text).not.toMatch(/Filter|SubPlan|InitPlan/);
    expect(Number(/rows=(\d+)/.exec(text)?.[1])).toBeGreaterThan(39_000);
  });

  test('does not outlive a change of pgrant.auditors, nor of the role, in what a session has prepared', async () => {
    const { sql, role } = await makeAuditor(database);
    await sql`prepare every as select count(*)::integer as count from pgrant.users`;
    const count = async () => (await sql.unsafe('execute every'))[0]?.count;
    expect(await count()).toBe(40_002);
    await call(database.worker, ops.auditor_add, { role, tenant: acme.tenant });
    expect(await count()).toBe(4001);
    await sql`set role pgrant_auditor`;
    expect(await count()).toBe(4001);
    await sql`reset role`;
    await call(database.worker, ops.auditor_remove, { role });
    expect(await count()).toBe(0);
    await call(database.worker, ops.auditor_add, { role });
    expect(await count()).toBe(40_002);
  });
});
