-- Access tokens after they were issued: introspection, userinfo, revocation.

create type pgrant_rules.live_token as (
  client_id   text,
  user_id     uuid,
  family_id   uuid,
  scopes      text[],
  audience    text[],
  issued_at   timestamptz,
  expires_at  timestamptz,
  auth_time   timestamptz,
  acr         text,
  claims_userinfo text[]
);

comment on type pgrant_rules.live_token is 'An access token that is good now.';

create function pgrant_rules.token_live(p_tenant uuid, inout p_token pgrant_rules.live_token)
language plpgsql
as $$
declare
  v_client_scopes text[];
  v_consented text[];
begin
  select c.scopes into v_client_scopes
    from pgrant_rules.client_policies c
   where c.tenant_id = p_tenant and c.client_id = p_token.client_id;
  if not found or p_token.expires_at <= now() then
    p_token := null;
    return;
  end if;

  if p_token.family_id is not null then
    select g.scopes, f.user_id, f.auth_time, f.acr, f.claims_userinfo
      into v_consented, p_token.user_id, p_token.auth_time, p_token.acr, p_token.claims_userinfo
      from pgrant.token_families f
      join pgrant.grants g on g.tenant_id = p_tenant and g.grant_id = f.grant_id and g.revoked_at is null
      join pgrant.users u on u.tenant_id = p_tenant and u.user_id = f.user_id and u.disabled_at is null
     where f.tenant_id = p_tenant
       and f.family_id = p_token.family_id
       and f.client_id = p_token.client_id
       and f.revoked_at is null
       and f.expires_at > now();
    if not found then
      p_token := null;
      return;
    end if;
  end if;
  p_token.scopes := pgrant_rules.scope_narrow(p_tenant, v_client_scopes, p_token.scopes, v_consented);
end
$$;

comment on function pgrant_rules.token_live(uuid, pgrant_rules.live_token) is
  'The token with the scopes that are still effective, or null: expired, its client disabled, its family or grant revoked, its user disabled.';

create function pgrant_rules.opaque_token_find(p_tenant uuid, p_token_hash bytea, p_expires_at bigint)
returns pgrant_rules.live_token
language plpgsql
as $$
declare
  v_token pgrant_rules.live_token;
begin
  select t.client_id, t.user_id, t.family_id, t.scopes, t.audience, t.issued_at, t.expires_at
    into v_token.client_id, v_token.user_id, v_token.family_id, v_token.scopes, v_token.audience,
         v_token.issued_at, v_token.expires_at
    from pgrant.access_tokens t
   where t.tenant_id = p_tenant
     and t.token_hash = p_token_hash
     and t.expires_at = pgrant_rules.moment(p_expires_at)
     and t.revoked_at is null;
  if not found then
    return null;
  end if;
  return pgrant_rules.token_live(p_tenant, v_token);
end
$$;

comment on function pgrant_rules.opaque_token_find(uuid, bytea, bigint) is 'The live opaque access token with this digest and expiry, or null.';

create function pgrant_rules.jwt_token_find(p_tenant uuid, p_jwt jsonb) returns pgrant_rules.live_token
language plpgsql
as $$
declare
  v_token pgrant_rules.live_token;
begin
  v_token.client_id := p_jwt ->> 'client_id';
  v_token.family_id := (p_jwt ->> 'family_id')::uuid;
  v_token.scopes := string_to_array(p_jwt ->> 'scope', ' ');
  v_token.audience := array(select jsonb_array_elements_text(p_jwt -> 'aud'));
  v_token.issued_at := pgrant_rules.moment((p_jwt ->> 'iat')::bigint);
  v_token.expires_at := pgrant_rules.moment((p_jwt ->> 'exp')::bigint);
  if exists (
    select from pgrant.revoked_tokens r
     where r.tenant_id = p_tenant and r.jti = p_jwt ->> 'jti' and r.expires_at = v_token.expires_at
  ) then
    return null;
  end if;
  return pgrant_rules.token_live(p_tenant, v_token);
end
$$;

comment on function pgrant_rules.jwt_token_find(uuid, jsonb) is
  'The live JWT access token with these claims (aud always an array), whose signature the web process has verified; or null.';

create function pgrant_rules.token_find(p_tenant uuid, p_access_hash bytea, p_access_expires_at bigint, p_jwt jsonb)
returns pgrant_rules.live_token
language plpgsql
as $$
begin
  if p_access_hash is not null then
    return pgrant_rules.opaque_token_find(p_tenant, p_access_hash, p_access_expires_at);
  elsif p_jwt is not null then
    return pgrant_rules.jwt_token_find(p_tenant, p_jwt);
  end if;
  return null;
end
$$;

comment on function pgrant_rules.token_find(uuid, bytea, bigint, jsonb) is 'The live access token of either format, or null.';

create function pgrant_api.token_introspect(
  p_tenant uuid, p_request_id text, p_address inet,
  p_client_id text, p_auth_method text, p_secret_hash bytea,
  p_access_hash bytea, p_access_expires_at bigint, p_jwt jsonb, p_handle_hash bytea, p_refresh_hash bytea
) returns pgrant_api.introspection
language plpgsql security definer set search_path = ''
as $$
declare
  v_out pgrant_api.introspection;
  v_auth pgrant_rules.authenticated_client;
  v_token pgrant_rules.live_token;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_auth := pgrant_rules.client_authenticate(p_tenant, p_client_id, p_auth_method, p_secret_hash);
  if v_auth.error is not null or p_auth_method = 'none' then
    -- RFC 7662 2.1: the endpoint answers nobody who has not authenticated.
    v_out.error := 'invalid_client';
    v_out.reason := coalesce(v_auth.reason, 'a public client cannot introspect');
    return v_out;
  end if;

  v_out.token_type := 'Bearer';
  if p_handle_hash is null then
    v_token := pgrant_rules.token_find(p_tenant, p_access_hash, p_access_expires_at, p_jwt);
  else
    v_out.token_type := null;
    select f.client_id, f.user_id, f.family_id, f.scopes, f.created_at, f.idle_expires_at
      into v_token.client_id, v_token.user_id, v_token.family_id, v_token.scopes, v_token.issued_at, v_token.expires_at
      from pgrant.token_families f
     where f.tenant_id = p_tenant
       and f.handle_hash = p_handle_hash
       and f.current_hash = p_refresh_hash
       and f.client_id = p_client_id;
    v_token := pgrant_rules.token_live(p_tenant, v_token);
  end if;

  v_out.active := v_token.client_id is not null;
  if not v_out.active then
    v_out.token_type := null;
    return v_out;
  end if;
  v_out.client_id := v_token.client_id;
  v_out.subject := coalesce(v_token.user_id::text, v_token.client_id);
  v_out.username := (select u.username from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_token.user_id);
  v_out.scopes := v_token.scopes;
  v_out.audience := v_token.audience;
  v_out.issued_at := pgrant_rules.epoch(v_token.issued_at);
  v_out.expires_at := pgrant_rules.epoch(v_token.expires_at);
  v_out.auth_time := pgrant_rules.epoch(v_token.auth_time);
  v_out.acr := v_token.acr;
  return v_out;
end
$$;

comment on function pgrant_api.token_introspect(uuid, text, inet, text, text, bytea, bytea, bigint, jsonb, bytea, bytea) is
  'Introspects a token (RFC 7662) for a confidential client of the tenant; a refresh token only for its own client. Exactly one of p_access_hash, p_jwt, p_handle_hash names it, none = not a token of ours. Writes nothing. Errors: invalid_client.';

create function pgrant_rules.user_claims(p_user pgrant.users) returns jsonb
language plpgsql stable
as $$
declare
  v_claims jsonb;
begin
  select jsonb_object_agg(c.key, c.value)
    into v_claims
    from jsonb_each(jsonb_build_object('preferred_username', p_user.username,
                                       'updated_at', pgrant_rules.epoch(p_user.updated_at))
                    || p_user.claims) c
   where c.value not in ('null', '""');
  return v_claims || jsonb_build_object('sub', p_user.user_id);
end
$$;

comment on function pgrant_rules.user_claims(pgrant.users) is
  'All that is known of a person, without nulls and empty strings (OpenID Connect Core 5.3.2).';

create function pgrant_rules.scope_claims(p_scopes text[]) returns text[]
language sql immutable
as $$
  select array['sub']
      || case when 'profile' = any (p_scopes) then array[
           'name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username', 'profile', 'picture',
           'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'] else '{}' end
      || case when 'email' = any (p_scopes) then array['email', 'email_verified'] else '{}' end
      || case when 'address' = any (p_scopes) then array['address'] else '{}' end
      || case when 'phone' = any (p_scopes) then array['phone_number', 'phone_number_verified'] else '{}' end
$$;

comment on function pgrant_rules.scope_claims(text[]) is 'The claims that scopes ask for (OpenID Connect Core 5.4).';

create function pgrant_api.userinfo_read(
  p_tenant uuid, p_request_id text, p_address inet, p_access_hash bytea, p_access_expires_at bigint, p_jwt jsonb
) returns pgrant_api.userinfo
language plpgsql security definer set search_path = ''
as $$
declare
  v_out pgrant_api.userinfo;
  v_token pgrant_rules.live_token;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_token := pgrant_rules.token_find(p_tenant, p_access_hash, p_access_expires_at, p_jwt);
  if v_token.client_id is null then
    v_out.error := 'invalid_token';
    v_out.reason := 'token unknown, expired or revoked, or its grant is dead';
    return v_out;
  elsif v_token.user_id is null or not 'openid' = any (v_token.scopes) then
    v_out.error := 'insufficient_scope';
    v_out.reason := 'token without openid';
    return v_out;
  end if;

  select jsonb_object_agg(c.key, c.value)
    into v_out.claims
    from pgrant.users u, jsonb_each(pgrant_rules.user_claims(u)) c
   where u.tenant_id = p_tenant
     and u.user_id = v_token.user_id
     and c.key = any (pgrant_rules.scope_claims(v_token.scopes) || v_token.claims_userinfo);
  return v_out;
end
$$;

comment on function pgrant_api.userinfo_read(uuid, text, inet, bytea, bigint, jsonb) is
  'Claims about the person behind an access token with openid (OpenID Connect Core 5.3): by its scopes, and those asked for one by one. Writes nothing. Errors: invalid_token, insufficient_scope.';

create function pgrant_api.token_revoke(
  p_tenant uuid, p_request_id text, p_address inet,
  p_client_id text, p_auth_method text, p_secret_hash bytea,
  p_access_hash bytea, p_access_expires_at bigint, p_jwt jsonb, p_handle_hash bytea, p_refresh_hash bytea
) returns pgrant_api.done
language plpgsql security definer set search_path = ''
as $$
declare
  v_out pgrant_api.done;
  v_auth pgrant_rules.authenticated_client;
  v_family_id uuid;
  v_revoked boolean := false;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_auth := pgrant_rules.client_authenticate(p_tenant, p_client_id, p_auth_method, p_secret_hash);
  if v_auth.error is not null then
    v_out.error := v_auth.error;
    v_out.reason := v_auth.reason;
    return v_out;
  end if;

  if p_handle_hash is not null then
    select f.family_id into v_family_id
      from pgrant.token_families f
     where f.tenant_id = p_tenant
       and f.handle_hash = p_handle_hash
       and f.client_id = p_client_id
       and p_refresh_hash in (f.current_hash, f.previous_hash);
    v_revoked := found and pgrant_rules.family_revoke(p_tenant, v_family_id, 'revoked by its client');
  elsif p_access_hash is not null then
    update pgrant.access_tokens t
       set revoked_at = now()
     where t.tenant_id = p_tenant
       and t.token_hash = p_access_hash
       and t.expires_at = pgrant_rules.moment(p_access_expires_at)
       and t.client_id = p_client_id
       and t.revoked_at is null
    returning t.family_id into v_family_id;
    v_revoked := found;
  elsif p_jwt ->> 'client_id' = p_client_id and pgrant_rules.moment((p_jwt ->> 'exp')::bigint) > now() then
    v_family_id := (p_jwt ->> 'family_id')::uuid;
    insert into pgrant.revoked_tokens (tenant_id, jti, expires_at)
    values (p_tenant, p_jwt ->> 'jti', pgrant_rules.moment((p_jwt ->> 'exp')::bigint))
        on conflict do nothing;
    v_revoked := found;
  end if;

  if v_revoked then
    perform pgrant_rules.audit(p_tenant, 'token.revoke', null, null, p_client_id, p_family_id => v_family_id);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.token_revoke(uuid, text, inet, text, text, bytea, bytea, bigint, jsonb, bytea, bytea) is
  'Revokes a token of the calling client (RFC 7009): an access token alone, a refresh token with its whole family. A token that is not the caller''s is like one that does not exist: no error. Errors: invalid_client.';
