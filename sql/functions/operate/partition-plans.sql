-- How far ahead partitions are made and how long they are kept. An update by hand changes nothing and says so to nobody: no policy
-- shows these rows to an administrator who is no superuser.

create function pgrant_rules.length_of_time(p_length interval) returns text
language plpgsql immutable strict
as $$
declare
  -- 24 hours are a day here: partitions begin at midnight UTC.
  v_length interval := justify_hours(p_length);
  v_months integer := extract(year from v_length) * 12 + extract(month from v_length);
  v_seconds integer := extract(hour from v_length) * 3600 + extract(minute from v_length) * 60 + extract(second from v_length);
begin
  return concat_ws(' ', nullif(v_months, 0) || 'mon', nullif(extract(day from v_length), 0) || 'd', nullif(v_seconds / 3600, 0) || 'h',
                   nullif(v_seconds % 3600 / 60, 0) || 'm', nullif(v_seconds % 60, 0) || 's');
end
$$;

comment on function pgrant_rules.length_of_time(interval) is
  'A length of time in the units in which it was said: 24mon, 7d, 12h, 15m, 30s, or several with spaces between them. PostgreSQL and the command line read it as well.';

create function pgrant_ops.partition_plan_list() returns table (table_name text, step text, ahead text, retention text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select p.table_name, pgrant_rules.length_of_time(p.step), pgrant_rules.length_of_time(p.ahead), pgrant_rules.length_of_time(p.retention)
    from pgrant.partition_plans p
   order by p.table_name;
end
$$;

comment on function pgrant_ops.partition_plan_list() is
  'For each table that is cut by time the width of a partition, how far ahead they are made, and how long after its end one is kept: as they were set, such as 24mon, 7d or 1h, which partition_plan_set() takes. pgrant_report.partition_coverage says what is there. Nothing is null.';

create function pgrant_ops.partition_plan_change(p_table text, p_ahead interval, p_retention interval) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- What was dropped until now stays gone. Asked for before: Citus takes no such sum of a column in an UPDATE.
  v_since timestamptz := (select now() - p.retention from pgrant.partition_plans p
                           where p.table_name = p_table and p_retention is not null);
begin
  update pgrant.partition_plans p
     set ahead = coalesce(p_ahead, p.ahead), retention = coalesce(p_retention, p.retention),
         complete_since = greatest(p.complete_since, v_since)
   where p.table_name = p_table;
  if not found then
    raise exception 'no table of pgrant that is cut by time is called %', p_table using errcode = 'OA001',
      hint = 'select table_name from pgrant_ops.partition_plan_list() shows them';
  end if;
end
$$;

comment on function pgrant_ops.partition_plan_change(text, interval, interval) is
  'Changes the plan of a table, as partition_plan_set() has found it good; null = leaves it. Owned by the owner of the tables. Raises OA001.';

create function pgrant_ops.partition_plan_set(p_table text, p_ahead interval default null, p_retention interval default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_plan pgrant.partition_plans := (select p from pgrant.partition_plans p where p.table_name = p_table);
begin
  if p_retention is not null and p_table in ('audit_events', 'audit_seals') then
    raise exception 'the audit is kept in months, and its seals for two more' using errcode = 'OA003',
      hint = 'select pgrant_ops.audit_retention_set(24) sets both';
  elsif p_ahead is not null and p_ahead not between v_plan.step and interval '2 years' then
    raise exception 'partitions are made at least one ahead, and at most two years ahead' using errcode = 'OA003',
      hint = 'one of this table is as wide as ' || pgrant_rules.length_of_time(v_plan.step);
  -- A code that comes back is known for a day (RFC 6749 4.1.2); ten years are enough for anything.
  elsif p_retention <> v_plan.retention and p_retention not between interval '1 day' and interval '10 years' then
    raise exception 'partitions are kept for 1 day to 10 years after their end' using errcode = 'OA003';
  end if;
  perform pgrant_ops.partition_plan_change(p_table, p_ahead, p_retention);
  perform pgrant_rules.tenants_audit(null, 'partition_plan.set', jsonb_strip_nulls(jsonb_build_object(
    'table', p_table, 'ahead', pgrant_rules.length_of_time(p_ahead), 'retention', pgrant_rules.length_of_time(p_retention))));
end
$$;

comment on function pgrant_ops.partition_plan_set(text, interval, interval) is
  'Sets for a table how far ahead partitions are made (one of them to 2 years) and how long after its end one is kept (1 day to 10 years, or what it is; that of the audit by audit_retention_set); null = leaves it. The next hourly run of the worker makes and drops what that says. An audit event of each tenant says so. Raises OA001, OA003.';
