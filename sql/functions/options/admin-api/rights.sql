-- Who administers a tenant: a person or client with one of two roles of the tenant, asked anew at each call.

create type pgrant_rules.admin as (
  error       pgrant_api.error,
  reason      text,
  client_id   text,
  user_id     uuid,
  session_id  uuid,
  auth_time   timestamptz,
  may_write   boolean,
  detail      text,
  proof_algs  text[]
);

comment on type pgrant_rules.admin is 'Who administers: a person at the console (session_id), or a client by its access token, for a person (user_id) or for itself.';
comment on column pgrant_rules.admin.may_write is 'Whether they may change something; else they only see it.';
comment on column pgrant_rules.admin.detail is 'With the error of a proof: what is wrong with it.';
comment on column pgrant_rules.admin.proof_algs is 'By what proofs of the client are to be signed; null = as the tenant says.';

create function pgrant_rules.admin_roles(p_writes boolean) returns text[]
language sql immutable
as $$ select case when p_writes then array['pgrant.admin'] else array['pgrant.admin', 'pgrant.admin.read'] end $$;

comment on function pgrant_rules.admin_roles(boolean) is 'The roles that may change something, or only see it.';

create function pgrant_rules.admin_role_held(p_tenant uuid, p_user_id uuid, p_writes boolean) returns boolean
language plpgsql stable
as $$
begin
  return exists (
    select from pgrant.scopes s
     where s.tenant_id = p_tenant and s.scope = any (pgrant_rules.admin_roles(p_writes)) and s.requires_role
       and s.disabled_at is null and pgrant_rules.has_role(p_tenant, p_user_id, s.scope));
end
$$;

comment on function pgrant_rules.admin_role_held(uuid, uuid, boolean) is 'Whether a person has a role of admins now. A scope of that name that is no role gives nobody anything.';

create function pgrant_rules.admin_by_session(p_tenant uuid, p_session_hash bytea, p_session_expires_at bigint)
returns pgrant_rules.admin
language plpgsql
as $$
declare
  v_out pgrant_rules.admin;
  v_session pgrant.sessions := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
begin
  if v_session.session_id is null then
    v_out.error := 'login_required';
    v_out.reason := 'nobody is signed in';
    return v_out;
  elsif not pgrant_rules.admin_role_held(p_tenant, v_session.user_id, false) then
    v_out.error := 'not_found';
    v_out.reason := 'the person has no role of admins';
  elsif pgrant_rules.second_factor_missing(v_session) then
    -- As at the authorization endpoint, where they are sent and asked for it: the session may be from before they had one.
    v_out.error := 'login_required';
    v_out.reason := 'the second factor has not been shown';
  end if;
  v_out.user_id := v_session.user_id;
  v_out.session_id := v_session.session_id;
  v_out.auth_time := v_session.auth_time;
  v_out.may_write := pgrant_rules.admin_role_held(p_tenant, v_session.user_id, true);
  return v_out;
end
$$;

comment on function pgrant_rules.admin_by_session(uuid, bytea, bigint) is
  'Who administers at the console, by the session. Errors: login_required, where a second factor is to be shown, too; not_found for everybody else.';

create function pgrant_rules.admin_of_token(p_tenant uuid, p_token pgrant_rules.live_token) returns pgrant_rules.admin
language plpgsql
as $$
declare
  v_out pgrant_rules.admin;
  v_roles constant text[] := array(select s.scope from pgrant.scopes s
                                    where s.tenant_id = p_tenant and s.scope = any (p_token.scopes) and s.requires_role);
begin
  if p_token.client_id is null then
    v_out.error := 'invalid_token';
    v_out.reason := 'token unknown, expired or revoked, or its grant is dead';
  elsif not (pgrant_rules.admin_resource(p_tenant) = any (p_token.audience)) is true then
    v_out.error := 'invalid_token';
    v_out.reason := 'the token is for another audience';
  elsif not v_roles && pgrant_rules.admin_roles(false) then
    v_out.error := 'not_found';
    v_out.reason := 'the token has no scope of admins';
  elsif exists (select from pgrant.clients c
                 where c.tenant_id = p_tenant and c.client_id = p_token.client_id and c.registered_at is not null) then
    -- Whoever registers as they please is nobody whom an admin lets in.
    v_out.error := 'not_found';
    v_out.reason := 'the client has registered itself';
  end if;
  v_out.client_id := p_token.client_id;
  v_out.user_id := p_token.user_id;
  v_out.auth_time := p_token.auth_time;
  v_out.proof_algs := pgrant_rules.proof_algs(p_tenant, p_token.security_profile);
  v_out.may_write := v_roles && pgrant_rules.admin_roles(true);
  return v_out;
end
$$;

comment on function pgrant_rules.admin_of_token(uuid, pgrant_rules.live_token) is
  'Which client administers, by an access token for the admin API whose effective scopes have a role of admins: of a person, who has to have the role now, or its own, by name. The keys that it is bound to are not asked for. Errors: invalid_token; not_found for any other token.';

create function pgrant_rules.admin_by_token(
  p_tenant uuid, p_possession jsonb, p_access_hash bytea, p_access_expires_at bigint, p_jwt jsonb
) returns pgrant_rules.admin
language plpgsql
as $$
declare
  v_tokens constant pgrant_rules.live_token[] := pgrant_rules.tokens_live(p_tenant, pgrant_rules.tokens_find(
    p_tenant, array[p_access_hash], array[p_access_expires_at], array[p_jwt]));
  v_token constant pgrant_rules.live_token := v_tokens[1];
  v_possessions constant pgrant_rules.possession[] := pgrant_rules.tokens_possessed(
    p_tenant, array[v_token.cnf], array[v_token.security_profile], array[p_possession]);
  v_out pgrant_rules.admin := pgrant_rules.admin_of_token(p_tenant, v_token);
begin
  if v_token.client_id is not null and (v_possessions[1]).error is not null then
    v_out.error := (v_possessions[1]).error;
    v_out.reason := (v_possessions[1]).reason;
    v_out.detail := (v_possessions[1]).detail;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.admin_by_token(uuid, jsonb, bytea, bigint, jsonb) is
  'As admin_of_token, of a token whose keys are proven. Errors: invalid_token, invalid_dpop_proof, use_dpop_nonce; not_found for any other token.';

create function pgrant_rules.admin_begin(p_admin pgrant_rules.admin) returns void
language plpgsql
as $$
begin
  perform set_config('pgrant.admin', jsonb_strip_nulls(jsonb_build_object(
    'user_id', p_admin.user_id, 'session_id', p_admin.session_id, 'client_id', p_admin.client_id))::text, true);
end
$$;

comment on function pgrant_rules.admin_begin(pgrant_rules.admin) is
  'Has the events of the running transaction name the admin (see actor), and administer() keep the request.';
