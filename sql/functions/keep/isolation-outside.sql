-- Who stands above the rules, and what others have beside the tables by which rows are read or written past the policies.

create function pgrant_report.privileged_logins()
returns table (login text, role text, how text, means text, expected boolean)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  -- In a query of its own: Citus would plan what the catalog is asked for together with the table, and refuse it.
  v_releases constant text := (select r.login from pgrant_release.released r);
  v_before_16 constant boolean := current_setting('server_version_num')::integer < 160000;
begin
  return query
  with above (role, means) as (values
    ('pgrant_owner', 'owns the tables, and becomes any of the others'),
    ('pgrant_definer', 'owns the functions'),
    ('pgrant_cataloguer', 'says which tenants there are, and who audits them'),
    ('pgrant_janitor', 'deletes what it calls expired'),
    ('pgrant_sealer', 'reads the audit of every tenant')
  ), logins as (
    -- Roles of ours are members of none but as roles.sql says, or isolation_faults() has them.
    select r.oid, r.rolname::text as name, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolreplication
      from pg_roles r
     where r.rolcanlogin and r.rolname not like 'pgrant\_%'
  )
  select l.name, null::text, 'superuser', 'does anything', true
    from logins l where l.rolsuper
  union all
  select l.name, null, 'bypassrls', 'is bound by no policy, on the tables where it has a right', true
    from logins l where l.rolbypassrls and not l.rolsuper
  union all
  select l.name, null, 'replication', 'copies the whole server, or every row that changes', true
    from logins l where l.rolreplication and not l.rolsuper
  union all
  select l.name, x.role, 'member', 'does on the machine what the server may', true
    from logins l
    join (values ('pg_execute_server_program'), ('pg_read_server_files'), ('pg_write_server_files')) x (role)
      on pg_has_role(l.oid, to_regrole(x.role), 'MEMBER')
   where not l.rolsuper
  union all
  -- Until PostgreSQL 16 whoever makes roles gives itself any of them.
  select l.name, null, 'createrole', 'makes itself a member of any role', true
    from logins l where l.rolcreaterole and not l.rolsuper and v_before_16
  union all
  select l.name, a.role, m.how, a.means,
         coalesce(l.name = v_releases, false) or m.how = 'admin option' and l.rolcreaterole
    from logins l
   cross join above a
   cross join lateral (
     select case when pg_has_role(l.oid, to_regrole(a.role), case when v_before_16 then 'MEMBER' else 'SET, USAGE' end) then 'member'
                 when pg_has_role(l.oid, to_regrole(a.role), 'MEMBER WITH ADMIN OPTION') then 'admin option' end as how) m
   where not l.rolsuper and m.how is not null;
end
$$;

comment on function pgrant_report.privileged_logins() is
  'Which logins of the server stand above the rules that bind the others: a row for each that may do anything (role null), and for each role that decides about tenants which a login may become, directly or by way of other roles. how: superuser, bypassrls (dumps are made so), replication (standbys and copies of the whole server), createrole (before PostgreSQL 16), member (of the role, of ours or of those by which PostgreSQL lets files and programs of the machine be used), or admin option (makes itself a member). expected: whether it is a superuser''s or a role maker''s by what they are, or that of the login that released last; what is not is a row of isolation_faults(). Roles belong to the whole server, so a login that releases another database of it is here, too.';

create function pgrant_report.outside_access()
returns table (kind text, object text, owner text, means text, remark text, expected boolean)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  -- In a query of its own, as in privileged_logins().
  v_releases constant text := (select r.login from pgrant_release.released r);
begin
  return query
  with t as (
    select c.oid from pg_class c where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p')
  ), f as (
    select p.oid, p.proowner, p.prosecdef, r.rolname, r.rolsuper, r.rolbypassrls, w.makes_up,
           -- By a name, by a path, or by what a statement is made up of.
           w.says ~* '\mpgrant(_[a-z]+)?"?\.' or w.says ~* ('search_path[^;]*\m' || w.schemas || '\M')
             or w.makes_up and w.says ~* ('\W' || w.schemas || '\W') as names_ours,
           p.prosqlbody is null and l.lanname not in ('c', 'internal') and not w.says ~* '\msearch_path=' as any_path,
           exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee <> p.proowner) as for_others
      from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace
      join pg_roles r on r.oid = p.proowner
      join pg_language l on l.oid = p.prolang
     cross join lateral (
       select concat_ws(' ', p.prosrc, pg_get_function_sqlbody(p.oid), array_to_string(p.proconfig, ' ')) as says,
              'pgrant(_(rules|api|ops|report|resource|release))?' as schemas,
              l.lanname = 'plpgsql' and p.prosrc ~* '\mexecute\M'
                or l.lanname in ('sql', 'plpgsql') and p.prosrc ~* '\m((query|table|schema|database|cursor)_to_xml|dblink)'
                or l.lanname not in ('c', 'internal', 'sql', 'plpgsql') as makes_up) w
     where n.nspname not like 'pgrant%' and n.nspname not in ('pg_catalog', 'graphile_worker')
       and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  ), o (kind, object, owner, means, remark, expected) as (
    select 'publication', p.pubname::text, p.pubowner, 'hands on each row that changes, past the policies',
           obj_description(p.oid, 'pg_publication'), false
      from pg_publication p
     where p.puballtables
        or exists (select from pg_publication_rel l where l.prpubid = p.oid and l.prrelid in (select t.oid from t))
        or exists (select from pg_publication_namespace s where s.pnpubid = p.oid and s.pnnspid = 'pgrant'::regnamespace)
    union all
    select 'subscription', s.subname::text, s.subowner, 'writes what it gets from elsewhere, past functions and policies',
           obj_description(s.oid, 'pg_subscription'), false
      from pg_subscription s
     where exists (select from pg_subscription_rel l where l.srsubid = s.oid and l.srrelid in (select t.oid from t))
    union all
    select 'event trigger', e.evtname::text, f.proowner, 'runs ' || f.oid::regprocedure || ' as whoever changes a schema, in a release too',
           obj_description(e.oid, 'pg_event_trigger'), f.rolsuper or f.rolname = v_releases
      from pg_event_trigger e join f on f.oid = e.evtfoid
     where e.evtenabled <> 'D'
    union all
    -- Of those who may do more than ask, what names nothing of ours is their own business, but told where it may come to ask ours.
    select 'function', f.oid::regprocedure::text, f.proowner,
           case when f.rolname like 'pgrant\_%' or f.names_ours then 'runs as its owner for others'
                when f.makes_up then 'runs as its owner for others, and makes up when it runs what it asks'
                else 'runs as its owner for others, and finds names where its caller says: it has no search_path' end,
           obj_description(f.oid, 'pg_proc'), not (f.rolname like 'pgrant\_%' or f.names_ours)
      from f
     where f.prosecdef and f.for_others
       and (f.rolname like 'pgrant\_%'
            or (f.names_ours or f.makes_up or f.any_path) and (f.rolsuper or f.rolbypassrls)
            or f.names_ours
               and exists (select from pg_roles r
                            where r.rolname like 'pgrant\_%' and pg_has_role(f.proowner, r.oid, 'USAGE')
                              and r.rolname not in ('pgrant_product', 'pgrant_resource_server', 'pgrant_claims')))
  )
  select o.kind, o.object, o.owner::regrole::text, o.means, o.remark, o.expected or coalesce(o.remark like 'pgrant: %', false) from o;
end
$$;

comment on function pgrant_report.outside_access() is
  'What others have in this database by which rows of ours are read or written past the policies: publications and subscriptions with our tables; event triggers that run as whoever releases; functions that run as their owner for others, of a role of ours, or that name a schema of ours (in a statement that is made up, or as search_path, too) and are of somebody whom no policy binds, of an auditor or of an operator; of somebody whom no policy binds also those whose text does not say what they ask: it is made up when they run, or found by the search_path of the caller. expected: whether it is meant so, as its comment says that begins with "pgrant: " (comment on publication cdc is ''pgrant: feeds the data warehouse''), or nobody can tell (an event trigger of a superuser or of the login of the release, a function that names nothing of ours); what is not is a row of isolation_faults(). remark is the comment, and may be null. What belongs to an extension is left out.';
