// RFC 7591 over the wire, with the clients that people use: the MCP SDK and openid-client.
import { registerClient } from '@modelcontextprotocol/sdk/client/auth.js';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { type Acme, insecure, obtainTokens, proceed } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import {
  callback,
  type Information,
  post,
  refusal,
  registered,
  startOpen,
} from '../support/registering.ts';

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
let acme: Acme;

beforeAll(async () => {
  acme = await startOpen();
});

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
      backchannel_logout_uri: 'https://fern.example/logout',
      backchannel_logout_session_required: true,
      frontchannel_logout_uri: 'https://fern.example/signed-out?from=pgrant',
      frontchannel_logout_session_required: true,
      jwks_uri: 'https://fern.example/jwks.json',
      id_token_signed_response_alg: 'ES256',
      userinfo_signed_response_alg: 'RS256',
      application_type: 'web',
    };
    const response = await post(acme, {
      ...sent,
      scope: 'openid unheard-of',
      favourite_colour: 'green',
    });
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
    ['plain http to tell a logout', { backchannel_logout_uri: 'http://a.example/' }],
    ['a fragment to tell a logout', { backchannel_logout_uri: 'https://a.example/#x' }],
    ['a script to tell a logout', { backchannel_logout_uri: 'javascript:alert(1)' }],
    ['no URI to tell a logout', { backchannel_logout_uri: ['https://a.example/'] }],
    ['a word for a flag', { backchannel_logout_session_required: 'true' }],
    ['a logout page elsewhere', { frontchannel_logout_uri: 'https://elsewhere.example/' }],
    ['a logout page at another port', { frontchannel_logout_uri: 'https://a.example:8443/' }],
    ['a fragment of a logout page', { frontchannel_logout_uri: 'https://a.example/#x' }],
    ['a client_id of its own', { client_id: 'mine' }],
    ['a secret of its own', { client_secret: 'mine' }],
    ['an unknown authentication', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['two sources of keys', { jwks: { keys: [] }, jwks_uri: 'https://a.example/jwks' }],
    ['a private key', { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' }] } }],
    ['grants that are not there', { grant_types: ['implicit'] }],
    ['grants and responses that differ', { response_types: ['token'] }],
    ['no person and nobody that vouches', { grant_types: ['client_credentials'] }],
    ['a device that nobody vouches for', { grant_types: [deviceGrant, 'refresh_token'] }],
    ['claims that nobody signed', { userinfo_signed_response_alg: 'none' }],
    ['claims that are encrypted', { userinfo_encrypted_response_alg: 'RSA-OAEP' }],
    ['requests that are encrypted', { request_object_encryption_alg: 'RSA-OAEP' }],
    ['answers that are encrypted', { authorization_encrypted_response_alg: 'RSA-OAEP' }],
    ['requests that are not signed', { request_object_signing_alg: 'none' }],
    ['answers that are not signed', { authorization_signed_response_alg: 'none' }],
    ['a request_uri that is no https', { request_uris: ['http://a.example/r'] }],
    ['a sector that is not https', { sector_identifier_uri: 'http://a.example/sector' }],
    ['subjects of no type that there is', { subject_type: 'ephemeral' }],
    [
      'pairwise subjects of two hosts',
      { subject_type: 'pairwise', redirect_uris: ['https://a.example/', 'https://b.example/'] },
    ],
    ['levels that are no list', { default_acr_values: 'mfa' }],
    ['a name that turns around', { client_name: 'evil\u202egnp.exe' }],
    ['a policy that is a script', { policy_uri: 'javascript:alert(1)' }],
  ])('%s is refused', async (_, metadata, error = 'invalid_client_metadata') => {
    const body = { redirect_uris: [callback], ...metadata };
    expect(await refusal(await post(acme, body))).toMatchObject({ status: 400, error });
  });

  test.each([
    [
      'http://localhost of a web application',
      { application_type: 'web' },
      'http://localhost:3000/cb',
      'those of application_type web are https',
    ],
    ['plain http', {}, 'http://a.example/cb', 'http is for loopback hosts only'],
    ['a wildcard port', {}, 'http://127.0.0.1:*/cb', 'it is not an absolute URI'],
    ['a wildcard', {}, 'https://*.a.example/cb', 'wildcards are not matched'],
    [
      'a private-use scheme of a client that keeps a secret',
      { token_endpoint_auth_method: 'client_secret_basic' },
      'com.example.app:/cb',
      'private-use schemes are for public clients',
    ],
    [
      'a scheme that the tenant does not allow',
      { token_endpoint_auth_method: 'none' },
      'unheard-of://host/cb',
      'redirect_schemes of the tenant has no unheard-of',
    ],
  ])(
    '%s is left out beside a good one, and refused by name alone [RFC 7591 3.2.1]',
    async (_, metadata, bad, rule) => {
      const good = 'https://a.example/cb';
      const sent = { ...metadata, redirect_uris: [bad, good] };
      const { client_id, redirect_uris } = await registered(acme, sent);
      expect(redirect_uris).toEqual([good]);
      const { status, error, error_description } = (await refusal(
        await post(acme, { ...metadata, redirect_uris: [bad] }),
      )) as Record<string, unknown>;
      expect({ status, error }).toEqual({ status: 400, error: 'invalid_redirect_uri' });
      expect(error_description).toContain(`${bad}: ${rule}`);

      // Whoever asks for it later is told the rule, on the page for developers.
      const query = new URLSearchParams({ client_id, redirect_uri: bad, response_type: 'code' });
      const page = await new Browser().open(`${acme.issuer}/oauth/authorize?${query}`);
      expect(page.status).toBe(400);
      expect(page.html).toContain('<summary>For developers</summary>');
      if (!bad.includes('*')) expect(page.html).toContain(rule);
    },
  );

  test('a scope that is not there is left out, and where none is left it is as if none was named [RFC 7591 2]', async () => {
    const information = await registered(acme, { scope: 'unheard-of', redirect_uris: [callback] });
    expect(information).not.toHaveProperty('scope');
    expect(await registered(acme, { scope: 'openid "bad" x' })).toMatchObject({ scope: 'openid' });
  });

  test('what is refused is in pgrant errors with the value and the rule, and holds no secret of it', async () => {
    const redirect_uris = ['https://user:hunter2@a.example/cb?token=hunter3'];
    await post(acme, { redirect_uris });
    const rows = await callAll(acme.database.worker, ops.error_list, { tenant: acme.tenant });
    const refused = rows.filter(({ action }) => action === 'registration.add');
    expect(refused.map((row) => row.refused).join()).toContain('https://*.a.example/cb: wildcards');
    expect(JSON.stringify(rows) + acme.lines.join()).not.toMatch(/hunter[23]/);
  });

  test('what is no JSON object is refused', async () => {
    expect(await refusal(await post(acme, [1]))).toMatchObject({
      status: 400,
      error: 'invalid_request',
    });
  });

  test('programs of every origin may register, without credentials', async () => {
    const url = `${acme.issuer}/oauth/register`;
    const headers = {
      origin: 'https://anywhere.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,traceparent',
    };
    const preflight = await fetch(url, { method: 'OPTIONS', headers });
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type,traceparent');
    expect(preflight.headers.has('access-control-allow-credentials')).toBe(false);
  });
});

describe('the consent page', () => {
  test('says that the application registered itself, and links its pages without loading anything', async () => {
    const { client_id } = await registered(acme, {
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
