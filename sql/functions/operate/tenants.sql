-- What operators call, from psql or through the command line: tenants.

create function pgrant_ops.tenant_id(p_name text) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_tenant_id uuid;
begin
  select i.tenant_id into v_tenant_id from pgrant.issuers i where i.name || '' = p_name;
  if not found then
    raise exception 'there is no tenant named %', p_name using errcode = 'OA001',
      hint = 'list the tenants: select * from pgrant_ops.tenant_list()';
  end if;
  return v_tenant_id;
end
$$;

comment on function pgrant_ops.tenant_id(text) is 'The id of the tenant with this name. Raises OA001.';

create function pgrant_rules.random_bytes() returns bytea
language sql volatile
as $$ select sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) $$;

comment on function pgrant_rules.random_bytes() is '32 random bytes, from the 366 random bits of three version 4 UUIDs. For salts, not for secrets.';

create function pgrant_rules.tenant_make(p_tenant uuid, p_name text, p_issuer text, p_title text, p_host text, p_path text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.visit(p_tenant);
  perform pgrant_rules.values_check('issuers', jsonb_build_object(
    'name', p_name, 'issuer', p_issuer, 'title', p_title, 'host', p_host, 'path', p_path));
  perform pgrant_rules.catalogue_add(p_tenant, p_name, p_issuer, p_title, p_host, p_path, null);
  insert into pgrant.tenants (tenant_id, name, title, issuer, decoy_salt)
  values (p_tenant, p_name, p_title, p_issuer, pgrant_rules.random_bytes());
  insert into pgrant.scopes (tenant_id, scope, title, description)
  select p_tenant, s.scope, s.title, s.description
    from pgrant_report.standard_scope_texts() s;
  perform pgrant_rules.tenant_remember(p_tenant, 'tenant.add');
  perform pgrant_rules.scope_remember(p_tenant, s.scope, 'tenant.add') from pgrant.scopes s where s.tenant_id = p_tenant;
  perform pgrant_rules.audit(p_tenant, 'tenant.add', null, null, null,
                             p_detail => jsonb_build_object('name', p_name, 'issuer', p_issuer));
end
$$;

comment on function pgrant_rules.tenant_make(uuid, text, text, text, text, text) is
  'Makes a tenant, on the node where its id says that it is, as tenant_add() has found it good.';

create function pgrant_ops.tenant_add(p_name text, p_issuer text, p_host text, p_path text, p_title text default null)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_tenant_id uuid := gen_random_uuid();
begin
  if exists (select from pgrant.issuers i where i.name || '' = p_name) then
    raise exception 'there is a tenant named % already', p_name using errcode = 'OA002',
      hint = 'choose another name';
  elsif exists (select from pgrant.issuers i where i.host || '' = p_host and i.path = p_path) then
    raise exception 'the issuer % belongs to another tenant', p_issuer using errcode = 'OA002',
      hint = 'choose another host or path';
  elsif p_name !~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' then
    raise exception 'the tenant name % is not valid', p_name using errcode = 'OA003',
      hint = 'use 1 to 63 lower-case letters, digits and inner hyphens';
  elsif pgrant.issuer_fault(p_issuer, p_host, p_path) is not null then
    raise exception 'the issuer % %', p_issuer, pgrant.issuer_fault(p_issuer, p_host, p_path) using errcode = 'OA003',
      hint = 'as published: https, lower-case host, no slash at the end (RFC 8414 2)';
  end if;
  -- As text, so that Citus knows where it is to be done.
  execute format('select * from pgrant_rules.tenant_make(%L, %L, %L, %L, %L, %L)', v_tenant_id, p_name, p_issuer,
                 coalesce(p_title, p_name), p_host, p_path);
  return v_tenant_id;
end
$$;

comment on function pgrant_ops.tenant_add(text, text, text, text, text) is
  'Makes a tenant with the standard scopes of OpenID Connect. Its signing keys are made by the worker within a minute, or at once by the command line. Returns its id. Raises OA002, OA003.';

create function pgrant_ops.tenant_list()
returns table (tenant_id uuid, name text, issuer text, disabled_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select i.tenant_id, i.name, i.issuer, i.disabled_at from pgrant.issuers i order by i.name;
end
$$;

comment on function pgrant_ops.tenant_list() is 'All tenants, by name. May be null: disabled_at.';

create function pgrant_ops.tenant_show(p_tenant uuid) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return (select to_jsonb(t) - array['decoy_salt', 'pairwise_salt', 'logo_kept'] from pgrant.tenants t where t.tenant_id = p_tenant);
end
$$;

comment on function pgrant_ops.tenant_show(uuid) is 'The settings of a tenant; lifetimes in seconds. Raises OA001.';

create function pgrant_rules.signing_algs_check(p_tenant uuid) returns void
language plpgsql
as $$
declare
  v_user text;
  v_alg text;
begin
  select u.name, u.alg into v_user, v_alg
    from pgrant.tenants t
   cross join lateral (
     select 'client ' || c.client_id, a.alg
       from pgrant.clients c
      cross join unnest(array[c.id_token_alg, c.userinfo_alg, c.access_token_alg, c.authorization_alg, c.introspection_alg]) a (alg)
      where c.tenant_id = p_tenant
      union all
     select 'resource ' || r.resource, r.access_token_alg from pgrant.resources r where r.tenant_id = p_tenant) u (name, alg)
   where t.tenant_id = p_tenant and u.alg <> all (t.signing_algs)
   limit 1;
  if found then
    raise exception 'signing_algs must have %, by which tokens of % are signed', v_alg, v_user using errcode = 'OA003';
  end if;
end
$$;

comment on function pgrant_rules.signing_algs_check(uuid) is
  'Raises OA003 where a client or a resource has tokens signed by what the tenant does not offer any more.';

create function pgrant_ops.tenant_set(p_tenant uuid, p_settings jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_title text;
begin
  perform pgrant_rules.administer(p_tenant);
  -- preset stands for several (tenant_presets).
  p_settings := pgrant_rules.preset_settings(p_settings);
  perform pgrant_rules.settings_write('update pgrant.tenants t set (%1$s) = row(%2$s) where t.tenant_id = $1',
                                      'tenants', p_settings, p_tenant);
  if p_settings ? 'signing_algs' then
    perform pgrant_rules.signing_algs_check(p_tenant);
    perform pgrant_rules.keys_retire(p_tenant);
  end if;
  if p_settings ? 'claims_function' then
    perform pgrant_rules.claims_function_check(p_tenant);
  end if;
  perform pgrant_rules.resource_claims_check(p_tenant);
  if p_settings ? 'audience' then
    -- What whoever configures a server could not type again.
    if pgrant.text_sound(p_settings ->> 'audience') is false or p_settings ->> 'audience' <> btrim(p_settings ->> 'audience') then
      perform pgrant_rules.setting_refuse('audience', 'text of 1 to 512 characters that can be seen, without spaces at the ends',
                                          p_settings -> 'audience');
    end if;
    perform pgrant_rules.tenant_audience_check(p_tenant);
  end if;
  if p_settings ? 'title' then
    v_title := (select t.title from pgrant.tenants t where t.tenant_id = p_tenant);
    perform pgrant_rules.catalogue_title(p_tenant, v_title);
  end if;
  perform pgrant_rules.audit(p_tenant, 'tenant.set', null, null, null, p_detail => p_settings);
  return pgrant_ops.tenant_show(p_tenant);
end
$$;

comment on function pgrant_ops.tenant_set(uuid, jsonb) is
  'Changes settings of a tenant, given as {setting: value} (see setting_list); preset stands for several (tenant_presets). The others stay, null takes one back. Returns all settings. Raises OA001, OA003.';

create function pgrant_ops.tenant_disable(p_tenant uuid, p_disabled boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_at constant timestamptz := now();
  v_action text := case when p_disabled then 'tenant.disable' else 'tenant.enable' end;
  v_disabled_at timestamptz;
begin
  perform pgrant_rules.administer(p_tenant);
  update pgrant.tenants t
     set disabled_at = case when p_disabled then coalesce(t.disabled_at, v_at) end
   where t.tenant_id = p_tenant
  returning t.disabled_at into v_disabled_at;
  perform pgrant_rules.catalogue_disable(p_tenant, v_disabled_at);
  perform pgrant_rules.tenant_remember(p_tenant, v_action);
  perform pgrant_rules.audit(p_tenant, v_action, null, null, null);
end
$$;

comment on function pgrant_ops.tenant_disable(uuid, boolean) is
  'Disables a tenant (every endpoint refuses at once) or enables it again; repeating it changes nothing. Raises OA001.';
