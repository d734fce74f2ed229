-- Counted refusals of minutes that are over go into the audit: repeats as an event each, those of strangers by their digest.

create view pgrant_report.refusals with (security_invoker = true) as
select r.tenant_id, r.minute, r.event_id, r.first_at, r.last_at, r.refused, r.action, r.error, r.reason, r.user_id, r.client_id,
       r.grant_id, r.family_id, r.address, r.request_id, r.detail, r.recorded, r.covered_by
  from pgrant.refusals r;

comment on view pgrant_report.refusals is
  'Refusals by kind, address and minute, each with its count; kept for days. The columns are explained at pgrant.refusals.';
comment on column pgrant_report.refusals.minute is 'When the minute began.';
comment on column pgrant_report.refusals.event_id is 'Tells it from others.';
comment on column pgrant_report.refusals.first_at is 'When it was refused first.';
comment on column pgrant_report.refusals.last_at is 'When it was refused last in this minute.';
comment on column pgrant_report.refusals.refused is 'How often in this minute.';
comment on column pgrant_report.refusals.action is 'What: noun.verb, as in audit_events.';
comment on column pgrant_report.refusals.error is 'The error that was returned.';
comment on column pgrant_report.refusals.reason is 'Why, in words that no client sees.';
comment on column pgrant_report.refusals.address is 'Address of the caller, of IPv6 its /64; null = those of several addresses, or an operator.';
comment on column pgrant_report.refusals.request_id is 'X-Request-Id of the first.';
comment on column pgrant_report.refusals.detail is 'What else there is to say of the first.';
comment on column pgrant_report.refusals.recorded is 'Whether the first is an audit event of its own too: a client or a person is known.';
comment on column pgrant_report.refusals.covered_by is 'The audit event that holds its digest, or its repeats; null = the worker has not come to it.';

create function pgrant_report.refusal_text(p_refusal pgrant_report.refusals) returns text
language sql stable
as $$
  select jsonb_build_object(
           'type', 'pgrant.refusal/1', 'tenant_id', p_refusal.tenant_id, 'minute', pgrant_report.audit_time(p_refusal.minute),
           'event_id', p_refusal.event_id, 'first_at', pgrant_report.audit_time(p_refusal.first_at),
           'last_at', pgrant_report.audit_time(p_refusal.last_at), 'refused', p_refusal.refused, 'action', p_refusal.action,
           'error', p_refusal.error, 'reason', p_refusal.reason, 'user_id', p_refusal.user_id, 'client_id', p_refusal.client_id,
           'grant_id', p_refusal.grant_id, 'family_id', p_refusal.family_id, 'address', p_refusal.address,
           'request_id', p_refusal.request_id, 'detail', p_refusal.detail)::text
$$;

comment on function pgrant_report.refusal_text(pgrant_report.refusals) is 'The canonical text of a row of refusals, as audit_event_text() is of an event.';

create function pgrant_report.refusals_digest(p_texts text[]) returns text
language sql stable
as $$
  select encode(sha256(string_agg(pgrant_report.audit_digest(t.text), ''::bytea order by t.place)), 'hex')
    from unnest(p_texts) with ordinality t (text, place)
$$;

comment on function pgrant_report.refusals_digest(text[]) is
  'SHA-256, in hex, of the digests of these texts in their order: of refusal_text() of rows, by their ids.';

create function pgrant_rules.refusal_repeats_record(p_tenant uuid, p_before timestamptz) returns integer
language plpgsql
as $$
declare
  v_events integer;
begin
  insert into pgrant.audit_events (tenant_id, at, event_id, action, error, reason, user_id, client_id, grant_id, family_id, address,
                                   request_id, detail)
  select p_tenant, now(), r.event_id, r.action, r.error, r.reason, r.user_id, r.client_id, r.grant_id, r.family_id, r.address,
         r.request_id, jsonb_build_object('repeats', r.refused - 1, 'first_at', r.first_at, 'last_at', r.last_at)
    from pgrant.refusals r
   where r.tenant_id = p_tenant and r.minute < p_before and r.covered_by is null and r.recorded and r.refused > 1;
  get diagnostics v_events = row_count;
  update pgrant.refusals r
     set covered_by = r.event_id
   where r.tenant_id = p_tenant and r.minute < p_before and r.covered_by is null and r.recorded;
  return v_events;
end
$$;

comment on function pgrant_rules.refusal_repeats_record(uuid, timestamptz) is
  'For each kind whose first refusal is an audit event, one more that stands for its repeats in that minute.';

create function pgrant_ops.refusals_record(p_tenant uuid) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- No transaction of pgrant's lasts as long as the minute that is left between: what is counted here is final.
  v_before timestamptz := date_trunc('minute', now(), 'UTC') - interval '1 minute';
  v_rows pgrant_report.refusals[];
  v_texts text[];
  v_minute timestamptz;
  v_event_id uuid;
  v_events integer;
begin
  perform pgrant_rules.administer(p_tenant);
  -- One worker at a time: another one finds them sealed.
  perform from pgrant.refusals r where r.tenant_id = p_tenant and r.minute < v_before and r.covered_by is null for update;
  v_events := pgrant_rules.refusal_repeats_record(p_tenant, v_before);
  for v_minute in
    select distinct r.minute from pgrant.refusals r where r.tenant_id = p_tenant and r.minute < v_before and r.covered_by is null order by 1
  loop
    v_rows := array(select r from pgrant_report.refusals r where r.tenant_id = p_tenant and r.minute = v_minute and r.covered_by is null);
    v_texts := array(select pgrant_report.refusal_text(r) from unnest(v_rows) r order by r.event_id);
    v_event_id := gen_random_uuid();
    insert into pgrant.audit_events (tenant_id, event_id, action, detail)
    select p_tenant, v_event_id, 'refusals.count', jsonb_build_object(
             'minute', v_minute, 'kinds', cardinality(v_rows), 'refused', sum(r.refused), 'digest', pgrant_report.refusals_digest(v_texts))
      from unnest(v_rows) r;
    update pgrant.refusals r
       set covered_by = v_event_id
     where r.tenant_id = p_tenant and r.minute = v_minute and r.covered_by is null;
    v_events := v_events + 1;
  end loop;
  return v_events;
end
$$;

comment on function pgrant_ops.refusals_record(uuid) is
  'Records what was counted in minutes that are over: an event for the repeats of each kind that names a known client or person, and one a minute (refusals.count) with number and digest of all others. Returns how many events. Raises OA001.';

create function pgrant_report.refusals_late(p_tenant uuid) returns uuid
language plpgsql stable
as $$
declare
  v_kept timestamptz := pgrant_report.audit_kept('refusals');
begin
  return (
    select e.event_id
      from (select c.event_id, c.minute,
                   max(c.minute) over (order by c.at range between unbounded preceding and interval '1 minute' preceding) as known
              from (select a.event_id, a.at,
                           (coalesce(a.detail ->> 'minute', a.detail ->> 'first_at'))::timestamptz as minute
                      from pgrant_report.audit_entries a
                     where a.tenant_id = p_tenant and a.at >= v_kept
                       and (a.action = 'refusals.count' or a.detail ? 'repeats')) c) e
     -- Clocks are set back by less.
     where e.minute < e.known - interval '10 minutes'
     order by e.minute
     limit 1);
end
$$;

comment on function pgrant_report.refusals_late(uuid) is
  'The audit event that counts refusals of a minute when those of a later one had been counted long before: the worker counts a minute when it is over, so they were added to it afterwards. Of refusals that are kept; null = none does.';

create function pgrant_report.refusals_fault(p_tenant uuid) returns uuid
language plpgsql stable
as $$
declare
  v_kept timestamptz := pgrant_report.audit_kept('refusals');
  -- In a statement of its own, as each that asks something itself.
  v_late constant uuid := pgrant_report.refusals_late(p_tenant);
begin
  return coalesce(v_late, (
    select coalesce(e.event_id, k.covered_by)
      from (select a.event_id, a.detail
              from pgrant_report.audit_entries a
             where a.tenant_id = p_tenant and a.action = 'refusals.count' and a.at >= v_kept - interval '1 day'
               and date_trunc('day', (a.detail ->> 'minute')::timestamptz, 'UTC') + interval '1 day' >= v_kept) e
      full join (select r.covered_by, pgrant_report.refusals_digest(array_agg(pgrant_report.refusal_text(r) order by r.event_id)) as digest
                   from pgrant_report.refusals r
                  where r.tenant_id = p_tenant and not r.recorded and r.covered_by is not null
                    and date_trunc('day', r.minute, 'UTC') + interval '1 day' >= v_kept
                  group by r.covered_by) k on k.covered_by = e.event_id
     where e.detail ->> 'digest' is distinct from k.digest
     limit 1));
end
$$;

comment on function pgrant_report.refusals_fault(uuid) is
  'The audit event whose counted refusals are not as it says, or were added to a minute that was over, of those that are kept; null = all are as they should be.';

create function pgrant_ops.refusals_due() returns table (tenant_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select distinct r.tenant_id
    from pgrant.refusals r
    join pgrant.issuers i on i.tenant_id = r.tenant_id
   where r.covered_by is null and r.minute < now() - interval '2 minutes';
end
$$;

comment on function pgrant_ops.refusals_due() is 'The tenants that have counted refusals of minutes that are over and not recorded: refusals_record() is due.';
