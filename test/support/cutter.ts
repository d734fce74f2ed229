// A way to the database that can be cut between the two ends of one statement.

import { connect, createServer, type Socket } from 'node:net';
import { atFileEnd } from './at-end.ts';

export type Cutter = {
  /** The URL of the database by this way. */
  url: string;
  /** Cuts the connection at the next bytes: the statement before it arrives, or its answer after the commit. */
  cutNext: (what: 'statement' | 'answer') => void;
};

/** Stands between a program and the database behind `url`. */
export async function startCutter(url: string): Promise<Cutter> {
  const { hostname, port } = new URL(url);
  let next: 'statement' | 'answer' | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const forward = (from: Socket, to: Socket, what: typeof next) => {
      sockets.add(from);
      from.on('data', (bytes) => {
        // What the server says of parameters and columns comes before the statement is run.
        const ended = what === 'statement' || bytes.includes('SELECT 1\0');
        if (next !== what || !ended) return to.write(bytes);
        next = undefined;
        near.destroy();
        far.destroy();
      });
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    };
    forward(near, far, 'statement');
    forward(far, near, 'answer');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atFileEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const through = new URL(url);
  through.port = String((server.address() as { port: number }).port);
  return {
    url: through.href,
    cutNext: (what) => {
      next = what;
    },
  };
}
