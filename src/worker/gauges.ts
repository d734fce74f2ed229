// What waits for the worker and which task is late, for the metrics: read by the clock and not by each scrape.

import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import type { Stop, WorkerServices } from '../services.ts';

const pace = 30_000;

/** Keeps the gauges of the metrics up to date until it is stopped; does nothing where there are none. */
export function startGauges({ database, log, telemetry }: WorkerServices): Stop {
  const metrics = telemetry?.metrics;
  if (!metrics) return async () => {};
  const look = async () => {
    try {
      for (const { kind, waiting, oldest } of await callAll(database, ops.backlog_read, {})) {
        metrics.backlog(kind, waiting, oldest);
      }
      for (const { task, last_success_at, late } of await callAll(
        database,
        ops.schedule_list,
        {},
      )) {
        const success = last_success_at === null ? null : Date.parse(last_success_at) / 1000;
        metrics.schedule(task, success, late);
      }
    } catch (err) {
      log.warn({ err }, 'the backlog could not be read');
    }
  };
  let looking = look();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, pace);
  return async () => {
    clearInterval(timer);
    await looking;
  };
}
