// npm start, npm run release, web, worker and health.

import type { Mount } from './app.ts';
import { connect, type Database } from './db/connect.ts';
import { startDemo } from './demo/start-demo.ts';
import { findEmbedded, startEmbedded } from './embedded/embedded.ts';
import { setPasswords } from './embedded/logins.ts';
import { makeHealth, makeWorkerHealth, type ReadHealth } from './http/health.ts';
import { startWeb } from './http/serve.ts';
import { createLog } from './log.ts';
import { checkWeb, checkWorker } from './operations/health-check.ts';
import { openMaster } from './operations/tenant-keys.ts';
import { describeReleased, ReleaseError, release } from './release/release.ts';
import type { Context, Stop } from './services.ts';
import { type Config, ConfigError, loadConfig, requireSecret } from './settings/config.ts';
import { serveMetrics, startTelemetry } from './telemetry/telemetry.ts';
import { startWorker } from './worker/worker.ts';

const stopTimeout = 30_000;

/** Where the databases are: one URL for each role that a process works as. */
type Urls = { web: string; worker: string; owner: string | undefined; secret: Buffer };

/** What has been started, to be stopped in reverse order. */
const started: Stop[] = [];

const commands: Record<string, (config: Config) => Promise<void>> = {
  start,
  release: releaseOnly,
  web: async (config) => {
    const urls = givenUrls(config);
    const here = await context(config, urls.secret, 'web');
    started.push(await startWeb(here, urls.web));
    await showMetrics(here, webHealth(here, urls.web));
    console.log(`pgrant answers at ${config.publicUrl}`);
  },
  worker: async (config) => {
    const urls = givenUrls(config);
    const here = await context(config, urls.secret, 'worker');
    await showMetrics(here, makeWorkerHealth(await work(here, urls.worker)));
    console.log('pgrant works');
  },
  health: async (config) => {
    if (process.argv[3] === 'web') await checkWeb(config);
    else await checkWorker(givenUrls(config).worker);
  },
};

async function start(config: Config): Promise<void> {
  const begin = performance.now();
  const urls = config.embedded ? await embeddedUrls(config) : givenUrls(config);
  const here = await context(config, urls.secret, 'all');
  if (urls.owner) await release(urls.owner);
  if (config.embedded) await openLogins(config);
  const mounts: Mount[] = [];
  started.push(await startWeb(here, urls.web, mounts));
  await work(here, urls.worker);
  await showMetrics(here, webHealth(here, urls.web));
  const lines = config.demo ? await demonstrate(here, urls.worker, mounts) : [];
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  console.log([`pgrant is ready at ${config.publicUrl} (${seconds} s)`, ...lines].join('\n'));
}

async function embeddedUrls(config: Config): Promise<Urls> {
  const server = await startEmbedded(config.dataFolder);
  started.push(server.stop);
  return {
    web: server.url('pgrant_web'),
    worker: server.url('pgrant_worker'),
    owner: server.url('postgres'),
    secret: config.secret ?? server.secret,
  };
}

/** The roles exist once the database is released: only then do they get their passwords. */
async function openLogins({ dataFolder }: Config): Promise<void> {
  const server = findEmbedded(dataFolder);
  if (server) await setPasswords(server.url('postgres'), server.credentials);
}

/** The databases of the settings, or those of an `npm start` that runs on the same data folder. */
function givenUrls(config: Config): Urls {
  const { databaseUrl, databaseWorkerUrl, databaseOwnerUrl: owner } = config;
  if (databaseUrl && databaseWorkerUrl) {
    return { web: databaseUrl, worker: databaseWorkerUrl, owner, secret: requireSecret(config) };
  }
  const server = config.embedded ? findEmbedded(config.dataFolder) : undefined;
  if (!server) throw new ConfigError('DATABASE_URL must be set, or npm start be running');
  return {
    web: server.url('pgrant_web'),
    worker: server.url('pgrant_worker'),
    owner: undefined,
    secret: config.secret ?? server.secret,
  };
}

async function context(config: Config, secret: Buffer, part: string): Promise<Context> {
  const telemetry = await startTelemetry(config, part);
  started.push(telemetry.stop);
  const master = openMaster(config, secret);
  return { config, secret: master, log: createLog(config.logLevel), telemetry };
}

async function showMetrics({ config, telemetry }: Context, health: ReadHealth): Promise<void> {
  if (telemetry?.metrics) started.push(await serveMetrics(config, telemetry.metrics, health));
}

/** Read over a connection of its own, which is opened by the first probe that comes to METRICS_PORT. */
function webHealth({ config }: Context, url: string): ReadHealth {
  const database = connect(url, 'pgrant_web', { prepare: config.databasePrepare });
  started.push(database.end);
  return makeHealth(database);
}

async function work(here: Context, url: string): Promise<Database> {
  const { config, telemetry } = here;
  const { observer, metrics } = telemetry ?? {};
  const options = { pool: 2, prepare: config.databasePrepare, observe: observer?.call };
  const database = connect(url, 'pgrant_worker', options);
  metrics?.watch('worker', database);
  started.push(database.end);
  started.push(await startWorker({ ...here, url, database }));
  return database;
}

async function demonstrate(here: Context, url: string, mounts: Mount[]): Promise<string[]> {
  const database = connect(url, 'pgrant_worker', { prepare: here.config.databasePrepare });
  started.push(database.end);
  const { stop, lines } = await startDemo({ ...here, url, database }, mounts);
  started.push(stop);
  return lines;
}

async function releaseOnly(config: Config): Promise<void> {
  if (!config.databaseOwnerUrl && !config.embedded) {
    throw new ConfigError('DATABASE_OWNER_URL must be set to release');
  }
  const running = config.embedded ? findEmbedded(config.dataFolder)?.url('postgres') : undefined;
  const url = config.databaseOwnerUrl ?? running ?? (await embeddedUrls(config)).owner;
  console.log(describeReleased(await release(url ?? '')));
  await stopAll();
}

async function stopAll(): Promise<void> {
  for (let stop = started.pop(); stop; stop = started.pop()) await stop();
}

let ending = false;

/** Stops everything in reverse order, once, and ends the process. */
async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  setTimeout(() => process.exit(1), stopTimeout).unref();
  try {
    await stopAll();
  } catch (error) {
    complain(error);
    process.exit(1);
  }
  process.exit(code);
}

/** One line for what the operator can set right; the stack for anything else. */
function complain(error: unknown): void {
  const { message, stack, syscall } = error as NodeJS.ErrnoException;
  const expected = error instanceof ConfigError || error instanceof ReleaseError || syscall;
  console.error(`pgrant: ${expected ? message : stack}`);
}

async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0));
  process.on('uncaughtException', (error) => {
    complain(error);
    end(1);
  });
  const name = process.argv[2] ?? 'start';
  const command = commands[name];
  if (!command) throw new ConfigError(`no command ${name}: one of ${Object.keys(commands)}`);
  await command(loadConfig());
}

main().catch((error) => {
  complain(error);
  end(1);
});
