// The PostgreSQL that pgrant brings along and runs when no DATABASE_URL is set.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { ConfigError } from '../settings/values.ts';
import { applicationName } from '../version.ts';
import {
  type Credentials,
  type Login,
  prepareFolder,
  readSecrets,
  type Secrets,
} from './embedded-files.ts';
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

export type EmbeddedOptions = {
  /** false gives up crash safety for speed; for tests. */
  durable?: boolean;
  /** Server settings that go before pgrant's own. */
  settings?: Record<string, string>;
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
const stopTimeout = 30_000;
const mostStarts = 5;

// Held by the pgrant that owns the running server, so that a second one can tell a server in use
// from one that was left behind.
const ownerLock = 0x7067_7261;

/**
 * Starts the server of a data folder, making the folder at the first time. A server that a killed
 * pgrant left running is taken over as it is: nothing to recover, and no second one on the data.
 * Throws ConfigError where another pgrant runs on the folder or PostgreSQL cannot start.
 */
export async function startEmbedded(
  folder: string,
  options: EmbeddedOptions = {},
): Promise<Embedded> {
  const secrets = prepareFolder(folder);
  const { credentials } = secrets;
  const deadline = Date.now() + startTimeout;
  let starts = 0;
  while (Date.now() < deadline) {
    let server = runningServer(folder);
    if (!server) {
      if (starts++ === mostStarts) break;
      server = await startServer(folder, credentials, options);
    }
    const lock = server?.ready ? await takeOver(folder, server, credentials) : undefined;
    if (server && lock) {
      const { pid, port } = server;
      const stop = async () => {
        await stopServer(pid);
        await lock.end({ timeout: 0 });
      };
      return { ...secrets, pid, url: urls(port, credentials), stop };
    }
    await sleep(50);
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
): Promise<Server | undefined> {
  const programs = await findPrograms();
  const runner = await chooseRunner(programs, folder);
  if (!existsSync(join(folder, 'postgres', 'PG_VERSION'))) {
    await initialise(folder, runner, programs.initdb, credentials.postgres);
  }
  const all = serverSettings(durable, settings);
  return await untilReady(folder, await launch(folder, runner, programs.postgres, all));
}

/** The connection that owns the server, its database made; undefined while the server is not up. */
async function takeOver(
  folder: string,
  { port }: Server,
  credentials: Credentials,
): Promise<Sql | undefined> {
  const sql = postgres(urls(port, credentials)('postgres', 'postgres'), {
    max: 1,
    fetch_types: false,
    max_lifetime: null,
    connection: { application_name: applicationName('owner') },
  });
  try {
    const [row] = await sql`select pg_try_advisory_lock(${ownerLock}::bigint) as mine`;
    if (!row?.mine) {
      throw new ConfigError(`another pgrant is already running on the data folder ${folder}`);
    }
    const made = await sql`select from pg_database where datname = 'pgrant'`;
    if (made.length === 0) await sql`create database pgrant`;
    return sql;
  } catch (error) {
    await sql.end({ timeout: 0 });
    const { code } = error as { code?: string };
    // Starting up, shutting down, or gone between the two looks at it: look again.
    if (code === '57P03' || code === 'ECONNREFUSED' || code === 'ECONNRESET') return undefined;
    if (code === 'CONNECTION_CLOSED') return undefined;
    throw error;
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
