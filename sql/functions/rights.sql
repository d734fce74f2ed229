-- Who owns what and who may call what: the last file, and the only one with rights.

-- Everything was made by the owner of the tables, whom row-level security binds to no row. A function that is called from outside
-- runs as its owner: the definer, which sees the tenant that was entered, or a role that sees one thing of every tenant.
set local role pgrant_owner;
grant usage, create on schema pgrant_rules to pgrant_claims;
set local role none;
do $$
declare
  v_object record;
begin
  for v_object in
    select 'function' as kind, p.oid::regprocedure::text as name,
           case when p.proname in ('partitions_maintain', 'partitions_make', 'partition_add', 'partitions_past', 'partitions_drop',
                                   'partition_retention', 'partition_plan_change', 'largest_tenant_plan') then 'pgrant_owner'
                when p.proname in ('expired_tables', 'expired_delete', 'expired_grants_delete', 'expired_clients_delete', 'sealed_erase',
                                   'backlog_read', 'audit_forget', 'user_forget', 'webhook_due', 'logout_due', 'refusals_due')
                then 'pgrant_janitor'
                when p.proname in ('audit_unsealed', 'audit_chain_extend', 'audit_adopt', 'audit_seal', 'audit_archived')
                then 'pgrant_sealer'
                when p.proname = 'claims_function_call' then 'pgrant_claims'
                else 'pgrant_definer' end as owner
      from pg_catalog.pg_proc p
     where p.pronamespace in ('pgrant_rules'::regnamespace, 'pgrant_api'::regnamespace, 'pgrant_ops'::regnamespace,
                               'pgrant_report'::regnamespace)
    union all
    select 'view', c.oid::regclass::text, 'pgrant_definer'
      from pg_catalog.pg_class c
     where c.relkind = 'v' and c.relnamespace in ('pgrant_rules'::regnamespace, 'pgrant_report'::regnamespace)
  loop
    if v_object.kind = 'function' then
      execute format('revoke execute on function %s from public', v_object.name);
    end if;
    execute format('alter %s %s owner to %I', v_object.kind, v_object.name, v_object.owner);
  end loop;
end
$$;

-- The web process calls pgrant_api and the worker pgrant_ops: what the definer owns there, and by name what others own.
do $$
declare
  v_function record;
begin
  for v_function in
    select p.proowner::regrole as owner, p.oid::regprocedure as signature,
           case when p.pronamespace = 'pgrant_api'::regnamespace then 'pgrant_web' else 'pgrant_worker' end as role
      from pg_catalog.pg_proc p
     where p.pronamespace in ('pgrant_api'::regnamespace, 'pgrant_ops'::regnamespace)
       and (p.proowner = 'pgrant_definer'::regrole
            or p.proname in ('partitions_maintain', 'expired_tables', 'expired_delete', 'backlog_read', 'sealed_erase', 'audit_seal',
                             'webhook_due', 'logout_due', 'refusals_due'))
    union all
    -- What one owner of functions asks of another.
    select p.proowner::regrole, p.oid::regprocedure, w.role
      from (values ('expiry_remember', 'pgrant_janitor'), ('audit_archived', 'pgrant_owner'), ('audit_forget', 'pgrant_definer'),
                   ('user_forget', 'pgrant_definer'), ('partition_retention', 'pgrant_definer'),
                   ('partition_plan_change', 'pgrant_definer'),
                   ('claims_function_call', 'pgrant_definer'),
                   ('audit_event_text', 'pgrant_sealer'), ('audit_time', 'pgrant_sealer'), ('audit_digest', 'pgrant_sealer'),
                   ('audit_seal_text', 'pgrant_sealer'), ('audit_root', 'pgrant_sealer')) as w (name, role)
      join pg_catalog.pg_proc p on p.proname = w.name
       and p.pronamespace in ('pgrant_rules'::regnamespace, 'pgrant_ops'::regnamespace, 'pgrant_report'::regnamespace)
    union all
    -- The product's backend, which signs people in, is a member of this role, because a release drops what is granted to others.
    select p.proowner::regrole, p.oid::regprocedure, 'pgrant_product'
      from pg_catalog.pg_proc p
     where p.pronamespace = 'pgrant_ops'::regnamespace and p.proname in ('login_show', 'login_accept', 'login_reject')
  loop
    execute format('set local role %s', v_function.owner);
    execute format('grant execute on function %s to %I', v_function.signature, v_function.role);
  end loop;
end
$$;

-- Reports, whoever owns them: they run with the rights of the auditor who asks.
do $$
declare
  v_report record;
begin
  for v_report in
    select c.relowner::regrole as owner, 'select on ' || c.oid::regclass as what
      from pg_catalog.pg_class c where c.relnamespace = 'pgrant_report'::regnamespace and c.relkind = 'v'
    union all
    select p.proowner::regrole, 'execute on function ' || p.oid::regprocedure
      from pg_catalog.pg_proc p where p.pronamespace = 'pgrant_report'::regnamespace
  loop
    execute format('set local role %s', v_report.owner);
    execute format('grant %s to pgrant_auditor', v_report.what);
  end loop;
end
$$;
set local role pgrant_definer;
grant select on pgrant_report.audit_entries to pgrant_sealer;

set local role pgrant_owner;
grant usage on schema pgrant_release to pgrant_definer;
grant select on pgrant_release.released to pgrant_definer;
grant usage on schema pgrant_api to pgrant_web;
grant usage on schema pgrant_ops to pgrant_worker, pgrant_product;
-- The functions of reports run as the auditor too, who so has to find the tables: named columns, by policies.
grant usage on schema pgrant, pgrant_report to pgrant_auditor;
revoke all on schema pgrant, pgrant_rules, pgrant_api, pgrant_ops, pgrant_report from public;
-- Whoever could add an overload of a function here would be called in its place, with the rights of the caller.
revoke create on schema pgrant_rules, pgrant_api, pgrant_ops, pgrant_report from pgrant_definer, pgrant_janitor, pgrant_sealer;
revoke all on schema pgrant_rules from pgrant_claims;
