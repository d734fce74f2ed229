// One tenant with a person, a confidential and a public client, and the steps that most wire tests begin with.
import * as client from 'openid-client';
import type { Telemetry } from '../../src/telemetry/telemetry.ts';
import { Browser, type Page } from './browser.ts';
import { createDatabase, type TestDatabase } from './database.ts';
import { addClient, addTenant, addUser, type Client, startServer } from './issuer.ts';

export const redirect_uri = 'http://127.0.0.1:9999/callback';
export const password = 'correct horse';
export const insecure = { execute: [client.allowInsecureRequests] };

export type Acme = {
  database: TestDatabase;
  origin: string;
  lines: string[];
  tenant: string;
  issuer: string;
  web: Client;
  native: Client;
};

/** Starts a server with the tenant `acme`: user ada, clients web (confidential) and native (public). */
export async function startAcme(
  options: Parameters<typeof createDatabase>[0] = {},
  telemetry?: Telemetry,
): Promise<Acme> {
  const database = await createDatabase({ pool: 10, ...options });
  const { origin, lines } = await startServer(database, {}, telemetry);
  const { tenant, issuer } = await addTenant(database, origin, 'acme');
  await addUser(database, tenant, 'ada', password, {
    name: 'Ada Lovelace',
    email: 'ada@example.com',
  });
  const web = await addClient(database, tenant, 'web', {
    redirect_uris: [redirect_uri],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  });
  const native = await addClient(database, tenant, 'native', {
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    redirect_uris: ['http://127.0.0.1/callback', 'com.example.app:/callback'],
  });
  return { database, origin, lines, tenant, issuer, web, native };
}

/** The configuration of openid-client for a client of the tenant. */
export function discover({ issuer }: Acme, { client_id, client_secret }: Client, isPublic = false) {
  const authentication = isPublic ? client.None() : undefined;
  return client.discovery(
    new URL(issuer),
    client_id,
    isPublic ? undefined : client_secret,
    authentication,
    insecure,
  );
}

/** Signs ada in where the page asks for it, and allows where it asks for that; gives the last page. */
export async function proceed(browser: Browser, page: Page, decision = 'allow'): Promise<Page> {
  let shown = page;
  if (shown.html.includes('name="password"')) {
    shown = await browser.submit(shown, { username: 'ada', password });
  }
  if (shown.html.includes('name="decision"')) shown = await browser.submit(shown, { decision });
  return shown;
}

/** A whole code flow with openid-client, from the authorization request to the tokens. */
export async function obtainTokens(
  config: client.Configuration,
  parameters: Record<string, string> = {},
  browser = new Browser(),
) {
  const verifier = client.randomPKCECodeVerifier();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: 'openid offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...parameters,
  });
  const { url: callback } = await proceed(browser, await browser.open(url));
  const tokens = await client.authorizationCodeGrant(config, new URL(callback), {
    pkceCodeVerifier: verifier,
  });
  return { ...tokens, callback, verifier, claims: tokens.claims() };
}
