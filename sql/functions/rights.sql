-- Who owns what and who may call what: the last file, and the only one with rights.

-- Everything was made by the owner of the tables, whom row-level security binds to no row. A function that is called from outside
-- runs as its owner: the definer, which sees the tenant that was entered, or a role that sees one thing of every tenant. Who owns
-- it grants it, so each is given away last.
grant usage, create on schema pgrant_rules to pgrant_claims;
do $$
declare
  v_object record;
  v_role text;
begin
  for v_object in
    with owned (kind, schema, name, signature, of_tenant, owner) as (
      select 'function', p.pronamespace::regnamespace::text, p.proname::text, p.oid::regprocedure::text,
             -- What may be left out says nothing of a node: such a call is handed on to none.
             coalesce(array_position(p.proargnames, 'p_tenant') <= p.pronargs - p.pronargdefaults, false),
             case when p.proname in ('partitions_maintain', 'partitions_make', 'partition_add', 'partitions_past', 'partitions_drop',
                                     'partition_retention', 'partition_plan_change', 'largest_tenant_plan') then 'pgrant_owner'
                  when p.proname in ('catalogue_add', 'catalogue_title', 'catalogue_disable', 'catalogue_remove', 'catalogue_auditor',
                                     'auditors_changed', 'tenant_add', 'auditor_add', 'auditor_remove',
                                     'partition_plan_set', 'audit_retention_set', 'token_presented')
                    or p.oid = 'pgrant_report.review_add(text, text, text, interval, text)'::regprocedure
                  then 'pgrant_cataloguer'
                  when p.proname in ('expired_tables', 'expired_delete', 'expired_grants_delete', 'expired_clients_delete', 'salts_erase',
                                     'backlog_read', 'audit_forget', 'user_forget', 'webhook_due', 'logout_due', 'refusals_due',
                                     'key_due', 'upstream_due', 'logo_due', 'audit_checkpoint_due')
                  then 'pgrant_janitor'
                  when p.proname in ('audit_unsealed', 'audit_uncovered', 'audit_unsealed_since', 'audit_chain_extend', 'audit_adopt',
                                     'audit_seal', 'audit_seal_tenant', 'audit_seal_due', 'audit_archived', 'person_events_find')
                  then 'pgrant_sealer'
                  when p.proname = 'claims_function_call' then 'pgrant_claims'
                  else 'pgrant_definer' end
        from pg_catalog.pg_proc p
       where p.pronamespace in ('pgrant_rules'::regnamespace, 'pgrant_api'::regnamespace, 'pgrant_ops'::regnamespace,
                                 'pgrant_report'::regnamespace)
      union all
      -- A view reads with the rights of whoever asks: it stays the owner's.
      select 'view', c.relnamespace::regnamespace::text, c.relname::text, c.oid::regclass::text, null, null
        from pg_catalog.pg_class c
       where c.relkind = 'v' and c.relnamespace in ('pgrant_rules'::regnamespace, 'pgrant_report'::regnamespace)
    ), caller (name, role) as (values
      -- The worker calls what the definer owns in pgrant_ops, and by name what others own.
      ('partitions_maintain', 'pgrant_worker'), ('expired_tables', 'pgrant_worker'), ('expired_delete', 'pgrant_worker'),
      ('backlog_read', 'pgrant_worker'), ('salts_erase', 'pgrant_worker'), ('audit_seal', 'pgrant_worker'),
      ('audit_seal_tenant', 'pgrant_worker'), ('audit_seal_due', 'pgrant_worker'),
      ('webhook_due', 'pgrant_worker'), ('logout_due', 'pgrant_worker'), ('refusals_due', 'pgrant_worker'),
      ('key_due', 'pgrant_worker'), ('upstream_due', 'pgrant_worker'), ('logo_due', 'pgrant_worker'),
      ('audit_checkpoint_due', 'pgrant_worker'),
      -- What one owner of functions asks of another.
      ('tenant_add', 'pgrant_worker'), ('tenant_make', 'pgrant_cataloguer'), ('auditor_add', 'pgrant_worker'),
      ('auditor_remove', 'pgrant_worker'), ('partition_plan_set', 'pgrant_worker'), ('audit_retention_set', 'pgrant_worker'),
      ('catalogue_audit', 'pgrant_cataloguer'), ('tenants_audit', 'pgrant_cataloguer'),
      ('review_enter', 'pgrant_cataloguer'), ('reviewer', 'pgrant_cataloguer'),
      ('audit_months', 'pgrant_cataloguer'), ('length_of_time', 'pgrant_cataloguer'),
      ('catalogue_add', 'pgrant_definer'), ('catalogue_title', 'pgrant_definer'), ('catalogue_disable', 'pgrant_definer'),
      ('catalogue_remove', 'pgrant_definer'), ('catalogue_auditor', 'pgrant_definer'),
      ('token_presented', 'pgrant_definer'), ('token_judge', 'pgrant_cataloguer'),
      ('on_several_nodes', 'pgrant_janitor'), ('on_several_nodes', 'pgrant_sealer'),
      ('outside_partitions', 'pgrant_janitor'), ('batch_delete', 'pgrant_janitor'), ('expired_rows', 'pgrant_janitor'),
      ('expired_oldest', 'pgrant_janitor'), ('expired_found', 'pgrant_janitor'), ('family_blocks', 'pgrant_janitor'),
      ('client_expiry_remember', 'pgrant_janitor'), ('grant_expiries_remember', 'pgrant_janitor'), ('audit_forget', 'pgrant_definer'),
      ('user_forget', 'pgrant_definer'), ('partition_retention', 'pgrant_cataloguer'), ('partition_plan_change', 'pgrant_cataloguer'),
      ('claims_function_call', 'pgrant_definer'), ('audit_event_text', 'pgrant_sealer'), ('audit_time', 'pgrant_sealer'),
      ('audit_digest', 'pgrant_sealer'), ('audit_seal_text', 'pgrant_sealer'), ('audit_root', 'pgrant_sealer'),
      ('audit_entries', 'pgrant_sealer'),
      -- What a report is made of.
      ('reviewable', 'pgrant_auditor'), ('person_events_find', 'pgrant_definer'),
      -- The product's backend, which signs people in, is a member of this role, because a release drops what is granted to others.
      ('login_show', 'pgrant_product'), ('login_accept', 'pgrant_product'), ('login_reject', 'pgrant_product')
    )
    select o.kind, o.signature, o.owner,
           (o.schema in ('pgrant_api', 'pgrant_ops') and o.owner = 'pgrant_definer' and o.of_tenant
            or o.name in ('client_expiry_remember', 'grant_expiries_remember', 'audit_seal_tenant', 'tenant_make', 'catalogue_audit',
                           'review_enter', 'token_judge')) as delegated,
           o.schema = 'pgrant_report'
             and o.name in ('audit_verify', 'audit_verify_seals', 'audit_verify_rest', 'audit_walk', 'audit_compare',
                            'scopes_reached', 'access_period') as nested,
           case o.kind when 'view' then 'select on ' else 'execute on function ' end as what,
           array(select c.role from caller c where c.name = o.name and o.schema <> 'pgrant_api'
                 union
                 select case o.schema when 'pgrant_api' then 'pgrant_web' else 'pgrant_worker' end
                  where o.schema in ('pgrant_api', 'pgrant_ops') and o.owner = 'pgrant_definer'
                 union
                 select 'pgrant_definer' where o.kind = 'view'
                 union
                 select 'pgrant_janitor' where o.name in ('keys_wanted', 'logos_wanted')
                 union
                 -- Reports, whoever owns them: they run with the rights of the auditor who asks.
                 select 'pgrant_auditor' where o.schema = 'pgrant_report') as roles
      from owned o
  loop
    if v_object.kind = 'function' then
      execute format('revoke execute on function %s from public', v_object.signature);
    end if;
    foreach v_role in array v_object.roles loop
      execute format('grant %s to %I', v_object.what || v_object.signature, v_role);
    end loop;
    if v_object.delegated then
      perform pgrant.delegate(v_object.signature::regprocedure);
    end if;
    if v_object.nested then
      perform pgrant.nest(v_object.signature::regprocedure);
    end if;
    if v_object.owner is not null then
      execute format('alter function %s owner to %I', v_object.signature, v_object.owner);
    end if;
  end loop;
end
$$;
-- What was the owner's goes with what it gives away. Partitions are dropped on the coordinator, and the nodes have not seen yet
-- that the sealer has this.
set local citus.enable_ddl_propagation = off;
set local role pgrant_sealer;
grant execute on function pgrant_rules.audit_archived(timestamptz, timestamptz) to pgrant_owner;
set local role pgrant_definer;
grant execute on function pgrant_rules.on_several_nodes() to pgrant_owner;
set local role pgrant_owner;
set local citus.enable_ddl_propagation = on;

-- The janitor asks Citus how large the pieces of tables are, of all of them.
grant usage on schema pgrant_release to pgrant_definer, pgrant_janitor;
grant select on pgrant_release.released to pgrant_definer;
grant usage on schema pgrant_api to pgrant_web;
grant usage on schema pgrant_ops to pgrant_worker, pgrant_product;
-- The functions of reports run as the auditor too, who so has to find the tables: named columns, by policies.
grant usage on schema pgrant, pgrant_report to pgrant_auditor;
-- And who has released, for privileged_logins.
grant usage on schema pgrant_release to pgrant_auditor;
grant select (at, login) on pgrant_release.released to pgrant_auditor;
revoke all on schema pgrant, pgrant_rules, pgrant_api, pgrant_ops, pgrant_report from public;
-- Whoever could add an overload of a function here would be called in its place, with the rights of the caller.
revoke create on schema pgrant_rules, pgrant_api, pgrant_ops, pgrant_report from pgrant_definer, pgrant_cataloguer,
  pgrant_janitor, pgrant_sealer;
revoke all on schema pgrant_rules from pgrant_claims;

-- Citus 14.0.1 gives a node that is added functions with what everybody may by default, and no rights on columns of the system.
do $$
declare
  v_statement text;
begin
  if not exists (select from pg_extension where extname = 'citus') then
    return;
  end if;
  for v_statement in
    select format('revoke execute on function %s from public', p.oid::regprocedure)
      from pg_proc p
     where p.pronamespace = 'pgrant'::regnamespace and p.prokind = 'f'
       and not exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0)
    union all
    select format('grant select (%I) on %s to %I', t.attname, c.oid::regclass, a.grantee::regrole)
      from pg_class c join pg_attribute t on t.attrelid = c.oid and t.attnum < 0
     cross join aclexplode(t.attacl) a
     where c.relnamespace = 'pgrant'::regnamespace and a.grantee <> c.relowner
       and not relation_is_a_known_shard(c.oid)
  loop
    execute v_statement;
  end loop;
end
$$;
