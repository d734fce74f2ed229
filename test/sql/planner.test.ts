// Plans that are made before a table has statistics, as after a release, and kept while it grows.
import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { addCrowd } from '../bench/crowd.ts';
import { createDatabase } from '../support/database.ts';

const { sql } = await createDatabase();
const partition = 'codes_20200101';

beforeAll(async () => {
  await sql`select pgrant_ops.partition_add('codes', ${partition}, '2020-01-01 00:00+00', '2020-01-02 00:00+00')`;
  // Before version 18 a table counts as small until autovacuum has analyzed it, and nobody can tell PostgreSQL otherwise.
  const [{ told } = {}] = await sql`
    select current_setting('server_version_num')::integer >= 180000 as told`;
  if (told) return;
  await addCrowd(sql, { tenant: randomUUID(), client: 'nobody' }, 20_000);
  await sql`
    insert into pgrant.codes (tenant_id, code_hash, expires_at, client_id, user_id, grant_id, session_id, redirect_uri,
                              redirect_uri_sent, scopes, claims_id_token, claims_userinfo, auth_time, amr)
    select tenant_id, current_hash, '2020-01-01 12:00+00', client_id, user_id, grant_id, gen_random_uuid(), 'https://app.example/',
           true, scopes, '{}', '{}', now(), amr
      from pgrant.token_families`;
  await sql`analyze pgrant.codes`;
}, 120_000);

/** The plan that a session of the web process keeps. */
async function planOf(statement: string): Promise<string> {
  const lines = await sql.begin(async (own) => {
    const settings = await own`select unnest(rolconfig) from pg_roles where rolname = 'pgrant_web'`;
    for (const { unnest } of settings) {
      const [name = '', value] = unnest.split('=');
      if (name.startsWith('enable_')) await own`select set_config(${name}, ${value}, true)`;
    }
    // PostgreSQL 15 explains no generic plan but that of a prepared statement.
    await own`set local plan_cache_mode = force_generic_plan`;
    await own.unsafe(`prepare planned as ${statement}`);
    const plan = await own.unsafe('explain (costs off) execute planned (null, null)');
    await own`deallocate planned`;
    return plan;
  });
  return lines.map((line) => line['QUERY PLAN']).join('\n');
}

test.each([
  ['token_families', 'family_id', 'uuid', 'revoked_at'],
  ['grants', 'grant_id', 'uuid', 'revoked_at'],
  ['users', 'user_id', 'uuid', 'disabled_at'],
])(
  'a row of %s is found by its own key, and not among all that its tenant has',
  async (table, key, type, ended) => {
    const found = `t.tenant_id = $1 and t.${ended} is null`;
    const plan = await planOf(
      `select from unnest($2::${type}[]) k join pgrant.${table} t on t.${key} = k where ${found}`,
    );
    expect(plan).toMatch(new RegExp(`Index Cond: .*tenant_id = \\$1.*${key} = `));
  },
);

test('which partitions a set is in is told by bounds: by a list none is left out while a statement runs', async () => {
  const [{ partitioned, listed }] = (await sql`
    select (select count(*)::int from pg_partitioned_table) as partitioned,
           (select coalesce(array_agg(p.proname), '{}') from pg_proc p
             where p.pronamespace::regnamespace::text like 'pgrant%' and p.prosrc ~ 'expires_at = any') as listed`) as [
    { partitioned: number; listed: string[] },
  ];
  expect(partitioned).toBeGreaterThan(5);
  expect(listed).toEqual([]);
  const found = 't.tenant_id = $1 and t.expires_at between $2::timestamptz and $2::timestamptz';
  expect(await planOf(`select from pgrant.access_tokens t where ${found}`)).toMatch(
    /Subplans Removed: \d/,
  );
});

test('the same holds in a partition that is made later', async () => {
  const plan = await planOf(
    `select from unnest($2::bytea[]) k join pgrant.${partition} c on c.code_hash = k
      where c.tenant_id = $1 and c.used_at is null`,
  );
  expect(plan).toMatch(/Index Cond: .*tenant_id = \$1.*code_hash = /);
});

test('people are found by the beginning of their username, and no others are looked at, whatever language the database sorts by', async () => {
  const plan = await planOf(
    `select from pgrant.users u
      where u.tenant_id = $1 and u.username_key >= lower($2) and u.username_key < lower($2) || chr(1114111)
      order by u.username_key limit 50`,
  );
  expect(plan).toMatch(/Index Cond: .*tenant_id = \$1.*username_key >= .*username_key < /);
  expect(plan).not.toContain('Sort');
  // In the order of any language, names that begin alike may be apart.
  const [column] = await sql`
    select l.collname from pg_attribute a join pg_collation l on l.oid = a.attcollation
     where a.attrelid = 'pgrant.users'::regclass and a.attname = 'username_key'`;
  expect(column?.collname).toBe('C');
});

// The cost of what enable_… = off forbids is above any threshold of jit, before version 18.
test('no statement is compiled for longer than it runs because its plan does what it should not', async () => {
  const compiled = await sql`
    select p.oid::regprocedure::text as name from pg_proc p
     where p.pronamespace::regnamespace::text ~ '^pgrant' and array_to_string(p.proconfig, ' ') ~ 'enable_\\w+=off'
       and not p.proconfig @> '{jit=off}'
     union all
    select rolname from pg_roles where rolname ~ '^pgrant' and rolconfig is not null and not rolconfig @> '{jit=off}'`;
  expect([...compiled]).toEqual([]);
});

test('what a person allowed is found by the person, under a plan that is kept', async () => {
  const [{ prosrc } = {}] =
    await sql`select prosrc from pg_proc where oid = 'pgrant_ops.grant_list'::regproc`;
  const [of = ''] = /select g.grant_id from[^;]*lower\(p_username\)\)/.exec(prosrc) ?? [];
  const plan = await planOf(of.replaceAll('p_tenant', '$1').replaceAll('p_username', '$2'));
  expect(plan).toMatch(/Index Cond: .*tenant_id = \$1.*user_id = /);
});

test('once it is analyzed a table is planned as for a tenant that has all of its rows', async () => {
  const options = await sql`
    select distinct array(select o from unnest(a.attoptions) o where o like 'n_distinct%') as attoptions
      from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'tenant_id'`;
  expect([...options]).toEqual([{ attoptions: ['n_distinct=1', 'n_distinct_inherited=1'] }]);
});

test('the family of each token is found by its own key, among so few that all could be looked through', async () => {
  await addCrowd(sql, { tenant: randomUUID(), client: 'few' }, 500);
  await sql`analyze pgrant.token_families`;
  const [{ prosrc } = {}] =
    await sql`select prosrc from pg_proc where oid = 'pgrant_rules.tokens_live'::regproc`;
  const [, of = ''] = /into v_families[^;]*?\n( +from [^;]*)/.exec(prosrc) ?? [];
  const asked = of.replaceAll('p_tenant', '$1').replaceAll('v_family_ids', '$2::uuid[]');
  expect(await planOf(`select * ${asked}`)).toMatch(/Index Scan using token_families_pkey/);
});
