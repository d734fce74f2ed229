// What a restored database may lack though every row is there: what keeps its rows right, and finds them.
import type { TransactionSql } from 'postgres';

/** A digest of each column, constraint, index, trigger, rule, view and type of pgrant, by what it is called. */
export async function describeStructure(sql: TransactionSql): Promise<Record<string, string>> {
  const rows = await sql<{ name: string; digest: string }[]>`
    with ours as (
      select c.oid, c.oid::regclass::text as name, c.relkind, c.reloptions from pg_class c
       where c.relnamespace::regnamespace::text like 'pgrant%' and c.relkind in ('r', 'p', 'v')
    ), parts (name, text) as (
      select 'column ' || o.name || '.' || a.attname,
             concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation, a.attnotnull, a.attgenerated,
                       a.attidentity, pg_get_expr(d.adbin, d.adrelid))
        from ours o
        join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = o.oid and d.adnum = a.attnum
      union all
      -- A foreign key is as good as its triggers. That a column is not null is said of it; since PostgreSQL 18 it has a name, too.
      select 'constraint ' || k.conname || ' on ' || o.name,
             concat_ws(' ', pg_get_constraintdef(k.oid), (select string_agg(distinct t.tgenabled::text, '') from pg_trigger t
                                                           where t.tgconstraint = k.oid))
        from ours o join pg_constraint k on k.conrelid = o.oid and k.contype <> 'n'
      union all
      select 'index ' || i.indexrelid::regclass, concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid)
        from ours o join pg_index i on i.indrelid = o.oid
      union all
      select 'trigger ' || t.tgname || ' on ' || o.name, concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
        from ours o join pg_trigger t on t.tgrelid = o.oid and not t.tgisinternal
      union all
      select 'rule ' || r.rulename || ' on ' || o.name, concat_ws(' ', pg_get_ruledef(r.oid), r.ev_enabled)
        from ours o join pg_rewrite r on r.ev_class = o.oid and o.relkind <> 'v'
      union all
      select 'view ' || o.name,
             concat_ws(' ', pg_get_viewdef(o.oid), case when not coalesce('security_invoker=true' = any (o.reloptions), false) then 'as owner' end)
        from ours o where o.relkind = 'v'
      union all
      -- Labels as a digest: of a text what is before a dot is left out below.
      select 'type ' || t.oid::regtype,
             case t.typtype
               when 'e' then (select encode(sha256(convert_to(string_agg(e.enumlabel, chr(10) order by e.enumsortorder), 'UTF8')), 'hex')
                                from pg_enum e where e.enumtypid = t.oid)
               when 'd' then concat_ws(' ', format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
                 (select string_agg(pg_get_constraintdef(k.oid), ' ' order by k.conname) from pg_constraint k
                   where k.contypid = t.oid and k.contype <> 'n'))
               else (select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum)
                       from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) end
        from pg_type t left join pg_class c on c.oid = t.typrelid
       where t.typnamespace::regnamespace::text like 'pgrant%' and (t.typtype in ('e', 'd') or c.relkind = 'c')
    )
    -- Text that was read once is written otherwise: in fewer brackets, with names that nobody reads, and by version.
    select p.name, left(encode(sha256(convert_to(
             regexp_replace(regexp_replace(p.text, '\\s+AS\\s+("[^"]+"|\\w+)', '', 'g'), '\\w+\\.|[()\\s]', '', 'g'), 'UTF8')), 'hex'), 16) as digest
      from parts p order by 1`;
  return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]));
}
