-- Private rules of the authorization endpoint: what comes next for a request, and why one is refused.

create function pgrant_rules.acr_unmet(p_request pgrant.authorization_requests, p_session pgrant.sessions)
returns boolean
language sql immutable
as $$ select p_request.essential_acr <> '{}' and not coalesce(p_session.acr = any (p_request.essential_acr), false) $$;

comment on function pgrant_rules.acr_unmet(pgrant.authorization_requests, pgrant.sessions) is
  'Whether the request must have an acr (OpenID Connect Core 5.5.1.1) that the login does not have.';

create function pgrant_rules.login_due(p_request pgrant.authorization_requests, p_session pgrant.sessions)
returns boolean
language plpgsql stable
as $$
begin
  return p_session.session_id is null
      or coalesce(p_request.prompt && array['login', 'select_account']
                  and p_session.auth_time < p_request.created_at, false)
      or coalesce(p_session.auth_time < p_request.created_at - make_interval(secs => p_request.max_age), false)
      or coalesce(p_session.user_id::text <> p_request.hint_sub, false)
      -- A login of before may be stepped up, where the product says how good its logins are; any other has no acr.
      or pgrant_rules.acr_unmet(p_request, p_session) and p_session.auth_time < p_request.created_at
         and exists (select from pgrant.tenants t where t.tenant_id = p_request.tenant_id and t.login_url is not null);
end
$$;

comment on function pgrant_rules.login_due(pgrant.authorization_requests, pgrant.sessions) is
  'Whether the person must sign in first: nobody is signed in, prompt asks for it, max_age has passed, id_token_hint names another, or the product may sign them in with the acr that is essential. A login after the request was made satisfies prompt and max_age (OpenID Connect Core 3.1.2.1).';

create function pgrant_rules.authorization_step(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests,
  p_session pgrant.sessions, p_code_hash bytea
) returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_out pgrant_api.authorization;
  v_scopes text[];
begin
  v_out.request_expires_at := pgrant_rules.epoch(p_request.expires_at);
  v_out.redirect_uri := p_request.redirect_uri;
  v_out.response_mode := p_request.response_mode;
  v_out.state := p_request.state;

  if pgrant_rules.login_due(p_request, p_session) then
    v_out.next := 'login';
    v_out.response_reason := 'nobody suitable is signed in';
  elsif pgrant_rules.acr_unmet(p_request, p_session) then
    v_out.next := 'respond';
    v_out.response_error := 'unmet_authentication_requirements';
    v_out.response_reason := 'the person cannot sign in with an acr that is essential';
    v_out.response_detail := array_to_string(p_request.essential_acr, ' ');
  else
    v_scopes := (pgrant_rules.scope_narrow(p_tenant, p_session.user_id, p_client.scopes, p_request.scopes, null)).scopes;
    if v_scopes = '{}' then
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
    v_out.response_error := coalesce(v_out.response_error, (v_out.next || '_required')::pgrant_api.error);
    perform pgrant_rules.request_complete(p_tenant, p_request, null, v_out.response_error);
    perform pgrant_rules.audit(p_tenant, 'authorization.request', v_out.response_error, v_out.response_reason,
                               p_client.client_id, p_session.user_id);
    return pgrant_rules.error_respond(p_tenant, p_client, p_session.user_id, v_out);
  else
    v_out.response_reason := null;
    -- Consent is given in the session to which the page was shown, and in no other; and to the client that it showed.
    update pgrant.authorization_requests r
       set session_id = p_session.session_id, shown_identity_at = p_client.identity_changed_at
     where r.tenant_id = p_tenant
       and r.request_hash = p_request.request_hash
       and r.expires_at = p_request.expires_at
       and (r.session_id, r.shown_identity_at) is distinct from (p_session.session_id, p_client.identity_changed_at);
    v_out.page := pgrant_rules.request_page(p_tenant, p_client, p_request, p_session.user_id);
    if p_session.user_id::text <> p_request.hint_sub then
      v_out.page := v_out.page || jsonb_build_object('other_person', v_out.page -> 'username');
    end if;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.authorization_step(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, pgrant.sessions, bytea) is
  'What comes next for a request: login, consent, or the answer (OpenID Connect Core 3.1.2). Issues the code where nothing is left to ask.';

create function pgrant_rules.request_refusal(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_scopes text[], p_code_challenge text,
  out error pgrant_api.error, out reason text, out detail text
)
language plpgsql
as $$
begin
  if not 'authorization_code' = any (p_client.grant_types) then
    error := 'unauthorized_client';
    reason := 'client is not registered for authorization_code';
  elsif p_code_challenge is null and p_client.require_pkce then
    error := 'invalid_request';
    reason := 'code_challenge missing';
    detail := 'code_challenge is required';
  else
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
  end if;
end
$$;

comment on function pgrant_rules.request_refusal(uuid, pgrant_rules.client_policies, text[], text) is
  'Why a request of a known client with a proven redirect URI is refused, or nulls.';
