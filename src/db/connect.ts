import postgres, { type Sql } from 'postgres';

export type Database = Sql;

/** The roles that a program of pgrant works as. */
export type Role = 'pgrant_web' | 'pgrant_worker' | 'pgrant_janitor' | 'pgrant_auditor';

export type ConnectOptions = {
  /** Most connections; 1 by default. */
  pool?: number;
  /** false behind a pooler that cannot keep prepared statements. */
  prepare?: boolean;
};

// Limits for sessions that step down from another login. Whoever logs in as the role itself gets the
// settings of the role; and a pooler would refuse start-up parameters that it does not know.
const limits = {
  statement_timeout: 10_000,
  lock_timeout: 5_000,
  idle_in_transaction_session_timeout: 10_000,
};

const asText = (value: string) => value;

const types = {
  // Epoch seconds and counts: all below 2^53.
  bigint: { to: 20, from: [20], serialize: String, parse: Number },
  // date, timestamp, timestamptz: as PostgreSQL writes them.
  moment: { to: 1184, from: [1082, 1114, 1184], serialize: String, parse: asText },
  // text[], varchar[], uuid[]
  list: { to: 1009, from: [1009, 1015, 2951], serialize: arrayLiteral, parse: parseArray },
};

/**
 * A pool of connections that work as `role`. A URL with another login, a superuser's even, steps down
 * to the role as the session starts.
 */
export function connect(url: string, role: Role, options: ConnectOptions = {}): Database {
  const login = decodeURIComponent(new URL(url).username);
  return postgres(url, {
    max: options.pool ?? 1,
    prepare: options.prepare ?? true,
    connect_timeout: 10,
    // Types are fixed above, so no connection begins with a query of its own.
    fetch_types: false,
    onnotice: () => {},
    types,
    connection: {
      application_name: role,
      ...(login === role ? undefined : { role, ...limits }),
    },
  });
}

/** The literal of a one-dimensional array of texts. */
export function arrayLiteral(values: readonly (string | number)[]): string {
  return `{${values.map((value) => `"${String(value).replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

/** The texts in the literal of a one-dimensional array without nulls. */
export function parseArray(literal: string): string[] {
  if (literal === '{}') return [];
  if (!literal.includes('"')) return literal.slice(1, -1).split(',');
  return Array.from(literal.matchAll(/"((?:[^"\\]|\\.)*)"|([^{},]+)/gs), ([, quoted, bare]) =>
    quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/gs, '$1'),
  );
}
