// The server process of the embedded PostgreSQL: its data folder, its start, its postmaster.pid.
import type { ChildProcess } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  lchownSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '../settings/values.ts';
import { type Runner, run, start } from './embedded-run.ts';

export type Server = { pid: number; port: number; ready: boolean };

const always: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '256MB',
  max_wal_size: '1GB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Every statement is short; compiling one takes longer than running it.
  jit: 'off',
};

const perishable: Record<string, string> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
};

export function serverSettings(durable: boolean, more: Record<string, string>) {
  return { ...always, ...(durable ? {} : perishable), ...more };
}

/** The live server of a data folder, or undefined; forgets a postmaster.pid that names a stranger. */
export function runningServer(folder: string): Server | undefined {
  const data = join(folder, 'postgres');
  let lines: string[];
  try {
    lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (!(pid > 0) || !alive(pid)) return undefined;
  if (!isPostgres(pid, data)) {
    // The process id was given to another program after a crash. PostgreSQL itself would refuse to start.
    rmSync(join(data, 'postmaster.pid'));
    return undefined;
  }
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/** Whether a process lives. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isPostgres(pid: number, data: string): boolean {
  if (process.platform !== 'linux') return true;
  try {
    if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'postgres') return false;
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data);
  } catch (error) {
    // Another user's working directory may be hidden; then the name alone has to do.
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

/** Makes the data folder: whole or not at all, so that an interrupted start is done again. */
export async function initialise(
  folder: string,
  runner: Runner,
  initdb: string,
  password: string,
): Promise<void> {
  const draft = join(folder, `postgres.${process.pid}`);
  const passwordFile = join(folder, `password.${process.pid}`);
  rmSync(draft, { recursive: true, force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (runner.owner !== undefined) lchownSync(passwordFile, runner.owner, runner.owner);
  try {
    await run(runner, initdb, [
      `--pgdata=${draft}`,
      `--pwfile=${passwordFile}`,
      '--username=postgres',
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-sync',
      '--no-instructions',
    ]);
    renameSync(draft, join(folder, 'postgres'));
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another process may have made it meanwhile.
    if (existsSync(join(folder, 'postgres', 'PG_VERSION'))) return;
    throw new ConfigError(`initdb failed: ${complaint((error as Error).message)}`);
  } finally {
    rmSync(passwordFile);
  }
}

/** Starts PostgreSQL on the port, or a free one, of 127.0.0.1; the words it leaves are in `postgres.log`. */
export async function launch(
  folder: string,
  runner: Runner,
  program: string,
  settings: Record<string, string>,
  port?: number,
): Promise<ChildProcess> {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
  const flags = O_APPEND | O_CREAT | O_WRONLY | (O_NOFOLLOW ?? 0);
  const log = openSync(join(folder, 'postgres.log'), flags, 0o600);
  try {
    const all = Object.entries({ ...settings, port: String(port ?? (await freePort())) });
    const options = all.flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    return start(runner, program, ['-D', join(folder, 'postgres'), ...options], log);
  } finally {
    closeSync(log);
  }
}

/** Waits until the started server takes connections; undefined when it ended instead. */
export async function untilReady(folder: string, child: ChildProcess): Promise<Server | undefined> {
  let failure: Error | undefined;
  child.on('error', (error) => {
    failure = error;
  });
  while (!failure && child.exitCode === null && child.signalCode === null) {
    const server = runningServer(folder);
    if (server?.ready && server.pid === child.pid) return server;
    await sleep(10);
  }
  return undefined;
}

/** The last complaint in the server's log. */
export function lastComplaint(folder: string): string {
  const lines = readFileSync(join(folder, 'postgres.log'), 'utf8').split('\n');
  return lines.findLast((line) => /FATAL|PANIC|error/i.test(line)) ?? 'it left no message';
}

/** What initdb says before that it removes what it has made. */
function complaint(text: string): string {
  const lines = text.trim().split('\n');
  return lines.find((line) => /\b(FATAL|PANIC|ERROR|error):/.test(line)) ?? lines.at(-1) ?? '';
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
