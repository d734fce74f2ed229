// What went wrong, in one line for people, with what to do about it.
import { CommanderError } from 'commander';
import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import { explainDatabase } from '../db/released.ts';
import { ArchiveError } from '../protocol/archive-error.ts';
import { OAuthError } from '../protocol/errors.ts';
import { ReleaseError } from '../release/release-error.ts';
import { ConfigError } from '../settings/config.ts';
import { commandsIn } from './hints.ts';

/** The command line cannot be carried out as it is written: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** An error on the way through a file that was named; where it is of the file itself, another name is wanted. */
export function ofReading(file: string, error: unknown): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  const named = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG'];
  return named.includes(code) ? new UsageError(`${file} cannot be read (${code})`) : error;
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

type PostgresError = Error & {
  code: string;
  hint?: string;
  table_name?: string;
  constraint_name?: string;
  column_name?: string;
};

/** Where the error comes from; the database tells which rule a value broke, `list` shows what there is by its identifier. */
type Source = { setting: string; database?: Database; list?: string | undefined };

/** The fault to show for an error. */
export async function describeFault(
  error: unknown,
  { setting, database, list }: Source = { setting: 'DATABASE_URL' },
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
    return await describeRefusal(error, database, list);
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

async function describeRefusal(
  error: PostgresError,
  database: Database | undefined,
  list: string | undefined,
): Promise<Fault> {
  const { message, hint, code } = error;
  if (code.startsWith('OA')) {
    return { error: message, ...(hint && { hint: commandsIn(hint) }), code, exit: 1 };
  }
  return {
    error: (database && (await brokenRule(error, database))) ?? plainly(error),
    ...(list && / type uuid: /.test(message) && { hint: `list them: ${list}` }),
    code,
    exit: 1,
  };
}

/** What a check wants, in the words of the list that it has or of its comment. */
async function brokenRule(error: PostgresError, database: Database): Promise<string | null> {
  const { table_name: table, constraint_name: constraint } = error;
  if (error.code !== '23514' || !table || !constraint) return null;
  const [check] = await callAll(database, ops.check_words, { table, constraint });
  if (!check) return null;
  return check.column_name ? `${check.column_name} must be ${check.words}` : check.words;
}

const kinds: Record<string, string> = {
  integer: 'a whole number',
  bigint: 'a whole number',
  uuid: 'an identifier such as 01234567-89ab-cdef-0123-456789abcdef',
  inet: 'an address',
  cidr: 'a network such as 192.0.2.0/24, whose bits behind the prefix are 0',
  interval: 'a length of time',
  'timestamp with time zone': 'a moment such as 2026-11-21T08:00:00Z',
};

/** An error of PostgreSQL's own without its words: types, columns and relations. */
function plainly({ code, message, column_name: column }: PostgresError): string {
  if (code === '23502') return `${column} is missing`;
  // As a character, or as \\u0000 in JSON: PostgreSQL keeps it in no text.
  if (code === '22021' || code === '22P05') return 'text cannot have the character U+0000';
  const [, type = '', value] =
    /^invalid input syntax for type ([a-z ]+): (".*")$/s.exec(message) ??
    /^invalid (cidr) value: (".*")$/s.exec(message) ??
    [];
  if (value === undefined) return 'a value is not acceptable';
  return `${value} is not ${kinds[type] ?? 'acceptable here'}`;
}
