// RFC 7591 and RFC 7592 over the wire, with the clients that people use: the MCP SDK and openid-client.
import { registerClient } from '@modelcontextprotocol/sdk/client/auth.js';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { call } from '../../src/db/call.ts';
import { ops } from '../../src/db/functions.ts';
import { newLastingSecret } from '../../src/protocol/secrets.ts';
import { type Acme, insecure, obtainTokens, proceed, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';

const callback = 'http://127.0.0.1:9999/callback';
let acme: Acme;

async function configure(settings: Record<string, unknown>) {
  await call(acme.database.worker, ops.tenant_set, {
    tenant: acme.tenant,
    settings: settings as never,
  });
}

beforeAll(async () => {
  acme = await startAcme();
  await configure({ registration: 'open', registration_rate: 1000 });
});

type Information = Record<string, unknown> & {
  client_id: string;
  client_secret?: string;
  registration_access_token: string;
  registration_client_uri: string;
};

function send(method: string, url: string, { body, token }: { body?: unknown; token?: string }) {
  return fetch(url, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

const post = (body: unknown, token?: string) =>
  send('POST', `${acme.issuer}/oauth/register`, { body, ...(token && { token }) });

async function registered(body: Record<string, unknown>): Promise<Information> {
  const response = await post({ redirect_uris: [callback], ...body });
  expect(response.status, await response.clone().text()).toBe(201);
  return (await response.json()) as Information;
}

async function refusal(response: Response) {
  return { status: response.status, ...((await response.json()) as { error: string }) };
}

describe('registration [RFC 7591 3]', () => {
  test('the MCP SDK finds the endpoint and registers a public client, which then signs a person in', async () => {
    const document = await fetch(
      `${acme.issuer}/.well-known/oauth-authorization-server`.replace(
        '/acme/.well-known/oauth-authorization-server',
        '/.well-known/oauth-authorization-server/acme',
      ),
    );
    const metadata = (await document.json()) as never;
    const information = await registerClient(acme.issuer, {
      metadata,
      clientMetadata: {
        redirect_uris: [callback],
        client_name: 'MCP Inspector',
        client_uri: 'https://github.com/modelcontextprotocol/inspector',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        scope: 'openid offline_access',
      },
    });
    expect(information).toMatchObject({
      client_name: 'MCP Inspector',
      redirect_uris: [callback],
      grant_types: ['authorization_code', 'refresh_token'],
    });
    expect(information.client_secret).toBeUndefined();
    const config = await client.discovery(
      new URL(acme.issuer),
      information.client_id,
      undefined,
      client.None(),
      insecure,
    );
    const tokens = await obtainTokens(config, { redirect_uri: callback });
    expect(tokens.refresh_token).toBeDefined();
    expect(tokens.claims?.aud).toBe(information.client_id);
  });

  test('openid-client registers a confidential client, whose secret is good', async () => {
    const config = await client.dynamicClientRegistration(
      new URL(acme.issuer),
      { redirect_uris: [callback], client_name: 'Web application' },
      undefined,
      insecure,
    );
    expect(config.clientMetadata()).toMatchObject({
      client_secret: expect.stringMatching(/^pgrant_cs_/),
      client_secret_expires_at: 0,
      client_id_issued_at: expect.any(Number),
      registration_access_token: expect.stringMatching(/^pgrant_rg_/),
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      application_type: 'native',
    });
    const tokens = await obtainTokens(config, { redirect_uri: callback, scope: 'openid' });
    expect(tokens.access_token).toBeDefined();
    expect(tokens.refresh_token).toBeUndefined();
  });

  test('everything is echoed as it is stored, and what is not known is left out', async () => {
    const sent = {
      client_name: 'Fern',
      redirect_uris: ['https://fern.example/callback'],
      post_logout_redirect_uris: ['https://fern.example/bye'],
      client_uri: 'https://fern.example/',
      logo_uri: 'https://fern.example/logo.png',
      tos_uri: 'https://fern.example/terms',
      policy_uri: 'https://fern.example/privacy',
      contacts: ['ada@fern.example'],
      software_id: '4NRB1-0XZABZI9E6-5SM3R',
      software_version: '2.1',
      default_max_age: 3600,
      require_auth_time: true,
      initiate_login_uri: 'https://fern.example/start',
      jwks_uri: 'https://fern.example/jwks.json',
      id_token_signed_response_alg: 'ES256',
      application_type: 'web',
    };
    const response = await post({ ...sent, scope: 'openid unheard-of', favourite_colour: 'green' });
    const information = (await response.json()) as Information;
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(information).toMatchObject({ ...sent, scope: 'openid' });
    expect(information).not.toHaveProperty('favourite_colour');
    expect(information.registration_client_uri).toBe(
      `${acme.issuer}/oauth/register/${information.client_id}`,
    );
    expect(information.client_id).not.toMatch(/^https:/);
  });

  test.each([
    ['no redirect URI', { redirect_uris: [] }, 'invalid_redirect_uri'],
    ['a fragment', { redirect_uris: ['https://a.example/#x'] }, 'invalid_redirect_uri'],
    ['plain http', { redirect_uris: ['http://a.example/'] }, 'invalid_redirect_uri'],
    ['a script', { redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    ['loopback for the web', { application_type: 'web' }, 'invalid_redirect_uri'],
    ['plain http to start at', { initiate_login_uri: 'http://a.example/' }],
    ['a client_id of its own', { client_id: 'mine' }],
    ['a secret of its own', { client_secret: 'mine' }],
    ['an unknown authentication', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['two sources of keys', { jwks: { keys: [] }, jwks_uri: 'https://a.example/jwks' }],
    ['a private key', { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' }] } }],
    ['grants that are not there', { grant_types: ['implicit'] }],
    ['grants and responses that differ', { response_types: ['token'] }],
    ['no person and nobody that vouches', { grant_types: ['client_credentials'] }],
    ['a sector', { sector_identifier_uri: 'https://a.example/sector' }],
    ['pairwise subjects', { subject_type: 'pairwise' }],
    ['a name that turns around', { client_name: 'evil\u202egnp.exe' }],
    ['a policy that is a script', { policy_uri: 'javascript:alert(1)' }],
    ['no scope that is there', { scope: 'unheard-of' }],
  ])('%s is refused', async (_, metadata, error = 'invalid_client_metadata') => {
    const body = { redirect_uris: [callback], ...metadata };
    expect(await refusal(await post(body))).toMatchObject({ status: 400, error });
  });

  test('what is no JSON object is refused', async () => {
    expect(await refusal(await post([1]))).toMatchObject({ status: 400, error: 'invalid_request' });
  });

  test('programs of every origin may register, without credentials', async () => {
    const url = `${acme.issuer}/oauth/register`;
    const headers = { origin: 'https://anywhere.example', 'access-control-request-method': 'POST' };
    const preflight = await fetch(url, { method: 'OPTIONS', headers });
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Content-Type');
    expect(preflight.headers.has('access-control-allow-credentials')).toBe(false);
  });
});

describe('who may register', () => {
  test('nobody at a closed tenant, whose metadata name no endpoint', async () => {
    await configure({ registration: 'closed' });
    expect(await refusal(await post({ redirect_uris: [callback] }))).toMatchObject({ status: 403 });
    const response = await fetch(`${acme.issuer}/.well-known/openid-configuration`);
    expect(await response.json()).not.toHaveProperty('registration_endpoint');
    await configure({ registration: 'open' });
  });

  test('who has an initial access token, as often as it says [RFC 7591 3]', async () => {
    await configure({ registration: 'token' });
    const { secret, hash } = newLastingSecret('initial_access');
    const named = { tenant: acme.tenant, name: 'provisioning', token_hash: hash, uses: 1 };
    await call(acme.database.worker, ops.registration_token_add, named);
    const without = await post({ redirect_uris: [callback] });
    expect(without.headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
    expect(await refusal(without)).toMatchObject({ status: 401, error: 'invalid_token' });
    expect((await post({ redirect_uris: [callback] }, secret)).status).toBe(201);
    expect((await post({ redirect_uris: [callback] }, secret)).status).toBe(401);
    await configure({ registration: 'open' });
  });

  test('too many from one address wait, and are told how long', async () => {
    await configure({ registration_rate: 1 });
    const response = await post({ redirect_uris: [callback] });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    await configure({ registration_rate: 1000 });
  });
});

describe('software statements [RFC 7591 2.3]', () => {
  test('those of a trusted issuer take precedence; others are refused by name', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const state = (iss: string) =>
      new SignJWT({ client_name: 'Vouched for', software_id: 'fern' })
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer(iss)
        .sign(privateKey);
    const good = await state('https://store.example');
    const body = { redirect_uris: [callback], client_name: 'Self-styled' };
    expect(await refusal(await post({ ...body, software_statement: good }))).toMatchObject({
      status: 400,
      error: 'unapproved_software_statement',
    });
    const keys = [{ ...(await exportJWK(publicKey)), alg: 'ES256' }];
    await configure({ software_statement_issuers: { 'https://store.example': { keys } } });
    expect(await registered({ ...body, software_statement: good })).toMatchObject({
      client_name: 'Vouched for',
      software_statement: good,
    });
    const tampered = `${good.slice(0, -8)}AAAAAAAA`;
    expect(await refusal(await post({ ...body, software_statement: tampered }))).toMatchObject({
      error: 'invalid_software_statement',
    });
    expect(await refusal(await post({ ...body, software_statement: 'none' }))).toMatchObject({
      error: 'invalid_software_statement',
    });
  });
});

describe('management [RFC 7592 2]', () => {
  test('GET tells what is stored, and no secret a second time', async () => {
    const { client_secret, ...known } = await registered({ client_name: 'Reader' });
    const token = known.registration_access_token;
    const response = await send('GET', known.registration_client_uri, { token });
    expect(client_secret).toBeDefined();
    expect(await response.json()).toEqual(known);
  });

  test('PUT replaces everything, and what is left out is gone', async () => {
    const { client_id, client_secret, registration_access_token, registration_client_uri } =
      await registered({ client_name: 'Before', policy_uri: 'https://a.example/privacy' });
    const put = (body: object) =>
      send('PUT', registration_client_uri, { body, token: registration_access_token });
    const body = { client_id, client_name: 'After', redirect_uris: ['https://a.example/cb'] };
    const response = await put({ ...body, client_secret });
    const after = (await response.json()) as Information;
    expect(response.status).toBe(200);
    expect(after).toMatchObject({ client_id, client_name: 'After', application_type: 'web' });
    expect(after).not.toHaveProperty('policy_uri');
    expect(after).not.toHaveProperty('client_secret');
    for (const bad of [
      { ...body, client_id: 'another' },
      { ...body, client_secret: 'another' },
      { ...body, registration_access_token },
      { client_name: 'no client_id', redirect_uris: [callback] },
    ]) {
      expect(await refusal(await put(bad))).toMatchObject({ error: 'invalid_client_metadata' });
    }
    const grown = await put({ ...body, grant_types: ['authorization_code', 'client_credentials'] });
    expect(await grown.json()).toMatchObject({ grant_types: ['authorization_code'] });
  });

  test('PUT that makes a client public takes its secret, and one that makes it confidential gives another', async () => {
    const { client_id, registration_access_token, registration_client_uri } = await registered({});
    const put = async (token_endpoint_auth_method: string) => {
      const body = { client_id, redirect_uris: [callback], token_endpoint_auth_method };
      const token = registration_access_token;
      return (await send('PUT', registration_client_uri, { body, token })).json();
    };
    expect(await put('none')).not.toHaveProperty('client_secret_expires_at');
    expect(await put('client_secret_post')).toMatchObject({ client_secret_expires_at: 0 });
    expect(await put('none')).not.toHaveProperty('client_secret');
    expect(await put('client_secret_post')).toMatchObject({
      client_secret: expect.stringMatching(/^pgrant_cs_/),
    });
  });

  test('DELETE ends the client with its tokens, and its management', async () => {
    const information = await registered({ token_endpoint_auth_method: 'none', scope: 'openid' });
    const { client_id, registration_access_token: token, registration_client_uri } = information;
    const config = await client.discovery(
      new URL(acme.issuer),
      client_id,
      undefined,
      client.None(),
      insecure,
    );
    const tokens = await obtainTokens(config, { redirect_uri: callback, scope: 'openid' });
    const userinfo = () =>
      fetch(`${acme.issuer}/oauth/userinfo`, {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      });
    expect((await userinfo()).status).toBe(200);
    expect((await send('DELETE', registration_client_uri, { token })).status).toBe(204);
    expect((await userinfo()).status).toBe(401);
    const gone = await send('GET', registration_client_uri, { token });
    expect(await refusal(gone)).toMatchObject({ status: 401, error: 'invalid_token' });
    expect(gone.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test('another token, or none, is worth nothing', async () => {
    const mine = await registered({ client_name: 'Mine' });
    const other = await registered({ client_name: 'Other' });
    const token = other.registration_access_token;
    expect((await send('GET', mine.registration_client_uri, { token })).status).toBe(401);
    expect((await send('DELETE', mine.registration_client_uri, { token })).status).toBe(401);
    expect((await send('GET', mine.registration_client_uri, {})).status).toBe(401);
    expect((await send('PATCH', mine.registration_client_uri, { token })).status).toBe(405);
  });
});

describe('the consent page', () => {
  test('says that the application registered itself, and links its pages without loading anything', async () => {
    const { client_id } = await registered({
      client_name: 'Unknown <b>application</b>',
      token_endpoint_auth_method: 'none',
      policy_uri: 'https://a.example/privacy',
      logo_uri: 'https://a.example/logo.png',
    });
    const query = new URLSearchParams({
      client_id,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    const browser = new Browser();
    const login = await browser.open(`${acme.issuer}/oauth/authorize?${query}`);
    const page = await browser.submit(login, { username: 'ada', password: 'correct horse' });
    expect(page.html).toContain('registered itself');
    expect(page.html).toContain('href="https://a.example/privacy"');
    expect(page.html).not.toContain('logo.png');
    expect(page.html).not.toContain('<b>application');
    expect((await proceed(browser, page)).url).toContain('code=');
  });
});
