// What MCP clients publish, served by a host of ours: they sign in, and their redirect URIs are compared as they need it.
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Acme, insecure, obtainTokens, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { request, startHost } from '../support/document-host.ts';
import { configure } from '../support/registering.ts';

let acme: Acme;
let host: Awaited<ReturnType<typeof startHost>>;

beforeAll(async () => {
  acme = await startAcme();
  host = await startHost();
  await configure(acme, { client_documents: 'open' });
});

const grant_types = ['authorization_code', 'refresh_token'];
const response_types = ['code'];

describe.each([
  {
    name: 'VS Code',
    metadata: {
      client_name: 'Visual Studio Code',
      client_uri: 'https://vscode.dev/product',
      logo_uri: 'https://vscode.dev/static/logo.png',
      application_type: 'native',
      grant_types: [...grant_types, 'urn:ietf:params:oauth:grant-type:device_code'],
      redirect_uris: ['http://127.0.0.1:33418/', 'https://vscode.dev/redirect'],
      token_endpoint_auth_method: 'none',
    },
    headers: { 'cache-control': 'no-store,no-cache,max-age=0' },
    taken: ['http://127.0.0.1:50000/', 'https://vscode.dev/redirect', 'http://127.0.0.1:33418/'],
    refused: [
      'http://127.0.0.1:33418/callback',
      'https://vscode.dev/redirect/',
      'http://localhost:33418/',
    ],
  },
  {
    name: 'Claude Code',
    metadata: {
      client_name: 'Claude Code',
      client_uri: 'https://claude.ai',
      grant_types,
      redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
      token_endpoint_auth_method: 'none',
    },
    headers: { 'cache-control': 'public, max-age=300' },
    taken: [
      'http://localhost:3118/callback',
      'http://127.0.0.1:54321/callback',
      'http://localhost/callback',
    ],
    refused: [
      'http://localhost:3118/other',
      'http://localhost:3118/callback/extra',
      'https://localhost:3118/callback',
      'http://[::1]:3118/callback',
      'http://localhost.evil.example:3118/callback',
      'http://localhost:3118@evil.example/callback',
    ],
  },
  {
    name: 'Codex',
    metadata: {
      client_name: 'Codex',
      grant_types,
      redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
      token_endpoint_auth_method: 'none',
    },
    headers: { 'cache-control': 'public, max-age=300' },
    taken: ['http://127.0.0.1:1455/callback'],
    refused: ['http://127.0.0.1:1455/callback/abc', 'http://127.0.0.2:1455/callback'],
  },
  {
    name: 'Claude',
    metadata: {
      client_name: 'Claude',
      grant_types,
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      token_endpoint_auth_method: 'none',
    },
    headers: { 'cache-control': 'public, max-age=300' },
    taken: ['https://claude.ai/api/mcp/auth_callback'],
    refused: [
      'https://claude.ai/api/mcp/auth_callback?x=1',
      'https://claude.ai:8443/api/mcp/auth_callback',
      'http://localhost:3118/callback',
    ],
  },
])('$name', ({ name, metadata, headers, taken, refused }) => {
  const publish = () =>
    host.client(`/${name.replace(' ', '')}.json`, { response_types, ...metadata }, headers);

  test('signs a person in and refreshes', async () => {
    const client_id = publish();
    const config = await client.discovery(
      new URL(acme.issuer),
      client_id,
      undefined,
      client.None(),
      insecure,
    );
    const tokens = await obtainTokens(config, { redirect_uri: taken[0] ?? '' });
    const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(next.access_token).toBeDefined();
    expect(next.claims()?.aud).toBe(client_id);
  });

  test('is sent to its own redirect URIs and to no others [RFC 8252 7.3]', async () => {
    const client_id = publish();
    const statusOf = async (redirect_uri: string) =>
      (await request(new Browser(), acme.issuer, client_id, { redirect_uri })).status;
    for (const uri of taken) expect(await statusOf(uri), uri).toBe(200);
    for (const uri of refused) expect(await statusOf(uri), uri).toBe(400);
  });
});
