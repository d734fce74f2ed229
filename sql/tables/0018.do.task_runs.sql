-- What the worker does by the clock: which tasks there are, and what each run did.

create table pgrant.schedules (
  task   text primary key check (task ~ '^[a-z][a-z_]{0,62}$'),
  every  interval not null check (every > interval '0'),
  does   text not null,
  since  timestamptz not null default now()
);

comment on table pgrant.schedules is 'Global: the tasks of the worker; the twin of its crontab. Filled by each release.';
comment on column pgrant.schedules.every is 'The longest time between two runs by the crontab.';
comment on column pgrant.schedules.does is 'What the task is for.';
comment on column pgrant.schedules.since is 'When the task was first released: one that has never run is late from then on.';

alter table pgrant.schedules enable row level security;
alter table pgrant.schedules force row level security;
create policy schedules_kept on pgrant.schedules to pgrant_owner using (true) with check (true);
create policy schedules_seen on pgrant.schedules for select to pgrant_definer using (true);
-- Of all tenants, as their runs below: without those, each task would look late.
create policy schedules_audited on pgrant.schedules for select to pgrant_auditor
  using (pgrant.audited_tenant() = '00000000-0000-0000-0000-000000000000');
grant select on pgrant.schedules to pgrant_definer, pgrant_auditor;

create table pgrant.task_runs (
  run_id       uuid not null default gen_random_uuid(),
  task         text not null,
  started_at   timestamptz not null default now(),
  finished_at  timestamptz,
  duration     numeric(12, 3) generated always as (extract(epoch from finished_at - started_at)) stored,
  counts       jsonb check (jsonb_typeof(counts) = 'object'),
  error        text check (length(error) <= 500),
  expires_at   timestamptz not null default now() + interval '30 days',
  primary key (run_id, expires_at),
  check (finished_at is not null or (counts is null and error is null))
) partition by range (expires_at);

create index task_runs_started on pgrant.task_runs (task, started_at);

comment on table pgrant.task_runs is 'Global: one row per run of a task of the worker, for 30 days.';
comment on column pgrant.task_runs.finished_at is 'Null while it runs, and for ever where the worker was killed.';
comment on column pgrant.task_runs.duration is 'Seconds.';
comment on column pgrant.task_runs.counts is 'What it did, by kind, such as rows deleted by table; null where it failed.';
comment on column pgrant.task_runs.error is 'Why it failed; null where it did not.';

alter table pgrant.task_runs enable row level security;
alter table pgrant.task_runs force row level security;
create policy runs_kept on pgrant.task_runs to pgrant_definer using (true) with check (true);
-- Errors may tell of any tenant: no business of an auditor of one.
create policy runs_audited on pgrant.task_runs for select to pgrant_auditor
  using (pgrant.audited_tenant() = '00000000-0000-0000-0000-000000000000');
grant select, insert, update on pgrant.task_runs to pgrant_definer;
grant select on pgrant.task_runs to pgrant_auditor;

insert into pgrant.partition_plans (table_name, step, ahead, retention) values ('task_runs', '7 days', '37 days', '1 hour');

select pgrant.expire('pgrant.task_runs');
