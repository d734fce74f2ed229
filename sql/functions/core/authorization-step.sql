-- Private rules of the authorization endpoint: what comes next for a request, and why one is refused.

create function pgrant_rules.scopes_refusal(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_scopes text[],
  out error pgrant_api.error, out reason text, out detail text
)
language plpgsql
as $$
begin
  if (pgrant_rules.scope_narrow(p_tenant, null, p_client.scopes, p_scopes, null)).scopes = p_scopes and p_scopes <> '{}' then
    return;
  end if;
  detail := pgrant_rules.scope_unknown(p_tenant, p_scopes);
  if detail is not null then
    error := 'invalid_scope';
    reason := 'unknown scope ' || detail;
    perform pgrant_rules.scope_refuse(p_tenant, p_client.client_id, null, p_client.scopes, p_scopes, null);
  elsif (pgrant_rules.scope_narrow(p_tenant, null, p_client.scopes, p_scopes, null)).scopes = '{}' then
    error := 'invalid_scope';
    reason := 'the client may ask for none of these scopes';
    detail := array_to_string(p_scopes, ' ');
  end if;
end
$$;

comment on function pgrant_rules.scopes_refusal(uuid, pgrant_rules.client_policies, text[]) is
  'Why a client may not ask for these scopes, or nulls.';

create function pgrant_rules.request_refusal(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests,
  out error pgrant_api.error, out reason text, out detail text
)
language plpgsql
as $$
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
    select r.error, r.reason, r.detail into error, reason, detail from pgrant_rules.scopes_refusal(p_tenant, p_client, p_request.scopes) r;
  end if;
end
$$;

comment on function pgrant_rules.request_refusal(uuid, pgrant_rules.client_policies, pgrant.authorization_requests) is
  'Why a request of a known client with a proven redirect URI is refused, or nulls.';

create function pgrant_rules.authorization_step(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests,
  p_session pgrant.sessions, p_code_hash bytea
) returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_out pgrant_api.authorization;
  v_scopes text[];
  v_factor pgrant_rules.factor_step := pgrant_rules.second_factor_step(p_request, p_session);
begin
  v_out := pgrant_rules.authorization_answer(p_client, p_request);
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
    return v_out;
  else
    v_scopes := (pgrant_rules.scope_narrow(p_tenant, p_session.user_id, p_client.scopes, p_request.scopes, null)).scopes;
    if v_scopes = '{}' and p_request.authorization_details = '[]' then
      v_out.next := 'respond';
      v_out.response_error := 'invalid_scope';
      v_out.response_reason := 'the person has none of the roles that were asked for';
      v_out.response_detail := array_to_string(p_request.scopes, ' ');
    elsif 'consent' = any (p_request.prompt)
       or not pgrant_rules.consent_covers(p_tenant, p_session.user_id, p_client, p_request, v_scopes)
    then
      v_out.next := 'consent';
      v_out.response_reason := 'consent was not given, not for all of this, or has expired';
    end if;
  end if;

  if v_scopes <> p_request.scopes then
    perform pgrant_rules.scope_refuse(p_tenant, p_client.client_id, p_session.user_id, p_client.scopes, p_request.scopes, null);
  end if;
  if v_out.next is null then
    v_out.next := 'respond';
    v_out.code_expires_at := pgrant_rules.code_issue(p_tenant, p_client, p_request, p_session, v_scopes, false, p_code_hash);
  elsif v_out.next = 'respond' or 'none' = any (p_request.prompt) then
    v_out.response_error := coalesce(v_out.response_error, (case v_out.next when 'second_factor' then 'login' else v_out.next end
                                                            || '_required')::pgrant_api.error);
    perform pgrant_rules.audit(p_tenant, 'authorization.request', v_out.response_error, v_out.response_reason,
                               p_client.client_id, p_session.user_id);
    return pgrant_rules.error_respond(p_tenant, p_client, p_session.user_id, v_out);
  else
    v_out.response_reason := null;
    v_out.page := pgrant_rules.request_page(p_tenant, p_client, p_request, coalesce(v_factor.user_id, p_session.user_id));
    if v_out.next in ('login', 'second_factor') then
      v_out.page := v_out.page || jsonb_build_object('second_factor', pgrant_rules.second_factor_page(p_tenant, v_factor.user_id));
    end if;
    if v_out.next = 'login' and 'select_account' = any (p_request.prompt) then
      -- Another account is meant than the one that is known.
      v_out.page := v_out.page || jsonb_build_object('username', null);
    elsif p_session.user_id::text <> p_request.hint_sub then
      v_out.page := v_out.page || jsonb_build_object('other_person', v_out.page -> 'username');
    end if;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.authorization_step(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, pgrant.sessions, bytea) is
  'What comes next for a request: login, the second factor, the choice of an account, consent, or the answer (OpenID Connect Core 3.1.2). Issues the code where nothing is left to ask.';

create function pgrant_rules.authorization_resume(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests,
  p_session pgrant.sessions, p_code_hash bytea
) returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_out pgrant_api.authorization := pgrant_rules.authorization_step(p_tenant, p_client, p_request, p_session, p_code_hash);
begin
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

comment on function pgrant_rules.authorization_resume(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, pgrant.sessions, bytea) is
  'What comes next for a request that is stored and locked (authorization_step), and keeps it: answered, or shown to this session.';

create function pgrant_rules.redirect_uri_choose(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_redirect_uri text, p_openid boolean
) returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_out pgrant_api.authorization;
begin
  v_out.redirect_uri := coalesce(p_redirect_uri, case when cardinality(p_client.redirect_uris) = 1
                                                       and not p_openid then p_client.redirect_uris[1] end);
  if v_out.redirect_uri is null or not pgrant_rules.redirect_uri_registered(p_client, v_out.redirect_uri) then
    v_out.error := 'invalid_redirect_uri';
    v_out.reason := 'redirect_uri missing or not registered';
    v_out.redirect_uri := null;
    v_out.response_detail := pgrant_rules.redirect_uri_refused(p_tenant, p_client.client_id, p_redirect_uri);
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.redirect_uri_choose(uuid, pgrant_rules.client_policies, text, boolean) is
  'Where a request is answered: redirect_uri, which OAuth lets a client leave out that has one (RFC 6749 3.1.2.3) and OpenID Connect (p_openid) does not (Core 3.1.2.1). Errors: invalid_redirect_uri.';

create function pgrant_rules.authorization_redirect(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_redirect_uri text, p_openid boolean
) returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_out pgrant_api.authorization := pgrant_rules.redirect_uri_choose(p_tenant, p_client, p_redirect_uri, p_openid);
begin
  if v_out.error is not null then
    v_out.error := pgrant_rules.audit(p_tenant, 'authorization.request', v_out.error, v_out.reason, p_client.client_id,
                                      p_detail => pgrant_rules.refused_value(v_out.response_detail));
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.authorization_redirect(uuid, pgrant_rules.client_policies, text, boolean) is
  'As redirect_uri_choose, with the refusal recorded. Errors: invalid_redirect_uri, too_many_attempts.';

create function pgrant_rules.client_unknown(p_tenant uuid, p_client_id text, p_fresh_until timestamptz, p_address inet)
returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_out pgrant_api.authorization := pgrant_rules.client_document_step(p_tenant, p_client_id, p_fresh_until, p_address);
begin
  if v_out.error is not null then
    v_out.response_detail := 'client_id ' || substring(p_client_id from '^[\x21-\x7E]{1,100}') || ': ' || v_out.reason;
    v_out.error := pgrant_rules.audit(p_tenant, 'authorization.request', v_out.error, v_out.reason, p_client_id);
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.client_unknown(uuid, text, timestamptz, inet) is
  'What becomes of a client_id that is not registered, or whose document is stale: next document, an error that is recorded, or neither where the client is good as it is. Errors: those of client_document_step, too_many_attempts.';

create function pgrant_rules.authorization_refused(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_user_id uuid, p_out pgrant_api.authorization
) returns pgrant_api.authorization
language plpgsql
as $$
begin
  p_out.error := nullif(pgrant_rules.audit(p_tenant, 'authorization.request', p_out.response_error, p_out.response_reason,
                                           p_client.client_id, p_detail => pgrant_rules.refused_value(p_out.response_detail)),
                        p_out.response_error);
  -- Beyond the limit of its address a refusal is a page: the client is no part of that.
  if p_out.error is not null then
    return p_out;
  end if;
  return pgrant_rules.error_respond(p_tenant, p_client, p_user_id, p_out);
end
$$;

comment on function pgrant_rules.authorization_refused(uuid, pgrant_rules.client_policies, uuid, pgrant_api.authorization) is
  'Records response_error and sends it to the client. p_user_id: whoever is signed in, or null. Errors: too_many_attempts.';
