-- What the planner is told of tenants. Plans are kept, and made without knowing the tenant: of many small ones the average is a few
-- rows, for which the index that finds a tenant seems as good as the one that finds the row, and a large tenant is read whole.

create function pgrant_ops.largest_tenant_plan(p_table regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_options text[];
begin
  select coalesce(a.attoptions, '{}') into v_options
    from pg_catalog.pg_attribute a where a.attrelid = p_table and a.attname = 'tenant_id';
  -- Citus keeps no plan, and cannot hand this on to its nodes.
  if not found or pgrant_rules.on_several_nodes() then
    return;
  end if;
  if not v_options @> array['n_distinct=1'] then
    execute format('alter table %s alter column tenant_id set (n_distinct = 1, n_distinct_inherited = 1)', p_table);
  end if;
  -- Until it is analyzed a table counts as small, and as if every date in it had come. PostgreSQL can be told from version 18 on.
  if current_setting('server_version_num')::integer >= 180000
     and exists (select from pg_catalog.pg_class c where c.oid = p_table and c.reltuples < 0) then
    execute format(
      'select pg_restore_attribute_stats(''schemaname'', n.nspname::text, ''relname'', c.relname::text, ''attname'', a.attname::text,
                ''inherited'', c.relkind = ''p'', ''avg_width'', a.attlen::integer,
                ''null_frac'', case a.attname when ''tenant_id'' then 0 else 0.9 end::real,
                ''n_distinct'', case a.attname when ''tenant_id'' then 1 else 0 end::real)
         from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
        where c.oid = %L::regclass
          and (a.attname = ''tenant_id'' or a.atttypid = ''timestamptz''::regtype and not a.attnotnull)', p_table);
  end if;
end
$$;

comment on function pgrant_ops.largest_tenant_plan(regclass) is
  'Has statements on a table be planned as for a tenant that has all of its rows, so that the row that a whole key names is found by that key. Does nothing to a table that has no tenants.';

select pgrant_ops.largest_tenant_plan(c.oid::regclass)
  from pg_catalog.pg_class c
 where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p');

-- What the state of a family is worth to the planner: as a condition it would be taken for one in two hundred of them. The expression is
-- that of pgrant_report.refresh_families. Citus takes no statistics on an expression.
do $$
begin
  if not pgrant_rules.on_several_nodes() then
    create statistics if not exists pgrant.token_families_state
      on (case when revoked_at is not null then 'revoked'
               when expires_at <= now() then 'expired'
               when idle_expires_at <= now() then 'idle too long'
               else 'live' end)
      from pgrant.token_families;
    comment on statistics pgrant.token_families_state is 'How many families there are of each state.';
  end if;
end
$$;
