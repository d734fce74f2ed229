-- Whether the catalog still says what isolates tenants. The rest of the proof is npm run prove-isolation.

create function pgrant_report.stranger_faults() returns table (rule text, object text)
language plpgsql stable set search_path = pg_catalog, pg_temp set quote_all_identifiers = off
as $$
begin
  return query
  with s as (
    select n.oid, n.nspname from pg_namespace n where n.nspname like 'pgrant%'
  ), o as (
    select c.oid::regclass::text as name, c.relowner as owner, c.relacl as acl
      from s join pg_class c on c.relnamespace = s.oid and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    union all
    select c.oid::regclass || '.' || a.attname, c.relowner, a.attacl
      from s
      join pg_class c on c.relnamespace = s.oid
      join pg_attribute a on a.attrelid = c.oid and a.attacl is not null and not a.attisdropped
    union all
    select p.oid::regprocedure::text, p.proowner, p.proacl from s join pg_proc p on p.pronamespace = s.oid
  ), r as (
    select r.oid from pg_roles r where r.rolname like 'pgrant\_%'
  )
  select 'everything of ours is owned by a role of ours', o.name from o where o.owner not in (select r.oid from r)
  union all
  select distinct 'nobody but roles of ours has a right on anything of ours', o.name
    from o cross join aclexplode(o.acl) a
   where a.grantee <> 0 and a.grantee <> o.owner and a.grantee not in (select r.oid from r)
  union all
  select 'every policy is for a role of ours', c.oid::regclass || ': ' || p.polname
    from s
    join pg_class c on c.relnamespace = s.oid
    join pg_policy p on p.polrelid = c.oid
   where not p.polroles <@ array(select r.oid from r)
  union all
  -- It reads as its owner, or as whoever was let to it.
  select distinct 'no view of others reads a table of ours', v.oid::regclass || ' of ' || c.oid::regclass
    from s
    join pg_class c on c.relnamespace = s.oid and c.relkind in ('r', 'p')
    join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.classid = 'pg_rewrite'::regclass
    join pg_rewrite w on w.oid = d.objid
    join pg_class v on v.oid = w.ev_class and v.relkind in ('v', 'm') and v.relnamespace not in (select s.oid from s)
  union all
  select 'nothing of others passes the policies by, but what its comment says is meant to ("pgrant: …")', o.kind || ' ' || o.object
    from pgrant_report.outside_access() o where not o.expected
  union all
  select distinct 'nobody is given a right on what will be made',
         format('%s, in %s', d.defaclrole::regrole, coalesce(s.nspname, 'all schemas'))
    from pg_default_acl d
   cross join aclexplode(d.defaclacl) a
    left join s on s.oid = d.defaclnamespace
   where (s.oid is not null or d.defaclrole in (select r.oid from r)) and a.grantee <> d.defaclrole
     -- Everybody may call functions and use types by default; a release takes that back.
     and not (a.grantee = 0 and d.defaclobjtype in ('f', 'T'))
  union all
  select 'nobody but superusers, makers of roles and the login of the release becomes a role that decides about tenants',
         format('%s: %s of %s', l.login, l.how, l.role)
    from pgrant_report.privileged_logins() l where not l.expected;
end
$$;

comment on function pgrant_report.stranger_faults() is
  'The part of isolation_faults() that is about roles of others: what they own or may do past the functions, now or by default privileges, policies for them, views of theirs, what else of theirs passes the policies by (outside_access), and which of them become a role of ours (privileged_logins) that should not.';

create function pgrant_report.table_faults() returns table (rule text, object text)
language plpgsql stable set search_path = pg_catalog, pg_temp set quote_all_identifiers = off
as $$
begin
  return query
  select 'views run with the rights of whoever asks', c.oid::regclass::text
    from pg_class c
   where c.relkind = 'v' and c.relnamespace in (select n.oid from pg_namespace n where n.nspname like 'pgrant%')
     and coalesce(not 'security_invoker=true' = any (c.reloptions), true)
  union all
  -- Citus has some of its own, whose functions are in pg_catalog.
  select 'no table of ours has a trigger or a rule', c.oid::regclass || ': ' || x.name
    from pg_class c
    join (select t.tgrelid, t.tgname::text from pg_trigger t join pg_proc p on p.oid = t.tgfoid
           where not t.tgisinternal and p.pronamespace <> 'pg_catalog'::regnamespace
          union all
          select w.ev_class, w.rulename::text from pg_rewrite w) x (table_oid, name) on x.table_oid = c.oid
   where c.relkind in ('r', 'p') and c.relnamespace in (select n.oid from pg_namespace n where n.nspname like 'pgrant%')
  union all
  select 'foreign keys are enforced, whoever writes', coalesce(nullif(d.setrole, 0)::regrole::text, 'every role')
    from pg_db_role_setting d
   where 'session_replication_role=replica' = any (lower(d.setconfig::text)::text[])
     and d.setdatabase in (0, (select b.oid from pg_database b where b.datname = current_database()))
  union all
  -- For whom nothing else is set.
  select 'foreign keys are enforced, whoever writes', 'the server, or this session'
   where current_setting('session_replication_role') = 'replica'
  union all
  select distinct 'foreign keys are enforced, whoever writes', c.oid::regclass::text
    from pg_class c
    join pg_trigger t on t.tgrelid = c.oid and t.tgisinternal and t.tgenabled in ('D', 'R')
   where c.relnamespace in (select n.oid from pg_namespace n where n.nspname like 'pgrant%')
  union all
  select 'audit events and their seals are only ever appended to, but for those of tenants that are gone',
         c.oid::regclass || ' by ' || r.rolname
    from pg_class c
   cross join pg_roles r
   where c.oid in ('pgrant.audit_events'::regclass, 'pgrant.audit_seals'::regclass) and r.rolname like 'pgrant%'
     and not pg_has_role(r.oid, c.relowner, 'member')
     and (has_any_column_privilege(r.oid, c.oid, 'update') or has_table_privilege(r.oid, c.oid, 'truncate, trigger')
          or has_table_privilege(r.oid, c.oid, 'delete') and r.rolname <> 'pgrant_janitor')
  union all
  select 'audit events and their seals are only ever appended to, but for those of tenants that are gone',
         p.polrelid::regclass || ': ' || p.polname
    from pg_policy p
   where p.polrelid in ('pgrant.audit_events'::regclass, 'pgrant.audit_seals'::regclass)
     and (p.polcmd = 'w' or p.polcmd = 'd' and pg_get_expr(p.polqual, p.polrelid) <> '(tenant_id = pgrant.removed_tenant())'
          or p.polroles && array['pgrant_owner'::regrole::oid, 0]);
end
$$;

comment on function pgrant_report.table_faults() is
  'The part of isolation_faults() that is about what comes between a statement and its rows: views that read as somebody else, triggers, rules, foreign keys that are switched off, rights to change the audit.';

create function pgrant_report.function_faults() returns table (rule text, object text)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  with f as (
    select p.oid::regprocedure::text as name, n.nspname::text as schema, p.proacl, p.proowner, p.proargnames,
           coalesce(p.proargtypes[1] = 'text[]'::regtype, false) as of_sets,
           split_part(p.prosrc, E'\nbegin\n', 2) as statements
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname like 'pgrant%'
  )
  select 'no function is executable by PUBLIC', f.name
    from f cross join aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a where a.grantee = 0
  union all
  -- What policies of other roles ask is asked within functions of ours, which have a path.
  select 'what a policy for auditors asks is looked up where they can put nothing', p.oid::regprocedure::text
    from pg_proc p
   where p.pronamespace = 'pgrant'::regnamespace and p.proconfig is distinct from array['search_path=pg_catalog, pg_temp']
     and exists (select from pg_depend d join pg_policy o on o.oid = d.objid
                  where d.classid = 'pg_policy'::regclass and d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid
                    and o.polroles && array['pgrant_auditor'::regrole::oid, 0])
  union all
  select 'the first statement enters the tenant', f.name
    from f
   where f.proargnames[1] = 'p_tenant'
     and starts_with(f.statements, case f.schema
           when 'pgrant_api' then
             -- Of a set each request has an id and an address of its own: audit_all enters them one by one.
             case when f.of_sets then '  perform pgrant_rules.enter(p_tenant, null, null);'
                  else '  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);' end
           when 'pgrant_ops' then substring(f.statements from '^  perform pgrant_rules.(?:administer|visit)\(p_tenant\);')
           when 'pgrant_resource' then E'  perform pgrant_resource.catch_up();\n  perform pgrant_rules.token_present(p_tenant, '
           else '' end) is not true;
end
$$;

comment on function pgrant_report.function_faults() is
  'The part of isolation_faults that is about functions of ours: who may call them, whether they enter a tenant, and where policies for auditors look things up.';

create function pgrant_report.isolation_faults() returns table (rule text, object text)
language plpgsql stable set search_path = pg_catalog, pg_temp set quote_all_identifiers = off
as $$
begin
  return query select s.* from pgrant_report.stranger_faults() s union all select t.* from pgrant_report.table_faults() t
    union all select f.* from pgrant_report.function_faults() f;
  return query
  with t as (
    select c.oid, c.relname::text as name, c.relispartition, c.relrowsecurity and c.relforcerowsecurity as forced, c.relacl, c.relowner,
           exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id'
                      and c.relname not in ('issuers', 'auditors')) as of_tenants
      from pg_class c where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p')
  )
  select 'row-level security is enabled and forced on every table, partitions too', t.name from t where not t.forced
  union all
  select 'the definer reaches a tenant table by the tenant policy and by nothing else', t.name
    from t
   where t.of_tenants and not t.relispartition
     and (select array_agg(concat_ws('; ', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid),
                                     pg_get_expr(p.polwithcheck, p.polrelid)))
            from pg_policy p where p.polrelid = t.oid and p.polroles && array['pgrant_definer'::regrole::oid, 0])
         is distinct from array['*; t; (tenant_id = pgrant.tenant()); (tenant_id = pgrant.tenant())']
  union all
  select 'a partition is reached through its parent only', t.name
    from t
   where t.relispartition
     and (exists (select from pg_policy p where p.polrelid = t.oid)
          or exists (select from aclexplode(t.relacl) a where a.grantee <> t.relowner))
  union all
  select 'every primary and unique key of a tenant table starts with tenant_id', i.indexrelid::regclass::text
    from t
    join pg_index i on i.indrelid = t.oid and i.indisunique
    left join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
   where t.of_tenants and a.attname is distinct from 'tenant_id'
  union all
  select 'every foreign key starts with tenant_id on both sides and never cascades an update or sets null', k.conname::text
    from pg_constraint k
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    join pg_attribute b on b.attrelid = k.confrelid and b.attnum = k.confkey[1]
   where k.contype = 'f' and k.connamespace = 'pgrant'::regnamespace
     and (a.attname <> 'tenant_id' or b.attname <> 'tenant_id' or k.confupdtype <> 'a' or k.confdeltype in ('n', 'd'));
  return query
  select 'the definer cannot log in', r.rolname::text from pg_roles r where r.rolname = 'pgrant_definer' and r.rolcanlogin
  union all
  select 'no role of ours is above the rules, and none but the owner is member of another', r.rolname::text
    from pg_roles r
   where r.rolname like 'pgrant%'
     and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolinherit
          or r.rolname <> 'pgrant_owner' and exists (select from pg_auth_members m where m.member = r.oid))
  union all
  select 'web, worker, product and resource servers have no right on a table, sequence or column of ours', c.oid::regclass::text
    from pg_class c
    join pg_roles r on r.rolname in ('pgrant_web', 'pgrant_worker', 'pgrant_product', 'pgrant_resource_server')
   where c.relnamespace in (select n.oid from pg_namespace n where n.nspname like 'pgrant%' and n.nspname <> 'pgrant_report')
     and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
     and (c.relkind = 'S' and has_sequence_privilege(r.oid, c.oid, 'usage, select, update')
       or c.relkind <> 'S' and (has_table_privilege(r.oid, c.oid, 'delete, truncate, trigger')
         or has_any_column_privilege(r.oid, c.oid, 'select, insert, update, references')));
end
$$;

comment on function pgrant_report.isolation_faults() is
  'What in the catalog breaks the rules by which tenants are isolated: no row where all are kept. object is the table, view, index, constraint, function or role. Asks the catalog alone, so it says the same to every auditor.';
