-- Private rules of access tokens after they were issued: whether one is good now.

create type pgrant_rules.live_token as (
  client_id   text,
  user_id     uuid,
  username    text,
  family_id   uuid,
  scopes      text[],
  audience    text[],
  issued_at   timestamptz,
  expires_at  timestamptz,
  auth_time   timestamptz,
  acr         text,
  claims_userinfo text[],
  userinfo_alg text,
  access_claims   jsonb
);

comment on type pgrant_rules.live_token is 'An access token that is good now.';

create function pgrant_rules.token_live(p_tenant uuid, inout p_token pgrant_rules.live_token)
language plpgsql
as $$
declare
  v_client pgrant_rules.client_policies;
  v_consented text[];
  v_effective pgrant_rules.effective_scopes;
begin
  -- Not from client_policies: a customer's long transaction comes here, and a release, which drops that view, would wait for it.
  select c.scopes, c.maker_id, c.allowed_networks, t.roles_claim, t.permissions_claim, t.tenant_claim, t.name, c.userinfo_alg
    into v_client.scopes, v_client.maker_id, v_client.allowed_networks, v_client.roles_claim,
         v_client.permissions_claim, v_client.tenant_claim, v_client.tenant_name,
         p_token.userinfo_alg
    from pgrant.clients c
    join pgrant.tenants t on t.tenant_id = p_tenant
   where c.tenant_id = p_tenant
     and c.client_id = p_token.client_id
     and pgrant_rules.client_live(c.disabled_at, c.expires_at, t.disabled_at)
     and pgrant_rules.maker_enabled(p_tenant, c.maker_id)
     -- Not the tokens of a client that was removed, whose name was given to a new one.
     and pgrant_rules.whole_second(c.created_at) <= p_token.issued_at
     and p_token.expires_at > now();
  if not found then
    p_token := null;
    return;
  end if;

  if p_token.family_id is not null then
    select g.scopes, f.user_id, u.username, f.auth_time, f.acr, f.claims_userinfo
      into v_consented, p_token.user_id, p_token.username, p_token.auth_time, p_token.acr, p_token.claims_userinfo
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
  v_effective := pgrant_rules.scope_narrow(p_tenant, coalesce(p_token.user_id, v_client.maker_id), v_client.scopes,
                                           p_token.scopes, v_consented);
  p_token.scopes := v_effective.scopes;
  p_token.access_claims := pgrant_rules.token_claims(v_client, v_effective.roles)
    || case when v_client.allowed_networks is null then '{}'
            else jsonb_build_object('allowed_networks', v_client.allowed_networks) end;
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
  if not exists (select from pgrant.tenants t where t.tenant_id = p_tenant and t.issuer = p_jwt ->> 'iss') then
    return null;
  end if;
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

create function pgrant_rules.api_key_find(p_tenant uuid, p_key_hash bytea) returns pgrant_rules.live_token
language plpgsql
as $$
declare
  v_token pgrant_rules.live_token;
  v_secret pgrant.client_secrets;
begin
  select s.* into v_secret
    from pgrant.client_secrets s
   where s.tenant_id = p_tenant and s.secret_hash = p_key_hash and s.expires_at > now();
  select c.client_id, c.scopes, c.audience, now(), v_secret.expires_at
    into v_token.client_id, v_token.scopes, v_token.audience, v_token.issued_at, v_token.expires_at
    from pgrant_rules.client_policies c
   where c.tenant_id = p_tenant and c.client_id = v_secret.client_id and c.maker_id is not null;
  if not found then
    return null;
  end if;
  if v_secret.last_used_at is null or v_secret.last_used_at < now() - interval '1 minute' then
    update pgrant.client_secrets s
       set last_used_at = now()
     where s.tenant_id = p_tenant and s.client_id = v_secret.client_id and s.secret_id = v_secret.secret_id;
  end if;
  return pgrant_rules.token_live(p_tenant, v_token);
end
$$;

comment on function pgrant_rules.api_key_find(uuid, bytea) is
  'What an API credential that is presented as a bearer key is good for now, or null. Notes the use, to the minute.';

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
