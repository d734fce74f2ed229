// The port that the application is served on.
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Stop } from '../services.ts';
import type { Config } from '../settings/config.ts';
import { ConfigError } from '../settings/values.ts';

// What is being answered when the process is told to stop has this long, in milliseconds.
const drainTimeout = 10_000;

/** Answers requests by `listener` at HOST and PORT. Throws ConfigError where it cannot. */
export async function serve(config: Config, listener: RequestListener): Promise<Stop> {
  const server = await listen(config, listener);
  return () => close(server);
}

function listen({ tls, port, host }: Config, listener: RequestListener): Promise<Server> {
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  // Longer than a load balancer keeps its connections, so that it never writes to a closed one.
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 30_000;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve(server);
    });
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new ConfigError(`PORT ${port} is already in use on ${host}`);
  }
  if (error.code === 'EACCES') return new ConfigError(`PORT ${port} needs more rights than these`);
  return new ConfigError(`HOST ${host} with PORT ${port} cannot be listened on (${error.code})`);
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  const timer = setTimeout(() => server.closeAllConnections(), drainTimeout);
  server.closeIdleConnections();
  await closed;
  clearTimeout(timer);
}
