// What is there to be attacked: the real web process with a tenant, and things that are good at it.
import * as client from 'openid-client';
import { type Config, loadConfig } from '../../src/config.ts';
import { call } from '../../src/db/call.ts';
import { connect } from '../../src/db/connect.ts';
import { ops } from '../../src/db/functions.ts';
import { createLog } from '../../src/log.ts';
import { startTelemetry } from '../../src/telemetry/telemetry.ts';
import { startWeb } from '../../src/web.ts';
import { type Acme, discover, obtainTokens, password, redirect_uri } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import type { TestDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { addClient, addTenant, addUser, secret } from '../support/issuer.ts';
import { makeKey, setOf, sign, signer } from '../support/signing.ts';

export type World = {
  port: number;
  host: string;
  /** Path of the tenant. */
  base: string;
  /** Makes what is good now: tokens are spent, and requests expire. */
  renew: () => Promise<Goods>;
  stop: () => Promise<void>;
};

/** Texts that are good somewhere, by the name of the parameter that takes them. */
export type Goods = Record<string, string>;

/** Starts the web process on a database that is released; `logged` is called for each line of its log. */
export async function startWorld(
  urls: { web: string; worker: string },
  logged: (line: string) => void,
): Promise<World> {
  const port = await freePort();
  const config: Config = { ...loadConfig({ TRUST_PROXY: 'loopback', METRICS_PORT: '0' }), port };
  const telemetry = await startTelemetry(config, 'fuzz');
  const log = createLog('debug', { write: logged });
  const stop = await startWeb({ config, log, secret, telemetry }, urls.web);
  const worker = connect(urls.worker, 'pgrant_worker', { pool: 2 });
  const database = { worker } as unknown as TestDatabase;
  const origin = `http://127.0.0.1:${port}`;
  const { tenant, issuer } = await addTenant(database, origin, 'acme');
  const settings = {
    registration: 'open',
    registration_rate: 1_000_000,
    registration_quota: 1_000_000,
    login_failure_limit: 1000,
  };
  await call(worker, ops.tenant_set, { tenant, settings: settings as never });
  await addUser(database, tenant, 'ada', password, { email: 'ada@example.com' });
  // Whom the fuzz may lock out.
  await addUser(database, tenant, 'bob', password);
  const grants = ['authorization_code', 'refresh_token', 'client_credentials'];
  const web = await addClient(database, tenant, 'web', {
    redirect_uris: [redirect_uri],
    grant_types: grants,
  });
  const key = await makeKey();
  await addClient(database, tenant, 'robot', signer({ jwks: setOf(key) }));
  const renew = async () => ({
    ...(await tokensOf({ issuer, web } as Acme)),
    ...(await registrationOf(issuer)),
    ...web,
    client_assertion: await sign(key, 'robot', issuer),
    username: 'bob',
    password,
  });
  return {
    port,
    host: new URL(origin).host,
    base: '/acme',
    renew,
    stop: async () => {
      await stop();
      await worker.end();
      await telemetry.stop();
    },
  };
}

async function tokensOf(acme: Acme): Promise<Goods> {
  const config = await discover(acme, acme.web);
  const browser = new Browser();
  const parameters = { scope: 'openid email offline_access' };
  const {
    access_token,
    refresh_token = '',
    id_token = '',
  } = await obtainTokens(config, parameters, browser);
  const code_verifier = client.randomPKCECodeVerifier();
  const code_challenge = await client.calculatePKCECodeChallenge(code_verifier);
  const challenged = { redirect_uri, code_challenge, code_challenge_method: 'S256' };
  const ask = async (more: Record<string, string>) => {
    const url = client.buildAuthorizationUrl(config, { ...parameters, ...challenged, ...more });
    const { headers } = await browser.fetch(url);
    return new URL(headers.get('location') ?? '', url);
  };
  const listed = await browser.fetch(`${acme.issuer}/oauth/consents`, {
    headers: { accept: 'application/json' },
  });
  const { csrf, consents } = (await listed.json()) as {
    csrf: string;
    consents: { grant_id: string }[];
  };
  return {
    access_token,
    token: access_token,
    refresh_token,
    id_token_hint: id_token,
    code: (await ask({})).searchParams.get('code') ?? '',
    code_verifier,
    code_challenge,
    request: (await ask({ prompt: 'login' })).searchParams.get('request') ?? '',
    csrf,
    grant_id: consents[0]?.grant_id ?? '',
    cookie: browser.cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
    redirect_uri,
  };
}

async function registrationOf(issuer: string): Promise<Goods> {
  const response = await fetch(`${issuer}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [redirect_uri], client_name: 'Fern' }),
  });
  const { client_id = '', registration_access_token = '' } = (await response.json()) as Goods;
  return { registered_id: client_id, registration_access_token };
}
