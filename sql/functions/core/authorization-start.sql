-- What authorization requests have in common, whether a browser brings one or its client has pushed it.

create function pgrant_rules.request_record(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_redirect_uri text, p_parameters jsonb
) returns pgrant.authorization_requests
language plpgsql
as $$
declare
  v_sent pgrant_api.authorization_parameters := jsonb_populate_record(null::pgrant_api.authorization_parameters, p_parameters);
  v_request pgrant.authorization_requests;
begin
  v_request.tenant_id := p_tenant;
  v_request.client_id := p_client.client_id;
  v_request.redirect_uri_sent := p_redirect_uri is not null;
  v_request.response_mode := v_sent.response_mode;
  v_request.state := v_sent.state;
  v_request.nonce := v_sent.nonce;
  v_request.code_challenge := v_sent.code_challenge;
  v_request.authorization_details := coalesce(v_sent.authorization_details -> 'details', '[]');
  -- Who asks for details alone asks for no scope (RFC 9396 3.1).
  v_request.scopes := case when v_sent.scopes = '{}' and v_request.authorization_details = '[]'
                           then pgrant_rules.scopes_default(p_tenant, p_client) else v_sent.scopes end;
  v_request.prompt := v_sent.prompt;
  v_request.max_age := coalesce(v_sent.max_age, p_client.default_max_age);
  v_request.grant_management_action := v_sent.grant_management_action;
  v_request.grant_id := v_sent.grant_id;
  -- Whose grant it is has to sign in, and the client need not know who that is (Grant Management 1).
  v_request.hint_sub := coalesce(pgrant_rules.subject_user(p_tenant, p_client, v_sent.hint_sub),
                                 pgrant_rules.grant_owner(p_tenant, p_client.client_id, v_sent.grant_id)::text);
  v_request.login_hint := v_sent.login_hint;
  v_request.acr_values := coalesce(nullif(v_sent.acr_values, '{}'), v_sent.essential_acr, p_client.default_acr_values, '{}');
  v_request.essential_acr := coalesce(v_sent.essential_acr, '{}');
  v_request.claims_id_token := v_sent.claims_id_token;
  v_request.claims_userinfo := v_sent.claims_userinfo;
  v_request.ui_locales := v_sent.ui_locales;
  v_request.resources := v_sent.resources;
  v_request.dpop_jkt := v_sent.dpop_jkt;
  v_request.pushed := false;
  v_request.created_at := now();
  return v_request;
end
$$;

comment on function pgrant_rules.request_record(uuid, pgrant_rules.client_policies, text, jsonb) is
  'A request as it is stored, with what the client''s registration says where it says nothing, but for where it is answered (redirect_uri_choose). p_redirect_uri is what was sent, p_parameters of the type authorization_parameters.';

create function pgrant_rules.request_check(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests, p_known pgrant_rules.known_scopes,
  p_request_object jsonb, p_authorization_details jsonb, p_error pgrant_api.error, p_error_reason text
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
  v_refusal := pgrant_rules.request_refusal(p_tenant, v_out.client, p_request, p_known);
  v_out.error := coalesce(v_out.error, v_refusal.error);
  v_out.reason := coalesce(v_out.reason, v_refusal.reason);
  v_out.detail := coalesce(v_out.detail, v_refusal.detail);
  if v_out.error is null and p_request.authorization_details <> '[]' then
    v_refusal := pgrant_rules.details_refusal(p_tenant, p_client.authorization_details_types, p_authorization_details);
    v_out.error := v_refusal.error;
    v_out.reason := v_refusal.reason;
    v_out.detail := v_refusal.detail;
  end if;
  if v_out.error is null then
    v_refusal := pgrant_rules.grant_action_refusal(p_tenant, p_client, p_request);
    v_out.error := v_refusal.error;
    v_out.reason := v_refusal.reason;
    v_out.detail := v_refusal.detail;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.request_check(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, pgrant_rules.known_scopes, jsonb, jsonb, pgrant_api.error, text) is
  'Why a request whose client and redirect URI are proven is refused, or no error; then the client as it is for the resources of the request. p_known is of scopes_find; p_request_object: see request_object_refusal; p_authorization_details: see details_refusal; p_error is what the web process found.';

create function pgrant_rules.authorization_start(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests, p_session pgrant.sessions,
  p_grant pgrant.grants, p_known pgrant_rules.known_scopes, p_beyond_rate boolean,
  p_request_hash bytea, p_browser_hash bytea, p_code_hash bytea
) returns pgrant_rules.authorization_decided
language plpgsql
as $$
declare
  v_answer pgrant_api.authorization;
  v_out pgrant_rules.authorization_decided;
begin
  if p_beyond_rate then
    v_answer.reason := 'authorization_rate reached';
    v_answer.error := pgrant_rules.audit(p_tenant, 'authorization.request', 'too_many_attempts', v_answer.reason, p_client.client_id);
    v_out.answer := v_answer;
    return v_out;
  end if;
  if p_client.request_due then
    perform pgrant_rules.client_request_note(p_client);
  end if;
  p_request.request_hash := p_request_hash;
  p_request.browser_hash := p_browser_hash;
  p_request.expires_at := pgrant_rules.after(p_client.request_lifetime);
  if p_browser_hash is null then
    -- A cross-site POST brings no SameSite=Lax cookie: the browser is known only when it comes back by GET.
    v_answer.next := 'continue';
    v_answer.request_expires_at := pgrant_rules.epoch(p_request.expires_at);
    v_out.answer := v_answer;
  else
    v_out := pgrant_rules.authorization_step(p_tenant, p_client, p_request, p_session, p_grant, p_known, p_code_hash);
    if (v_out.answer).next = 'respond' then
      return v_out;
    end if;
    p_request.session_id := p_session.session_id;
    p_request.shown_identity_at := p_client.identity_changed_at;
  end if;
  v_out.request := p_request;
  return v_out;
end
$$;

comment on function pgrant_rules.authorization_start(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, pgrant.sessions, pgrant.grants, pgrant_rules.known_scopes, boolean, bytea, bytea, bytea) is
  'Says what comes next for a request that is good; where that is not the answer, the request is to be stored for this browser: nobody else has a handle to it. p_grant is of grants_lock, p_known of scopes_find, p_beyond_rate of begun_too_often. Errors: too_many_attempts, flood.';

create function pgrant_rules.authorizations_store(p_tenant uuid, p_decided pgrant_rules.authorization_decided[]) returns void
language plpgsql
as $$
declare
  v_request pgrant.authorization_requests;
  v_codes pgrant.codes[] := array[]::pgrant.codes[];
  v_entries pgrant_rules.audit_entry[] := array[]::pgrant_rules.audit_entry[];
begin
  for i in 1 .. cardinality(p_decided) loop
    if ((p_decided[i]).request).request_hash is not null then
      v_request := (p_decided[i]).request;
      v_request.tenant_id := p_tenant;
      insert into pgrant.authorization_requests values (v_request.*);
    elsif ((p_decided[i]).code).code_hash is not null then
      v_codes := v_codes || (p_decided[i]).code;
      v_entries := v_entries || (p_decided[i]).entry;
    end if;
  end loop;
  if cardinality(v_codes) > 0 then
    perform pgrant_rules.codes_store(p_tenant, v_codes, v_entries);
  end if;
end
$$;

comment on function pgrant_rules.authorizations_store(uuid, pgrant_rules.authorization_decided[]) is
  'Stores what authorization_start has decided: requests that wait for a person, and codes.';
