-- Writing what is the same for all tenants. Owned by the cataloguer, who sees nothing of what they have.

create function pgrant_rules.catalogue_add(
  p_tenant uuid, p_name text, p_issuer text, p_title text, p_host text, p_path text, p_disabled_at timestamptz
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  insert into pgrant.issuers (tenant_id, name, issuer, title, host, path, disabled_at)
  values (p_tenant, p_name, p_issuer, p_title, p_host, p_path, p_disabled_at);
end
$$;

comment on function pgrant_rules.catalogue_add(uuid, text, text, text, text, text, timestamptz) is
  'Adds a tenant to the catalogue; p_disabled_at null = requests find it from the commit on.';

create function pgrant_rules.catalogue_title(p_tenant uuid, p_title text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  update pgrant.issuers i set title = p_title where i.tenant_id = p_tenant and i.title <> p_title;
end
$$;

comment on function pgrant_rules.catalogue_title(uuid, text) is 'Keeps the title of a tenant in the catalogue what it is in pgrant.tenants.';

create function pgrant_rules.catalogue_disable(p_tenant uuid, p_disabled_at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  update pgrant.issuers i set disabled_at = p_disabled_at where i.tenant_id = p_tenant;
end
$$;

comment on function pgrant_rules.catalogue_disable(uuid, timestamptz) is 'Has every endpoint of a tenant refuse since then; null = answer.';

create function pgrant_rules.catalogue_remove(p_tenant uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  delete from pgrant.issuers i where i.tenant_id = p_tenant;
end
$$;

comment on function pgrant_rules.catalogue_remove(uuid) is 'Takes a tenant out of the catalogue, and those who audit it alone out of the auditors.';

create function pgrant_rules.auditors_changed() returns void
language plpgsql
as $$
begin
  -- On this node alone, where there are several: Citus keeps no plan of a tenant's tables.
  perform set_config('citus.enable_ddl_propagation', 'off', true);
  -- Changing the function's entry in the catalog makes PostgreSQL throw away every plan that it is in, in every session.
  lock table pgrant.auditors in share update exclusive mode;
  grant execute on function pgrant.audited_tenant() to pgrant_auditor;
  perform set_config('citus.enable_ddl_propagation', 'on', true);
end
$$;

comment on function pgrant_rules.auditors_changed() is
  'Has whatever auditors have prepared planned anew, once the transaction is committed. After every change of pgrant.auditors.';

create function pgrant_rules.catalogue_auditor(p_role text, p_tenant uuid, p_audits boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if p_audits then
    insert into pgrant.auditors (role_name, tenant_id) values (p_role, p_tenant);
  else
    delete from pgrant.auditors a where a.role_name = p_role;
  end if;
  perform pgrant_rules.auditors_changed();
end
$$;

comment on function pgrant_rules.catalogue_auditor(text, uuid, boolean) is
  'Makes a role an auditor of a tenant, or of all (null), or of none any more.';

create function pgrant_rules.catalogue_audit(p_tenant uuid, p_action text, p_detail jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.audit(p_tenant, p_action, null, null, null, p_detail => p_detail);
end
$$;

comment on function pgrant_rules.catalogue_audit(uuid, text, jsonb) is
  'Records in the audit of a tenant, on its node, what the cataloguer changed. Called as text that says the tenant, so that Citus knows where. Raises OA001.';

create function pgrant_rules.tenants_audit(p_tenant uuid, p_action text, p_detail jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_tenant uuid;
begin
  for v_tenant in select i.tenant_id from pgrant.issuers i where p_tenant is null or i.tenant_id = p_tenant order by i.tenant_id loop
    execute format('select * from pgrant_rules.catalogue_audit(%L, %L, %L)', v_tenant, p_action, p_detail);
  end loop;
  perform set_config('pgrant.tenant', '', true);
end
$$;

comment on function pgrant_rules.tenants_audit(uuid, text, jsonb) is
  'Records what the cataloguer changed in the audit of a tenant, or where p_tenant is null of each, which it concerns.';
