// The PostgreSQL that pgrant brings along and runs when no DATABASE_URL is set.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { ConfigError } from '../settings/values.ts';
import { applicationName } from '../version.ts';
import {
  type Credentials,
  type Login,
  prepareFolder,
  readSecrets,
  type Secrets,
} from './embedded-files.ts';
import { lockFolder } from './embedded-lock.ts';
import { chooseRunner, findPrograms } from './embedded-run.ts';
import {
  alive,
  initialise,
  lastComplaint,
  launch,
  runningServer,
  type Server,
  serverSettings,
  untilReady,
} from './embedded-server.ts';
import { keepAlive } from './embedded-watch.ts';

export type EmbeddedOptions = {
  /** false gives up crash safety for speed; for tests. */
  durable?: boolean;
  /** Server settings that go before pgrant's own. */
  settings?: Record<string, string>;
  /** Told when the server has died and could not be started again. */
  onLost?: (error: Error) => void;
};

/** How to reach the embedded database. */
export type Access = Secrets & {
  /** Process id of the server. */
  pid: number;
  /** The postgres:// URL of a login, for the database `pgrant` or another. */
  url: (login: Login, database?: string) => string;
};

export type Embedded = Access & {
  /** Stops the server, and resolves when its last process has ended. */
  stop: () => Promise<void>;
};

const startTimeout = 60_000;
// With the 5 s that PostgreSQL gives its own processes then, less than the process takes to stop at most.
const stopTimeout = 10_000;
const mostStarts = 5;

/**
 * Starts the server of a data folder, making the folder at the first time. A server that a killed
 * pgrant left running is taken over as it is: nothing to recover, and no second one on the data.
 * One that dies is started again, on the same port, a few times. Throws ConfigError where another
 * pgrant runs on the folder or PostgreSQL cannot start.
 */
export async function startEmbedded(
  folder: string,
  options: EmbeddedOptions = {},
): Promise<Embedded> {
  const secrets = prepareFolder(folder);
  const { credentials } = secrets;
  const unlock = await lockFolder(folder);
  try {
    const { port, ...server } = await bringUp(folder, credentials, options);
    let { pid } = server;
    const revive = async () => {
      ({ pid } = await bringUp(folder, credentials, options, port));
      return pid;
    };
    const stopWatching = keepAlive(pid, revive, options.onLost);
    const stop = async () => {
      await stopWatching();
      await stopServer(pid);
      await unlock();
    };
    return {
      ...secrets,
      get pid() {
        return pid;
      },
      url: urls(port, credentials),
      stop,
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** The server of the folder, running and with its database: found so, or started. */
async function bringUp(
  folder: string,
  credentials: Credentials,
  options: EmbeddedOptions,
  port?: number,
): Promise<Server> {
  const deadline = Date.now() + startTimeout;
  let starts = 0;
  while (Date.now() < deadline) {
    let server = runningServer(folder);
    if (!server) {
      if (starts++ === mostStarts) break;
      server = await startServer(folder, credentials, options, port);
    }
    if (server?.ready && (await hasDatabase(server, credentials))) return server;
    await sleep(50 * (starts + 1));
  }
  throw new ConfigError(`the embedded PostgreSQL did not start: ${lastComplaint(folder)}`);
}

/** The running server of a data folder, for a second program such as the CLI; else undefined. */
export function findEmbedded(folder: string): Access | undefined {
  const secrets = readSecrets(folder);
  const server = runningServer(folder);
  if (!secrets || !server?.ready) return undefined;
  return { ...secrets, pid: server.pid, url: urls(server.port, secrets.credentials) };
}

function urls(port: number, credentials: Credentials): Access['url'] {
  return (login, database = 'pgrant') =>
    `postgres://${login}:${credentials[login]}@127.0.0.1:${port}/${database}`;
}

async function startServer(
  folder: string,
  credentials: Credentials,
  { durable = true, settings = {} }: EmbeddedOptions,
  port?: number,
): Promise<Server | undefined> {
  const programs = await findPrograms();
  const runner = await chooseRunner(programs, folder);
  if (!existsSync(join(folder, 'postgres', 'PG_VERSION'))) {
    await initialise(folder, runner, programs.initdb, credentials.postgres);
  }
  const all = serverSettings(durable, settings);
  return await untilReady(folder, await launch(folder, runner, programs.postgres, all, port));
}

/** Whether the server answers, its database made; false while it is not up. */
async function hasDatabase({ port }: Server, credentials: Credentials): Promise<boolean> {
  const sql = postgres(urls(port, credentials)('postgres', 'postgres'), {
    max: 1,
    fetch_types: false,
    connect_timeout: 10,
    connection: { application_name: applicationName('start') },
  });
  try {
    const made = await sql`select from pg_catalog.pg_database where datname = 'pgrant'`;
    if (made.length === 0) await sql`create database pgrant`;
    return true;
  } catch (error) {
    const { code = '' } = error as { code?: string };
    // Starting up, shutting down, or gone between the two looks at it: look again.
    if (/^(57P|ECONN|EPIPE|CONN)/.test(code)) return false;
    throw error;
  } finally {
    await sql.end({ timeout: 0 });
  }
}

async function stopServer(pid: number): Promise<void> {
  const end = (signal: NodeJS.Signals) => {
    if (alive(pid)) process.kill(pid, signal);
  };
  // SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one.
  end('SIGINT');
  const deadline = Date.now() + stopTimeout;
  while (alive(pid)) {
    if (Date.now() > deadline) end('SIGQUIT');
    await sleep(10);
  }
}
