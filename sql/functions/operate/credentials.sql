-- What operators call: API credentials, the keys that people make for applications of their own.

create function pgrant_ops.credential_add(
  p_tenant uuid, p_username text, p_name text, p_permissions text[], p_secret_hash bytea,
  p_lifetime integer default null, p_allowed_networks cidr[] default null, p_default_resource text default null
) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
  v_client_id text := 'ak-' || gen_random_uuid();
  v_missing text;
begin
  perform pgrant_rules.administer(p_tenant);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  select string_agg(format('%s (%s)', coalesce(left(e.scope, 128), 'null'),
                           case when e.reason = 'undefined' then 'the tenant has no such scope' else e.reason end), ', ')
    into v_missing
    from pgrant_rules.scope_explain(p_tenant, v_user_id, null, p_permissions, null) e
   where e.reason is not null or e.held is null;
  if v_missing is not null or coalesce(p_permissions, '{}') = '{}' then
    raise exception 'a credential may only have roles that its maker has: %', coalesce(v_missing, 'none is named') using errcode = 'OA003',
      hint = 'pgrant_ops.token_explain says which roles the person has';
  end if;
  perform pgrant_rules.values_check('clients', jsonb_build_object('name', p_name, 'default_resource', p_default_resource));
  insert into pgrant.clients (tenant_id, client_id, name, token_endpoint_auth_method, grant_types, scopes, consent,
                              maker_id, allowed_networks, default_resource)
  values (p_tenant, v_client_id, p_name, 'client_secret_basic', array['client_credentials'], p_permissions, 'never',
          v_user_id, p_allowed_networks, p_default_resource);
  perform pgrant_rules.client_settings_check(p_tenant, v_client_id);
  insert into pgrant.client_secrets (tenant_id, client_id, secret_hash, expires_at)
  values (p_tenant, v_client_id, p_secret_hash, coalesce(now() + make_interval(secs => p_lifetime), 'infinity'));
  perform pgrant_rules.client_remember(p_tenant, v_client_id, 'credential.add');
  perform pgrant_rules.audit(p_tenant, 'credential.add', null, null, v_client_id, v_user_id,
                             p_detail => jsonb_build_object('name', p_name, 'permissions', to_jsonb(p_permissions)));
  return v_client_id;
end
$$;

comment on function pgrant_ops.credential_add(uuid, text, text, text[], bytea, integer, cidr[], text) is
  'Makes an API credential for a person: never more than the roles that they hold, checked here and again at each use. p_lifetime in seconds, null = no expiry. p_default_resource is the aud of its key, null = the tenant''s own. Returns its client_id. More secrets: client_secret_add. Raises OA001, OA003.';

create function pgrant_ops.credential_list(p_tenant uuid, p_username text default null, p_after text default null,
                                            p_limit integer default null)
returns table (client_id text, name text, username text, permissions text[], effective text[], allowed_networks cidr[],
               live_secrets bigint, next_expiry timestamptz, last_used_at timestamptz, created_at timestamptz,
               disabled_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_after record;
begin
  perform pgrant_rules.administer(p_tenant);
  select c.client_id, c.name, u.username into v_after
    from pgrant.clients c
    join pgrant.users u on u.tenant_id = p_tenant and u.user_id = c.maker_id
   where c.tenant_id = p_tenant and c.client_id = p_after;
  return query
  select c.client_id, c.name, u.username, c.scopes,
         (pgrant_rules.scope_narrow(p_tenant, c.maker_id, c.scopes, c.scopes, null)).scopes,
         c.allowed_networks, s.live, nullif(s.next_expiry, 'infinity'), s.last_used_at, c.created_at, c.disabled_at
    from pgrant.clients c
    join pgrant.users u on u.tenant_id = p_tenant and u.user_id = c.maker_id
   cross join lateral (
     select count(*) filter (where k.expires_at > now()) as live,
            min(k.expires_at) filter (where k.expires_at > now()) as next_expiry, max(k.last_used_at) as last_used_at
       from pgrant.client_secrets k where k.tenant_id = p_tenant and k.client_id = c.client_id) s
   where c.tenant_id = p_tenant
     and c.maker_id is not null
     and (p_username is null or u.username_key = lower(p_username))
     and (v_after.client_id is null or (u.username, c.name, c.client_id) > (v_after.username, v_after.name, v_after.client_id))
   order by u.username, c.name, c.client_id
   limit p_limit;
end
$$;

comment on function pgrant_ops.credential_list(uuid, text, text, integer) is
  'The API credentials of a tenant or a person, p_limit of them (null = all) after the client_id p_after: what each may do at most, what is effective now, when it was used last. Raises OA001.';
