-- Signing in with a password, and the brute-force limit.

create type pgrant_api.login_challenge as (
  error        pgrant_api.error,
  reason       text,
  salt         bytea,
  params       jsonb,
  retry_after  integer
);

comment on type pgrant_api.login_challenge is 'What the web process needs to derive a password: the same for an unknown username as for a known one.';
comment on column pgrant_api.login_challenge.params is 'Argon2id parameters {m (KiB), t, p}.';
comment on column pgrant_api.login_challenge.retry_after is 'Seconds, with too_many_attempts; null otherwise.';

create function pgrant_rules.login_failure_keys(p_tenant uuid, p_username text, p_address inet)
returns table (key_hash bytea, factor integer, lock text)
language plpgsql stable
as $$
declare
  v_name text := lower(p_username);
  v_prefix text := pgrant_rules.address_prefix(p_address)::text;
begin
  return query values
    (sha256(convert_to('both ' || p_tenant || ' ' || coalesce(v_prefix, '') || ' ' || v_name, 'utf8')), 1, 'username_from_address'),
    (sha256(convert_to('user ' || p_tenant || ' ' || v_name, 'utf8')), 10, 'username'),
    (sha256(convert_to('address ' || p_tenant || ' ' || coalesce(v_prefix, ''), 'utf8')), 10, 'address');
end
$$;

comment on function pgrant_rules.login_failure_keys(uuid, text, inet) is
  'Under what failed logins are counted, and how many times login_failure_limit each allows: username from an address prefix (1), username (10), address prefix (10); lock is the name of what is counted. An IPv6 /64 counts as one address.';

create function pgrant_rules.login_address_known(p_tenant uuid, p_username text, p_address inet) returns boolean
language plpgsql stable
as $$
begin
  return exists (
    select from pgrant.users u
      join pgrant.sessions s on s.tenant_id = p_tenant and s.user_id = u.user_id
     where u.tenant_id = p_tenant and u.username_key = lower(p_username)
       and pgrant_rules.address_prefix(s.address) = pgrant_rules.address_prefix(p_address));
end
$$;

comment on function pgrant_rules.login_address_known(uuid, text, inet) is
  'Whether a person has signed in from an address prefix, as long as such a session is kept, ended or not. There they are locked by what failed there alone: strangers at other addresses lock nobody out who is at home.';

create function pgrant_rules.login_lock(
  p_tenant uuid, p_username text, p_address inet, out lock text, out retry_after integer
)
language plpgsql
as $$
begin
  select k.lock, ceil(extract(epoch from f.expires_at - now()))::integer
    into lock, retry_after
    from pgrant_rules.login_failure_keys(p_tenant, p_username, p_address) k
    join pgrant.tenants t on t.tenant_id = p_tenant
    join pgrant.counters f on f.tenant_id = p_tenant and f.key_hash = k.key_hash and f.expires_at > now()
   where f.attempts >= t.login_failure_limit * k.factor
     and (k.lock <> 'username' or not pgrant_rules.login_address_known(p_tenant, p_username, p_address))
   -- The one that holds longest, and of those the one that holds for most.
   order by f.expires_at desc, k.factor desc, k.lock
   limit 1;
end
$$;

comment on function pgrant_rules.login_lock(uuid, text, inet) is
  'What a sign-in is locked by (username, address, or username_from_address), and for how many seconds yet; nulls where one is allowed now.';

create function pgrant_rules.login_failure_count(p_tenant uuid, p_username text, p_address inet) returns void
language plpgsql
as $$
declare
  v_window integer;
begin
  select t.login_failure_window into v_window from pgrant.tenants t where t.tenant_id = p_tenant;
  insert into pgrant.counters as f (tenant_id, key_hash, expires_at, attempts)
  select p_tenant, k.key_hash, pgrant_rules.window_end(v_window), 1
    from pgrant_rules.login_failure_keys(p_tenant, p_username, p_address) k
   -- Null once the tenant is removed.
   where v_window is not null
     and (k.lock <> 'username' or not pgrant_rules.login_address_known(p_tenant, p_username, p_address))
   order by k.key_hash
      on conflict (tenant_id, key_hash, expires_at) do update set attempts = f.attempts + 1;
end
$$;

comment on function pgrant_rules.login_failure_count(uuid, text, inet) is
  'Counts one failed login; of a username wherever from, only what comes from where the person is not known.';

create function pgrant_rules.login_refusal_early(
  p_tenant uuid, p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea, p_username text, p_address inet
) returns pgrant_api.login_challenge
language plpgsql
as $$
declare
  v_out pgrant_api.login_challenge;
  v_lock text;
  v_user_id uuid;
begin
  if pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash) is null then
    v_out.error := 'expired_request';
    v_out.reason := 'authorization request unknown, answered, expired, or another browser''s';
  elsif exists (select from pgrant.tenants t where t.tenant_id = p_tenant and t.login_url is not null) then
    v_out.error := 'access_denied';
    v_out.reason := 'people sign in on the product''s own page, which may ask for more than a password';
  else
    select l.lock, l.retry_after into v_lock, v_out.retry_after from pgrant_rules.login_lock(p_tenant, p_username, p_address) l;
    if v_lock is not null then
      v_out.error := 'too_many_attempts';
      v_out.reason := 'login_failure_limit reached: ' || replace(v_lock, '_', ' ');
      -- By id, and not as it was typed: people type passwords into the wrong field.
      select u.user_id into v_user_id from pgrant.users u where u.tenant_id = p_tenant and u.username_key = lower(p_username);
    end if;
  end if;
  if v_out.error is not null then
    v_out.error := pgrant_rules.audit(p_tenant, 'session.login', v_out.error, v_out.reason, null, v_user_id,
                                      p_detail => case when v_lock is not null then jsonb_build_object('lock', v_lock) end);
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.login_refusal_early(uuid, bytea, bigint, bytea, text, inet) is
  'Why a sign-in is refused whatever the password is: asked before a derivation is paid for, and again after it. Recorded; of a lock the detail says which: {lock}.';

create function pgrant_api.login_begin(
  p_tenant uuid, p_request_id text, p_address inet,
  p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea, p_username text
) returns pgrant_api.login_challenge
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.login_challenge;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_out := pgrant_rules.login_refusal_early(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash, p_username, p_address);
  if v_out.error is not null then
    return v_out;
  end if;
  select u.password_salt, u.password_params
    into v_out.salt, v_out.params
    from pgrant.users u
   where u.tenant_id = p_tenant
     and u.username_key = lower(p_username)
     and u.password_hash is not null;
  if not found then
    select substr(sha256(t.decoy_salt || convert_to(lower(p_username), 'utf8')), 1, 16),
           jsonb_build_object('m', 19456, 't', 2, 'p', 1)
      into v_out.salt, v_out.params
      from pgrant.tenants t
     where t.tenant_id = p_tenant;
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.login_begin(uuid, text, inet, bytea, bigint, bytea, text) is
  'Salt and parameters to derive a password with, for an authorization request of this browser; a stable decoy for an unknown username. What is refused here costs no derivation. Errors: expired_request, access_denied (the tenant has a login_url), too_many_attempts, flood.';

create function pgrant_api.login_finish(
  p_tenant uuid, p_request_id text, p_address inet,
  p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea,
  p_username text, p_password_hash bytea,
  p_session_hash bytea, p_csrf_hash bytea, p_user_agent text, p_old_session_hash bytea, p_old_session_expires_at bigint
) returns pgrant_api.session
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.session;
  v_user pgrant.users;
  v_refusal pgrant_api.login_challenge;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  -- One try after the other under each key, or parallel tries would all see the count before theirs.
  perform pg_advisory_xact_lock(l.key)
     from (select hashtextextended(encode(k.key_hash, 'hex'), 0) as key
             from pgrant_rules.login_failure_keys(p_tenant, p_username, p_address) k
            order by 1) l;
  v_refusal := pgrant_rules.login_refusal_early(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash, p_username, p_address);
  if v_refusal.error is not null then
    v_out.error := v_refusal.error;
    v_out.reason := v_refusal.reason;
    v_out.retry_after := v_refusal.retry_after;
    return v_out;
  end if;

  select u.* into v_user
    from pgrant.users u
   where u.tenant_id = p_tenant
     and u.username_key = lower(p_username)
     and u.password_hash = p_password_hash
     and u.disabled_at is null
     -- As user_hold: the password is still this one when the session begins.
     for no key update;
  if not found then
    perform pgrant_rules.login_failure_count(p_tenant, p_username, p_address);
    v_out.error := 'wrong_password';
    v_out.reason := 'username unknown, password wrong, or user disabled';
    -- By id, and not as it was typed: people type passwords into the wrong field.
    v_out.error := pgrant_rules.audit(p_tenant, 'session.login', v_out.error, v_out.reason, null,
                               (select u.user_id from pgrant.users u
                                 where u.tenant_id = p_tenant and u.username_key = lower(p_username)));
    -- One more was allowed a moment ago: so this is the failure that reached the limit.
    if (pgrant_rules.login_lock(p_tenant, p_username, p_address)).lock is not null then
      perform pgrant_rules.audit(p_tenant, 'login.lock', null, 'login_failure_limit reached', null,
                                 (select u.user_id from pgrant.users u
                                   where u.tenant_id = p_tenant and u.username_key = lower(p_username)));
    end if;
    return v_out;
  end if;

  v_out.username := v_user.username;
  if pgrant_rules.second_factor_wait(p_tenant, p_request_hash, p_request_expires_at, v_user.user_id, array['pwd']) then
    return v_out;
  end if;
  v_out.session_expires_at := pgrant_rules.session_start(
    p_tenant, v_user.user_id, '1', array['pwd'], p_session_hash, p_csrf_hash, p_user_agent, p_old_session_hash,
    p_old_session_expires_at);
  perform pgrant_rules.audit(p_tenant, 'session.login', null, null, null, v_user.user_id);
  return v_out;
end
$$;

comment on function pgrant_api.login_finish(uuid, text, inet, bytea, bigint, bytea, text, bytea, bytea, bytea, text, bytea, bigint) is
  'Signs a person in for an authorization request of this browser: compares the hash of the derived password, starts a new session and ends the old one, unless a second factor is asked for first. Counts and records failures. Errors: expired_request, access_denied (the tenant has a login_url), wrong_password, too_many_attempts, flood.';
