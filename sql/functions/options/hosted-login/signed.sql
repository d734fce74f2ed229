-- The product's own login: its signed answers, and the browser that comes back with one.

create type pgrant_api.login_settings as (
  error   pgrant_api.error,
  reason  text,
  issuer  text,
  jwks    jsonb
);

comment on type pgrant_api.login_settings is 'Who signs the product''s answers, and with which keys.';

create function pgrant_api.login_settings(p_tenant uuid, p_request_id text, p_address inet)
returns pgrant_api.login_settings
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.login_settings;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  select coalesce(t.login_issuer, substring(t.login_url from '^https?://[^/?]+')), t.login_jwks
    into v_out.issuer, v_out.jwks
    from pgrant.tenants t
   where t.tenant_id = p_tenant and t.login_url is not null and t.login_jwks is not null;
  if not found then
    v_out.error := 'not_found';
    v_out.reason := 'the tenant has no login_url or no login_jwks';
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.login_settings(uuid, text, inet) is
  'The iss and the public keys of the product''s signed answers. Writes nothing. Errors: not_found.';

create function pgrant_api.login_show(
  p_tenant uuid, p_request_id text, p_address inet,
  p_challenge_hash bytea, p_jti_hash bytea, p_jti_expires_at bigint
) returns pgrant_api.login_request
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.login_request;
  v_refused pgrant_api.login_answer;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  if not pgrant_rules.assertion_use(p_tenant, p_jti_hash, p_jti_expires_at) then
    v_refused := pgrant_rules.challenge_refuse(p_tenant, 'login.show', 'the assertion has been used');
    v_out.error := v_refused.error;
    v_out.reason := v_refused.reason;
    return v_out;
  end if;
  return pgrant_rules.challenge_show(p_tenant, p_challenge_hash);
end
$$;

comment on function pgrant_api.login_show(uuid, text, inet, bytea, bytea, bigint) is
  'Who asks for a sign-in, for the product that has signed the question; p_jti_* name the signature, which is good once. Errors: expired_request, too_many_attempts, flood.';

create function pgrant_api.login_accept(
  p_tenant uuid, p_request_id text, p_address inet,
  p_challenge_hash bytea, p_jti_hash bytea, p_jti_expires_at bigint, p_next_verifier_hash bytea,
  p_subject text, p_username text, p_claims jsonb, p_roles text[], p_acr text, p_amr text[], p_auth_time double precision
) returns pgrant_api.login_answer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  if not pgrant_rules.assertion_use(p_tenant, p_jti_hash, p_jti_expires_at) then
    return pgrant_rules.challenge_refuse(p_tenant, 'login.accept', 'the assertion has been used');
  end if;
  return pgrant_rules.challenge_accept(p_tenant, p_challenge_hash, p_next_verifier_hash, p_subject, p_username, p_claims,
                                       p_roles, p_acr, p_amr, to_timestamp(p_auth_time));
end
$$;

comment on function pgrant_api.login_accept(uuid, text, inet, bytea, bytea, bigint, bytea, text, text, jsonb, text[], text, text[], double precision) is
  'The product''s signed word for who has signed in; p_auth_time in epoch seconds, with or without fractions. Makes the person or brings them up to date. Errors: expired_request, invalid_request, access_denied, login_required, too_many_attempts, flood.';

create function pgrant_api.login_reject(
  p_tenant uuid, p_request_id text, p_address inet,
  p_challenge_hash bytea, p_jti_hash bytea, p_jti_expires_at bigint, p_next_verifier_hash bytea, p_reject_reason text
) returns pgrant_api.login_answer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  if not pgrant_rules.assertion_use(p_tenant, p_jti_hash, p_jti_expires_at) then
    return pgrant_rules.challenge_refuse(p_tenant, 'login.reject', 'the assertion has been used');
  end if;
  return pgrant_rules.challenge_reject(p_tenant, p_challenge_hash, p_next_verifier_hash, p_reject_reason);
end
$$;

comment on function pgrant_api.login_reject(uuid, text, inet, bytea, bytea, bigint, bytea, text) is
  'The product''s signed word that nobody signs in; p_reject_reason is for the audit. Errors: expired_request, too_many_attempts, flood.';

create function pgrant_api.login_resume(
  p_tenant uuid, p_request_id text, p_address inet,
  p_verifier_hash bytea, p_browser_hashes bytea[], p_next_request_hash bytea,
  p_session_hash bytea, p_csrf_hash bytea, p_user_agent text, p_old_session_hash bytea, p_old_session_expires_at bigint
) returns pgrant_api.authorization
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.authorization;
  v_challenge pgrant.login_challenges;
  v_request pgrant.authorization_requests;
  v_client pgrant_rules.client_policies;
  -- In a variable, and not in the UPDATE (see sql/CITUS.md).
  v_browser_hash constant bytea := p_browser_hashes[1];
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  -- Before the answer is taken, as whoever signs the person out does.
  perform pgrant_rules.user_hold(p_tenant, (select c.user_id from pgrant.login_challenges c
                                             where c.tenant_id = p_tenant and c.verifier_hash = p_verifier_hash
                                               and c.expires_at > now() and c.used_at is null
                                             limit 1));
  update pgrant.login_challenges c
     set used_at = now()
   where c.tenant_id = p_tenant
     and c.verifier_hash = p_verifier_hash
     and c.expires_at > now()
     and c.browser_hash = any (p_browser_hashes)
     and c.used_at is null
  returning c.* into v_challenge;
  v_request := pgrant_rules.request_find(p_tenant, v_challenge.request_hash, pgrant_rules.epoch(v_challenge.expires_at),
                                         v_challenge.browser_hash);
  v_client := pgrant_rules.request_client(p_tenant, v_request);
  if v_client.client_id is null then
    v_out.reason := 'login verifier unknown, used, expired, or another browser''s; or its request answered, or its client changed';
    v_out.error := pgrant_rules.audit(p_tenant, 'session.login', 'expired_request', v_out.reason, v_request.client_id);
    return v_out;
  end if;

  perform pgrant_rules.user_hold(p_tenant, v_challenge.user_id);
  if v_challenge.user_id is null or not exists (
    select from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_challenge.user_id and u.disabled_at is null
  ) then
    v_out := pgrant_rules.authorization_answer(v_client, v_request);
    v_out.response_error := 'access_denied';
    v_out.response_reason := case when v_challenge.user_id is null then 'the product rejected the login, or the person was signed out since'
                                  else 'the person is disabled' end;
    perform pgrant_rules.request_complete(p_tenant, v_request, v_out);
    perform pgrant_rules.audit(p_tenant, 'session.login', v_out.response_error, v_out.response_reason, v_request.client_id,
                               v_challenge.user_id);
    return pgrant_rules.error_respond(
      p_tenant, v_client, (pgrant_rules.session_use(p_tenant, p_old_session_hash, p_old_session_expires_at)).user_id,
      v_request.ui_locales, v_out);
  end if;

  v_out.session_expires_at := pgrant_rules.session_start(
    p_tenant, v_challenge.user_id, v_challenge.acr, v_challenge.amr, p_session_hash, p_csrf_hash, p_user_agent,
    p_old_session_hash, p_old_session_expires_at, v_challenge.auth_time);
  -- The browser left its handle behind when it went to the product, and only the hash of it is here: it gets a new one,
  -- and the cookie that the browser keeps takes the place of one that was for the old handle alone.
  update pgrant.authorization_requests r
     set request_hash = p_next_request_hash, browser_hash = v_browser_hash
   where r.tenant_id = p_tenant and r.request_hash = v_request.request_hash and r.expires_at = v_request.expires_at;
  perform pgrant_rules.audit(p_tenant, 'session.login', null, null, v_request.client_id, v_challenge.user_id,
                             p_detail => jsonb_build_object('source', 'login'));
  v_out.next := 'continue';
  v_out.request_expires_at := pgrant_rules.epoch(v_request.expires_at);
  return v_out;
end
$$;

comment on function pgrant_api.login_resume(uuid, text, inet, bytea, bytea[], bytea, bytea, bytea, text, bytea, bigint) is
  'The browser, which holds the cookies p_browser_hashes, comes back from the product, once: starts the session that the product vouched for and gives the request the handle p_next_request_hash, or answers the client with access_denied. Errors: expired_request, too_many_attempts, flood.';
