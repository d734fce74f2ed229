// What the token endpoint and its neighbours refuse, and what a spent code takes with it.
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Acme, discover, obtainTokens, redirect_uri, startAcme } from '../support/acme.ts';
import { addClient, addTenant } from '../support/issuer.ts';

let acme: Acme;
let config: client.Configuration;

beforeAll(async () => {
  acme = await startAcme();
  config = await discover(acme, acme.web);
});

function post(path: string, body: Record<string, string> | string, headers = {}) {
  const form = typeof body === 'string' ? body : new URLSearchParams(body).toString();
  return fetch(`${acme.issuer}/oauth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: form,
  });
}

const asWeb = () => ({ client_id: acme.web.client_id, client_secret: acme.web.client_secret });

async function errorOf(response: Response) {
  return [response.status, ((await response.json()) as { error: string }).error];
}

describe('errors of the token endpoint [RFC 6749 5.2]', () => {
  test.each([
    ['invalid_request', 400, {}],
    ['invalid_request', 400, { grant_type: 'authorization_code' }],
    ['invalid_request', 400, { grant_type: 'refresh_token' }],
    ['unsupported_grant_type', 400, { grant_type: 'password', username: 'ada', password: 'x' }],
    ['unsupported_grant_type', 400, { grant_type: 'constructor' }],
    ['invalid_grant', 400, { grant_type: 'authorization_code', code: 'nonsense' }],
    ['invalid_grant', 400, { grant_type: 'refresh_token', refresh_token: 'nonsense' }],
    ['invalid_scope', 400, { grant_type: 'client_credentials', scope: 'nonsense' }],
    ['invalid_scope', 400, { grant_type: 'client_credentials', scope: 'openid' }],
  ])('%s %i for %j', async (error, status, body) => {
    const response = await post('token', { ...asWeb(), ...body });
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await errorOf(response)).toEqual([status, error]);
  });

  test.each([
    ['a wrong secret', { client_secret: 'wrong' }],
    ['no secret', { client_secret: '' }],
    ['an unknown client', { client_id: 'nobody' }],
    ['a public client with a secret', { client_id: 'native' }],
  ])('invalid_client 401 for %s', async (_name, change) => {
    const response = await post('token', {
      grant_type: 'client_credentials',
      ...asWeb(),
      ...change,
    });
    expect(response.headers.get('www-authenticate')).toBeNull();
    expect(await errorOf(response)).toEqual([401, 'invalid_client']);
  });

  test('a wrong secret in the header is answered with WWW-Authenticate', async () => {
    const authorization = `Basic ${Buffer.from('web:wrong').toString('base64')}`;
    const response = await post('token', { grant_type: 'client_credentials' }, { authorization });
    expect(response.headers.get('www-authenticate')).toBe(`Basic realm="${acme.issuer}"`);
    expect(await errorOf(response)).toEqual([401, 'invalid_client']);
  });

  test('two ways of authentication at once are invalid_request [RFC 6749 2.3]', async () => {
    const basic = Buffer.from(`web:${acme.web.client_secret}`).toString('base64');
    const response = await post(
      'token',
      { grant_type: 'client_credentials', ...asWeb() },
      { authorization: `Basic ${basic}` },
    );
    expect(await errorOf(response)).toEqual([400, 'invalid_request']);
  });

  test.each([
    ['a repeated parameter', 'grant_type=client_credentials&grant_type=client_credentials'],
    ['a NUL byte', 'grant_type=client_credentials&scope=a%00b'],
    ['broken UTF-8', 'grant_type=client_credentials&scope=%ff'],
    ['broken percent-encoding', 'grant_type=client_credentials&scope=%zz'],
  ])('invalid_request for %s', async (_name, body) => {
    expect(await errorOf(await post('token', `${body}&${new URLSearchParams(asWeb())}`))).toEqual([
      400,
      'invalid_request',
    ]);
  });

  test.each<[fault: string, body: string, headers?: Record<string, string>]>([
    ['no grant_type', ''],
    ['no code', 'grant_type=authorization_code'],
    ['no refresh_token', 'grant_type=refresh_token'],
    ['no device_code', 'grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code'],
    ['a parameter holds broken percent-encoding or UTF-8', 'grant_type=%zz'],
    ['the body is not application/x-www-form-urlencoded', '{}', { 'content-type': 'text/plain' }],
    [
      'the client authenticates by header and by body',
      'grant_type=refresh_token&refresh_token=x',
      { authorization: `Basic ${btoa('web:x')}` },
    ],
  ])('say what a request lacks: %s', async (fault, body, headers) => {
    const response = await post('token', `${body}&${new URLSearchParams(asWeb())}`, headers);
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: 'invalid_request', error_description: `The request is malformed: ${fault}` },
    ]);
  });

  test.each([
    ['the Authorization header is not well-formed Basic', 'Bearer x'],
    ['Basic credentials without a colon', `Basic ${btoa('web')}`],
    ['Basic credentials are not form-urlencoded', `Basic ${btoa('web:%')}`],
  ])('say why credentials cannot be read: %s', async (fault, authorization) => {
    const response = await post('token', 'grant_type=client_credentials', { authorization });
    expect([response.status, await response.json()]).toEqual([
      401,
      { error: 'invalid_client', error_description: `Client authentication failed: ${fault}` },
    ]);
  });

  test('JSON is not a form; too large a body is 413; GET is 405', async () => {
    const json = await post('token', '{}', { 'content-type': 'application/json' });
    expect(await errorOf(json)).toEqual([400, 'invalid_request']);
    expect((await post('token', `x=${'y'.repeat(70_000)}`)).status).toBe(413);
    const get = await fetch(`${acme.issuer}/oauth/token`);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  });
});

describe('a code [RFC 6749 4.1.2, RFC 9700 4.5]', () => {
  test('a second use is invalid_grant and kills what the first one gave', async () => {
    const tokens = await obtainTokens(config);
    const sub = tokens.claims?.sub ?? '';
    await client.fetchUserInfo(config, tokens.access_token, sub);
    const code = new URL(tokens.callback).searchParams.get('code') ?? '';
    const again = await post('token', {
      ...asWeb(),
      grant_type: 'authorization_code',
      code,
      redirect_uri,
      code_verifier: tokens.verifier,
    });
    expect(await errorOf(again)).toEqual([400, 'invalid_grant']);
    await expect(client.fetchUserInfo(config, tokens.access_token, sub)).rejects.toThrow();
    await expect(
      client.refreshTokenGrant(config, tokens.refresh_token ?? ''),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});

describe('refresh tokens [RFC 9700 4.14.2]', () => {
  test('a reused one revokes the family and stays revoked', async () => {
    const first = await obtainTokens(config);
    const second = await client.refreshTokenGrant(config, first.refresh_token ?? '');
    const third = await client.refreshTokenGrant(config, second.refresh_token ?? '');
    await expect(client.refreshTokenGrant(config, first.refresh_token ?? '')).rejects.toMatchObject(
      { error: 'invalid_grant' },
    );
    await expect(client.refreshTokenGrant(config, third.refresh_token ?? '')).rejects.toMatchObject(
      { error: 'invalid_grant' },
    );
    expect(await client.tokenIntrospection(config, third.access_token)).toEqual({ active: false });
  });

  test('twenty refreshes at once: one successor, one family, nobody logged out', async () => {
    const { refresh_token = '' } = await obtainTokens(config);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => client.refreshTokenGrant(config, refresh_token)),
    );
    const successors = new Set(answers.map((answer) => answer.refresh_token));
    expect(successors.size).toBe(1);
    const next = await client.refreshTokenGrant(config, [...successors][0] ?? '');
    expect(next.access_token).toBeTruthy();
  });

  test('a narrower scope narrows the access token only, a wider one is invalid_scope [RFC 6749 6]', async () => {
    const { refresh_token = '' } = await obtainTokens(config, { scope: 'openid email' });
    const narrow = await client.refreshTokenGrant(config, refresh_token, { scope: 'openid' });
    expect(narrow.scope).toBe('openid');
    const wide = client.refreshTokenGrant(config, narrow.refresh_token ?? '', {
      scope: 'openid profile',
    });
    await expect(wide).rejects.toMatchObject({ error: 'invalid_scope' });
    const all = await client.refreshTokenGrant(config, narrow.refresh_token ?? '');
    expect(all.scope).toBe('openid email');
  });
});

describe('a public client with a loopback port of its own [RFC 8252 7.3]', () => {
  test('code with PKCE, and rotated refresh tokens', async () => {
    const native = await discover(acme, acme.native, true);
    const tokens = await obtainTokens(native, { redirect_uri: 'http://127.0.0.1:51234/callback' });
    const refreshed = await client.refreshTokenGrant(native, tokens.refresh_token ?? '');
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
  });
});

describe('client_credentials [RFC 6749 4.4]', () => {
  test('a JWT access token that oauth4webapi accepts, without a refresh token [RFC 9068 4]', async () => {
    const tokens = await client.clientCredentialsGrant(config);
    expect(tokens.refresh_token).toBeUndefined();
    const as = { issuer: acme.issuer, jwks_uri: `${acme.issuer}/oauth/jwks.json` };
    const request = new Request('http://127.0.0.1/', {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    const claims = await oauth.validateJwtAccessToken(as, request, acme.issuer, {
      [oauth.allowInsecureRequests]: true,
    });
    expect(claims).toMatchObject({ iss: acme.issuer, client_id: 'web', sub: 'web' });
  });

  test('an opaque access token lives in the database', async () => {
    const opaque = await addClient(acme.database, acme.tenant, 'opaque', {
      grant_types: ['client_credentials'],
      access_token_format: 'opaque',
    });
    const own = await discover(acme, opaque);
    const { access_token } = await client.clientCredentialsGrant(own);
    expect(access_token).toMatch(/^pgrant_at_/);
    expect(await client.tokenIntrospection(config, access_token)).toMatchObject({
      active: true,
      client_id: 'opaque',
    });
    await client.tokenRevocation(own, access_token);
    expect(await client.tokenIntrospection(config, access_token)).toEqual({ active: false });
  });
});

test('userinfo refuses without a token, with a foreign one, and in the query [RFC 6750 3]', async () => {
  const url = `${acme.issuer}/oauth/userinfo`;
  const none = await fetch(url);
  expect([none.status, none.headers.get('www-authenticate')]).toEqual([
    401,
    `Bearer realm="${acme.issuer}"`,
  ]);
  const { access_token } = await obtainTokens(config);
  expect((await fetch(`${url}?access_token=${access_token}`)).status).toBe(401);
  const other = await addTenant(acme.database, acme.origin, 'other');
  const foreign = await fetch(`${other.issuer}/oauth/userinfo`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  expect(foreign.status).toBe(401);
  expect(foreign.headers.get('www-authenticate')).toContain('error="invalid_token"');
  const form = await fetch(url, { method: 'POST', body: new URLSearchParams({ access_token }) });
  expect(form.status).toBe(200);
});
