-- What operators call: who reads the reports.

create function pgrant_ops.auditor_add(p_role text, p_tenant uuid default null) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from pg_catalog.pg_roles r where r.rolname = p_role) then
    raise exception 'the database has no role %', p_role using errcode = 'OA001',
      hint = format('a DBA makes it: create role %I login', p_role);
  elsif p_role like 'pgrant\_%' then
    raise exception 'what % may do is fixed', p_role
      using errcode = 'OA003', hint = 'add the role of a person or of a program that reads reports';
  elsif p_tenant is not null and exists (
      select from pg_catalog.pg_roles r
       where r.rolname = p_role and (r.rolbypassrls or pg_has_role(r.oid, 'pgrant_owner', 'MEMBER'))) then
    raise exception 'no policy binds %', p_role
      using errcode = 'OA003', hint = 'a superuser, a role with BYPASSRLS or a member of pgrant_owner sees every tenant';
  end if;
  if exists (select from pgrant.auditors a where a.role_name = p_role) then
    perform pgrant_ops.auditor_remove(p_role);
  end if;
  if p_tenant is not null then
    execute format('select * from pgrant_rules.catalogue_audit(%L, %L, %L)', p_tenant, 'auditor.add',
                   jsonb_build_object('role', p_role));
  end if;
  perform pgrant_rules.catalogue_auditor(p_role, p_tenant, true);
  return pg_has_role(p_role::name, 'pgrant_auditor', 'MEMBER');
end
$$;

comment on function pgrant_ops.auditor_add(text, uuid) is
  'Lets a role of the database read the reports of one tenant, or of all (p_tenant null); what it could read before is replaced. Returns whether the role is a member of pgrant_auditor, without which it reads nothing: no function of ours hands out memberships, a DBA does by "grant pgrant_auditor to <role>". Raises OA001, OA003.';

create function pgrant_ops.auditor_remove(p_role text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_tenant_id uuid;
begin
  select a.tenant_id into v_tenant_id from pgrant.auditors a where a.role_name = p_role;
  if not found then
    raise exception 'there is no auditor %', p_role
      using errcode = 'OA001', hint = 'list the auditors: select * from pgrant_ops.auditor_list()';
  end if;
  perform pgrant_rules.catalogue_auditor(p_role, v_tenant_id, false);
  if v_tenant_id is not null then
    execute format('select * from pgrant_rules.catalogue_audit(%L, %L, %L)', v_tenant_id, 'auditor.remove',
                   jsonb_build_object('role', p_role));
  end if;
end
$$;

comment on function pgrant_ops.auditor_remove(text) is
  'The role reads no more rows from now on, whatever it is a member of. Raises OA001.';

create function pgrant_ops.auditor_list()
returns table (role text, tenant text, member boolean, created_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  -- One by one, for Citus makes one query of tables of both kinds: PostgreSQL's own and ours.
  for role, tenant, created_at in
    select a.role_name::text, i.name, a.created_at
      from pgrant.auditors a
      left join pgrant.issuers i on i.tenant_id = a.tenant_id
     order by a.role_name
  loop
    member := exists (select from pg_catalog.pg_roles r where r.rolname = role and pg_has_role(r.oid, 'pgrant_auditor', 'MEMBER'));
    return next;
  end loop;
end
$$;

comment on function pgrant_ops.auditor_list() is
  'Who may read the reports: of which tenant (null = of all), and whether the role is a member of pgrant_auditor yet.';
