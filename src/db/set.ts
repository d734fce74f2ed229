// A set of requests as one statement, and its rows as their answers.
import { setStatementOf } from './binding.ts';
import type { Connection } from './connection.ts';
import type { Line, Request } from './line.ts';
import { arrayLiteral } from './wire-values.ts';

/** How many are answered in one turn of the event loop of those for whom nobody waits. */
const someTogether = 8;

/** Sends one statement for all requests, a part for each tenant; gives a row for each, in their order. */
export async function ask(
  connection: Connection,
  { binding, tag }: Pick<Line, 'binding' | 'tag'>,
  requests: Request[],
): Promise<unknown[]> {
  const parts: Request[][] = [];
  for (const request of requests) {
    const part = parts.at(-1);
    if (part?.[0]?.values[0] === request.values[0]) part?.push(request);
    else parts.push([request]);
  }
  const values = parts.flatMap((part) =>
    binding.encoders.map((_, at) =>
      at === 0
        ? (part[0]?.values[0] ?? null)
        : arrayLiteral(part.map((one) => one.values[at] ?? null)),
    ),
  );
  const rows = await connection.send(setStatementOf(binding, parts.length, tag), values);
  if (rows.length !== requests.length) {
    throw new Error(`${binding.name} gave ${rows.length} rows for ${requests.length} requests`);
  }
  return rows;
}

/** Gives each request its row. */
export function answer(requests: Request[], rows: unknown[]): void {
  for (const [at, request] of requests.entries()) request.resolve(rows[at]);
}

/**
 * The same for those for whom nobody waits: whoever is answered asks again, so that a turn of the event loop lasts as long
 * as what comes in it, and everybody else waits for its end. `onRoom` is called after each turn.
 */
export function answerInTurns(
  line: Line,
  requests: Request[],
  rows: unknown[],
  onRoom: () => void,
): void {
  const answering = line.unanswered.length > 0;
  for (const [at, request] of requests.entries()) line.unanswered.push([request, rows[at]]);
  if (!answering) setImmediate(answerSome, line, onRoom);
}

function answerSome(line: Line, onRoom: () => void): void {
  for (const [request, row] of line.unanswered.splice(0, someTogether)) request.resolve(row);
  if (line.unanswered.length > 0) setImmediate(answerSome, line, onRoom);
  onRoom();
}
