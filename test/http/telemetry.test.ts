import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as client from 'openid-client';
import { expect, test } from 'vitest';
import { webProbes } from '../../src/http/health.ts';
import { serveMetrics } from '../../src/http/metrics-server.ts';
import { createLog } from '../../src/log.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { startTelemetry } from '../../src/telemetry/telemetry.ts';
import { discover, startAcme } from '../support/acme.ts';
import { secret } from '../support/issuer.ts';
import { startWatched } from '../support/telemetry.ts';
import { runNow, start } from '../worker/worker.ts';

const watched = await startWatched();
const acme = await startAcme({}, watched.telemetry);
const web = await discover(acme, acme.web);

/** The samples of a metric, by their labels. */
async function samples(name: string): Promise<Map<string, number>> {
  const lines = (await watched.metrics.text()).split('\n');
  const found = lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return new Map(
    found.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(name.length, at), Number(line.slice(at + 1))];
    }),
  );
}

const post = (path: string, headers = {}, body = '') =>
  fetch(acme.issuer + path, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });

test('token requests are counted by grant and error, and requests by endpoint, method and class', async () => {
  await client.clientCredentialsGrant(web);
  await post('/oauth/token', {}, 'grant_type=refresh_token&client_id=web&refresh_token=x');
  await post('/oauth/token', {}, 'grant_type=made-up&client_id=web');
  expect(await samples('pgrant_token_requests_total')).toEqual(
    new Map([
      ['{grant="client_credentials",error="none"}', 1],
      ['{grant="refresh_token",error="invalid_client"}', 1],
      ['{grant="unknown",error="unsupported_grant_type"}', 1],
    ]),
  );
  const counted = await samples('pgrant_http_request_duration_seconds_count');
  expect(counted.get('{method="POST",endpoint="/oauth/token",status="2xx"}')).toBe(1);
  expect(counted.get('{method="POST",endpoint="/oauth/token",status="4xx"}')).toBe(2);
});

test('calls are timed by function, and the pool shows what is in use', async () => {
  const calls = await samples('pgrant_db_call_duration_seconds_count');
  expect(calls.get('{function="pgrant_api.client_credentials_issue"}')).toBe(1);
  const pool = await samples('pgrant_db_pool_connections');
  expect(pool.get('{pool="web",state="idle"}')).toBeGreaterThan(0);
  expect(pool.get('{pool="web",state="used"}')).toBe(0);
  expect((await samples('pgrant_db_pool_waiting')).get('{pool="web"}')).toBe(0);
  expect((await samples('nodejs_eventloop_lag_seconds')).size).toBe(1);
});

test('what strangers send makes no label: paths, methods, grants and tenants', async () => {
  const random = randomBytes(8).toString('hex');
  for (const path of [`/${random}`, `/oauth/${random}`, `/oauth/register/${random}`]) {
    await fetch(acme.issuer + path);
  }
  await fetch(`${acme.origin}/${random}/oauth/token`, { method: 'PROPFIND' });
  await post('/oauth/token', {}, `grant_type=${random}&client_id=${random}`);
  const text = await watched.metrics.text();
  for (const needle of [random, acme.tenant, 'acme', 'PROPFIND'])
    expect(text).not.toContain(needle);
  const counted = await samples('pgrant_http_request_duration_seconds_count');
  expect([...counted.keys()].join()).toContain('endpoint="/oauth/register/:client_id"');
  expect([...counted.keys()].join()).toContain('method="other",endpoint="none"');
});

test('tasks are timed, a late one is seen, and what waits is read', async () => {
  const { database } = acme;
  await database.sql`update pgrant.schedules set since = now() - interval '1 day'`;
  await start(database, 'pgrant_worker', watched.telemetry);
  await runNow(database, 'cleanup');
  const timed = await samples('pgrant_task_duration_seconds_count');
  // Once more where a minute has begun meanwhile.
  expect([1, 2]).toContain(timed.get('{task="cleanup"}'));
  expect((await samples('pgrant_task_late')).get('{task="upstreams"}')).toBe(1);
  expect((await samples('pgrant_backlog')).get('{kind="expired"}')).toBe(0);
  expect((await samples('pgrant_backlog')).get('{kind="undelivered"}')).toBe(0);
  // Without a sample of each kind the alert PgrantBacklog would never be raised for it.
  const waited = await samples('pgrant_backlog_oldest_seconds');
  expect([...waited]).toEqual([
    ['{kind="undelivered"}', 0],
    ['{kind="expired"}', 0],
  ]);
});

test('the port of the metrics serves them and the probes, and nothing else', async () => {
  const probes = webProbes({ database: acme.database.web, secret });
  const serving = await serveMetrics(watched.config, watched.metrics, probes);
  const at = (path: string) => fetch(`http://127.0.0.1:${serving.port}${path}`);
  const answer = await at('/metrics');
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0.0.4/);
  expect(await answer.text()).toContain('pgrant_http_request_duration_seconds_bucket');
  expect([(await at('/livez')).status, (await at('/readyz')).status]).toEqual([200, 200]);
  expect((await at('/acme/oauth/jwks.json')).status).toBe(404);
  // The public port has none.
  expect((await fetch(`${acme.origin}/metrics`)).status).toBe(404);
  await serving();
});

test('nothing is measured where neither a port nor an endpoint is set, or the SDK is disabled', async () => {
  const off = await startTelemetry(loadConfig({}), 'web', createLog('silent'));
  expect([off.observer, off.metrics]).toEqual([undefined, undefined]);
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
  expect(loadConfig(endpoint).traces).toEqual({
    url: 'http://127.0.0.1:9/v1/traces',
    sampler: 'parentbased_always_on',
    ratio: 1,
  });
  expect(loadConfig({ ...endpoint, OTEL_SDK_DISABLED: 'true' }).traces).toBeUndefined();
});

test('a request is a span with its SQL calls in the trace of the caller [W3C Trace Context]', async () => {
  const trace = randomBytes(16);
  const traceparent = `00-${trace.toString('hex')}-${randomBytes(8).toString('hex')}-01`;
  const body = 'grant_type=client_credentials&client_id=nobody&client_secret=x';
  const { headers } = await post('/oauth/token', { traceparent }, body);
  const unsampled = randomBytes(16);
  const off = `00-${unsampled.toString('hex')}-${randomBytes(8).toString('hex')}-00`;
  await post('/oauth/token', { traceparent: off }, body);
  const sent = await watched.flush();
  expect(sent.indexOf(trace)).toBeGreaterThan(0);
  expect(sent.indexOf(trace, sent.indexOf(trace) + 1)).toBeGreaterThan(0);
  expect(sent.indexOf(unsampled)).toBe(-1);
  const text = sent.toString('latin1');
  for (const name of [
    'POST /oauth/token',
    'pgrant_api.client_credentials_issue',
    'task cleanup',
    'pgrant-test',
    headers.get('x-request-id') ?? '-',
  ]) {
    expect(text).toContain(name);
  }
  for (const value of ['select ', 'p_client_id', 'nobody', acme.tenant]) {
    expect(text).not.toContain(value);
  }
});

test('spans that the collector does not take are told of once, and not for each batch', async () => {
  const refusing = createServer((_, response) => response.writeHead(401).end());
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
  const { port } = refusing.address() as AddressInfo;
  const config = loadConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
  const logged: string[] = [];
  const log = createLog('info', { write: (line) => logged.push(line) });
  const refused = await startTelemetry(config, 'web', log);
  // More than go in one batch.
  for (let n = 0; n < 600; n += 1) await refused.observer?.task('cleanup', async () => {});
  await refused.stop();
  refusing.close();
  expect(logged.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      msg: expect.stringContaining('spans are lost'),
      reason: 'Unauthorized',
    }),
  ]);
});
