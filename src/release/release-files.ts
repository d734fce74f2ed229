// The files of a release, statement by statement.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TransactionSql } from 'postgres';
import { isLost } from '../db/broken.ts';
import { ReleaseError } from './release-error.ts';
import { statements } from './statements.ts';

export function readFile(folder: string, file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

/** Sends a statement, in the order of the calls. */
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

/**
 * Runs a script, each statement by itself: as Citus wants it, and so that an error can name its line. Each is sent without
 * waiting for the one before; after one that fails PostgreSQL runs none of the transaction.
 */
export async function runScript(
  sql: TransactionSql,
  script: string,
  run: Run = (statement) => sql.unsafe(statement).execute(),
): Promise<void> {
  const sent = statements(script).map(({ text, line }) =>
    run(text).catch((error: Error) => {
      throw Object.assign(error, { scriptLine: line });
    }),
  );
  await Promise.all(sent);
}

/** The error with the file and line of the statement that raised it. */
export function located(error: unknown, file: string): unknown {
  const { message, scriptLine } = error as { message: string; scriptLine?: number };
  // A connection is lost wherever it happens to be.
  if (scriptLine === undefined || isLost(error)) return error;
  return new ReleaseError(`sql/${file}:${scriptLine}: ${message}`, { cause: error });
}
