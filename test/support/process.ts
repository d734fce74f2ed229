// Programs that a test starts beside itself, stopped after the test file.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atFileEnd } from './at-end.ts';
import { compiled } from './compiled.ts';
import { freePort } from './free-port.ts';
import { secret } from './issuer.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Starts `npm run web` on a database as a process of its own; gives its origin. */
export async function startWebProcess(databaseUrl: string): Promise<string> {
  const port = await freePort();
  const child = spawn(process.execPath, [main, 'web'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...compiled,
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      PGRANT_SECRET: secret.toString('base64'),
      // So that one issuer is reached at several processes.
      TRUST_PROXY: 'loopback',
      LOG_LEVEL: 'error',
    },
  });
  atFileEnd(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  child.stderr.pipe(process.stderr, { end: false });
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (line) => {
      if (String(line).includes('pgrant answers')) resolve(undefined);
      else process.stderr.write(line);
    });
    child.once('exit', (code) => reject(new Error(`the web process ended with ${code}`)));
  });
  return `http://127.0.0.1:${port}`;
}
