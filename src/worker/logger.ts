import { Logger } from 'graphile-worker';
import type { Log } from '../log.ts';

// It says "info" of every job that is done, four times a minute.
const levels = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' } as const;

/** graphile-worker's logger, writing to ours; its metadata stays out, since it holds whole jobs. */
export function workerLogger(log: Log): Logger {
  return new Logger((scope) => (level, message, meta) => {
    const { label, taskIdentifier: task, jobId: job } = scope;
    const err = meta?.error instanceof Error ? meta.error : undefined;
    // The stack is in err.
    log[levels[level]]({ label, task, job, err }, message.split('\n')[0]);
  });
}
