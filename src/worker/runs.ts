// Each run of a task leaves a row in pgrant.task_runs.
import type { Task } from 'graphile-worker';
import { call, callAll } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import { ops } from '../db/functions.ts';

/** What a run did, by kind. Names of tables and the like: never of tenants or people. */
export type Counts = Record<string, number>;

export type Run = (signal: AbortSignal | undefined) => Promise<Counts>;

/** A task of graphile-worker that records each of its runs. */
export function recorded(database: Database, task: string, run: Run): Task {
  return async (_payload, { abortSignal }) => {
    const [key] = await callAll(database, ops.task_begin, { task });
    if (!key?.run_id || !key.expires_at) throw new Error('task_begin returned no run');
    const { run_id, expires_at } = key;
    try {
      const counts = await run(abortSignal);
      await call(database, ops.task_end, { run_id, expires_at, counts, error: null });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Where the database is what failed, this fails too: the row stays without an end.
      await call(database, ops.task_end, { run_id, expires_at, counts: null, error: reason }).catch(
        () => {},
      );
      throw error;
    }
  };
}
