// Functions and types of the last release are replaced in place where PostgreSQL can, and the result is that of a first release.
import { readFileSync } from 'node:fs';
import type { Sql } from 'postgres';
import { expect, test } from 'vitest';
import { deservesAnother } from '../../src/db/once-more.ts';
import { generateSecurity } from '../../src/release/generate-security.ts';
import { release } from '../../src/release/release.ts';
import { statements } from '../../src/release/statements.ts';
import { createDatabase } from '../support/database.ts';
import { makeWorld } from '../support/fixtures.ts';
import { sqlVariant } from '../support/sql.ts';

const read = (file: string) => readFileSync(new URL(`../../sql/${file}`, import.meta.url), 'utf8');

const schemas = ['pgrant_api', 'pgrant_ops', 'pgrant_report', 'pgrant_rules'];

const former = `
create type pgrant_rules.extra_same as (a integer, b text);
create type pgrant_rules.extra_wider as (a integer);
create type pgrant_rules.extra_state as enum ('open', 'done');
create type pgrant_rules.extra_gone as (a pgrant_rules.extra_wider);
create function pgrant_rules.extra_same(p_a pgrant_rules.extra_same) returns pgrant_rules.extra_state
  language sql set search_path = pg_catalog as $$ select 'open'::pgrant_rules.extra_state $$;
comment on function pgrant_rules.extra_same(pgrant_rules.extra_same) is 'Said of the former one.';
create function pgrant_rules.extra_wider(p_a pgrant_rules.extra_wider) returns integer language sql as $$ select 1 $$;
create function pgrant_rules.extra_result() returns integer language sql as $$ select 1 $$;
create function pgrant_rules.extra_name(p_a integer) returns integer language sql as $$ select p_a $$;
create function pgrant_rules.extra_argument(p_a integer default 0) returns integer language sql as $$ select p_a $$;
create function pgrant_rules.extra_default(p_a integer default pgrant_rules.extra_result()) returns integer
  language sql as $$ select p_a $$;
create function pgrant_rules.extra_gone(p_a pgrant_rules.extra_gone) returns integer language sql as $$ select 1 $$;
create function pgrant_rules.extra_row(p_a pgrant.users) returns integer language sql as $$ select 1 $$;
create view pgrant_rules.extra_view as select pgrant_rules.extra_result() as a;
create function pgrant_rules.extra_view_row() returns setof pgrant_rules.extra_view
  language sql as $$ select * from pgrant_rules.extra_view $$;
`;

const next = `
create type pgrant_rules.extra_same as (a integer, b text);
create type pgrant_rules.extra_wider as (a integer, b integer);
create type pgrant_rules.extra_state as enum ('open', 'done');
create function pgrant_rules.extra_same(p_a pgrant_rules.extra_same) returns pgrant_rules.extra_state
  language sql stable as $$ select 'done'::pgrant_rules.extra_state $$;
create function pgrant_rules.extra_wider(p_a pgrant_rules.extra_wider) returns integer language sql as $$ select 2 $$;
create function pgrant_rules.extra_result() returns text language sql as $$ select '2' $$;
create function pgrant_rules.extra_name(p_b integer) returns integer language sql as $$ select p_b $$;
create function pgrant_rules.extra_argument(p_a integer default 0, p_b integer default 0) returns integer
  language sql as $$ select p_a + p_b $$;
create function pgrant_rules.extra_asking() returns integer language sql as $$ select pgrant_rules.extra_argument() $$;
create function pgrant_rules.extra_default(p_a integer) returns integer language sql as $$ select p_a $$;
create function pgrant_rules.extra_row(p_a pgrant.users) returns integer language sql as $$ select 2 $$;
create view pgrant_rules.extra_view as select pgrant_rules.extra_result() as a, 1 as b;
create function pgrant_rules.extra_view_row() returns setof pgrant_rules.extra_view
  language sql as $$ select * from pgrant_rules.extra_view $$;
`;

// The next release gives a function to another owner.
const rights = read('functions/rights.sql').replace(
  `'backlog_read', 'audit_forget'`,
  `'audit_forget'`,
);

/** All that a release makes, as a text that no oid and no order of rights is part of. */
async function catalog(sql: Sql): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    select concat_ws(' | ', pg_get_functiondef(p.oid), p.proowner::regrole, obj_description(p.oid, 'pg_proc'),
             (select string_agg(a::text, ' ' order by a::text)
                from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a)) as line
      from pg_proc p where p.pronamespace::regnamespace::text = any (${schemas})
    union all
    select concat_ws(' | ', c.oid::regclass, c.relkind, obj_description(c.oid, 'pg_class'), obj_description(c.reltype, 'pg_type'),
             (select string_agg(concat_ws(' ', a.attname, a.atttypid::regtype, col_description(c.oid, a.attnum)), ',' order by a.attnum)
                from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
             case c.relkind when 'v' then pg_get_viewdef(c.oid) end)
      from pg_class c where c.relnamespace::regnamespace::text = any (${schemas})
    union all
    select concat_ws(' ', e.enumtypid::regtype, e.enumsortorder, e.enumlabel)
      from pg_enum e join pg_type t on t.oid = e.enumtypid where t.typnamespace::regnamespace::text = any (${schemas})
    order by 1`;
  return [...rows.map(({ line }) => line), await generateSecurity(sql)];
}

/** The oids by kind and name; grants name roles of the server, whose oids are the same for both databases. */
async function oids(sql: Sql): Promise<Map<string, number>> {
  const rows = await sql`
    select 'function ' || p.oid::regprocedure as name, p.oid from pg_proc p
     where p.pronamespace::regnamespace::text = any (${schemas})
    union all
    select 'type ' || t.oid::regtype, t.oid from pg_type t
     where t.typnamespace::regnamespace::text = any (${schemas})`;
  return new Map(rows.map(({ name, oid }) => [name, oid]));
}

/** What pg_stat_statements tells statements apart by. */
async function queryId(sql: Sql, statement: string): Promise<string> {
  const session = await sql.reserve();
  await session`set compute_query_id = on`;
  const plan = await session.unsafe(`explain (verbose) ${statement}`);
  session.release();
  return String(plan.at(-1)?.['QUERY PLAN']);
}

test('a release keeps what it can and ends as if it were the first, whatever has changed', async () => {
  const { url, sql } = await createDatabase();
  await release(url('postgres'), sqlVariant({ 'functions/extra.sql': former }));
  const before = await oids(sql);
  // What a DBA gave away is not of the release, and ends with it.
  await sql.unsafe(
    'grant execute on function pgrant_api.tenant_find(text, text) to pgrant_web with grant option',
  );
  await sql.unsafe(
    'set role pgrant_web; grant execute on function pgrant_api.tenant_find(text, text) to pgrant_product; reset role',
  );
  const variant = { 'functions/extra.sql': next, 'functions/rights.sql': rights };
  await release(url('postgres'), sqlVariant(variant));
  const after = await oids(sql);

  const fresh = await createDatabase({ empty: true });
  await release(fresh.url('postgres'), sqlVariant(variant));
  expect(await catalog(sql)).toEqual(await catalog(fresh.sql));

  const kept = (name: string) => before.get(name) === after.get(name);
  expect(kept('function pgrant_rules.extra_same(pgrant_rules.extra_same)')).toBe(true);
  expect(kept('type pgrant_rules.extra_state')).toBe(true);
  expect(kept('type pgrant_rules.extra_wider')).toBe(false);
  const api = [...before.keys()].filter((name) => /^(function|type) pgrant_(api|ops)\./.test(name));
  expect(api.length).toBeGreaterThan(200);
  expect(api.filter((name) => !kept(name))).toEqual([]);
}, 60_000);

test('the lines of pg_stat_statements go on across a release that changes what a function does', async () => {
  const { url, sql } = await createDatabase();
  const statement = `select * from pgrant_api.tenant_find('a', 'b')`;
  const before = await queryId(sql, statement);
  const file = 'functions/core/tenant.sql';
  const text = read(file);
  await release(
    url('postgres'),
    sqlVariant({ [file]: text.replaceAll(/^begin$/gm, 'begin -- changed') }),
  );
  expect(before).toMatch(/^Query Identifier: -?\d+$/);
  expect(await queryId(sql, statement)).toBe(before);
});

test.each([
  ['has called before', true],
  ['calls for the first time', false],
])(
  'a call that waits for a release is to be made again, of a session that %s',
  async (_, before) => {
    const { database, tenant } = await makeWorld();
    const [view] = statements(read('functions/kernel/enter.sql'));
    const web = await database.as('pgrant_web').reserve();
    const [own] = await web`select pg_backend_pid() as pid`;
    const calling = () => web`select pgrant_api.key_list(${tenant}, '', null)`.execute();
    if (before) await calling();
    let waiting: Promise<unknown> | undefined;
    await database.sql.begin(async (release) => {
      await release`drop view pgrant_rules.entrance`;
      await release.unsafe(view?.text ?? '');
      await release`grant select on pgrant_rules.entrance to pgrant_definer`;
      waiting = calling().catch((error: unknown) => error);
      for (let blocked = 0; blocked === 0; ) {
        [{ blocked }] = await release`select cardinality(pg_blocking_pids(${own?.pid})) as blocked`;
      }
    });
    const error = await waiting;
    expect(error).toMatchObject({ code: '40001' });
    expect(deservesAnother(error)).toBe(true);
    expect(await calling()).toHaveLength(1);
    web.release();
  },
);
