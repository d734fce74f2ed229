// Everything that a process can tell of itself: metrics, and traces at a collector of the test's own.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLog } from '../../src/log.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { startTelemetry } from '../../src/telemetry/telemetry.ts';
import { atFileEnd } from './at-end.ts';

/** Starts metrics and traces; `received` is what the collector was sent, once `flush` has resolved. */
export async function startWatched(settings: Record<string, string> = {}) {
  const bodies: Buffer[] = [];
  const collector = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    bodies.push(Buffer.concat(chunks));
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const config = loadConfig({
    METRICS_PORT: '0',
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    ...settings,
  });
  const telemetry = await startTelemetry(config, 'test', createLog('silent'));
  const { metrics } = telemetry;
  if (!metrics) throw new Error('no metrics');
  let stopped: Promise<void> | undefined;
  const flush = async () => {
    stopped ??= telemetry.stop();
    await stopped;
    return Buffer.concat(bodies);
  };
  atFileEnd(async () => {
    await flush();
    collector.close();
  });
  return { config, telemetry, metrics, flush };
}
