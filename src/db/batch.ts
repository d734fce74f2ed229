// Requests that are decided as a set: those that are read in one turn of the event loop, and those that come while a set of
// their function is out, which leave when it is back. A set costs little more than one request, and two at once would take
// each other's processor. A set that takes longer than its like keeps nobody: the next then leaves beside it.
import type { Callable, Value } from './binding.ts';
import { BrokenConnection } from './broken.ts';
import type { Connection } from './connection.ts';
import {
  emptyLine,
  type Line,
  longestGuess,
  pauseLeft,
  type Request,
  setsDue,
  takeSet,
} from './line.ts';
import { deservesAnother, repeated } from './once-more.ts';
import type { Pool } from './pool.ts';
import { answer, answerInTurns, ask } from './set.ts';

/** Decides one request: its arguments in order, the tenant first; gives its row. */
export type Decide = (binding: Callable, values: Value[], tag?: string) => Promise<unknown>;

export type BatchOptions = {
  /** Most requests that wait at once. */
  queue: number;
  /** Milliseconds that one waits at most. */
  patience: number;
};

/** Milliseconds until a connection is asked for again that could not be had. */
const pauseAfterRefusal = 20;

/** Makes what decides requests over the connections of a pool. */
export function createBatches(pool: Pool, { queue, patience }: BatchOptions): Decide {
  const lines = new Map<string, Line>();
  let waiting = 0;

  /** Sends a set on a connection that is the caller's, and gives the connection back. */
  async function send(connection: Connection, line: Line, requests: Request[]): Promise<void> {
    let failure: unknown;
    const back = leave(line);
    try {
      const rows = await ask(connection, line, requests);
      if (line.binding.pause) answerInTurns(line, requests, rows, () => serve(line));
      // After the next set has left, so that PostgreSQL decides it while these are answered.
      else process.nextTick(answer, requests, rows);
      return;
    } catch (error) {
      failure = error;
      // Citus hands on no call that is not alone in its statement, and its nodes let nobody in who owns functions.
      if ((error as { code?: string }).code === '08006') line.apart = true;
    } finally {
      back();
      line.answered = line.size > 0 ? requests.length : 0;
      pool.giveBack(connection);
      serve(line);
    }
    // Nothing of it was done. One of many may be the cause: each is decided alone.
    const again = requests.length > 1 || deservesAnother(failure);
    const alone = again && !(failure instanceof BrokenConnection);
    for (const request of requests) {
      if (alone) repeated(() => decideAlone(line, request)).then(request.resolve, request.reject);
      else request.reject(failure);
    }
  }

  /** Counts a set as out until it is back, which is to be told, or late. */
  function leave(line: Line): () => void {
    const begun = performance.now();
    let counted = true;
    line.out += 1;
    line.left = begun;
    const discount = () => {
      if (counted) line.out -= 1;
      counted = false;
    };
    const late = setTimeout(() => {
      discount();
      serve(line);
    }, 2 * line.usual);
    return () => {
      clearTimeout(late);
      discount();
      const took = Math.min(performance.now() - begun, longestGuess);
      line.usual += (took - line.usual) / 8;
    };
  }

  async function decideAlone(line: Line, request: Request): Promise<unknown> {
    const connection = await pool.take(request.values[0] ?? '', patience);
    try {
      return (await ask(connection, line, [request]))[0];
    } finally {
      pool.giveBack(connection);
    }
  }

  function enqueue(line: Line, request: Request): void {
    const tenant = request.values[0] ?? null;
    const own = line.tenants.get(tenant) ?? [];
    line.tenants.set(tenant, own);
    own.push(request);
    line.size += 1;
    waiting += 1;
    request.timer = setTimeout(() => {
      own.splice(own.indexOf(request), 1);
      if (own.length === 0 && line.tenants.get(tenant) === own) line.tenants.delete(tenant);
      line.size -= 1;
      waiting -= 1;
      request.reject(pool.refuse(`no connection was free within ${patience} ms`, 'WAIT_TIMEOUT'));
    }, patience);
  }

  /**
   * Turns away the youngest of what has most waiting, a tenant at a function, where that is clearly more than this has:
   * devices that poll by the thousand keep nobody from refreshing.
   */
  function makeRoom(line: Line, tenant: string | null): boolean {
    const own = line.tenants.get(tenant)?.length ?? 0;
    let [greediest, most]: [Line, Request[]] = [line, []];
    for (const one of lines.values()) {
      for (const waits of one.tenants.values()) {
        if (waits.length > most.length) [greediest, most] = [one, waits];
      }
    }
    const youngest = most.length > own + 1 ? most.pop() : undefined;
    if (!youngest) return false;
    clearTimeout(youngest.timer);
    greediest.size -= 1;
    waiting -= 1;
    youngest.reject(pool.refuse('made room for others', 'QUEUE_FULL'));
    return true;
  }

  function dequeue(line: Line): Request[] {
    const requests = takeSet(line);
    for (const { timer } of requests) clearTimeout(timer);
    waiting -= requests.length;
    return requests;
  }

  /** Asks for a connection for each set that should leave. */
  function serve(line: Line): void {
    const pause = pauseLeft(line);
    while (line.asked < setsDue(line, pause)) void serveOne(line);
    if (line.size === 0 || pause === 0 || line.alarm) return;
    line.alarm = setTimeout(() => {
      line.alarm = undefined;
      serve(line);
    }, pause);
  }

  async function serveOne(line: Line): Promise<void> {
    line.asked += 1;
    // In a turn of its own: what is sent is for several tenants.
    const connection = await pool.take(line.binding.name, patience).catch(() => undefined);
    line.asked -= 1;
    if (!connection) {
      // Not at once: where the queue is full it would be asked for ever, and nothing else get its turn.
      if (line.size > 0) setTimeout(() => serve(line), pauseAfterRefusal);
      return;
    }
    const requests = dequeue(line);
    if (requests.length > 0) await send(connection, line, requests);
    else {
      pool.giveBack(connection);
      serve(line);
    }
  }

  return (binding, values, tag) => {
    const name = `${binding.name} ${tag ?? ''}`;
    const line = lines.get(name) ?? emptyLine(binding, tag);
    lines.set(name, line);
    return new Promise((resolve, reject) => {
      const request: Request = { values, resolve, reject };
      if (waiting >= queue && !makeRoom(line, values[0] ?? null)) {
        reject(pool.refuse(`${waiting} requests wait already`, 'QUEUE_FULL'));
      } else {
        enqueue(line, request);
        setImmediate(serve, line);
      }
    });
  };
}
