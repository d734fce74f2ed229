// What the clients sign in at: pgrant on a loopback port, an API that takes the tokens, and somebody with a browser.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import Koa from 'koa';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { connect } from '../../src/db/connect.ts';
import { createLog } from '../../src/log.ts';
import { startWeb } from '../../src/processes/parts.ts';
import { createResource, protect, serveMetadata } from '../../src/resource/index.ts';
import type { Stop } from '../../src/services.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { startTelemetry } from '../../src/telemetry/telemetry.ts';
import { password, proceed } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import type { TestDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { addClient, addTenant, addUser, secret } from '../support/issuer.ts';

export type ClientWorld = Awaited<ReturnType<typeof startWorld>>;

/** Starts all that, on a database that is released. */
export async function startWorld(urls: { web: string; worker: string }) {
  const port = await freePort();
  const config = { ...loadConfig({ METRICS_PORT: '0' }), port };
  const log = createLog('silent');
  const telemetry = await startTelemetry(config, 'clients', log);
  const started: Stop[] = [];
  await startWeb({ config, log, secret, telemetry }, urls.web, started);
  const worker = connect(urls.worker, 'pgrant_worker', { pool: 2 });
  const database = { worker } as TestDatabase;
  const { tenant, issuer } = await addTenant(database, `http://127.0.0.1:${port}`, 'acme');
  await call(worker, ops.tenant_set, { tenant, settings: { preset: 'mcp' } });
  const claims = { name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true };
  await addUser(database, tenant, 'ada', password, claims);
  const [browser, api] = [await listen(browse), await listen(guarded(issuer))];
  const resource = `${api.url}/mcp`;
  await call(worker, ops.resource_set, { tenant, resource, title: 'Tools' });
  return {
    issuer,
    path: new URL(issuer).pathname,
    browser: browser.url,
    resource,
    register: (client_id: string, metadata: Record<string, unknown>) =>
      addClient(database, tenant, client_id, metadata),
    stop: async () => {
      for (const { server } of [browser, api]) {
        server.closeAllConnections();
        server.close();
      }
      for (const stop of started.reverse()) await stop();
      await worker.end();
      await telemetry.stop();
    },
  };
}

async function listen(listener: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Takes the URL of an authorization or of a device, signs ada in and allows, and answers with where the browser was sent. */
const browse: RequestListener = async (request, response) => {
  const browser = new Browser();
  const url = await text(request);
  const opened = await browser.open(url);
  const user_code = new URL(url).searchParams.get('user_code');
  const asked = user_code === null ? opened : await browser.submit(opened, { user_code });
  const page = await proceed(browser, asked);
  const arrived = page.html === '' || (user_code !== null && page.status === 200);
  const said = /<main[\s\S]*<\/main>/.exec(page.html)?.[0].replace(/<[^>]*>|\s+/g, ' ') ?? '';
  response.writeHead(arrived ? 200 : 502).end(arrived ? page.url : `the page says: ${said}`);
};

/** An API that says who somebody is to whoever has a token for it (RFC 9728 metadata beside it). */
function guarded(issuer: string): RequestListener {
  return (request, response) => {
    const resource = createResource({ issuer, resource: `http://${request.headers.host}/mcp` });
    const app = new Koa();
    app.use(serveMetadata(resource));
    app.use(protect(resource, []));
    app.use((services) => {
      services.body = { sub: services.state.token.sub };
    });
    app.callback()(request, response);
  };
}
