-- Signing in: the second factor, shown or set up, and the limit of tries.

create function pgrant_rules.second_factor_key(p_tenant uuid, p_user_id uuid) returns bytea
language sql immutable
as $$ select sha256(convert_to('second factor ' || p_tenant || ' ' || p_user_id, 'utf8')) $$;

comment on function pgrant_rules.second_factor_key(uuid, uuid) is
  'Under which wrong codes of a person are counted, wherever they come from: who tries them has the password.';

create function pgrant_rules.second_factor_lock(p_tenant uuid, p_user_id uuid) returns integer
language plpgsql stable
as $$
begin
  return (select ceil(extract(epoch from f.expires_at - now()))::integer
            from pgrant.counters f
            join pgrant.tenants t on t.tenant_id = f.tenant_id
           where f.tenant_id = p_tenant
             and f.key_hash = pgrant_rules.second_factor_key(p_tenant, p_user_id)
             and f.expires_at > now()
             and f.attempts >= t.login_failure_limit
           order by f.expires_at desc
           limit 1);
end
$$;

comment on function pgrant_rules.second_factor_lock(uuid, uuid) is
  'For how many seconds yet no code of a person is taken, because login_failure_limit wrong ones came within login_failure_window; null where one is.';

create function pgrant_rules.second_factor_failed(p_tenant uuid, p_user_id uuid, p_reason text) returns pgrant_api.error
language plpgsql
as $$
declare
  v_error pgrant_api.error;
begin
  insert into pgrant.counters as f (tenant_id, key_hash, expires_at, attempts)
  select p_tenant, pgrant_rules.second_factor_key(p_tenant, p_user_id), pgrant_rules.window_end(t.login_failure_window), 1
    from pgrant.tenants t
   where t.tenant_id = p_tenant
      on conflict (tenant_id, key_hash, expires_at) do update set attempts = f.attempts + 1;
  v_error := pgrant_rules.audit(p_tenant, 'second_factor.verify', 'wrong_code', p_reason, null, p_user_id);
  if pgrant_rules.second_factor_lock(p_tenant, p_user_id) is not null then
    perform pgrant_rules.audit(p_tenant, 'login.lock', null, 'login_failure_limit reached: second factor', null, p_user_id);
  end if;
  return v_error;
end
$$;

comment on function pgrant_rules.second_factor_failed(uuid, uuid, text) is
  'Counts and records a second factor that was wrong. Returns the error to answer.';

create function pgrant_rules.totp_use(p_tenant uuid, p_user_id uuid, p_totp_step bigint) returns boolean
language plpgsql
as $$
declare
  v_step bigint := floor(extract(epoch from now()) / 30);
begin
  update pgrant.totp_authenticators a
     set last_step = p_totp_step, last_used_at = now(), failures = 0
   where a.tenant_id = p_tenant
     and a.user_id = p_user_id
     and p_totp_step > a.last_step
     -- One step before or after is late or early (RFC 6238 6), and one more the clock of the web process.
     and p_totp_step between v_step - 2 and v_step + 2
     and a.failures < 100;
  return found;
end
$$;

comment on function pgrant_rules.totp_use(uuid, uuid, bigint) is
  'Takes the code of a time step, which the web process has found right: a later step than any before (RFC 6238 5.2), and about now.';

create function pgrant_rules.recovery_code_use(p_tenant uuid, p_user_id uuid, p_recovery_hash bytea) returns boolean
language plpgsql
as $$
begin
  update pgrant.recovery_codes c
     set used_at = now()
   where c.tenant_id = p_tenant and c.user_id = p_user_id and c.code_hash = p_recovery_hash and c.used_at is null;
  if found then
    update pgrant.totp_authenticators a set failures = 0 where a.tenant_id = p_tenant and a.user_id = p_user_id;
    return true;
  end if;
  return false;
end
$$;

comment on function pgrant_rules.recovery_code_use(uuid, uuid, bytea) is 'Takes a recovery code, once.';

create type pgrant_api.second_factor_challenge as (
  error          pgrant_api.error,
  reason         text,
  retry_after    integer,
  user_id        uuid,
  username       text,
  sealed_secret  bytea
);

comment on type pgrant_api.second_factor_challenge is 'Whose second factor is asked for, and what the web process needs to check a code.';
comment on column pgrant_api.second_factor_challenge.retry_after is 'Seconds, with too_many_attempts; null otherwise.';
comment on column pgrant_api.second_factor_challenge.user_id is 'The person that the key is sealed for.';
comment on column pgrant_api.second_factor_challenge.username is 'What the person is called in an authenticator app.';
comment on column pgrant_api.second_factor_challenge.sealed_secret is
  'The key of the authenticator app; null where the person has none, or none that a code can be taken of.';

create function pgrant_rules.second_factor_challenge(
  p_tenant uuid, p_request pgrant.authorization_requests, p_session pgrant.sessions
) returns pgrant_api.second_factor_challenge
language plpgsql
as $$
declare
  v_out pgrant_api.second_factor_challenge;
  v_step pgrant_rules.factor_step;
begin
  if p_request.request_hash is null then
    v_out.error := 'expired_request';
    v_out.reason := 'authorization request unknown, answered, expired, or another browser''s';
    v_out.error := pgrant_rules.audit(p_tenant, 'second_factor.verify', v_out.error, v_out.reason, null);
    return v_out;
  end if;
  v_step := pgrant_rules.second_factor_step(p_request, p_session);
  if v_step.next is distinct from 'second_factor' then
    v_out.error := 'login_required';
    v_out.reason := 'no second factor is asked for';
    return v_out;
  end if;
  v_out.retry_after := pgrant_rules.second_factor_lock(p_tenant, v_step.user_id);
  if v_out.retry_after is not null then
    v_out.reason := 'login_failure_limit reached: second factor';
    v_out.error := pgrant_rules.audit(p_tenant, 'second_factor.verify', 'too_many_attempts', v_out.reason, null, v_step.user_id);
    return v_out;
  end if;
  select u.user_id, u.username, nullif(a.sealed_secret, '')
    into v_out.user_id, v_out.username, v_out.sealed_secret
    from pgrant.users u
    left join pgrant.totp_authenticators a on a.tenant_id = u.tenant_id and a.user_id = u.user_id
   where u.tenant_id = p_tenant and u.user_id = v_step.user_id;
  return v_out;
end
$$;

comment on function pgrant_rules.second_factor_challenge(uuid, pgrant.authorization_requests, pgrant.sessions) is
  'Whose second factor a request waits for, or why none is taken. Errors: expired_request, login_required (go on with the request), too_many_attempts, flood.';

create function pgrant_api.second_factor_begin(
  p_tenant uuid, p_request_id text, p_address inet, p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea,
  p_session_hash bytea, p_session_expires_at bigint
) returns pgrant_api.second_factor_challenge
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  return pgrant_rules.second_factor_challenge(
    p_tenant, pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash),
    pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at));
end
$$;

comment on function pgrant_api.second_factor_begin(uuid, text, inet, bytea, bigint, bytea, bytea, bigint) is
  'Whose second factor an authorization request of this browser waits for. Errors: expired_request, login_required (none is asked for: go on with the request), too_many_attempts, flood.';

create function pgrant_rules.second_factor_shown(
  p_tenant uuid, p_request pgrant.authorization_requests, p_session pgrant.sessions, p_amr text[],
  p_next_session_hash bytea, p_next_csrf_hash bytea, p_user_agent text
) returns bigint
language plpgsql
as $$
declare
  v_first pgrant.first_factors;
  v_amr text[];
begin
  delete from pgrant.first_factors f
   where f.tenant_id = p_tenant and f.request_hash = p_request.request_hash and f.expires_at = p_request.expires_at
  returning f.* into v_first;
  v_amr := coalesce(v_first.amr, p_session.amr) || p_amr;
  perform pgrant_rules.audit(p_tenant, 'second_factor.verify', null, null, null, coalesce(v_first.user_id, p_session.user_id),
                             p_detail => jsonb_build_object('amr', to_jsonb(p_amr)));
  if v_first.user_id is not null then
    perform pgrant_rules.audit(p_tenant, 'session.login', null, null, null, v_first.user_id,
                               p_detail => jsonb_build_object('amr', to_jsonb(v_amr)));
  end if;
  -- Of a session that was there before, the sign-in is as old as its first factor.
  return pgrant_rules.session_start(
    p_tenant, coalesce(v_first.user_id, p_session.user_id), '2', v_amr, p_next_session_hash, p_next_csrf_hash,
    p_user_agent, p_session.session_hash, pgrant_rules.epoch(p_session.expires_at), coalesce(v_first.auth_time, p_session.auth_time));
end
$$;

comment on function pgrant_rules.second_factor_shown(uuid, pgrant.authorization_requests, pgrant.sessions, text[], bytea, bytea, text) is
  'Signs in whoever has shown both factors, or raises the session that they have. Returns its expiry.';

create function pgrant_api.second_factor_finish(
  p_tenant uuid, p_request_id text, p_address inet, p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea,
  p_session_hash bytea, p_session_expires_at bigint, p_totp_step bigint, p_recovery_hash bytea,
  p_next_session_hash bytea, p_next_csrf_hash bytea, p_user_agent text
) returns pgrant_api.session
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.session;
  v_request pgrant.authorization_requests;
  v_session pgrant.sessions;
  v_challenge pgrant_api.second_factor_challenge;
  v_amr text[];
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_request := pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash);
  v_session := pgrant_rules.factor_hold(p_tenant, v_request, p_session_hash, p_session_expires_at);
  -- One try after the other, or parallel tries would all see the count before theirs.
  perform pg_advisory_xact_lock(hashtextextended(
            encode(pgrant_rules.second_factor_key(p_tenant, (pgrant_rules.second_factor_step(v_request, v_session)).user_id), 'hex'), 0));
  v_challenge := pgrant_rules.second_factor_challenge(p_tenant, v_request, v_session);
  if v_challenge.error is not null then
    v_out.error := v_challenge.error;
    v_out.reason := v_challenge.reason;
    v_out.retry_after := v_challenge.retry_after;
    return v_out;
  end if;
  if pgrant_rules.totp_use(p_tenant, v_challenge.user_id, p_totp_step) then
    v_amr := array['otp', 'mfa'];
  elsif pgrant_rules.recovery_code_use(p_tenant, v_challenge.user_id, p_recovery_hash) then
    v_amr := array['mfa'];
  else
    update pgrant.totp_authenticators a set failures = a.failures + 1 where a.tenant_id = p_tenant and a.user_id = v_challenge.user_id;
    v_out.reason := case when p_totp_step is not null then 'code used before, or too many were wrong'
                         when exists (select from pgrant.recovery_codes c
                                       where c.tenant_id = p_tenant and c.user_id = v_challenge.user_id and c.code_hash = p_recovery_hash)
                         then 'recovery code used before' else 'code wrong' end;
    v_out.error := pgrant_rules.second_factor_failed(p_tenant, v_challenge.user_id, v_out.reason);
    return v_out;
  end if;
  v_out.username := v_challenge.username;
  v_out.session_expires_at := pgrant_rules.second_factor_shown(p_tenant, v_request, v_session, v_amr, p_next_session_hash,
                                                               p_next_csrf_hash, p_user_agent);
  return v_out;
end
$$;

comment on function pgrant_api.second_factor_finish(uuid, text, inet, bytea, bigint, bytea, bytea, bigint, bigint, bytea, bytea, bytea, text) is
  'Takes a second factor for an authorization request of this browser, and signs the person in, or raises their session. p_totp_step: the time step of which the code was found right, null = of none; p_recovery_hash: SHA-256 of what was typed, as a recovery code. Errors: expired_request, login_required (none is asked for: go on with the request), wrong_code, too_many_attempts, flood.';
