-- Who changed what, among the events of all who only use what is there.

-- No request but an admin's is in it: a refresh pays one comparison for it.
create index audit_events_actor on pgrant.audit_events (tenant_id, at, event_id) where actor is not null;
comment on index pgrant.audit_events_actor is 'What operators, admins and the worker did, the youngest last: pgrant_report.changes.';
