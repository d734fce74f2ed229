-- Whether the worker does what it should.

create view pgrant_report.schedules with (security_invoker = true) as
select s.task, s.does, s.every, last.started_at as last_run_at, good.started_at as last_success_at, last.duration, last.counts, last.error,
       coalesce(good.started_at, s.since) + s.every + interval '5 minutes' < now() as late
  from pgrant.schedules s
  left join lateral (
    select r.started_at, r.duration, r.counts, r.error from pgrant.task_runs r
     where r.task = s.task and r.started_at <= now()
     order by r.started_at desc limit 1) last on true
  left join lateral (
    select r.started_at from pgrant.task_runs r
     where r.task = s.task and r.started_at <= now() and r.finished_at is not null and r.error is null
     order by r.started_at desc limit 1) good on true;

comment on view pgrant_report.schedules is
  'The tasks of the worker: when each ran last, what came of it, and whether it is late: without a success for its interval and 5 minutes more. Runs that a clock which was ahead has left in the future are none.';
comment on column pgrant_report.schedules.task is 'The task.';
comment on column pgrant_report.schedules.does is 'What it does.';
comment on column pgrant_report.schedules.every is 'The longest time between two runs by the crontab.';
comment on column pgrant_report.schedules.last_run_at is 'When the last run began, and with it duration (seconds), counts and error; null = it has never run.';
comment on column pgrant_report.schedules.last_success_at is 'When the last run that succeeded began.';
comment on column pgrant_report.schedules.duration is 'How long the last run took, in seconds.';
comment on column pgrant_report.schedules.counts is 'What the last run did.';
comment on column pgrant_report.schedules.error is 'Why the last run failed; null = it did not.';
comment on column pgrant_report.schedules.late is 'Null never; true where no worker runs, or the task fails each time: pgrant.task_runs says why.';
