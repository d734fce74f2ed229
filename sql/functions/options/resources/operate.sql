-- What operators call: the resources of a tenant.

create function pgrant_ops.resource_list(p_tenant uuid)
returns table (resource text, title text, scopes text[], access_token_format text, access_token_alg text, access_token_typ text,
               access_token_lifetime integer, audiences text[], access_token_scope text, access_token_claims jsonb,
               created_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select r.resource, r.title, r.scopes, r.access_token_format, r.access_token_alg, r.access_token_typ, r.access_token_lifetime,
         r.audiences, r.access_token_scope, r.access_token_claims, r.created_at
    from pgrant.resources r where r.tenant_id = p_tenant order by r.resource;
end
$$;

comment on function pgrant_ops.resource_list(uuid) is 'The resources of a tenant. Raises OA001.';

create function pgrant_ops.resource_show(p_tenant uuid, p_resource text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out jsonb;
begin
  perform pgrant_rules.administer(p_tenant);
  select to_jsonb(l) into v_out
    from pgrant_ops.resource_list(p_tenant) l where l.resource = pgrant.resource_canonical(p_resource);
  if v_out is null then
    raise exception 'there is no resource %', p_resource using errcode = 'OA001',
      hint = 'list them: select * from pgrant_ops.resource_list(p_tenant)';
  end if;
  return v_out;
end
$$;

comment on function pgrant_ops.resource_show(uuid, text) is 'A resource as resource_list has it. Raises OA001.';

create function pgrant_ops.resource_set(p_tenant uuid, p_resource text, p_title text, p_scopes text[] default null,
                                        p_access_token_format text default null, p_access_token_lifetime integer default null,
                                        p_access_token_alg text default null, p_access_token_typ text default null,
                                        p_audiences text[] default null, p_access_token_scope text default null,
                                        p_access_token_claims jsonb default null, p_replace boolean default true)
returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_resource text := pgrant.resource_canonical(p_resource);
  v_unknown text;
  v_algs text[];
begin
  perform pgrant_rules.administer(p_tenant);
  v_unknown := pgrant_rules.scope_unknown(p_tenant, p_scopes);
  select pgrant_rules.algs_taken(t.signing_algs, t.security_profile) into v_algs
    from pgrant.tenants t where t.tenant_id = p_tenant for share;
  -- Whatever reads a URL finds no host in http://[::1 and no port in http://a:b.
  if v_resource is null
     or v_resource ~ '^[^:]*://' and v_resource !~ '^[^:]*://([^@/?[\]]*@)?([^@:/?[\]]+|\[[[:xdigit:]:.]+\])(:\d{0,5})?([/?]|$)' then
    raise exception 'a resource is an absolute URI without fragment, and % is not', p_resource using errcode = 'OA003';
  elsif v_unknown is not null then
    raise exception 'the tenant has no scope %', v_unknown using errcode = 'OA001', hint = 'add it first, or leave it out';
  elsif p_access_token_alg is not null and p_access_token_alg <> all (v_algs) then
    perform pgrant_rules.setting_refuse('access_token_alg', pgrant_rules.offered_words(v_algs, 'signing_algs'),
                                        to_jsonb(p_access_token_alg));
  end if;
  perform pgrant_rules.values_check('resources', jsonb_build_object(
    'resource', v_resource, 'title', p_title, 'access_token_format', p_access_token_format,
    'access_token_lifetime', p_access_token_lifetime, 'access_token_alg', p_access_token_alg, 'access_token_typ', p_access_token_typ,
    'audiences', coalesce(p_audiences, '{}'), 'access_token_scope', p_access_token_scope,
    'access_token_claims', coalesce(p_access_token_claims, '{}')));
  if not p_replace and exists (select from pgrant.resources r where r.tenant_id = p_tenant and r.resource = v_resource) then
    raise exception 'there is a resource % already', v_resource using errcode = 'OA002', hint = 'change it: resource_set';
  end if;
  perform pgrant_rules.audiences_check(p_tenant, v_resource, p_audiences);
  perform pgrant_rules.resource_claims_refuse(p_tenant, p_access_token_claims);
  insert into pgrant.resources as r (tenant_id, resource, title, scopes, access_token_format, access_token_lifetime, access_token_alg,
                                     access_token_typ, audiences, access_token_scope, access_token_claims)
  values (p_tenant, v_resource, p_title, p_scopes, p_access_token_format, p_access_token_lifetime, p_access_token_alg,
          p_access_token_typ, coalesce(p_audiences, '{}'), p_access_token_scope, coalesce(p_access_token_claims, '{}'))
      on conflict (tenant_id, resource) do update
     set title = excluded.title, scopes = excluded.scopes, access_token_format = excluded.access_token_format,
         access_token_lifetime = excluded.access_token_lifetime, access_token_alg = excluded.access_token_alg,
         access_token_typ = excluded.access_token_typ, audiences = excluded.audiences,
         access_token_scope = excluded.access_token_scope, access_token_claims = excluded.access_token_claims, disabled_at = null;
  perform pgrant_rules.resource_remember(p_tenant, v_resource, 'resource.set');
  perform pgrant_rules.audit(p_tenant, 'resource.set', null, null, null, p_detail => jsonb_build_object('resource', v_resource));
  return pgrant_ops.resource_show(p_tenant, v_resource);
end
$$;

comment on function pgrant_ops.resource_set(uuid, text, text, text[], text, integer, text, text, text[], text, jsonb, boolean) is
  'Registers a resource (RFC 8707) or changes it; from the first one on, clients may name registered resources only. p_scopes null = all; what is null of access tokens is the client''s, or else the tenant''s; p_access_token_claims is {name: text with one {claim} in it}. p_replace false = only where there is none. Returns it, its URI in the form in which it is compared and becomes aud. Raises OA001, OA002, OA003.';

create function pgrant_ops.resource_remove(p_tenant uuid, p_resource text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_resource text := pgrant.resource_canonical(p_resource);
  v_client_id text;
begin
  perform pgrant_rules.administer(p_tenant);
  select min(c.client_id) into v_client_id
    from pgrant.clients c
   where c.tenant_id = p_tenant and pgrant.resource_canonical(c.default_resource) = v_resource;
  if v_client_id is not null then
    raise exception '% is the default_resource of the client %', p_resource, v_client_id using errcode = 'OA003',
      hint = 'take that back first: every request of the client would be refused';
  end if;
  delete from pgrant.resources r where r.tenant_id = p_tenant and r.resource = v_resource;
  if not found then
    raise exception 'there is no resource %', p_resource using errcode = 'OA001',
      hint = 'list them: select * from pgrant_ops.resource_list(p_tenant)';
  end if;
  perform pgrant_rules.resource_remember(p_tenant, v_resource, 'resource.remove');
  perform pgrant_rules.audit(p_tenant, 'resource.remove', null, null, null, p_detail => jsonb_build_object('resource', v_resource));
end
$$;

comment on function pgrant_ops.resource_remove(uuid, text) is 'Removes a resource: no more tokens for it, and none at refresh. Raises OA001, OA003.';
