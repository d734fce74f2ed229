// The servers that are measured: each a process of its own, on one PostgreSQL with durable commits.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Embedded, startEmbedded } from '../../src/embedded/embedded.ts';
import { setPasswords } from '../../src/embedded/logins.ts';
import { newLastingSecret } from '../../src/protocol/secrets.ts';
import { release } from '../../src/release/release.ts';
import type { PeerSettings } from './peer-server.ts';
import type { BenchClient, Service } from './service.ts';
import { addTenant } from './tenant.ts';

export type RunningServer = { service: Service; pid: number; stop: () => Promise<void> };

const { scripts } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { scripts: { web: string } };

const program = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const makeClients = (): Service['clients'] => ({
  opaque: benchClient('bench-opaque', 'opaque'),
  jwt: benchClient('bench-jwt', 'jwt'),
});

function benchClient(client_id: string, format: BenchClient['format']): BenchClient {
  return { client_id, client_secret: newLastingSecret('client_secret').secret, format };
}

/** For families by the million, whose indexes are to fit: a quarter of the memory, as PostgreSQL advises. */
export const largeDatabase = {
  shared_buffers: `${Math.floor(totalmem() / 4 / 2 ** 20)}MB`,
  max_wal_size: '16GB',
};

/** Starts PostgreSQL on a folder that goes when it stops. */
export async function startDatabase(
  settings: Record<string, string> = {},
): Promise<Embedded & { log: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-bench-'));
  const server = await startEmbedded(folder, { settings: { max_wal_size: '4GB', ...settings } });
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    ...server,
    // Another one, once it has been killed.
    get pid() {
      return server.pid;
    },
    stop,
    log: join(folder, 'postgres.log'),
  };
}

/** Releases pgrant, makes its tenant, and starts its web process as `npm run web` does. */
export async function startPgrant(database: Embedded): Promise<RunningServer & { tenant: string }> {
  await release(database.url('postgres'));
  await setPasswords(database.url('postgres'), database.credentials);
  const making = await newPlace();
  const tenant = await addTenant(database.url('pgrant_worker'), 'bench', making);
  await addTenant(database.url('pgrant_worker'), 'flooded', making);
  return { ...(await startWeb(database.url('pgrant_web'), making)), tenant };
}

/** Where a web process is to answer, its secret, and its clients. */
export type Place = { port: number; host: string; secret: Buffer; clients: Service['clients'] };

export async function newPlace(): Promise<Place> {
  const port = await freePort();
  return { port, host: `127.0.0.1:${port}`, secret: randomBytes(32), clients: makeClients() };
}

/** Starts the web process at a database that has the tenant `name`. */
export async function startWeb(
  url: string,
  { port, host, secret, clients }: Place,
  name = 'bench',
): Promise<RunningServer> {
  const child = spawn('/bin/sh', ['-c', scripts.web], {
    cwd: program('../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      PORT: String(port),
      DATABASE_URL: url,
      // A flood says from where each of its requests is.
      TRUST_PROXY: 'loopback',
      PGRANT_SECRET: secret.toString('base64'),
    },
  });
  await ready(child);
  const service = {
    origin: `http://${host}`,
    authorize: `/${name}/oauth/authorize`,
    token: `/${name}/oauth/token`,
    introspect: `/${name}/oauth/introspect`,
    clients,
    usernameField: 'username',
  };
  return { service, pid: child.pid ?? 0, stop: () => end(child) };
}

/** Starts oidc-provider on the database `peer` of the same server. */
export async function startPeer(database: Embedded): Promise<RunningServer> {
  const port = await freePort();
  const clients = makeClients();
  const databaseUrl = database.url('postgres', 'peer');
  const peer: PeerSettings = { port, databaseUrl, clients: Object.values(clients) };
  const child = spawn(process.execPath, [program('peer-server.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, PEER: JSON.stringify(peer) },
  });
  // It warns of its quick-start pages, which the benchmark wants.
  child.stderr.resume();
  await ready(child);
  const service = {
    origin: `http://127.0.0.1:${port}`,
    authorize: '/auth',
    token: '/token',
    introspect: '/token/introspection',
    clients,
    usernameField: 'login',
  };
  return { service, pid: child.pid ?? 0, stop: () => end(child) };
}

/** Waits for the first line that a server prints. */
async function ready(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${child.spawnargs.slice(1, 2)} ended with code ${code}`);
  });
  if (child.stdout) await Promise.race([once(child.stdout, 'data'), ended]);
  ended.catch(() => {});
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
