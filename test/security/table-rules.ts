// What isolates tenants, and what lets the tables be distributed by tenant.
import { code, type Rule, reported } from './rule.ts';

const tables = `select c.oid, c.relname, c.relispartition, c.relrowsecurity, c.relforcerowsecurity,
    exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and c.relname not in ('issuers', 'auditors')) as tenant
  from pg_class c where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p')`;

export const tableRules: Rule[] = [
  {
    ...reported('row-level security is enabled and forced on every table, partitions too'),
    broken: [
      'alter table pgrant.users no force row level security',
      'alter table pgrant.codes_default disable row level security',
      'create table pgrant.loose (tenant_id uuid)',
    ],
  },
  {
    ...reported('the definer reaches a tenant table by the tenant policy and by nothing else'),
    broken: [
      'drop policy tenant_isolation on pgrant.codes',
      'create policy wide on pgrant.users to pgrant_definer using (true)',
      'create policy wide on pgrant.users using (true)',
    ],
  },
  {
    ...reported('a partition is reached through its parent only'),
    broken: ['grant select on pgrant.codes_default to pgrant_definer'],
  },
  {
    name: 'every table has a tenant, but the global ones',
    query: `with t as (${tables}) select relname from t where not tenant and not relispartition
         and relname not in ('issuers', 'auditors', 'partition_plans', 'schedules', 'task_runs', 'audit_sealing')`,
    broken: ['create table pgrant.loose (id uuid)'],
  },
  {
    ...reported('every primary and unique key of a tenant table starts with tenant_id'),
    broken: [
      'create unique index on pgrant.users (user_id)',
      'create unique index on pgrant.users (lower(username))',
    ],
  },
  {
    ...reported(
      'every foreign key starts with tenant_id on both sides and never cascades an update or sets null',
    ),
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
