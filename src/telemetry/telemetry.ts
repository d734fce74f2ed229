// Metrics and traces of a process, each only where it is asked for.
import { createServer } from 'node:http';
import Koa from 'koa';
import { type Probes, serveHealth } from '../http/health.ts';
import type { Stop } from '../services.ts';
import type { Config } from '../settings/config.ts';
import { ConfigError } from '../settings/values.ts';
import { type Metrics, startMetrics } from './metrics.ts';
import { joined, type Observer } from './observer.ts';
import { startTraces } from './traces.ts';

export type Telemetry = {
  /** undefined where nobody looks: then nothing is measured. */
  observer: Observer | undefined;
  metrics: Metrics | undefined;
  /** Sends what is left. */
  stop: Stop;
};

/** Starts what the settings ask for. `part` is what the process is: web, worker or all. */
export async function startTelemetry(config: Config, part: string): Promise<Telemetry> {
  const metrics = config.metricsPort === undefined ? undefined : await startMetrics();
  const traces = config.traces ? await startTraces(config, `pgrant-${part}`) : undefined;
  const observers = [traces?.observer, metrics?.observer].filter((one) => one !== undefined);
  return {
    observer: joined(observers),
    metrics,
    stop: async () => await traces?.stop(),
  };
}

/** Serves /metrics, /livez and /readyz where METRICS_PORT says. Throws ConfigError where it cannot. */
export async function serveMetrics(
  { metricsPort: port, metricsHost: host }: Config,
  metrics: Metrics,
  probes: Probes,
): Promise<Stop & { port: number }> {
  const app = new Koa();
  app.use(serveHealth(probes));
  app.use(async (exchange) => {
    if (exchange.path !== '/metrics') return;
    exchange.body = await metrics.text();
    exchange.type = metrics.contentType;
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
