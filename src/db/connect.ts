import postgres, { type Sql } from 'postgres';
import { applicationName } from '../version.ts';

/** A pool of connections that all work as one role. */
export type Database = {
  /** One prepared statement in a transaction of its own; its values are texts. */
  query: (text: string, values: (string | null)[]) => Promise<unknown[]>;
  /** Connections that are open, and idle; calls that wait for one. */
  stats: () => { open: number; idle: number; waiting: number };
  /** Wraps each call of a function, by its name; undefined where nobody looks. */
  observe?: Observe | undefined;
  /** What asks: stands as a comment behind each statement. */
  tag?: string;
  /** Waits for what is running, then closes. */
  end: () => Promise<void>;
};

export type Observe = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** The roles that a program of pgrant works as. */
export type Role = 'pgrant_web' | 'pgrant_worker' | 'pgrant_janitor' | 'pgrant_auditor';

export type ConnectOptions = {
  /** Most connections; 1 by default. */
  pool?: number;
  /** false behind a pooler that cannot keep prepared statements. */
  prepare?: boolean;
  /** Which program it is, for application_name; by default that of the role. */
  program?: string;
  observe?: Observe | undefined;
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
 * Connects on demand, working as `role`. A URL with another login, a superuser's even, steps down to
 * the role as each session starts.
 */
export function connect(url: string, role: Role, options: ConnectOptions = {}): Database {
  const { pool = 1, prepare = true, observe } = options;
  const program = options.program ?? role.replace('pgrant_', '');
  const all: Sql[] = [];
  const idle: Sql[] = [];
  const waiting: ((connection: Sql) => void)[] = [];
  const take = (): Sql | Promise<Sql> => {
    const free = idle.pop();
    if (free) return free;
    if (all.length === pool) return new Promise((resolve) => waiting.push(resolve));
    const opened = openOne(url, role, prepare, program);
    all.push(opened);
    return opened;
  };
  const giveBack = (connection: Sql) => {
    const next = waiting.shift();
    if (next) next(connection);
    else idle.push(connection);
  };
  return {
    query: async (text, values) => {
      const connection = await take();
      try {
        return await connection.unsafe(text, values, prepared);
      } finally {
        giveBack(connection);
      }
    },
    stats: () => ({ open: all.length, idle: idle.length, waiting: waiting.length }),
    observe,
    end: async () => {
      await Promise.all(all.map((connection) => connection.end()));
    },
  };
}

const prepared = { prepare: true };

// One postgres.js instance per connection and one statement at a time on it, because in 3.4.9:
// - a statement that is prepared again after its result type has changed, while others follow on the
//   same connection, gets the row of another one;
// - the pool never forgets what has passed through its queue of idle connections while one of them
//   stays idle, and searches it at each call: after a burst a call cost four times as much within
//   400,000 calls, and ever more.
function openOne(url: string, role: Role, prepare: boolean, program: string): Sql {
  return postgres(url, {
    max: 1,
    prepare,
    connect_timeout: 10,
    // Types are fixed above, so no connection begins with a query of its own.
    fetch_types: false,
    onnotice: () => {},
    types,
    connection: {
      application_name: applicationName(program),
      ...sessionSettings(url, role),
    },
  });
}

/** What a session of the URL's login starts with so as to work as `role`; nothing for the role itself. */
export function sessionSettings(url: string, role: Role): Record<string, string | number> {
  const login = decodeURIComponent(new URL(url).username);
  return login === role ? {} : { role, ...limits };
}

/** The literal of a one-dimensional array of texts and nulls. */
export function arrayLiteral(values: readonly (string | number | null)[]): string {
  return `{${values.map((value) => (value === null ? 'null' : `"${String(value).replace(/["\\]/g, '\\$&')}"`)).join(',')}}`;
}

/** The texts in the literal of a one-dimensional array without nulls. */
export function parseArray(literal: string): string[] {
  if (literal === '{}') return [];
  if (!literal.includes('"')) return literal.slice(1, -1).split(',');
  return Array.from(literal.matchAll(/"((?:[^"\\]|\\.)*)"|([^{},]+)/gs), ([, quoted, bare]) =>
    quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/gs, '$1'),
  );
}
