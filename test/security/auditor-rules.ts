// What the people who read reports may see.
import type { Rule } from './rule.ts';

/** Whatever may sign in, be replayed, or tells more of people than who may do what. */
const kept = `'_hash$|_salt$|^sealed_|^password_|^(state|nonce|code_challenge|login_hint|hint_sub|profile)$'`;

/** Columns of other names that auditors don't read. */
const left = `('users.claims', 'upstream_accounts.claims', 'logout_deliveries.subject', 'idempotency_keys.value',
                'device_codes.user_code_start', 'logos.digest', 'logos.image')`;

/** What a row has come to, or a setting, which only shares its name with what a client sent or a password. */
const harmless = `('outbox.state', 'logout_deliveries.state', 'tenants.password_change_revokes')`;

/** Tables with a tenant of which auditors read nothing, and why. */
const unaudited = `('auditors')`; // An auditor reads their own row; the policy says so.

const columns = `select c.oid, c.relname, a.attname, c.relname || '.' || a.attname as name, a.attnum
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
 where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
   and exists (select from pg_attribute t where t.attrelid = c.oid and t.attname = 'tenant_id')`;

export const auditorRules: Rule[] = [
  {
    name: 'auditors read no hash, seal, salt or password, and nothing of a request in flight',
    query: `with c as (${columns}) select name from c
       where has_column_privilege('pgrant_auditor', oid, attnum, 'select') and (attname ~ ${kept} or name in ${left})
         and name not in ${harmless}`,
    broken: [
      'grant select on pgrant.users to pgrant_auditor',
      `select pgrant.audited('pgrant.token_families', array['successor_salt'])`,
      'grant select (decoy_salt) on pgrant.tenants to public',
    ],
  },
  {
    name: 'every other column of every tenant table can be reported',
    query: `with c as (${columns}) select name from c
       where not has_column_privilege('pgrant_auditor', oid, attnum, 'select')
         and attname !~ ${kept} and name not in ${left} and relname not in ${unaudited}`,
    broken: [
      'alter table pgrant.grants add column loose text',
      'create table pgrant.loose (tenant_id uuid)',
    ],
  },
  {
    name: 'auditors reach a tenant table by the policy for auditors and by nothing else',
    query: `select c.relname from pg_class c
       where c.oid in (select oid from (${columns}) t) and c.relname not in ${unaudited}
         and (select array_agg(concat_ws('; ', p.polname, p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid)))
                from pg_policy p where p.polrelid = c.oid and p.polroles && array['pgrant_auditor'::regrole::oid, 0])
             is distinct from array['audited; r; t; ((pgrant.audited_tenant() = ''00000000-0000-0000-0000-000000000000''::uuid) '
                                    || 'OR (tenant_id = pgrant.audited_tenant()))']`,
    broken: [
      'drop policy audited on pgrant.grants',
      'create policy wide on pgrant.grants to pgrant_auditor using (true)',
    ],
  },
  {
    name: 'what an index of a tenant table begins with is the tenant, or nothing that a condition of an auditor can use',
    query: `select i.indexrelid::regclass::text from pg_index i
        join pg_class c on c.oid = i.indrelid and c.relnamespace = 'pgrant'::regnamespace and not c.relispartition
        left join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
       where exists (select from pg_attribute t where t.attrelid = c.oid and t.attname = 'tenant_id') and c.relname not in ${unaudited}
         and a.attname is distinct from 'tenant_id'
         and pg_get_expr(i.indpred, c.oid) is distinct from 'pgrant.swept(sweep_after)'
         and (i.indkey[0] <> 0 or pg_get_indexdef(i.indexrelid, 1, false) !~ 'upper\\(valid\\)|AT TIME ZONE|\\+ 0|\\|\\| |uuid_hash\\(')`,
    broken: [
      'create index loose on pgrant.grants (created_at)',
      'create index loose on pgrant.users (lower(username))',
      'create index loose on pgrant.issuers (name)',
    ],
  },
  {
    name: 'of what people are called, the statistics that EXPLAIN shows keep a value or two',
    query: `select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
       where c.relnamespace = 'pgrant'::regnamespace and c.relkind = 'r' and a.attname ~ '^(username|username_key|external_subject|subject)$'
         and has_column_privilege('pgrant_auditor', c.oid, a.attnum, 'select') and a.attstattarget is distinct from 1`,
    broken: ['alter table pgrant.users alter column username_key set statistics 100'],
  },
  {
    name: 'what is asked at planning is asked by policies alone, whose plans know of the role',
    query: `select p.oid::regprocedure::text from pg_proc p where p.prosrc ~ 'audited_tenant' and p.proname not in ('audited', 'auditors_changed')
      union all select c.oid::regclass::text from pg_class c where c.relkind = 'v' and pg_get_viewdef(c.oid) ~ 'audited_tenant'`,
    broken: [
      'create view pgrant_report.loose with (security_invoker = true) as select pgrant.audited_tenant() as tenant_id',
    ],
  },
  {
    name: 'a report that names tenants by id names them by name too, and times have a zone',
    query: `select c.relname from pg_class c where c.relnamespace = 'pgrant_report'::regnamespace and c.relkind = 'v'
         and (select count(*) from pg_attribute a where a.attrelid = c.oid and a.attname in ('tenant_id', 'tenant')) = 1
         and c.relname not in ('audit_entries', 'audit_seals', 'refusals') -- What is sealed, byte by byte.
      union all select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
       where c.relnamespace = 'pgrant_report'::regnamespace and a.atttypid = 'timestamp'::regtype`,
    broken: [
      'create view pgrant_report.loose with (security_invoker = true) as select u.tenant_id from pgrant.users u',
      'create view pgrant_report.loose with (security_invoker = true) as select now()::timestamp as at',
    ],
  },
  {
    name: 'auditors may ask everything in pgrant_report, and nobody else may but the definer and the sealer',
    query: `select c.oid::regclass::text from pg_class c where c.relnamespace = 'pgrant_report'::regnamespace and c.relkind = 'v'
         and (not has_table_privilege('pgrant_auditor', c.oid, 'select')
              or exists (select from aclexplode(c.relacl) a where a.grantee not in (c.relowner, 'pgrant_auditor'::regrole, 'pgrant_definer'::regrole, 'pgrant_sealer'::regrole)))
      union all select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'pgrant_report'::regnamespace
         and (not has_function_privilege('pgrant_auditor', p.oid, 'execute') or p.prosecdef and p.proname not in ('review_add', 'person_event_keys'))`,
    broken: [
      'revoke select on pgrant_report.people from pgrant_auditor',
      'grant select on pgrant_report.people to pgrant_web',
      'alter function pgrant_report.grant_page security definer',
    ],
  },
  {
    name: 'auditors write nothing, and call nothing of the tables but what their policies and constant checks call',
    query: `select c.oid::regclass::text from pg_class c where c.relnamespace::regnamespace::text like 'pgrant%'
         and c.relkind in ('r', 'p', 'v')
         and (has_table_privilege('pgrant_auditor', c.oid, 'delete, truncate, trigger')
              or has_any_column_privilege('pgrant_auditor', c.oid, 'insert, update, references'))
      union all select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'pgrant'::regnamespace
         and p.proname not in ('auditor', 'auditor_tenant', 'audited_tenant', 'signing_algs', 'client_algs', 'grant_types', 'auth_methods')
         and has_function_privilege('pgrant_auditor', p.oid, 'execute')`,
    broken: [
      'grant insert on pgrant.auditors to pgrant_auditor',
      'grant execute on function pgrant.tenant to pgrant_auditor',
    ],
  },
];
