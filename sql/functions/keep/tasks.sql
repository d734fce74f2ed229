-- The tasks of the worker and their runs, and how pgrant is.

-- The twin of the crontab in src/worker/schedule.ts; a test compares them. Interval: the longest time between two runs.
with plan (task, every, does) as (values
  ('partitions', interval '1 hour', 'makes partitions ahead and drops those behind'),
  ('cleanup', '1 minute', 'deletes expired rows that are not in a partition of their own'),
  ('salts_erase', '1 minute', 'erases salts of refresh tokens whose replay window has closed, in a sixtieth of the table'),
  ('refusals', '1 minute', 'records in the audit what was refused repeatedly, or to strangers, in minutes that are over'),
  ('audit_seal', '1 minute', 'seals the audit events that are final, into the chain of each tenant'),
  ('audit_archive', '1 hour', 'writes audit events past their retention to PGRANT_ARCHIVE; nothing where it is not set'),
  ('audit_checkpoint', '1 hour', 'signs a checkpoint a day of each chain of audit events that has grown'),
  ('keys', '1 minute', 'makes the signing keys that are due'),
  ('reseal', '10 minutes', 'seals again what is sealed under PGRANT_SECRET_OLD, or without the key of its tenant'),
  ('logos', '1 minute', 'fetches the logos that tenants and clients name'),
  ('upstreams', '1 minute', 'asks upstreams again about people who are due')
), gone as (
  delete from pgrant.schedules s where s.task not in (select p.task from plan p)
)
insert into pgrant.schedules (task, every, does)
select p.task, p.every, p.does from plan p
    on conflict (task) do update set every = excluded.every, does = excluded.does;

create function pgrant_ops.task_begin(p_task text) returns table (run_id uuid, expires_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  return query
    insert into pgrant.task_runs as r (task) values (p_task) returning r.run_id, r.expires_at;
end
$$;

comment on function pgrant_ops.task_begin(text) is 'Records that a run of a task of the worker begins. Returns its key.';

create function pgrant_ops.task_end(p_run_id uuid, p_expires_at timestamptz, p_counts jsonb, p_error text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  update pgrant.task_runs r
     set finished_at = now(), counts = p_counts, error = left(p_error, 500)
   where r.run_id = p_run_id and r.expires_at = p_expires_at;
end
$$;

comment on function pgrant_ops.task_end(uuid, timestamptz, jsonb, text) is
  'Records how a run of task_begin() ended: what it did by kind, or p_error = why it failed.';

create function pgrant_ops.schedule_list()
returns table (task text, does text, every bigint, last_run_at timestamptz, last_success_at timestamptz, duration float,
               counts jsonb, error text, late boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
    select s.task, s.does, extract(epoch from s.every)::bigint, s.last_run_at, s.last_success_at, s.duration::float,
           s.counts, s.error, s.late
      from pgrant_report.schedules s
     order by s.task;
end
$$;

comment on function pgrant_ops.schedule_list() is
  'pgrant_report.schedules for the worker: when each task ran last, what came of it, whether it is late. every and duration in seconds. May be null: last_run_at, last_success_at, duration, counts, error.';

create function pgrant_rules.sealing_read(p_tenants integer) returns table (tenant_id uuid, key_id bytea)
language plpgsql
as $$
declare
  v_tenant_id uuid;
  v_found integer := 0;
begin
  -- On several nodes each would be asked as the definer, which cannot log in there.
  if pgrant_rules.on_several_nodes() then
    return;
  end if;
  -- A tenant without keys has been made a moment ago, or is being removed: whoever wants one of any looks at a few.
  for v_tenant_id in select i.tenant_id from pgrant.issuers i order by i.tenant_id limit p_tenants + 9 loop
    perform pgrant_rules.visit(v_tenant_id);
    return query
    select distinct k.tenant_id, substr(k.sealed_private, 1, 4)
      from pgrant.signing_keys k where k.tenant_id = v_tenant_id and k.expires_at > now();
    if found then
      v_found := v_found + 1;
    end if;
    exit when v_found = p_tenants;
  end loop;
  perform set_config('pgrant.tenant', '', true);
end
$$;

comment on function pgrant_rules.sealing_read(integer) is
  'Of tenants which keys their signing keys are sealed under: the 4 bytes by which a process knows whether its PGRANT_SECRET is the right one. Of the first p_tenants that have any; null = of all.';

create function pgrant_ops.sealing_read(p_tenants integer default null) returns table (tenant_id uuid, key_id bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query select s.tenant_id, s.key_id from pgrant_rules.sealing_read(p_tenants) s;
end
$$;

comment on function pgrant_ops.sealing_read(integer) is
  'The 4 bytes that name what the signing keys of a tenant are sealed under, a row for each tenant that has any, and more while they are sealed anew; of p_tenants of them, null = of all. Nothing is null.';

create type pgrant_api.health as (
  error             pgrant_api.error,
  reason            text,
  release           text,
  released_at       timestamptz,
  worker_at         timestamptz,
  late              text[],
  unfinished        bigint,
  is_standby        boolean,
  sealed_tenant_id  uuid,
  sealed_key_id     bytea
);

comment on type pgrant_api.health is
  'How pgrant is: release = hash of what was released; worker_at = when a task of the worker last began; late = its late tasks; unfinished = tables in which the last cleanup left expired rows; sealed_key_id = the 4 bytes that name what a signing key of sealed_tenant_id is sealed under.';
comment on column pgrant_api.health.release is 'Hash of what was released; null = nothing was.';
comment on column pgrant_api.health.released_at is 'When; null = never.';
comment on column pgrant_api.health.worker_at is 'When a task of the worker last began; null = never.';
comment on column pgrant_api.health.is_standby is 'Whether nothing can be written here; null = a release that says nothing of it.';
comment on column pgrant_api.health.sealed_tenant_id is 'Null where no tenant has a key.';
comment on column pgrant_api.health.sealed_key_id is 'Null where no tenant has a key.';

create function pgrant_api.health_read() returns pgrant_api.health
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.health;
begin
  select r.hash, r.at into v_out.release, v_out.released_at from pgrant_release.released r;
  v_out.is_standby := pg_is_in_recovery();
  -- Where the tables are distributed the worker's runs are known on one node only, the coordinator.
  if to_regclass('pgrant.schedules') is null then
    v_out.late := '{}';
    v_out.unfinished := 0;
    return v_out;
  end if;
  -- Not from the view of the same name: a release locks its views, and this must not wait for a release.
  select max(last.started_at),
         coalesce(array_agg(s.task order by s.task)
                    filter (where coalesce(good.started_at, s.since) + s.every + interval '5 minutes' < now()), '{}'),
         coalesce(max((last.counts ->> 'unfinished')::bigint) filter (where s.task = 'cleanup'), 0)
    into v_out.worker_at, v_out.late, v_out.unfinished
    from pgrant.schedules s
    left join lateral (
      select r.started_at, r.counts from pgrant.task_runs r
       where r.task = s.task and r.started_at <= now()
       order by r.started_at desc limit 1) last on true
    left join lateral (
      select r.started_at from pgrant.task_runs r
       where r.task = s.task and r.started_at <= now() and r.finished_at is not null and r.error is null
       order by r.started_at desc limit 1) good on true;
  select s.tenant_id, s.key_id into v_out.sealed_tenant_id, v_out.sealed_key_id from pgrant_rules.sealing_read(1) s limit 1;
  return v_out;
end
$$;

comment on function pgrant_api.health_read() is 'What the readiness of the web process tells. Reads some rows and writes none. Errors: none.';
