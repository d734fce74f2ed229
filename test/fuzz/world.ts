// What is there to be attacked: the real web process with two tenants, one of them with a product's own login.

import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { connect } from '../../src/db/connect.ts';
import { createLog } from '../../src/log.ts';
import { startWeb } from '../../src/processes/parts.ts';
import type { Stop } from '../../src/services.ts';
import { type Config, loadConfig } from '../../src/settings/config.ts';
import { startTelemetry } from '../../src/telemetry/telemetry.ts';
import { password, redirect_uri } from '../support/acme.ts';
import type { TestDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { addClient, addTenant, addUser, type Client, secret } from '../support/issuer.ts';
import { setOf, signer } from '../support/signing.ts';
import { keys, product, publisher } from './signed.ts';

export type Urls = { web: string; worker: string };

export type World = {
  port: number;
  /** Issuers: of clients and people, and of the product's login. */
  acme: string;
  shop: string;
  web: Client;
  stop: () => Promise<void>;
};

/** Starts the web process on a database that is released; `logged` is called for each line of its log. */
export async function startWorld(urls: Urls, logged: (line: string) => void): Promise<World> {
  const port = await freePort();
  const config: Config = { ...loadConfig({ TRUST_PROXY: 'loopback', METRICS_PORT: '0' }), port };
  const log = createLog('debug', { write: logged });
  const telemetry = await startTelemetry(config, 'fuzz', log);
  const started: Stop[] = [];
  await startWeb({ config, log, secret, telemetry }, urls.web, started);
  const worker = connect(urls.worker, 'pgrant_worker', { pool: 2 });
  const made = await makeTenants({ worker } as TestDatabase, `http://127.0.0.1:${port}`);
  return {
    port,
    ...made,
    stop: async () => {
      for (const stop of started.reverse()) await stop();
      await worker.end();
      await telemetry.stop();
    },
  };
}

async function makeTenants(database: TestDatabase, origin: string) {
  const { worker } = database;
  const { tenant, issuer } = await addTenant(database, origin, 'acme');
  const shop = await addTenant(database, origin, 'shop');
  const settings = {
    registration: 'open',
    registration_rate: 1_000_000,
    registration_quota: 1_000_000,
    login_failure_limit: 1000,
    trusted_networks: ['127.0.0.0/8'],
    software_statement_issuers: { [publisher]: setOf(keys.publisher) },
  };
  await call(worker, ops.tenant_set, { tenant, settings: settings as never });
  const own = {
    login_url: `${product}/login`,
    login_jwks: setOf(keys.product),
    trusted_networks: ['127.0.0.0/8'],
  };
  await call(worker, ops.tenant_set, { tenant: shop.tenant, settings: own as never });
  await addUser(database, tenant, 'ada', password, { email: 'ada@example.com' });
  // Whom the fuzz may lock out.
  await addUser(database, tenant, 'bob', password);
  const web = await addClient(database, tenant, 'web', {
    redirect_uris: [redirect_uri],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    jwks: setOf(keys.web),
  });
  await addClient(database, tenant, 'robot', signer({ jwks: setOf(keys.robot) }));
  return { acme: issuer, shop: shop.issuer, web };
}
