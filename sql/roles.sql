-- The ten roles of pgrant. Run first by every release, as the role that releases. None is a superuser
-- or has BYPASSRLS, so this runs on managed PostgreSQL. Passwords are set by whoever operates the server.

do $$
declare
  v_role record;
begin
  for v_role in
    select r.name, r.login
      from (values ('pgrant_owner', true), ('pgrant_definer', false), ('pgrant_janitor', true),
                   ('pgrant_web', true), ('pgrant_worker', true), ('pgrant_auditor', true),
                   ('pgrant_product', false), ('pgrant_sealer', true), ('pgrant_resource_server', false),
                   ('pgrant_claims', false)) as r (name, login)
     where not exists (select from pg_catalog.pg_roles p where p.rolname = r.name)
  loop
    execute format('create role %I %s noinherit', v_role.name, case when v_role.login then 'login' else 'nologin' end);
  end loop;
end
$$;

comment on role pgrant_owner is 'pgrant: owns schemas and tables; used by the release only';
comment on role pgrant_definer is 'pgrant: owns the functions; reaches one tenant at a time, through the tenant policy; cannot log in';
comment on role pgrant_janitor is 'pgrant: sees and deletes only rows past their expiry, of any tenant';
comment on role pgrant_web is 'pgrant: the web process; may execute pgrant_api and nothing else';
comment on role pgrant_worker is 'pgrant: workers and operators; may execute pgrant_ops';
comment on role pgrant_product is 'pgrant: the product''s backend, as a member; may answer login challenges, of any tenant, and nothing else';
comment on role pgrant_sealer is 'pgrant: sees the audit events of every tenant and appends to their chains of seals; changes and removes nothing';
comment on role pgrant_resource_server is 'pgrant: resource servers that share the database, as members; may execute pgrant_resource in their policies';
comment on role pgrant_claims is 'pgrant: runs the claims functions of tenants; has no right on anything of pgrant''s, and what a DBA gives it besides';
comment on role pgrant_auditor is 'pgrant: people who read pgrant_report';

-- The release acts as owner, definer, janitor, sealer and claims in turn. A role that may release but is no superuser
-- needs SET on them, which PostgreSQL 16 and up does not give to the creator of a role by itself.
do $$
declare
  v_name text;
begin
  foreach v_name in array array['pgrant_owner', 'pgrant_definer', 'pgrant_janitor', 'pgrant_sealer', 'pgrant_claims'] loop
    if not pg_catalog.pg_has_role(current_user, v_name, 'SET') then
      execute format('grant %I to %I', v_name, current_user);
    end if;
  end loop;
exception
  -- PostgreSQL 15 knows no privilege type SET; membership is enough there.
  when invalid_parameter_value then
    foreach v_name in array array['pgrant_owner', 'pgrant_definer', 'pgrant_janitor', 'pgrant_sealer', 'pgrant_claims'] loop
      if not pg_catalog.pg_has_role(current_user, v_name, 'MEMBER') then
        execute format('grant %I to %I', v_name, current_user);
      end if;
    end loop;
end
$$;

do $$
begin
  execute format('grant create, connect, temporary on database %I to pgrant_owner', current_database());
  execute format('grant connect on database %I to pgrant_janitor, pgrant_sealer, pgrant_web, pgrant_worker, pgrant_auditor',
                 current_database());
end
$$;

-- A statement that hangs must not hold a connection, nor the locks of a rotation, for long.
alter role pgrant_web set statement_timeout = '10s';
alter role pgrant_web set lock_timeout = '5s';
alter role pgrant_web set idle_in_transaction_session_timeout = '10s';
-- It finds rows by their keys. A table without statistics is taken for a small one, and would be read whole by plans that are kept
-- while it grows.
alter role pgrant_web set enable_seqscan = off;
alter role pgrant_web set enable_bitmapscan = off;
-- The plans of pgrant_api do not depend on how many requests a set has: planning anew for each call would cost more than the
-- call. Citus has no such plans.
do $$
begin
  if not exists (select from pg_catalog.pg_extension where extname = 'citus') then
    alter role pgrant_web set plan_cache_mode = 'force_generic_plan';
  end if;
end
$$;
alter role pgrant_worker set lock_timeout = '5s';
alter role pgrant_worker set idle_in_transaction_session_timeout = '60s';

-- What pgrant depends on, whatever the server or the database has for defaults. Each session of pgrant sets the same for itself
-- (src/db/session.ts); this is for sessions that a pooler opens. An auditor's session, a person's, keeps what the person likes.
do $$
declare
  v_role text;
  v_setting record;
begin
  foreach v_role in array array['pgrant_owner', 'pgrant_janitor', 'pgrant_sealer', 'pgrant_web', 'pgrant_worker'] loop
    for v_setting in
      select s.name, s.value
        from (values ('datestyle', '''ISO, MDY'''), ('intervalstyle', 'postgres'), ('timezone', '''UTC'''),
                     ('bytea_output', 'hex'), ('extra_float_digits', '1'), ('standard_conforming_strings', 'on'),
                     ('backslash_quote', 'safe_encoding'), ('array_nulls', 'on'), ('transform_null_equals', 'off'),
                     ('default_transaction_isolation', '''read committed'''), ('default_transaction_read_only', 'off'),
                     ('default_transaction_deferrable', 'off'), ('row_security', 'on'),
                     ('search_path', 'pg_catalog, pg_temp')) as s (name, value)
    loop
      execute format('alter role %I set %I = %s', v_role, v_setting.name, v_setting.value);
    end loop;
  end loop;
end
$$;
