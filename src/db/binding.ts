// What the generated bindings say of SQL functions, and the statements that call them.
import { arrayLiteral, byteaLiteral } from './wire-values.ts';

/** What a generated binding says of an SQL function. */
export type Binding<Args, Row> = Callable & {
  /** Never there: carries the types. */
  types?: [Args, Row];
};

export type Callable = {
  name: string;
  encoders: readonly Encoder[];
  /** The statement for each tag, set of arguments that is left out, and number of tenants. */
  texts: Map<string, string>;
  /** Decides a set of requests at once: each argument but the tenant is an array with an element per request. */
  isSet: boolean;
  /** Milliseconds between two of its sets that are not full, where nobody waits for an answer; 0 by default. */
  pause?: number;
  /** The fields that are never null, each with the kinds of answer that have it. */
  promises: readonly Promised[];
};

type Promised = string | readonly [field: string, kind: string, values: readonly unknown[]];

type Encoder = {
  argument: string;
  type: string;
  optional: boolean;
  encode: (value: never) => string;
};

/** A value as it travels: as text, which PostgreSQL casts. */
export type Value = string | null;

/** Binds an SQL function: its arguments in order as [name, type, 'optional' with an SQL default]. */
export function bind<Args, Row>(
  name: string,
  parameters: readonly (readonly [string, string, 'optional'?])[],
  promises: readonly Promised[] = [],
): Binding<Args, Row> {
  const encoders = parameters.map(([argument, type, optional]) => ({
    argument,
    type,
    optional: optional === 'optional',
    encode: encoder(type),
  }));
  return { name, encoders, texts: new Map(), isSet: false, promises };
}

/** Binds an SQL function that decides a set of requests; arguments and row are those of one request. */
export function bindSet<Args, Row>(
  name: string,
  parameters: readonly (readonly [string, string])[],
  promises: readonly Promised[] = [],
): Binding<Args, Row> {
  return { ...bind<Args, Row>(name, parameters, promises), isSet: true };
}

// Every argument travels as text, an array as its literal, and is cast in the statement: an encoding that may be
// applied twice, which is what postgres.js does when it prepares a statement again whose result type
// has changed: bytea would become its own hex, a JSON object a string, true false.
function encoder(type: string): (value: never) => string {
  if (type === 'bytea') return byteaLiteral;
  if (type === 'jsonb' || type === 'json') return JSON.stringify;
  if (type.endsWith('[]')) return arrayLiteral;
  return String;
}

/** Whether a value names a tenant. */
export const isUuid = (value: string): boolean =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);

/** The arguments of a call in order; throws TypeError for a tenant that is no uuid. */
export function valuesOf({ name, encoders }: Callable, args: Record<string, unknown>): Value[] {
  if (encoders[0]?.argument === 'tenant' && !isUuid(String(args.tenant))) {
    throw new TypeError(`${name}: tenant must be a uuid`);
  }
  const values: Value[] = [];
  for (const { argument, optional, encode } of encoders) {
    const value = args[argument];
    if (value === undefined && optional) continue;
    values.push(value === null || value === undefined ? null : encode(value as never));
  }
  return values;
}

/** The statement of one call, in named notation, with the tag as a comment behind it. */
export function statementOf(
  { name, encoders, texts }: Callable,
  args: Record<string, unknown>,
  tag = '',
): string {
  const given = encoders.filter(
    ({ argument, optional }) => !optional || args[argument] !== undefined,
  );
  const key = `${tag} ${given.length === encoders.length ? 'all' : given.map((one) => one.argument)}`;
  return remembered(texts, key, () => `select * from ${callOf(name, given, 1, '')}${comment(tag)}`);
}

/** The statement that decides for so many tenants, each with a set of requests of its own, in order. */
export function setStatementOf(
  { name, encoders, texts }: Callable,
  tenants: number,
  tag = '',
): string {
  return remembered(texts, `${tag} ${tenants}`, () => {
    const parts = Array.from({ length: tenants }, (_, at) =>
      callOf(name, encoders, at * encoders.length + 1, '[]'),
    );
    return parts.map((part) => `select * from ${part}`).join(' union all ') + comment(tag);
  });
}

function callOf(name: string, encoders: readonly Encoder[], first: number, array: '' | '[]') {
  const named = encoders.map(({ argument, type }, at) => {
    const whole = argument === 'tenant' ? type : type + array;
    return `p_${argument} => ${fromText(`$${first + at}`, whole)}`;
  });
  return `${name}(${named.join(', ')})`;
}

/** What a parameter is as an argument. None is of a type of ours: a prepared statement would outlive it at a release. */
function fromText(parameter: string, type: string): string {
  // Citus hands the cast of a text on as that of a cstring, where it depends on more than the text, or is to an array.
  if (/^(timestamp|date|interval)/.test(type)) return `${parameter}::${type}`;
  const isOurs = type.includes('.');
  if (type.endsWith('[]')) return `${parameter}::${isOurs ? 'text[]::' : ''}${type}`;
  return isOurs ? `(array[${parameter}]::text[]::${type}[])[1]` : `${parameter}::text::${type}`;
}

const comment = (tag: string) => tag && ` /* ${tag} */`;

function remembered(texts: Map<string, string>, key: string, make: () => string): string {
  const known = texts.get(key);
  if (known !== undefined) return known;
  const text = make();
  texts.set(key, text);
  return text;
}
