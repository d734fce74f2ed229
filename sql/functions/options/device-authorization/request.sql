-- A device asks for a code (RFC 8628 3.1), and a person says that it is theirs.

create type pgrant_api.device_authorization as (
  error       pgrant_api.error,
  reason      text,
  detail      text,
  expires_at  bigint,
  interval    integer
);

comment on type pgrant_api.device_authorization is 'A device code that was stored.';
comment on column pgrant_api.device_authorization.detail is 'What the client may be told besides the code of the error; null = nothing.';
comment on column pgrant_api.device_authorization.expires_at is 'Epoch seconds, in the device code.';
comment on column pgrant_api.device_authorization.interval is 'Seconds between two polls.';

create function pgrant_rules.device_grant() returns text
language sql immutable
as $$ select 'urn:ietf:params:oauth:grant-type:device_code' $$;

comment on function pgrant_rules.device_grant() is 'The grant type (RFC 8628 3.4).';

create type pgrant_rules.device_request as (
  scopes     text[],
  resources  text[],
  action     text,
  error      pgrant_api.error,
  reason     text,
  detail     text
);

comment on type pgrant_rules.device_request is 'What is decided about a device authorization request; error null = it gets a code.';

create function pgrant_rules.device_request_decide(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_beyond boolean, p_scopes text[], p_resources text[],
  p_known pgrant_rules.known_scopes
) returns pgrant_rules.device_request
language plpgsql
as $$
declare
  v_out pgrant_rules.device_request;
  v_target pgrant_rules.targeted_client;
  v_refusal record;
begin
  v_out.action := 'device_code.issue';
  if not pgrant_rules.device_grant() = any (p_client.grant_types) then
    v_out.error := 'unauthorized_client';
    v_out.reason := 'client is not registered for ' || pgrant_rules.device_grant();
  elsif p_beyond then
    -- Clients of this grant know no other word for it (RFC 8628 3.5).
    v_out.error := 'slow_down';
    v_out.reason := 'authorization_rate reached';
  else
    v_target := pgrant_rules.client_target(p_tenant, p_client, p_resources, null);
    v_out.scopes := case when p_scopes = '{}' then pgrant_rules.scopes_default(p_tenant, p_client) else p_scopes end;
    v_out.resources := v_target.resources;
    v_refusal := pgrant_rules.scopes_refusal(p_tenant, v_target.client, v_out.scopes, p_known);
    v_out.error := coalesce(v_target.error, v_refusal.error);
    v_out.reason := coalesce(v_target.reason, v_refusal.reason);
    v_out.detail := case when v_target.error is null then v_refusal.detail else v_target.detail end;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.device_request_decide(uuid, pgrant_rules.client_policies, boolean, text[], text[], pgrant_rules.known_scopes) is
  'What a client that is who it says gets at the device authorization endpoint. p_beyond: its address has asked for too many codes of it; p_scopes {} = all that it may have; p_known are of scopes_find, of all scopes of the tenant.';

create function pgrant_rules.device_requests_decide(
  p_tenant uuid, p_address inet[], p_client_id text[], p_client pgrant_rules.client_policies[], p_error pgrant_api.error[],
  p_reason text[], p_detail text[], p_scope text[], p_resource text[]
) returns pgrant_rules.device_request[]
language plpgsql
as $$
declare
  v_known pgrant_rules.known_scopes;
  v_counted text[];
  v_beyond boolean[];
  v_out pgrant_rules.device_request[];
begin
  for i in 1 .. cardinality(p_client_id) loop
    -- Counted apart from sign-ins: a program that asks in vain keeps nobody of its address from typing a code.
    v_counted[i] := case when p_error[i] is null and pgrant_rules.device_grant() = any ((p_client[i]).grant_types)
                         then 'device code ' || p_client_id[i] end;
  end loop;
  v_beyond := pgrant_rules.authorization_rates_reached(p_tenant, p_address, v_counted);
  v_known := pgrant_rules.scopes_find(p_tenant, array(select s.scope from pgrant.scopes s where s.tenant_id = p_tenant), '{}');
  for i in 1 .. cardinality(p_client_id) loop
    if i > 1 and p_error[i] is null and (v_out[i - 1]).error is null
       and (p_client_id[i], v_beyond[i], p_scope[i], p_resource[i])
           is not distinct from (p_client_id[i - 1], v_beyond[i - 1], p_scope[i - 1], p_resource[i - 1]) then
      -- As the one before, of the same client. A refusal is not taken over, for scopes that are asked for in vain are counted.
      v_out[i] := v_out[i - 1];
    elsif p_error[i] is null then
      v_out[i] := pgrant_rules.device_request_decide(p_tenant, p_client[i], v_beyond[i], string_to_array(p_scope[i], ' '),
                                                     string_to_array(p_resource[i], ' '), v_known);
    else
      v_out[i] := row(null, null, 'client.authenticate', p_error[i], p_reason[i], p_detail[i]);
    end if;
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.device_requests_decide(uuid, inet[], text[], pgrant_rules.client_policies[], pgrant_api.error[], text[], text[], text[], text[]) is
  'Decides a set of device authorization requests, and counts those of clients that may ask. p_client, p_error, p_reason and p_detail are of clients_authenticate.';

create function pgrant_api.device_authorize(
  p_tenant uuid, p_request_id text[], p_address inet[],
  p_client_id text[], p_auth_method text[], p_secret_hash bytea[], p_assertion jsonb[],
  p_next_device_hash bytea[], p_next_user_code_hash bytea[], p_next_user_code_start text[], p_scope text[], p_resource text[]
) returns setof pgrant_api.device_authorization
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- RFC 8628 3.2, in seconds.
  v_interval constant integer := 5;
  v_auth record;
  v_requests pgrant_rules.device_request[];
  v_request pgrant_rules.device_request;
  v_expires_at timestamptz;
  v_errors pgrant_api.error[];
  v_out pgrant_api.device_authorization;
begin
  perform pgrant_rules.enter(p_tenant, null, null);
  if cardinality(p_client_id) > 1 and pgrant_rules.any_twice(p_next_device_hash, p_assertion) then
    -- Who comes second finds what the first has left.
    for i in 1 .. cardinality(p_client_id) loop
      return query
      select * from pgrant_api.device_authorize(
        p_tenant, p_request_id[i:i], p_address[i:i], p_client_id[i:i], p_auth_method[i:i], p_secret_hash[i:i], p_assertion[i:i],
        p_next_device_hash[i:i], p_next_user_code_hash[i:i], p_next_user_code_start[i:i], p_scope[i:i], p_resource[i:i]);
    end loop;
    return;
  end if;

  v_auth := pgrant_rules.clients_authenticate(p_tenant, p_address, p_client_id, p_auth_method, p_secret_hash, p_assertion,
                                              array_fill(null::jsonb, array[cardinality(p_client_id)]));
  v_requests := pgrant_rules.device_requests_decide(p_tenant, p_address, p_client_id, v_auth.o_client, v_auth.o_error, v_auth.o_reason,
                                                    v_auth.o_detail, p_scope, p_resource);
  v_expires_at := (select pgrant_rules.after(t.device_code_lifetime) from pgrant.tenants t where t.tenant_id = p_tenant);
  insert into pgrant.device_codes (tenant_id, device_hash, expires_at, user_code_hash, user_code_start, client_id, scopes, resources,
                                   address, poll_interval)
  select p_tenant, p_next_device_hash[r.n], v_expires_at, p_next_user_code_hash[r.n], p_next_user_code_start[r.n], p_client_id[r.n],
         r.scopes, r.resources, p_address[r.n], v_interval
    from unnest(v_requests) with ordinality r (scopes, resources, action, error, reason, detail, n)
   where r.error is null;
  v_errors := pgrant_rules.audit_all(p_tenant, array(
    select row(p_request_id[r.n], p_address[r.n], r.action, r.error, r.reason, p_client_id[r.n], null, null, null,
               null)::pgrant_rules.audit_entry
      from unnest(v_requests) with ordinality r (scopes, resources, action, error, reason, detail, n)
     order by r.n));
  for i in 1 .. cardinality(p_client_id) loop
    v_request := v_requests[i];
    v_out := row(v_errors[i], v_request.reason, v_request.detail, null, null);
    if v_out.error is null then
      v_out.expires_at := pgrant_rules.epoch(v_expires_at);
      v_out.interval := v_interval;
    end if;
    return next v_out;
  end loop;
end
$$;

comment on function pgrant_api.device_authorize(uuid, text[], inet[], text[], text[], bytea[], jsonb[], bytea[], bytea[], text[], text[], text[]) is
  'Takes device authorization requests (RFC 8628 3.1), a set at once. p_next_user_code_start are the first two letters of the user code. p_scope and p_resource (RFC 8707) are space-delimited: '''' = all that the client may have, and the tenant''s own audience. Errors: invalid_client, unauthorized_client, invalid_scope, invalid_target, slow_down (the address has asked for too many codes of the client), too_many_attempts, flood.';

create type pgrant_api.device_verification as (
  error       pgrant_api.error,
  reason      text,
  expires_at  bigint
);

comment on type pgrant_api.device_verification is 'The authorization request that a user code became, in this browser.';
comment on column pgrant_api.device_verification.expires_at is 'Epoch seconds, in the handle of the request.';

create function pgrant_rules.user_codes_too_many(p_tenant uuid) returns boolean
language plpgsql
as $$
declare
  v_from constant cidr := pgrant_rules.limited_prefix(p_tenant);
  v_limit integer;
begin
  if v_from is null then
    return false;
  end if;
  select t.refusal_limit into v_limit from pgrant.tenants t where t.tenant_id = p_tenant;
  return (pgrant_rules.attempt_count(p_tenant, 'user code', v_from, 60)).attempts > v_limit;
end
$$;

comment on function pgrant_rules.user_codes_too_many(uuid) is
  'Counts a user code that is typed at the caller''s address, good or not, which bounds how many it can try (RFC 8628 5.1). Whether it is beyond refusal_limit in this minute.';

create function pgrant_api.device_verify(
  p_tenant uuid, p_request_id text, p_address inet, p_user_code_hash bytea, p_request_hash bytea, p_browser_hash bytea
) returns pgrant_api.device_verification
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.device_verification;
  v_code pgrant.device_codes;
  v_client pgrant_rules.client_policies;
  v_expires_at timestamptz;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  if pgrant_rules.user_codes_too_many(p_tenant) then
    -- Elsewhere what is good is granted beyond the limit: here whoever guesses would be told when they have guessed right.
    v_out.reason := 'more than refusal_limit';
    v_out.error := pgrant_rules.audit(p_tenant, 'device_code.verify', 'too_many_attempts', v_out.reason, null);
    return v_out;
  end if;
  select d.* into v_code
    from pgrant.device_codes d
   where d.tenant_id = p_tenant and d.user_code_hash = p_user_code_hash and d.expires_at > now()
     and coalesce(d.allowed_at, d.denied_at) is null
   order by d.created_at
   limit 1;
  v_client := pgrant_rules.client_find(p_tenant, v_code.client_id);
  if v_client.client_id is null or not pgrant_rules.client_asks(v_client) then
    v_out.reason := 'user code unknown, expired or answered';
    v_out.error := pgrant_rules.audit(p_tenant, 'device_code.verify', 'invalid_user_code', v_out.reason, v_code.client_id);
    return v_out;
  elsif pgrant_rules.begun_too_often(p_tenant) then
    v_out.reason := 'authorization_rate reached';
    v_out.error := pgrant_rules.audit(p_tenant, 'device_code.verify', 'too_many_attempts', v_out.reason, v_code.client_id);
    return v_out;
  end if;
  v_expires_at := least(pgrant_rules.after(v_client.request_lifetime), v_code.expires_at);
  insert into pgrant.authorization_requests (
    tenant_id, request_hash, expires_at, browser_hash, client_id, redirect_uri, redirect_uri_sent, response_mode, scopes, prompt,
    acr_values, claims_id_token, claims_userinfo, resources, device_hash, device_expires_at)
  select p_tenant, p_request_hash, v_expires_at, p_browser_hash, v_code.client_id, t.issuer || '/device#', false, 'query', v_code.scopes,
         -- Always asked: whoever sent the user code may be another than who types it (RFC 10027).
         '{consent}', '{}', '{}', '{}', v_code.resources, v_code.device_hash, v_code.expires_at
    from pgrant.tenants t
   where t.tenant_id = p_tenant;
  v_out.expires_at := pgrant_rules.epoch(v_expires_at);
  return v_out;
end
$$;

comment on function pgrant_api.device_verify(uuid, text, inet, bytea, bytea, bytea) is
  'Makes an authorization request of this browser from a user code (RFC 8628 3.3), which goes on as any other does, and is answered at the page where user codes are typed. Errors: invalid_user_code (unknown, expired, answered), too_many_attempts, flood.';
