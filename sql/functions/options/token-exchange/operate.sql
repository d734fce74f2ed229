-- What operators call: which clients may exchange tokens for what.

create function pgrant_ops.exchange_allow(
  p_tenant uuid, p_client_id text, p_resource text default null, p_scopes text[] default null, p_impersonation boolean default false
) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_resource text := coalesce(pgrant.resource_canonical(p_resource), '');
  v_client pgrant.clients;
  v_unknown text;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.client_check(p_tenant, p_client_id);
  select c.* into v_client from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_client_id;
  v_unknown := pgrant_rules.scope_unknown(p_tenant, p_scopes);
  if not pgrant_rules.exchange_grant() = any (v_client.grant_types) then
    raise exception 'the client % is not registered for %', p_client_id, pgrant_rules.exchange_grant() using errcode = 'OA003',
      hint = 'add it to its grant_types first';
  elsif v_client.token_endpoint_auth_method = 'none' then
    raise exception 'the client % does not authenticate', p_client_id using errcode = 'OA003',
      hint = 'whoever exchanges tokens has to say who it is';
  elsif p_resource is not null
     and not exists (select from pgrant.resources r where r.tenant_id = p_tenant and r.resource = v_resource) then
    raise exception 'there is no resource %', p_resource using errcode = 'OA001',
      hint = 'list them: select * from pgrant_ops.resource_list(p_tenant)';
  elsif v_unknown is not null then
    raise exception 'the tenant has no scope %', v_unknown using errcode = 'OA001', hint = 'add it first, or leave it out';
  end if;
  perform pgrant_rules.values_check('exchange_policies', jsonb_build_object('impersonation', p_impersonation));
  insert into pgrant.exchange_policies as e (tenant_id, client_id, resource, scopes, impersonation)
  values (p_tenant, p_client_id, v_resource, p_scopes, p_impersonation)
      on conflict (tenant_id, client_id, resource) do update
     set scopes = excluded.scopes, impersonation = excluded.impersonation;
  perform pgrant_rules.audit(p_tenant, 'exchange.allow', null, null, p_client_id, p_detail => jsonb_build_object(
    'resource', v_resource, 'scopes', p_scopes, 'impersonation', p_impersonation));
  return v_resource;
end
$$;

comment on function pgrant_ops.exchange_allow(uuid, text, text, text[], boolean) is
  'Lets a client exchange the tokens of people for one for p_resource (null = the tenant''s own audience), with p_scopes of theirs at most (null = all); what was allowed for it before is replaced. Without p_impersonation the token says who acts. Returns the form in which the resource is compared. Raises OA001, OA003.';

create function pgrant_ops.exchange_deny(p_tenant uuid, p_client_id text, p_resource text default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_resource text := coalesce(pgrant.resource_canonical(p_resource), '');
begin
  perform pgrant_rules.administer(p_tenant);
  delete from pgrant.exchange_policies e
   where e.tenant_id = p_tenant and e.client_id = p_client_id and e.resource = v_resource;
  if not found then
    raise exception 'the client % may not exchange tokens for %', p_client_id, coalesce(p_resource, 'the audience of the tenant')
      using errcode = 'OA001', hint = 'list what is allowed: select * from pgrant_ops.exchange_list(p_tenant)';
  end if;
  perform pgrant_rules.audit(p_tenant, 'exchange.deny', null, null, p_client_id,
                             p_detail => jsonb_build_object('resource', v_resource));
end
$$;

comment on function pgrant_ops.exchange_deny(uuid, text, text) is
  'Takes back what exchange_allow allowed; tokens that were issued by it live on until they expire, or what they hang on is revoked. Raises OA001.';

create function pgrant_ops.exchange_list(p_tenant uuid)
returns table (client_id text, client_name text, resource text, scopes text[], impersonation boolean, created_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select e.client_id, c.name, nullif(e.resource, ''), e.scopes, e.impersonation, e.created_at
    from pgrant.exchange_policies e
    join pgrant.clients c on c.tenant_id = p_tenant and c.client_id = e.client_id
   where e.tenant_id = p_tenant
   order by e.client_id, e.resource;
end
$$;

comment on function pgrant_ops.exchange_list(uuid) is
  'Which clients may exchange tokens for what. resource null = the tenant''s own audience, scopes null = all. May be null: resource, scopes. Raises OA001.';
