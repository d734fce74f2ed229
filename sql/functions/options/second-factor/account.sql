-- The account page: second factors that a person has.

create function pgrant_api.totp_remove(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea
) returns pgrant_api.done
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.done;
  v_session pgrant.sessions;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_hold(p_tenant, p_session_hash, p_session_expires_at);
  select r.error, r.reason into v_out.error, v_out.reason from pgrant_rules.second_factor_refusal(v_session, p_csrf_hash) r;
  if v_out.error is null then
    delete from pgrant.totp_authenticators a where a.tenant_id = p_tenant and a.user_id = v_session.user_id;
    if not found then
      v_out.error := 'not_found';
      v_out.reason := 'the person has no authenticator app';
    else
      perform pgrant_rules.recovery_codes_end(p_tenant, v_session.user_id);
    end if;
  end if;
  perform pgrant_rules.audit(p_tenant, 'totp.remove', v_out.error, v_out.reason, null, v_session.user_id);
  return v_out;
end
$$;

comment on function pgrant_api.totp_remove(uuid, text, inet, bytea, bigint, bytea) is
  'Removes the authenticator app of the person who is signed in, after a recent sign-in, and the recovery codes with the last second factor. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (second_factor is off), not_found.';

create type pgrant_api.renewed_codes as (
  error     pgrant_api.error,
  reason    text,
  repeated  boolean
);

comment on type pgrant_api.renewed_codes is 'What came of new recovery codes.';
comment on column pgrant_api.renewed_codes.repeated is 'Whether the form was sent before: nothing was done now, and the codes of then are good.';

create function pgrant_api.recovery_codes_set(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea,
  p_recovery_hashes bytea[], p_form_hash bytea
) returns pgrant_api.renewed_codes
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.renewed_codes;
  v_session pgrant.sessions;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_hold(p_tenant, p_session_hash, p_session_expires_at);
  select r.error, r.reason into v_out.error, v_out.reason from pgrant_rules.second_factor_refusal(v_session, p_csrf_hash) r;
  if v_out.error is null and not pgrant_rules.second_factor_held(p_tenant, v_session.user_id) then
    v_out.error := 'not_found';
    v_out.reason := 'the person has no second factor';
  end if;
  v_out.repeated := v_out.error is null and p_form_hash is not null
    and pgrant_rules.form_sent(p_tenant, v_session.user_id, 'recovery_codes.set', p_form_hash) is not null;
  if v_out.repeated then
    return v_out;
  elsif v_out.error is null then
    perform pgrant_rules.recovery_codes_store(p_tenant, v_session.user_id, p_recovery_hashes);
    if p_form_hash is not null then
      perform pgrant_rules.form_keep(p_tenant, v_session.user_id, 'recovery_codes.set', p_form_hash, '{}');
    end if;
  else
    perform pgrant_rules.audit(p_tenant, 'recovery_codes.set', v_out.error, v_out.reason, null, v_session.user_id);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.recovery_codes_set(uuid, text, inet, bytea, bigint, bytea, bytea[], bytea) is
  'Gives the person who is signed in new recovery codes (SHA-256 of each), after a recent sign-in; those of before are good no more. With p_form_hash (SHA-256 of the form''s own key; null = it has none) once: sent again, it is repeated. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (second_factor is off), not_found (no second factor).';
