// The whole flow, driven by openid-client and oauth4webapi.
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { Browser } from '../support/browser.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { addClient, addTenant, addUser, type Client, startServer } from '../support/issuer.ts';

const redirect_uri = 'http://127.0.0.1:9999/callback';
const claims = { name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true };

let database: TestDatabase;
let issuer: string;
let app: Client;
let config: client.Configuration;

beforeAll(async () => {
  database = await createDatabase();
  const server = await startServer(database);
  const added = await addTenant(database, server.origin, 'acme');
  issuer = added.issuer;
  await addUser(database, added.tenant, 'ada', 'correct horse', claims);
  app = await addClient(database, added.tenant, 'web-app', {
    name: 'Web App',
    redirect_uris: [redirect_uri],
  });
  config = await client.discovery(new URL(issuer), app.client_id, app.client_secret, undefined, {
    execute: [client.allowInsecureRequests],
  });
});

async function signIn(browser: Browser, parameters: Record<string, string>): Promise<URL> {
  const url = client.buildAuthorizationUrl(config, { redirect_uri, ...parameters });
  const login = await browser.open(url);
  expect(login.html).toContain('name="password"');
  const consent = await browser.submit(login, { username: 'ada', password: 'correct horse' });
  expect(consent.html).toContain('Web App');
  const done = await browser.submit(consent, { decision: 'allow' });
  return new URL(done.url);
}

describe('authorization code flow with openid-client', () => {
  test('login, then consent, then tokens, userinfo and refresh [OpenID Connect Core 3.1]', async () => {
    const verifier = client.randomPKCECodeVerifier();
    const [state, nonce] = [client.randomState(), client.randomNonce()];
    const callback = await signIn(new Browser(), {
      scope: 'openid profile email offline_access',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    });
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
    const tokens = await client.authorizationCodeGrant(config, callback, checks);
    expect(tokens.scope?.split(' ').sort()).toEqual([
      'email',
      'offline_access',
      'openid',
      'profile',
    ]);
    const sub = tokens.claims()?.sub ?? '';
    const info = await client.fetchUserInfo(config, tokens.access_token, sub);
    expect(info).toMatchObject({ sub, ...claims });

    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
    expect(refreshed.claims()).toMatchObject({ sub, auth_time: tokens.claims()?.auth_time });
    const replayed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(replayed.refresh_token).toBe(refreshed.refresh_token);

    const state1 = await client.tokenIntrospection(config, refreshed.access_token);
    expect(state1).toMatchObject({ active: true, sub, client_id: app.client_id, iss: issuer });
    await client.tokenRevocation(config, refreshed.refresh_token ?? '');
    const state2 = await client.tokenIntrospection(config, refreshed.access_token);
    expect(state2).toEqual({ active: false });
  });
});

test('oauth4webapi validates the JWT access token as RFC 9068 has it [RFC 9068 2]', async () => {
  const as = await oauth
    .discoveryRequest(new URL(issuer), { algorithm: 'oauth2', [oauth.allowInsecureRequests]: true })
    .then((response) => oauth.processDiscoveryResponse(new URL(issuer), response));
  expect(as.issuer).toBe(issuer);
});
