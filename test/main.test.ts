import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Access, findEmbedded } from '../src/embedded/embedded.ts';
import { compiled } from './support/compiled.ts';
import { createDatabase } from './support/database.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pgrant-main-'));
const running = new Set<ChildProcess>();
let port = 0;

beforeAll(async () => {
  port = await freePort();
});
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true }));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

type Run = {
  child: ChildProcess;
  /** What it has written to stdout and stderr so far. */
  written: { out: string; err: string };
  /** Resolves with the exit code. */
  ended: Promise<number>;
};

function run(environment: Record<string, string>, ...args: string[]): Run {
  const child = spawn(process.execPath, [main, ...args], {
    env: {
      ...compiled,
      PORT: String(port),
      PGRANT_DATA: folder,
      LOG_LEVEL: 'warn',
      ...environment,
    },
  });
  running.add(child);
  const written = { out: '', err: '' };
  child.stdout?.on('data', (chunk) => {
    written.out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    written.err += chunk;
  });
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child);
    return code as number;
  });
  return { child, written, ended };
}

async function untilReady({ written, ended, child }: Run): Promise<void> {
  while (!written.out.includes('pgrant is ready at')) {
    if (child.exitCode !== null) throw new Error(`ended with ${await ended}: ${written.err}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s stops everything and the exit code is 0',
  async (signal) => {
    const started = run({}, 'start');
    await untilReady(started);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBeLessThan(500);
    expect(findEmbedded(folder)).toBeDefined();
    started.child.kill(signal);
    expect(await started.ended).toBe(0);
    expect(findEmbedded(folder)).toBeUndefined();
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  },
  // The first start makes the database.
  120_000,
);

test('a signal while the database is being made stops that too, and leaves no process and no password', async () => {
  const young = join(folder, 'young');
  const started = run({ PGRANT_DATA: young }, 'start');
  const files = () => (existsSync(young) ? readdirSync(young) : []);
  await expect
    .poll(files, { timeout: 20_000, interval: 5 })
    .toContainEqual(expect.stringMatching(/^password\./));
  started.child.kill('SIGTERM');
  expect(await started.ended).toBe(0);
  expect(started.written).toEqual({ out: '', err: '' });
  expect(files().filter((name) => /^(password|postgres)\./.test(name))).toEqual(['postgres.log']);
  expect(findEmbedded(young)).toBeUndefined();
}, 60_000);

test('an initdb that fails says why', async () => {
  const limited = ['-c', 'ulimit -f 1000; exec "$0" "$@"', process.execPath, main, 'start'];
  const env = { ...compiled, PGRANT_DATA: join(folder, 'limited'), PORT: '0' };
  const child = spawn('sh', limited, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect(code).toBe(1);
  expect(err).toMatch(/^pgrant: initdb failed: [^\n]*File too large\n$/);
}, 60_000);

test('a database that does not stop when it is told to is ended all the same', async () => {
  const started = run({}, 'start');
  await untilReady(started);
  const { pid = 0, url } = findEmbedded(folder) as Access;
  const sql = postgres(url('postgres'), { max: 1 });
  const [own] = await sql`select pg_backend_pid() as pid`;
  // PostgreSQL waits for it.
  process.kill(own?.pid, 'SIGSTOP');
  started.child.kill('SIGTERM');
  expect(await started.ended).toBe(0);
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  await sql.end({ timeout: 0 });
}, 60_000);

test('a second start on the same data folder is one line and exit code 1', async () => {
  const first = run({}, 'start');
  await untilReady(first);
  const second = run({ PORT: '0' }, 'start');
  expect(await second.ended).toBe(1);
  expect(second.written.err).toBe(
    `pgrant: another pgrant is already running on the data folder ${folder}\n`,
  );
  first.child.kill('SIGINT');
  expect(await first.ended).toBe(0);
});

test('a port in use is one line and exit code 1, and no database stays behind', async () => {
  const occupant = createServer().listen(port, '127.0.0.1');
  await once(occupant, 'listening');
  const refused = run({}, 'start');
  expect(await refused.ended).toBe(1);
  expect(refused.written.err).toBe(`pgrant: PORT ${port} is already in use on 127.0.0.1\n`);
  expect(findEmbedded(folder)).toBeUndefined();
  occupant.close();
});

test('a bad setting is one line and exit code 1', async () => {
  const refused = run({ PORT: 'http' }, 'start');
  expect(await refused.ended).toBe(1);
  expect(refused.written.err).toMatch(/^pgrant: PORT must be [^\n]*\n$/);
});

test('a database that was never released is one line that says what to run', async () => {
  const { url } = await createDatabase({ empty: true });
  const secret = Buffer.alloc(32).toString('base64');
  const refused = run({ DATABASE_URL: url('postgres'), PGRANT_SECRET: secret }, 'web');
  expect(await refused.ended).toBe(1);
  expect(refused.written.err).toMatch(/^pgrant: [^\n]*npm run release[^\n]*\n$/);
});

test('a release of a given database says what it did, and the web process then starts', async () => {
  const { url } = await createDatabase({ empty: true });
  const owner = { DATABASE_OWNER_URL: url('postgres') };
  const first = run(owner, 'release');
  expect(await first.ended).toBe(0);
  expect(first.written.out).toMatch(/^released: applied 0001\./);
  const second = run(owner, 'release');
  expect(await second.ended).toBe(0);
  expect(second.written.out).toBe('nothing to release: the database has this release\n');

  const secret = Buffer.alloc(32).toString('base64');
  const web = run({ DATABASE_URL: url('pgrant_web'), PGRANT_SECRET: secret }, 'web');
  while (!web.written.out.includes('pgrant answers')) {
    if (web.child.exitCode !== null) throw new Error(web.written.err);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  web.child.kill('SIGTERM');
  expect(await web.ended).toBe(0);
});

test('npm start outlives its PostgreSQL, and is ready again', async () => {
  const started = run({}, 'start');
  await untilReady(started);
  const { pid = 0 } = findEmbedded(folder) ?? {};
  process.kill(pid, 'SIGKILL');
  const ready = async () => {
    const answer = await fetch(`http://localhost:${port}/readyz`).catch(() => undefined);
    return findEmbedded(folder)?.pid !== pid && answer?.status === 200;
  };
  await expect.poll(ready, { timeout: 45_000, interval: 200 }).toBe(true);
  started.child.kill('SIGTERM');
  expect(await started.ended).toBe(0);
}, 90_000);
