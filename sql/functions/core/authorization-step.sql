-- Private rules of the authorization endpoint: what comes next for a request, and why one is refused.

create type pgrant_rules.authorization_decided as (
  answer   pgrant_api.authorization,
  client   pgrant_rules.client_policies,
  request  pgrant.authorization_requests,
  code     pgrant.codes,
  entry    pgrant_rules.audit_entry
);

comment on type pgrant_rules.authorization_decided is 'An authorization request, as far as it is decided; nothing of it is stored yet.';
comment on column pgrant_rules.authorization_decided.answer is 'Null = the request is good, and goes on.';
comment on column pgrant_rules.authorization_decided.client is 'Null = there is none, or the request is answered; else as it is for the resources of the request, once these are known.';
comment on column pgrant_rules.authorization_decided.request is 'What goes on, or is to be stored until the person has decided; null = it is answered.';
comment on column pgrant_rules.authorization_decided.code is 'To be stored with the answer; null = none is given.';
comment on column pgrant_rules.authorization_decided.entry is 'What is to be recorded of the code.';

create function pgrant_rules.scopes_refusal(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_scopes text[], p_known pgrant_rules.known_scopes,
  out error pgrant_api.error, out reason text, out detail text
)
language plpgsql
as $$
declare
  v_allowed constant text[] := pgrant_rules.scopes_effective(p_scopes, p_client.scopes, null, null, p_known);
begin
  if v_allowed = p_scopes and p_scopes <> '{}' then
    return;
  end if;
  detail := pgrant_rules.scope_unknown(p_tenant, p_scopes);
  if detail is not null then
    error := 'invalid_scope';
    reason := 'unknown scope ' || detail;
    perform pgrant_rules.scope_refuse(p_tenant, p_client.client_id, null, p_client.scopes, p_scopes, null);
  elsif v_allowed = '{}' then
    error := 'invalid_scope';
    reason := 'the client may ask for none of these scopes';
    detail := array_to_string(p_scopes, ' ');
  end if;
end
$$;

comment on function pgrant_rules.scopes_refusal(uuid, pgrant_rules.client_policies, text[], pgrant_rules.known_scopes) is
  'Why a client may not ask for these scopes, or nulls. p_known is of scopes_find.';

create function pgrant_rules.request_refusal(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests, p_known pgrant_rules.known_scopes,
  out error pgrant_api.error, out reason text, out detail text
)
language plpgsql
as $$
declare
  v_refusal record;
begin
  if not 'authorization_code' = any (p_client.grant_types) then
    error := 'unauthorized_client';
    reason := 'client is not registered for authorization_code';
  elsif p_request.code_challenge is null and p_client.require_pkce then
    error := 'invalid_request';
    reason := 'code_challenge missing';
    detail := 'code_challenge is required';
  elsif 'create' = any (p_request.prompt) and not pgrant_rules.sign_up_offered(p_tenant) then
    error := 'invalid_request';
    reason := 'prompt create where nobody can make an account';
    detail := 'prompt create is not supported';
  elsif p_request.scopes <> '{}' or p_request.authorization_details = '[]' then
    v_refusal := pgrant_rules.scopes_refusal(p_tenant, p_client, p_request.scopes, p_known);
    error := v_refusal.error;
    reason := v_refusal.reason;
    detail := v_refusal.detail;
  end if;
end
$$;

comment on function pgrant_rules.request_refusal(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, pgrant_rules.known_scopes) is
  'Why a request of a known client with a proven redirect URI is refused, or nulls.';

create function pgrant_rules.step_page(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests, p_session pgrant.sessions,
  p_factor_user_id uuid, p_next text
) returns jsonb
language plpgsql
as $$
declare
  v_page jsonb := pgrant_rules.request_page(p_tenant, p_client, p_request, coalesce(p_factor_user_id, p_session.user_id));
begin
  if p_next in ('login', 'second_factor') then
    v_page := v_page || jsonb_build_object('second_factor', pgrant_rules.second_factor_page(p_tenant, p_factor_user_id));
  end if;
  if p_next = 'login' and 'select_account' = any (p_request.prompt) then
    -- Another account is meant than the one that is known.
    v_page := v_page || jsonb_build_object('username', null);
  elsif p_session.user_id::text <> p_request.hint_sub then
    v_page := v_page || jsonb_build_object('other_person', v_page -> 'username');
  end if;
  return v_page;
end
$$;

comment on function pgrant_rules.step_page(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, pgrant.sessions, uuid, text) is
  'What the page of p_next shows. p_factor_user_id: whose second factor is asked for, or null.';

create function pgrant_rules.authorization_step(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests,
  p_session pgrant.sessions, p_grant pgrant.grants, p_known pgrant_rules.known_scopes, p_code_hash bytea
) returns pgrant_rules.authorization_decided
language plpgsql
as $$
declare
  v_decided pgrant_rules.authorization_decided;
  v_out pgrant_api.authorization := pgrant_rules.authorization_answer(p_client, p_request);
  v_code pgrant.codes;
  v_scopes text[];
  v_factor pgrant_rules.factor_step := case when p_client.second_factor is distinct from 'off'
                                            then pgrant_rules.second_factor_step(p_request, p_session) end;
begin
  v_out.next := null;
  v_out.request_expires_at := pgrant_rules.epoch(p_request.expires_at);
  if v_factor.next = 'second_factor' then
    v_out.next := 'second_factor';
    v_out.response_reason := 'the person has shown one factor only';
  elsif v_factor.next = 'login' or pgrant_rules.login_due(p_request, p_session) then
    v_out.next := 'login';
    v_out.response_reason := 'nobody suitable is signed in';
  elsif pgrant_rules.account_due(p_request, p_session) then
    v_out.next := 'account';
  elsif pgrant_rules.acr_unmet(p_request, p_session) then
    v_out.next := 'respond';
    v_out.response_error := 'unmet_authentication_requirements';
    v_out.response_reason := 'the person cannot sign in with an acr that is essential';
    v_out.response_detail := array_to_string(p_request.essential_acr, ' ');
  elsif pgrant_rules.grant_gone(p_tenant, p_request, p_session.user_id) then
    v_out.next := 'respond';
    v_out.response_error := 'invalid_grant_id';
    v_out.response_reason := 'the grant was revoked meanwhile, or has ended';
  elsif p_client.draft and pgrant_rules.draft_refused(p_tenant, p_client.client_id, p_session.user_id) then
    v_out := pgrant_rules.draft_answer(v_out);
  elsif p_client.client_id = '' then -- a page of ours (account_client): no consent, no code
    v_out.next := 'respond';
    v_decided.answer := v_out;
    return v_decided;
  else
    v_scopes := pgrant_rules.scopes_effective(p_request.scopes, p_client.scopes, null, p_session.user_id, p_known);
    if v_scopes = '{}' and p_request.authorization_details = '[]' then
      v_out.next := 'respond';
      v_out.response_error := 'invalid_scope';
      v_out.response_reason := 'the person has none of the roles that were asked for';
      v_out.response_detail := array_to_string(p_request.scopes, ' ');
    elsif 'consent' = any (p_request.prompt)
       or not pgrant_rules.consent_covers(p_tenant, p_client, p_request, p_grant, v_scopes) then
      v_out.next := 'consent';
      v_out.response_reason := 'consent was not given, not for all of this, or has expired';
    end if;
  end if;

  if v_scopes <> p_request.scopes then
    perform pgrant_rules.scope_refuse(p_tenant, p_client.client_id, p_session.user_id, p_client.scopes, p_request.scopes, null);
  end if;
  if v_out.next is null then
    v_out.next := 'respond';
    perform pgrant_rules.subject_remember(p_tenant, p_client, p_session.user_id);
    -- A remembered consent is used as it is: neither widened nor made to live longer.
    v_code := pgrant_rules.code_row(p_client, p_request, p_session, v_scopes, case p_client.consent
      when 'never' then pgrant_rules.grant_consent(p_tenant, p_session.user_id, p_client, p_request, v_scopes)
      else p_grant.grant_id end, p_code_hash);
    v_decided.code := v_code;
    v_decided.entry := pgrant_rules.code_entry(v_code, false);
    v_out.code_expires_at := pgrant_rules.epoch(v_code.expires_at);
  elsif v_out.next = 'respond' or 'none' = any (p_request.prompt) then
    v_out.response_error := coalesce(v_out.response_error, (case v_out.next when 'second_factor' then 'login' else v_out.next end
                                                            || '_required')::pgrant_api.error);
    perform pgrant_rules.audit(p_tenant, 'authorization.request', v_out.response_error, v_out.response_reason,
                               p_client.client_id, p_session.user_id);
    v_out := pgrant_rules.error_respond(p_tenant, p_client, p_session.user_id, p_request.ui_locales, v_out);
  else
    v_out.response_reason := null;
    v_out.page := pgrant_rules.step_page(p_tenant, p_client, p_request, p_session, v_factor.user_id, v_out.next);
  end if;
  v_decided.answer := v_out;
  return v_decided;
end
$$;

comment on function pgrant_rules.authorization_step(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, pgrant.sessions, pgrant.grants, pgrant_rules.known_scopes, bytea) is
  'What comes next for a request: login, the second factor, the choice of an account, consent, or the answer (OpenID Connect Core 3.1.2), with a code where nothing is left to ask. p_grant is of grants_lock, p_known of scopes_find.';

create function pgrant_rules.authorization_resume(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests,
  p_session pgrant.sessions, p_grant pgrant.grants, p_code_hash bytea
) returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_decided pgrant_rules.authorization_decided := pgrant_rules.authorization_step(
    p_tenant, p_client, p_request, p_session, p_grant, pgrant_rules.scopes_find(p_tenant, p_request.scopes, array[p_session.user_id]),
    p_code_hash);
  v_out pgrant_api.authorization := v_decided.answer;
  v_code pgrant.codes := v_decided.code;
begin
  if v_code.code_hash is not null
     and not pgrant_rules.codes_store(p_tenant, array[v_code], array[v_decided.entry])
  then
    v_out.code_expires_at := null;
  end if;
  if v_out.next = 'respond' then
    perform pgrant_rules.request_complete(p_tenant, p_request, v_out);
    return v_out;
  end if;
  -- Consent is given in the session to which the page was shown, and in no other; and to the client that it showed.
  update pgrant.authorization_requests r
     set session_id = p_session.session_id, shown_identity_at = p_client.identity_changed_at
   where r.tenant_id = p_tenant
     and r.request_hash = p_request.request_hash
     and r.expires_at = p_request.expires_at
     and (r.session_id, r.shown_identity_at) is distinct from (p_session.session_id, p_client.identity_changed_at);
  return v_out;
end
$$;

comment on function pgrant_rules.authorization_resume(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, pgrant.sessions, pgrant.grants, bytea) is
  'What comes next for a request that is stored and locked (authorization_step), and keeps it: answered, or shown to this session. p_grant is of grants_lock.';
