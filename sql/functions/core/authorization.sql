-- Requests that a person has come back to: going on, and the person's decision.

create function pgrant_api.authorization_continue(
  p_tenant uuid, p_request_id text, p_address inet,
  p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea,
  p_session_hash bytea, p_session_expires_at bigint, p_code_hash bytea, p_next_challenge_hash bytea
) returns pgrant_api.authorization
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.authorization;
  v_client pgrant_rules.client_policies;
  v_request pgrant.authorization_requests;
  v_session pgrant.sessions;
  v_grants pgrant.grants[];
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  update pgrant.authorization_requests r
     set browser_hash = p_browser_hash
   where r.tenant_id = p_tenant
     and r.request_hash = p_request_hash
     and r.expires_at = pgrant_rules.moment(p_request_expires_at)
     and r.browser_hash is null
     and not r.pushed;
  v_request := pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash);
  v_session := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
  v_grants := pgrant_rules.grants_lock(p_tenant, array[v_session.user_id], array[v_request.client_id]);
  v_client := pgrant_rules.request_client(p_tenant, v_request);
  if v_client.client_id is null then
    return pgrant_rules.request_gone(p_tenant, 'authorization.continue', p_request_hash, p_request_expires_at, p_browser_hash, v_session,
                                     p_code_hash, true, v_request.client_id);
  end if;
  v_client := (pgrant_rules.client_target(p_tenant, v_client, v_request.resources, null)).client;
  v_out := pgrant_rules.authorization_resume(p_tenant, v_client, v_request, v_session, v_grants[1], p_code_hash);
  if v_out.next = 'login' and exists (select from pgrant.tenants t where t.tenant_id = p_tenant and t.login_url is not null) then
    if pgrant_rules.begun_too_often(p_tenant) then
      v_out.reason := 'authorization_rate reached';
      v_out.error := pgrant_rules.audit(p_tenant, 'authorization.continue', 'too_many_attempts', v_out.reason, v_request.client_id);
      return v_out;
    end if;
    v_out.login_url := pgrant_rules.challenge_issue(p_tenant, v_request, p_next_challenge_hash);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.authorization_continue(uuid, text, inet, bytea, bigint, bytea, bytea, bigint, bytea, bytea) is
  'What comes next for a stored request; binds one that came by POST to the first browser that continues it. One that was answered by a code is answered so again (authorization_repeat). Stores p_next_challenge_hash where the product''s own login page is next. Errors: expired_request, too_many_attempts, flood.';

create function pgrant_api.consent_decide(
  p_tenant uuid, p_request_id text, p_address inet,
  p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea,
  p_session_hash bytea, p_session_expires_at bigint, p_code_hash bytea, p_csrf_hash bytea, p_allow boolean, p_scopes text[],
  p_devices bytea[]
) returns pgrant_api.authorization
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.authorization;
  v_client pgrant_rules.client_policies;
  v_request pgrant.authorization_requests;
  v_session pgrant.sessions;
  v_together pgrant.authorization_requests[];
  v_one pgrant.authorization_requests;
  v_scopes text[];
  v_code_expires_at bigint;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_request := pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash);
  v_session := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
  v_client := pgrant_rules.request_client(p_tenant, v_request);
  if v_client.client_id is null then
    return pgrant_rules.request_gone(p_tenant, 'consent.decide', p_request_hash, p_request_expires_at, p_browser_hash, v_session,
                                     p_code_hash, p_allow, v_request.client_id);
  end if;

  if v_session.session_id is distinct from v_request.session_id or pgrant_rules.login_due(v_request, v_session)
     or (pgrant_rules.second_factor_step(v_request, v_session)).next is not null or pgrant_rules.account_due(v_request, v_session) then
    v_out.next := 'continue';
    v_out.request_expires_at := p_request_expires_at;
    return v_out;
  end if;
  if v_session.csrf_hash is distinct from p_csrf_hash then
    -- Somebody else may have begun the request and know its handle: only the page of this session holds the token.
    v_out.error := 'csrf_mismatch';
    v_out.reason := 'csrf token missing or of another session';
    perform pgrant_rules.audit(p_tenant, 'consent.decide', v_out.error, v_out.reason, v_client.client_id, v_session.user_id);
    return v_out;
  end if;
  if p_allow and (p_scopes is not null and not pgrant_rules.choice_left(p_tenant)
                  or pgrant_rules.grant_gone(p_tenant, v_request, v_session.user_id)
                  or not pgrant_rules.client_identity_seen(p_tenant, v_session.user_id, v_client, v_request)) then
    v_out.next := 'continue';
    v_out.request_expires_at := p_request_expires_at;
    return v_out;
  end if;
  v_client := (pgrant_rules.client_target(p_tenant, v_client, v_request.resources, null)).client;
  v_out := pgrant_rules.authorization_answer(v_client, v_request);
  v_together := pgrant_rules.requests_together(p_tenant, v_request, p_devices);
  v_scopes := pgrant_rules.scopes_chosen(
    p_tenant, v_session.user_id, v_client.client_id, p_scopes,
    (pgrant_rules.scope_narrow(p_tenant, v_session.user_id, v_client.scopes, v_request.scopes, null)).scopes);
  if not p_allow or v_scopes = '{}' and v_request.authorization_details = '[]' then
    v_out.response_error := 'access_denied';
    v_out.response_reason := case when p_allow then 'the person allowed none of the scopes' else 'the person denied it' end;
  end if;
  foreach v_one in array v_together loop
    if v_out.response_error is null then
      v_code_expires_at := pgrant_rules.code_issue(p_tenant, v_client, v_one, v_session, v_scopes, p_code_hash);
      if v_one.device_hash is not distinct from v_request.device_hash then
        v_out.code_expires_at := v_code_expires_at;
      end if;
    else
      perform pgrant_rules.audit(p_tenant, 'consent.deny', 'access_denied', v_out.response_reason, v_client.client_id,
                                 v_session.user_id);
    end if;
  end loop;
  if cardinality(v_together) > 1 then
    foreach v_one in array v_together loop
      perform pgrant_rules.device_settle(p_tenant, v_one, v_out.response_error);
    end loop;
  end if;
  perform pgrant_rules.request_complete(p_tenant, v_request, v_out);
  return v_out;
end
$$;

comment on function pgrant_api.consent_decide(uuid, text, inet, bytea, bigint, bytea, bytea, bigint, bytea, bytea, boolean, text[], bytea[]) is
  'The person''s decision, and with it the same about other device codes that the page has shown (p_devices are their hashes; {} = none). p_scopes are those that the person has chosen, where the tenant lets people (consent_choice); null = all. Counts only in the session to which the consent page was shown, and for the client as it was shown; else the browser is sent back to login or consent. The same decision, sent again, gets the same answer (authorization_repeat). Errors: expired_request, csrf_mismatch, too_many_attempts, flood.';
