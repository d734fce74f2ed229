-- Signing in with a passkey, without a password or after it (Web Authentication Level 3).

create type pgrant_api.passkey_options as (
  error        pgrant_api.error,
  reason       text,
  expires_at   bigint,
  user_id      uuid,
  username     text,
  credentials  jsonb
);

comment on type pgrant_api.passkey_options is 'What a browser is asked to sign with which passkeys.';
comment on column pgrant_api.passkey_options.expires_at is 'Epoch seconds, in the challenge.';
comment on column pgrant_api.passkey_options.user_id is 'Whose passkey is meant; null = whoever has one.';
comment on column pgrant_api.passkey_options.username is 'What that person is called; null = whoever has one.';
comment on column pgrant_api.passkey_options.credentials is
  'Array of {id (base64url), transports}: passkeys of that person, of which one is to sign, or none is to be made anew; empty where anybody''s may sign.';

create function pgrant_rules.passkey_credentials(p_tenant uuid, p_user_id uuid) returns jsonb
language plpgsql stable
as $$
begin
  return (select coalesce(jsonb_agg(jsonb_build_object(
                            'id', translate(rtrim(replace(encode(k.credential_id, 'base64'), E'\n', ''), '='), '+/', '-_'),
                            'transports', to_jsonb(k.transports)) order by k.created_at), '[]')
            from pgrant.passkeys k
           where k.tenant_id = p_tenant and k.user_id = p_user_id);
end
$$;

comment on function pgrant_rules.passkey_credentials(uuid, uuid) is 'The passkeys of a person as browsers want them: [{id, transports}].';

create function pgrant_rules.passkey_challenge_issue(p_tenant uuid, p_challenge_hash bytea, p_request_hash bytea, p_session_id uuid)
returns bigint
language plpgsql
as $$
declare
  v_expires_at timestamptz := pgrant_rules.after(300);
begin
  insert into pgrant.passkey_challenges (tenant_id, challenge_hash, expires_at, request_hash, session_id)
  values (p_tenant, p_challenge_hash, v_expires_at, p_request_hash, p_session_id);
  return pgrant_rules.epoch(v_expires_at);
end
$$;

comment on function pgrant_rules.passkey_challenge_issue(uuid, bytea, bytea, uuid) is
  'Stores a challenge for five minutes, for a request or for a session. Returns its expiry.';

create function pgrant_api.passkey_request(
  p_tenant uuid, p_request_id text, p_address inet, p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea,
  p_old_session_hash bytea, p_old_session_expires_at bigint, p_next_challenge_hash bytea
) returns pgrant_api.passkey_options
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.passkey_options;
  v_request pgrant.authorization_requests;
  v_step pgrant_rules.factor_step;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_request := pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash);
  if v_request.request_hash is null then
    v_out.reason := 'authorization request unknown, answered, expired, or another browser''s';
    v_out.error := pgrant_rules.audit(p_tenant, 'passkey.verify', 'expired_request', v_out.reason, null);
  elsif pgrant_rules.second_factor_rule(p_tenant) = 'off' then
    v_out.reason := 'nobody signs in with a passkey here (second_factor)';
    v_out.error := pgrant_rules.audit(p_tenant, 'passkey.verify', 'access_denied', v_out.reason, null);
  elsif pgrant_rules.begun_too_often(p_tenant) then
    v_out.reason := 'authorization_rate reached';
    v_out.error := pgrant_rules.audit(p_tenant, 'passkey.verify', 'too_many_attempts', v_out.reason, null);
  end if;
  if v_out.error is not null then
    return v_out;
  end if;
  v_step := pgrant_rules.second_factor_step(v_request, pgrant_rules.session_use(p_tenant, p_old_session_hash, p_old_session_expires_at));
  if v_step.next = 'second_factor' then
    select u.user_id, u.username into v_out.user_id, v_out.username
      from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_step.user_id;
  end if;
  v_out.credentials := pgrant_rules.passkey_credentials(p_tenant, v_out.user_id);
  v_out.expires_at := pgrant_rules.passkey_challenge_issue(p_tenant, p_next_challenge_hash, v_request.request_hash, null);
  return v_out;
end
$$;

comment on function pgrant_api.passkey_request(uuid, text, inet, bytea, bigint, bytea, bytea, bigint, bytea) is
  'What a passkey is asked to sign for an authorization request of this browser: by the person whose second factor is asked for, else by whoever has one. Stores p_next_challenge_hash. Errors: expired_request, access_denied (second_factor is off), too_many_attempts, flood.';

create type pgrant_api.presented_passkey as (
  error       pgrant_api.error,
  reason      text,
  public_key  bytea,
  transports  text[]
);

comment on type pgrant_api.presented_passkey is 'The passkey that has signed, as it claims.';
comment on column pgrant_api.presented_passkey.public_key is 'What the signature has to be by: a COSE_Key (RFC 9052 7).';
comment on column pgrant_api.presented_passkey.transports is 'How browsers reach its authenticator.';

create function pgrant_api.passkey_find(
  p_tenant uuid, p_request_id text, p_address inet, p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea,
  p_passkey_challenge_hash bytea, p_passkey_challenge_expires_at bigint, p_credential_id bytea
) returns pgrant_api.presented_passkey
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.presented_passkey;
  v_request pgrant.authorization_requests;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_request := pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash);
  -- Once, however the answer turns out.
  update pgrant.passkey_challenges c
     set used_at = now()
   where c.tenant_id = p_tenant
     and c.challenge_hash = p_passkey_challenge_hash
     and c.expires_at = pgrant_rules.moment(p_passkey_challenge_expires_at)
     and c.expires_at > now()
     and c.request_hash = v_request.request_hash
     and c.used_at is null;
  if v_request.request_hash is null then
    v_out.error := 'expired_request';
    v_out.reason := 'authorization request unknown, answered, expired, or another browser''s';
  elsif not found then
    v_out.error := 'wrong_passkey';
    v_out.reason := 'challenge unknown, used, expired, or of another request';
  else
    select k.public_key, k.transports into v_out.public_key, v_out.transports
      from pgrant.passkeys k
     where k.tenant_id = p_tenant and k.credential_id = p_credential_id;
    if not found then
      v_out.error := 'wrong_passkey';
      v_out.reason := 'passkey unknown: removed, or of another tenant';
    end if;
  end if;
  if v_out.error is not null then
    v_out.error := pgrant_rules.audit(p_tenant, 'passkey.verify', v_out.error, v_out.reason, null);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.passkey_find(uuid, text, inet, bytea, bigint, bytea, bytea, bigint, bytea) is
  'The public key to verify an answer of a passkey by, for an authorization request of this browser; uses the challenge up. Errors: expired_request, wrong_passkey, too_many_attempts, flood.';

create function pgrant_rules.passkey_refusal(
  p_passkey pgrant.passkeys, p_user_id uuid, p_failure text, p_user_handle uuid, p_user_verified boolean,
  p_sign_count bigint, p_backup_eligible boolean
) returns text
language sql immutable
as $$
  select case
    when p_failure is not null then p_failure
    when p_passkey.credential_id is null then 'passkey unknown: removed meanwhile, or its person disabled'
    when p_passkey.user_id <> p_user_id then 'passkey of another person'
    -- Web Authentication 7.2, step 6: whoever signs in alone is named by the authenticator.
    when p_user_id is null and p_user_handle is distinct from p_passkey.user_id then 'user handle of another person'
    when not p_user_verified and p_user_id is null then 'the person was not verified, and has shown no password'
    -- Web Authentication 6.1.1: a copy may be in use.
    when (p_sign_count > 0 or p_passkey.sign_count > 0) and p_sign_count <= p_passkey.sign_count then 'signature counter went back'
    when p_backup_eligible <> p_passkey.backup_eligible then 'backup eligibility changed'
  end
$$;

comment on function pgrant_rules.passkey_refusal(pgrant.passkeys, uuid, text, uuid, boolean, bigint, boolean) is
  'Why a signed answer is not taken, or null (Web Authentication 7.2). p_user_id: whose second factor it is to be; null = it signs in alone. p_failure: what the web process found wrong.';

create function pgrant_api.passkey_finish(
  p_tenant uuid, p_request_id text, p_address inet, p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea,
  p_old_session_hash bytea, p_old_session_expires_at bigint, p_passkey_challenge_hash bytea, p_passkey_challenge_expires_at bigint,
  p_credential_id bytea, p_failure text, p_user_handle uuid, p_user_verified boolean, p_sign_count bigint, p_backup_eligible boolean,
  p_backed_up boolean, p_next_session_hash bytea, p_next_csrf_hash bytea, p_user_agent text
) returns pgrant_api.session
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.session;
  v_request pgrant.authorization_requests;
  v_session pgrant.sessions;
  v_passkey pgrant.passkeys;
  v_step pgrant_rules.factor_step;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_request := pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash);
  v_session := pgrant_rules.factor_hold(p_tenant, v_request, p_old_session_hash, p_old_session_expires_at);
  perform pgrant_rules.user_hold(p_tenant, (select k.user_id from pgrant.passkeys k
                                             where k.tenant_id = p_tenant and k.credential_id = p_credential_id));
  update pgrant.passkey_challenges c
     set finished_at = now()
   where c.tenant_id = p_tenant
     and c.challenge_hash = p_passkey_challenge_hash
     and c.expires_at = pgrant_rules.moment(p_passkey_challenge_expires_at)
     and c.request_hash = v_request.request_hash
     and c.used_at is not null
     and c.finished_at is null;
  if not found or pgrant_rules.second_factor_rule(p_tenant) = 'off' then
    v_out.reason := 'authorization request or challenge unknown, answered, or expired';
    v_out.error := pgrant_rules.audit(p_tenant, 'passkey.verify', 'expired_request', v_out.reason, null);
    return v_out;
  end if;
  v_step := pgrant_rules.second_factor_step(v_request, v_session);
  select k.* into v_passkey
    from pgrant.passkeys k
    join pgrant.users u on u.tenant_id = k.tenant_id and u.user_id = k.user_id and u.disabled_at is null
   where k.tenant_id = p_tenant and k.credential_id = p_credential_id
     for no key update of k;
  select u.username into v_out.username from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_passkey.user_id;
  v_out.reason := pgrant_rules.passkey_refusal(
    v_passkey, case when v_step.next = 'second_factor' then v_step.user_id end, p_failure, p_user_handle, p_user_verified, p_sign_count,
    p_backup_eligible);
  if v_out.reason is not null then
    v_out.error := pgrant_rules.audit(p_tenant, 'passkey.verify', 'wrong_passkey', v_out.reason, null, v_passkey.user_id);
    return v_out;
  end if;
  update pgrant.passkeys k
     set sign_count = p_sign_count, backed_up = p_backed_up, last_used_at = now()
   where k.tenant_id = p_tenant and k.credential_id = p_credential_id;
  if v_step.next = 'second_factor' then
    v_out.session_expires_at := pgrant_rules.second_factor_shown(p_tenant, v_request, v_session, array['pop', 'user', 'mfa'],
                                                                 p_next_session_hash, p_next_csrf_hash, p_user_agent);
    return v_out;
  end if;
  -- Whether the key is in hardware nobody has proven: pop, and neither hwk nor swk (RFC 8176 2).
  perform pgrant_rules.audit(p_tenant, 'session.login', null, null, null, v_passkey.user_id,
                             p_detail => jsonb_build_object('amr', array['pop', 'user', 'mfa']));
  v_out.session_expires_at := pgrant_rules.session_start(
    p_tenant, v_passkey.user_id, '2', array['pop', 'user', 'mfa'], p_next_session_hash, p_next_csrf_hash, p_user_agent,
    p_old_session_hash, p_old_session_expires_at);
  return v_out;
end
$$;

comment on function pgrant_api.passkey_finish(uuid, text, inet, bytea, bigint, bytea, bytea, bigint, bytea, bigint, bytea, text, uuid, boolean, bigint, boolean, boolean, bytea, bytea, text) is
  'Signs in the person of a passkey for an authorization request of this browser, or takes it as the second factor. p_failure: why the web process could not verify the answer, null = it could; the rest is what the authenticator has signed. Errors: expired_request, wrong_passkey, too_many_attempts, flood.';
