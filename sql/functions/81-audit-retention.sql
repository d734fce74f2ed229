-- The one change that operators make to the plans of partitions. Still owned by the owner of the tables.
set local role pgrant_owner;

create function pgrant_ops.partition_retention(p_months integer) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_changed integer;
begin
  update pgrant.partition_plans p
     set retention = make_interval(months => p_months + case p.table_name when 'audit_seals' then 2 else 0 end)
   where p.table_name in ('audit_events', 'audit_seals');
  get diagnostics v_changed = row_count;
  -- A policy that shows the owner no row would make this a change of nothing.
  if v_changed <> 2 then
    raise exception 'the plans of audit_events and audit_seals cannot be changed (% rows)', v_changed using errcode = 'OA004';
  end if;
end
$$;

comment on function pgrant_ops.partition_retention(integer) is
  'Has audit events kept for so many months, and their seals for two more. Raises OA004 where that changes nothing.';

grant execute on function pgrant_ops.partition_retention(integer) to pgrant_definer;
