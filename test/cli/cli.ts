// The real command line, on a test database.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { compiled } from '../support/compiled.ts';
import type { TestDatabase } from '../support/database.ts';
import type { Done } from './resident.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export const secret = Buffer.alloc(32, 7);

export type Run = Done;
export type Pgrant = (words: readonly string[], stdin?: string) => Promise<Run>;

type Environment = Record<string, string>;

const complete = (environment: Environment): Environment => ({
  ...compiled,
  PGRANT_DATA: '/nonexistent/pgrant',
  ...environment,
});

/** Starts `pgrant` with the words, in this environment and no other. */
export const start = (environment: Environment, words: readonly string[]) =>
  spawn(process.execPath, [main, ...words], { env: complete(environment) });

/** Runs `pgrant` with the words, in this environment and no other, as a process of its own. */
export async function runAlone(
  environment: Environment,
  words: readonly string[],
  stdin = '',
): Promise<Run> {
  const child = start(environment, words);
  child.stdin.end(stdin);
  const closed = once(child, 'close');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  return { code, out, err };
}

let resident: ChildProcess | undefined;
let busy = false;

/** The process that runs the commands of this worker, until that ends. */
function theResident(): ChildProcess {
  if (resident?.connected) return resident;
  resident = fork(fileURLToPath(new URL('resident.ts', import.meta.url)), {
    env: compiled,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  resident.stderr?.pipe(process.stderr, { end: false });
  resident.unref();
  resident.channel?.unref();
  return resident;
}

/** The same in a process that stays; beside another command, alone. */
export async function run(
  environment: Environment,
  words: readonly string[],
  stdin = '',
): Promise<Run> {
  if (busy) return runAlone(environment, words, stdin);
  busy = true;
  try {
    const child = theResident();
    const over = new AbortController();
    const { signal } = over;
    const gone = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`pgrant ${words.join(' ')}: the process ended with ${code}`);
    });
    child.send({ environment: complete(environment), words, stdin });
    const [done] = await Promise.race([once(child, 'message', { signal }), gone]).finally(() => {
      gone.catch(() => {});
      over.abort();
    });
    return done;
  } finally {
    busy = false;
  }
}

/** The command line of an operator whose settings name the database, split at spaces. */
export function operator(database: TestDatabase) {
  const environment = {
    DATABASE_URL: database.url('pgrant_web'),
    DATABASE_WORKER_URL: database.url('pgrant_worker'),
    PGRANT_SECRET: secret.toString('base64'),
  };
  const pgrant: Pgrant = (words, stdin) => run(environment, words, stdin);
  return {
    environment,
    pgrant,
    /** The document of a command that has to work, its words split at spaces. */
    document: async (line: string, ...more: string[]) => {
      const { code, out, err } = await pgrant([...line.split(' '), ...more, '--json']);
      if (code !== 0) throw new Error(`${line}: ${err}`);
      return JSON.parse(out);
    },
  };
}
