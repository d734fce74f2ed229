// graphile-worker with its crontab, and the outbox; any number of workers at once.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Runner, run } from 'graphile-worker';
import type { Pool } from 'pg';
import { explainDatabase } from '../db/released.ts';
import type { Stop, WorkerServices } from '../services.ts';
import { startGauges } from './gauges.ts';
import { workerLogger } from './logger.ts';
import { startOutbox } from './outbox.ts';
import { noteVersion, openPool } from './queue-pool.ts';
import { atStart, crontab } from './schedule.ts';
import { taskList } from './tasks.ts';

/** Jobs at once in one process. */
const concurrency = 2;
const longestPause = 30_000;

/**
 * Starts a worker, which first brings its own schema up to date. The stop function takes no new
 * job, waits for those that run, and closes the connections. Throws ConfigError where the database
 * is not there or not released.
 */
export async function startWorker(services: WorkerServices): Promise<Stop> {
  const pool = openPool(services.url, services.log);
  const ending = new AbortController();
  try {
    const first = await startRunner(services, pool);
    const ended = keepRunning(services, pool, first, ending.signal);
    const stopOutbox = startOutbox(services);
    const stopGauges = startGauges(services);
    return async () => {
      ending.abort();
      await Promise.all([ended, stopOutbox(), stopGauges()]);
      await pool.end();
    };
  } catch (error) {
    await pool.end();
    throw explainDatabase(error, 'DATABASE_WORKER_URL');
  }
}

async function startRunner(services: WorkerServices, pgPool: Pool): Promise<Runner> {
  const runner = await run({
    pgPool,
    taskList: taskList(services),
    crontab,
    concurrency,
    logger: workerLogger(services.log),
    noHandleSignals: true,
    // The queue is asked seldom, and a pooler may not keep them.
    noPreparedStatements: true,
    // By default stopping does not wait until the job that was running is marked as done, and a
    // connection lost at that moment is a rejection that nobody handles (graphile-worker 0.18.0).
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  });
  try {
    await noteVersion(pgPool);
    await forgetFuture(pgPool);
    for (const task of atStart) await runner.addJob(task, {}, { jobKey: task });
    return runner;
  } catch (error) {
    await runner.stop();
    throw error;
  }
}

/** What ran while a clock was ahead would keep its task from running until that time comes. */
async function forgetFuture(pool: Pool): Promise<void> {
  const now = new Date();
  await pool.query(
    'update graphile_worker._private_known_crontabs set last_execution = $1 where last_execution > $1',
    [now],
  );
}

/** A runner gives up when it cannot mark a job as done: so there is a new one until `signal`. */
async function keepRunning(
  services: WorkerServices,
  pool: Pool,
  first: Runner,
  signal: AbortSignal,
): Promise<void> {
  await untilEnded(first, signal);
  for (let failures = 0; !signal.aborted; ) {
    const pause = Math.min(1_000 * 2 ** failures, longestPause);
    services.log.error(`the worker has ended by itself; it starts again in ${pause} ms`);
    await sleep(pause, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    try {
      await untilEnded(await startRunner(services, pool), signal);
      failures = 0;
    } catch (err) {
      services.log.error({ err }, 'the worker did not start');
      failures++;
    }
  }
}

/** Resolves when the runner has ended, by itself or because of `signal`, its jobs done. */
async function untilEnded(runner: Runner, signal: AbortSignal): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    const stop = () => resolve(runner.stop().catch(() => {}));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  await Promise.race([stopped, runner.promise.catch(() => {})]);
  if (signal.aborted) await stopped;
}
