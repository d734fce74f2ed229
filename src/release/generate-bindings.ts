// The TypeScript side of pgrant_api and pgrant_ops, read from the catalogs.
import type { Sql } from 'postgres';
import {
  answerKinds,
  type Field,
  kindsOf,
  literal,
  nullable,
  ownFields,
  promises,
} from './field-promises.ts';

type Named = { schema: string; name: string; comment: string | null };
type Composite = Named & { fields: Field[] };
type Enum = Named & { labels: string[] };
type Routine = Named & {
  arguments: Field[];
  /** The composite type that it returns, by name, or its own fields. */
  returns: { schema: string; name: string } | Field[];
  /** Whether it gives one value, and not rows of its own. */
  scalar: boolean;
};

const head = `// GENERATED from sql/functions by \`npm run generate\`. Do not edit.
import { bind, bindSet } from '../db/binding.ts';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
`;

const scalars: Record<string, string> = {
  boolean: 'boolean',
  smallint: 'number',
  integer: 'number',
  bigint: 'number',
  'double precision': 'number',
  void: 'null',
};

/** The text of src/db/bindings.ts. */
export async function generateBindings(sql: Sql): Promise<string> {
  const enums = await sql<Enum[]>`
    select n.nspname as schema, t.typname as name, obj_description(t.oid, 'pg_type') as comment,
           (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) as labels
      from pg_type t join pg_namespace n on n.oid = t.typnamespace
     where t.typtype = 'e' and n.nspname in ('pgrant_api', 'pgrant_ops')
     order by 1, 2`;
  const composites = await sql<Composite[]>`
    select n.nspname as schema, c.relname as name, obj_description(t.oid, 'pg_type') as comment,
           (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null),
                                              'enum', y.typtype = 'e',
                                              'comment', col_description(c.oid, a.attnum)) order by a.attnum)
              from pg_attribute a join pg_type y on y.oid = a.atttypid
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as fields
      from pg_class c join pg_type t on t.oid = c.reltype join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'c' and n.nspname in ('pgrant_api', 'pgrant_ops')
     order by 1, 2`;
  const found = await routines(sql);
  const promised = new Map(composites.map((type) => [pascal(type), promises(type.fields)]));
  return [
    head,
    ...enums.map(enumType),
    ...composites.map(
      (type) => `${tsdoc(type, '')}export type ${pascal(type)} = ${composite(type.fields)};\n`,
    ),
    group(
      'api',
      found.filter(({ schema }) => schema === 'pgrant_api'),
      promised,
    ),
    group(
      'ops',
      found.filter(({ schema }) => schema === 'pgrant_ops'),
      promised,
    ),
  ].join('\n');
}

async function routines(sql: Sql): Promise<Routine[]> {
  return await sql<Routine[]>`
    select n.nspname as schema, p.proname as name, obj_description(p.oid, 'pg_proc') as comment,
           coalesce((select json_agg(json_build_object('name', p.proargnames[a.n], 'type', format_type(a.type, null),
                                                       'enum', y.typtype = 'e',
                                                       'optional', a.n > p.pronargs - p.pronargdefaults) order by a.n)
              from unnest(p.proargtypes::oid[]) with ordinality a (type, n) join pg_type y on y.oid = a.type), '[]') as arguments,
           case when r.typtype = 'c' and r.typrelid <> 0 and k.relkind = 'c'
                then json_build_object('schema', rn.nspname, 'name', r.typname)
                when p.proargmodes is not null
                then (select json_agg(json_build_object('name', p.proargnames[a.n], 'type', format_type(a.type, null),
                                                        'enum', y.typtype = 'e') order by a.n)
                        from unnest(p.proallargtypes) with ordinality a (type, n) join pg_type y on y.oid = a.type
                       where p.proargmodes[a.n] in ('t', 'o'))
                else json_build_array(json_build_object('name', p.proname, 'type', format_type(r.oid, null),
                                                        'enum', r.typtype = 'e'))
           end as returns,
           p.proargmodes is null and not (r.typtype = 'c' and r.typrelid <> 0 and k.relkind = 'c') as scalar
      from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace
      join pg_type r on r.oid = p.prorettype
      join pg_namespace rn on rn.oid = r.typnamespace
      left join pg_class k on k.oid = r.typrelid
     where n.nspname in ('pgrant_api', 'pgrant_ops')
     order by n.nspname collate "C", p.proname collate "C"`;
}

function enumType(type: Enum): string {
  const labels = type.labels.map((label) => `  | '${label}'`).join('\n');
  return `${tsdoc(type, '')}export type ${pascal(type)} =\n${labels};\n`;
}

function group(name: string, members: Routine[], promised: Map<string, string[]>): string {
  const bindings = members.map((routine) => binding(routine, promised));
  return `export const ${name} = {\n${bindings.join('\n')}} as const;\n`;
}

function binding(routine: Routine, promised: Map<string, string[]>): string {
  const { schema, name, returns } = routine;
  const own = Array.isArray(returns) ? ownFields(routine, returns) : [];
  const result = Array.isArray(returns) ? row(own, '    ') : pascal(returns);
  const kept = Array.isArray(returns) ? promises(own) : (promised.get(pascal(returns)) ?? []);
  // A function of a set of requests has an array for each argument but the tenant: an element per request.
  const isSet =
    routine.arguments[1]?.name === 'p_request_id' && routine.arguments[1].type === 'text[]';
  const fields = routine.arguments.map((field) =>
    isSet ? { ...field, type: field.type.replace(/\[\]$/, '') } : field,
  );
  const parameters = fields.map(
    (field) => `    ['${key(field)}', '${field.type}'${field.optional ? `, 'optional'` : ''}],\n`,
  );
  return `${tsdoc(routine, '  ')}  ${name}: ${isSet ? 'bindSet' : 'bind'}<
    ${args(fields)},
    ${result}
  >('${schema}.${name}', [\n${parameters.join('')}  ], [${kept.join(', ')}]),\n`;
}

function args(fields: Field[]): string {
  const lines = fields.map((field) => {
    const type = typeOf(field).replace('Buffer', 'Uint8Array').replace('Json', 'unknown');
    const always = key(field) === 'tenant' || type === 'unknown';
    return `      ${key(field)}${field.optional ? '?' : ''}: ${type}${always ? '' : ' | null'};\n`;
  });
  return `{\n${lines.join('')}    }`;
}

/** A composite type: one row type, or one for each kind of answer. */
function composite(fields: Field[]): string {
  const kinds = answerKinds(fields);
  if (!kinds) return row(fields);
  const common = fields.filter((field) => !kindsOf(field) && field.name !== kinds.field);
  const answers = kinds.values.map((value) => {
    const own = fields.flatMap((field) => {
      const of = kindsOf(field);
      if (!of) return [];
      return of.values.includes(value) ? [member(field)] : [`${field.name}: null`];
    });
    return `  | { ${[`${kinds.field}: ${literal(value)}`, ...own].join('; ')} }\n`;
  });
  return `${row(common)} & (\n${answers.join('')})`;
}

function row(fields: Field[], indent = ''): string {
  const lines = fields.map((field) => `${indent}  ${member(field)};\n`);
  return `{\n${lines.join('')}${indent}}`;
}

function member(field: Field): string {
  const type = field.type === 'pgrant_api.error' && field.name === 'error' ? 'null' : typeOf(field);
  const also = nullable(field) && type !== 'null' && type !== 'Json' ? ' | null' : '';
  return `${field.name}: ${type}${also}`;
}

/** Arguments are named p_tenant in SQL and tenant here. */
function key({ name }: Field): string {
  return name.replace(/^p_/, '');
}

function typeOf(field: Field): string {
  const element = field.type.replace(/\[\]$/, '');
  const [schema, name] = element.split('.');
  const type =
    field.enum && schema && name
      ? pascal({ schema, name })
      : (scalars[element] ??
        (element === 'bytea' ? 'Buffer' : /^jsonb?$/.test(element) ? 'Json' : 'string'));
  return field.type.endsWith('[]') ? `${type}[]` : type;
}

/** pgrant_api.signing_keys is ApiSigningKeys. */
function pascal({ schema, name }: { schema: string; name: string }): string {
  return `${schema.replace('pgrant_', '')}_${name}`.replace(/(^|_)(\w)/g, (_, _low, first) =>
    first.toUpperCase(),
  );
}

function tsdoc({ comment }: Named, indent: string): string {
  return comment ? `${indent}/** ${comment.replaceAll('*/', '* /')} */\n` : '';
}
