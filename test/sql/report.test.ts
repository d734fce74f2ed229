import type { Sql } from 'postgres';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { makeAuditor } from '../support/auditors.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { makeClient, operate } from '../support/fixtures.ts';
import { makeStory, type Story } from '../support/story.ts';

let database: TestDatabase;
let acme: Story;
let sql: Sql;

beforeAll(async () => {
  database = await createDatabase();
  acme = await makeStory(database, 'acme');
  await makeStory(database, 'other');
  sql = (await makeAuditor(database)).sql;
}, 60_000);

/** What scope_explain says to the auditor, by scope. */
async function explained(username: string, client: string): Promise<Record<string, unknown>> {
  const rows = await sql`
    select scope, effective, reason from pgrant_report.scope_explain('acme', ${username}, ${client})`;
  return Object.fromEntries(rows.map(({ scope, reason }) => [scope, reason]));
}

describe('scope_explain', () => {
  test('says to auditors what token_explain says to operators', async () => {
    await makeClient(acme, 'narrow', { scopes: ['openid', 'deploy'] });
    await operate(acme, ops.role_add, { role: 'idle', title: 'Idle' });
    await operate(acme, ops.role_disable, { role: 'idle', disabled: true });
    const scopes = ['openid', 'profile', 'export', 'deploy', 'purge', 'idle', 'nonsense'];
    const reasons = new Set<string>();
    for (const username of ['ada', 'bob']) {
      for (const client of ['portal', 'narrow', 'batch']) {
        const [mine, theirs] = await Promise.all([
          sql`select scope, registered, consented, held, effective, reason
                from pgrant_report.scope_explain('acme', ${username}, ${client}, ${scopes})`,
          database.sql`select scope, registered, consented, held, final, reason
                from pgrant_ops.token_explain(${acme.tenant}, ${username}, ${client}, ${scopes})`,
        ]);
        // final says that nothing is in the way; effective, that it was consented to as well.
        expect(
          mine.map(({ effective, ...row }) => row),
          `${username} ${client}`,
        ).toEqual(theirs.map(({ final, ...row }) => row));
        expect(mine.map(({ effective }) => effective)).toEqual(
          theirs.map(({ reason }) => reason === 'granted'),
        );
        for (const { reason } of mine) reasons.add(reason);
      }
    }
    expect([...reasons].sort()).toEqual([
      'disabled',
      'granted',
      'not consented',
      'not registered',
      'role missing',
      'undefined',
      'would be granted with consent',
    ]);
  });

  test('is about every scope of the tenant where none is named, and empty where you may not look', async () => {
    expect(await explained('ada', 'portal')).toMatchObject({
      openid: 'granted',
      roles: 'not consented',
    });
    const other = (await makeAuditor(database, { tenant: acme.tenant })).sql;
    expect(
      await other`select * from pgrant_report.scope_explain('other', 'ada', 'portal')`,
    ).toEqual([]);
  });

  test('and grant_scopes say where person, client or tenant is disabled', async () => {
    const granted = async () => {
      const rows = await sql`
        select distinct reason from pgrant_report.grant_scopes
         where tenant = 'acme' and username = 'ada' and client_id = 'portal' and scope = 'openid'`;
      return [(await explained('ada', 'portal')).openid, rows[0]?.reason];
    };
    const change = async (table: string, where: string, expected: string) => {
      const set = (value: string) =>
        database.sql.unsafe(
          `update pgrant.${table} set disabled_at = ${value} where tenant_id = '${acme.tenant}' and ${where}`,
        );
      await set('now()');
      expect(await granted(), table).toEqual([expected, expected]);
      await set('null');
    };
    await change('users', `username = 'ada'`, 'person disabled');
    await change('clients', `client_id = 'portal'`, 'client disabled');
    await change('issuers', 'true', 'tenant disabled');
    expect(await granted()).toEqual(['granted', null]);
  });
});

test('a role through a group counts as held, and no longer when the person leaves the group', async () => {
  const deploy = async () => {
    const [row] = await sql`
      select held, effective from pgrant_report.grant_scopes
       where tenant = 'acme' and username = 'ada' and scope = 'deploy'`;
    return row;
  };
  expect(await deploy()).toEqual({ held: true, effective: true });
  const leave = { group: 'crew', username: 'ada', member: false };
  await operate(acme, ops.group_member, leave);
  expect(await deploy()).toEqual({ held: false, effective: false });
  await operate(acme, ops.group_member, { ...leave, member: true });
});

test('a family is live, revoked with the reason, expired, or idle too long', async () => {
  const states = async () => {
    const rows = await sql`
      select state, revoked_reason from pgrant_report.refresh_families where tenant = 'acme' order by 1, 2`;
    return rows.map(({ state, revoked_reason }) => [state, revoked_reason]);
  };
  expect(await states()).toEqual([
    ['live', null],
    ['revoked', 'code used twice'],
    ['revoked', 'refresh token reused'],
    ['revoked', 'revoked by an operator'],
  ]);
  const at = acme.tenant;
  await database.sql`update pgrant.token_families set idle_expires_at = now() where tenant_id = ${at} and revoked_at is null`;
  expect((await states())[0]).toEqual(['idle too long', null]);
  const [grant] = await sql`
    select live_families, last_used_at from pgrant_report.active_grants where tenant = 'acme' and username = 'ada'`;
  expect(grant?.live_families).toBe('0');
  await database.sql`update pgrant.token_families set expires_at = now() where tenant_id = ${at} and revoked_at is null`;
  expect((await states())[0]).toEqual(['expired', null]);
});

test('clients are of a kind, and know when they were last used', async () => {
  const rows = await sql`
    select kind, client_name, maker, last_used_at is not null as used, live_secrets::int as secrets
      from pgrant_report.clients where tenant = 'acme' and client_name in ('batch', 'Portal', 'Legacy', 'nightly export', 'Desktop tool')`;
  const found = Object.fromEntries(rows.map(({ client_name, ...row }) => [client_name, row]));
  expect(found).toEqual({
    batch: { kind: 'machine', maker: null, used: true, secrets: 1 },
    Portal: { kind: 'web', maker: null, used: true, secrets: 1 },
    Legacy: { kind: 'web', maker: null, used: false, secrets: 2 },
    'nightly export': { kind: 'credential', maker: 'ada', used: false, secrets: 1 },
    'Desktop tool': { kind: 'web', maker: null, used: false, secrets: 0 },
  });
});

test('a partition that nobody drops is overdue, and its rows are backlog', async () => {
  await database.sql.unsafe(`
    set role pgrant_owner;
    select pgrant_ops.partition_add('codes', 'codes_20200101', '2020-01-01 00:00+00', '2020-01-02 00:00+00');
    reset role;
    insert into pgrant.revoked_tokens (tenant_id, jti, expires_at) values ('${acme.tenant}', 'x', '2020-01-01 12:00+00')`);
  const [overdue] =
    await sql`select partition, drop_due_at from pgrant_report.partitions where state = 'overdue'`;
  expect(overdue).toEqual({
    partition: 'codes_20200101',
    drop_due_at: new Date('2020-01-03T00:00Z'),
  });
  const [codes] =
    await sql`select partitions_overdue from pgrant_report.partition_coverage where table_name = 'codes'`;
  expect(codes?.partitions_overdue).toBe('1');
  const left =
    await sql`select table_name, expired_rows from pgrant_report.expired_backlog where expired_rows > 0`;
  expect(left).toEqual([{ table_name: 'revoked_tokens', expired_rows: '1' }]);
});

test('the backlog covers every table from which something is cleaned up', async () => {
  const cleaned = await database.sql`
    select c.relname::text as name from pg_class c
     where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and has_table_privilege('pgrant_janitor', c.oid, 'delete') order by 1`;
  const reported = await sql`select table_name from pgrant_report.expired_backlog`;
  const names = reported.map(({ table_name }) => table_name);
  expect(cleaned.filter(({ name }) => !names.includes(name))).toEqual([]);
});
