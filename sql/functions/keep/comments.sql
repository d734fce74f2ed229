-- Comments that mean the same wherever they are, on tables of all migrations: a table says itself only what is its own.

do $$
declare
  v_schema record;
begin
  for v_schema in
    select n.nspname as name, w.meaning
      from (values
        ('pgrant', 'The tables, and what their checks and policies ask.'),
        ('pgrant_api', 'What the web process may call: one function is one decision.'),
        ('pgrant_ops', 'What operators and the worker may call.'),
        ('pgrant_release', 'What the last release was, and the migrations that were applied.'),
        ('pgrant_report', 'What auditors and DBAs read.'),
        ('pgrant_resource', 'What policies of resource servers in this database may call.'),
        ('pgrant_rules', 'What pgrant_api and pgrant_ops share: nobody else may call it.')) w (name, meaning)
      join pg_catalog.pg_namespace n on n.nspname = w.name
     where pg_catalog.obj_description(n.oid, 'pg_namespace') is null
  loop
    execute format('comment on schema %I is %L', v_schema.name, v_schema.meaning);
  end loop;
end
$$;

comment on table pgrant_release.versions is 'Migrations that were applied, in the order of their numbers.';
comment on column pgrant_release.versions.version is 'Number of the migration.';
comment on column pgrant_release.versions.name is 'Its name; null = before the first.';
comment on column pgrant_release.versions.md5 is 'MD5 of its file: one that was applied is never changed.';
comment on column pgrant_release.versions.run_at is 'When it was applied.';
comment on index pgrant_release.versions_pkey is 'A migration is applied once.';
comment on table pgrant_release.released is 'One row: the last release.';
comment on column pgrant_release.released.hash is 'SHA-256 of every file of sql: a release of the same changes nothing.';
comment on column pgrant_release.released.at is 'When it was released.';
comment on column pgrant_release.released.login is 'The role that had logged in to release.';

do $$
declare
  v_policy record;
begin
  for v_policy in
    select p.polname as name, p.polrelid::regclass as policed, w.meaning
      from (values
        ('tenant_isolation', 'The functions reach rows of the tenant that the transaction has entered, and no others.'),
        ('audited', 'Auditors read the rows of the tenant that pgrant.auditors says, or of all.'),
        ('expired_seen', 'The janitor finds rows that are past their expiry, and no others.'),
        ('expired_locked', 'The janitor locks them; no row passes the check, so it changes none.'),
        ('expired_deleted', 'The janitor deletes them.'),
        ('outlived_seen', 'The janitor finds versions that ended longer ago than they are kept.'),
        ('outlived_deleted', 'The janitor deletes them.'),
        ('removed_seen', 'The janitor finds what is left of a tenant that was removed in the transaction.'),
        ('removed_deleted', 'The janitor deletes it.'),
        ('sealer_seen', 'The sealer reads it of every tenant.'),
        ('sealer_appended', 'The sealer appends to the chain of every tenant.'),
        ('sealer_moved', 'The sealer keeps the last seal of every tenant.'),
        ('sealing_audited', 'Every auditor reads how far sealing is.'),
        ('sealing_made', 'The release makes the one row.'),
        ('sealing_moved', 'The sealer says how far it came.'),
        ('sealing_seen', 'The functions read how far sealing is.'),
        ('catalogue', 'The functions find a tenant before they enter it.'),
        ('catalogue_kept', 'The cataloguer adds, changes and removes the entry of every tenant.'),
        ('auditors_kept', 'The cataloguer says who audits what.'),
        ('rotation_seen', 'The janitor sees which tenants are due a signing key.'),
        ('recheck_seen', 'The janitor sees which accounts an upstream is to be asked about again.'),
        ('logo_seen', 'The janitor sees which logos are named and when they are due.'),
        ('checkpoint_seen', 'The janitor sees which chains have grown since they were signed.'),
        ('catalogue_sealed', 'The sealer finds every tenant.'),
        ('catalogue_seen', 'The janitor finds every tenant.'),
        ('own_seen', 'Auditors read what is said of themselves.'),
        ('pending_seen', 'The janitor sees which tenants have something to deliver.'),
        ('plans_audited', 'Every auditor reads the plans.'),
        ('plans_changed', 'Operators change a plan, within what lifetimes and the audit need.'),
        ('plans_kept', 'The cataloguer reads the plans that an operator changes.'),
        ('plans_seen', 'Whoever makes and drops partitions reads the plans.'),
        ('plans_written', 'A migration adds the plan of its table.'),
        ('unsealed_seen', 'The janitor sees which tenants have refusals to record.'),
        ('schedules_audited', 'Auditors of all tenants read when tasks are due.'),
        ('schedules_kept', 'The release fills in the tasks.'),
        ('schedules_seen', 'The functions read when tasks are due.'),
        ('runs_audited', 'Auditors of all tenants read what tasks did.'),
        ('runs_kept', 'The functions record what tasks did.'),
        ('dead_seen', 'The janitor finds families that are over, and those whose replay window is.'),
        ('dead_locked', 'The janitor locks families that are over; it changes none.'),
        ('dead_deleted', 'The janitor deletes families that are over.'),
        ('replay_closed', 'The janitor erases the salt of the successor where its window is over, and changes nothing else.'),
        ('gone_seen', 'The janitor finds versions of a person who was removed, at the tenant that the transaction has entered.'),
        ('gone_renamed', 'The janitor puts the user_id in the place of their username, and nothing else.'),
        ('known', 'The janitor asks whether a person is there, at the tenant that the transaction has entered.'),
        ('live_seen', 'The janitor sees which webhooks are not disabled.')) w (name, meaning)
      join pg_catalog.pg_policy p on p.polname = w.name
      join pg_catalog.pg_class c on c.oid = p.polrelid
     where c.relnamespace = 'pgrant'::regnamespace and not c.relispartition
       and pg_catalog.obj_description(p.oid, 'pg_policy') is null
  loop
    execute format('comment on policy %I on %s is %L', v_policy.name, v_policy.policed, v_policy.meaning);
  end loop;
end
$$;

-- Indexes whose names say what they are for: keys, versions that cannot overlap, what the janitor looks for.
do $$
declare
  v_index record;
begin
  for v_index in
    select c.oid::regclass as name,
           case when i.indisprimary then 'Finds a row by its key: '
                  || (select string_agg(a.attname, ', ' order by a.attnum) from pg_catalog.pg_attribute a where a.attrelid = c.oid) || '.'
                when i.indisexclusion then 'Versions of one thing never overlap.'
                when c.relname like '%\_upper\_idx' then
                  'Versions that ended longer ago than they are kept. An expression, so that no condition of an auditor can use it.'
                when c.relname like '%\_expires\_at' then
                  'Rows that are past their expiry. An expression, so that no condition of an auditor can use it.'
           end as meaning
      from pg_catalog.pg_index i
      join pg_catalog.pg_class c on c.oid = i.indexrelid and not c.relispartition
     where c.relnamespace = 'pgrant'::regnamespace and pg_catalog.obj_description(c.oid, 'pg_class') is null
  loop
    continue when v_index.meaning is null;
    execute format('comment on index %s is %L', v_index.name, v_index.meaning);
  end loop;
end
$$;
