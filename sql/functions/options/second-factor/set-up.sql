-- Setting up an authenticator app, on the page of the account or while signing in, and what is there besides.

create function pgrant_rules.second_factor_refusal(
  p_session pgrant.sessions, p_csrf_hash bytea, out error pgrant_api.error, out reason text
)
language plpgsql
as $$
begin
  select r.error, r.reason into error, reason from pgrant_rules.account_refusal(p_session, p_csrf_hash, true) r;
  if error is null and pgrant_rules.second_factor_rule(p_session.tenant_id) = 'off' then
    error := 'access_denied';
    reason := 'nobody shows a second factor here (second_factor)';
  end if;
end
$$;

comment on function pgrant_rules.second_factor_refusal(pgrant.sessions, bytea) is
  'Why somebody may not change the second factors of a session''s person, or nulls.';

create function pgrant_rules.recovery_codes_store(p_tenant uuid, p_user_id uuid, p_recovery_hashes bytea[]) returns void
language plpgsql
as $$
begin
  -- Whoever is removed meanwhile gets none.
  perform from pgrant.users u where u.tenant_id = p_tenant and u.user_id = p_user_id for key share;
  if not found then
    return;
  end if;
  delete from pgrant.recovery_codes c where c.tenant_id = p_tenant and c.user_id = p_user_id;
  insert into pgrant.recovery_codes (tenant_id, user_id, code_hash)
  select p_tenant, p_user_id, h.code_hash from unnest(p_recovery_hashes) h (code_hash);
  perform pgrant_rules.audit(p_tenant, 'recovery_codes.set', null, null, null, p_user_id);
end
$$;

comment on function pgrant_rules.recovery_codes_store(uuid, uuid, bytea[]) is
  'Gives a person new recovery codes, and takes those of before away.';

create function pgrant_rules.recovery_codes_end(p_tenant uuid, p_user_id uuid) returns void
language plpgsql
as $$
begin
  if not pgrant_rules.second_factor_held(p_tenant, p_user_id) then
    delete from pgrant.recovery_codes c where c.tenant_id = p_tenant and c.user_id = p_user_id;
  end if;
end
$$;

comment on function pgrant_rules.recovery_codes_end(uuid, uuid) is
  'Takes the recovery codes away from whoever has removed their last second factor.';

create function pgrant_rules.second_factor_vacant(p_tenant uuid, p_user_id uuid) returns boolean
language plpgsql
as $$
begin
  perform pgrant_rules.user_hold(p_tenant, p_user_id);
  return not pgrant_rules.second_factor_held(p_tenant, p_user_id);
end
$$;

comment on function pgrant_rules.second_factor_vacant(uuid, uuid) is
  'Whether a person has set up no second factor, and none does so in another browser until the transaction ends.';

create function pgrant_rules.set_up_challenge(
  p_tenant uuid, p_request pgrant.authorization_requests, p_session pgrant.sessions, p_action text
) returns pgrant_api.second_factor_challenge
language plpgsql
as $$
declare
  v_out pgrant_api.second_factor_challenge := pgrant_rules.second_factor_challenge(p_tenant, p_request, p_session);
begin
  if v_out.error is null and not pgrant_rules.second_factor_vacant(p_tenant, v_out.user_id) then
    -- Whoever has one shows it, and gets no other beside it by a password.
    v_out.reason := 'the person has a second factor';
    v_out.error := pgrant_rules.audit(p_tenant, p_action, 'access_denied', v_out.reason, null, v_out.user_id);
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.set_up_challenge(uuid, pgrant.authorization_requests, pgrant.sessions, text) is
  'Who sets up their first second factor for a request. p_action: as what a refusal is recorded. Errors: those of second_factor_challenge; access_denied (the person has one).';

create function pgrant_rules.totp_store(
  p_tenant uuid, p_user_id uuid, p_sealed_secret bytea, p_totp_step bigint, p_recovery_hashes bytea[],
  out error pgrant_api.error, out reason text
)
language plpgsql
as $$
begin
  perform from pgrant.users u where u.tenant_id = p_tenant and u.user_id = p_user_id for key share;
  if not found then
    error := 'login_required';
    reason := 'the person was removed meanwhile';
    return;
  end if;
  insert into pgrant.totp_authenticators (tenant_id, user_id, sealed_secret, last_step)
  values (p_tenant, p_user_id, p_sealed_secret, p_totp_step)
      on conflict (tenant_id, user_id) do nothing;
  if found then
    perform pgrant_rules.audit(p_tenant, 'totp.add', null, null, null, p_user_id);
    perform pgrant_rules.recovery_codes_store(p_tenant, p_user_id, p_recovery_hashes);
  else
    error := 'already_exists';
    reason := 'the person has an authenticator app';
    perform pgrant_rules.audit(p_tenant, 'totp.add', error, reason, null, p_user_id);
  end if;
end
$$;

comment on function pgrant_rules.totp_store(uuid, uuid, bytea, bigint, bytea[]) is
  'Sets up the authenticator app of a person who has none, with new recovery codes. p_totp_step: the step of the code that confirmed it.';

create function pgrant_api.second_factor_set_up(
  p_tenant uuid, p_request_id text, p_address inet, p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea,
  p_session_hash bytea, p_session_expires_at bigint, p_sealed_secret bytea, p_totp_step bigint, p_recovery_hashes bytea[],
  p_next_session_hash bytea, p_next_csrf_hash bytea, p_user_agent text
) returns pgrant_api.session
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.session;
  v_request pgrant.authorization_requests;
  v_session pgrant.sessions;
  v_challenge pgrant_api.second_factor_challenge;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_request := pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash);
  v_session := pgrant_rules.factor_hold(p_tenant, v_request, p_session_hash, p_session_expires_at);
  v_challenge := pgrant_rules.set_up_challenge(p_tenant, v_request, v_session, 'totp.add');
  v_out.error := v_challenge.error;
  v_out.reason := v_challenge.reason;
  v_out.retry_after := v_challenge.retry_after;
  if v_out.error is null then
    select s.error, s.reason into v_out.error, v_out.reason
      from pgrant_rules.totp_store(p_tenant, v_challenge.user_id, p_sealed_secret, p_totp_step, p_recovery_hashes) s;
  end if;
  if v_out.error is null then
    v_out.username := v_challenge.username;
    v_out.session_expires_at := pgrant_rules.second_factor_shown(p_tenant, v_request, v_session, array['otp', 'mfa'],
                                                                 p_next_session_hash, p_next_csrf_hash, p_user_agent);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.second_factor_set_up(uuid, text, inet, bytea, bigint, bytea, bytea, bigint, bytea, bigint, bytea[], bytea, bytea, text) is
  'Sets up the authenticator app of a person who has to have a second factor and has none, for an authorization request of this browser, and signs them in. p_totp_step: the time step of the code that they typed; p_recovery_hashes: SHA-256 of new recovery codes. Errors: expired_request, login_required (none is asked for: go on with the request), access_denied and already_exists (the person has one), too_many_attempts, flood.';

create function pgrant_api.second_factor_leave(
  p_tenant uuid, p_request_id text, p_address inet, p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea
) returns pgrant_api.done
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.done;
  v_request pgrant.authorization_requests;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_request := pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash);
  if v_request.request_hash is null then
    v_out.reason := 'authorization request unknown, answered, expired, or another browser''s';
    v_out.error := pgrant_rules.audit(p_tenant, 'second_factor.verify', 'expired_request', v_out.reason, null);
    return v_out;
  end if;
  delete from pgrant.first_factors f
   where f.tenant_id = p_tenant and f.request_hash = v_request.request_hash and f.expires_at = v_request.expires_at;
  update pgrant.authorization_requests r
     set prompt = array_append(r.prompt, 'login'), created_at = now()
   where r.tenant_id = p_tenant and r.request_hash = v_request.request_hash and r.expires_at = v_request.expires_at;
  return v_out;
end
$$;

comment on function pgrant_api.second_factor_leave(uuid, text, inet, bytea, bigint, bytea) is
  'Lets the person sign in anew for an authorization request of this browser, as somebody else or in another way. Errors: expired_request, too_many_attempts, flood.';

create function pgrant_api.totp_add(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea,
  p_sealed_secret bytea, p_totp_step bigint, p_recovery_hashes bytea[], p_next_session_hash bytea, p_next_csrf_hash bytea,
  p_user_agent text
) returns pgrant_api.session
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.session;
  v_session pgrant.sessions;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_hold(p_tenant, p_session_hash, p_session_expires_at);
  select r.error, r.reason into v_out.error, v_out.reason from pgrant_rules.second_factor_refusal(v_session, p_csrf_hash) r;
  if v_out.error is not null then
    perform pgrant_rules.audit(p_tenant, 'totp.add', v_out.error, v_out.reason, null, v_session.user_id);
    return v_out;
  end if;
  select s.error, s.reason into v_out.error, v_out.reason
    from pgrant_rules.totp_store(p_tenant, v_session.user_id, p_sealed_secret, p_totp_step, p_recovery_hashes) s;
  if v_out.error is null then
    -- A code was shown: so this session has seen both factors.
    v_out.session_expires_at := pgrant_rules.session_start(
      p_tenant, v_session.user_id, '2', array(select distinct a.method from unnest(v_session.amr || array['otp', 'mfa']) a (method)),
      p_next_session_hash, p_next_csrf_hash, p_user_agent, p_session_hash, p_session_expires_at, v_session.auth_time);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.totp_add(uuid, text, inet, bytea, bigint, bytea, bytea, bigint, bytea[], bytea, bytea, text) is
  'Sets up the authenticator app of the person who is signed in, after a recent sign-in; this browser goes on in a session that has seen both factors. p_totp_step: the time step of the code that they typed; p_recovery_hashes: SHA-256 of new recovery codes. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (second_factor is off), already_exists.';
