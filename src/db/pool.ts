// Which connection a statement gets, and how long it may wait for it.
import { BrokenConnection } from './broken.ts';
import type { Connection } from './connection.ts';
import { Turns } from './turns.ts';

export type PoolOptions = {
  /** Most connections. */
  size: number;
  /** Most that those of one turn have at once. */
  share: (turn: string) => number;
  /** Milliseconds that one may be waited for. */
  patience: number;
  /** Most that wait at once, for each connection. */
  queue: number;
};

export type PoolStats = {
  /** Connections that are open, and idle. */
  open: number;
  idle: number;
  /** Calls that wait for one. */
  waiting: number;
  /** Connections that broke, and those that were opened in the place of one, since the start. */
  broken: number;
  replaced: number;
  /** Calls that were turned away: the queue was full, or the wait too long. */
  refused: number;
  /** Milliseconds by which a call or a wait has passed its deadline: 0 unless a guard has failed. */
  overdue: number;
};

export type Pool = {
  /** The caller's own until it is given back. Who waits has turns, such as one for each tenant. */
  take: (turn: string, patience?: number) => Promise<Connection>;
  giveBack: (connection: Connection) => void;
  /** Counts a call that is turned away, and gives the error that it gets. */
  refuse: (message: string, code: string) => Error;
  stats: () => PoolStats;
  /** Waits for what is running, then closes. */
  end: () => Promise<void>;
};

type Waiter = {
  turn: string;
  due: number;
  timer: NodeJS.Timeout;
  resolve: (connection: Connection) => void;
  reject: (error: Error) => void;
};

/** A pool of what `open` gives; connections are opened on demand. */
export function createPool(
  open: (onBroken: () => void) => Connection,
  { size, share, patience: usual, queue }: PoolOptions,
): Pool {
  /** Each with the turn that has it. */
  const all = new Map<Connection, string | undefined>();
  const idle: Connection[] = [];
  const waiting = new Turns<Waiter>();
  const counts = { broken: 0, replaced: 0, refused: 0 };
  let owed = 0;
  const farewells = new Set<Promise<void>>();
  let ending: Promise<void> | undefined;
  let empty: (() => void) | undefined;

  const forget = (connection: Connection) => {
    all.delete(connection);
    const at = idle.indexOf(connection);
    if (at >= 0) idle.splice(at, 1);
    if (all.size + waiting.size === 0) empty?.();
  };
  const mayTake = (turn: string) => {
    let taken = 0;
    for (const holder of all.values()) if (holder === turn) taken += 1;
    return taken < share(turn);
  };
  const add = (): Connection => {
    const connection = open(() => {
      if (!all.has(connection)) return;
      counts.broken += 1;
      owed += 1;
      forget(connection);
      serve();
    });
    all.set(connection, undefined);
    if (owed > 0) {
      owed -= 1;
      counts.replaced += 1;
    }
    return connection;
  };
  const retire = (connection: Connection) => {
    const farewell = connection.close().finally(() => farewells.delete(farewell));
    farewells.add(farewell);
    forget(connection);
  };
  const find = (): Connection | undefined => {
    for (let one = idle.pop(); one; one = idle.pop()) {
      if (one.isUsable()) return one;
      retire(one);
    }
    return all.size < size ? add() : undefined;
  };
  const lend = (turn: string): Connection | undefined => {
    const connection = find();
    if (connection) all.set(connection, turn);
    return connection;
  };
  /** Hands on what is free, to whose turn it is: afterwards nobody waits who might have one. */
  const serve = () => {
    while (idle.length > 0 || all.size < size) {
      const waiter = waiting.take(mayTake);
      if (!waiter) return;
      clearTimeout(waiter.timer);
      waiter.resolve(lend(waiter.turn) as Connection);
    }
  };
  const refuse = (message: string, code: string) => {
    counts.refused += 1;
    return new BrokenConnection(message, code);
  };

  return {
    refuse,
    take: (turn, patience = usual) => {
      if (ending) return Promise.reject(new BrokenConnection('the pool has ended', 'POOL_ENDED'));
      const connection = mayTake(turn) ? lend(turn) : undefined;
      if (connection) return Promise.resolve(connection);
      if (waiting.size >= queue * size) {
        const full = refuse(`${waiting.size} calls wait already`, 'QUEUE_FULL');
        const giver = waiting.makeRoom(turn);
        if (!giver) return Promise.reject(full);
        clearTimeout(giver.timer);
        giver.reject(full);
      }
      return new Promise((resolve, reject) => {
        const giveUp = () => {
          waiting.remove(waiter);
          reject(refuse(`no connection was free within ${patience} ms`, 'WAIT_TIMEOUT'));
        };
        const timer = setTimeout(giveUp, patience);
        const waiter = { turn, due: performance.now() + patience, timer, resolve, reject };
        waiting.add(waiter);
      });
    },
    giveBack: (connection) => {
      if (!all.has(connection)) return;
      all.set(connection, undefined);
      if (connection.isUsable()) idle.push(connection);
      else retire(connection);
      serve();
      if (ending && waiting.size === 0) for (const one of [...idle]) retire(one);
    },
    stats: () => {
      const now = performance.now();
      const late = [...all.keys()].map((connection) => connection.overdue());
      const waits = [...waiting].map(({ due }) => now - due);
      return {
        open: all.size,
        idle: idle.length,
        waiting: waiting.size,
        ...counts,
        overdue: Math.max(0, ...late, ...waits),
      };
    },
    end: () => {
      ending ??= new Promise<void>((resolve) => {
        empty = resolve;
        if (all.size + waiting.size === 0) resolve();
        for (const connection of [...idle]) retire(connection);
      }).then(async () => {
        await Promise.all(farewells);
      });
      return ending;
    },
  };
}
