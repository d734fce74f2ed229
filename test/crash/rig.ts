// pgrant as it is run: PostgreSQL with durable commits, a web process and a worker, and a wire between that can fail.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import postgres, { type Sql } from 'postgres';
import { setPasswords } from '../../src/embedded/logins.ts';
import { newLastingSecret } from '../../src/protocol/secrets.ts';
import { release } from '../../src/release/release.ts';
import { startDatabase } from '../bench/servers.ts';
import type { BenchClient, Service } from '../bench/service.ts';
import { addTenant } from '../bench/tenant.ts';
import { startWire, type Wire } from '../support/wire.ts';

export type Rig = {
  service: Service;
  wire: Wire;
  /** The superuser, past the wire. */
  sql: Sql;
  killPostmaster: () => void;
  /** Kills the web process, and starts another in its place. */
  killWeb: () => Promise<void>;
  /** Whether the web process is being replaced. */
  webIsDown: () => boolean;
  workerLives: () => boolean;
  /** Resolves when the database answers again. */
  databaseIsBack: () => Promise<void>;
  /** Runs `pgrant` with the words. */
  cli: (words: string[]) => Promise<{ code: number; err: string }>;
  stop: () => Promise<void>;
};

const program = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export async function startRig(): Promise<Rig> {
  const database = await startDatabase();
  await release(database.url('postgres'));
  await setPasswords(database.url('postgres'), database.credentials);
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const secret = randomBytes(32);
  const clients = { opaque: benchClient('opaque'), jwt: benchClient('jwt') };
  await addTenant(database.url('pgrant_worker'), 'bench', { host, secret, clients });
  const wire = await startWire(database.url('pgrant_web'));
  const url = (login: 'pgrant_web' | 'pgrant_worker') => {
    const through = new URL(database.url(login));
    through.port = new URL(wire.url).port;
    return through.href;
  };
  const env = {
    PATH: process.env.PATH,
    PORT: String(port),
    DATABASE_URL: url('pgrant_web'),
    DATABASE_WORKER_URL: url('pgrant_worker'),
    PGRANT_SECRET: secret.toString('base64'),
    LOG_LEVEL: 'silent',
  };
  let down = false;
  let web = await run('web', env);
  const worker = await run('worker', env);
  const sql = postgres(database.url('postgres'), {
    max: 2,
    onnotice: () => {},
    backoff: () => 0.1,
  });

  return {
    service: {
      origin: `http://${host}`,
      authorize: '/bench/oauth/authorize',
      token: '/bench/oauth/token',
      introspect: '/bench/oauth/introspect',
      clients,
      usernameField: 'username',
    },
    wire,
    sql,
    killPostmaster: () => process.kill(database.pid, 'SIGKILL'),
    killWeb: async () => {
      down = true;
      await end(web, 'SIGKILL');
      web = await run('web', env);
      down = false;
    },
    webIsDown: () => down,
    workerLives: () => worker.exitCode === null && worker.signalCode === null,
    databaseIsBack: async () => {
      while (!(await answers(database.url('postgres')))) await sleep(20);
    },
    cli: async (words) => {
      const child = spawn(process.execPath, [program('../../src/main.ts'), ...words], {
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let err = '';
      child.stderr.on('data', (text) => {
        err += text;
      });
      const [code] = await once(child, 'close');
      return { code, err };
    },
    stop: async () => {
      await Promise.all([end(web, 'SIGTERM'), end(worker, 'SIGTERM')]);
      await sql.end({ timeout: 1 });
      wire.cut();
      await database.stop();
    },
  };
}

function benchClient(format: BenchClient['format']): BenchClient {
  const { secret } = newLastingSecret('client_secret');
  return { client_id: `crash-${format}`, client_secret: secret, format };
}

async function run(command: 'web' | 'worker', env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program('../../src/main.ts'), command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${command} ended with code ${code}`);
  });
  await Promise.race([once(child.stdout, 'data'), ended]);
  ended.catch(() => {});
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

async function answers(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, fetch_types: false, connect_timeout: 2 });
  try {
    await sql`select`;
    return true;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 0 });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
