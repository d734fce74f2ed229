-- Pushed authorization requests (RFC 9126): a client leaves its request here, and sends the browser with a reference to it.

create type pgrant_api.pushed_request as (
  error       pgrant_api.error,
  reason      text,
  detail      text,
  next        text,
  expires_at  bigint,
  expires_in  integer
);

comment on type pgrant_api.pushed_request is 'A request that waits for its browser.';
comment on column pgrant_api.pushed_request.detail is 'What the client may be told besides the code of the error; null = nothing.';
comment on column pgrant_api.pushed_request.next is
  'document = fetch the document at the client_id and ask again; push = the request waits.';
comment on column pgrant_api.pushed_request.expires_at is 'With next = push: epoch seconds, in the request_uri.';
comment on column pgrant_api.pushed_request.expires_in is 'With next = push: seconds (RFC 9126 2.2).';

create function pgrant_rules.push_refuse(
  p_tenant uuid, p_action text, p_client_id text, p_error pgrant_api.error, p_reason text, p_detail text
) returns pgrant_api.pushed_request
language plpgsql
as $$
declare
  v_out pgrant_api.pushed_request;
begin
  v_out.error := pgrant_rules.audit(p_tenant, p_action, p_error, p_reason, p_client_id,
                                    p_detail => pgrant_rules.refused_value(p_detail));
  v_out.reason := p_reason;
  v_out.detail := p_detail;
  return v_out;
end
$$;

comment on function pgrant_rules.push_refuse(uuid, text, text, pgrant_api.error, text, text) is
  'Records a refusal, and is the answer.';

create function pgrant_api.authorization_push(
  p_tenant uuid, p_request_id text, p_address inet,
  p_client_id text, p_auth_method text, p_secret_hash bytea, p_assertion jsonb, p_possession jsonb,
  p_pushed_hash bytea, p_redirect_uri text, p_parameters jsonb, p_request_object jsonb, p_error pgrant_api.error, p_error_reason text
) returns pgrant_api.pushed_request
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_action constant text := 'authorization.push';
  v_out pgrant_api.pushed_request;
  v_auth record;
  v_client pgrant_rules.client_policies;
  v_answer pgrant_api.authorization;
  v_request pgrant.authorization_requests;
  v_proven pgrant_rules.possession;
  v_checked pgrant_rules.targeted_client;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_client := pgrant_rules.client_find(p_tenant, p_client_id);
  if v_client.client_id is null or v_client.document_expires_at is not null then
    v_out.next := (pgrant_rules.client_document_step(p_tenant, p_client_id, v_client.document_expires_at, p_address)).next;
    if v_out.next is not null then
      return v_out;
    end if;
  end if;
  select a.* into v_auth
    from pgrant_rules.clients_authenticate(p_tenant, array[p_address], array[p_client_id], array[p_auth_method],
                                           array[p_secret_hash], array[p_assertion], array[p_possession]) a;
  if v_auth.o_error[1] is not null then
    return pgrant_rules.push_refuse(p_tenant, 'client.authenticate', p_client_id, v_auth.o_error[1], v_auth.o_reason[1],
                                    v_auth.o_detail[1]);
  end if;
  v_client := v_auth.o_client[1];
  v_proven := pgrant_rules.key_announced(p_tenant, v_auth.o_client, p_possession, p_parameters ->> 'dpop_jkt');
  if v_proven.error is not null then
    return pgrant_rules.push_refuse(p_tenant, v_action, p_client_id, v_proven.error, v_proven.reason, v_proven.detail);
  end if;
  -- One that does not authenticate is anybody; it begins no more sign-ins here than at the authorization endpoint.
  if v_client.token_endpoint_auth_method = 'none' and pgrant_rules.begun_too_often(p_tenant) then
    return pgrant_rules.push_refuse(p_tenant, v_action, p_client_id, 'too_many_attempts', 'authorization_rate reached', null);
  end if;
  -- FAPI 2.0 5.3.2.2 wants it in each, where RFC 6749 3.1.2.3 lets a client leave it out that has one.
  v_answer := pgrant_rules.redirect_uri_choose(
    p_tenant, v_client, p_redirect_uri, v_client.require_pushed_authorization_requests or p_parameters -> 'scopes' ? 'openid');
  if v_answer.error is not null then
    -- The error of RFC 6749 5.2 for it: invalid_redirect_uri is one of registrations (RFC 7591 3.2.2).
    return pgrant_rules.push_refuse(p_tenant, v_action, p_client_id, 'invalid_request', v_answer.reason, v_answer.response_detail);
  end if;
  v_request := pgrant_rules.request_record(p_tenant, v_client, p_redirect_uri, p_parameters);
  v_request.redirect_uri := v_answer.redirect_uri;
  v_request.dpop_jkt := coalesce(v_request.dpop_jkt, p_possession #>> '{proof,jkt}');
  v_checked := pgrant_rules.request_check(
    p_tenant, v_client, v_request, pgrant_rules.scopes_find(p_tenant, v_request.scopes, '{}'), p_request_object,
    p_parameters -> 'authorization_details', p_error, p_error_reason);
  if v_checked.error is not null then
    return pgrant_rules.push_refuse(p_tenant, v_action, p_client_id, v_checked.error, v_checked.reason, v_checked.detail);
  end if;
  v_request.tenant_id := p_tenant;
  v_request.resources := v_checked.resources;
  v_request.pushed := true;
  v_request.request_hash := p_pushed_hash;
  v_request.expires_at := pgrant_rules.after(v_client.par_lifetime);
  insert into pgrant.authorization_requests values (v_request.*);
  v_out.next := 'push';
  v_out.expires_at := pgrant_rules.epoch(v_request.expires_at);
  v_out.expires_in := v_client.par_lifetime;
  return v_out;
end
$$;

comment on function pgrant_api.authorization_push(uuid, text, inet, text, text, bytea, jsonb, jsonb, bytea, text, jsonb, jsonb, pgrant_api.error, text) is
  'Takes an authorization request from its client (RFC 9126 2.1): authenticates the client, checks all that authorization_begin does, and stores the request for the tenant''s par_lifetime; p_pushed_hash is of the secret in its request_uri. The key of a DPoP proof is that of dpop_jkt (RFC 9449 10.1). With next = document nothing was done, as in authorization_begin. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, invalid_request, invalid_request_object, request_not_supported, unauthorized_client, invalid_scope, invalid_target, invalid_authorization_details, temporarily_unavailable, p_error, too_many_attempts, flood.';

create function pgrant_rules.pushed_request_fault(
  p_tenant uuid, p_client_id text, p_pushed_hash bytea, p_pushed_expires_at bigint
) returns text
language plpgsql
as $$
declare
  v_request pgrant.authorization_requests;
begin
  select r.* into v_request
    from pgrant.authorization_requests r
   where r.tenant_id = p_tenant
     and r.request_hash = p_pushed_hash
     and r.expires_at = pgrant_rules.moment(p_pushed_expires_at)
     and r.pushed;
  return case when v_request.request_hash is null then 'request_uri unknown'
              when v_request.client_id <> p_client_id then 'request_uri of another client'
              when v_request.expires_at <= now() then 'request_uri expired'
              when v_request.completed_at is not null then 'request_uri answered before'
              else 'request_uri of a client that was disabled or changed since' end;
end
$$;

comment on function pgrant_rules.pushed_request_fault(uuid, text, bytea, bigint) is
  'Why a request_uri is not good, for log and audit.';

create function pgrant_api.pushed_request_begin(
  p_tenant uuid, p_request_id text, p_address inet,
  p_request_hash bytea, p_browser_hash bytea, p_session_hash bytea, p_session_expires_at bigint, p_code_hash bytea,
  p_client_id text, p_pushed_hash bytea, p_pushed_expires_at bigint
) returns pgrant_api.authorization
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.authorization;
  v_request pgrant.authorization_requests;
  v_session pgrant.sessions;
  v_grants pgrant.grants[];
  v_client pgrant_rules.client_policies;
  v_decided pgrant_rules.authorization_decided;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  select r.* into v_request
    from pgrant.authorization_requests r
   where r.tenant_id = p_tenant
     and r.request_hash = p_pushed_hash
     and r.expires_at = pgrant_rules.moment(p_pushed_expires_at)
     and r.expires_at > now()
     and r.client_id = p_client_id
     and r.completed_at is null
     and r.pushed
     for update;
  perform pgrant_rules.counters_lock(p_tenant, pgrant_rules.authorization_keys(p_tenant, array[p_address]));
  v_session := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
  v_grants := pgrant_rules.grants_lock(p_tenant, array[v_session.user_id], array[p_client_id]);
  v_client := pgrant_rules.request_client(p_tenant, v_request);
  if v_client.client_id is null then
    v_out.error := 'invalid_request_uri';
    v_out.reason := pgrant_rules.pushed_request_fault(p_tenant, p_client_id, p_pushed_hash, p_pushed_expires_at);
    v_out.error := pgrant_rules.audit(p_tenant, 'authorization.request', v_out.error, v_out.reason, p_client_id);
    return v_out;
  end if;
  v_client := (pgrant_rules.client_target(p_tenant, v_client, v_request.resources, null)).client;
  v_request.pushed := false;
  v_request.pushed_hash := p_pushed_hash;
  v_request.pushed_expires_at := v_request.expires_at;
  -- What prompt and max_age ask for counts from when the browser comes (OpenID Connect Core 3.1.2.1): who signed in since the
  -- client pushed it has signed in for something else.
  v_request.created_at := now();
  v_decided := pgrant_rules.authorization_start(
    p_tenant, v_client, v_request, v_session, v_grants[1],
    pgrant_rules.scopes_find(p_tenant, v_request.scopes, array[v_session.user_id]), pgrant_rules.begun_too_often(p_tenant),
    p_request_hash, p_browser_hash, p_code_hash);
  perform pgrant_rules.authorizations_store(p_tenant, array[v_decided]);
  v_out := v_decided.answer;
  if v_out.next = 'respond' then
    perform pgrant_rules.pushed_request_settle(p_tenant, v_request);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.pushed_request_begin(uuid, text, inet, bytea, bytea, bytea, bigint, bytea, text, bytea, bigint) is
  'Takes up a pushed request for this browser, unless it has been answered, and says what comes next (RFC 9126 4); p_pushed_hash and p_pushed_expires_at are of its request_uri. Without p_browser_hash it is only stored for whoever continues it. Errors: invalid_request_uri, too_many_attempts, flood.';
