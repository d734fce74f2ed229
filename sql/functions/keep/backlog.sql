-- What waits for the worker, for the metrics. Owned by the janitor.

create function pgrant_ops.backlog_read(p_limit integer default 100000)
returns table (kind text, waiting bigint, oldest bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
-- The oldest is the first of an index, whatever the planner thinks of how many there are.
set enable_sort = off set jit = off
as $$
declare
  v_table text;
  v_expired record;
  v_rows bigint;
  v_oldest bigint;
begin
  kind := 'undelivered';
  select count(*), coalesce(extract(epoch from now() - min(o.at))::bigint, 0)
    into waiting, oldest
    from (select p.at from pgrant.outbox p where p.state = 'pending' limit p_limit) o;
  return next;

  kind := 'expired';
  waiting := 0;
  oldest := 0;
  for v_table in
    select e.table_name from pgrant_ops.expired_tables() e
     where to_regclass(format('pgrant.%I', e.table_name || '_default')) is null
  loop
    v_expired := pgrant_rules.expired_rows(v_table);
    execute format('select count(*) from (select d.ctid from pgrant.%I d where %s limit $1) r', v_table, v_expired.condition)
      into v_rows using p_limit;
    execute format('select extract(epoch from now() - (%s))::bigint from pgrant.%I d where %s order by %s limit 1', v_expired.since,
                   v_table, v_expired.condition, v_expired.its_order)
      into v_oldest;
    waiting := waiting + v_rows;
    oldest := greatest(oldest, v_oldest);
  end loop;
  return next;
end
$$;

comment on function pgrant_ops.backlog_read(integer) is
  'What waits for the worker: undelivered = events, expired = rows that the next cleanup deletes (partitions are dropped whole and not counted). Counts at most p_limit a table. oldest = for how many seconds the oldest has waited, 0 where none does. Nothing is null.';
