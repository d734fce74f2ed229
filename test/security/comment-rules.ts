// What \d+ and \df+ say of anything here: it is the manual of a DBA.
import type { Rule } from './rule.ts';

const ours = `select c.oid, c.relname, c.relkind, c.reltype from pg_class c
  where c.relnamespace::regnamespace::text like 'pgrant%' and not c.relispartition`;

export const commentRules: Rule[] = [
  {
    name: 'every schema, table, view, index and type says what it is for',
    query: `with ours as (${ours})
      select nspname as name from pg_namespace where nspname like 'pgrant%' and obj_description(oid, 'pg_namespace') is null
      union all
      select o.oid::regclass::text from ours o where o.relkind <> 'c' and obj_description(o.oid, 'pg_class') is null
      union all
      select t.oid::regtype::text from pg_type t
       where t.typnamespace::regnamespace::text like 'pgrant%'
         and (t.typtype in ('e', 'd') or t.oid in (select reltype from ours where relkind = 'c'))
         and obj_description(t.oid, 'pg_type') is null`,
    broken: [
      'create table pgrant.silent (tenant_id uuid)',
      'create index on pgrant.users (tenant_id, updated_at)',
      'create view pgrant_report.silent as select 1 as one',
      `create type pgrant_api.silent as enum ('a')`,
      'create type pgrant_api.silent as (error text)',
      'comment on schema pgrant_rules is null',
    ],
  },
  {
    name: 'every column of a table, a view or a type says what it holds, and in which unit',
    query: `with ours as (${ours})
      select o.oid::regclass || '.' || a.attname as name
        from ours o join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
       where o.relkind in ('r', 'p', 'v', 'c') and col_description(o.oid, a.attnum) is null`,
    broken: [
      'alter table pgrant.users add silent text',
      'alter type pgrant_api.done add attribute silent text',
      'comment on column pgrant_report.clients.client_id is null',
    ],
  },
  {
    name: 'every policy says who reaches which rows by it',
    query: `select p.polrelid::regclass || ': ' || p.polname as name
        from pg_policy p
        join pg_class c on c.oid = p.polrelid and not c.relispartition and c.relnamespace::regnamespace::text like 'pgrant%'
       where obj_description(p.oid, 'pg_policy') is null`,
    broken: ['create policy silent on pgrant.users for select to pgrant_janitor using (false)'],
  },
  {
    name: 'every function says what goes in and what comes out',
    query: `select p.oid::regprocedure::text as name from pg_proc p
       where p.pronamespace::regnamespace::text like 'pgrant%' and obj_description(p.oid, 'pg_proc') is null`,
    broken: ['create function pgrant_rules.silent() returns int language sql return 1'],
  },
  {
    name: 'every function that answers what audit() gives back says that it may be too_many_attempts or flood',
    query: `with recursive ours as (
        select p.oid, p.proname, p.pronamespace::regnamespace::text as schema, p.prosrc from pg_proc p
         where p.pronamespace::regnamespace::text in ('pgrant_api', 'pgrant_rules')
      ), answers as (
        select o.oid, o.proname, o.schema from ours o where o.prosrc ~ 'error := (nullif\\()?pgrant_rules\\.audit\\('
        union
        select o.oid, o.proname, o.schema
          from answers a join ours o on o.prosrc ~ ('(return|v_out\\M.*:=) pgrant_rules\\.' || a.proname || '\\(')
      )
      select a.oid::regprocedure::text as name from answers a
       where obj_description(a.oid, 'pg_proc') ~ 'Errors: (?!those of)' and obj_description(a.oid, 'pg_proc') !~ 'too_many_attempts.*flood'`,
    broken: [
      `comment on function pgrant_api.registration_read(uuid, text, inet, text, bytea) is 'Errors: invalid_token.'`,
      `comment on function pgrant_api.upstream_resume(uuid, text, inet, bytea, bytea, bigint, text) is 'Errors: not_found.'`,
    ],
  },
];
