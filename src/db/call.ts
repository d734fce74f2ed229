// One function, one statement, one transaction.
import { type Binding, statementOf, type Value, valuesOf } from './binding.ts';
import type { Database } from './connect.ts';
import { deservesAnother } from './once-more.ts';

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

/** Calls a function that returns one row; throws Refusal where the row has an error. */
export async function call<Args, Row>(
  database: Database,
  binding: Binding<Args, Row>,
  args: Args,
): Promise<Row> {
  const [row] = await callAll(database, binding, args);
  if (row === undefined) throw new Error(`${binding.name} returned no row`);
  const { error, reason } = row as { error?: string | null; reason?: string | null };
  if (error) throw new Refusal(error, reason ?? null, row);
  return row;
}

/** Calls a function and gives its rows, whatever they say; one row for a request of a set. */
export async function callAll<Args, Row>(
  database: Database,
  binding: Binding<Args, Row>,
  args: Args,
): Promise<Row[]> {
  const { observe, tag } = database;
  const given = args as Record<string, unknown>;
  const values = valuesOf(binding, given);
  const ask = (
    binding.isSet
      ? async () => [await database.decide(binding, values, tag)]
      : () => send(database, statementOf(binding, given, tag), values)
  ) as () => Promise<Row[]>;
  return observe ? observe(binding.name, ask) : ask();
}

async function send(database: Database, text: string, values: Value[]) {
  try {
    return await database.query(text, values);
  } catch (error) {
    if (!deservesAnother(error)) throw error;
    return await database.query(text, values);
  }
}
