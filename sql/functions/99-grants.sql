-- Who may call what. The files of other owners grant their own functions.
do $$
declare
  v_function record;
begin
  for v_function in
    select p.oid::regprocedure as signature, case n.nspname when 'pgrant_api' then 'pgrant_web' else 'pgrant_worker' end as role
      from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where n.nspname in ('pgrant_api', 'pgrant_ops')
       and p.proowner = 'pgrant_definer'::regrole
  loop
    execute format('grant execute on function %s to %I', v_function.signature, v_function.role);
  end loop;
end
$$;

-- The product's backend, which signs people in, is a member of this role, because a release drops what is granted to others.
grant execute on function
  pgrant_ops.login_show(uuid, bytea),
  pgrant_ops.login_accept(uuid, bytea, bytea, text, timestamptz, text, jsonb, text[], text, text[]),
  pgrant_ops.login_reject(uuid, bytea, bytea, text)
  to pgrant_product;

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

set local role pgrant_owner;
grant usage on schema pgrant_api to pgrant_web;
grant usage on schema pgrant_ops to pgrant_worker, pgrant_product;
-- The functions of reports run as the auditor too, who so has to find the tables: named columns, by policies.
grant usage on schema pgrant, pgrant_report to pgrant_auditor;
revoke all on schema pgrant, pgrant_rules, pgrant_api, pgrant_ops, pgrant_report from public;
-- Whoever could add an overload of a function here would be called in its place, with the rights of the caller.
revoke create on schema pgrant_rules, pgrant_api, pgrant_ops, pgrant_report from pgrant_definer, pgrant_janitor, pgrant_sealer;
