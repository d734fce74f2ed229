// One connection to PostgreSQL. It is never repaired: what broke is thrown away, its socket destroyed.
import { Socket } from 'node:net';
import postgres, { type Options, type Sql } from 'postgres';
import { asBroken, BrokenConnection, isAnswer } from './broken.ts';
import type { Hosts } from './hosts.ts';
import { settle } from './session-settings.ts';
import { types } from './wire-values.ts';

export type Connection = {
  /** One prepared statement in a transaction of its own; the next only after its end. */
  send: (text: string, values: (string | null)[]) => Promise<unknown[]>;
  /** Whether another statement may be sent. */
  isUsable: () => boolean;
  /** Milliseconds by which the statement has passed its deadline: 0 unless the guard itself failed. */
  overdue: () => number;
  /** Takes its leave of the server. Nothing may be under way. */
  close: () => Promise<void>;
};

export type ConnectionOptions = {
  hosts: Hosts;
  /** false behind a pooler that cannot keep prepared statements. */
  prepare: boolean;
  /** Start-up parameters. */
  parameters: Record<string, string | number>;
  /** Milliseconds that a statement may take, connecting included. */
  deadline: number;
  /** Told once, as soon as it is broken. */
  onBroken: () => void;
};

/** What postgres.js gives its `socket` factory. */
type Target = { host: [string]; port: [number]; path: string | false };

// Seconds.
const connectTimeout = 5;
// A peer that vanished is noticed ten seconds after this, by what the kernel asks.
const keepAlive = 10;
// Milliseconds until a connection that works is replaced all the same, so that load is spread anew
// over servers that came back: half an hour to an hour, not all at once.
const lifetime = () => 1_800_000 * (1 + Math.random());

const prepared = { prepare: true };

/**
 * A connection, opened by its first statement. Each is a postgres.js instance of its own with one
 * statement at a time, for in 3.4.9:
 * - a statement that is prepared again after its result type has changed, while others follow on the
 *   same connection, gets the row of another one;
 * - a pool never forgets what has passed through its queue of idle connections while one of them
 *   stays idle, and searches it at each call: after a burst a call cost four times as much within
 *   400,000 calls, and ever more;
 * - an instance that was reset between two statements never writes nor settles the next one.
 * So the socket is ours, made once per instance, and the caller's promise is settled here.
 */
export function openConnection(options: ConnectionOptions): Connection {
  const { hosts, deadline, onBroken } = options;
  const retiring = performance.now() + lifetime();
  let socket: Socket | undefined;
  let broken: Error | undefined;
  let fail: ((error: Error) => void) | undefined;
  let due = Number.POSITIVE_INFINITY;
  let sql: Sql | undefined;

  const breakOff = (error: unknown) => {
    if (broken) return;
    broken = asBroken(error);
    socket?.destroy();
    fail?.(broken);
    onBroken();
  };
  /** An instance at a host, once its session has begun. */
  const begin = (url: string) =>
    new Promise<Sql>((resolve, reject) => {
      const instance = openInstance(url, options, {
        opened: (one) => {
          socket = one;
          if (broken) one.destroy();
        },
        ended: (error) => (instance === sql ? breakOff(error) : reject(error)),
      });
      instance.unsafe(settle).then(([row]) => {
        if (row?.standby && hosts.several)
          reject(new BrokenConnection('the server is a standby', 'CONNECTION_STANDBY'));
        else resolve(instance);
      }, reject);
    });
  /** The same at the first of the hosts that lets it in and can be written to. */
  const reach = async () => {
    let missed: unknown;
    for (const url of hosts.inTurn()) {
      if (broken) break;
      try {
        sql = await begin(url);
        hosts.met(url);
        return sql;
      } catch (error) {
        missed = error;
        hosts.missed(url);
        socket?.destroy();
      }
    }
    throw broken ?? missed;
  };

  const ask = async (text: string, values: (string | null)[]) => {
    const rows: unknown[] = await (sql ?? (await reach())).unsafe(text, values, prepared);
    // postgres.js counts on where an error met the last answer, and leaves as many holes.
    return 0 in rows ? rows : rows.filter(() => true);
  };

  return {
    send: async (text, values) => {
      if (broken) throw broken;
      const late = () =>
        breakOff(new BrokenConnection(`no answer within ${deadline} ms`, 'CALL_TIMEOUT'));
      const timer = setTimeout(late, deadline);
      due = performance.now() + deadline;
      try {
        return await new Promise<unknown[]>((resolve, reject) => {
          fail = reject;
          ask(text, values).then(resolve, (error) => {
            if (!isAnswer(error)) breakOff(error);
            reject(error);
          });
        });
      } finally {
        clearTimeout(timer);
        fail = undefined;
        due = Number.POSITIVE_INFINITY;
      }
    },
    isUsable: () => !broken && !socket?.destroyed && performance.now() < retiring,
    overdue: () => Math.max(0, performance.now() - due),
    close: async () => {
      if (broken) return;
      broken = new BrokenConnection('the connection was closed', 'CONNECTION_CLOSED');
      // What has not ended within a second has no one who listens.
      await sql?.end({ timeout: 1 });
      socket?.destroy();
    },
  };
}

type Life = { opened: (socket: Socket) => void; ended: (error: unknown) => void };

/** An instance that connects once. */
function openInstance(
  url: string,
  { prepare, parameters }: ConnectionOptions,
  { opened, ended }: Life,
): Sql {
  let made: Socket | undefined;
  let last: unknown;
  const closed = () => last ?? new BrokenConnection('the connection was lost', 'CONNECTION_CLOSED');
  const socket = ({ host: [host], port: [port], path }: Target) => {
    if (made) {
      ended(closed());
      throw closed();
    }
    made = Object.assign(new Socket(), { host, port });
    opened(made);
    made.once('error', (error) => {
      last = error;
    });
    return path ? made.connect(path) : made.connect(port, host);
  };
  return postgres(url, {
    max: 1,
    prepare,
    connect_timeout: connectTimeout,
    keep_alive: keepAlive,
    max_lifetime: null,
    // Types are fixed, so no connection begins with a query of its own.
    fetch_types: false,
    onnotice: () => {},
    onclose: () => ended(closed()),
    types,
    connection: parameters,
    socket,
  } as unknown as Options<Record<string, never>>);
}
