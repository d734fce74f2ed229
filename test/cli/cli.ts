// The real command line, on a test database.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { compiled } from '../support/compiled.ts';
import type { TestDatabase } from '../support/database.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export const secret = Buffer.alloc(32, 7);

export type Run = { code: number; out: string; err: string };
export type Pgrant = (words: readonly string[], stdin?: string) => Promise<Run>;

/** Runs `pgrant` with the words, in this environment and no other. */
export async function run(
  environment: Record<string, string>,
  words: readonly string[],
  stdin = '',
): Promise<Run> {
  const child = spawn(process.execPath, [main, ...words], {
    env: { ...compiled, PGRANT_DATA: '/nonexistent/pgrant', ...environment },
  });
  child.stdin.end(stdin);
  const closed = once(child, 'close');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  return { code, out, err };
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
