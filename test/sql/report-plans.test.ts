// How reports find what is asked, among more than anybody would read: by index.
import type { Sql, TransactionSql } from 'postgres';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { addCrowd } from '../bench/crowd.ts';
import { makeAuditor } from '../support/auditors.ts';
import { createDatabase } from '../support/database.ts';
import { operate } from '../support/fixtures.ts';
import { makeStory } from '../support/story.ts';

const auditors: Record<string, Sql> = {};
const roles: Record<string, string> = {};
let tenant: string;
let stranger: string;
let superuser: Sql;

beforeAll(async () => {
  const database = await createDatabase();
  const acme = await makeStory(database, 'acme');
  tenant = acme.tenant;
  superuser = database.sql;
  await operate(acme, ops.scope_add, { scope: 'api', title: 'API' });
  stranger = (await makeStory(database, 'other')).ada.user_id;
  await addCrowd(database.sql, { tenant: acme.tenant, client: 'portal' }, 20_000);
  for (const [of, reach] of [
    ['one tenant', { tenant }],
    ['all tenants', {}],
  ] as const)
    ({ sql: auditors[of], role: roles[of] } = await makeAuditor(database, reach));
}, 120_000);

/** How many rows of these tables are read where an auditor asks; undone. */
async function readBy(
  role: string | undefined,
  tables: string,
  ask: (own: TransactionSql) => Promise<void>,
): Promise<number> {
  const undone = new Error('undone');
  let rows = 0;
  const asking = superuser.begin(async (own) => {
    const read = async () => {
      const [row] = await own`
        select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read)::int as rows from pg_stat_xact_user_tables
         where relname ~ ${tables}`;
      return Number(row?.rows);
    };
    const before = await read();
    await own.unsafe(`set local session authorization ${String(role)}`);
    await ask(own);
    await own`reset session authorization`;
    rows = (await read()) - before;
    throw undone;
  });
  await expect(asking).rejects.toBe(undone);
  return rows;
}

const ada = "tenant = 'acme' and username = 'crowd77'";
const client = "tenant = 'acme' and client_id = 'crowd-7'";

describe.each(['one tenant', 'all tenants'])('an auditor of %s', (of) => {
  test.each([
    ['people', ada, /users/],
    ['active_grants', ada, /token_families|grants|users/],
    ['active_grants', client, /token_families|grants/],
    ['grant_scopes', ada, /token_families|grants|users/],
    ['refresh_families', ada, /token_families|grants|users/],
    ['refresh_families', `${client} limit 100`, /token_families/],
  ])('gets %s where %s without a scan of them all', async (view, condition, large) => {
    const sql = auditors[of] as Sql;
    const lines = await sql.unsafe(
      `explain (costs off) select * from pgrant_report.${view} where ${condition}`,
    );
    const scans = lines.map((line) => /Seq Scan on (\w+)/.exec(line['QUERY PLAN'])?.[1] ?? '');
    expect(scans.filter((table) => large.test(table))).toEqual([]);
  });

  test.each([
    ['sessions', 'session_page', 400],
    // Each family is read to find the page, and again to show it; events twice.
    ['families by their last use', 'family_uses', 1_500],
    ['grants by their last use', 'grant_uses', 1_500],
  ])('gets a page of %s by reading no more than the page', async (_, page, most) => {
    const tables = '^(users|grants|token_families|(sessions|audit_events)_.*)$';
    const rows = await readBy(roles[of], tables, async (own) => {
      expect(await own.unsafe(`select * from pgrant_report.${page}('acme')`)).toHaveLength(100);
    });
    expect(rows).toBeLessThan(most);
  });

  test('finds what happened to a person by an index that no refresh is in', async () => {
    const sql = auditors[of] as Sql;
    const lines = await sql.unsafe(`
      explain (costs off) select * from pgrant_report.person_events where ${ada} and at > now() - interval '1 day'`);
    const plan = lines.map((line) => line['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Index Scan using audit_events_\w+_tenant_id_user_id_at_idx/);
  });

  test('asks who could do something without a scan of the people of the past', async () => {
    const sql = auditors[of] as Sql;
    const lines = await sql.unsafe(`
      explain (costs off) select from pgrant.user_history u
       where u.username_key = lower('Crowd77') and u.tenant_id = '${tenant}'`);
    expect(lines.map((line) => line['QUERY PLAN']).join()).toContain('user_history_username');
    const rows = await sql`
      select username from pgrant_report.who_could_access('api', now(), 'acme', 'CROWD77')`;
    expect(new Set(rows.map(({ username }) => username))).toEqual(new Set(['crowd77']));
  });

  test.each([
    `who_could_access('api', now(), 'acme', p_limit => 10)`,
    `who_could_access('api', now(), 'acme', 'crowd77')`,
    `grants_as_of(now(), 'acme', p_limit => 10)`,
    `grants_as_of(now(), 'acme', 'crowd77')`,
  ])('is answered %s from a few rows of the past, however often it was asked', async (question) => {
    const rows = await readBy(roles[of], '^grant_history$', async (own) => {
      // As a session comes to plan after five questions.
      await own`set local plan_cache_mode = force_generic_plan`;
      const answer = await own.unsafe(`select * from pgrant_report.${question}`);
      expect(answer.length).toBeGreaterThan(4);
    });
    expect(rows).toBeLessThan(300);
  });

  test('has the states of families estimated as they are, so that a count is no loop of millions', async () => {
    const sql = auditors[of] as Sql;
    const states = `select family_id from pgrant_report.refresh_families where tenant = 'acme' and state = `;
    const [live = 0, idle = 0] = await Promise.all(
      ['live', 'idle too long'].map(async (state) => {
        const [line] = await sql.unsafe(`explain ${states} '${state}'`);
        return Number(/rows=(\d+)/.exec(line?.['QUERY PLAN'])?.[1]);
      }),
    );
    expect(live).toBeGreaterThan(5_000);
    expect(idle).toBeLessThan(100);
  });

  test.each([
    ['family_id', /Index Scan using token_families_pkey/],
    ['sweep_after desc', /Index Scan Backward using token_families_due/],
  ])(
    'gets a page of live families in the order of %s by an index, and sorts none',
    async (order, by) => {
      const sql = auditors[of] as Sql;
      const lines = await sql.unsafe(`
      explain (costs off) select * from pgrant_report.refresh_families
       where tenant_id = '${tenant}' and state = 'live' order by ${order} limit 50`);
      const plan = lines.map((line) => line['QUERY PLAN']).join('\n');
      expect(plan).toMatch(by);
      expect(plan).not.toContain('Sort');
    },
  );

  test.each(['refresh_families', 'active_grants', 'grant_scopes', 'sessions', 'person_events'])(
    'gets the first of %s in the order of their tenants, and sorts none',
    async (view) => {
      const sql = auditors[of] as Sql;
      const lines = await sql.unsafe(
        `explain (costs off) select * from pgrant_report.${view} order by tenant limit 50`,
      );
      const plan = lines.map((line) => line['QUERY PLAN']).join('\n');
      expect(plan).toContain('Index Scan using issuers_name');
      expect(plan).not.toMatch(/Sort Key: .*name/);
    },
  );

  test('gets a page of live families in the order of usernames by an index where it says from which on', async () => {
    const sql = auditors[of] as Sql;
    const lines = await sql.unsafe(`
      explain (costs off) select * from pgrant_report.refresh_families
       where tenant_id = (select tenant_id from pgrant_report.tenants where tenant = 'acme') and state = 'live' and username > ''
       order by username limit 100`);
    const plan = lines.map((line) => line['QUERY PLAN']).join('\n');
    expect(plan).toContain('users_username_exact');
    expect(plan).not.toContain('Sort');
  });

  test('finds grants that nobody uses without the families of those that somebody signed in for', async () => {
    const families = await readBy(roles[of], '^token_families$', async (own) => {
      expect(await own`select from pgrant_report.stale_grants('acme')`).toHaveLength(0);
    });
    expect(families).toBe(0);
  });

  test('gets revoked families by an index of their own, page after page', async () => {
    const sql = auditors[of] as Sql;
    const lines = await sql.begin(async (own) => {
      await own`set local enable_sort = off`;
      return own.unsafe(`
        explain (costs off) select * from pgrant_report.refresh_families f
         where f.tenant_id = '${tenant}' and f.family_id > '${tenant}' and f.state = 'revoked' and f.revoked_at is not null
         order by f.family_id limit 100`);
    });
    expect(lines.map((line) => line['QUERY PLAN']).join('\n')).toContain('token_families_revoked');
  });

  test('gets the backlog of families by an index in the order in which they are swept', async () => {
    const sql = auditors[of] as Sql;
    const backlog = await sql`
      explain (costs off) select * from pgrant_report.expired_backlog where table_name = 'token_families'`;
    const plan = backlog.map((line) => line['QUERY PLAN']).join('\n');
    expect(plan).toContain('token_families_due');
    expect(plan).not.toContain('Seq Scan on token_families');
  });

  test('gets families that are idle too long past any number that are expired or revoked', async () => {
    const undone = new Error('undone');
    const asking = superuser.begin(async (own) => {
      await own`
        update pgrant.token_families set expires_at = now() - interval '1 hour', idle_expires_at = now() - interval '1 hour',
          sweep_after = current_date + (right(family_id::text, 1) ~ '[0-7]')::integer where tenant_id = ${tenant}`;
      await own`
        update pgrant.token_families set expires_at = now() + interval '1 hour' where family_id in (
          select family_id from pgrant.token_families where tenant_id = ${tenant} and revoked_at is null limit 30)`;
      const fetched = async () => {
        const [row] = await own`
          select idx_tup_fetch + seq_tup_read as rows from pg_stat_xact_user_tables where relname = 'token_families'`;
        return Number(row?.rows);
      };
      const before = await fetched();
      await own.unsafe(`set local session authorization ${roles[of]}`);
      const page =
        await own`select * from pgrant_report.family_page('acme', p_state => 'idle too long')`;
      await own`reset session authorization`;
      expect(page.map(({ state }) => state)).toEqual(Array(30).fill('idle too long'));
      expect((await fetched()) - before).toBeLessThan(500);
      throw undone;
    });
    await expect(asking).rejects.toBe(undone);
  });

  test('counts the grants of a client in an index that has what the count asks', async () => {
    const sql = auditors[of] as Sql;
    const lines = await sql.unsafe(
      `explain (costs off) select client_id, grants from pgrant_report.clients where ${client}`,
    );
    expect(lines.map((line) => line['QUERY PLAN']).join('\n')).toMatch(
      /Index Only Scan using grants_client/,
    );
  });

  test('finds what the audit has of a person but refreshes by index', async () => {
    const sql = auditors[of] as Sql;
    const lines = await sql.unsafe(`
      explain (costs off) select * from pgrant_report.audit_events
       where ${ada} and action <> 'refresh.rotate' and at > now() - interval '1 day'`);
    const plan = lines.map((line) => line['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Index Scan using audit_events_\w+_tenant_id_user_id_at_idx/);
  });

  test('finds who changed what by an index that no refresh is in, and says the same as the audit', async () => {
    const sql = auditors[of] as Sql;
    const lines = await sql.unsafe(`
      explain (costs off) select * from pgrant_report.changes
       where tenant = 'acme' and at > now() - interval '7 days' order by at`);
    const plan = lines.map((line) => line['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Index Scan using audit_events_\w+_tenant_id_at_event_id_idx1 on/);
    expect(plan).not.toMatch(/Seq Scan on audit_events_\w+ e_1/);
    const [changed, audited] = await Promise.all([
      sql`select event_id, actor_role, actor_user_id, username from pgrant_report.changes order by at, event_id`,
      sql`
        select event_id, actor_role, actor_user_id, username from pgrant_report.audit_events
         where actor_role is not null order by at, event_id`,
    ]);
    expect(changed.length).toBeGreaterThan(10);
    expect([...changed]).toEqual([...audited]);
  });

  test('finds the refreshes of a person in some of the pages, where a condition of their own reads them all', async () => {
    const undone = new Error('undone');
    const asking = superuser.begin(async (own) => {
      const fetched = async () => {
        const [row] = await own`
          select sum(seq_tup_read)::int as scanned, sum(idx_tup_fetch + seq_tup_read)::int as rows
            from pg_stat_xact_user_tables where relname like 'audit\\_events\\_%'`;
        return row as { scanned: number; rows: number };
      };
      await own.unsafe(`set local session authorization ${roles[of]}`);
      const page = await own`
        select action, username from pgrant_report.person_page('acme', 'crowd77', p_refreshes => true)`;
      await own`reset session authorization`;
      expect(page).toHaveLength(10);
      expect(new Set(page.map(({ action }) => action))).toEqual(new Set(['refresh.rotate']));
      // Those of bob, who has refreshed nothing since the crowd came, are in the first pages; besides come the last, which are not full.
      const before = await fetched();
      await own.unsafe(`set local session authorization ${roles[of]}`);
      await own`select * from pgrant_report.person_page('acme', 'bob', p_refreshes => true)`;
      await own`reset session authorization`;
      // A partition in which there is nothing may be read as it is.
      const { scanned, rows } = await fetched();
      expect(scanned).toBe(0);
      expect(rows - before.rows).toBeLessThan(8_000);
      // Of somebody whom another tenant has nothing is read, of which the time would tell.
      await own.unsafe(`set local session authorization ${roles[of]}`);
      await own`
        select * from pgrant_report.person_event_keys(current_user, ${tenant}, ${stranger})`;
      await own`reset session authorization`;
      expect((await fetched()).rows).toBe(rows);
      throw undone;
    });
    await expect(asking).rejects.toBe(undone);
  });

  test.each([
    ['refresh_families', 'state', ['token_families', 'issuers']],
    ['active_grants', 'client_id', ['grants', 'issuers']],
  ])('has %s counted by %s from that table alone', async (view, column, tables) => {
    const sql = auditors[of] as Sql;
    const lines = await sql.unsafe(`
      explain (costs off) select ${column}, count(*) from pgrant_report.${view} where tenant = 'acme' group by 1`);
    const read = lines.map((line) => / on (\w+)/.exec(line['QUERY PLAN'])?.[1]);
    const names = read.filter(
      (name) => name && !/^(grants|token_families|users|clients)_/.test(name),
    );
    // Of outer joins that hang on one another PostgreSQL 16 and 17 leave out the last ones and keep the first.
    const [{ keeps } = {}] = await superuser`
      select current_setting('server_version_num')::integer / 10000 in (16, 17) as keeps`;
    expect(new Set(names)).toEqual(new Set(keeps ? [...tables, 'grants'] : tables));
  });
});
