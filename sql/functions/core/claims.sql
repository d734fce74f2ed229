-- Claims about people (OpenID Connect Core 5).

create function pgrant_rules.user_claims(p_user pgrant.users) returns jsonb
language plpgsql stable
as $$
declare
  v_claims jsonb;
  -- Who says what an address is says whether it was verified: never one the address and another the rest.
  v_own text[] := array(select c || '_verified' from unnest(array['email', 'phone_number']) c where p_user.claims ? c);
  v_others text[] := array(select c || '_verified' from unnest(array['email', 'phone_number']) c where not p_user.claims ? c);
begin
  select jsonb_object_agg(c.key, c.value)
    into v_claims
    from pgrant_rules.upstream_claims(p_user.tenant_id, p_user.user_id) u,
         jsonb_each(u.claims || (u.profile - v_own)
                    || jsonb_build_object('preferred_username', p_user.username,
                                          'updated_at', pgrant_rules.epoch(p_user.updated_at))
                    || (p_user.claims - v_others)) c
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
  v_evaluated text[];
  v_roles jsonb := jsonb_build_object();
  v_user pgrant.users;
  v_claims jsonb;
begin
  if p_scopes = '{}' and p_names = '{}' then
    return jsonb_build_object();
  end if;
  v_evaluated := array(select jsonb_object_keys(p_token_claims)) || 'groups'::text;
  if 'roles' = any (p_scopes) or p_names && v_evaluated then
    v_roles := pgrant_rules.role_claims(p_tenant, p_user_id);
  end if;
  -- Not as a row in the query: on a node of several its type is that of the piece in which it is.
  select u.* into v_user from pgrant.users u where u.tenant_id = p_tenant and u.user_id = p_user_id;
  select coalesce(jsonb_object_agg(c.key, c.value), '{}')
    into v_claims
    from jsonb_each(pgrant_rules.user_claims(v_user) - v_evaluated) c
   where v_user.user_id is not null and c.key = any (pgrant_rules.scope_claims(p_scopes) || p_names);
  -- What is evaluated is never taken from what is stored: a person's own claim of that name would make an administrator.
  return v_claims
      || (select coalesce(jsonb_object_agg(e.key, e.value), '{}')
            from jsonb_each(p_token_claims || v_roles) e where e.key = any (p_names) and e.key = any (v_evaluated))
      || case when 'roles' = any (p_scopes) then v_roles else '{}' end;
end
$$;

comment on function pgrant_rules.claims_given(uuid, uuid, text[], text[], jsonb) is
  'The claims of a person that scopes (OpenID Connect Core 5.4) and names (5.5) ask for, at userinfo and in ID tokens alike. p_token_claims is what the access token says (see token_claims): its names, and groups, are evaluated now.';

create function pgrant_rules.claims_check(p_claims jsonb) returns void
language plpgsql
as $$
begin
  if pgrant.claims_fault(p_claims) is not null then
    raise exception '%', pgrant.claims_fault(p_claims) using errcode = 'OA003',
      hint = 'OpenID Connect Core 5.1: what ends with _verified is a boolean, updated_at a number, '
             'address an object of strings, all others are strings';
  end if;
end
$$;

comment on function pgrant_rules.claims_check(jsonb) is 'Raises OA003 where a standard claim is of another type than it has.';
