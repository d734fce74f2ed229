// What isolates tenants, and what lets the tables be distributed by tenant.
import { code, type Rule } from './rule.ts';

const tables = `select c.oid, c.relname, c.relispartition, c.relrowsecurity, c.relforcerowsecurity,
    exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and c.relname not in ('issuers', 'auditors')) as tenant
  from pg_class c where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p')`;

export const tableRules: Rule[] = [
  {
    name: 'row-level security is enabled and forced on every table, partitions too',
    query: `with t as (${tables}) select relname from t where not (relrowsecurity and relforcerowsecurity)`,
    broken: [
      'alter table pgrant.users no force row level security',
      'alter table pgrant.codes_default disable row level security',
      'create table pgrant.loose (tenant_id uuid)',
    ],
  },
  {
    name: 'the definer reaches a tenant table by the tenant policy and by nothing else',
    query: `with t as (${tables})
      select t.relname from t where t.tenant and not t.relispartition
         and (select array_agg(concat_ws('; ', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid),
                                         pg_get_expr(p.polwithcheck, p.polrelid)))
                from pg_policy p where p.polrelid = t.oid and p.polroles && array['pgrant_definer'::regrole::oid, 0])
             is distinct from array['*; t; (tenant_id = pgrant.tenant()); (tenant_id = pgrant.tenant())']`,
    broken: [
      'drop policy tenant_isolation on pgrant.codes',
      'create policy wide on pgrant.users to pgrant_definer using (true)',
      'create policy wide on pgrant.users using (true)',
    ],
  },
  {
    name: 'a partition is reached through its parent only',
    query: `with t as (${tables})
      select t.relname from t join pg_class c on c.oid = t.oid where t.relispartition
         and (exists (select from pg_policy p where p.polrelid = t.oid)
              or exists (select from aclexplode(c.relacl) a where a.grantee <> c.relowner))`,
    broken: ['grant select on pgrant.codes_default to pgrant_definer'],
  },
  {
    name: 'every table has a tenant, but the global ones',
    query: `with t as (${tables}) select relname from t where not tenant and not relispartition
         and relname not in ('issuers', 'auditors', 'partition_plans', 'schedules', 'task_runs', 'audit_sealing')`,
    broken: ['create table pgrant.loose (id uuid)'],
  },
  {
    name: 'every primary and unique key of a tenant table starts with tenant_id',
    query: `with t as (${tables})
      select i.indexrelid::regclass from t join pg_index i on i.indrelid = t.oid and i.indisunique
        left join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
       where t.tenant and a.attname is distinct from 'tenant_id'`,
    broken: [
      'create unique index on pgrant.users (user_id)',
      'create unique index on pgrant.users (lower(username))',
    ],
  },
  {
    name: 'every foreign key starts with tenant_id on both sides and never cascades an update or sets null',
    query: `select k.conname from pg_constraint k
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
        join pg_attribute b on b.attrelid = k.confrelid and b.attnum = k.confkey[1]
       where k.contype = 'f' and k.connamespace = 'pgrant'::regnamespace
         and (a.attname <> 'tenant_id' or b.attname <> 'tenant_id' or k.confupdtype <> 'a' or k.confdeltype in ('n', 'd'))`,
    broken: [
      'create table pgrant.loose (tenant_id uuid, owner uuid references pgrant.tenants)',
      'create table pgrant.loose (tenant_id uuid references pgrant.tenants on update cascade)',
    ],
  },
  {
    name: 'there is no trigger, sequence, identity or second level of partitions',
    query: `select tgname::text from pg_trigger where not tgisinternal and tgrelid::regclass::text like 'pgrant.%'
      union all select relname from pg_class where relnamespace = 'pgrant'::regnamespace and relkind = 'S'
      union all select relname from pg_class where relnamespace = 'pgrant'::regnamespace and relkind = 'p' and relispartition`,
    broken: ['alter table pgrant.users add n integer generated always as identity'],
  },
  {
    name: 'nothing among the tables depends on a schema that a release drops',
    query: `select o.identity from pg_depend d
       cross join pg_identify_object(d.classid, d.objid, d.objsubid) o
       cross join pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) r
       where d.deptype in ('n', 'a') and o.identity ~ '\\mpgrant(_resource)?\\.' and r.schema in ${code} and o.schema not in ${code}`,
    broken: [
      'create table pgrant.loose (error pgrant_api.error)',
      `create table pgrant.loose (id uuid check (pgrant_rules.epoch(now()) > 0))`,
      `create function pgrant_resource.loose() returns pgrant_api.error language sql as 'select null::pgrant_api.error'`,
    ],
  },
];
