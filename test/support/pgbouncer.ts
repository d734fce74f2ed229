// A PgBouncer in transaction mode in front of the test server, in a temporary folder.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';
import type { Login } from '../../src/embedded/embedded-files.ts';
import { atFileEnd } from './at-end.ts';
import { freePort } from './free-port.ts';

const program = '/usr/sbin/pgbouncer';
const nobody = 65534;

/** Connections to the server per login and database: fewer than the programs would open by themselves. */
export const serverConnections = 2;

/** Whether PgBouncer is on this machine. CI installs it, and fails without. */
export function hasPgbouncer(): boolean {
  const found = spawnSync(program, ['--version']).status === 0;
  if (!found && process.env.CI) throw new Error(`${program} is not there: .ci/run installs it`);
  if (!found) console.warn(`skipped: ${program} is not there (apt-get install pgbouncer)`);
  return found;
}

/** Starts it; gives the URL of a login for a database behind it. */
export async function startPgbouncer(): Promise<(login: Login, database: string) => string> {
  const { port: target, credentials } = inject('server');
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-pgbouncer-'));
  const port = await freePort();
  const logins = Object.entries(credentials).map(([login, word]) => `"${login}" "${word}"`);
  writeFileSync(join(folder, 'users'), logins.join('\n'));
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]
* = host=127.0.0.1 port=${target}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, 'users')}
pool_mode = transaction
default_pool_size = ${serverConnections}
max_client_conn = 200
logfile = ${join(folder, 'log')}
`,
  );
  // It refuses to run as root.
  const root = process.getuid?.() === 0;
  if (root) {
    for (const file of ['users', 'pgbouncer.ini', '.'])
      chownSync(join(folder, file), nobody, nobody);
  }
  chmodSync(folder, 0o700);
  const child = spawn(program, ['-q', join(folder, 'pgbouncer.ini')], {
    stdio: 'ignore',
    ...(root && { uid: nobody, gid: nobody }),
  });
  const ended = once(child, 'exit');
  atFileEnd(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  });
  const log = () => {
    try {
      return readFileSync(join(folder, 'log'), 'utf8');
    } catch {
      return '';
    }
  };
  while (!log().includes('listening on 127.0.0.1')) {
    if (child.exitCode !== null) throw new Error(`PgBouncer ended: ${log()}`);
    await sleep(20);
  }
  return (login, database) =>
    `postgres://${login}:${credentials[login]}@127.0.0.1:${port}/${database}`;
}
