// The files of a release, statement by statement.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TransactionSql } from 'postgres';
import { ReleaseError } from './release-error.ts';
import { statements } from './statements.ts';

export function readFile(folder: string, file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

type Run = (statement: string) => Promise<unknown>;

/** Runs a file of the folder. */
export async function runFile(
  sql: TransactionSql,
  folder: string,
  file: string,
  run?: Run,
): Promise<void> {
  try {
    await runScript(sql, readFile(folder, file), run);
  } catch (error) {
    throw located(error, file);
  }
}

/** Runs a script, one statement at a time: as Citus wants it, and so that an error can name its line. */
export async function runScript(
  sql: TransactionSql,
  script: string,
  run: Run = (statement) => sql.unsafe(statement),
): Promise<void> {
  for (const { text, line } of statements(script)) {
    try {
      await run(text);
    } catch (error) {
      throw Object.assign(error as Error, { scriptLine: line });
    }
  }
}

/** The error with the file and line of the statement that raised it. */
export function located(error: unknown, file: string): unknown {
  const { message, scriptLine } = error as { message: string; scriptLine?: number };
  if (scriptLine === undefined) return error;
  return new ReleaseError(`sql/${file}:${scriptLine}: ${message}`, { cause: error });
}
