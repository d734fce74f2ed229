import { type DestinationStream, type Logger, pino } from 'pino';
import type { PostgresError } from 'postgres';

export type Log = Logger;

// Nothing logs a request body or a header on purpose. This is the net below: whoever logs an object
// that holds one of these loses the value, not the line.
const secrets = [
  'access_token',
  'assertion',
  'authorization',
  'client_assertion',
  'client_secret',
  'code',
  'code_verifier',
  'cookie',
  'id_token',
  'id_token_hint',
  'password',
  'refresh_token',
  'secret',
  'set-cookie',
  'token',
];

/** The logger of the process: JSON lines at `level`, times in ISO 8601, secrets removed. */
export function createLog(level: string, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: secrets.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]),
      censor: '[removed]',
    },
    serializers: { err: describeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** An error without the query, parameters and arguments that postgres.js hangs on it. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack } = error;
  // Not `code`: that name is redacted, since authorization codes travel under it.
  const errorCode = (error as NodeJS.ErrnoException).code;
  // PostgreSQL repeats the value that it could not read; the routine tells what it was doing.
  if (isDataException(error)) return { name, errorCode, routine: (error as PostgresError).routine };
  return { name, message, errorCode, stack };
}

// Class 22: data exceptions, such as NUL in a text or a number out of range. Class 54: too long for an index, too deep.
const dataException = /^(22|54)...$/;

/** Whether the database could not take a value. The message may hold it. */
export function isDataException(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && dataException.test(code);
}
