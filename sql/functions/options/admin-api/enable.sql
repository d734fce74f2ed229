-- What operators call: a tenant gets admins.

create function pgrant_ops.admin_enable(p_tenant uuid) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_resource text;
begin
  perform pgrant_rules.administer(p_tenant);
  v_resource := pgrant_rules.admin_resource(p_tenant);
  if exists (select from pgrant.scopes s
              where s.tenant_id = p_tenant and s.scope = any (pgrant_rules.admin_roles(false)) and not s.requires_role) then
    raise exception 'the tenant has a scope pgrant.admin or pgrant.admin.read that is no role' using errcode = 'OA002';
  end if;
  perform pgrant_ops.role_add(p_tenant, r.role, r.title, r.description, null, true)
     from (values ('pgrant.admin', 'Administer this service', 'See and change applications, people, roles, keys and settings.'),
                  ('pgrant.admin.read', 'See how this service is administered',
                   'See applications, people, roles, keys, settings and the audit.'))
          r (role, title, description)
    where not exists (select from pgrant.scopes s where s.tenant_id = p_tenant and s.scope = r.role);
  insert into pgrant.resources (tenant_id, resource, title, scopes, access_token_lifetime)
  values (p_tenant, v_resource, 'Admin API', pgrant_rules.admin_roles(false), 600)
      on conflict (tenant_id, resource) do nothing;
  perform pgrant_rules.resource_remember(p_tenant, v_resource, 'admin.enable');
  -- By which people sign in at the console: its code is redeemed by nobody, for the session is all that the console needs.
  insert into pgrant.clients (tenant_id, client_id, name, token_endpoint_auth_method, redirect_uris, grant_types, scopes, consent)
  select p_tenant, 'pgrant-console', coalesce(t.title, t.name), 'none', array[rtrim(t.issuer, '/') || '/admin'],
         array['authorization_code'], array['openid'], 'never'
    from pgrant.tenants t where t.tenant_id = p_tenant
      on conflict (tenant_id, client_id) do nothing;
  if found then
    perform pgrant_rules.client_remember(p_tenant, 'pgrant-console', 'client.add');
  end if;
  perform pgrant_rules.audit(p_tenant, 'admin.enable', null, null, null, p_detail => jsonb_build_object('resource', v_resource));
  return v_resource;
end
$$;

comment on function pgrant_ops.admin_enable(uuid) is
  'Gives a tenant what its admins need, whatever is missing of it: the roles pgrant.admin and pgrant.admin.read, which nobody has yet; the admin API as a resource; and the client by which people sign in at the console. Returns the URI of the API, which is the aud of its tokens. Raises OA001, OA002.';
