// Every function that a role may call, at one tenant, with whatever identifies something of another.
import { bind } from '../../src/db/binding.ts';
import { arrayLiteral } from '../../src/db/wire-values.ts';
import { neutral as wordless } from './arguments.ts';
import type { Identifier } from './foreign.ts';

/** Runs one statement and gives its rows. */
export type Query = (text: string) => Promise<unknown[]>;

/** A function that takes a tenant first; its other parameters as [name without p_, type]. */
export type Callable = {
  schema: string;
  name: string;
  /** Decides a set of requests: the types are those of one. */
  isSet: boolean;
  parameters: [string, string][];
};

export type Attempt = {
  role: string;
  call: string;
  /** The columns of the other tenant from which identifiers were taken. */
  foreign: string[];
  /** The error or SQLSTATE; null where the call was answered. */
  error: string | null;
  /** What the answer tells of the other tenant, and was not sent. */
  told: string[];
  /** Whether any row of the other tenant has changed. */
  changed: boolean;
};

/** The functions that take a tenant first and that a role may call. */
export async function callables(query: Query, role: string): Promise<Callable[]> {
  const rows = (await query(`
    select p.pronamespace::regnamespace::text as schema, p.proname as name,
           array(select jsonb_build_array(ltrim(substr(u.name, 2), '_'), u.type::regtype::text)::text
                   from unnest(p.proargnames, p.proargtypes) with ordinality u (name, type, n)
                  where u.n between 2 and p.pronargs order by u.n) as parameters
      from pg_proc p
     where p.pronamespace::regnamespace::text like 'pgrant%' and p.proargnames[1] = 'p_tenant' and p.prokind = 'f'
       and has_schema_privilege('${role}', p.pronamespace, 'usage') and has_function_privilege('${role}', p.oid, 'execute')
     order by 1, 2`)) as { schema: string; name: string; parameters: string[] }[];
  return rows.map((row) => {
    const parameters = row.parameters.map((text) => JSON.parse(text) as [string, string]);
    const isSet = parameters.some(([name, type]) => name === 'request_id' && type === 'text[]');
    const element = ([name, type]: [string, string]): [string, string] => [
      name,
      isSet ? type.replace(/\[\]$/, '') : type,
    ];
    return { ...row, isSet, parameters: parameters.map(element) };
  });
}

export type Outcome = { answer: string; error: string | null; changed: boolean };

type Own = Readonly<Record<string, unknown>>;

/** Each way to call a function with identifiers of the other tenant: one at a time, and all that fit by name. */
export function* trials(
  { parameters }: Callable,
  own: Own,
  foreign: readonly Identifier[],
): Generator<{ values: Own; from: Identifier[] }> {
  for (const [name, type] of parameters) {
    if (name in wordless) continue;
    for (const identifier of foreign.filter((one) => one.type === type)) {
      yield { values: { ...own, ...given(parameters, name, identifier) }, from: [identifier] };
    }
  }
  const fitting = parameters.flatMap(([name, type]) => {
    const identifier = foreign.find((one) => one.type === type && fits(name, one.column));
    return identifier ? [{ name, identifier }] : [];
  });
  if (fitting.length > 1) {
    const values = fitting.map(({ name, identifier }) => given(parameters, name, identifier));
    yield {
      values: Object.assign({}, own, ...values),
      from: fitting.map(({ identifier }) => identifier),
    };
  }
}

// The words of the commands for what the tables call otherwise.
const synonyms: Record<string, string> = { role: 'scope', group: 'group_name', key: 'secret' };

function fits(name: string, column: string): boolean {
  const known = synonyms[name] ?? name;
  return column.endsWith(`.${known}`);
}

function given(
  parameters: Callable['parameters'],
  name: string,
  { value, expires_at }: Identifier,
) {
  const expiry = name.replace(/_hash$/, '_expires_at');
  const expires =
    expires_at !== null && expiry !== name && parameters.some(([other]) => other === expiry);
  return { [name]: value, ...(expires && { [expiry]: expires_at }) };
}

const neutral: Record<string, string> = {
  uuid: '00000000-0000-4000-8000-000000000000',
  bytea: `\\x${'00'.repeat(32)}`,
  text: 'x',
  jsonb: '{}',
  integer: '1',
  bigint: '1',
  boolean: 'true',
  inet: '192.0.2.7',
  'timestamp with time zone': 'now',
};

/**
 * A function at a tenant with its arguments, to be selected from. A function of sets gets two requests: one with the
 * tenant's own values, and the one that is tried.
 */
export function callOf(
  { schema, name, parameters, isSet }: Callable,
  tenant: string,
  values: Own,
  own: Own = values,
): string {
  const { encoders } = bind(`${schema}.${name}`, parameters);
  const args = encoders.map(({ argument, type, encode }) => {
    const textOf = (given: Own): string | null => {
      const value =
        argument in given
          ? given[argument]
          : (neutral[type] ?? (type.endsWith('[]') ? '{}' : null));
      if (value === null || value === undefined) return null;
      return typeof value === 'string' ? value : encode(value as never);
    };
    const text = isSet ? arrayLiteral([textOf(own), textOf(values)]) : textOf(values);
    if (text === null) return `p_${argument} => null`;
    return `p_${argument} => '${text.replaceAll("'", "''")}'::${type}${isSet ? '[]' : ''}`;
  });
  return `${schema}.${name}(${[`p_tenant => '${tenant}'`, ...args].join(', ')})`;
}

/** The statement that gives the answer of a call as one text. */
export const asText = (call: string): string =>
  `select coalesce(jsonb_agg(to_jsonb(x)), '[]')::text as answer from (select * from ${call}) x`;
