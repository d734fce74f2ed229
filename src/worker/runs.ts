// Each run of a task leaves a row in pgrant.task_runs.
import type { Task } from 'graphile-worker';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import type { WorkerServices } from '../services.ts';

/** What a run did, by kind. Names of tables and the like: never of tenants or people. */
export type Counts = Record<string, number>;

export type Run = (signal: AbortSignal | undefined) => Promise<Counts>;

type Work = Pick<WorkerServices, 'database' | 'log' | 'telemetry'>;

/** A task of graphile-worker that records each of its runs; run_id is the same in the log. */
export function recorded(work: Work, task: string, run: Run): Task {
  const { observer } = work.telemetry ?? {};
  return (_payload, { abortSignal }) => {
    const begun = () => record(work, task, () => run(abortSignal));
    return observer ? observer.task(task, begun) : begun();
  };
}

async function record({ database, log }: Work, task: string, run: () => Promise<Counts>) {
  const [key] = await callAll(database, ops.task_begin, { task });
  if (!key?.run_id || !key.expires_at) throw new Error('task_begin returned no run');
  const { run_id, expires_at } = key;
  try {
    const counts = await run();
    await call(database, ops.task_end, { run_id, expires_at, counts, error: null });
    log.debug({ task, run_id, counts }, 'task done');
  } catch (error) {
    log.error({ task, run_id, err: error }, 'task failed');
    const reason = error instanceof Error ? error.message : String(error);
    // Where the database is what failed, this fails too: the row stays without an end.
    const ended = { run_id, expires_at, counts: null, error: reason };
    await call(database, ops.task_end, ended).catch(() => {});
    throw error;
  }
}
