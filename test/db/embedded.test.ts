import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Embedded, findEmbedded, startEmbedded } from '../../src/embedded/embedded.ts';

const scratch = mkdtempSync(join(tmpdir(), 'pgrant-embedded-'));
const folder = join(scratch, 'data');
let server: Embedded | undefined;

beforeAll(async () => {
  await restart();
});

afterAll(async () => {
  await server?.stop();
  rmSync(scratch, { recursive: true });
});

async function restart(): Promise<Embedded> {
  server = await startEmbedded(folder);
  return server;
}

async function ask(access: Pick<Embedded, 'url'>, question: string): Promise<unknown> {
  const sql = postgres(access.url('postgres'), { max: 1, fetch_types: false });
  try {
    const [row] = await sql.unsafe(question);
    return row?.answer;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A pgrant of its own, in a process that can be killed. */
async function otherProcess() {
  const module = fileURLToPath(new URL('../../src/embedded/embedded.ts', import.meta.url));
  const script = `import { startEmbedded } from ${JSON.stringify(module)};
    const server = await startEmbedded(process.argv[1]);
    console.log('up');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

test('the data folder and its secrets are readable by their owner only', () => {
  for (const entry of ['', 'postgres', 'credentials.json', 'secret', 'postgres.log']) {
    expect([entry, statSync(join(folder, entry)).mode & 0o077]).toEqual([entry, 0]);
  }
});

test('the server listens on 127.0.0.1 only and wants a password', async () => {
  const access = findEmbedded(folder);
  if (!access) throw new Error('not running');
  expect(await ask(access, `select current_setting('listen_addresses') as answer`)).toBe(
    '127.0.0.1',
  );
  const url = new URL(access.url('postgres'));
  url.password = 'wrong';
  await expect(ask({ url: () => url.href }, 'select 1 as answer')).rejects.toMatchObject({
    code: '28P01',
  });
});

test('what commits is on disk: nothing is traded for speed', async () => {
  const access = findEmbedded(folder);
  if (!access) throw new Error('not running');
  const settings = `select string_agg(name || '=' || setting, ' ' order by name) as answer from pg_settings
    where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'server_encoding')`;
  expect(await ask(access, settings)).toBe(
    'fsync=on full_page_writes=on server_encoding=UTF8 synchronous_commit=on',
  );
});

test('a second start on the same folder is refused in one line', async () => {
  await expect(startEmbedded(folder)).rejects.toThrow(
    `another pgrant is already running on the data folder ${folder}`,
  );
});

test('a stop leaves no process, and a start finds the same data and secrets', async () => {
  const before = await restartAfterStop();
  await ask(before, 'create table kept as select 42 as answer');
  const { pid, secret } = before;
  await before.stop();
  expect(alive(pid)).toBe(false);
  expect(findEmbedded(folder)).toBeUndefined();
  const after = await restart();
  expect(await ask(after, 'select answer from kept')).toBe(42);
  expect(after.secret).toEqual(secret);
});

async function restartAfterStop(): Promise<Embedded> {
  await server?.stop();
  return await restart();
}

test('a server that lost its pgrant is taken over as it runs', async () => {
  await server?.stop();
  const child = await otherProcess();
  const pid = findEmbedded(folder)?.pid;
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect((await restart()).pid).toBe(pid);
});

test('a server that was killed recovers by itself', async () => {
  await server?.stop();
  const child = await otherProcess();
  const pid = findEmbedded(folder)?.pid ?? 0;
  process.kill(pid, 'SIGKILL');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const after = await restart();
  expect(after.pid).not.toBe(pid);
  expect(await ask(after, 'select answer from kept')).toBe(42);
});

test('a postmaster.pid that names a process of somebody else is no obstacle', async () => {
  await server?.stop();
  const pidFile = join(folder, 'postgres', 'postmaster.pid');
  writeFileSync(pidFile, `${process.pid}\n${folder}\n1\n5432\n\n127.0.0.1\n\nready   \n`);
  expect(findEmbedded(folder)).toBeUndefined();
  expect((await restart()).pid).not.toBe(process.pid);
});

test('a folder that holds something else is left alone', async () => {
  const other = join(scratch, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'thesis.txt'), 'important');
  await expect(startEmbedded(other)).rejects.toThrow(/^PGRANT_DATA must be an empty folder/);
});

/** Waits until the server has been started again after `pid`. */
async function successorOf(pid: number): Promise<number> {
  await expect.poll(() => server?.pid, { timeout: 40_000, interval: 50 }).not.toBe(pid);
  return server?.pid ?? 0;
}

test('a server that dies under its pgrant is started again, at the same address, with its data', async () => {
  const { pid, url } = await restartAfterStop();
  process.kill(pid, 'SIGKILL');
  const next = await successorOf(pid);
  expect(findEmbedded(folder)?.pid).toBe(next);
  expect(await ask({ url }, 'select answer from kept')).toBe(42);
  await expect(startEmbedded(folder)).rejects.toThrow('another pgrant is already running');
  await server?.stop();
  expect(alive(next)).toBe(false);
}, 90_000);

test('a second start is refused, and stops nothing, whatever has happened to the server of the first', async () => {
  const { pid, url } = await restartAfterStop();
  const backend = await ask({ url }, 'select pg_backend_pid() as answer');
  const refused = () =>
    expect(startEmbedded(folder)).rejects.toThrow('another pgrant is already running');
  // One backend that is killed makes the server end all its sessions and recover.
  const sql = postgres(url('postgres'), { max: 1, fetch_types: false, onnotice: () => {} });
  const [own] = await sql`select pg_backend_pid() as pid`;
  expect(own?.pid).not.toBe(backend);
  process.kill(own?.pid, 'SIGKILL');
  await refused();
  const answer = () => ask({ url }, 'select 1 as answer').catch(() => 0);
  await expect.poll(answer, { timeout: 30_000 }).toBe(1);
  await sql.end({ timeout: 0 });
  expect(server?.pid).toBe(pid);
  // While it is down, and while it comes back.
  process.kill(pid, 'SIGKILL');
  await refused();
  const next = await successorOf(pid);
  await refused();
  expect(alive(next)).toBe(true);
}, 90_000);

test('a server that cannot be started again is given up with a line', async () => {
  await server?.stop();
  const settings = join(folder, 'postgres', 'postgresql.conf');
  const good = readFileSync(settings);
  const lost = await new Promise<Error>((resolve, reject) => {
    startEmbedded(folder, { onLost: resolve }).then((started) => {
      server = started;
      writeFileSync(settings, 'nonsense');
      process.kill(started.pid, 'SIGKILL');
    }, reject);
  });
  expect(lost.message).toMatch(/^the embedded PostgreSQL did not start: .+$/);
  writeFileSync(settings, good);
}, 90_000);
