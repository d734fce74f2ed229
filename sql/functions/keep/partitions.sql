-- Partitions are made ahead and dropped behind. Owned by the owner of the tables, because this is DDL.

create function pgrant_ops.partitions_maintain(p_archived boolean default false) returns table (action text, partition text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_plan record;
begin
  -- A busy table makes this give up and be run again, rather than make every request queue behind it.
  perform set_config('lock_timeout', '2s', true);
  -- Workers that start together would each make what the other is making.
  perform pg_advisory_xact_lock(hashtext('pgrant.partition_plans'));
  for v_plan in select p.* from pgrant.partition_plans p order by p.table_name loop
    return query select 'made', m.partition from pgrant_ops.partitions_make(v_plan.table_name, v_plan.step, v_plan.ahead) m;
    return query select 'dropped', d.partition from pgrant_ops.partitions_drop(v_plan.table_name, v_plan.retention, p_archived) d;
  end loop;
end
$$;

comment on function pgrant_ops.partitions_maintain(boolean) is
  'Makes the partitions that are wanted ahead and drops those past their retention, by pgrant.partition_plans; with p_archived no month of audit events before it is archived. Returns what it did; repeating it does nothing.';

create function pgrant_ops.partitions_make(p_table text, p_step interval, p_ahead interval) returns table (partition text)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_origin constant timestamptz := timestamptz '2024-01-01 00:00:00+00';
  v_from timestamptz;
begin
  perform set_config('timezone', 'UTC', true);
  if to_regclass(format('pgrant.%I', p_table || '_default')) is null then
    -- Nothing is lost where no worker has run for long; the janitor empties it row by row.
    perform pgrant_ops.partition_add(p_table, p_table || '_default', null, null);
    partition := p_table || '_default';
    return next;
  end if;
  v_from := case when p_step = interval '1 month' then date_trunc('month', now())
                 else date_bin(p_step, now(), v_origin) end;
  while v_from < now() + p_ahead loop
    partition := p_table || '_' || to_char(v_from, case when p_step < interval '1 day' then 'YYYYMMDD_HH24' else 'YYYYMMDD' end);
    -- By where they begin, whatever they are called: what is shorter than a day had one name for all of that day once.
    if not exists (select from pg_catalog.pg_inherits i
                     join pg_catalog.pg_class c on c.oid = i.inhrelid
                    where i.inhparent = to_regclass(format('pgrant.%I', p_table))
                      and starts_with(pg_get_expr(c.relpartbound, c.oid), format('FOR VALUES FROM (%L)', v_from))) then
      begin
        perform pgrant_ops.partition_add(p_table, partition, v_from, v_from + p_step);
        return next;
      exception when check_violation then
        raise notice 'rows of % are in the default partition; they stay there until they expire', partition;
      end;
    end if;
    v_from := v_from + p_step;
  end loop;
end
$$;

comment on function pgrant_ops.partitions_make(text, interval, interval) is 'Makes the missing partitions of one table up to p_ahead from now.';

create function pgrant_ops.partition_add(p_table text, p_partition text, p_from timestamptz, p_to timestamptz) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  -- A device code is written anew at each poll: with room beside it that is done on its page, and no index is touched.
  v_storage constant text := case p_table when 'device_codes' then ' with (fillfactor = 50)' else '' end;
begin
  if p_from is null then
    execute format('create table pgrant.%I partition of pgrant.%I default', p_partition, p_table) || v_storage;
    if exists (select from pg_catalog.pg_attribute a
                where a.attrelid = format('pgrant.%I', p_table)::regclass and a.attname = 'expires_at') then
      -- Its rows go one by one. The others are dropped, and need no such index.
      execute format('create index %I on pgrant.%I ((expires_at at time zone ''UTC''))', p_partition || '_expires_at', p_partition);
      execute format('comment on index pgrant.%I is %L', p_partition || '_expires_at',
                     'Rows that are past their expiry. An expression, so that no condition of an auditor can use it.');
    end if;
  else
    execute format('create table pgrant.%I partition of pgrant.%I for values from (%L) to (%L)', p_partition, p_table, p_from, p_to)
            || v_storage;
  end if;
  -- Reached through its parent only: no policy and no right of its own.
  execute format('alter table pgrant.%I enable row level security', p_partition);
  execute format('alter table pgrant.%I force row level security', p_partition);
  perform pgrant_ops.largest_tenant_plan(format('pgrant.%I', p_partition)::regclass);
end
$$;

comment on function pgrant_ops.partition_add(text, text, timestamptz, timestamptz) is
  'Makes one partition, closed to direct access; without bounds the default one.';

create function pgrant_ops.partitions_past(p_table text, p_retention interval)
returns table (partition text, lower timestamptz, upper timestamptz)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select b.relname, b.bound[1]::timestamptz, b.bound[2]::timestamptz
    from (select c.relname::text, regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)') as bound
            from pg_catalog.pg_inherits i
            join pg_catalog.pg_class c on c.oid = i.inhrelid
           where i.inhparent = to_regclass(format('pgrant.%I', p_table))) b
   where b.bound[2]::timestamptz < now() - p_retention
   order by b.relname;
end
$$;

comment on function pgrant_ops.partitions_past(text, interval) is
  'The partitions of one table whose upper bound is more than p_retention ago, with their bounds.';

create function pgrant_rules.outside_partitions(p_table text) returns text
language plpgsql stable
as $$
begin
  return (
    select string_agg(concat_ws(' and ', 'd.expires_at >= ' || quote_literal(lower(g)),
                                         'd.expires_at < ' || quote_literal(upper(g))), ' or ')
      from unnest(tstzmultirange(tstzrange(null, now())) - coalesce((
             select range_agg(tstzrange(b.bound[1]::timestamptz, b.bound[2]::timestamptz))
               from pg_catalog.pg_inherits i
               join pg_catalog.pg_class c on c.oid = i.inhrelid
              cross join regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)') as b (bound)
              where i.inhparent = to_regclass(format('pgrant.%I', p_table)) and b.bound is not null), '{}')) g);
end
$$;

comment on function pgrant_rules.outside_partitions(text) is
  'As a condition on rows d: which times until now no partition of a table is for, so that what expired then is in the default one. It has the planner leave out all others. Null where there is no such time.';

create function pgrant_ops.partitions_drop(p_table text, p_retention interval, p_archived boolean) returns table (partition text)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_past record;
begin
  -- Seals outlast the events that they cover.
  if p_table = 'audit_seals' and exists (
      select from pgrant.partition_plans p, pgrant_ops.partitions_past(p.table_name, p.retention)
       where p.table_name = 'audit_events') then
    return;
  end if;
  for v_past in select p.* from pgrant_ops.partitions_past(p_table, p_retention) p loop
    if p_archived and p_table = 'audit_events' and not pgrant_rules.audit_archived(v_past.lower, v_past.upper) then
      continue;
    end if;
    execute format('drop table pgrant.%I', v_past.partition);
    partition := v_past.partition;
    return next;
  end loop;
end
$$;

comment on function pgrant_ops.partitions_drop(text, interval, boolean) is
  'Drops the partitions of one table whose upper bound is more than p_retention ago; with p_archived those of audit_events only where all is archived.';

select pgrant_ops.partitions_maintain();
