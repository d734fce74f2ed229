-- Removing a tenant, and proof that it is gone.

create function pgrant_rules.tenant_tables() returns setof text
language sql stable
as $$
  select c.relname::text
    from pg_catalog.pg_class c
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
   where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
   order by c.relname
$$;

comment on function pgrant_rules.tenant_tables() is 'The tables that have rows of tenants, by name; a partitioned one stands for its partitions.';

create function pgrant_ops.tenant_rows(p_tenant_id uuid) returns table (table_name text, row_count bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  -- Not administer(): it is asked about tenants that are no more.
  perform set_config('pgrant.tenant', p_tenant_id::text, true);
  for table_name in select t.name from pgrant_rules.tenant_tables() t (name) loop
    execute format('select count(*) from pgrant.%I t where t.tenant_id = $1', table_name) into row_count using p_tenant_id;
    return next;
  end loop;
end
$$;

comment on function pgrant_ops.tenant_rows(uuid) is
  'How many rows a tenant has in each table, all of one moment. After tenant_remove each must be 0: the proof that nothing is left. Nothing is null.';

create function pgrant_ops.tenant_remove(p_tenant uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_table text;
begin
  perform pgrant_rules.administer(p_tenant);
  -- First what has no foreign key to go with, then the tenant and what hangs on it.
  for v_table in
    select t.name from pgrant_rules.tenant_tables() t (name)
     where has_table_privilege('pgrant_definer', format('pgrant.%I', t.name), 'delete')
     order by t.name = 'issuers', t.name = 'tenants',
              exists (select from pg_catalog.pg_constraint k
                       where k.conrelid = format('pgrant.%I', t.name)::regclass and k.contype = 'f'), t.name
  loop
    execute format('delete from pgrant.%I t where t.tenant_id = $1', v_table) using p_tenant;
  end loop;
  -- What only ever grows: the janitor sees it once there is no such tenant.
  perform pgrant_rules.audit_forget(p_tenant);
end
$$;

comment on function pgrant_ops.tenant_remove(uuid) is
  'Removes a tenant with all that it has, its audit events too. There is no way back. tenant_rows() proves it. Raises OA001.';
