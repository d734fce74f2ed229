-- What waits for the worker, for the metrics. Owned by the janitor.

create function pgrant_rules.expired_oldest(p_table text, out oldest bigint)
language plpgsql stable
-- The oldest is the first of an index, whatever the planner thinks of how many there are.
set enable_sort = off set jit = off
as $$
begin
  execute format('select extract(epoch from now() - (%s))::bigint from pgrant.%I d where %s order by %s limit 1',
                 (pgrant_rules.expired_rows(p_table)).since, p_table, (pgrant_rules.expired_rows(p_table)).condition,
                 (pgrant_rules.expired_rows(p_table)).its_order)
     into oldest;
end
$$;

comment on function pgrant_rules.expired_oldest(text) is
  'For how many seconds the oldest of the expired rows of a table has waited for the janitor; null = there is none.';

create function pgrant_ops.backlog_read(p_limit integer default 100000)
returns table (kind text, waiting bigint, oldest bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_table text;
  v_rows bigint;
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
    execute format('select count(*) from (select d.ctid from pgrant.%I d where %s limit $1) r', v_table,
                   (pgrant_rules.expired_rows(v_table)).condition)
      into v_rows using p_limit;
    waiting := waiting + v_rows;
    oldest := greatest(oldest, pgrant_rules.expired_oldest(v_table));
  end loop;
  return next;
end
$$;

comment on function pgrant_ops.backlog_read(integer) is
  'What waits for the worker: undelivered = events, expired = rows that the next cleanup deletes (partitions are dropped whole and not counted). Counts at most p_limit a table. oldest = for how many seconds the oldest has waited, 0 where none does. Nothing is null.';
