// The past is kept by the functions that change the present: none may forget to.
import { functions, type Rule } from './rule.ts';

/** What is remembered, and by which functions. */
const remembered: Record<string, string[]> = {
  tenants: ['tenant_remember'],
  users: ['user_remember'],
  clients: ['client_remember'],
  client_secrets: ['client_remember'],
  scopes: ['scope_remember'],
  resources: ['resource_remember'],
  user_roles: ['user_roles_remember'],
  groups: ['group_roles_remember', 'group_members_remember'],
  group_roles: ['group_roles_remember'],
  group_members: ['group_members_remember'],
  grants: ['grant_remember'],
};

/** Functions that write a remembered table and need not remember, and why. */
const exempt: Record<string, string> = {
  'pgrant_rules.families_start grants': 'moves expires_at, which is no part of a version',
  'pgrant_rules.client_request_note clients': 'notes when somebody was first sent here',
  'pgrant_rules.client_use_note clients': 'moves expires_at, which is no part of a version',
  'pgrant_rules.api_keys_note client_secrets': 'notes the use',
  'pgrant_rules.client_store clients': 'its callers have more to change',
  'pgrant_api.account_password_set users': 'changes how a person signs in, not what they may do',
  'pgrant_ops.user_password users': 'changes how a person signs in, not what they may do',
  'pgrant_ops.user_subject users': 'changes how a person signs in, not what they may do',
  'pgrant_rules.client_identity_date clients': 'its callers have more to change',
  'pgrant_ops.developer_client_approve clients': 'has developer_decided do it',
  'pgrant_ops.tenant_set tenants': 'cannot enable or disable the tenant',
  'pgrant_ops.expired_grants_delete grants': 'has grant_expiries_remember do it, as the definer',
  'pgrant_ops.expired_clients_delete clients': 'has client_expiry_remember do it, as the definer',
  'pgrant_ops.logo_fetch_begin tenants': 'which logo the worker knows',
  'pgrant_ops.logo_fetch_begin clients': 'which logo the worker knows',
};

const pairs = Object.entries(remembered)
  .map(([table, functions]) => `('${table}', '${functions.join('|')}')`)
  .join(', ');
const writers = `with f as (${functions})
  select f.oid::regprocedure::text as function, f.schema || '.' || f.proname || ' ' || t.name as writes,
         f.prosrc ~ ('pgrant_rules\\.(' || t.keepers || ')\\(') as remembers
    from f join (values ${pairs}) t (name, keepers)
      on f.prosrc ~* ('(insert\\s+into|update|delete\\s+from|merge\\s+into|truncate)\\s+(only\\s+)?pgrant\\.' || t.name || '\\M')`;
const exceptions = Object.keys(exempt)
  .map((name) => `'${name}'`)
  .join(', ');

export const historyRules: Rule[] = [
  {
    name: 'whatever changes what people can reach has it remembered, but for the exceptions',
    query: `select function, writes from (${writers}) w where not remembers and writes not in (${exceptions})`,
    broken: [
      `create function pgrant_rules.loose() returns void language plpgsql as 'begin delete from pgrant.users; end'`,
      `create function pgrant_rules.loose() returns void language plpgsql as $$begin
         update pgrant.clients set disabled_at = null;
         perform pgrant_rules.user_remember(null, null, null);
       end$$`,
    ],
  },
  {
    name: 'each exception is one still',
    query: `select e from unnest(array[${exceptions}]) e
      where not exists (select from (${writers}) w where w.writes = e and not w.remembers)`,
    broken: ['drop function pgrant_ops.user_password'],
  },
  {
    name: 'the past is written by nobody else, and by no trigger',
    query: `with f as (${functions}) select f.oid::regprocedure from f
      where f.prosrc ~* '(insert\\s+into|update|delete\\s+from)\\s+pgrant\\.\\w+_history\\M'
        and not (f.schema = 'pgrant_rules' and f.proname ~ '_remember$')
        -- Has no name of a person who was removed left there, which a policy holds it to.
        and not (f.schema = 'pgrant_rules' and f.proname = 'user_forget')`,
    broken: [
      `create function pgrant_ops.loose() returns void language plpgsql as 'begin delete from pgrant.user_history; end'`,
    ],
  },
  {
    name: 'the list of histories has each of them, with its key and every column that is kept',
    query: `select c.oid::regclass from pg_class c left join pgrant_rules.histories() l on l.history = c.relname
      where c.relnamespace = 'pgrant'::regnamespace and c.relname ~ '_history$' and c.relkind = 'r'
        and ((select array_agg(x order by x) from unnest('{tenant_id, valid}' || l.given || l.each) x)
               is distinct from (select array_agg(a.attname::text order by a.attname::text)
                                   from pg_constraint k join pg_attribute a on a.attrelid = c.oid and a.attnum = any (k.conkey)
                                  where k.conrelid = c.oid and k.contype = 'p')
             or (select array_agg(x order by x) from unnest('{tenant_id}' || l.given || l.each || l.kept) x)
               is distinct from (select array_agg(a.attname::text order by a.attname::text) from pg_attribute a
                                  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attname not in
                                        ('valid', 'cause', 'request_id', 'end_cause', 'end_request_id')))`,
    broken: [
      'alter table pgrant.user_history add column loose text',
      'alter table pgrant.user_role_history drop constraint user_role_history_pkey',
      'create table pgrant.loose_history (tenant_id uuid, valid tstzrange)',
    ],
  },
  {
    name: 'no two versions of one thing can overlap',
    query: `select c.oid::regclass from pg_class c
      where c.relnamespace = 'pgrant'::regnamespace and c.relname ~ '_history$'
        and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'x')`,
    broken: [
      'alter table pgrant.user_history drop constraint user_history_tenant_id_user_id_valid_excl',
    ],
  },
];
