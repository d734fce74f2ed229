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
   where c.value not in ('null', '""')
     and not c.key = any (pgrant.token_members() || 'groups'::text);
  return v_claims || jsonb_build_object('sub', p_user.user_id);
end
$$;

comment on function pgrant_rules.user_claims(pgrant.users) is
  'All that is stored of a person, without nulls and empty strings (OpenID Connect Core 5.3.2), and without what only a token says of itself.';

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
    select (pgrant_rules.upstream_claims(p_tenant, p_user_id)).claims
             - (pgrant.token_members() || array[t.permissions_claim, t.tenant_claim]) || jsonb_build_object(
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

create function pgrant_rules.claims_given(p_tenant uuid, p_user_id uuid, p_scopes text[], p_names text[], p_token_claims jsonb)
returns jsonb
language plpgsql
as $$
declare
  v_evaluated text[] := array(select jsonb_object_keys(p_token_claims)) || 'groups'::text;
  v_roles jsonb := jsonb_build_object();
  v_claims jsonb;
begin
  if p_scopes = '{}' and p_names = '{}' then
    return jsonb_build_object();
  elsif 'roles' = any (p_scopes) or p_names && v_evaluated then
    v_roles := pgrant_rules.role_claims(p_tenant, p_user_id);
  end if;
  select coalesce(jsonb_object_agg(c.key, c.value), '{}')
    into v_claims
    from pgrant.users u, jsonb_each(pgrant_rules.user_claims(u) - v_evaluated) c
   where u.tenant_id = p_tenant
     and u.user_id = p_user_id
     and c.key = any (pgrant_rules.scope_claims(p_scopes) || p_names);
  -- What is evaluated is never taken from what is stored: a person's own claim of that name would make an administrator.
  return v_claims
      || (select coalesce(jsonb_object_agg(e.key, e.value), '{}')
            from jsonb_each(p_token_claims || v_roles) e where e.key = any (p_names) and e.key = any (v_evaluated))
      || case when 'roles' = any (p_scopes) then v_roles else '{}' end;
end
$$;

comment on function pgrant_rules.claims_given(uuid, uuid, text[], text[], jsonb) is
  'The claims of a person that scopes (OpenID Connect Core 5.4) and names (5.5) ask for, at userinfo and in ID tokens alike. p_token_claims is what the access token says (see token_claims): its names, and groups, are evaluated now.';

create function pgrant_api.userinfo_read(
  p_tenant uuid, p_request_id text[], p_address inet[], p_access_hash bytea[], p_access_expires_at bigint[], p_jwt jsonb[]
) returns setof pgrant_api.userinfo
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_tokens pgrant_rules.live_token[];
  v_entries pgrant_rules.audit_entry[];
  v_errors pgrant_api.error[];
begin
  perform pgrant_rules.enter(p_tenant, null, null);
  v_tokens := pgrant_rules.tokens_live(p_tenant, pgrant_rules.tokens_find(p_tenant, p_access_hash, p_access_expires_at, p_jwt));
  v_entries := array(
    select case when t.client_id is null
                then row(q.request_id, q.address, 'userinfo.read', 'invalid_token',
                         'token unknown, expired or revoked, or its grant is dead', null, null, null, null, null)::pgrant_rules.audit_entry
                when t.user_id is null or not 'openid' = any (t.scopes)
                then row(q.request_id, q.address, 'userinfo.read', 'insufficient_scope', 'token without openid',
                         t.client_id, t.user_id, null, null, null)::pgrant_rules.audit_entry
           end
      from unnest(p_request_id, p_address) with ordinality q (request_id, address, n)
      join unnest(v_tokens) with ordinality t on t.ordinality = q.n
     order by q.n);
  v_errors := pgrant_rules.audit_all(p_tenant, v_entries);
  return query
  select v_errors[t.ordinality], (v_entries[t.ordinality]).reason,
         case when u.user_id is not null then
           pgrant_rules.claims_given(p_tenant, t.user_id, t.scopes, t.claims_userinfo, t.access_claims) end,
         case when u.user_id is not null then t.client_id end, case when u.user_id is not null then t.userinfo_alg end
    from unnest(v_tokens) with ordinality t
    left join pgrant.users u
      on u.tenant_id = p_tenant and u.user_id = t.user_id and v_errors[t.ordinality] is null
   order by t.ordinality;
end
$$;

comment on function pgrant_api.userinfo_read(uuid, text[], inet[], bytea[], bigint[], jsonb[]) is
  'Claims about the people behind access tokens with openid (OpenID Connect Core 5.3), a set of requests at once: by their scopes, and those asked for one by one. Writes nothing where it is granted. Errors: invalid_token, insufficient_scope, too_many_attempts, flood.';
