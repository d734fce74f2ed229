-- The account page: how the person signs in.

create type pgrant_api.account_sign_in as (
  error      pgrant_api.error,
  reason     text,
  username   text,
  recent     boolean,
  password   boolean,
  upstreams  jsonb,
  second_factor  jsonb
);

comment on type pgrant_api.account_sign_in is 'How a person signs in.';
comment on column pgrant_api.account_sign_in.recent is 'Whether the sign-in is so recent that the password may be changed.';
comment on column pgrant_api.account_sign_in.password is 'Whether the person has a password here that they may change.';
comment on column pgrant_api.account_sign_in.upstreams is 'Array of {name, title, linked}: where else the person may sign in.';
comment on column pgrant_api.account_sign_in.second_factor is
  'As of second_factor_page; null = nobody shows a second factor here (second_factor).';

create function pgrant_rules.account_password(p_tenant uuid, p_user_id uuid) returns boolean
language plpgsql stable
as $$
begin
  return exists (select from pgrant.users u
                   join pgrant.tenants t on t.tenant_id = u.tenant_id
                  where u.tenant_id = p_tenant and u.user_id = p_user_id and u.password_hash is not null and t.login_url is null);
end
$$;

comment on function pgrant_rules.account_password(uuid, uuid) is
  'Whether somebody has a password here: it is not the product that asks for it, on a page of its own.';

create function pgrant_api.account_sign_in_show(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint
) returns pgrant_api.account_sign_in
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.account_sign_in;
  v_session pgrant.sessions;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
  if v_session.session_id is null then
    v_out.error := 'login_required';
    v_out.reason := 'nobody is signed in';
    return v_out;
  end if;
  v_out.username := (select u.username from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_session.user_id);
  v_out.recent := pgrant_rules.account_recent(v_session);
  v_out.password := pgrant_rules.account_password(p_tenant, v_session.user_id);
  v_out.upstreams := pgrant_rules.upstream_choices(p_tenant, v_session.user_id);
  v_out.second_factor := pgrant_rules.second_factor_page(p_tenant, v_session.user_id);
  return v_out;
end
$$;

comment on function pgrant_api.account_sign_in_show(uuid, text, inet, bytea, bigint) is
  'How the person who is signed in may sign in. Writes nothing but the session''s idle expiry. Errors: login_required.';

create function pgrant_api.account_password_set(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint,
  p_csrf_hash bytea, p_next_password_salt bytea, p_next_password_params jsonb, p_next_password_hash bytea,
  p_next_session_hash bytea, p_next_csrf_hash bytea, p_user_agent text
) returns pgrant_api.session
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.session;
  v_session pgrant.sessions;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_hold(p_tenant, p_session_hash, p_session_expires_at);
  select r.error, r.reason into v_out.error, v_out.reason from pgrant_rules.account_refusal(v_session, p_csrf_hash, true) r;
  if v_out.error is null and not pgrant_rules.account_password(p_tenant, v_session.user_id) then
    v_out.error := 'access_denied';
    v_out.reason := 'the person has no password here';
  end if;
  if v_out.error is null then
    update pgrant.users u
       set password_salt = p_next_password_salt, password_params = p_next_password_params, password_hash = p_next_password_hash
     where u.tenant_id = p_tenant and u.user_id = v_session.user_id;
    if not found then
      v_out.error := 'login_required';
      v_out.reason := 'the person was removed meanwhile';
    end if;
  end if;
  if v_out.error is null then
    perform pgrant_rules.user_sessions_end(p_tenant, v_session.user_id, t.password_change_revokes, 'password changed')
       from pgrant.tenants t where t.tenant_id = p_tenant;
    v_out.session_expires_at := pgrant_rules.session_start(
      p_tenant, v_session.user_id, v_session.acr, v_session.amr, p_next_session_hash, p_next_csrf_hash, p_user_agent, p_session_hash,
      p_session_expires_at, v_session.auth_time);
  end if;
  perform pgrant_rules.audit(p_tenant, 'user.password', v_out.error, v_out.reason, null, v_session.user_id);
  return v_out;
end
$$;

comment on function pgrant_api.account_password_set(uuid, text, inet, bytea, bigint, bytea, bytea, jsonb, bytea, bytea, bytea, text) is
  'Sets the password of the person who is signed in, as derived outside, after a recent sign-in. Ends their sessions and, with password_change_revokes, all their tokens; this browser goes on in a new session. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (no password here).';
