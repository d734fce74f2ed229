// One function, one statement, one transaction.
import type { ErrorCode } from '../protocol/errors.ts';
import { arrayLiteral, type Database } from './connect.ts';

/** What a generated binding says of an SQL function. */
export type Binding<Args, Row> = {
  name: string;
  encoders: readonly Encoder[];
  /** The statement for each tag and set of arguments that is left out. */
  texts: Map<string, string>;
  /** The fields that are never null, each with the kinds of answer that have it. */
  promises: readonly Promised[];
  /** Never there: carries the types. */
  types?: [Args, Row];
};

type Encoder = {
  argument: string;
  type: string;
  optional: boolean;
  encode: (value: never) => string;
};

type Promised = string | readonly [field: string, kind: string, values: readonly unknown[]];

/** A row that refuses: nothing is promised of its other fields. */
export type Refused<Row> = {
  [Name in Exclude<keyof Row, 'error' | 'reason'>]: Row[Name] | null;
} & {
  error: ErrorCode;
  reason: string | null;
};

/** What a function answers: a refusal, where its rows have an error, or what it granted. */
export type Answer<Row> = Row extends { error: null } ? Row | Refused<Row> : Row;

/** A function's row says that the request is refused. The statement has committed all the same. */
export class Refusal<Row = Record<string, unknown>> extends Error {
  override name = 'Refusal';
  readonly error: string;
  /** For the log and the audit only: never shown to a client. */
  readonly reason: string | null;
  readonly row: Row;

  constructor(error: string, reason: string | null, row: Row) {
    super(`${error}: ${reason}`);
    this.error = error;
    this.reason = reason;
    this.row = row;
  }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

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
  return { name, encoders, texts: new Map(), promises };
}

// Every argument travels as text and is cast in the statement. Text is the only encoding that may be
// applied twice, which is what postgres.js does when it prepares a statement again whose result type
// has changed: bytea would become its own hex, a JSON object a string, true false.
function encoder(type: string): (value: never) => string {
  if (type === 'bytea') return (value: Uint8Array) => `\\x${Buffer.from(value).toString('hex')}`;
  if (type === 'jsonb' || type === 'json') return JSON.stringify;
  if (type.endsWith('[]')) return arrayLiteral;
  return String;
}

/** Calls a function that returns one row; throws Refusal where the row has an error. */
export async function call<Args, Row>(
  database: Database,
  binding: Binding<Args, Row>,
  args: Args,
): Promise<Row> {
  const row = await ask(database, binding, args);
  const { error, reason } = row as { error?: string | null; reason?: string | null };
  if (error) throw new Refusal(error, reason ?? null, row as Record<string, unknown>);
  return row as Row;
}

/** Calls a function that returns one row, and gives it, whatever it says. */
export async function ask<Args, Row>(
  database: Database,
  binding: Binding<Args, Row>,
  args: Args,
): Promise<Answer<Row>> {
  const [row] = await callAll(database, binding, args);
  if (row === undefined) {
    // Such a function always has a row; postgres.js 3.4.9 gives none where the backend is terminated at its answer.
    const message = `${binding.name} returned no row`;
    throw Object.assign(new Error(message), { code: 'CONNECTION_CLOSED' });
  }
  return row;
}

/** Calls a function and gives its rows, whatever they say. */
export async function callAll<Args, Row>(
  database: Database,
  binding: Binding<Args, Row>,
  args: Args,
): Promise<Answer<Row>[]> {
  const values: (string | null)[] = [];
  const text = statement(binding, args as Record<string, unknown>, values, database.tag);
  const { observe } = database;
  const sent = () => send(database, text, values) as Promise<Answer<Row>[]>;
  const rows = await (observe ? observe(binding.name, sent) : sent());
  for (const row of rows) keepPromises(binding, row as Record<string, unknown>);
  return rows;
}

/** Throws where a function breaks what its comments promise: better no answer than a token without a subject. */
function keepPromises({ name, promises }: Binding<unknown, unknown>, row: Record<string, unknown>) {
  if (row.error) return;
  for (const promise of promises) {
    if (typeof promise === 'string') {
      if (row[promise] === null)
        throw new TypeError(`${name} broke its promise: ${promise} is null`);
    } else if (row[promise[0]] === null && promise[2].includes(row[promise[1]])) {
      throw new TypeError(
        `${name} broke its promise: ${promise[0]} is null with ${promise[1]} = ${row[promise[1]]}`,
      );
    }
  }
}

async function send(database: Database, text: string, values: (string | null)[]) {
  try {
    return await database.query(text, values);
  } catch (error) {
    if (!metReload(error)) throw error;
    return await database.query(text, values);
  }
}

/** Fills `values` and gives the statement for the arguments that are there. */
function statement(
  { name, encoders, texts }: Binding<unknown, unknown>,
  args: Record<string, unknown>,
  values: (string | null)[],
  tag = '',
): string {
  let left = tag;
  for (const { argument, optional, encode } of encoders) {
    const value = args[argument];
    if (value === undefined && optional) left += ` ${argument}`;
    else values.push(value === null || value === undefined ? null : encode(value as never));
  }
  if (encoders[0]?.argument === 'tenant' && !uuid.test(String(args.tenant))) {
    throw new TypeError(`${name}: tenant must be a uuid`);
  }
  const known = texts.get(left);
  if (known) return known;
  const text = compose(name, encoders, args) + (tag && ` /* ${tag} */`);
  texts.set(left, text);
  return text;
}

function compose(name: string, encoders: readonly Encoder[], args: Record<string, unknown>) {
  const named = encoders
    .filter(({ argument, optional }) => !optional || args[argument] !== undefined)
    .map(({ argument, type }, index) => `p_${argument} => $${index + 1}::text::${type}`);
  return `select * from ${name}(${named.join(', ')})`;
}

/**
 * Whether a call met a release half-way: the function or a type of it was gone for a moment. It has
 * done nothing then, and is made once more.
 */
function metReload(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return (
    code === '42883' ||
    code === '42704' ||
    (code === 'XX000' && /^(cache lookup failed|could not open relation)/.test(message ?? '')) ||
    // postgres.js prepares such a statement anew by itself, unless it was new a moment ago.
    (code === '0A000' && message === 'cached plan must not change result type')
  );
}
