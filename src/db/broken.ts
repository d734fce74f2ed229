// Whether a connection is broken, and what its caller is told then.

/** The connection failed, and not by an answer of PostgreSQL: what the statement did is not known. */
export class BrokenConnection extends Error {
  override name = 'BrokenConnection';
  readonly code: string;

  constructor(message: string, code: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** As what the caller sees: what PostgreSQL said at parting stays what it is. */
export function asBroken(error: unknown): Error {
  if (error instanceof BrokenConnection || isPostgresError(error)) return error;
  const { message, code } = error as { message: string; code?: unknown };
  return new BrokenConnection(message, typeof code === 'string' ? code : 'CONNECTION_LOST', error);
}

function isPostgresError(error: unknown): error is Error & { code: string; severity: string } {
  return (error as Error).name === 'PostgresError';
}

/** Whether a connection of postgres.js is gone, by its own word or by the last of the server; behind a cause, too. */
export function isLost(error: unknown): boolean {
  const { severity, code = '' } = ((error as Error).cause ?? error) as {
    severity?: string;
    code?: string;
  };
  if (severity !== undefined) return severity !== 'ERROR';
  return /^(CONNECTION_|ECONN|EPIPE|ETIMEDOUT)/.test(code);
}

// 57P: shut down, or not up yet. 08: what a pooler says. 25P: out of a transaction's time.
// 25006: what was the primary has become a standby.
const parting = /^(57P|08|25P|25006)/;

/** Whether PostgreSQL answered, and goes on listening. */
export function isAnswer(error: unknown): boolean {
  if (!isPostgresError(error)) return false;
  return error.severity === 'ERROR' && !parting.test(error.code);
}
