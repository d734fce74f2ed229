-- The tasks of the worker and their runs.
set local role pgrant_owner;

-- The twin of the crontab in src/worker/schedule.ts; a test compares them. Interval: the longest time between two runs.
with plan (task, every, does) as (values
  ('partitions', interval '1 hour', 'makes partitions ahead and drops those behind'),
  ('cleanup', '1 minute', 'deletes expired rows that are not in a partition of their own'),
  ('sealed_erase', '1 minute', 'erases sealed refresh tokens whose replay window has closed, in a sixtieth of the table'),
  ('audit_seal', '1 minute', 'seals the audit events that are final, into the chain of each tenant'),
  ('keys', '1 minute', 'makes the signing keys that are due'),
  ('reseal', '10 minutes', 'seals again what is sealed under PGRANT_SECRET_OLD, or without the key of its tenant'),
  ('upstreams', '1 minute', 'asks upstreams again about people who are due')
), gone as (
  delete from pgrant.schedules s where s.task not in (select p.task from plan p)
)
insert into pgrant.schedules (task, every, does)
select p.task, p.every, p.does from plan p
    on conflict (task) do update set every = excluded.every, does = excluded.does;

set local role pgrant_definer;

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
