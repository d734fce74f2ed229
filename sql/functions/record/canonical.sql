-- What is sealed, byte by byte. Whoever verifies works from these, so they belong to the reports: an auditor does not
-- reach the tables by name.

create view pgrant_report.audit_entries with (security_invoker = true) as
  select e.tenant_id, e.at, e.event_id, e.action, e.error, e.reason, e.user_id, e.client_id, e.grant_id, e.family_id, e.address,
         e.request_id, e.detail, e.xid, e.actor
    from pgrant.audit_events e;

comment on view pgrant_report.audit_entries is 'The audit events with all that is sealed of them.';

create view pgrant_report.audit_seals with (security_invoker = true) as
  select s.tenant_id, s.number, s.made_at, s.previous_seal, s.previous_at, s.from_xid, s.to_xid, s.events, s.total, s.first_at,
         s.last_at, s.event_ids, s.digests, s.root, s.seal, s.from_at
    from pgrant.audit_seals s;

comment on view pgrant_report.audit_seals is 'The chains of seals; the columns are explained at pgrant.audit_seals.';

create function pgrant_report.audit_time(p_at timestamptz) returns text
language sql stable
as $$ select (to_jsonb(p_at at time zone 'UTC') #>> '{}') || 'Z' $$;

comment on function pgrant_report.audit_time(timestamptz) is
  'A moment in UTC as ISO 8601, to the microsecond, whatever the settings of the session.';

create function pgrant_report.audit_event_text(p_event pgrant_report.audit_entries) returns text
language sql stable
as $$
  select (jsonb_build_object(
           'type', 'pgrant.audit.event/1', 'tenant_id', p_event.tenant_id, 'event_id', p_event.event_id,
           'at', pgrant_report.audit_time(p_event.at), 'action', p_event.action, 'error', p_event.error, 'reason', p_event.reason,
           'user_id', p_event.user_id, 'client_id', p_event.client_id, 'grant_id', p_event.grant_id,
           'family_id', p_event.family_id, 'address', p_event.address, 'request_id', p_event.request_id,
           'detail', p_event.detail, 'xid', p_event.xid)
          || case when p_event.actor is null then '{}' else jsonb_build_object('actor', p_event.actor) end)::text
$$;

comment on function pgrant_report.audit_event_text(pgrant_report.audit_entries) is
  'The canonical text of an event: all its columns as one JSON object, actor where it is there. PostgreSQL writes jsonb in one way only (keys by length, then by bytes), and no setting changes it. Its SHA-256 is what is sealed; its line in an archive is this text.';

create function pgrant_report.audit_digest(p_text text) returns bytea
language sql stable
as $$ select sha256(convert_to(p_text, 'UTF8')) $$;

comment on function pgrant_report.audit_digest(text) is 'SHA-256 of a text in UTF-8.';

create function pgrant_report.audit_seal_text(p_seal pgrant_report.audit_seals) returns text
language sql stable
as $$
  select (jsonb_build_object(
           'type', 'pgrant.audit.seal/1', 'tenant_id', p_seal.tenant_id, 'number', p_seal.number,
           'made_at', pgrant_report.audit_time(p_seal.made_at), 'previous_seal', encode(p_seal.previous_seal, 'hex'),
           'previous_at', pgrant_report.audit_time(p_seal.previous_at), 'from_xid', p_seal.from_xid, 'to_xid', p_seal.to_xid,
           'events', p_seal.events, 'total', p_seal.total, 'first_at', pgrant_report.audit_time(p_seal.first_at),
           'last_at', pgrant_report.audit_time(p_seal.last_at), 'root', encode(p_seal.root, 'hex'))
          || case when p_seal.from_at is null then '{}'
                  else jsonb_build_object('from_at', pgrant_report.audit_time(p_seal.from_at)) end)::text
$$;

comment on function pgrant_report.audit_seal_text(pgrant_report.audit_seals) is
  'The canonical text of a seal; its SHA-256 is the seal. The events stand in it by their root, so the chain holds where the events are gone.';

create function pgrant_report.audit_root(p_event_ids uuid[], p_digests bytea[]) returns bytea
language sql immutable
as $$
  select sha256(string_agg(uuid_send(e.event_id) || e.digest, ''::bytea order by e.place))
    from unnest(p_event_ids, p_digests) with ordinality e (event_id, digest, place)
$$;

comment on function pgrant_report.audit_root(uuid[], bytea[]) is
  'SHA-256 of the events of a seal in their order: 16 bytes of id and 32 of digest each.';

create function pgrant_report.audit_kept(p_table text) returns timestamptz
language plpgsql stable
as $$
begin
  return coalesce((select greatest(now() - p.retention, p.complete_since) from pgrant.partition_plans p where p.table_name = p_table),
                  '-infinity');
end
$$;

comment on function pgrant_report.audit_kept(text) is
  'Partitions of the table that end before this are dropped, or were while rows were kept for less long; without a plan none are.';
