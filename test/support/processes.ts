// Processes of pgrant, to be killed.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atFileEnd } from './at-end.ts';
import { compiled } from './compiled.ts';
import type { TestDatabase } from './database.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Starts `web` or `worker` on the database, and gives it once it says that it is there. */
export async function startProcess(
  database: TestDatabase,
  command: 'web' | 'worker',
  settings: Record<string, string> = {},
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [main, command], {
    env: {
      ...compiled,
      DATABASE_URL: database.url(command === 'web' ? 'pgrant_web' : 'pgrant_worker'),
      PGRANT_SECRET: Buffer.alloc(32, 7).toString('base64'),
      LOG_LEVEL: 'error',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  atFileEnd(() => kill(child));
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  return child;
}

/** Kills a process without a chance to clean up, and waits until it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
