// Who may do what.
import { type Rule, reported } from './rule.ts';

const logins = `('pgrant_web', 'pgrant_worker', 'pgrant_auditor', 'pgrant_product', 'pgrant_resource_server')`;

/** Somebody who may make itself a member, and is none; from PostgreSQL 16 on there is that. */
function adminOnly(role: string): string {
  return `create role stranger login;
    do $$ begin
      execute 'grant ${role} to stranger with admin ' || case when current_setting('server_version_num')::integer >= 160000
        then 'true, inherit false, set false' else 'option' end;
    end $$`;
}

export const roleRules: Rule[] = [
  {
    ...reported('no role of ours is above the rules, and none but the owner is member of another'),
    broken: ['alter role pgrant_auditor bypassrls', 'grant pgrant_definer to pgrant_auditor'],
  },
  {
    ...reported('everything of ours is owned by a role of ours'),
    broken: [
      'create role stranger; alter table pgrant.users owner to stranger',
      'create role stranger; alter view pgrant_report.tenants owner to stranger',
      'create role stranger; alter function pgrant_api.tenant_find owner to stranger',
    ],
  },
  {
    ...reported('nobody but roles of ours has a right on anything of ours'),
    broken: [
      'create role stranger; grant select on pgrant.users to stranger',
      'create role stranger; grant update (username) on pgrant.users to stranger',
      'create role stranger; grant select on pgrant_report.people to stranger',
      'create role stranger; grant execute on function pgrant_ops.tenant_add to stranger',
    ],
  },
  {
    ...reported('every policy is for a role of ours'),
    broken: [
      'create policy open on pgrant.tenants to public using (true)',
      'create role stranger; create policy open on pgrant.users for select to stranger using (true)',
    ],
  },
  {
    ...reported(
      'nobody but superusers, makers of roles and the login of the release becomes a role that decides about tenants',
    ),
    broken: [
      'create role stranger login; grant pgrant_owner to stranger',
      'create role many; create role stranger login in role many; grant pgrant_definer to many',
      'create role stranger login createrole; grant pgrant_janitor to stranger',
      adminOnly('pgrant_cataloguer'),
    ],
  },
  {
    ...reported(
      'nothing of others passes the policies by, but what its comment says is meant to ("pgrant: …")',
    ),
    broken: [
      'create publication loose for all tables',
      `create publication loose for table pgrant.users; comment on publication loose is 'for pgrant'`,
      'create publication loose for tables in schema pgrant',
      `create subscription loose connection '' publication loose with (connect = false);
       insert into pg_subscription_rel (srsubid, srrelid, srsubstate)
       select s.oid, 'pgrant.users'::regclass, 'r' from pg_subscription s where s.subname = 'loose'`,
      `create role stranger; create function public.watch() returns event_trigger language plpgsql as 'begin end';
       alter function public.watch() owner to stranger;
       create event trigger loose on ddl_command_end execute function public.watch()`,
      `create function public.loose() returns bigint language sql security definer as 'select 1::bigint';
       alter function public.loose() owner to pgrant_definer`,
      `create function public.loose() returns bigint language sql security definer as 'select count(*) from pgrant.users'`,
      `create function public.loose(p_table name) returns bigint language plpgsql security definer set search_path = pg_catalog as $f$
         declare n bigint;
         begin
           execute format('select count(*) from %I.%I', 'pgrant', p_table) into n;
           return n;
         end$f$`,
      `create function public.loose() returns text language sql security definer set search_path = public, pgrant
         return (select max(username) from pgrant.users)`,
      `create function public.loose() returns bigint language plpgsql security definer as $f$
         begin
           set local search_path = pgrant;
           return (select count(*) from users);
         end$f$`,
      `create function public.loose() returns bigint language sql security definer set search_path = pgrant
         as 'select count(*) from users'`,
      `create role stranger in role pgrant_auditor;
       create function public.loose() returns bigint language sql security definer
         begin atomic; select count(*) from pgrant_report.people; end;
       alter function public.loose() owner to stranger`,
    ],
  },
  {
    ...reported('nobody is given a right on what will be made'),
    broken: [
      'create role stranger; alter default privileges for role pgrant_owner grant select on tables to stranger',
      'alter default privileges in schema pgrant_report grant select on tables to public',
      'create role stranger; alter default privileges for role pgrant_owner in schema pgrant grant execute on functions to stranger',
    ],
  },
  {
    ...reported('the definer cannot log in'),
    broken: ['alter role pgrant_definer login'],
  },
  {
    ...reported(
      'web, worker, product and resource servers have no right on a table, sequence or column of ours',
    ),
    broken: [
      'grant select (username) on pgrant.users to pgrant_web',
      'grant truncate on pgrant.codes_default to public',
    ],
  },
  {
    name: 'each role reaches the one schema that is its own, and calls functions of no other',
    query: `select r.rolname, n.nspname::text from pg_roles r
        join (values ('pgrant_web', 'pgrant_api'), ('pgrant_worker', 'pgrant_ops'), ('pgrant_auditor', 'pgrant_report'),
                     ('pgrant_product', 'pgrant_ops'), ('pgrant_resource_server', 'pgrant_resource')) own (role, schema) on own.role = r.rolname
        join pg_namespace n on n.nspname like 'pgrant%' and n.nspname <> own.schema
       where not (r.rolname = 'pgrant_auditor' and n.nspname in ('pgrant', 'pgrant_release') and not has_schema_privilege(r.oid, n.oid, 'create'))
         and has_schema_privilege(r.oid, n.oid, 'usage, create')
      union all select r.rolname, p.oid::regprocedure::text from pg_roles r
        join pg_proc p on p.pronamespace::regnamespace::text like 'pgrant%'
       where r.rolname in ${logins} and has_function_privilege(r.oid, p.oid, 'execute')
         and not (r.rolname = 'pgrant_auditor' and p.pronamespace = 'pgrant'::regnamespace)
         and p.pronamespace::regnamespace::text
             <> case r.rolname when 'pgrant_web' then 'pgrant_api' when 'pgrant_auditor' then 'pgrant_report'
                         when 'pgrant_resource_server' then 'pgrant_resource' else 'pgrant_ops' end`,
    broken: [
      'grant create on schema pgrant to pgrant_auditor',
      'grant usage on schema pgrant_rules to pgrant_web',
      'grant execute on function pgrant_ops.tenant_list to pgrant_web',
    ],
  },
  {
    name: 'the product answers login challenges and calls nothing else',
    query: `select p.oid::regprocedure from pg_proc p
       where p.pronamespace::regnamespace::text like 'pgrant%' and has_function_privilege('pgrant_product', p.oid, 'execute')
         and p.proname not in ('login_show', 'login_accept', 'login_reject')`,
    broken: ['grant execute on function pgrant_ops.user_list to pgrant_product'],
  },
  {
    ...reported(
      'audit events and their seals are only ever appended to, but for those of tenants that are gone',
    ),
    broken: [
      'grant update (detail) on pgrant.audit_events to pgrant_definer',
      'grant delete on pgrant.audit_seals to pgrant_sealer',
      'create policy wide on pgrant.audit_events for delete to pgrant_janitor using (true)',
      'create policy wide on pgrant.audit_seals to pgrant_owner using (true)',
    ],
  },
  {
    name: 'between releases nobody but the owner makes objects in our schemas',
    query: `select n.nspname, a.grantee::regrole from pg_namespace n
       cross join aclexplode(n.nspacl) a
       where n.nspname like 'pgrant%' and a.privilege_type = 'CREATE' and a.grantee <> n.nspowner`,
    broken: [
      'grant create on schema pgrant_rules to pgrant_janitor',
      'grant create on schema pgrant_api to public',
    ],
  },
  {
    ...reported('views run with the rights of whoever asks'),
    broken: [
      'create view pgrant_report.loose as select user_id from pgrant.users',
      'alter view pgrant_report.audit_events reset (security_invoker)',
    ],
  },
  {
    ...reported('no view of others reads a table of ours'),
    broken: [
      'create view public.loose as select user_id from pgrant.users',
      'create materialized view public.loose as select user_id from pgrant.users',
    ],
  },
  {
    ...reported('no table of ours has a trigger or a rule'),
    broken: [
      `create function public.swallow() returns trigger language plpgsql as 'begin return null; end';
       create trigger swallow before insert on pgrant.audit_events for each row execute function public.swallow()`,
      'create rule forget as on insert to pgrant.refusals do instead nothing',
    ],
  },
  {
    ...reported('foreign keys are enforced, whoever writes'),
    broken: [
      'alter role pgrant_definer set session_replication_role = replica',
      `alter role pgrant_definer set session_replication_role = 'Replica'`,
      'set local session_replication_role = replica',
      'alter table pgrant.client_secrets disable trigger all',
      `do $$ begin execute format('alter table pgrant.client_secrets enable replica trigger %I', (select tgname from pg_trigger where tgrelid = 'pgrant.client_secrets'::regclass limit 1)); end $$`,
      `do $$ begin execute format('alter database %I set session_replication_role = replica', current_database()); end $$`,
    ],
  },
];
