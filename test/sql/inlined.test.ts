// Rules of one expression are part of their caller's: PostgreSQL puts a function of SQL there only where it may.
import { beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;

/** Asked once for a request, and seldom: they look something up, or promise more than PostgreSQL knows of their body. */
const apart = [
  'pgrant_rules.developer_form',
  'pgrant_rules.developer_metadata_event',
  'pgrant_rules.exchange_act',
  'pgrant_rules.rate_key',
  'pgrant_rules.registration_event',
];

beforeAll(async () => {
  database = await createDatabase();
});

test('a function of SQL that is given a row is put into the expression of its caller', async () => {
  const { sql } = database;
  const given = await sql<{ name: string; types: string[] }[]>`
    select p.pronamespace::regnamespace || '.' || p.proname as name,
           array(select format_type(a.oid, null) from unnest(p.proargtypes) with ordinality a (oid, n) order by n) as types
      from pg_catalog.pg_proc p
      join pg_catalog.pg_language l on l.oid = p.prolang
     where p.pronamespace = 'pgrant_rules'::regnamespace and l.lanname = 'sql' and not p.proretset
       and exists (select from pg_catalog.pg_type t where t.oid = any (p.proargtypes) and t.typtype = 'c')
     order by 1`;
  expect(given.map(({ name }) => name)).toContain('pgrant_rules.client_refusal');
  const called: string[] = [];
  await sql.begin(async (tx) => {
    await tx`set local plan_cache_mode = force_generic_plan`;
    for (const { name, types } of given) {
      const arguments_ = types.map((_, at) => `$${at + 1}`);
      await tx.unsafe(`prepare asked (${types}) as select ${name}(${arguments_})`);
      const plan = await tx.unsafe(
        `explain (verbose, costs off) execute asked (${types.map(() => 'null')})`,
      );
      if (JSON.stringify(plan).includes(`${name}(`)) called.push(name);
      await tx`deallocate asked`;
    }
  });
  expect(called).toEqual(apart);
});
