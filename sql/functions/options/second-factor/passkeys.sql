-- The account page: passkeys that a person adds and removes.

create function pgrant_api.passkey_add_begin(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea,
  p_next_challenge_hash bytea
) returns pgrant_api.passkey_options
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.passkey_options;
  v_session pgrant.sessions;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
  select r.error, r.reason into v_out.error, v_out.reason from pgrant_rules.second_factor_refusal(v_session, p_csrf_hash) r;
  if v_out.error is null and (select count(*) from pgrant.passkeys k
                               where k.tenant_id = p_tenant and k.user_id = v_session.user_id) >= 20 then
    v_out.error := 'invalid_request';
    v_out.reason := 'the person has 20 passkeys';
  end if;
  if v_out.error is not null then
    perform pgrant_rules.audit(p_tenant, 'passkey.add', v_out.error, v_out.reason, null, v_session.user_id);
    return v_out;
  end if;
  select u.user_id, u.username into v_out.user_id, v_out.username
    from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_session.user_id;
  v_out.credentials := pgrant_rules.passkey_credentials(p_tenant, v_session.user_id);
  v_out.expires_at := pgrant_rules.passkey_challenge_issue(p_tenant, p_next_challenge_hash, null, v_session.session_id);
  return v_out;
end
$$;

comment on function pgrant_api.passkey_add_begin(uuid, text, inet, bytea, bigint, bytea, bytea) is
  'What an authenticator is asked to make a passkey for, by the person who is signed in, after a recent sign-in. Stores p_next_challenge_hash. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (second_factor is off), invalid_request (20 are enough).';

create function pgrant_rules.passkey_challenge_take(
  p_tenant uuid, p_passkey_challenge_hash bytea, p_passkey_challenge_expires_at bigint, p_request_hash bytea, p_session_id uuid,
  p_failure text, out error pgrant_api.error, out reason text
)
language plpgsql
as $$
begin
  -- Once, however the answer turns out.
  update pgrant.passkey_challenges c
     set used_at = now(), finished_at = now()
   where c.tenant_id = p_tenant
     and c.challenge_hash = p_passkey_challenge_hash
     and c.expires_at = pgrant_rules.moment(p_passkey_challenge_expires_at)
     and c.expires_at > now()
     and (c.request_hash = p_request_hash or c.session_id = p_session_id)
     and c.used_at is null;
  if not found or p_failure is not null then
    error := 'wrong_passkey';
    reason := coalesce(p_failure, 'challenge unknown, used, expired, or of another request or session');
  end if;
end
$$;

comment on function pgrant_rules.passkey_challenge_take(uuid, bytea, bigint, bytea, uuid, text) is
  'Takes the challenge that a new passkey was made for, of a request or of a session (the other is null). p_failure: why the web process could not verify it, null = it could. Errors: wrong_passkey.';

create function pgrant_rules.passkey_store(
  p_passkey pgrant.passkeys, p_refusal pgrant_api.error, p_refusal_reason text, p_recovery_hashes bytea[],
  out error pgrant_api.error, out reason text, out recovery_codes boolean
)
language plpgsql
as $$
begin
  error := p_refusal;
  reason := p_refusal_reason;
  if error is null then
    perform from pgrant.users u where u.tenant_id = p_passkey.tenant_id and u.user_id = p_passkey.user_id for key share;
    insert into pgrant.passkeys (tenant_id, credential_id, user_id, name, public_key, sign_count, transports, backup_eligible, backed_up)
    select u.tenant_id, p_passkey.credential_id, u.user_id, p_passkey.name, p_passkey.public_key, p_passkey.sign_count,
           p_passkey.transports, p_passkey.backup_eligible, p_passkey.backed_up
      from pgrant.users u where u.tenant_id = p_passkey.tenant_id and u.user_id = p_passkey.user_id
        on conflict (tenant_id, credential_id) do nothing;
    if not found then
      error := 'already_exists';
      reason := 'the passkey is there already, or its person no more';
    end if;
  end if;
  error := pgrant_rules.audit(p_passkey.tenant_id, 'passkey.add', error, reason, null, p_passkey.user_id,
                              p_detail => case when error is null then jsonb_build_object('name', p_passkey.name) end);
  if error is null then
    recovery_codes := not exists (select from pgrant.recovery_codes c
                                   where c.tenant_id = p_passkey.tenant_id and c.user_id = p_passkey.user_id and c.used_at is null);
    if recovery_codes then
      perform pgrant_rules.recovery_codes_store(p_passkey.tenant_id, p_passkey.user_id, p_recovery_hashes);
    end if;
  end if;
end
$$;

comment on function pgrant_rules.passkey_store(pgrant.passkeys, pgrant_api.error, text, bytea[]) is
  'Adds a passkey of a person, with recovery codes for whoever has none, unless it was refused already (p_refusal, null = it was not); records what became of it.';

create type pgrant_api.added_passkey as (
  error               pgrant_api.error,
  reason              text,
  recovery_codes      boolean,
  session_expires_at  bigint
);

comment on type pgrant_api.added_passkey is 'A passkey that was added.';
comment on column pgrant_api.added_passkey.recovery_codes is 'Whether the recovery codes were taken: the person had none.';
comment on column pgrant_api.added_passkey.session_expires_at is 'Epoch seconds.';

create function pgrant_api.passkey_add(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea,
  p_passkey_challenge_hash bytea, p_passkey_challenge_expires_at bigint, p_failure text, p_passkey_name text, p_next_credential_id bytea,
  p_public_key bytea, p_sign_count bigint, p_transports text[], p_backup_eligible boolean, p_backed_up boolean,
  p_recovery_hashes bytea[], p_next_session_hash bytea, p_next_csrf_hash bytea, p_user_agent text
) returns pgrant_api.added_passkey
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.added_passkey;
  v_session pgrant.sessions;
  v_passkey pgrant.passkeys;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_hold(p_tenant, p_session_hash, p_session_expires_at);
  select r.error, r.reason into v_out.error, v_out.reason from pgrant_rules.second_factor_refusal(v_session, p_csrf_hash) r;
  if v_out.error is null then
    select c.error, c.reason into v_out.error, v_out.reason
      from pgrant_rules.passkey_challenge_take(p_tenant, p_passkey_challenge_hash, p_passkey_challenge_expires_at, null,
                                               v_session.session_id, p_failure) c;
  end if;
  v_passkey.tenant_id := p_tenant;
  v_passkey.user_id := v_session.user_id;
  v_passkey.name := p_passkey_name;
  v_passkey.credential_id := p_next_credential_id;
  v_passkey.public_key := p_public_key;
  v_passkey.sign_count := p_sign_count;
  v_passkey.transports := p_transports;
  v_passkey.backup_eligible := p_backup_eligible;
  v_passkey.backed_up := p_backed_up;
  select s.error, s.reason, s.recovery_codes into v_out.error, v_out.reason, v_out.recovery_codes
    from pgrant_rules.passkey_store(v_passkey, v_out.error, v_out.reason, p_recovery_hashes) s;
  if v_out.error is null then
    -- The authenticator was there: so this session has seen both factors.
    v_out.session_expires_at := pgrant_rules.session_start(
      p_tenant, v_session.user_id, '2',
      array(select distinct a.method from unnest(v_session.amr || array['pop', 'user', 'mfa']) a (method)), p_next_session_hash,
      p_next_csrf_hash, p_user_agent, p_session_hash, p_session_expires_at, v_session.auth_time);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.passkey_add(uuid, text, inet, bytea, bigint, bytea, bytea, bigint, text, text, bytea, bytea, bigint, text[], boolean, boolean, bytea[], bytea, bytea, text) is
  'Adds a passkey of the person who is signed in, after a recent sign-in; this browser goes on in a session that has seen both factors. p_failure: why the web process could not verify it, null = it could. p_recovery_hashes: SHA-256 of new recovery codes, for whoever has none. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (second_factor is off), wrong_passkey, already_exists, too_many_attempts, flood.';

create function pgrant_api.passkey_remove(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea,
  p_credential_id bytea
) returns pgrant_api.done
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.done;
  v_session pgrant.sessions;
  v_name text;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_hold(p_tenant, p_session_hash, p_session_expires_at);
  select r.error, r.reason into v_out.error, v_out.reason from pgrant_rules.second_factor_refusal(v_session, p_csrf_hash) r;
  if v_out.error is null then
    delete from pgrant.passkeys k
     where k.tenant_id = p_tenant and k.credential_id = p_credential_id and k.user_id = v_session.user_id
    returning k.name into v_name;
    if not found then
      v_out.error := 'not_found';
      v_out.reason := 'the person has no such passkey';
    else
      perform pgrant_rules.recovery_codes_end(p_tenant, v_session.user_id);
    end if;
  end if;
  perform pgrant_rules.audit(p_tenant, 'passkey.remove', v_out.error, v_out.reason, null, v_session.user_id,
                             p_detail => case when v_name is not null then jsonb_build_object('name', v_name) end);
  return v_out;
end
$$;

comment on function pgrant_api.passkey_remove(uuid, text, inet, bytea, bigint, bytea, bytea) is
  'Removes a passkey of the person who is signed in, after a recent sign-in, and the recovery codes with the last second factor. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (second_factor is off), not_found.';
