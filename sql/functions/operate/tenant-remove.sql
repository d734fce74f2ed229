-- What operators call: removing a tenant, once nobody is in it any more, and the proof that nothing of it is left.

create function pgrant_rules.audit_forget(p_tenant uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  delete from pgrant.audit_events a where a.tenant_id = p_tenant;
  delete from pgrant.audit_seals s where s.tenant_id = p_tenant;
end
$$;

comment on function pgrant_rules.audit_forget(uuid) is 'Deletes the audit events and seals of a tenant that has been removed; of any other it sees none.';

create function pgrant_rules.tenant_tables() returns setof text
language sql stable
as $$
  select c.relname::text
    from pg_catalog.pg_class c
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
   where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
     and not pgrant_rules.is_shard(c.relname)
   order by c.relname
$$;

comment on function pgrant_rules.tenant_tables() is 'The tables that have rows of tenants, by name; a partitioned one stands for its partitions.';

create function pgrant_ops.tenant_rows(p_tenant uuid) returns table (table_name text, row_count bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.visit(p_tenant);
  -- Not administer(): it is asked about tenants that are no more.
  for table_name in select t.name from pgrant_rules.tenant_tables() t (name) loop
    execute format('select count(*) from pgrant.%I t where t.tenant_id = $1', table_name) into row_count using p_tenant;
    return next;
  end loop;
end
$$;

comment on function pgrant_ops.tenant_rows(uuid) is
  'How many rows a tenant has in each table, all of one moment. After tenant_remove each must be 0: the proof that nothing is left. Nothing is null.';

create function pgrant_rules.under_way() returns text[]
language sql volatile
as $$
  -- Whoever has entered a tenant has read the catalogue, and holds its lock until the transaction ends. Who may call none of
  -- our functions, such as an auditor, holds up nothing.
  select coalesce(array_agg(l.virtualtransaction), '{}')
    from pg_catalog.pg_locks l
    join pg_catalog.pg_stat_activity s on s.pid = l.pid
   where l.locktype = 'relation' and l.relation = 'pgrant.issuers'::regclass and l.granted and l.pid <> pg_backend_pid()
     and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
     and (has_schema_privilege(s.usesysid, 'pgrant_api', 'usage') or has_schema_privilege(s.usesysid, 'pgrant_ops', 'usage')
          or has_schema_privilege(s.usesysid, 'pgrant_resource', 'usage'))
$$;

comment on function pgrant_rules.under_way() is 'The transactions that may have entered a tenant and are not over.';

create function pgrant_rules.settle(p_patience interval) returns void
language plpgsql
as $$
declare
  v_until timestamptz := clock_timestamp() + p_patience;
  v_waiting text[] := pgrant_rules.under_way();
begin
  loop
    v_waiting := array(select unnest(v_waiting) intersect select unnest(pgrant_rules.under_way()));
    exit when cardinality(v_waiting) = 0;
    if clock_timestamp() > v_until then
      raise exception 'transactions that began before the tenant was disabled are still running' using errcode = 'OA003',
        hint = 'pg_stat_activity shows them; try again when they are over';
    end if;
    perform pg_sleep(0.02);
  end loop;
end
$$;

comment on function pgrant_rules.settle(interval) is
  'Waits until the transactions that are under way now are over, and for none that begins later. Raises OA003 where p_patience is not enough.';

create function pgrant_ops.tenant_remove(p_tenant uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_role text;
  v_table text;
begin
  perform pgrant_rules.administer(p_tenant);
  -- What was on its way when the tenant was disabled would write behind our back: into tables that have no foreign key.
  perform pgrant_rules.settle('15 seconds')
     from pgrant.issuers i where i.tenant_id = p_tenant and i.disabled_at is not null;
  -- Operators and the worker, who may enter a disabled tenant, wait here, and find none.
  perform from pgrant.tenants t where t.tenant_id = p_tenant for update;
  foreach v_role in array array(select a.role_name::text from pgrant.auditors a where a.tenant_id = p_tenant) loop
    perform pgrant_rules.catalogue_auditor(v_role, p_tenant, false);
  end loop;
  -- First what has no foreign key to go with, then the tenant and what hangs on it.
  for v_table in
    select t.name from pgrant_rules.tenant_tables() t (name)
     where has_table_privilege('pgrant_definer', format('pgrant.%I', t.name), 'delete')
     order by t.name = 'tenants',
              exists (select from pg_catalog.pg_constraint k
                       where k.conrelid = format('pgrant.%I', t.name)::regclass and k.contype = 'f'), t.name
  loop
    execute format('delete from pgrant.%I t where t.tenant_id = $1', v_table) using p_tenant;
  end loop;
  perform pgrant_rules.catalogue_remove(p_tenant);
  -- What only ever grows: the janitor sees it once there is no such tenant.
  perform pgrant_rules.audit_forget(p_tenant);
end
$$;

comment on function pgrant_ops.tenant_remove(uuid) is
  'Removes a tenant with all that it has, its audit events and seals too: there is no way back. Where requests may still come, disable it first, in a transaction of its own, as the command line does: then none enters it, and this waits for those that are under way. tenant_rows() proves that nothing is left. Raises OA001, OA003 (transactions are still running).';
