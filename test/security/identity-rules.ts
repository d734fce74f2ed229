// What people decide by is changed by one function, which has them asked again: no other may change it.
import { functions, type Rule } from './rule.ts';

/** Functions that change other columns of a client, and which. */
const others: Record<string, string> = {
  'pgrant_rules.client_identity_date': 'identity_changed_at',
  'pgrant_rules.client_request_note': 'requested_at|expires_at',
  'pgrant_rules.client_use_note': 'last_used_at|expires_at',
  'pgrant_ops.client_disable': 'disabled_at',
  'pgrant_ops.client_set': 'operator_requires',
  'pgrant_ops.developer_client_approve': 'draft',
  'pgrant_ops.logo_fetch_begin': 'logo_kept',
  'pgrant_api.client_document_store': 'document_fetched_at|document_expires_at|expires_at',
};

const pairs = Object.entries(others)
  .map(([name, columns]) => `('${name}', '${columns}')`)
  .join(', ');

/** Each update of clients: its function, and the columns that it sets. */
const updates = `select f.schema || '.' || f.proname as function, c.attname::text as column
  from (${functions}) f
  cross join lateral regexp_matches(f.prosrc, 'update\\s+?(?:only\\s+?)??pgrant\\.clients\\M(.*?)(?:\\mwhere\\M|;)', 'gi') u
  join pg_attribute c on c.attrelid = 'pgrant.clients'::regclass and c.attnum > 0 and u[1] ~* ('\\m' || c.attname || '\\s*=')`;

/** What an insert by SQL that is put together at run time may be in. */
const inserters = `'pgrant_rules.rows_insert'`;

export const identityRules: Rule[] = [
  {
    name: 'clients are changed by client_store, by their settings, and otherwise in what nobody decides by',
    query: `select u.* from (${updates}) u
      where u.function <> 'pgrant_rules.client_store'
        and not exists (select from (values ${pairs}) o (function, columns)
                         where o.function = u.function and u.column ~ ('^(' || o.columns || ')$'))`,
    broken: [
      `create function pgrant_ops.loose() returns void language plpgsql as
         'begin update pgrant.clients c set redirect_uris = null where c.client_id = null; end'`,
      `create function pgrant_rules.loose() returns void language plpgsql as
         'begin UPDATE pgrant.clients SET disabled_at = now(), name = null; end'`,
    ],
  },
  {
    name: 'every column that makes up the identity is one that client_store sets and the rule compares',
    query: `select i.name from unnest(pgrant_rules.client_identity_columns()) i (name)
      where not exists (select from (${updates}) u where u.function = 'pgrant_rules.client_store' and u.column = i.name)
         or not exists (select from pg_proc p where p.proname = 'client_identity_changed' and p.prosrc ~ ('p_after\\.' || i.name || '\\M'))`,
    broken: [
      `create or replace function pgrant_rules.client_identity_columns() returns text[] language sql immutable
         as 'select array[''name'', ''grants'']'`,
    ],
  },
  {
    name: 'whoever writes the identity of a client says when that was',
    query: `select f.schema || '.' || f.proname from (${functions}) f
      where f.prosrc !~ 'pgrant_rules\\.client_identity_date\\('
        and (f.proname = 'client_store' or f.prosrc ~* 'update\\s+(only\\s+)?pgrant\\.clients\\M[^;]*%')`,
    broken: [
      `create function pgrant_ops.loose(p_tenant uuid) returns void language plpgsql as
         $$begin perform pgrant_rules.settings_write('update pgrant.clients c set (%1$s) = row(%2$s)', 'clients', '{}', p_tenant); end$$`,
      `create or replace function pgrant_rules.client_store(p_client pgrant.clients) returns pgrant.clients language plpgsql as
         'begin return p_client; end'`,
    ],
  },
  {
    name: 'no function puts an update together at run time that could be of clients',
    query: `select f.oid::regprocedure from (${functions}) f
      where f.prosrc ~* 'execute\\s+format' and f.prosrc ~* '(update|merge into)\\s+(only\\s+)?(pgrant\\.)?%'
         or f.prosrc ~* 'execute' and f.prosrc ~* 'insert into (pgrant\\.)?%' and f.schema || '.' || f.proname not in (${inserters})`,
    broken: [
      `create function pgrant_rules.loose(p text) returns void language plpgsql as
         $$begin execute format('update pgrant.%I set name = null', p); end$$`,
    ],
  },
];
