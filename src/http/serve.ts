// The ports that the application is served on.
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Stop } from '../services.ts';
import type { Config } from '../settings/config.ts';
import { ConfigError } from '../settings/values.ts';

// What is being answered when the process is told to stop has this long, in milliseconds.
const drainTimeout = 10_000;

/** RFC 9325 3.1.1 and 4.2, FAPI 2.0 5.2.2: TLS 1.2 by these suites, and 1.3. */
const tlsPolicy = {
  minVersion: 'TLSv1.2',
  honorCipherOrder: true,
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
  ].join(':'),
} as const;

/** Answers requests by `listener` at HOST and PORT, and MTLS_PORT. Throws ConfigError where it cannot. */
export async function serve(config: Config, listener: RequestListener): Promise<Stop> {
  const { tls, port, mtlsPort } = config;
  const first = tls
    ? createSecureServer({ ...tls, ...tlsPolicy }, listener)
    : createServer(listener);
  const servers = [await listen(config, first, 'PORT', port)];
  if (tls && mtlsPort !== undefined) {
    // Whose certificates are good for what is for each client to say: none is refused here.
    const asking = { ...tls, ...tlsPolicy, requestCert: true, rejectUnauthorized: false };
    const second = createSecureServer(asking, listener);
    servers.push(await listen(config, second, 'MTLS_PORT', mtlsPort));
  }
  return async () => {
    await Promise.all(servers.map(close));
  };
}

function listen(
  { host }: Config,
  server: Server,
  name: 'PORT' | 'MTLS_PORT',
  port: number,
): Promise<Server> {
  // Longer than a load balancer keeps its connections, so that it never writes to a closed one.
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 30_000;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(explain(error, host, `${name} ${port}`)),
    );
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve(server);
    });
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: string): Error {
  if (error.code === 'EADDRINUSE') {
    return new ConfigError(`${port} is already in use on ${host}`);
  }
  if (error.code === 'EACCES') return new ConfigError(`${port} needs more rights than these`);
  return new ConfigError(`HOST ${host} with ${port} cannot be listened on (${error.code})`);
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  const timer = setTimeout(() => server.closeAllConnections(), drainTimeout);
  server.closeIdleConnections();
  await closed;
  clearTimeout(timer);
}
