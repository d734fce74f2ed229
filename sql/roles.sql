-- The eleven roles of pgrant. Run first by every release, as the role that releases. None is a superuser
-- or has BYPASSRLS, so this runs on managed PostgreSQL. Passwords are set by whoever operates the server.
--
-- Only what is not there yet is changed: roles belong to the whole server, so whoever made them for another database, or the
-- DBA, has done it already, and the release of this one needs no right to. What it may not do it names, to be run by a DBA.
do $$
declare
  v_statement text;
  v_left text[] := '{}';
begin
  for v_statement in
    with made (name, login, acted, comment) as (values
      ('pgrant_owner', true, true, 'pgrant: owns schemas and tables; used by the release only'),
      ('pgrant_definer', false, true, 'pgrant: owns the functions; reaches one tenant at a time, through the tenant policy; cannot log in'),
      ('pgrant_cataloguer', true, true,
       'pgrant: keeps what is the same for all tenants: which there are, and who audits them; sees nothing that they have'),
      ('pgrant_janitor', true, true, 'pgrant: sees and deletes only rows past their expiry, of any tenant'),
      ('pgrant_web', true, false, 'pgrant: the web process; may execute pgrant_api and nothing else'),
      ('pgrant_worker', true, true, 'pgrant: workers and operators; may execute pgrant_ops'),
      ('pgrant_auditor', true, false, 'pgrant: people who read pgrant_report'),
      ('pgrant_product', false, false,
       'pgrant: the product''s backend, as a member; may answer login challenges, of any tenant, and nothing else'),
      ('pgrant_sealer', true, true,
       'pgrant: sees the audit events of every tenant and appends to their chains of seals; changes and removes nothing'),
      ('pgrant_resource_server', false, false,
       'pgrant: resource servers that share the database, as members; may execute pgrant_resource in their policies'),
      ('pgrant_claims', false, true,
       'pgrant: runs the claims functions of tenants; has no right on anything of pgrant''s, and what a DBA gives it besides')
    ), setting (role, name, value) as (
      values
        -- A statement that hangs must not hold a connection, nor the locks of a rotation, for long.
        ('pgrant_web', 'statement_timeout', '10s'),
        ('pgrant_web', 'lock_timeout', '5s'),
        ('pgrant_web', 'idle_in_transaction_session_timeout', '10s'),
        -- It finds rows by their keys. A table without statistics is taken for a small one, and would be read whole by plans
        -- that are kept while it grows.
        ('pgrant_web', 'enable_seqscan', 'off'),
        ('pgrant_web', 'enable_bitmapscan', 'off'),
        ('pgrant_worker', 'lock_timeout', '5s'),
        ('pgrant_worker', 'idle_in_transaction_session_timeout', '60s')
      union all
      -- The plans of pgrant_api do not depend on how many requests a set has: planning anew for each call would cost more than
      -- the call.
      select 'pgrant_web', 'plan_cache_mode', 'force_generic_plan'
       where not exists (select from pg_catalog.pg_extension e where e.extname = 'citus')
      union all
      -- Citus 14.0 makes a new plan of a piece each time that it runs a plan which is kept, and never frees it: a megabyte in two
      -- requests. What is planned anew takes less time there, and leaves nothing behind.
      select r.role, 'plan_cache_mode', 'force_custom_plan'
        from (values ('pgrant_web'), ('pgrant_worker'), ('pgrant_janitor'), ('pgrant_sealer'), ('pgrant_cataloguer')) as r (role)
       where exists (select from pg_catalog.pg_extension e where e.extname = 'citus')
      union all
      -- What a function reads or writes while a query of ours asks it is of the same tenant, on the same node, or on every node.
      select r.role, 'citus.allow_nested_distributed_execution', 'on'
        from (values ('pgrant_web'), ('pgrant_worker'), ('pgrant_janitor'), ('pgrant_sealer'), ('pgrant_cataloguer')) as r (role)
       where exists (select from pg_catalog.pg_extension e where e.extname = 'citus')
      union all
      -- What pgrant depends on, whatever the server or the database has for defaults. Each session of pgrant sets the same for
      -- itself (src/db/session-settings.ts); this is for sessions that a pooler opens. An auditor's session, a person's, keeps
      -- what the person likes.
      select r.role, s.name, s.value
        from (values ('pgrant_owner'), ('pgrant_cataloguer'), ('pgrant_janitor'), ('pgrant_sealer'), ('pgrant_web'),
                      ('pgrant_worker')) as r (role)
       cross join (values ('datestyle', 'ISO, MDY'), ('intervalstyle', 'postgres'), ('timezone', 'UTC'),
                          ('bytea_output', 'hex'), ('extra_float_digits', '1'), ('standard_conforming_strings', 'on'),
                          ('backslash_quote', 'safe_encoding'), ('quote_all_identifiers', 'off'),
                          ('array_nulls', 'on'), ('transform_null_equals', 'off'),
                          ('default_transaction_isolation', 'read committed'), ('default_transaction_read_only', 'off'),
                          ('default_transaction_deferrable', 'off'), ('row_security', 'on'),
                          ('search_path', 'pg_catalog, pg_temp'),
                          -- To compile a statement takes longer than to run it, and a plan that does what enable_seqscan says it
                          -- should not counts as one that takes for ever.
                          ('jit', 'off')) as s (name, value)
    ), login (superuser, privilege) as (
      -- Acting as a role needs SET on it from PostgreSQL 16 on, which its creator is not given; before, membership.
      select r.rolsuper, case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end
        from pg_catalog.pg_roles r where r.rolname = current_user
    )
    select s.statement
      from (
        select 1 as step, format('create role %I %s noinherit', m.name, case when m.login then 'login' else 'nologin' end) as statement
          from made m where to_regrole(m.name) is null
        union all
        select 2, format('comment on role %I is %L', m.name, m.comment)
          from made m where shobj_description(to_regrole(m.name), 'pg_authid') is distinct from m.comment
        union all
        select 3, format(case s.name when 'search_path' then 'alter role %I set %I = %s' else 'alter role %I set %I = %L' end,
                         s.role, s.name, s.value)
          from setting s
         where not exists (
           select from pg_catalog.pg_db_role_setting d
            cross join unnest(d.setconfig) c (pair)
            where d.setrole = to_regrole(s.role) and d.setdatabase = 0
              and lower(split_part(c.pair, '=', 1)) = s.name and split_part(c.pair, '=', 2) = s.value)
        union all
        -- The release acts as these in turn.
        select 4, format('grant %I to %I', m.name, current_user)
          from made m cross join login l
         where m.acted and not l.superuser and pg_has_role(current_user, to_regrole(m.name), l.privilege) is not true
        union all
        -- The owner gives functions away to these, which it makes. It inherits nothing of theirs.
        select 4, format('grant %I to pgrant_owner', m.name)
          from made m cross join login l
         where m.name in ('pgrant_definer', 'pgrant_cataloguer', 'pgrant_janitor', 'pgrant_sealer', 'pgrant_claims')
           and pg_has_role(to_regrole('pgrant_owner'), to_regrole(m.name), l.privilege) is not true
        union all
        -- Citus 14.0.1 does not tell a node that is added: each release says it anew.
        select 5, format('grant %s on database %I to %I', p.privilege, current_database(), p.role)
          from (values ('pgrant_owner', 'create'), ('pgrant_owner', 'connect'), ('pgrant_owner', 'temporary'),
                       ('pgrant_cataloguer', 'connect'), ('pgrant_janitor', 'connect'), ('pgrant_sealer', 'connect'),
                       ('pgrant_web', 'connect'),
                       ('pgrant_worker', 'connect'), ('pgrant_auditor', 'connect')) as p (role, privilege)
         cross join login l
         where l.superuser and exists (select from pg_catalog.pg_extension e where e.extname = 'citus')
            or not exists (
           select from pg_catalog.pg_database d
            cross join aclexplode(d.datacl) a
            where d.datname = current_database() and a.grantee = to_regrole(p.role) and lower(a.privilege_type) = p.privilege)
      ) s
     order by s.step
  loop
    begin
      execute v_statement;
    exception when insufficient_privilege then
      if v_statement like 'create role %' then
        raise exception '% may not make roles, and % is missing: a DBA has to: alter role % createrole',
          current_user, split_part(v_statement, ' ', 3), quote_ident(current_user) using errcode = 'insufficient_privilege';
      end if;
      v_left := v_left || v_statement;
    end;
  end loop;
  if v_left <> '{}' then
    raise exception '% may not do what is left to do, a DBA has to: %', current_user, array_to_string(v_left, '; ')
      using errcode = 'insufficient_privilege';
  end if;
end
$$;
