-- Who is behind a decision that no request took, and what tells an event that was put in later.

alter table pgrant.audit_events add column actor jsonb;
comment on column pgrant.audit_events.actor is
  'Who decided where no request did, an operator or a task: role = who logged in to the database, address (null = on its own machine), application; and as they say themselves user and reason. Null where a request decided.';

-- What was sealed before keeps its text: a seal without from_at, an event without actor.
alter table pgrant.audit_seals add column from_at timestamptz;
comment on column pgrant.audit_seals.from_at is
  'When sealing stood at from_xid first: a transaction of this seal had not ended then, and its events are hardly older. Null where events were found in a restored database, or nothing had been sealed before.';

alter table pgrant.audit_sealing add column xid_at timestamptz;
comment on column pgrant.audit_sealing.xid_at is 'When it came to xid and nothing was left to seal; null before that.';

select pgrant.audited('pgrant.audit_events', array['actor']);
select pgrant.audited('pgrant.audit_seals', array['from_at']);
