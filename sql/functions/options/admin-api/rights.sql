-- Who administers a tenant: a person or client with one of two roles of the tenant, asked anew at each call.

create type pgrant_rules.admin as (
  client_id   text,
  user_id     uuid,
  session_id  uuid,
  auth_time   timestamptz,
  may_write   boolean
);

comment on type pgrant_rules.admin is 'Who administers: a person at the console (session_id), or a client by its access token, for a person (user_id) or for itself.';
comment on column pgrant_rules.admin.may_write is 'Whether they may change something; else they only see it.';

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

create function pgrant_rules.admin_by_session(
  p_tenant uuid, p_session_hash bytea, p_session_expires_at bigint,
  out admin pgrant_rules.admin, out error pgrant_api.error, out reason text
)
language plpgsql
as $$
declare
  v_session pgrant.sessions := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
begin
  if v_session.session_id is null then
    error := 'login_required';
    reason := 'nobody is signed in';
  elsif not pgrant_rules.admin_role_held(p_tenant, v_session.user_id, false) then
    error := 'not_found';
    reason := 'the person has no role of admins';
  end if;
  if v_session.session_id is not null then
    admin := row(null, v_session.user_id, v_session.session_id, v_session.auth_time,
                 pgrant_rules.admin_role_held(p_tenant, v_session.user_id, true))::pgrant_rules.admin;
  end if;
end
$$;

comment on function pgrant_rules.admin_by_session(uuid, bytea, bigint) is
  'Who administers at the console, by the session. Errors: login_required; not_found for everybody else.';

create function pgrant_rules.admin_by_token(
  p_tenant uuid, p_possession jsonb, p_access_hash bytea, p_access_expires_at bigint, p_jwt jsonb,
  out admin pgrant_rules.admin, out error pgrant_api.error, out reason text
)
language plpgsql
as $$
declare
  v_tokens pgrant_rules.live_token[] := pgrant_rules.tokens_live(p_tenant, pgrant_rules.tokens_find(
    p_tenant, array[p_access_hash], array[p_access_expires_at], array[p_jwt]));
  v_token pgrant_rules.live_token := v_tokens[1];
  v_possessions pgrant_rules.possession[];
begin
  v_possessions := pgrant_rules.tokens_possessed(p_tenant, array[v_token.cnf], array[p_possession]);
  if v_token.client_id is null then
    error := 'invalid_token';
    reason := 'token unknown, expired or revoked, or its grant is dead';
  elsif (v_possessions[1]).error is not null then
    error := (v_possessions[1]).error;
    reason := (v_possessions[1]).reason;
  elsif not (pgrant_rules.admin_resource(p_tenant) = any (v_token.audience)) is true then
    error := 'invalid_token';
    reason := 'the token is for another audience';
  elsif not v_token.scopes && pgrant_rules.admin_roles(false)
     -- Whoever registers as they please is nobody whom an admin lets in.
     or exists (select from pgrant.clients c
                 where c.tenant_id = p_tenant and c.client_id = v_token.client_id and c.registered_at is not null)
     or not exists (select from pgrant.scopes s
                     where s.tenant_id = p_tenant and s.scope = any (v_token.scopes) and s.scope = any (pgrant_rules.admin_roles(false))
                       and s.requires_role) then
    error := 'not_found';
    reason := 'the token has no scope of admins';
  end if;
  admin := row(v_token.client_id, v_token.user_id, null, v_token.auth_time,
               v_token.scopes && pgrant_rules.admin_roles(true))::pgrant_rules.admin;
end
$$;

comment on function pgrant_rules.admin_by_token(uuid, jsonb, bytea, bigint, jsonb) is
  'Which client administers, by an access token for the admin API whose effective scopes have a role of admins: of a person, who has to have the role now, or its own, by name. Errors: invalid_token, invalid_dpop_proof, use_dpop_nonce; not_found for any other token.';

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
