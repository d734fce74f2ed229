-- Recording: a row per decision, in the transaction that took it.

create function pgrant_rules.actor() returns jsonb
language sql stable
as $$
  select case when nullif(current_setting('pgrant.admin', true), '') is not null
              then current_setting('pgrant.admin', true)::jsonb || jsonb_build_object('role', session_user)
              when nullif(current_setting('pgrant.request_id', true), '') is null
              then jsonb_strip_nulls(jsonb_build_object(
           'role', session_user, 'address', host(inet_client_addr()), 'application', nullif(current_setting('application_name'), ''),
           'user', left(nullif(current_setting('pgrant.actor', true), ''), 200),
           'reason', left(nullif(pgrant_rules.secrets_masked(current_setting('pgrant.reason', true)), ''), 500))) end
$$;

comment on function pgrant_rules.actor() is
  'Who is behind the running transaction, null where it is a request: an admin of the tenant (see admin_begin); else the role that logged in and from where, its application_name, and as the settings pgrant.actor and pgrant.reason say of themselves the person and why. A record and no right: no rule asks it.';

create function pgrant_rules.audit(
  p_tenant uuid, p_action text, p_error pgrant_api.error, p_reason text, p_client_id text,
  p_user_id uuid default null, p_grant_id uuid default null, p_family_id uuid default null, p_detail jsonb default null
) returns pgrant_api.error
language plpgsql
as $$
declare
  v_event pgrant.audit_events;
  -- Only a thief does this, and each time counts.
  v_incident boolean := p_action in ('refresh.reuse', 'code.reuse');
  v_type text := case when p_error is null or v_incident then pgrant_rules.events() ->> p_action end;
  v_verdict pgrant_api.error;
begin
  if pgrant.tenant() is null then
    return p_error;
  end if;
  v_event.tenant_id := p_tenant;
  v_event.at := now();
  v_event.event_id := gen_random_uuid();
  v_event.action := p_action;
  v_event.error := p_error;
  v_event.reason := pgrant_rules.secrets_masked(p_reason);
  v_event.user_id := p_user_id;
  v_event.client_id := p_client_id;
  v_event.grant_id := p_grant_id;
  v_event.family_id := p_family_id;
  v_event.address := pgrant_rules.caller_address();
  v_event.request_id := nullif(current_setting('pgrant.request_id', true), '');
  v_event.detail := p_detail;
  v_event.actor := pgrant_rules.actor();
  v_event.xid := pg_current_xact_id()::text::bigint;
  if p_error is not null then
    v_event := pgrant_rules.refusal_bounded(v_event);
    -- The ordinary answers of a silent request, and of a person who says no, are no fault of the address.
    if not p_error::text like '%\_required' and p_action <> 'consent.deny' then
      v_verdict := pgrant_rules.refusal_verdict(p_tenant);
    end if;
    if not v_incident and not pgrant_rules.refusal_first(v_event, v_verdict is not null) then
      return coalesce(v_verdict, p_error);
    end if;
  end if;
  insert into pgrant.audit_events select v_event.*;
  if v_type is not null then
    perform pgrant_rules.enqueue(p_tenant, v_event.event_id, v_type, p_client_id, p_user_id, p_grant_id, p_family_id, p_detail);
  end if;
  return coalesce(v_verdict, p_error);
end
$$;

comment on function pgrant_rules.audit(uuid, text, pgrant_api.error, text, text, uuid, uuid, uuid, jsonb) is
  'Records a decision in the transaction that took it, and queues it for the webhooks that want to hear of it. Repeats of a refusal within a minute are counted instead. Returns the error to answer: p_error, or too_many_attempts or flood where the address has been refused too often. Does nothing for a tenant that does not exist or is disabled.';

create type pgrant_rules.audit_entry as (
  request_id  text,
  address     inet,
  action      text,
  error       pgrant_api.error,
  reason      text,
  client_id   text,
  user_id     uuid,
  grant_id    uuid,
  family_id   uuid,
  detail      jsonb
);

comment on type pgrant_rules.audit_entry is 'A decision about one request of a set, to be recorded; action null = nothing is.';

create function pgrant_rules.audit_entered(p_tenant uuid, p_entry pgrant_rules.audit_entry) returns pgrant_api.error
language plpgsql
as $$
begin
  p_entry.request_id := pgrant_rules.attribute(p_entry.request_id, p_entry.address);
  return pgrant_rules.audit(p_tenant, p_entry.action, p_entry.error, p_entry.reason, p_entry.client_id, p_entry.user_id,
                            p_entry.grant_id, p_entry.family_id, p_entry.detail);
end
$$;

comment on function pgrant_rules.audit_entered(uuid, pgrant_rules.audit_entry) is
  'Records one decision for the request and the address that it is about.';

create function pgrant_rules.audit_all(p_tenant uuid, p_entries pgrant_rules.audit_entry[]) returns pgrant_api.error[]
language plpgsql
as $$
declare
  v_told constant jsonb := pgrant_rules.events();
  v_entry pgrant_rules.audit_entry;
  v_errors pgrant_api.error[];
  v_refused inet[] := array[]::inet[];
  v_alone integer[] := array[]::integer[];
  v_plain boolean := false;
begin
  for i in 1 .. coalesce(cardinality(p_entries), 0) loop
    v_entry := p_entries[i];
    v_errors[i] := v_entry.error;
    if v_entry.error is not null and v_entry.action is not null then
      v_refused := v_refused || v_entry.address;
      v_alone := v_alone || i;
    elsif v_told ? v_entry.action then
      v_alone := v_alone || i;
    else
      v_plain := v_plain or v_entry.action is not null;
    end if;
  end loop;
  if cardinality(v_refused) > 1 and pgrant.tenant() is not null then
    perform pgrant_rules.refusals_lock(p_tenant, v_refused);
  end if;
  for i in 1 .. cardinality(v_alone) loop
    v_errors[v_alone[i]] := pgrant_rules.audit_entered(p_tenant, p_entries[v_alone[i]]);
  end loop;
  if v_plain and pgrant.tenant() is not null then
    insert into pgrant.audit_events (tenant_id, action, client_id, user_id, grant_id, family_id, detail, address, request_id)
    select p_tenant, e.action, e.client_id, e.user_id, e.grant_id, e.family_id, e.detail, e.address, e.request_id
      from unnest(p_entries) e
     where e.action is not null and e.error is null and not v_told ? e.action;
  end if;
  return v_errors;
end
$$;

comment on function pgrant_rules.audit_all(uuid, pgrant_rules.audit_entry[]) is
  'Records the decisions about a set of requests, once for a transaction and last, for what refusals are counted by is locked then: what is granted and no event for others in one statement, the rest one by one (see audit). Returns the error to answer for each.';

create function pgrant_rules.refused_value(p_detail text) returns jsonb
language sql immutable
as $$ select jsonb_build_object('refused', left(pgrant_rules.secrets_masked(p_detail), 300)) where p_detail is not null $$;

comment on function pgrant_rules.refused_value(text) is 'What the audit keeps of a refusal besides its reason, null of null: {refused: the value that was refused, and the rule}.';

create function pgrant_api.refusal_record(
  p_tenant uuid, p_request_id text, p_address inet, p_action text, p_refused pgrant_api.error, p_refused_reason text,
  p_refused_detail text default null
) returns pgrant_api.done
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.done;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_out.error := nullif(pgrant_rules.audit(p_tenant, p_action, p_refused, p_refused_reason, null,
                                           p_detail => pgrant_rules.refused_value(p_refused_detail)), p_refused);
  v_out.reason := case when v_out.error is not null then p_refused_reason end;
  return v_out;
end
$$;

comment on function pgrant_api.refusal_record(uuid, text, inet, text, pgrant_api.error, text, text) is
  'Records a refusal that the web process has decided on, such as a signature that is not good; p_refused_detail says which value was refused and why. Errors: too_many_attempts, flood, to be answered instead.';
