// A worker on a test database, stopped after the test file.

import { setTimeout as sleep } from 'node:timers/promises';
import { createLog } from '../../src/log.ts';
import type { Stop } from '../../src/services.ts';
import { loadConfig } from '../../src/settings/config.ts';
import type { Telemetry } from '../../src/telemetry/telemetry.ts';
import { startWorker } from '../../src/worker/worker.ts';
import { atFileEnd } from '../support/at-end.ts';
import type { TestDatabase } from '../support/database.ts';

export const secret = Buffer.alloc(32, 7);

/** Starts a worker as the login, collecting what it logs. */
export async function start(
  database: TestDatabase,
  login: 'pgrant_worker' | 'postgres' = 'pgrant_worker',
  telemetry?: Telemetry,
  environment: Record<string, string> = {},
) {
  const lines: string[] = [];
  const log = createLog('trace', { write: (line) => lines.push(line) });
  const running = await startWorker({
    config: loadConfig(environment),
    log,
    secret,
    database: { ...database.worker, observe: telemetry?.observer?.call },
    ...(telemetry && { telemetry }),
    url: database.url(login),
  });
  let stopped: Promise<void> | undefined;
  const stop: Stop = () => {
    stopped ??= running();
    return stopped;
  };
  atFileEnd(stop);
  return { stop, lines };
}

/** Has a task run now, as a DBA would from psql. */
export async function runNow(database: TestDatabase, task: string): Promise<void> {
  await database.as('pgrant_worker')`select graphile_worker.add_job(${task}, '{}')`;
  await until(async () => (await jobs(database)).length === 0);
}

/** The jobs that are there, by task. */
export async function jobs({ sql }: TestDatabase): Promise<string[]> {
  const rows = await sql`select task_identifier from graphile_worker.jobs order by 1`;
  return rows.map((row) => row.task_identifier);
}

/** Waits until the condition holds; throws after 20 seconds. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`never true: ${condition}`);
    await sleep(20);
  }
}
