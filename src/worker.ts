import type { Stop, WorkerContext } from './context.ts';

/** Starts the worker. */
export async function startWorker(_context: WorkerContext): Promise<Stop> {
  return async () => {};
}
