// What the admin API can do, from pgrant_rules.admin_operations() and the functions that it names.
import type { Sql } from 'postgres';

type Row = {
  operation: string;
  method: string;
  path: string;
  effect: string;
  body: string | null;
  made: string[];
  page_key: string | null;
  description: string;
  arguments: { name: string; type: string; required: boolean }[];
  columns: { name: string; type: string }[] | null;
  is_set: boolean;
  result: string;
};

type Column = {
  name: string;
  type: string;
  nullable: boolean;
  meaning: string | null;
  choices: string[] | null;
  unit: string | null;
  good: string | null;
  default: unknown;
  is_setting: boolean;
};

/** Tables whose rows an operation shows as they are, but for these columns. */
const shown = {
  client: { table: 'clients', except: ['registration_token_hash', 'logo_kept'] },
  resource: { table: 'resources', except: ['tenant_id', 'disabled_at'] },
  upstream: { table: 'upstreams', except: ['sealed_secrets'] },
  settings: { table: 'tenants', except: ['decoy_salt', 'pairwise_salt', 'logo_kept'] },
};

/** What is shown of a subject, or by one operation, that is no table: a type of pgrant_rules. */
const answered = { user: 'user_shown', webhook: 'webhook_shown', client_revoke: 'client_revoked' };

/** The text of src/endpoints/admin-api/operations.ts. */
export async function generateOperations(sql: Sql): Promise<string> {
  const rows = await sql<Row[]>`
    select o.operation, o.method, o.path, o.effect, o.body, o.made, o.page_key,
           obj_description(p.oid, 'pg_proc') as description, p.proretset as is_set, format_type(p.prorettype, null) as result,
           (select coalesce(jsonb_agg(to_jsonb(a)), '[]') from pgrant_rules.admin_arguments(p.oid) a
             where not o.fixed ? a.name and not a.name = any (o.made)) as arguments,
           (select jsonb_agg(jsonb_build_object('name', c.name, 'type', format_type(c.type, null)) order by c.n)
              from unnest(p.proargnames, p.proallargtypes, p.proargmodes) with ordinality c (name, type, mode, n)
             where c.mode = 't') as columns
      from pgrant_rules.admin_operations() o
      join pg_proc p on p.oid = pgrant_rules.admin_function(o.function_name)`;
  const records: Record<string, unknown> = {};
  for (const [name, { table, except }] of Object.entries(shown)) {
    const columns = await sql<Column[]>`
      select a.attname as name, format_type(a.atttypid, null) as type, not a.attnotnull as nullable,
             d.meaning, d.choices, d.unit, d.good, s.name is not null as is_setting,
             case when s.name is null or d.default_value is null then null
                  when d.type = 'text' then to_jsonb(d.default_value)
                  when d.type like '%[]' then to_jsonb(d.default_value::text[])
                  else d.default_value::jsonb end as default
        from pg_attribute a
        join pgrant_rules.columns_described(${table}) d on d.name = a.attname
        left join pgrant_ops.setting_list(${table}) s on s.name = a.attname
       where a.attrelid = to_regclass('pgrant.' || ${table}) and a.attnum > 0 and not a.attisdropped
         and not a.attname = any (${except})
       order by a.attname`;
    records[name] = columns.map(({ meaning, choices, unit, good, default: usual, ...column }) => ({
      ...column,
      ...(meaning !== null && { meaning }),
      ...(choices !== null && { choices }),
      ...(unit !== null && { unit }),
      ...(good !== null && { good }),
      ...(usual !== null && { default: usual }),
    }));
  }
  const answers: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(answered)) {
    const columns = await sql<Pick<Column, 'name' | 'type' | 'nullable' | 'meaning'>[]>`
      select a.attname as name, format_type(a.atttypid, null) as type, d.meaning, coalesce(d.meaning ~* '^null ', false) as nullable
        from pg_attribute a
        left join lateral (select col_description(a.attrelid, a.attnum) as meaning) d on true
       where a.attrelid = to_regclass('pgrant_rules.' || ${type}) and a.attnum > 0
       order by a.attnum`;
    answers[name] = columns.map(({ meaning, ...column }) => ({
      ...column,
      ...(meaning !== null && { meaning }),
    }));
  }
  const settable = {
    scope: await sql`select s.* from pgrant_rules.scope_settings() s`,
    user: await sql`
      select n.name, true as nullable,
             case when n.name = 'claims' then 'jsonb' when c.type = 'boolean' then c.type
                  when c.type is null or c.type = 'string' then 'text' else 'jsonb' end as type
        from unnest(pgrant_rules.user_settings()) with ordinality n (name, at)
        left join pgrant_rules.standard_claims() c on c.claim = n.name
       order by n.at`,
    webhook: await sql`
      select d.name, d.type, d.nullable, d.meaning, d.good
        from pgrant_ops.setting_list('webhooks') s join pgrant_rules.columns_described('webhooks') d on d.name = s.name
       order by d.name`,
  };
  const except = await sql`select pgrant_rules.admin_settings_except() as names`;
  return [
    '// GENERATED from sql/ by `npm run generate`. Do not edit.',
    '',
    `export const operations = ${text(rows.map(operationOf))} as const;`,
    '',
    '/** What an operation shows of a table. */',
    `export const records = ${text(records)} as const;`,
    '',
    '/** What an operation shows that is no table: of a subject, or by its own name. */',
    `export const shownTypes = ${text(answers)} as const;`,
    '',
    '/** What can be set of what is no table with settings. */',
    `export const settable = ${text(settable)} as const;`,
    '',
    '/** Settings of a tenant that are the operator\u2019s alone. */'.replace('\u2019', "'"),
    `export const operatorSettings = ${text(except[0]?.names)} as const;`,
    '',
  ].join('\n');
}

function operationOf({ columns, page_key, body, description, is_set, ...row }: Row) {
  // As the bindings read it: a comment that says nothing of null promises nothing.
  const nullable = /Nothing is null\./.test(description)
    ? []
    : /May be null: ([^.]*)\./.exec(description)?.[1]?.split(', ');
  return {
    ...row,
    description: description
      .replace(/ ?(Raises [^.]*|May be null: [^.]*|Nothing is null)\./g, '')
      .trim(),
    ...(page_key !== null && { page_key }),
    ...(body !== null && { body }),
    ...(is_set && {
      columns: columns?.map((column) => ({
        ...column,
        nullable: nullable?.includes(column.name) ?? true,
      })),
    }),
  };
}

function text(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
