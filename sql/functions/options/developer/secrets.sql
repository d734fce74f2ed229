-- The developer portal: secrets of an application, with overlap.

create function pgrant_api.developer_secret_add(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea,
  p_client_id text, p_next_secret_hash bytea, p_retire_others_after integer, p_form_hash bytea
) returns pgrant_api.developer_change
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.developer_change;
  v_developer pgrant_rules.developer;
  v_secret_id uuid;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_developer := pgrant_rules.developer_to_change(p_tenant, p_session_hash, p_session_expires_at, p_csrf_hash, p_client_id, true);
  v_out := pgrant_rules.developer_repeated(p_tenant, v_developer, 'client.secret_add ' || p_client_id, p_form_hash);
  if v_out.repeated then
    return v_out;
  end if;
  v_out.error := v_developer.error;
  v_out.reason := v_developer.reason;
  if v_out.error is null and not pgrant_rules.client_has_secret(v_developer.client) then
    v_out.error := 'invalid_request';
    v_out.reason := 'the application has no secret';
  elsif v_out.error is null and p_retire_others_after is null
        and (select count(*) from pgrant.client_secrets s
              where s.tenant_id = p_tenant and s.client_id = p_client_id and s.expires_at > now()) >= 5 then
    v_out.error := 'invalid_request';
    v_out.reason := 'five secrets are live';
    v_out.faults := '{"retire_others_after": {"fault": "too_many_secrets"}}';
  end if;
  if v_out.error is null then
    v_secret_id := pgrant_rules.client_secret_store(p_tenant, p_client_id, p_next_secret_hash, null, p_retire_others_after);
    v_out.secret := true;
    if p_form_hash is not null then
      perform pgrant_rules.form_keep(p_tenant, (v_developer.session).user_id, 'client.secret_add ' || p_client_id, p_form_hash,
                                     jsonb_build_object('client_id', p_client_id));
    end if;
  end if;
  return pgrant_rules.developer_change_out(p_tenant, 'client.secret_add', v_developer, p_client_id, v_out,
                                           jsonb_build_object('secret_id', v_secret_id));
end
$$;

comment on function pgrant_api.developer_secret_add(uuid, text, inet, bytea, bigint, bytea, text, bytea, integer, bytea) is
  'Gives an application one more secret, after a recent sign-in; the others expire after p_retire_others_after seconds (null = they stay, where fewer than five are live). With p_form_hash (null = none) once, as developer_client_add. Errors: login_required, not_found, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (suspended), invalid_request (a public client, too many), too_many_attempts, flood.';

create function pgrant_api.developer_secret_remove(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea,
  p_client_id text, p_secret_id text
) returns pgrant_api.developer_change
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.developer_change;
  v_developer pgrant_rules.developer;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_developer := pgrant_rules.developer_to_change(p_tenant, p_session_hash, p_session_expires_at, p_csrf_hash, p_client_id, true);
  v_out.error := v_developer.error;
  v_out.reason := v_developer.reason;
  if v_out.error is null then
    delete from pgrant.client_secrets s
     where s.tenant_id = p_tenant and s.client_id = p_client_id and s.secret_id::text = lower(p_secret_id);
    if found then
      perform pgrant_rules.client_remember(p_tenant, p_client_id, 'client.secret_remove');
    else
      v_out.error := 'not_found';
      v_out.reason := 'no such secret of this application';
    end if;
  end if;
  return pgrant_rules.developer_change_out(p_tenant, 'client.secret_remove', v_developer, p_client_id, v_out,
                                           jsonb_build_object('secret_id', lower(p_secret_id)));
end
$$;

comment on function pgrant_api.developer_secret_remove(uuid, text, inet, bytea, bigint, bytea, text, text) is
  'Removes a secret of an application at once, after a recent sign-in. Errors: login_required, not_found, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (suspended), too_many_attempts, flood.';
