// How every decision is shaped.
import { functions, type Rule, reported } from './rule.ts';

/** Functions that take no tenant first, and why. */
const tenantless = {
  'pgrant_api.tenant_find': 'finds the tenant',
  'pgrant_api.health_read': 'the worker and the release have no tenant',
  'pgrant_ops.tenant_id': 'finds the tenant',
  'pgrant_ops.tenant_list': 'lists the global catalogue',
  'pgrant_ops.setting_list': 'reads the catalog of PostgreSQL',
  'pgrant_ops.check_words': 'reads the catalog of PostgreSQL',
  'pgrant_ops.tenant_presets': 'a list for all tenants',
  'pgrant_ops.tenant_add': 'makes the tenant',
  'pgrant_ops.tenant_import_begin': 'makes the tenant',
  'pgrant_ops.key_due': 'names of all tenants, by policies of its own',
  'pgrant_ops.upstream_due': 'names of all tenants, by policies of its own',
  'pgrant_ops.held_back_read': 'the server',
  'pgrant_ops.logo_due': 'names of all tenants, by policies of its own',
  'pgrant_ops.auditor_add': 'of one tenant or of all',
  'pgrant_ops.auditor_remove': 'of one tenant or of all',
  'pgrant_ops.auditor_list': 'lists the global table',
  'pgrant_ops.webhook_due': 'names and times of all tenants, by policies of its own',
  'pgrant_ops.logout_due': 'names and times of all tenants, by policies of its own',
  'pgrant_ops.partitions_maintain': 'DDL, for all tenants at once',
  'pgrant_ops.backlog_read': 'the janitor, bound by policies of its own',
  'pgrant_ops.schedule_list': 'the runs of the worker have no tenant',
  'pgrant_ops.partition_plan_list': 'partitions are of all tenants',
  'pgrant_ops.partition_plan_set': 'goes through all tenants, entering each',
  'pgrant_ops.sealing_read': 'goes through tenants, entering each, for the names of keys',
  'pgrant_ops.expired_tables': 'the janitor, bound by policies of its own',
  'pgrant_ops.expired_delete': 'the janitor, bound by policies of its own',
  'pgrant_ops.salts_erase': 'the janitor, bound by policies of its own',
  'pgrant_ops.task_begin': 'the runs of the worker have no tenant',
  'pgrant_ops.task_end': 'the runs of the worker have no tenant',
  'pgrant_ops.audit_checkpoint_due': 'names of all tenants, by policies of its own',
  'pgrant_ops.refusals_due': 'names of all tenants, by policies of its own',
  'pgrant_ops.audit_seal': 'the sealer, bound by policies of its own',
  'pgrant_ops.audit_seal_tenant': 'the sealer, bound by policies of its own',
  'pgrant_ops.audit_seal_due': 'names of all tenants, by policies of its own',
  'pgrant_ops.audit_retention': 'of all tenants: partitions have none',
  'pgrant_ops.audit_retention_set': 'of all tenants, and tells the audit of each',
};
const exceptions = Object.keys(tenantless)
  .map((name) => `'${name}'`)
  .join(', ');

export const functionRules: Rule[] = [
  {
    ...reported('no function is executable by PUBLIC'),
    broken: ['grant execute on function pgrant_api.tenant_find to public'],
  },
  {
    ...reported('what a policy for auditors asks is looked up where they can put nothing'),
    broken: ['alter function pgrant.auditor() reset search_path'],
  },
  {
    name: 'a function that another role may call runs as its owner, with a search path that no caller can fill',
    query: `with f as (${functions}) select f.oid::regprocedure from f
       where (f.prosecdef or f.schema = 'pgrant_api'
              or f.schema = 'pgrant_ops' and has_function_privilege('pgrant_worker', f.oid, 'execute'))
         and (not f.prosecdef or f.proconfig is distinct from array['search_path=pg_catalog, pg_temp'])
          or exists (select from unnest(f.proconfig) c where c like 'search\\_path=%' and c <> 'search_path=pg_catalog, pg_temp')`,
    broken: [
      // Temporary types come before all others, unless the path says where they come.
      `alter function pgrant_ops.partition_add set search_path = ''`,
      'alter function pgrant_api.tenant_find security invoker',
      `alter function pgrant_api.tenant_find set search_path = ''`,
      'alter function pgrant_rules.audit_forget reset search_path',
    ],
  },
  {
    name: 'functions run as roles of ours, and only those that need to do so as others than the definer',
    query: `with f as (${functions}) select f.oid::regprocedure from f
       where f.proowner <> case when f.schema = 'pgrant' or f.proname in ('largest_tenant_plan', 'partition_plan_change')
                                          or f.proname like 'partition%' and f.proname not like 'partition_plan%' then 'pgrant_owner'
                                when f.proname in ('backlog_read', 'expired_tables', 'expired_delete', 'expired_grants_delete',
                                                   'expired_clients_delete', 'salts_erase', 'audit_forget', 'user_forget', 'webhook_due', 'logout_due',
                                                   'refusals_due', 'key_due', 'upstream_due', 'logo_due', 'audit_checkpoint_due')
                                then 'pgrant_janitor'
                                when f.proname like 'catalogue%' and f.proname <> 'catalogue_audit'
                                     or f.proname in ('auditors_changed', 'tenant_add', 'auditor_add', 'auditor_remove',
                                                      'partition_plan_set', 'audit_retention_set', 'token_presented')
                                     or f.schema = 'pgrant_report' and f.proname = 'review_add' then 'pgrant_cataloguer'
                                when f.proname in ('audit_unsealed', 'audit_uncovered', 'audit_unsealed_since', 'audit_chain_extend', 'audit_adopt', 'audit_seal', 'audit_seal_tenant', 'audit_seal_due', 'audit_archived', 'person_events_find')
                                then 'pgrant_sealer'
                                when f.proname = 'claims_function_call' then 'pgrant_claims' else 'pgrant_definer' end::regrole`,
    broken: ['alter function pgrant_api.tenant_find owner to pgrant_owner'],
  },
  {
    name: 'a function takes the tenant first, but for the exceptions',
    query: `with f as (${functions}) select f.oid::regprocedure from f
       where (f.schema = 'pgrant_api' or f.schema = 'pgrant_ops' and has_function_privilege('pgrant_worker', f.oid, 'execute'))
         and (f.schema || '.' || f.proname in (${exceptions}))
             = (f.proargnames[1] is not distinct from 'p_tenant' and f.proargtypes[0] = 'uuid'::regtype)`,
    broken: [
      `create function pgrant_api.loose(p_client_id text, p_tenant uuid) returns text language sql as 'select null'`,
    ],
  },
  {
    ...reported('the first statement enters the tenant'),
    broken: [
      `create function pgrant_ops.loose(p_tenant uuid) returns void language plpgsql as $$
begin
  delete from pgrant.users;
  perform pgrant_rules.administer(p_tenant);
end $$`,
    ],
  },
  {
    name: 'each use of a tenant table names the tenant, whatever the policy says',
    query: `with f as (${functions}) select f.oid::regprocedure, uses, names from f,
       lateral (select regexp_count(f.prosrc, '(from|join|into|update) pgrant\\.(?!issuers|auditors|partition_plans|schedules|task_runs|audit_sealing)\\w') as uses,
                       regexp_count(f.prosrc, 'tenant_id') as names) n
       where f.proowner = 'pgrant_definer'::regrole and uses > names`,
    broken: [
      `create function pgrant_rules.loose() returns void language plpgsql as 'begin delete from pgrant.users; end';
       alter function pgrant_rules.loose() owner to pgrant_definer`,
    ],
  },
  {
    name: 'decisions are written in PL/pgSQL, and no SQL function reads a tenant table',
    query: `with f as (${functions}) select f.oid::regprocedure from f
       where (f.schema in ('pgrant_api', 'pgrant_ops') and f.lanname <> 'plpgsql')
          or (f.lanname <> 'plpgsql' and f.prosrc ~ '(from|join|into|update) pgrant\\.')
          or f.lanname not in ('plpgsql', 'sql')`,
    broken: [
      `create function pgrant_rules.loose() returns bigint language sql as 'select count(*) from pgrant.users'`,
    ],
  },
  {
    name: 'a function answers with a row whose first fields are the error and the reason',
    query: `with f as (${functions}) select f.oid::regprocedure from f
        left join pg_class c on c.reltype = f.prorettype
       where f.schema = 'pgrant_api'
         and (f.proretset <> coalesce(f.proargnames[2] = 'p_request_id' and f.proargtypes[1] = 'text[]'::regtype, false)
          or (select array_agg(a.attname::text || ' ' || a.atttypid::regtype order by a.attnum) from pg_attribute a
               where a.attrelid = c.oid and a.attnum in (1, 2)) is distinct from array['error pgrant_api.error', 'reason text'])`,
    broken: [
      `create function pgrant_api.loose(p_tenant uuid) returns text language sql as 'select null'`,
    ],
  },
  {
    name: 'no name has two functions, and arguments are of types that every database has or of pgrant_api',
    query: `with f as (${functions})
      select f.schema || '.' || f.proname from f group by 1 having count(*) > 1
      union all select f.oid::regprocedure::text from f cross join unnest(f.proargtypes) a (type)
        join pg_type t on t.oid = a.type
       where f.schema in ('pgrant_api', 'pgrant_ops')
         and t.typnamespace::regnamespace::text not in ('pg_catalog', 'pgrant_api')`,
    broken: [
      `create function pgrant_api.tenant_find(p_host text) returns text language sql as 'select null'`,
      `create function pgrant_api.loose(p_user pgrant.users) returns text language sql as 'select null'`,
    ],
  },
  {
    name: 'what customers depend on is found by name at run time, and its types outlive a release',
    query: `with f as (${functions}) select f.oid::regprocedure from f
       where f.schema = 'pgrant_resource'
         and (f.lanname <> 'plpgsql' or exists (select from pg_type t where t.oid = any (f.proargtypes || f.prorettype)
                                                   and t.typnamespace <> 'pg_catalog'::regnamespace))`,
    broken: [
      `create function pgrant_resource.loose() returns text language sql return pgrant_api.tenant_find(null, null)::text`,
      `create function pgrant_resource.loose() returns pgrant_api.done language plpgsql as 'begin return null; end'`,
    ],
  },
  {
    name: 'the web process never writes the global tables',
    query: `with f as (${functions}) select f.oid::regprocedure::text as object from f
       where f.schema in ('pgrant_api', 'pgrant_rules') and f.prosrc ~ '(into|update|delete from) pgrant\\.(issuers|auditors|partition_plans|audit_sealing)'
         and f.proname not like 'catalogue%'
      union all select t.name from (values ('pgrant.issuers'), ('pgrant.auditors')) t (name)
       where has_any_column_privilege('pgrant_definer', t.name, 'insert, update') or has_table_privilege('pgrant_definer', t.name, 'delete')`,
    broken: [
      `create function pgrant_rules.loose() returns void language plpgsql as 'begin delete from pgrant.issuers; end'`,
      'grant delete on pgrant.issuers to pgrant_definer',
    ],
  },
];
