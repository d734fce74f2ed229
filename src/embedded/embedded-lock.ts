// One pgrant for each data folder. The lock is a local socket that listens: it is gone with its process, however that
// ends, which no file with a process id in it is.
import { createHash } from 'node:crypto';
import { realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../settings/values.ts';

/** Takes the folder until the returned function is called; throws ConfigError where another pgrant has it. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const name = socketName(folder);
  let server = await listen(name);
  if (!server && name.startsWith('/') && !(await answers(name))) {
    // Where sockets are files, one is left behind by a crash.
    rmSync(name, { force: true });
    server = await listen(name);
  }
  if (!server) {
    throw new ConfigError(`another pgrant is already running on the data folder ${folder}`);
  }
  const held = server;
  held.unref();
  return () => new Promise((resolve) => held.close(() => resolve()));
}

function socketName(folder: string): string {
  const name = `pgrant-${createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 32)}`;
  if (process.platform === 'linux') return `\0${name}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  return join(tmpdir(), `${name}.sock`);
}

/** A server on the socket; undefined where there is one already. */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => resolve(server));
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
