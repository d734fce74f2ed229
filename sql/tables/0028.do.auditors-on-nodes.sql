-- What was asked by the definer of all tenants in turn is asked by the cataloguer, who reaches the node of each.
create policy plans_kept on pgrant.partition_plans for select to pgrant_cataloguer using (true);
grant select on pgrant.partition_plans to pgrant_cataloguer;

create function pgrant.nest(p_function regprocedure) returns void
language plpgsql
as $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'citus') then
    execute format('alter function %s set citus.allow_nested_distributed_execution = on', p_function);
  end if;
end
$$;

comment on function pgrant.nest(regprocedure) is
  'Where Citus is installed, lets a function ask tables though it runs on a node, in the midst of a query of Citus: what it reads is on each node, or of the tenant of the row. Does nothing without it.';

revoke execute on function pgrant.nest(regprocedure) from public;

-- The policies of auditors.
select pgrant.nest('pgrant.auditor_tenant()');
