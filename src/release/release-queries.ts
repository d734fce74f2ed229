// What a release asks the catalogs.
import type { TransactionSql } from 'postgres';
import { arrayLiteral } from '../db/wire-values.ts';

/** The hash of the last release, or undefined where there was none. */
async function releasedHash(sql: TransactionSql): Promise<string | undefined> {
  const found = await sql`
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'pgrant_release' and c.relname = 'released'`;
  if (found.length === 0) return undefined;
  await sql`set local role pgrant_owner`;
  const [row] = await sql`select hash from pgrant_release.released`;
  await sql`set local role none`;
  return row?.hash;
}

/** Objects outside `schemas` that need an object inside: dropping the schemas would take them along. */
export async function dependents(
  sql: TransactionSql,
  schemas: string[],
): Promise<{ dependent: string; needed: string }[]> {
  return await sql`
    with object (classid, oid, schema) as (
      select 'pg_class'::regclass::oid, c.oid, c.relnamespace from pg_class c
      union all select 'pg_proc'::regclass, p.oid, p.pronamespace from pg_proc p
      union all select 'pg_type'::regclass, t.oid, t.typnamespace from pg_type t
      union all select 'pg_constraint'::regclass, k.oid, k.connamespace from pg_constraint k
      union all select 'pg_policy'::regclass, y.oid, c.relnamespace
        from pg_policy y join pg_class c on c.oid = y.polrelid
      union all select 'pg_attrdef'::regclass, d.oid, c.relnamespace
        from pg_attrdef d join pg_class c on c.oid = d.adrelid
      union all select 'pg_rewrite'::regclass, r.oid, c.relnamespace
        from pg_rewrite r join pg_class c on c.oid = r.ev_class
      union all select 'pg_trigger'::regclass, g.oid, c.relnamespace
        from pg_trigger g join pg_class c on c.oid = g.tgrelid
    ), dropped (oid) as (
      select n.oid from pg_namespace n where n.nspname::text = any (${arrayLiteral(schemas)}::text[])
    )
    select pg_describe_object(d.classid, d.objid, d.objsubid) as dependent,
           pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid) as needed
      from pg_depend d
      join object needed on needed.classid = d.refclassid and needed.oid = d.refobjid
      join object dependent on dependent.classid = d.classid and dependent.oid = d.objid
     where needed.schema in (select oid from dropped)
       and dependent.schema not in (select oid from dropped)
       and d.deptype in ('n', 'a')
     order by 1, 2`;
}

/** Whether the release is there already, on all nodes of Citus too. */
export async function isReleased(sql: TransactionSql, hash: string): Promise<boolean> {
  if ((await releasedHash(sql)) !== hash) return false;
  const [citus] = await sql`select from pg_extension where extname = 'citus'`;
  if (!citus) return true;
  // 14.0.1 gives a node that is added the views, and not the rights on them; and pieces that it makes or moves none on
  // columns of the system, which the janitor reads.
  const lacking = await sql`
    select from run_command_on_workers(
      $$select has_table_privilege('pgrant_definer', 'pgrant_rules.entrance', 'select')
           and not exists (
             select from pg_class t
               join pg_attribute c on c.attrelid = t.oid and c.attname = 'ctid' and c.attacl is not null
               join pg_class s on s.relnamespace = t.relnamespace and s.relname ~ ('^' || t.relname || '_[0-9]+$')
               join pg_attribute p on p.attrelid = s.oid and p.attname = 'ctid' and p.attacl is null
              where t.relnamespace = 'pgrant'::regnamespace and relation_is_a_known_shard(s.oid))$$) where result <> 't'`;
  return lacking.length === 0;
}
