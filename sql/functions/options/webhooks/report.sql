-- What auditors ask: which events have left, and which have not.

create view pgrant_report.undelivered with (security_invoker = true) as
select i.tenant_id, i.name as tenant, w.name as webhook, w.url,
       count(*) filter (where o.state = 'pending') as pending,
       count(*) filter (where o.state = 'dead') as dead,
       min(o.at) as oldest_at,
       floor(extract(epoch from now() - min(o.at)))::bigint as age,
       (array_agg(o.last_error order by o.next_attempt_at desc) filter (where o.last_error is not null))[1] as last_error,
       w.paused_until, w.disabled_at, w.disabled_reason
  from pgrant.outbox o
  join pgrant.webhooks w on w.tenant_id = o.tenant_id and w.name = o.webhook
  join pgrant.issuers i on i.tenant_id = o.tenant_id
 where o.state in ('pending', 'dead')
 group by i.tenant_id, i.name, w.name, w.url, w.paused_until, w.disabled_at, w.disabled_reason;

comment on view pgrant_report.undelivered is
  'Events that have not reached a webhook, counted by webhook; no row where all have. age in seconds is that of the oldest; dead = given up, kept for dead_letter_lifetime.';
comment on column pgrant_report.undelivered.webhook is 'Name of the webhook.';
comment on column pgrant_report.undelivered.url is 'Where its events go.';
comment on column pgrant_report.undelivered.pending is 'Events that are tried again.';
comment on column pgrant_report.undelivered.dead is 'Events that were given up.';
comment on column pgrant_report.undelivered.oldest_at is 'When the oldest of them happened.';
comment on column pgrant_report.undelivered.age is 'How long that is ago, in seconds.';
comment on column pgrant_report.undelivered.last_error is 'What went wrong last.';
comment on column pgrant_report.undelivered.paused_until is 'Until when nothing is tried; null = it is not paused.';
comment on column pgrant_report.undelivered.disabled_at is 'Since when nothing goes to it; null = enabled.';
comment on column pgrant_report.undelivered.disabled_reason is 'Why it was disabled.';

create view pgrant_report.webhook_deliveries with (security_invoker = true) as
select i.tenant_id, i.name as tenant, o.webhook, o.event_id, o.type, o.at, o.state, o.attempts, o.last_status, o.last_error,
       case o.state when 'pending' then o.next_attempt_at end as next_attempt_at, o.finished_at, o.data, o.attempt_log
  from pgrant.outbox o
  join pgrant.issuers i on i.tenant_id = o.tenant_id;

comment on view pgrant_report.webhook_deliveries is
  'Every event of the outbox, pending, delivered in the last 7 days or dead, with each attempt: {at, status, error, ms}. event_id is that of audit_events.';
comment on column pgrant_report.webhook_deliveries.webhook is 'Name of the webhook.';
comment on column pgrant_report.webhook_deliveries.event_id is 'The audit event.';
comment on column pgrant_report.webhook_deliveries.type is 'What happened, such as grant.created.';
comment on column pgrant_report.webhook_deliveries.at is 'When it happened.';
comment on column pgrant_report.webhook_deliveries.state is 'pending, delivered, or dead (given up).';
comment on column pgrant_report.webhook_deliveries.attempts is 'How often it was tried.';
comment on column pgrant_report.webhook_deliveries.last_status is 'HTTP status of the last answer; null where there was none.';
comment on column pgrant_report.webhook_deliveries.last_error is 'What went wrong last; null = nothing.';
comment on column pgrant_report.webhook_deliveries.next_attempt_at is 'When it is tried again; null = it is not.';
comment on column pgrant_report.webhook_deliveries.finished_at is 'When it was delivered or given up.';
comment on column pgrant_report.webhook_deliveries.data is 'What the event says.';
comment on column pgrant_report.webhook_deliveries.attempt_log is 'Each attempt: {at, status, error, ms}.';
