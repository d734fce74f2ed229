// What went wrong, in one line for people, with what to do about it.
import { CommanderError } from 'commander';
import type { Database } from '../db/connect.ts';
import { explainDatabase } from '../db/released.ts';
import { ArchiveError } from '../protocol/archive-error.ts';
import { OAuthError } from '../protocol/errors.ts';
import { ReleaseError } from '../release/release-error.ts';
import { ConfigError } from '../settings/config.ts';

/** The command line cannot be carried out as it is written: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The command was understood and could not be carried out: exit code 1. */
export class Refused extends Error {
  override name = 'Refused';
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** A failed command as it is shown; `code` is the SQLSTATE where PostgreSQL refused. */
export type Fault = { error: string; hint?: string; code?: string; exit: 0 | 1 | 2 };

type PostgresError = Error & { code: string; hint?: string; constraint_name?: string };

/** Where the error comes from; the database tells which rule a value broke. */
type Source = { setting: string; database?: Database };

/** The fault to show for an error. */
export async function describeFault(
  error: unknown,
  { setting, database }: Source = { setting: 'DATABASE_URL' },
): Promise<Fault> {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return { error: error.message, exit: 0 };
    // Half a command, such as `pgrant client`: its help is on stderr already.
    const half = error.code === 'commander.help';
    const message = half ? 'which command?' : error.message.replace(/^error: /, '');
    return { error: message, hint: '--help shows how each command is used', exit: 2 };
  }
  if (error instanceof UsageError) return { error: error.message, exit: 2 };
  if (error instanceof Refused) return { error: error.message, hint: error.hint, exit: 1 };
  if (error instanceof OAuthError) return { error: error.reason, exit: 1 };
  if (error instanceof ArchiveError) return { error: error.message, exit: 1 };
  if (error instanceof ReleaseError) return { error: error.message, exit: 1 };
  if (isPostgresError(error) && /^(OA|22|23)/.test(error.code)) {
    return await describeRefusal(error, database);
  }
  const known = explainDatabase(error, setting);
  if (known instanceof ConfigError) return { error: known.message, exit: 1 };
  // What the operating system says no to, such as a file or an address.
  if ((error as NodeJS.ErrnoException).syscall)
    return { error: String((error as Error).message), exit: 1 };
  // Anything else is a fault of ours, whose place is worth knowing.
  return { error: error instanceof Error ? String(error.stack) : String(error), exit: 1 };
}

function isPostgresError(error: unknown): error is PostgresError {
  return error instanceof Error && error.name === 'PostgresError';
}

async function describeRefusal(error: PostgresError, database?: Database): Promise<Fault> {
  const { message, hint, code, constraint_name: constraint } = error;
  if (code === '23514' && constraint && database) {
    const rule = await findRule(database, constraint);
    return { error: `the value breaks a rule: ${rule}`, code, exit: 1 };
  }
  return { error: message, ...(hint && { hint: commands(hint) }), code, exit: 1 };
}

/** The rule in the words of its comment, or else as it is written. */
async function findRule(database: Database, constraint: string): Promise<string> {
  const [row] = await database.query(
    `select obj_description(oid, 'pg_constraint') as words, pg_get_constraintdef(oid) as rule from pg_constraint
      where conname = $1::text and connamespace = 'pgrant'::regnamespace limit 1`,
    [constraint],
  );
  const { words, rule = constraint } = (row ?? {}) as { words?: string | null; rule?: string };
  return words ?? rule.replace(/^CHECK \(\((.*)\)\)$/s, '$1');
}

/** The hint with its SQL in the words of this program. */
function commands(hint: string): string {
  return hint.replace(
    /(?:select [\w*, ]+ from )?pgrant_ops\.([a-z]+)_([a-z]+)(?:\([^)]*\))?/g,
    'pgrant $1 $2',
  );
}
