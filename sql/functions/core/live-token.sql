-- Whether a token that is presented is good now, and for what.

create function pgrant_rules.token_live(
  p_token pgrant_rules.live_token, p_tenant pgrant.tenants, p_client pgrant.clients, p_family pgrant.token_families,
  p_grant pgrant.grants, p_user pgrant.users, p_scopes text[], p_roles text[]
) returns pgrant_rules.live_token
language sql stable
as $$
  select row(
    p_token.client_id, p_family.user_id, p_user.username, p_token.family_id, p_scopes, p_token.audience, p_token.issued_at,
    p_token.expires_at, p_family.auth_time, p_family.acr, p_family.claims_userinfo, p_client.userinfo_alg,
    pgrant_rules.token_claims(p_tenant.roles_claim, p_tenant.permissions_claim, p_tenant.tenant_claim, p_tenant.name, p_roles)
      || case when p_client.allowed_networks is null then '{}'
              else jsonb_build_object('allowed_networks', p_client.allowed_networks) end,
    pgrant_rules.subject(p_client.subject_type, p_tenant.pairwise_salt, p_client.client_id, p_client.sector_identifier_uri,
                         p_client.redirect_uris, p_family.user_id),
    p_family.grant_id, p_token.cnf,
    case when p_token.details <> '[]'
         then pgrant_rules.details_effective(p_tenant.tenant_id, p_client.authorization_details_types, p_token.details,
                                             p_grant.authorization_details, null) end,
    p_token.act, p_family.client_id, p_token.exchanged_by, coalesce(p_tenant.security_profile, p_client.security_profile)
  )::pgrant_rules.live_token
$$;

comment on function pgrant_rules.token_live(pgrant_rules.live_token, pgrant.tenants, pgrant.clients, pgrant.token_families, pgrant.grants, pgrant.users, text[], text[]) is
  'A token that is good, with p_scopes, which are still effective, and those of them that are roles. p_family, p_grant and p_user are null of a client''s own.';

create function pgrant_rules.act_subjects(p_act jsonb) returns text[]
language sql immutable
as $$
  with recursive chain (act, depth) as (
    select p_act, 1 where p_act is not null
    union all
    select c.act -> 'act', c.depth + 1 from chain c where c.act ? 'act'
  )
  select coalesce(array_agg(c.act ->> 'sub' order by c.depth), '{}') from chain c
$$;

comment on function pgrant_rules.act_subjects(jsonb) is 'Who acts, one for the other (RFC 8693 4.1), the last one first; {} = nobody.';

create function pgrant_rules.token_stands(
  p_token pgrant_rules.live_token, p_tenant pgrant.tenants, p_client pgrant.clients, p_family_client pgrant.clients,
  p_grant pgrant.grants, p_user pgrant.users
) returns boolean
language sql stable
as $$
  select p_token.expires_at > now()
     and p_client.client_id is not null
     and pgrant_rules.client_live(p_client.disabled_at, p_client.expires_at, p_tenant.disabled_at)
     and pgrant_rules.maker_enabled(p_tenant.tenant_id, p_client.maker_id)
     -- FAPI 2.0 5.3.2.1: bound to nothing, it is of before the profile. A refresh token has no audience, and is its client's.
     and (p_token.cnf is not null or p_token.audience is null
          or coalesce(p_tenant.security_profile, p_client.security_profile) is null)
     -- Not the tokens of a client that was removed, whose name was given to a new one.
     and pgrant_rules.whole_second(p_client.created_at) <= p_token.issued_at
     and (p_token.family_id is null or p_grant.grant_id is not null and p_user.user_id is not null)
     -- One that was exchanged (RFC 8693) hangs on the family of another client, which has to be live too.
     and (p_token.family_client_id is null
          or p_family_client.client_id is not null
             and pgrant_rules.client_live(p_family_client.disabled_at, p_family_client.expires_at, p_tenant.disabled_at))
$$;

comment on function pgrant_rules.token_stands(pgrant_rules.live_token, pgrant.tenants, pgrant.clients, pgrant.clients, pgrant.grants, pgrant.users) is
  'Whether a token is good: not expired, bound to a key where a profile wants that, and its client live, and the grant and the person that it hangs on (null = they are not).';

create function pgrant_rules.person_of_subject(p_tenant uuid, p_subject text) returns uuid
language plpgsql stable
as $$
begin
  if p_subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return p_subject::uuid;
  end if;
  return (select s.user_id from pgrant.pairwise_subjects s where s.tenant_id = p_tenant and s.subject = p_subject);
end
$$;

comment on function pgrant_rules.person_of_subject(uuid, text) is
  'Whom any client may mean by a sub; null = nobody. For what pgrant has signed itself alone: a client is not told.';

create function pgrant_rules.actors_stand(
  p_token pgrant_rules.live_token, p_tenant pgrant.tenants, p_clients pgrant.clients[]
) returns boolean
language plpgsql stable
as $$
declare
  v_actor text;
  v_client pgrant.clients;
  v_person uuid;
begin
  foreach v_actor in array pgrant_rules.act_subjects(p_token.act) loop
    v_client := null;
    select c.* into v_client from unnest(p_clients) c where c.client_id = v_actor;
    if v_client.client_id is null then
      v_person := pgrant_rules.person_of_subject(p_tenant.tenant_id, v_actor);
      perform from pgrant.users u where u.tenant_id = p_tenant.tenant_id and u.user_id = v_person and u.disabled_at is null;
      if not found then
        return false;
      end if;
    elsif not (pgrant_rules.client_live(v_client.disabled_at, v_client.expires_at, p_tenant.disabled_at)
               and pgrant_rules.whole_second(v_client.created_at) <= p_token.issued_at) then
      return false;
    end if;
  end loop;
  return true;
end
$$;

comment on function pgrant_rules.actors_stand(pgrant_rules.live_token, pgrant.tenants, pgrant.clients[]) is
  'Whether the clients and persons that act by a token are live, those before the last one too: it outlives none through which it came. p_clients are those that there are.';

create function pgrant_rules.exchangers_stand(
  p_token pgrant_rules.live_token, p_tenant pgrant.tenants, p_clients pgrant.clients[]
) returns boolean
language plpgsql stable
as $$
begin
  return not exists (
    select from unnest(p_token.exchanged_by) e (client_id)
     where not exists (
       select from unnest(p_clients) c
        where c.client_id = e.client_id
          and pgrant_rules.client_live(c.disabled_at, c.expires_at, p_tenant.disabled_at)
          and pgrant_rules.whole_second(c.created_at) <= p_token.issued_at));
end
$$;

comment on function pgrant_rules.exchangers_stand(pgrant_rules.live_token, pgrant.tenants, pgrant.clients[]) is
  'Whether the clients are live through whose exchanges a token came, though act names none of them (impersonation, RFC 8693 1.1). p_clients are those that there are.';

create function pgrant_rules.tokens_live(p_tenant uuid, p_tokens pgrant_rules.live_token[]) returns pgrant_rules.live_token[]
language plpgsql stable
as $$
declare
  v_token pgrant_rules.live_token;
  v_tenant pgrant.tenants;
  v_client pgrant.clients;
  v_effective text[];
  v_roles text[];
  v_family pgrant.token_families;
  v_grant pgrant.grants;
  v_user pgrant.users;
  v_client_ids text[] := array[]::text[];
  v_family_ids uuid[] := array[]::uuid[];
  v_scopes text[] := array[]::text[];
  v_user_ids uuid[];
  v_grant_ids uuid[];
  v_clients pgrant.clients[];
  v_families pgrant.token_families[];
  v_grants pgrant.grants[];
  v_users pgrant.users[];
  v_known pgrant_rules.known_scopes;
  v_out pgrant_rules.live_token[] := array_fill(null::pgrant_rules.live_token, array[cardinality(p_tokens)]);
begin
  foreach v_token in array p_tokens loop
    v_client_ids := v_client_ids || v_token.client_id || v_token.family_client_id || v_token.exchanged_by;
    if v_token.act is not null then
      v_client_ids := v_client_ids || pgrant_rules.act_subjects(v_token.act);
    end if;
    v_family_ids := v_family_ids || v_token.family_id;
    if not v_token.scopes <@ v_scopes then
      v_scopes := v_scopes || v_token.scopes;
    end if;
  end loop;
  if array_remove(v_client_ids, null) = '{}' then
    return v_out;
  end if;
  v_tenant := (select t from pgrant.tenants t where t.tenant_id = p_tenant);
  select array_agg(c), array_agg(c.client_id), array_agg(c.maker_id) into v_clients, v_client_ids, v_user_ids
    from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = any (v_client_ids);
  if array_remove(v_family_ids, null) <> '{}' then
    -- Each by its own key: among few families a plan would be kept that looks through all that are live.
    select array_agg(f.family), array_agg((f.family).family_id), array_agg((f.family).grant_id), v_user_ids || array_agg((f.family).user_id)
      into v_families, v_family_ids, v_grant_ids, v_user_ids
      from (select distinct unnest(v_family_ids) as id) k cross join lateral (
        select f as family from pgrant.token_families f
         where f.tenant_id = p_tenant and f.family_id = k.id and f.revoked_at is null and f.expires_at > now() offset 0) f;
    select array_agg(g), array_agg(g.grant_id) into v_grants, v_grant_ids
      from pgrant.grants g where g.tenant_id = p_tenant and g.grant_id = any (v_grant_ids) and g.revoked_at is null;
  end if;
  v_known := pgrant_rules.scopes_find(p_tenant, v_scopes, v_user_ids);
  if array_remove(v_user_ids, null) <> '{}' then
    select array_agg(u), array_agg(u.user_id) into v_users, v_user_ids
      from pgrant.users u where u.tenant_id = p_tenant and u.user_id = any (v_user_ids) and u.disabled_at is null;
  end if;
  for i in 1 .. cardinality(p_tokens) loop
    v_token := p_tokens[i];
    if v_client.client_id is distinct from v_token.client_id then
      v_client := v_clients[array_position(v_client_ids, v_token.client_id)];
    end if;
    v_family := v_families[array_position(v_family_ids, v_token.family_id)];
    if v_family.client_id <> coalesce(v_token.family_client_id, v_token.client_id) then
      v_family := null;
    end if;
    v_grant := v_grants[array_position(v_grant_ids, v_family.grant_id)];
    v_user := v_users[array_position(v_user_ids, v_family.user_id)];
    if pgrant_rules.token_stands(v_token, v_tenant, v_client,
                                 v_clients[array_position(v_client_ids, v_token.family_client_id)], v_grant, v_user)
       and (v_token.act is null or pgrant_rules.actors_stand(v_token, v_tenant, v_clients))
       and (v_token.exchanged_by is null or pgrant_rules.exchangers_stand(v_token, v_tenant, v_clients)) then
      v_effective := pgrant_rules.scopes_effective(v_token.scopes, v_client.scopes, v_grant.scopes,
                                                   coalesce(v_family.user_id, v_client.maker_id), v_known);
      v_roles := pgrant_rules.scopes_common(v_effective, v_known.roles);
      v_out[i] := pgrant_rules.token_live(v_token, v_tenant, v_client, v_family, v_grant, v_user, v_effective, v_roles);
    end if;
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.tokens_live(uuid, pgrant_rules.live_token[]) is
  'Each token with the scopes that are still effective, or null: expired, its client disabled, its family or grant revoked, its user disabled.';
