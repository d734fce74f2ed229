-- Signing in: a passkey as the first second factor of whoever has to have one.

create function pgrant_api.passkey_set_up_begin(
  p_tenant uuid, p_request_id text, p_address inet, p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea,
  p_session_hash bytea, p_session_expires_at bigint, p_next_challenge_hash bytea
) returns pgrant_api.passkey_options
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.passkey_options;
  v_request pgrant.authorization_requests;
  v_challenge pgrant_api.second_factor_challenge;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_request := pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash);
  v_challenge := pgrant_rules.set_up_challenge(
    p_tenant, v_request, pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at), 'passkey.add');
  v_out.error := v_challenge.error;
  v_out.reason := v_challenge.reason;
  if v_out.error is null then
    v_out.user_id := v_challenge.user_id;
    v_out.username := v_challenge.username;
    v_out.credentials := '[]';
    v_out.expires_at := pgrant_rules.passkey_challenge_issue(p_tenant, p_next_challenge_hash, v_request.request_hash, null);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.passkey_set_up_begin(uuid, text, inet, bytea, bigint, bytea, bytea, bigint, bytea) is
  'What an authenticator is asked to make a passkey for, by a person who has to have a second factor and has none, for an authorization request of this browser. Stores p_next_challenge_hash. Errors: expired_request, login_required (none is asked for: go on with the request), access_denied (the person has one), too_many_attempts, flood.';

create function pgrant_api.passkey_set_up(
  p_tenant uuid, p_request_id text, p_address inet, p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea,
  p_session_hash bytea, p_session_expires_at bigint, p_passkey_challenge_hash bytea, p_passkey_challenge_expires_at bigint,
  p_failure text, p_passkey_name text, p_next_credential_id bytea, p_public_key bytea, p_sign_count bigint, p_transports text[],
  p_backup_eligible boolean, p_backed_up boolean, p_recovery_hashes bytea[], p_next_session_hash bytea, p_next_csrf_hash bytea,
  p_user_agent text
) returns pgrant_api.session
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.session;
  v_request pgrant.authorization_requests;
  v_session pgrant.sessions;
  v_challenge pgrant_api.second_factor_challenge;
  v_passkey pgrant.passkeys;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_request := pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash);
  v_session := pgrant_rules.factor_hold(p_tenant, v_request, p_session_hash, p_session_expires_at);
  v_challenge := pgrant_rules.set_up_challenge(p_tenant, v_request, v_session, 'passkey.add');
  v_out.error := v_challenge.error;
  v_out.reason := v_challenge.reason;
  v_out.retry_after := v_challenge.retry_after;
  if v_out.error is not null then
    return v_out;
  end if;
  select c.error, c.reason into v_out.error, v_out.reason
    from pgrant_rules.passkey_challenge_take(p_tenant, p_passkey_challenge_hash, p_passkey_challenge_expires_at, v_request.request_hash,
                                             null, p_failure) c;
  v_passkey.tenant_id := p_tenant;
  v_passkey.user_id := v_challenge.user_id;
  v_passkey.name := p_passkey_name;
  v_passkey.credential_id := p_next_credential_id;
  v_passkey.public_key := p_public_key;
  v_passkey.sign_count := p_sign_count;
  v_passkey.transports := p_transports;
  v_passkey.backup_eligible := p_backup_eligible;
  v_passkey.backed_up := p_backed_up;
  select s.error, s.reason into v_out.error, v_out.reason
    from pgrant_rules.passkey_store(v_passkey, v_out.error, v_out.reason, p_recovery_hashes) s;
  if v_out.error is null then
    v_out.username := v_challenge.username;
    v_out.session_expires_at := pgrant_rules.second_factor_shown(p_tenant, v_request, v_session, array['pop', 'user', 'mfa'],
                                                                 p_next_session_hash, p_next_csrf_hash, p_user_agent);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.passkey_set_up(uuid, text, inet, bytea, bigint, bytea, bytea, bigint, bytea, bigint, text, text, bytea, bytea, bigint, text[], boolean, boolean, bytea[], bytea, bytea, text) is
  'Adds the passkey of a person who has to have a second factor and has none, for an authorization request of this browser, and signs them in. p_failure: why the web process could not verify it, null = it could; p_recovery_hashes: SHA-256 of new recovery codes, for whoever has none. Errors: expired_request, login_required (none is asked for: go on with the request), access_denied (the person has one), wrong_passkey, already_exists, too_many_attempts, flood.';
