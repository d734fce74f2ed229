import postgres, { type Sql } from 'postgres';

/** A pool of connections that all work as one role. */
export type Database = {
  /** One prepared statement in a transaction of its own; its values are texts. */
  query: (text: string, values: (string | null)[]) => Promise<unknown[]>;
  /** Waits for what is running, then closes. */
  end: () => Promise<void>;
};

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
 * Connects on demand, working as `role`. A URL with another login, a superuser's even, steps down to
 * the role as each session starts.
 */
export function connect(url: string, role: Role, options: ConnectOptions = {}): Database {
  const { pool = 1, prepare = true } = options;
  const lanes: Lane[] = [];
  const pick = () => {
    const idle = lanes.find((lane) => lane.running === 0);
    if (idle) return idle;
    if (lanes.length < pool) return lanes[lanes.push(openLane(url, role, prepare)) - 1] as Lane;
    return lanes.reduce((least, lane) => (lane.running < least.running ? lane : least));
  };
  return {
    query: async (text, values) => {
      const lane = pick();
      lane.running++;
      try {
        return await lane.sql.unsafe(text, values, prepared);
      } finally {
        lane.running--;
      }
    },
    end: async () => {
      await Promise.all(lanes.map(({ sql }) => sql.end()));
    },
  };
}

// One postgres.js instance per connection: its own pool (3.4.9) never forgets what has passed through
// the queue of idle connections while one of them stays idle, and searches it at each call. After a
// burst a call cost four times as much as before within 400,000 calls, and ever more.
type Lane = { sql: Sql; running: number };

const prepared = { prepare: true };

function openLane(url: string, role: Role, prepare: boolean): Lane {
  const login = decodeURIComponent(new URL(url).username);
  const sql = postgres(url, {
    max: 1,
    prepare,
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
  return { sql, running: 0 };
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
