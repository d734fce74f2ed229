// The database as one role: a pool, and one statement at a time on each of its connections.
import { applicationName } from '../version.ts';
import { type Actor, together } from './actor.ts';
import { createBatches, type Decide } from './batch.ts';
import { isUuid } from './binding.ts';
import { type Connection, openConnection } from './connection.ts';
import { createHosts } from './hosts.ts';
import { createPool, type PoolStats } from './pool.ts';
import { type Role, steppingDown } from './session-settings.ts';

/** A pool of connections that all work as one role. */
export type Database = {
  /**
   * One prepared statement in a transaction of its own; its values are texts. Where the first is a uuid it is the
   * tenant, in whose turn it waits for a connection; what is asked of no tenant has one turn for each statement.
   * `patience` is how many milliseconds it waits for a connection, if not as long as usual.
   */
  query: (text: string, values: (string | null)[], patience?: number) => Promise<unknown[]>;
  /**
   * Statements in one transaction, by the database that the work is handed, on a connection of its own: of what was
   * done before one of them failed nothing is left.
   */
  transaction: <T>(work: (database: Database) => Promise<T>) => Promise<T>;
  /** One request of a function that decides sets. */
  decide: Decide;
  stats: () => PoolStats;
  /** Wraps each call of a function, by its name; undefined where nobody looks. */
  observe?: Observe | undefined;
  /** What asks: stands as a comment behind each statement. */
  tag?: string;
  /** Waits for what is running, then closes. */
  end: () => Promise<void>;
};

export type Observe = <T>(name: string, work: () => Promise<T>) => Promise<T>;

export type ConnectOptions = Partial<Limits> & {
  /** Most connections; 1 by default. */
  pool?: number;
  /** false behind a pooler that cannot keep prepared statements. */
  prepare?: boolean;
  /** Which program it is, for application_name; by default that of the role. */
  program?: string;
  observe?: Observe | undefined;
  /** Who is behind its statements, where that is a person. */
  actor?: Actor;
};

/** In milliseconds; beyond them a call fails as BrokenConnection. */
type Limits = {
  /** Most for a statement, connecting included: above statement_timeout, which ends it first. */
  deadline: number;
  /** Most that a call waits for a connection. */
  patience: number;
  /** Most calls that wait, for each connection. */
  queue: number;
  /** What part of the connections one tenant may have at once, rounded up. */
  share: number;
};

/** Somebody waits for an answer: rather a 503 soon. */
const web: Limits = { deadline: 15_000, patience: 5_000, queue: 200, share: 0.5 };
/** Tasks and commands, which may take their time. */
const others: Limits = { deadline: 900_000, patience: 900_000, queue: 10_000, share: 1 };

/**
 * Connects on demand, working as `role`. A URL with another login, a superuser's even, steps down to
 * the role as each session starts. Connections are spread over its hosts, where it names several.
 */
export function connect(url: string, role: Role, options: ConnectOptions = {}): Database {
  const limits = { ...(role === 'pgrant_web' ? web : others), ...options };
  const { pool: size = 1, prepare = true, observe, actor, deadline } = limits;
  const program = options.program ?? role.replace('pgrant_', '');
  const parameters = { application_name: applicationName(program), ...steppingDown(url, role) };
  const hosts = createHosts(url);
  const ofTenant = Math.ceil(size * limits.share);
  const share = (turn: string) => (isUuid(turn) ? ofTenant : size);
  const pool = createPool(
    (onBroken) => openConnection({ hosts, prepare, parameters, deadline, onBroken }),
    { ...limits, size, share },
  );
  const taken = async <T>(
    turn: string,
    work: (connection: Connection) => Promise<T>,
    patience?: number,
  ): Promise<T> => {
    const connection = await pool.take(turn, patience);
    try {
      return await work(connection);
    } finally {
      pool.giveBack(connection);
    }
  };
  const database: Database = {
    query: (text, values, patience) => {
      const send = (connection: Connection) => {
        const sent = () => connection.send(text, values);
        return actor ? together(actor, connection, sent) : sent();
      };
      return taken(turnOf(text, values), send, patience);
    },
    transaction: (work) =>
      taken('', (connection) =>
        together(actor, connection, () => work({ ...database, query: firstFault(connection) })),
      ),
    decide: createBatches(pool, { patience: limits.patience, queue: limits.queue * size }),
    stats: pool.stats,
    observe,
    end: pool.end,
  };
  return database;
}

/** Whose turn a statement waits for: that of its tenant, or its own where it is of none. */
function turnOf(text: string, [first]: (string | null)[]): string {
  return first && isUuid(first) ? first : text;
}

/** After a statement that failed PostgreSQL answers each with 25P02, which says nothing: here it is the first again. */
function firstFault({ send }: Connection): Database['query'] {
  let failed: { error: unknown } | undefined;
  return async (text, values) => {
    if (failed) throw failed.error;
    try {
      return await send(text, values);
    } catch (error) {
      failed = { error };
      throw error;
    }
  };
}
