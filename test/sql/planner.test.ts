// Plans that are made before a table has statistics, as after a release, and kept while it grows.
import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';

const { sql } = await createDatabase();

/** The plan that a session of the web process keeps. */
async function planOf(statement: string): Promise<string> {
  const lines = await sql.begin(async (own) => {
    const settings = await own`select unnest(rolconfig) from pg_roles where rolname = 'pgrant_web'`;
    for (const { unnest } of settings) {
      const [name = '', value] = unnest.split('=');
      if (name.startsWith('enable_')) await own`select set_config(${name}, ${value}, true)`;
    }
    return own.unsafe(`explain (generic_plan, costs off) ${statement}`);
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

test('the same holds in a partition that is made later', async () => {
  await sql`select pgrant_ops.partition_add('codes', 'codes_20200101', '2020-01-01 00:00+00', '2020-01-02 00:00+00')`;
  const plan = await planOf(
    `select from unnest($2::bytea[]) k join pgrant.codes_20200101 c on c.code_hash = k
      where c.tenant_id = $1 and c.used_at is null`,
  );
  expect(plan).toMatch(/Index Cond: .*tenant_id = \$1.*code_hash = /);
});

test('once it is analyzed a table is planned as for a tenant that has all of its rows', async () => {
  const options = await sql`
    select distinct a.attoptions from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'tenant_id'`;
  expect([...options]).toEqual([{ attoptions: ['n_distinct=1', 'n_distinct_inherited=1'] }]);
});
