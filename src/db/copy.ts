// What is too long for one answer comes by COPY, a line at a time.
import postgres from 'postgres';
import { applicationName } from '../version.ts';
import { type Role, settleUntimed, steppingDown } from './session-settings.ts';

/** The lines of a query that gives one column of JSON, on a connection of its own. */
export async function* copyLines(url: string, role: Role, query: string): AsyncGenerator<string> {
  const sql = postgres(url, {
    max: 1,
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: applicationName('cli'), ...steppingDown(url, role) },
  });
  try {
    await sql.unsafe(settleUntimed);
    // Quote and delimiter are characters that JSON never holds as they are, so a line is the JSON itself.
    const copying = sql.unsafe(
      `copy (${query}) to stdout (format csv, quote e'\\x01', delimiter e'\\x02')`,
    );
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of await copying.readable()) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    // Not for ever, where nobody has read to the end.
    await sql.end({ timeout: 1 });
  }
}
