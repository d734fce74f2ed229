// A PostgreSQL of the machine's own programs, of another version than the one that pgrant brings along.
import { openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { chooseRunner, run, start } from '../../src/embedded/embedded-run.ts';
import { freePort } from './free-port.ts';
import { makeServerFolder } from './server-folder.ts';

type Options = {
  /** A standby that follows nobody; a function says what is in it, with a superuser's URL while it is none yet. */
  standby?: boolean | ((url: string) => Promise<void>);
  /** The superuser's; without one everybody of this machine is let in. */
  password?: string;
  settings?: Record<string, string>;
};

export type OtherServer = {
  /** The superuser's. */
  url: string;
  /** Path of its log. */
  log: string;
  stop: () => Promise<void>;
};

/** Starts a server of the programs in a folder. */
export async function startOther(
  programs: string,
  { standby = false, password, settings = {} }: Options = {},
): Promise<OtherServer> {
  const folder = makeServerFolder('pgrant-postgres-');
  const [initdb, server] = [join(programs, 'initdb'), join(programs, 'postgres')];
  const [data, log] = [join(folder, 'postgres'), join(folder, 'log')];
  try {
    const runner = await chooseRunner({ initdb, postgres: server }, folder);
    const secret = join(folder, 'password');
    if (password) writeFileSync(secret, password, { mode: 0o644 });
    const auth = password ? ['--auth=scram-sha-256', `--pwfile=${secret}`] : ['--auth=trust'];
    const made = ['--username=postgres', ...auth, '--encoding=UTF8', '--locale=C'];
    await run(runner, initdb, ['--pgdata', data, '--no-sync', ...made]);
    const port = String(await freePort());
    const all = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
      ...settings,
    };
    const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const url = `postgres://postgres${password ? `:${password}` : ''}@127.0.0.1:${port}/postgres`;
    const begin = async () => {
      const output = openSync(log, 'a', 0o600);
      const child = start(runner, server, ['-D', data, '-p', port, ...options], output);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const end = async () => {
        child.ref();
        child.kill('SIGINT');
        await ended;
      };
      await untilUp(url).catch((error) => end().then(() => Promise.reject(error)));
      return end;
    };
    if (typeof standby === 'function') {
      const end = await begin();
      await standby(url).finally(end);
    }
    if (standby) writeFileSync(join(data, 'standby.signal'), '', { mode: 0o644 });
    const end = await begin();
    return { url, log, stop: () => end().then(() => rmSync(folder, { recursive: true })) };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Runs `use` with a superuser's URL of a server that is gone afterwards. */
export async function withServer(
  programs: string,
  use: (url: string) => Promise<void>,
  options: Options = {},
): Promise<void> {
  const server = await startOther(programs, options);
  try {
    await use(server.url);
  } finally {
    await server.stop();
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
