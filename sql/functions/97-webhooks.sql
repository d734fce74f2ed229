-- What auditors ask: which events have left, and which have not.

create view pgrant_report.undelivered with (security_invoker = true) as
select i.name as tenant, w.name as webhook, w.url,
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
 group by i.name, w.tenant_id, w.name;

comment on view pgrant_report.undelivered is
  'Events that have not reached a webhook, counted by webhook; no row where all have. age in seconds is that of the oldest; dead = given up, kept for dead_letter_lifetime.';

create view pgrant_report.webhook_deliveries with (security_invoker = true) as
select i.name as tenant, o.webhook, o.event_id, o.type, o.at, o.state, o.attempts, o.last_status, o.last_error,
       case o.state when 'pending' then o.next_attempt_at end as next_attempt_at, o.finished_at, o.data, o.attempt_log
  from pgrant.outbox o
  join pgrant.issuers i on i.tenant_id = o.tenant_id;

comment on view pgrant_report.webhook_deliveries is
  'Every event of the outbox, pending, delivered in the last 7 days or dead, with each attempt: {at, status, error, ms}. event_id is that of audit_events.';
