-- The authorization endpoint: from a request to a code.

create function pgrant_rules.login_due(p_request pgrant.authorization_requests, p_session pgrant.sessions)
returns boolean
language plpgsql stable
as $$
begin
  return p_session.session_id is null
      or coalesce(p_request.prompt && array['login', 'select_account']
                  and p_session.auth_time < p_request.created_at, false)
      or coalesce(p_session.auth_time < p_request.created_at - make_interval(secs => p_request.max_age), false)
      or coalesce(p_session.user_id::text <> p_request.hint_sub, false);
end
$$;

comment on function pgrant_rules.login_due(pgrant.authorization_requests, pgrant.sessions) is
  'Whether the person must sign in first: nobody is signed in, prompt asks for it, max_age has passed, or id_token_hint names another. A login after the request was made satisfies prompt and max_age (OpenID Connect Core 3.1.2.1).';

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
  else
    v_scopes := pgrant_rules.scope_narrow(p_tenant, p_client.scopes, p_request.scopes, null);
    if 'consent' = any (p_request.prompt)
       or not pgrant_rules.consent_covers(p_tenant, p_session.user_id, p_client, p_request, v_scopes)
    then
      v_out.next := 'consent';
      v_out.response_reason := 'consent was not given, not for all of this, or has expired';
    end if;
  end if;

  if v_out.next is null then
    v_out.next := 'respond';
    v_out.code_expires_at := pgrant_rules.code_issue(p_tenant, p_client, p_request, p_session, v_scopes, false, p_code_hash);
  elsif 'none' = any (p_request.prompt) then
    v_out.response_error := (v_out.next || '_required')::pgrant_api.error;
    v_out.next := 'respond';
    perform pgrant_rules.request_complete(p_tenant, p_request);
  else
    v_out.response_reason := null;
    -- Consent is given in the session to which the page was shown, and in no other.
    update pgrant.authorization_requests r
       set session_id = p_session.session_id
     where r.tenant_id = p_tenant
       and r.request_hash = p_request.request_hash
       and r.expires_at = p_request.expires_at
       and r.session_id is distinct from p_session.session_id;
    v_out.page := pgrant_rules.request_page(p_tenant, p_client, p_request, p_session.user_id);
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.authorization_step(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, pgrant.sessions, bytea) is
  'What comes next for a request: login, consent, or the answer (OpenID Connect Core 3.1.2). Issues the code where nothing is left to ask.';

create function pgrant_rules.request_refusal(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_scopes text[], p_nonce text, p_code_challenge text,
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
  elsif p_code_challenge is null and (p_nonce is null or not 'openid' = any (p_scopes)) then
    -- RFC 9700 2.1.1: without PKCE only the nonce of an ID token tells an injected code.
    error := 'invalid_request';
    reason := 'neither code_challenge nor an OpenID Connect nonce';
    detail := 'code_challenge or nonce is required';
  else
    detail := pgrant_rules.scope_unknown(p_tenant, p_scopes);
    if detail is not null then
      error := 'invalid_scope';
      reason := 'unknown scope ' || detail;
      detail := 'unknown scope: ' || detail;
    elsif pgrant_rules.scope_narrow(p_tenant, p_client.scopes, p_scopes, null) = '{}' then
      error := 'invalid_scope';
      reason := 'the client may ask for none of these scopes';
    end if;
  end if;
end
$$;

comment on function pgrant_rules.request_refusal(uuid, pgrant_rules.client_policies, text[], text, text) is
  'Why a request of a known client with a proven redirect URI is refused, or nulls.';

create function pgrant_api.authorization_begin(
  p_tenant uuid, p_request_id text, p_address inet,
  p_request_hash bytea, p_browser_hash bytea, p_session_hash bytea, p_session_expires_at bigint, p_code_hash bytea,
  p_client_id text, p_redirect_uri text, p_response_mode text, p_state text, p_nonce text, p_code_challenge text,
  p_scopes text[], p_prompt text[], p_max_age integer, p_hint_sub text, p_login_hint text, p_acr_values text[],
  p_claims_id_token text[], p_claims_userinfo text[],
  p_error pgrant_api.error, p_error_reason text
) returns pgrant_api.authorization
language plpgsql security definer set search_path = ''
as $$
declare
  v_out pgrant_api.authorization;
  v_client pgrant_rules.client_policies;
  v_request pgrant.authorization_requests;
  v_scopes text[];
  v_refusal record;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  select c.* into v_client
    from pgrant_rules.client_policies c
   where c.tenant_id = p_tenant and c.client_id = p_client_id;
  if not found then
    v_out.error := 'unknown_client';
    v_out.reason := 'client unknown or disabled';
    return v_out;
  end if;
  v_out.redirect_uri := coalesce(p_redirect_uri, case when cardinality(v_client.redirect_uris) = 1
                                                       and not 'openid' = any (p_scopes) then v_client.redirect_uris[1] end);
  if v_out.redirect_uri is null or not pgrant_rules.redirect_uri_allowed(v_client.redirect_uris, v_out.redirect_uri) then
    v_out.error := 'invalid_redirect_uri';
    v_out.reason := 'redirect_uri missing or not registered';
    v_out.redirect_uri := null;
    return v_out;
  end if;

  -- From here on the client is told by redirect (RFC 6749 4.1.2.1).
  v_out.next := 'respond';
  v_out.response_mode := p_response_mode;
  v_out.state := p_state;
  v_scopes := p_scopes;
  if v_scopes = '{}' then
    select coalesce(v_client.scopes, array_agg(s.scope order by s.scope)) into v_scopes
      from pgrant.scopes s
     where s.tenant_id = p_tenant and not s.scope = any (array['openid', 'offline_access']);
  end if;
  v_out.response_error := p_error;
  v_out.response_reason := p_error_reason;
  if p_error is null then
    v_refusal := pgrant_rules.request_refusal(p_tenant, v_client, v_scopes, p_nonce, p_code_challenge);
    v_out.response_error := v_refusal.error;
    v_out.response_reason := v_refusal.reason;
    v_out.response_detail := v_refusal.detail;
  end if;
  if v_out.response_error is not null then
    perform pgrant_rules.audit(p_tenant, 'authorization.request', v_out.response_error, v_out.response_reason, p_client_id);
    return v_out;
  end if;

  insert into pgrant.authorization_requests (
    tenant_id, request_hash, expires_at, browser_hash, client_id, redirect_uri, redirect_uri_sent, response_mode, state,
    nonce, code_challenge, scopes, prompt, max_age, hint_sub, login_hint, acr_values, claims_id_token, claims_userinfo)
  values (
    p_tenant, p_request_hash, pgrant_rules.after(v_client.request_lifetime), p_browser_hash, p_client_id,
    v_out.redirect_uri, p_redirect_uri is not null, p_response_mode, p_state, p_nonce, p_code_challenge, v_scopes,
    p_prompt, p_max_age, p_hint_sub, p_login_hint, p_acr_values, p_claims_id_token, p_claims_userinfo)
  returning * into v_request;

  if p_browser_hash is null then
    -- A cross-site POST brings no SameSite=Lax cookie: the browser is known only when it comes back by GET.
    v_out.next := 'continue';
    v_out.request_expires_at := pgrant_rules.epoch(v_request.expires_at);
    return v_out;
  end if;
  return pgrant_rules.authorization_step(
    p_tenant, v_client, v_request, pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at), p_code_hash);
end
$$;

comment on function pgrant_api.authorization_begin(uuid, text, inet, bytea, bytea, bytea, bigint, bytea, text, text, text, text, text, text, text[], text[], integer, text, text, text[], text[], text[], pgrant_api.error, text) is
  'Takes an authorization request (RFC 6749 4.1.1): proves client and redirect URI, then reports p_error or its own refusal to the client, else stores the request and says what comes next. Without p_browser_hash the request is only stored. No scopes = all that the client may have, without openid and offline_access. Errors: unknown_client, invalid_redirect_uri.';

create function pgrant_api.authorization_continue(
  p_tenant uuid, p_request_id text, p_address inet,
  p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea,
  p_session_hash bytea, p_session_expires_at bigint, p_code_hash bytea
) returns pgrant_api.authorization
language plpgsql security definer set search_path = ''
as $$
declare
  v_out pgrant_api.authorization;
  v_client pgrant_rules.client_policies;
  v_request pgrant.authorization_requests;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  update pgrant.authorization_requests r
     set browser_hash = p_browser_hash
   where r.tenant_id = p_tenant
     and r.request_hash = p_request_hash
     and r.expires_at = pgrant_rules.moment(p_request_expires_at)
     and r.browser_hash is null;
  v_request := pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash);
  select c.* into v_client
    from pgrant_rules.client_policies c
   where c.tenant_id = p_tenant and c.client_id = v_request.client_id;
  if not found then
    v_out.error := 'expired_request';
    v_out.reason := 'authorization request unknown, answered, expired, or another browser''s; or its client disabled';
    return v_out;
  end if;
  return pgrant_rules.authorization_step(
    p_tenant, v_client, v_request, pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at), p_code_hash);
end
$$;

comment on function pgrant_api.authorization_continue(uuid, text, inet, bytea, bigint, bytea, bytea, bigint, bytea) is
  'What comes next for a stored request; binds one that came by POST to the first browser that continues it. Errors: expired_request.';

create function pgrant_api.consent_decide(
  p_tenant uuid, p_request_id text, p_address inet,
  p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea,
  p_session_hash bytea, p_session_expires_at bigint, p_code_hash bytea, p_allow boolean
) returns pgrant_api.authorization
language plpgsql security definer set search_path = ''
as $$
declare
  v_out pgrant_api.authorization;
  v_client pgrant_rules.client_policies;
  v_request pgrant.authorization_requests;
  v_session pgrant.sessions;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_request := pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash);
  v_session := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
  select c.* into v_client
    from pgrant_rules.client_policies c
   where c.tenant_id = p_tenant and c.client_id = v_request.client_id;
  if not found then
    v_out.error := 'expired_request';
    v_out.reason := 'authorization request unknown, answered, expired, or another browser''s; or its client disabled';
    return v_out;
  end if;

  if v_session.session_id is null or v_session.session_id is distinct from v_request.session_id
     or pgrant_rules.login_due(v_request, v_session) then
    v_out.next := 'continue';
    v_out.request_expires_at := p_request_expires_at;
    return v_out;
  end if;
  v_out.next := 'respond';
  v_out.redirect_uri := v_request.redirect_uri;
  v_out.response_mode := v_request.response_mode;
  v_out.state := v_request.state;
  if p_allow then
    v_out.code_expires_at := pgrant_rules.code_issue(
      p_tenant, v_client, v_request, v_session,
      pgrant_rules.scope_narrow(p_tenant, v_client.scopes, v_request.scopes, null), true, p_code_hash);
  else
    v_out.response_error := 'access_denied';
    v_out.response_reason := 'the person denied it';
    perform pgrant_rules.request_complete(p_tenant, v_request);
    perform pgrant_rules.audit(p_tenant, 'consent.deny', 'access_denied', v_out.response_reason, v_client.client_id,
                               v_session.user_id);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.consent_decide(uuid, text, inet, bytea, bigint, bytea, bytea, bigint, bytea, boolean) is
  'The person''s decision. Counts only in the session to which the consent page was shown; any other is sent back to login or consent. Errors: expired_request.';
