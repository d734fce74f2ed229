// A PostgreSQL of the machine's own programs, of another version than the one that pgrant brings along.
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { chooseRunner, run, start } from '../../src/embedded/embedded-run.ts';
import { freePort } from './free-port.ts';

/** Runs `use` with a superuser's URL of a server that is gone afterwards; it may be a standby that follows nobody. */
export async function withServer(
  programs: string,
  use: (url: string) => Promise<void>,
  { standby = false } = {},
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-postgres-'));
  try {
    const [initdb, server] = [join(programs, 'initdb'), join(programs, 'postgres')];
    const runner = await chooseRunner({ initdb, postgres: server }, folder);
    const data = join(folder, 'postgres');
    const made = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C'];
    await run(runner, initdb, ['--pgdata', data, '--no-sync', ...made]);
    if (standby) writeFileSync(join(data, 'standby.signal'), '', { mode: 0o644 });
    const port = String(await freePort());
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
    const options = settings.flatMap((setting) => ['-c', setting]);
    const log = openSync(join(folder, 'log'), 'w', 0o600);
    const child = start(runner, server, ['-D', data, '-p', port, ...options], log);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    try {
      const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
      await untilUp(url);
      await use(url);
    } finally {
      child.ref();
      child.kill('SIGINT');
      await ended;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function untilUp(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const sql = postgres(url, { max: 1 });
    try {
      await sql`select`;
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(100);
    } finally {
      await sql.end({ timeout: 0 });
    }
  }
}
