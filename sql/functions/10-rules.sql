-- Private rules that every decision stands on: entering a tenant, recording, time.

create view pgrant_rules.entrance with (security_invoker = true) as
select i.tenant_id from pgrant.issuers i where i.disabled_at is null;

comment on view pgrant_rules.entrance is
  'The tenants that are not disabled. A release closes it before all else (src/release/release.ts), and each call comes in here before it locks anything: so they wait for one another and never both.';

create function pgrant_rules.enter(p_tenant uuid, p_request_id text, p_address inet) returns void
language plpgsql
as $$
begin
  -- Fails closed: without a tenant every policy is false, so each function says "not found" in its own way.
  perform set_config('pgrant.tenant', coalesce((select e.tenant_id::text from pgrant_rules.entrance e
                                                 where e.tenant_id = p_tenant), ''), true),
          set_config('pgrant.request_id', coalesce(p_request_id, ''), true),
          set_config('pgrant.address', coalesce(host(p_address), ''), true);
end
$$;

comment on function pgrant_rules.enter(uuid, text, inet) is
  'Binds the transaction to a tenant that is not disabled, else to none. First statement of every function of pgrant_api.';

create function pgrant_rules.administer(p_tenant uuid) returns void
language plpgsql
as $$
begin
  perform set_config('pgrant.tenant', p_tenant::text, true),
          set_config('pgrant.request_id', '', true),
          set_config('pgrant.address', '', true);
  -- Whoever removes the tenant waits for this transaction, or this one for that and finds none. A standby has no locks.
  if pg_is_in_recovery() then
    perform from pgrant.tenants t where t.tenant_id = p_tenant;
  else
    perform from pgrant.tenants t where t.tenant_id = p_tenant for key share;
  end if;
  if not found then
    raise exception 'there is no tenant %', p_tenant
      using errcode = 'OA001', hint = 'select tenant_id, name from pgrant_ops.tenant_list() shows those that are there';
  end if;
end
$$;

comment on function pgrant_rules.administer(uuid) is
  'Binds the transaction to a tenant, disabled or not. First statement of every per-tenant function of pgrant_ops. Raises OA001.';

create function pgrant_rules.visit(p_tenant uuid) returns void
language plpgsql
as $$
begin
  perform set_config('pgrant.tenant', p_tenant::text, true);
end
$$;

comment on function pgrant_rules.visit(uuid) is
  'Binds the transaction to a tenant that it only reads, one of many: locks nothing, and sees nothing where the tenant is being removed.';

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
  v_event.reason := p_reason;
  v_event.user_id := p_user_id;
  v_event.client_id := p_client_id;
  v_event.grant_id := p_grant_id;
  v_event.family_id := p_family_id;
  v_event.address := pgrant_rules.caller_address();
  v_event.request_id := nullif(current_setting('pgrant.request_id', true), '');
  v_event.detail := p_detail;
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

create function pgrant_rules.audit_all(p_tenant uuid, p_entries pgrant_rules.audit_entry[]) returns pgrant_api.error[]
language plpgsql
as $$
declare
  v_entry pgrant_rules.audit_entry;
  v_errors pgrant_api.error[];
  v_granted pgrant_rules.audit_entry[] := array[]::pgrant_rules.audit_entry[];
  v_refused inet[] := array(select e.address from unnest(p_entries) e where e.action is not null and e.error is not null);
begin
  if cardinality(v_refused) > 1 and pgrant.tenant() is not null then
    perform pgrant_rules.refusals_lock(p_tenant, v_refused);
  end if;
  for i in 1 .. cardinality(p_entries) loop
    v_entry := p_entries[i];
    v_errors[i] := v_entry.error;
    if v_entry.action is null then
      continue;
    elsif v_entry.error is null and not pgrant_rules.events() ? v_entry.action then
      v_granted := v_granted || v_entry;
    else
      v_errors[i] := pgrant_rules.audit_entered(p_tenant, v_entry);
    end if;
  end loop;
  if v_granted <> '{}' and pgrant.tenant() is not null then
    insert into pgrant.audit_events (tenant_id, action, client_id, user_id, grant_id, family_id, detail, address, request_id)
    select p_tenant, e.action, e.client_id, e.user_id, e.grant_id, e.family_id, e.detail, e.address, e.request_id
      from unnest(v_granted) e;
  end if;
  return v_errors;
end
$$;

comment on function pgrant_rules.audit_all(uuid, pgrant_rules.audit_entry[]) is
  'Records the decisions about a set of requests, once for a transaction and last, for what refusals are counted by is locked then: what is granted and no event for others in one statement, the rest one by one (see audit). Returns the error to answer for each.';

create function pgrant_rules.audit_entered(p_tenant uuid, p_entry pgrant_rules.audit_entry) returns pgrant_api.error
language plpgsql
as $$
begin
  perform set_config('pgrant.request_id', coalesce(p_entry.request_id, ''), true),
          set_config('pgrant.address', coalesce(host(p_entry.address), ''), true);
  return pgrant_rules.audit(p_tenant, p_entry.action, p_entry.error, p_entry.reason, p_entry.client_id, p_entry.user_id,
                            p_entry.grant_id, p_entry.family_id, p_entry.detail);
end
$$;

comment on function pgrant_rules.audit_entered(uuid, pgrant_rules.audit_entry) is
  'Records one decision for the request and the address that it is about.';

create function pgrant_rules.any_twice(p_keys bytea[], p_assertions jsonb[]) returns boolean
language plpgsql immutable
as $$
begin
  return (select count(k) > count(distinct k) from unnest(p_keys) k)
      or (select count(a ->> 'jti_hash') > count(distinct a ->> 'jti_hash') from unnest(p_assertions) a);
end
$$;

comment on function pgrant_rules.any_twice(bytea[], jsonb[]) is
  'Whether two requests of a set present the same code, token or assertion: then they are decided one after the other, in the order in which they came.';

create function pgrant_rules.whole_second(p_at timestamptz) returns timestamptz
language sql stable
as $$ select date_trunc('second', p_at) $$;

comment on function pgrant_rules.whole_second(timestamptz) is
  'Without fractions: an expiry travels inside its secret in whole seconds and is compared for equality.';

create function pgrant_rules.after(p_lifetime integer) returns timestamptz
language sql stable
as $$ select pgrant_rules.whole_second(now()) + make_interval(secs => p_lifetime) $$;

comment on function pgrant_rules.after(integer) is 'The moment p_lifetime seconds from now, in whole seconds.';

create function pgrant_rules.epoch(p_at timestamptz) returns bigint
-- Not immutable: extract from a timestamptz is stable, and a function that promises more than its body is not inlined.
language sql stable
as $$ select floor(extract(epoch from p_at))::bigint $$;

comment on function pgrant_rules.epoch(timestamptz) is 'Seconds since 1970, as JWTs count them.';

create function pgrant_rules.moment(p_epoch bigint) returns timestamptz
language sql immutable
as $$ select to_timestamp(p_epoch) $$;

comment on function pgrant_rules.moment(bigint) is 'The inverse of epoch().';

create function pgrant_rules.consent_expiry(p_lifetime integer) returns timestamptz
language sql stable
as $$ select case when p_lifetime = 0 then 'infinity'::timestamptz else pgrant_rules.after(p_lifetime) end $$;

comment on function pgrant_rules.consent_expiry(integer) is 'When a consent given now expires; 0 = it never does.';
