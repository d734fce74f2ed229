// One function, one statement, one transaction.
import { type Binding, type Callable, statementOf, valuesOf } from './binding.ts';
import type { ApiError } from './bindings.ts';
import type { Database } from './connect.ts';
import { repeated } from './once-more.ts';

/** A row that refuses: nothing is promised of its other fields. */
export type Refused<Row> = {
  [Name in Exclude<keyof Row, 'error' | 'reason'>]: Row[Name] | null;
} & {
  error: ApiError;
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
    // Devices are refused every few seconds while they wait, and a stack costs more than all else of it.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`${error}: ${reason}`);
    Error.stackTraceLimit = stackTraceLimit;
    this.error = error;
    this.reason = reason;
    this.row = row;
  }
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
  if (row === undefined) throw new Error(`${binding.name} returned no row`);
  return row;
}

/** Calls a function and gives its rows, whatever they say; one row for a request of a set. */
export async function callAll<Args, Row>(
  database: Database,
  binding: Binding<Args, Row>,
  args: Args,
): Promise<Answer<Row>[]> {
  const { observe, tag } = database;
  const given = args as Record<string, unknown>;
  const values = valuesOf(binding, given);
  const sent = (
    binding.isSet
      ? async () => [await database.decide(binding, values, tag)]
      : () => repeated(() => database.query(statementOf(binding, given, tag), values))
  ) as () => Promise<Answer<Row>[]>;
  const rows = await (observe ? observe(binding.name, sent) : sent());
  for (const row of rows) keepPromises(binding, row as Record<string, unknown>);
  return rows;
}

/** Throws where a function breaks what its comments promise: better no answer than a token without a subject. */
function keepPromises({ name, promises }: Callable, row: Record<string, unknown>): void {
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
