// What processes are made of: each part is started, and stops with the others.
import { EventEmitter } from 'node:events';
import { createApp } from '../app.ts';
import { connect, type Database } from '../db/connect.ts';
import { listen } from '../db/listen.ts';
import { explainDatabase, requireReleased } from '../db/released.ts';
import { type Probes, requireWebSecret } from '../http/health.ts';
import { serveMetrics } from '../http/metrics-server.ts';
import type { Mount } from '../http/mounts.ts';
import { serve } from '../http/serve.ts';
import { createLog } from '../log.ts';
import { requireOwnSecret } from '../operations/own-secret.ts';
import { openMaster } from '../operations/tenant-keys.ts';
import type { Services, Stop, WebServices } from '../services.ts';
import type { Config } from '../settings/config.ts';
import { startTelemetry } from '../telemetry/telemetry.ts';

/** What every part is handed; `part` is what the process is: web, worker or all. */
export async function makeContext(
  config: Config,
  secret: Buffer,
  part: string,
  started: Stop[],
): Promise<Services> {
  const log = createLog(config.logLevel);
  const telemetry = await startTelemetry(config, part, log);
  started.push(telemetry.stop);
  const master = openMaster(config, secret);
  return { config, secret: master, log, telemetry };
}

/**
 * Serves the application on the database behind `url`, and `mounts` beside it, which may be filled later on; gives the
 * database, through whose pool requests go.
 */
export async function startWeb(
  services: Services,
  url: string,
  started: Stop[],
  mounts: Mount[] = [],
): Promise<Database> {
  const { config, telemetry } = services;
  const database = connect(url, 'pgrant_web', {
    pool: config.databasePool,
    prepare: config.databasePrepare,
    observe: telemetry?.observer?.call,
  });
  started.push(database.end);
  telemetry?.metrics?.watch('web', database);
  await requireReleased(database);
  await requireWebSecret({ ...services, database });
  const keyChanges: WebServices['keyChanges'] = new EventEmitter();
  const app = createApp({ ...services, database, keyChanges }, mounts);
  const listener = { ...services, url, role: 'pgrant_web', program: 'keys' } as const;
  started.push(listen(listener, 'pgrant_keys', (tenant) => keyChanges.emit('changed', tenant)));
  started.push(await serve(config, app.callback()));
  return database;
}

/** Starts the worker on the database behind `url`, and gives the database. */
export async function work(services: Services, url: string, started: Stop[]): Promise<Database> {
  const { startWorker } = await import('../worker/worker.ts');
  const { config, telemetry } = services;
  const { observer, metrics } = telemetry ?? {};
  const options = { pool: 2, prepare: config.databasePrepare, observe: observer?.call };
  const database = connect(url, 'pgrant_worker', options);
  metrics?.watch('worker', database);
  started.push(database.end);
  const warn = (message: string) => services.log.error(message);
  try {
    await requireOwnSecret(database, services.secret, warn);
    started.push(await startWorker({ ...services, url, database }));
  } catch (error) {
    throw explainDatabase(error, 'DATABASE_WORKER_URL');
  }
  return database;
}

/** Serves METRICS_PORT where it is set. */
export async function showMetrics(
  { config, telemetry }: Services,
  probes: Probes,
  started: Stop[],
): Promise<void> {
  if (telemetry?.metrics) started.push(await serveMetrics(config, telemetry.metrics, probes));
}
