// Prometheus metrics. Every label has few values that are known beforehand: a tenant is none.
import type { Database } from '../db/connect.ts';
import { errorKind, type Observer } from './observer.ts';

const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const callBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const taskBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300];
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'];

export type Metrics = {
  observer: Observer;
  /** Shows how many connections of a pool are in use. */
  watch: (pool: 'web' | 'worker', database: Database) => void;
  /** What waits for the worker: how much, and the age in seconds of the oldest where that is known. */
  backlog: (kind: string, waiting: number, oldest: number) => void;
  schedule: (task: string, lastSuccess: number | null, late: boolean) => void;
  /** The answer to a scrape, and its content type. */
  text: () => Promise<string>;
  contentType: string;
};

/** Loads prom-client and starts to count. */
export async function startMetrics(): Promise<Metrics> {
  const { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } = await import(
    'prom-client'
  );
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new Histogram({ name: `pgrant_${name}`, help, labelNames, buckets, registers });
  const counter = (name: string, help: string, labelNames: string[], collect?: () => void) =>
    new Counter({
      name: `pgrant_${name}`,
      help,
      labelNames,
      registers,
      ...(collect && { collect }),
    });
  const gauge = (name: string, help: string, labelNames: string[], collect?: () => void) =>
    new Gauge({ name: `pgrant_${name}`, help, labelNames, registers, ...(collect && { collect }) });

  const requests = histogram(
    'http_request_duration_seconds',
    'Requests by endpoint, method and class of status',
    ['endpoint', 'method', 'status'],
    requestBuckets,
  );
  const errors = counter('http_errors_total', 'Answers with an error, by endpoint and code', [
    'endpoint',
    'error',
  ]);
  const tokens = counter(
    'token_requests_total',
    'Token requests by grant type and error (or none)',
    ['grant', 'error'],
  );
  const calls = histogram(
    'db_call_duration_seconds',
    'Calls of SQL functions, with the wait for a connection',
    ['function'],
    callBuckets,
  );
  const callErrors = counter(
    'db_call_errors_total',
    'Calls that failed, by function and SQLSTATE',
    ['function', 'code'],
  );
  const tasks = histogram('task_duration_seconds', 'Runs of tasks here', ['task'], taskBuckets);
  const taskFailures = counter('task_failures_total', 'Runs of tasks that failed here', ['task']);
  const succeeded = gauge(
    'task_last_success_timestamp_seconds',
    'When the last run of a task that succeeded began, on whichever worker',
    ['task'],
  );
  const late = gauge('task_late', '1 where a task has missed its schedule', ['task']);
  const waiting = gauge('backlog', 'What waits for the worker, by kind', ['kind']);
  const oldest = gauge('backlog_oldest_seconds', 'Age of the oldest that waits, by kind', ['kind']);
  const pools = new Map<string, Database>();
  const connections = gauge(
    'db_pool_connections',
    'Connections of a pool, in use or idle',
    ['pool', 'state'],
    () => {
      for (const [pool, database] of pools) {
        const { open, idle } = database.stats();
        connections.set({ pool, state: 'used' }, open - idle);
        connections.set({ pool, state: 'idle' }, idle);
      }
    },
  );
  const queue = gauge('db_pool_waiting', 'Calls that wait for a connection', ['pool'], () => {
    for (const [pool, database] of pools) queue.set({ pool }, database.stats().waiting);
  });
  const pooled = (name: string, help: string, what: 'broken' | 'replaced' | 'refused') => {
    const total = counter(name, help, ['pool'], () => {
      total.reset();
      for (const [pool, database] of pools) total.inc({ pool }, database.stats()[what]);
    });
  };
  pooled('db_connections_broken_total', 'Connections that broke', 'broken');
  pooled('db_connections_replaced_total', 'Connections opened for one that broke', 'replaced');
  pooled('db_pool_refused_total', 'Calls without a connection: too many, too long', 'refused');

  const observer: Observer = {
    request: async ({ method, outcome }, work) => {
      const end = requests.startTimer({ method: methods.includes(method) ? method : 'other' });
      await work();
      const { endpoint, status, error, grant } = outcome();
      end({ endpoint, status: `${Math.floor(status / 100)}xx` });
      if (error !== undefined) errors.inc({ endpoint, error });
      if (endpoint === '/oauth/token' && method === 'POST') {
        tokens.inc({ grant: grant ?? 'unknown', error: error ?? 'none' });
      }
    },
    call: async (name, work) => {
      const end = calls.startTimer({ function: name });
      try {
        return await work();
      } catch (error) {
        callErrors.inc({ function: name, code: errorKind(error) });
        throw error;
      } finally {
        end();
      }
    },
    task: async (task, work) => {
      const end = tasks.startTimer({ task });
      try {
        return await work();
      } catch (error) {
        taskFailures.inc({ task });
        throw error;
      } finally {
        end();
      }
    },
  };
  return {
    observer,
    watch: (pool, database) => pools.set(pool, database),
    backlog: (kind, count, age) => {
      waiting.set({ kind }, count);
      oldest.set({ kind }, age);
    },
    schedule: (task, lastSuccess, isLate) => {
      if (lastSuccess !== null) succeeded.set({ task }, lastSuccess);
      late.set({ task }, isLate ? 1 : 0);
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
