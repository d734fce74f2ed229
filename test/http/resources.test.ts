// Resource indicators: an access token is for what was asked for, and for nothing else.
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, discover, obtainTokens, redirect_uri, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { authorizeUrl, requested } from '../support/pushing.ts';

const [mcp, files] = ['https://mcp.example.com/mcp', 'https://files.example.com'];
let acme: Acme;
let config: client.Configuration;

beforeAll(async () => {
  acme = await startAcme();
  config = await discover(acme, acme.web);
});

const register = (resource: string, more = {}) =>
  call(acme.database.worker, ops.resource_set, {
    tenant: acme.tenant,
    resource,
    title: resource,
    ...more,
  });

/** Asks as the client, and gives the JSON of the answer. */
async function post(endpoint: string, values: object, more = new URLSearchParams()) {
  const body = new URLSearchParams({ ...values, ...acme.web });
  for (const [name, value] of more) body.append(name, value);
  const response = await fetch(`${acme.issuer}/oauth/${endpoint}`, { method: 'POST', body });
  return (await response.json()) as Record<string, string>;
}

const setDevice = () =>
  acme.database.sql`
    update pgrant.clients set grant_types = grant_types || '{urn:ietf:params:oauth:grant-type:device_code}'
     where tenant_id = ${acme.tenant} and client_id = ${acme.web.client_id}`;

function audienceOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).aud;
}

test('a tenant without resources ignores the parameter', async () => {
  const tokens = await obtainTokens(config, { resource: mcp });
  expect(audienceOf(tokens.access_token)).toBe(acme.issuer);
});

describe('a tenant with resources [RFC 8707 2]', () => {
  beforeAll(async () => {
    await register(mcp);
    await register(files, { access_token_format: 'opaque', access_token_lifetime: 60 });
  });

  test('aud is the resource that was asked for, however it was written', async () => {
    for (const resource of [mcp, `${mcp}/`, 'HTTPS://MCP.example.com/mcp']) {
      const tokens = await obtainTokens(config, { resource });
      expect(audienceOf(tokens.access_token)).toBe(mcp);
      const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', {
        resource,
      });
      expect(audienceOf(refreshed.access_token)).toBe(mcp);
    }
  });

  test('an unknown one is invalid_target at authorize, token and client_credentials', async () => {
    const unknown = { resource: 'https://evil.example/' };
    await expect(obtainTokens(config, unknown)).rejects.toMatchObject({ error: 'invalid_target' });
    await expect(client.clientCredentialsGrant(config, unknown)).rejects.toMatchObject({
      error: 'invalid_target',
    });
    const { refresh_token = '' } = await obtainTokens(config, { resource: mcp });
    const wider = client.refreshTokenGrant(config, refresh_token, { resource: files });
    await expect(wider).rejects.toMatchObject({ error: 'invalid_target' });
    const same = await client.refreshTokenGrant(config, refresh_token);
    expect(audienceOf(same.access_token)).toBe(mcp);
  });

  test('error_description names the first one that is wrong, and says the same of one that is disabled', async () => {
    const [evil, disabled] = ['https://evil.example/x', 'https://disabled.example'];
    await register(disabled);
    const { tenant } = acme;
    await acme.database.sql`
      update pgrant.resources set disabled_at = now() where tenant_id = ${tenant} and resource = ${disabled}`;
    await setDevice();
    const { refresh_token = '' } = await obtainTokens(config, { resource: mcp });
    const ask: Record<string, (resource: URLSearchParams) => Promise<unknown>> = {
      authorize: (sent) => {
        const asked = { ...requested(redirect_uri), client_id: acme.web.client_id };
        const url = new URL(authorizeUrl(acme.issuer, asked));
        for (const one of sent.getAll('resource')) url.searchParams.append('resource', one);
        return new Browser().open(url).then(({ url: answer }) => {
          return Promise.reject(Object.fromEntries(new URL(answer).searchParams));
        });
      },
      push: (sent) => post('par', { ...requested(redirect_uri) }, sent),
      client_credentials: (sent) => post('token', { grant_type: 'client_credentials' }, sent),
      refresh: (sent) => post('token', { grant_type: 'refresh_token', refresh_token }, sent),
      device: (sent) => post('device_authorization', {}, sent),
    };
    for (const [name, send] of Object.entries(ask)) {
      for (const wrong of [evil, disabled]) {
        const sent = new URLSearchParams([
          ['resource', mcp],
          ['resource', wrong],
        ]);
        const answer = await send(sent).catch((failure: unknown) => failure);
        expect([name, answer]).toMatchObject([
          name,
          {
            error: 'invalid_target',
            error_description: `A requested resource is invalid or unknown: ${wrong}`,
          },
        ]);
      }
    }
    const beyond = post('token', { grant_type: 'refresh_token', refresh_token, resource: files });
    expect((await beyond).error_description).toMatch(`: ${files}`);
  });

  test('two at authorize, one at refresh: repeated parameters, and narrowing', async () => {
    const verifier = client.randomPKCECodeVerifier();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: 'http://127.0.0.1:9999/callback',
      scope: 'openid offline_access',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    url.searchParams.append('resource', mcp);
    url.searchParams.append('resource', files);
    const { proceed } = await import('../support/acme.ts');
    const browser = new Browser();
    const done = await proceed(browser, await browser.open(url));
    const tokens = await client.authorizationCodeGrant(config, new URL(done.url), {
      pkceCodeVerifier: verifier,
    });
    expect(tokens.access_token).toMatch(/^pgrant_at_/);
    expect(tokens.expires_in).toBe(60);
    const one = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', {
      resource: mcp,
    });
    expect(audienceOf(one.access_token)).toBe(mcp);
    const state = await client.tokenIntrospection(config, tokens.access_token);
    expect(state.aud).toEqual([files, mcp]);
  });

  test('a new resource is asked for at consent, a remembered one is not', async () => {
    const browser = new Browser();
    await obtainTokens(config, { resource: mcp }, browser);
    const silent = await obtainTokens(config, { resource: mcp, prompt: 'none' }, browser);
    expect(silent.access_token).toBeTruthy();
    await call(acme.database.worker, ops.resource_set, {
      tenant: acme.tenant,
      resource: 'https://new.example',
      title: 'New',
    });
    const asked = obtainTokens(
      config,
      { resource: 'https://new.example', prompt: 'none' },
      browser,
    );
    await expect(asked).rejects.toMatchObject({ error: 'consent_required' });
  });
});
