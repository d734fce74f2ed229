-- What authorization requests have in common, whether a browser brings one or its client has pushed it.

create function pgrant_rules.request_record(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_answer pgrant_api.authorization, p_redirect_uri text,
  p_response_mode text, p_state text, p_nonce text, p_code_challenge text, p_scopes text[], p_prompt text[], p_max_age integer,
  p_hint_sub text, p_login_hint text, p_acr_values text[], p_essential_acr text[], p_claims_id_token text[], p_claims_userinfo text[],
  p_resources text[]
) returns pgrant.authorization_requests
language plpgsql
as $$
declare
  v_request pgrant.authorization_requests;
begin
  v_request.tenant_id := p_tenant;
  v_request.client_id := p_client.client_id;
  v_request.redirect_uri := p_answer.redirect_uri;
  v_request.redirect_uri_sent := p_redirect_uri is not null;
  v_request.response_mode := p_response_mode;
  v_request.state := p_state;
  v_request.nonce := p_nonce;
  v_request.code_challenge := p_code_challenge;
  v_request.scopes := case when p_scopes = '{}' then pgrant_rules.scopes_default(p_tenant, p_client) else p_scopes end;
  v_request.prompt := p_prompt;
  v_request.max_age := coalesce(p_max_age, p_client.default_max_age);
  v_request.hint_sub := pgrant_rules.subject_user(p_tenant, p_client, p_hint_sub);
  v_request.login_hint := p_login_hint;
  v_request.acr_values := coalesce(nullif(p_acr_values, '{}'), p_essential_acr, p_client.default_acr_values, '{}');
  v_request.essential_acr := coalesce(p_essential_acr, '{}');
  v_request.claims_id_token := p_claims_id_token;
  v_request.claims_userinfo := p_claims_userinfo;
  v_request.resources := p_resources;
  v_request.pushed := false;
  v_request.created_at := now();
  return v_request;
end
$$;

comment on function pgrant_rules.request_record(uuid, pgrant_rules.client_policies, pgrant_api.authorization, text, text, text, text, text, text[], text[], integer, text, text, text[], text[], text[], text[], text[]) is
  'A request as it is stored, with what the client''s registration says where it says nothing. p_answer is of authorization_redirect, p_redirect_uri what was sent.';

create function pgrant_rules.request_check(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests, p_request_object jsonb,
  p_error pgrant_api.error, p_error_reason text
) returns pgrant_rules.targeted_client
language plpgsql
as $$
declare
  v_refusal record := pgrant_rules.request_object_refusal(p_tenant, p_client, p_request_object);
  v_out pgrant_rules.targeted_client;
begin
  -- First who says it, then what is wrong with what is said.
  v_out.error := coalesce(v_refusal.error, p_error);
  v_out.reason := coalesce(v_refusal.reason, p_error_reason);
  v_out.detail := v_refusal.detail;
  if v_out.error is not null then
    return v_out;
  end if;
  v_out := pgrant_rules.client_target(p_tenant, p_client, p_request.resources, null);
  v_refusal := pgrant_rules.request_refusal(p_tenant, v_out.client, p_request.scopes, p_request.code_challenge, p_request.prompt);
  v_out.error := coalesce(v_out.error, v_refusal.error);
  v_out.reason := coalesce(v_out.reason, v_refusal.reason);
  v_out.detail := v_refusal.detail;
  return v_out;
end
$$;

comment on function pgrant_rules.request_check(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, jsonb, pgrant_api.error, text) is
  'Why a request whose client and redirect URI are proven is refused, or no error; then the client as it is for the resources of the request. p_request_object: see request_object_refusal; p_error is what the web process found.';

create function pgrant_rules.authorization_start(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests,
  p_request_hash bytea, p_browser_hash bytea, p_session_hash bytea, p_session_expires_at bigint, p_code_hash bytea
) returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_out pgrant_api.authorization;
begin
  if pgrant_rules.begun_too_often(p_tenant) then
    v_out.reason := 'authorization_rate reached';
    v_out.error := pgrant_rules.audit(p_tenant, 'authorization.request', 'too_many_attempts', v_out.reason, p_client.client_id);
    return v_out;
  end if;
  p_request.tenant_id := p_tenant;
  p_request.request_hash := p_request_hash;
  p_request.browser_hash := p_browser_hash;
  p_request.expires_at := pgrant_rules.after(p_client.request_lifetime);
  insert into pgrant.authorization_requests values (p_request.*);
  if p_client.request_due then
    perform pgrant_rules.client_request_note(p_client);
  end if;
  if p_browser_hash is null then
    -- A cross-site POST brings no SameSite=Lax cookie: the browser is known only when it comes back by GET.
    v_out.next := 'continue';
    v_out.request_expires_at := pgrant_rules.epoch(p_request.expires_at);
    return v_out;
  end if;
  return pgrant_rules.authorization_step(
    p_tenant, p_client, p_request, pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at), p_code_hash);
end
$$;

comment on function pgrant_rules.authorization_start(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, bytea, bytea, bytea, bigint, bytea) is
  'Stores a request that is good, for this browser, and says what comes next. Errors: too_many_attempts.';
