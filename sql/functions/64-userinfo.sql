-- Claims about people (OpenID Connect Core 5).

create function pgrant_rules.user_claims(p_user pgrant.users) returns jsonb
language plpgsql stable
as $$
declare
  v_claims jsonb;
begin
  select jsonb_object_agg(c.key, c.value)
    into v_claims
    from pgrant_rules.upstream_claims(p_user.tenant_id, p_user.user_id) u,
         jsonb_each(u.claims || u.profile
                    || jsonb_build_object('preferred_username', p_user.username,
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
  select array_agg(c.claim) from pgrant_rules.standard_claims() c where c.scope = 'openid' or c.scope = any (p_scopes)
$$;

comment on function pgrant_rules.scope_claims(text[]) is 'The claims that scopes ask for (OpenID Connect Core 5.4).';

create function pgrant_rules.role_claims(p_tenant uuid, p_user_id uuid) returns jsonb
language plpgsql
as $$
begin
  -- A role here wins over a claim of an upstream that has the same name.
  return (
    select (pgrant_rules.upstream_claims(p_tenant, p_user_id)).claims || jsonb_build_object(
             t.roles_claim,
             (select coalesce(jsonb_agg(s.scope order by s.scope), '[]')
                from pgrant.scopes s
               where s.tenant_id = p_tenant and s.requires_role and s.disabled_at is null
                 and pgrant_rules.has_role(p_tenant, p_user_id, s.scope)),
             'groups',
             (select coalesce(jsonb_agg(distinct m.group_name order by m.group_name), '[]')
                from pgrant.group_members m where m.tenant_id = p_tenant and m.user_id = p_user_id))
      from pgrant.tenants t
     where t.tenant_id = p_tenant);
end
$$;

comment on function pgrant_rules.role_claims(uuid, uuid) is 'All the roles and groups of a person, and what upstreams say of theirs, for clients with the scope roles.';

create function pgrant_api.userinfo_read(
  p_tenant uuid, p_request_id text, p_address inet, p_access_hash bytea, p_access_expires_at bigint, p_jwt jsonb
) returns pgrant_api.userinfo
language plpgsql security definer set search_path = pg_catalog, pg_temp
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

  v_out.client_id := v_token.client_id;
  v_out.alg := v_token.userinfo_alg;
  select jsonb_object_agg(c.key, c.value)
    into v_out.claims
    from pgrant.users u, jsonb_each(pgrant_rules.user_claims(u)) c
   where u.tenant_id = p_tenant
     and u.user_id = v_token.user_id
     and c.key = any (pgrant_rules.scope_claims(v_token.scopes) || v_token.claims_userinfo);
  if 'roles' = any (v_token.scopes) then
    v_out.claims := v_out.claims || pgrant_rules.role_claims(p_tenant, v_token.user_id);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.userinfo_read(uuid, text, inet, bytea, bigint, jsonb) is
  'Claims about the person behind an access token with openid (OpenID Connect Core 5.3): by its scopes, and those asked for one by one. Writes nothing. Errors: invalid_token, insufficient_scope.';
