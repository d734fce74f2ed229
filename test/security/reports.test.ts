// Every report, as the catalog has it: those that are added later are covered without being named here.
import type { Sql } from 'postgres';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { makeAuditor } from '../support/auditors.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { makeClient, makeUser, operate } from '../support/fixtures.ts';
import { obtainTokens } from '../support/flows.ts';
import { makeStory, type Story } from '../support/story.ts';

type Report = { call: string };

/** What each argument of a function is at the tenant; those that are not here keep their default. */
const argumentsAt: Record<string, (story: Story) => string> = {
  'p_tenant text': ({ name }) => `'${name}'`,
  'p_tenant uuid': ({ tenant }) => `'${tenant}'`,
  'p_username text': () => `'ada'`,
  'p_client_id text': () => `'portal'`,
  'p_month date': () => `date_trunc('month', now(), 'UTC')::date`,
  'p_first bigint': () => '1',
  'p_last bigint': () => '1000',
  'p_what text': () => `'deploy'`,
  'p_kind text': () => `'client'`,
  'p_id text': () => `'portal'`,
  'p_at timestamp with time zone': () => 'now()',
  'p_auditor name': () => 'current_user',
  'p_user_id uuid': ({ ada }) => `'${ada.user_id}'`,
  'p_refreshes boolean': () => 'true',
  // So that what has just been used is there, too.
  'p_unused_for interval': () => `'-1 day'`,
};

/** Reports that say only what their arguments or the plans of partitions say, a list that is the same for all, or that another report asks. */
const ofNobody = [
  'audit_time',
  'audit_event_text',
  'audit_digest',
  'audit_seal_text',
  'audit_seal_fault',
  'audit_seal_events',
  'audit_seal_absent',
  'audit_seal_late',
  'audit_root',
  'refusal_text',
  'refusals_digest',
  'refusals_fault',
  'refusals_late',
  'audit_kept',
  'bounds_read',
  'page_size',
  'audit_effect',
  'audit_verify_rest',
  'audit_walk',
  'audit_compare',
  'audit_absent',
  'access_period',
  'details_period',
  'known_then',
  'names_known',
  'users_then',
  'tenant_names',
  'grants_then',
  'access_then',
  'scopes_reached',
  'client_period',
  'role_period',
  'scope_period',
  'standard_scopes',
  'standard_scope_texts',
  'audit_actions',
  // Of the catalog, which everybody may read.
  'isolation_faults',
  'stranger_faults',
  'table_faults',
  'function_faults',
  'privileged_logins',
  'outside_access',
  'held_back',
];

let database: TestDatabase;
let alpha: Story;
let bravo: Story;

beforeAll(async () => {
  database = await createDatabase();
  alpha = await makeStory(database, 'alpha');
  bravo = await makeStory(database, 'bravo');
  for (const story of [alpha, bravo]) await endSession(story);
}, 60_000);

/** Somebody signs in, and a client is to be told that the session is over. */
async function endSession(story: Story): Promise<void> {
  const backchannel_logout_uri = 'https://told.example/logout';
  const told = await makeClient(story, 'told', { name: 'Told', backchannel_logout_uri });
  const user = await makeUser(story, 'guest');
  await obtainTokens(story, told, user);
  await operate(story, ops.user_sign_out, { username: 'guest' });
}

/** Every view, and every function asked about a tenant. */
async function reports(about: Story): Promise<Report[]> {
  const views = await database.sql`
    select c.relname::text as name from pg_class c
     where c.relnamespace = 'pgrant_report'::regnamespace and c.relkind = 'v' and c.relname <> all (${ofNobody}) order by 1`;
  const functions = await database.sql`
    select p.proname::text as name, p.pronargs - p.pronargdefaults as needed,
           array(select p.proargnames[a.n] || ' ' || a.type::regtype
                   from unnest(p.proargtypes) with ordinality a (type, n) order by a.n) as arguments
      from pg_proc p where p.pronamespace = 'pgrant_report'::regnamespace and p.proname <> all (${ofNobody}) order by 1`;
  return [
    ...views.map(({ name }) => ({ call: `pgrant_report.${name}` })),
    ...functions.map(({ name, needed, arguments: names }) => ({
      call: `pgrant_report.${name}(${given(name, needed, names, about)})`,
    })),
  ];
}

function given(name: string, needed: number, names: string[], about: Story): string {
  const unknown = names.slice(0, needed).filter((argument) => !argumentsAt[argument]);
  if (unknown.length > 0) throw new Error(`${name}: say in argumentsAt what ${unknown} is`);
  return names
    .flatMap((argument) => {
      const value = argumentsAt[argument]?.(about);
      return value === undefined ? [] : [`${argument.split(' ')[0]} => ${value}`];
    })
    .join(', ');
}

async function ask(sql: Sql, { call }: Report): Promise<string[]> {
  try {
    const rows = await sql.unsafe(`select to_json(r)::text as row from ${call} r`);
    // A function that gives one value gives one row, of null where it has nothing to say.
    return rows.map(({ row }) => row).filter((row) => row !== null);
  } catch (error) {
    // There is no such tenant: an answer without rows.
    if ((error as { code?: string }).code === 'OA001') return [];
    throw error;
  }
}

/** What only this tenant has: its name and every id in its rows. */
async function marksOf({ tenant, name }: Story): Promise<string[]> {
  const tables = await database.sql`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
     where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`;
  const found = new Set([name]);
  for (const table of tables) {
    const rows = await database.sql`
      select to_jsonb(t)::text as row from ${database.sql(`pgrant.${table.name}`)} t where tenant_id = ${tenant}`;
    for (const { row } of rows) for (const [id] of row.matchAll(/[0-9a-f-]{36}/g)) found.add(id);
  }
  return [...found];
}

describe('an auditor of all tenants', () => {
  test('finds both tenants in every report that has rows of tenants', async () => {
    const { sql } = await makeAuditor(database);
    for (const report of await reports(alpha)) {
      const text = (await ask(sql, report)).join('\n');
      expect(text, report.call).not.toBe('');
      if (!text.includes('"tenant":') || report.call.includes('(')) continue;
      expect([text.includes('"alpha"'), text.includes('"bravo"')], report.call).toEqual([
        true,
        true,
      ]);
    }
  });

  test('finds no hash, seal or salt in any of them', async () => {
    const { sql } = await makeAuditor(database);
    const columns = await database.sql`
      select c.relname as table, a.attname as column
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.atttypid = 'bytea'::regtype
       where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
         and c.relname not like 'audit_%'`; // Seals are there to be read.
    const bytes: Buffer[] = [];
    for (const { table, column } of columns) {
      const rows = await database.sql`
        select ${database.sql(column)} as bytes from ${database.sql(`pgrant.${table}`)}`;
      bytes.push(...rows.map((row) => row.bytes).filter((value) => value !== null));
    }
    expect(bytes.length).toBeGreaterThan(50);
    const needles = bytes.flatMap((value) => [
      value.toString('hex'),
      value.toString('base64url'),
      value.toString('base64').slice(0, 42),
    ]);
    for (const report of await reports(alpha)) {
      const text = (await ask(sql, report)).join('\n');
      expect(
        needles.filter((needle) => text.includes(needle)),
        report.call,
      ).toEqual([]);
    }
  });
});

describe('an auditor of one tenant', () => {
  test('finds that one and nothing of the other in every report', async () => {
    const { sql } = await makeAuditor(database, { tenant: alpha.tenant });
    const foreign = await marksOf(bravo);
    expect(foreign.length).toBeGreaterThan(30);
    const about = [...(await reports(alpha)), ...(await reports(bravo))];
    let found = 0;
    for (const report of about) {
      const text = (await ask(sql, report)).join('\n');
      expect(
        foreign.filter((mark) => text.includes(mark)),
        report.call,
      ).toEqual([]);
      if (text.includes(alpha.tenant)) found += 1;
    }
    expect(found).toBeGreaterThan(15);
  });

  test('asks every report of tenants by an index that starts with the tenant', async () => {
    const { sql } = await makeAuditor(database, { tenant: alpha.tenant });
    await sql`set enable_seqscan = off`;
    for (const report of await reports(alpha)) {
      const rows = await sql.unsafe(`explain (costs off) select * from ${report.call}`);
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      const whole =
        plan.match(/Seq Scan on (?!pg_|partition_plans|schedules|task_runs|audit_sealing)\w+/g) ??
        [];
      expect(whole, `${report.call}\n${plan}`).toEqual([]);
    }
  });
});

test('a member of pgrant_auditor without a row among the auditors finds every report empty', async () => {
  const { sql } = await makeAuditor(database, { listed: false });
  for (const report of await reports(alpha)) {
    expect(await ask(sql, report), report.call).toEqual([]);
  }
});

test('who is no member asks nothing', async () => {
  const { sql } = await makeAuditor(database, { member: false });
  for (const report of await reports(alpha)) {
    await expect(ask(sql, report), report.call).rejects.toMatchObject({ code: '42501' });
  }
});
