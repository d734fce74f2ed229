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

create function pgrant_api.device_authorize(
  p_tenant uuid, p_request_id text, p_address inet,
  p_client_id text, p_auth_method text, p_secret_hash bytea, p_assertion jsonb,
  p_next_device_hash bytea, p_next_user_code_hash bytea, p_next_user_code_start text, p_scopes text[], p_resources text[]
) returns pgrant_api.device_authorization
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.device_authorization;
  v_auth record;
  v_target pgrant_rules.targeted_client;
  v_scopes text[] := p_scopes;
  v_refusal record;
  v_action text := 'device_code.issue';
  v_code pgrant.device_codes;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  select a.o_client[1] as client, a.o_error[1] as error, a.o_reason[1] as reason, a.o_detail[1] as detail into v_auth
    from pgrant_rules.clients_authenticate(p_tenant, array[p_address], array[p_client_id], array[p_auth_method], array[p_secret_hash],
                                           array[p_assertion], array[null::jsonb]) a;
  if v_auth.error is not null then
    v_action := 'client.authenticate';
    v_out.error := v_auth.error;
    v_out.reason := v_auth.reason;
    v_out.detail := v_auth.detail;
  elsif not pgrant_rules.device_grant() = any ((v_auth.client).grant_types) then
    v_out.error := 'unauthorized_client';
    v_out.reason := 'client is not registered for ' || pgrant_rules.device_grant();
  elsif pgrant_rules.begun_too_often(p_tenant, 'device code ' || p_client_id) then
    -- Counted apart from sign-ins: a program that asks in vain keeps nobody of its address from typing a code.
    -- Clients of this grant know no other word for it (RFC 8628 3.5).
    v_out.error := 'slow_down';
    v_out.reason := 'authorization_rate reached';
  else
    v_target := pgrant_rules.client_target(p_tenant, v_auth.client, p_resources, null);
    if v_scopes = '{}' then
      v_scopes := pgrant_rules.scopes_default(p_tenant, v_auth.client);
    end if;
    v_refusal := pgrant_rules.scopes_refusal(p_tenant, v_target.client, v_scopes, pgrant_rules.scopes_find(p_tenant, v_scopes, '{}'));
    v_out.error := coalesce(v_target.error, v_refusal.error);
    v_out.reason := coalesce(v_target.reason, v_refusal.reason);
    v_out.detail := case when v_target.error is null then v_refusal.detail end;
  end if;
  if v_out.error is not null then
    v_out.error := pgrant_rules.audit(p_tenant, v_action, v_out.error, v_out.reason, p_client_id);
    return v_out;
  end if;

  insert into pgrant.device_codes (tenant_id, device_hash, expires_at, user_code_hash, user_code_start, client_id, scopes, resources,
                                   address)
  select p_tenant, p_next_device_hash, pgrant_rules.after(t.device_code_lifetime), p_next_user_code_hash, p_next_user_code_start,
         p_client_id, v_scopes, v_target.resources, p_address
    from pgrant.tenants t
   where t.tenant_id = p_tenant
  returning * into v_code;
  perform pgrant_rules.audit(p_tenant, v_action, null, null, p_client_id);
  v_out.expires_at := pgrant_rules.epoch(v_code.expires_at);
  v_out.interval := v_code.poll_interval;
  return v_out;
end
$$;

comment on function pgrant_api.device_authorize(uuid, text, inet, text, text, bytea, jsonb, bytea, bytea, text, text[], text[]) is
  'Takes a device authorization request (RFC 8628 3.1). p_next_user_code_start are the first two letters of the user code. p_scopes {} = all that the client may have; p_resources (RFC 8707) {} = the tenant''s own audience. Errors: invalid_client, unauthorized_client, invalid_scope, invalid_target, slow_down (the address has asked for too many codes of the client), too_many_attempts, flood.';

create type pgrant_api.device_verification as (
  error       pgrant_api.error,
  reason      text,
  expires_at  bigint
);

comment on type pgrant_api.device_verification is 'The authorization request that a user code became, in this browser.';
comment on column pgrant_api.device_verification.expires_at is 'Epoch seconds, in the handle of the request.';

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
  select d.* into v_code
    from pgrant.device_codes d
   where d.tenant_id = p_tenant and d.user_code_hash = p_user_code_hash and d.expires_at > now()
     and d.allowed_at is null and d.denied_at is null
   order by d.created_at
   limit 1;
  v_client := pgrant_rules.client_find(p_tenant, v_code.client_id);
  if v_client.client_id is null or not pgrant_rules.client_asks(v_client) then
    -- Counted with the refusals of the address, which bounds how many codes it can try (RFC 8628 5.1).
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
  select p_tenant, p_request_hash, v_expires_at, p_browser_hash, v_code.client_id, t.issuer || '/device', false, 'query', v_code.scopes,
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
