// Functions and types that a release replaces in place where it can, so that what knows them by their oid goes on: the lines
// of pg_stat_statements before all.
import type { TransactionSql } from 'postgres';
import { arrayLiteral } from '../db/wire-values.ts';
import { become } from './release-schemas.ts';

/** What is there of the last release, by kind and name, with its signature. It is taken out once it is made anew. */
export type Former = Map<string, string>;

// What depends on the former function is made later in the release, so it may go along.
const functionReplacer = `
  create function pg_temp.replace_function(p_former text, p_statement text) returns void
  language plpgsql as $$
  declare
    v_former oid := to_regprocedure(p_former);
  begin
    begin
      execute regexp_replace(p_statement, '^create (or replace )?', 'create or replace ');
    exception when invalid_function_definition or wrong_object_type then
      -- Another result, another name or default of an argument, another kind of function.
      execute 'drop function if exists ' || p_former || ' cascade';
      execute p_statement;
    end;
    -- Other types of arguments make another function beside the former one.
    if exists (select from pg_proc f join pg_proc o on o.pronamespace = f.pronamespace and o.proname = f.proname
                where f.oid = v_former and o.oid <> f.oid) then
      execute 'drop function ' || p_former || ' cascade';
    end if;
  end
  $$`;

// PostgreSQL replaces no type: one whose columns or labels are as they were stays as it is.
const typeReplacer = `
  create function pg_temp.replace_type(p_former text, p_name text, p_statement text) returns void
  language plpgsql as $$
  declare
    v_next constant text := p_name || '_next';
    v_same boolean;
  begin
    execute 'create type ' || v_next || substr(p_statement, length('create type ' || p_name) + 1);
    select count(distinct row(m.columns, m.labels)) = 1 into v_same
      from unnest(array[p_former, v_next]) n
      left join pg_type t on t.oid = to_regtype(n)
     cross join lateral (
       select (select json_agg(json_build_array(a.attname, a.atttypid, a.atttypmod, a.attcollation) order by a.attnum)
                 from pg_attribute a where a.attrelid = t.typrelid and not a.attisdropped)::text as columns,
              (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)::text as labels) m;
    execute 'drop type ' || v_next;
    if not v_same then
      execute 'drop type if exists ' || p_former || ' cascade';
      execute p_statement;
    end if;
  end
  $$`;

type FormerObject = {
  kind: 'function' | 'type';
  name: string;
  identity: string;
  replaceable: boolean;
  commented: boolean;
};

const creation = /^create (?:or replace )?((function|type) (\w+\.\w+))/;

/** Kind and name of the function or type that a statement makes. */
export function thingMade(statement: string): string | undefined {
  return creation.exec(statement)?.[1];
}

/**
 * Drops the functions and types of `schemas` of which the next release makes none of the same name, and those that it cannot
 * replace; leaves the others as if they were new: the owner's, granted to nobody, without a comment.
 */
export async function keepFormer(
  sql: TransactionSql,
  schemas: readonly string[],
  made: ReadonlySet<string>,
): Promise<Former> {
  await takeBack(sql, schemas);
  await become(sql, 'pgrant_owner');
  const found = await formerObjects(sql, schemas);
  const keeps = (one: FormerObject) => one.replaceable && made.has(thing(one));
  for (const kind of ['function', 'type']) {
    const gone = found.filter((one) => one.kind === kind && !keeps(one));
    const identities = gone.map(({ identity }) => identity).join(', ');
    if (identities !== '') await sql.unsafe(`drop ${kind} if exists ${identities} cascade`);
  }
  await sql.unsafe(functionReplacer);
  await sql.unsafe(typeReplacer);
  const kept = await formerObjects(sql, schemas);
  await revokeAll(sql, schemas);
  const comments = kept.filter(({ commented }) => commented);
  await sql.unsafe(
    comments.map(({ kind, identity }) => `comment on ${kind} ${identity} is null;`).join('\n'),
  );
  return new Map(kept.map((one) => [thing(one), one.identity]));
}

function thing({ kind, name }: FormerObject): string {
  return `${kind} ${name}`;
}

/** Sends a statement of a release; a function or type that it makes takes the place of the former one. */
export function runReplacing(
  sql: TransactionSql,
  former: Former,
  statement: string,
): Promise<unknown> {
  const [, made = '', kind, name = ''] = creation.exec(statement) ?? [];
  const identity = former.get(made);
  former.delete(made);
  if (identity === undefined) return sql.unsafe(statement).execute();
  return kind === 'type'
    ? sql`select pg_temp.replace_type(${identity}, ${name}, ${statement})`.execute()
    : sql`select pg_temp.replace_function(${identity}, ${statement})`.execute();
}

/** Has the login of the release give the owner back what was given away, as far as it has the rights of whom it was given to. */
async function takeBack(sql: TransactionSql, schemas: readonly string[]): Promise<void> {
  await become(sql, 'none');
  const given = await sql<{ identity: string }[]>`
    select p.oid::regprocedure::text as identity from pg_proc p
     where p.pronamespace in (select n.oid from pg_namespace n where n.nspname = any (${arrayLiteral(schemas)}::text[]))
       and p.proowner <> 'pgrant_owner'::regrole and pg_has_role(p.proowner, 'usage')`;
  await sql.unsafe(
    given.map(({ identity }) => `alter function ${identity} owner to pgrant_owner;`).join('\n'),
  );
}

async function formerObjects(
  sql: TransactionSql,
  schemas: readonly string[],
): Promise<FormerObject[]> {
  // What has a row of a table is not kept, because a migration may drop the table.
  return await sql<FormerObject[]>`
    with row_type (oid) as (
      select t.oid from pg_type t left join pg_type e on e.typarray = t.oid
       where coalesce(nullif(e.typrelid, 0), t.typrelid) in (
         select c.oid from pg_class c where c.relnamespace = 'pgrant'::regnamespace)
    ), owned (oid) as (
      select n.oid from pg_namespace n where n.nspname::text = any (${arrayLiteral(schemas)}::text[])
    )
    select 'function' as kind, p.pronamespace::regnamespace || '.' || p.proname as name,
           p.oid::regprocedure::text as identity, obj_description(p.oid, 'pg_proc') is not null as commented,
           p.proowner = 'pgrant_owner'::regrole and count(*) over (partition by p.pronamespace, p.proname) = 1
           and p.oid not in (select d.objid from pg_depend d join row_type r on r.oid = d.refobjid
                              where d.classid = 'pg_proc'::regclass and d.refclassid = 'pg_type'::regclass)
             as replaceable
      from pg_proc p where p.pronamespace in (select oid from owned)
    union all
    select 'type', t.typnamespace::regnamespace || '.' || t.typname, t.oid::regtype::text,
           obj_description(t.oid, 'pg_type') is not null,
           t.typrelid not in (select a.attrelid from pg_attribute a join row_type r on r.oid = a.atttypid)
      from pg_type t left join pg_class c on c.oid = t.typrelid
     where (t.typtype = 'e' or c.relkind = 'c') and t.typnamespace in (select oid from owned)`;
}

async function revokeAll(sql: TransactionSql, schemas: readonly string[]): Promise<void> {
  const [granted] = await sql`
    select string_agg(distinct case a.grantee when 0 then 'public' else a.grantee::regrole::text end, ', ') as roles
      from pg_proc p cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
     where p.pronamespace in (select n.oid from pg_namespace n where n.nspname = any (${arrayLiteral(schemas)}::text[]))
       and a.grantee <> p.proowner`;
  if (!granted?.roles) return;
  await sql.unsafe(
    `revoke all on all functions in schema ${schemas.join(', ')} from ${granted.roles} cascade`,
  );
}
