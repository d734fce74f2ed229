-- What operators call: who reads the reports.

create function pgrant_ops.auditor_add(p_role text, p_tenant uuid default null) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from pg_catalog.pg_roles r where r.rolname = p_role) then
    raise exception 'the database has no role %', p_role using errcode = 'OA001',
      hint = format('a DBA makes it: create role %I login', p_role);
  elsif p_role like 'pgrant\_%' then
    raise exception 'what % may do is fixed', p_role using errcode = 'OA003',
      hint = 'add the role of a person or of a program that reads reports';
  elsif p_tenant is not null and exists (
      select from pg_catalog.pg_roles r
       where r.rolname = p_role and (r.rolbypassrls or pg_has_role(r.oid, 'pgrant_owner', 'MEMBER'))) then
    raise exception 'no policy binds %', p_role using errcode = 'OA003',
      hint = 'a superuser, a role with BYPASSRLS or a member of pgrant_owner sees every tenant';
  end if;
  if exists (select from pgrant.auditors a where a.role_name = p_role) then
    perform pgrant_ops.auditor_remove(p_role);
  end if;
  perform pgrant_rules.tenants_audit(p_tenant, 'auditor.add', jsonb_strip_nulls(
    jsonb_build_object('role', p_role, 'tenants', case when p_tenant is null then 'all' end)));
  perform pgrant_rules.catalogue_auditor(p_role, p_tenant, true);
  return pg_has_role(p_role::name, 'pgrant_auditor', 'MEMBER');
end
$$;

comment on function pgrant_ops.auditor_add(text, uuid) is
  'Lets a role of the database read the reports of one tenant, or of all (p_tenant null); what it could read before is replaced. Returns whether the role is a member of pgrant_auditor, without which it reads nothing: no function of ours hands out memberships, a DBA does by "grant pgrant_auditor to <role>". An audit event of the tenant, or of each, says so. Raises OA001, OA003.';

create function pgrant_ops.auditor_remove(p_role text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_tenant_id uuid;
begin
  select a.tenant_id into v_tenant_id from pgrant.auditors a where a.role_name = p_role;
  if not found then
    raise exception 'there is no auditor %', p_role using errcode = 'OA001',
      hint = 'list the auditors: select * from pgrant_ops.auditor_list()';
  end if;
  perform pgrant_rules.catalogue_auditor(p_role, v_tenant_id, false);
  perform pgrant_rules.tenants_audit(v_tenant_id, 'auditor.remove', jsonb_strip_nulls(
    jsonb_build_object('role', p_role, 'tenants', case when v_tenant_id is null then 'all' end)));
end
$$;

comment on function pgrant_ops.auditor_remove(text) is
  'The role reads no more rows from now on, whatever it is a member of. An audit event of the tenant that it read, or of each, says so. Raises OA001.';

create function pgrant_rules.role_limits(p_role text, p_setting text) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from pg_catalog.pg_db_role_setting s
     cross join unnest(s.setconfig) c (line)
     where s.setrole in (0, (select r.oid from pg_catalog.pg_roles r where r.rolname = p_role))
       and s.setdatabase in (0, (select d.oid from pg_catalog.pg_database d where d.datname = current_database()))
       and starts_with(c.line, p_setting || '=') and c.line !~ '=0[a-z]*$');
end
$$;

comment on function pgrant_rules.role_limits(text, text) is
  'Whether sessions of a role of the database begin with a limit of that name, such as statement_timeout.';

create function pgrant_rules.auditor_missing(p_role text) returns text[]
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select m.statement
      from (values (1, format('grant pgrant_auditor to %I', p_role), pg_has_role(p_role::name, 'pgrant_auditor', 'MEMBER')),
                   -- A transaction that stays open holds up releases and sealing. What pgrant_auditor is set to binds no member of it.
                   (2, format('alter role %I set statement_timeout = %L', p_role, '5min'),
                    pgrant_rules.role_limits(p_role, 'statement_timeout')),
                   (3, format('alter role %I set idle_in_transaction_session_timeout = %L', p_role, '1min'),
                    pgrant_rules.role_limits(p_role, 'idle_in_transaction_session_timeout'))) m (turn, statement, done)
     where not m.done
     order by m.turn);
end
$$;

comment on function pgrant_rules.auditor_missing(text) is
  'What a DBA has to run yet, so that an auditor''s role reads something, and that what it leaves open ends by itself.';

create function pgrant_ops.auditor_list()
returns table (role text, tenant text, member boolean, missing text[], created_at timestamptz)
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
    member := false;
    missing := array[format('create role %I login', role)];
    if exists (select from pg_catalog.pg_roles r where r.rolname = role) then
      member := pg_has_role(role::name, 'pgrant_auditor', 'MEMBER');
      missing := pgrant_rules.auditor_missing(role);
    end if;
    return next;
  end loop;
end
$$;

comment on function pgrant_ops.auditor_list() is
  'Who may read the reports: of which tenant (null = of all), whether the role is a member of pgrant_auditor yet, and what a DBA has to run: {} = nothing. May be null: tenant.';
