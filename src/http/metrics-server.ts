// For whoever watches the process: /metrics, /livez and /readyz on a port of their own.
import { createServer } from 'node:http';
import Koa from 'koa';
import type { Stop } from '../services.ts';
import type { Config } from '../settings/config.ts';
import { ConfigError } from '../settings/values.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type Probes, serveHealth } from './health.ts';

/** Serves /metrics, /livez and /readyz where METRICS_PORT says. Throws ConfigError where it cannot. */
export async function serveMetrics(
  { metricsPort: port, metricsHost: host }: Config,
  metrics: Metrics,
  probes: Probes,
): Promise<Stop & { port: number }> {
  const app = new Koa();
  app.use(serveHealth(probes));
  app.use(async (ctx) => {
    if (ctx.path !== '/metrics') return;
    ctx.body = await metrics.text();
    ctx.type = metrics.contentType;
  });
  const server = createServer(app.callback());
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      reject(new ConfigError(`METRICS_PORT ${port} cannot be listened on, on ${host} (${code})`)),
    );
    server.listen(port, host, resolve);
  });
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return Object.assign(stop, { port: (server.address() as { port: number }).port });
}
