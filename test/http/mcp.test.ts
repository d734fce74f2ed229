// The official MCP client against a tenant and an MCP server that uses pgrant/resource.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { auth, type OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as McpClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import Koa from 'koa';
import { createResource, protect, serveMetadata } from 'pgrant/resource';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../../src/db/call.ts';
import { ops } from '../../src/db/functions.ts';
import { type Acme, proceed, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';

let acme: Acme;
let serverUrl: string;

beforeAll(async () => {
  acme = await startAcme();
  const { database, tenant } = acme;
  const app = new Koa();
  const server = createServer((request, response) => app.callback()(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  serverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  await call(database.worker, ops.tenant_set, { tenant, settings: { registration: 'open' } });
  await call(database.worker, ops.role_add, { tenant, role: 'tools', title: 'Use your tools' });
  await call(database.worker, ops.role_assign, { tenant, username: 'ada', role: 'tools' });
  await call(database.worker, ops.resource_set, { tenant, resource: serverUrl, title: 'Tools' });
  const resource = createResource({ issuer: acme.issuer, resource: serverUrl, scopes: ['tools'] });
  app.use(serveMetadata(resource)).use(protect(resource, ['tools']));
  app.use(async (context) => {
    context.respond = false;
    const { sub } = context.state.token;
    const mcp = new McpServer({ name: 'toy', version: '1.0.0' });
    mcp.registerTool('whoami', { description: 'Says who asks' }, () => ({
      content: [{ type: 'text', text: sub }],
    }));
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    context.res.on('close', () => transport.close());
    await mcp.connect(transport as never);
    await transport.handleRequest(context.req, context.res);
  });
});

/** An MCP client that keeps everything in memory and has ada sign in. */
function provider(known?: OAuthClientInformationMixed) {
  const kept: {
    client?: OAuthClientInformationMixed;
    tokens?: OAuthTokens;
    verifier?: string;
    code?: string;
  } = {};
  if (known) kept.client = known;
  const redirectUrl = 'http://127.0.0.1:33418/callback';
  const oauth: OAuthClientProvider = {
    redirectUrl,
    clientMetadata: {
      client_name: 'MCP test client',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    clientInformation: () => kept.client,
    saveClientInformation: (client) => {
      kept.client = client;
    },
    tokens: () => kept.tokens,
    saveTokens: (tokens) => {
      kept.tokens = tokens;
    },
    saveCodeVerifier: (verifier) => {
      kept.verifier = verifier;
    },
    codeVerifier: () => kept.verifier ?? '',
    redirectToAuthorization: async (url) => {
      const browser = new Browser();
      const done = await proceed(browser, await browser.open(url));
      kept.code = new URL(done.url).searchParams.get('code') ?? '';
    },
  };
  return { oauth, kept };
}

async function askWho(oauth: OAuthClientProvider): Promise<unknown> {
  const mcp = new McpClient({ name: 'test', version: '1.0.0' });
  await mcp.connect(
    new StreamableHTTPClientTransport(new URL(serverUrl), { authProvider: oauth }) as never,
  );
  const answer = await mcp.callTool({ name: 'whoami' });
  await mcp.close();
  return answer.content;
}

test.each([
  ['registers itself', undefined],
  ['is registered beforehand', { client_id: 'native' }],
])(
  'a client that %s finds the issuer, signs in, calls a tool, and refreshes [MCP 2026-07-28]',
  async (_name, known) => {
    const { oauth, kept } = provider(known);
    expect(await auth(oauth, { serverUrl })).toBe('REDIRECT');
    expect(await auth(oauth, { serverUrl, authorizationCode: kept.code ?? '' })).toBe('AUTHORIZED');
    expect(kept.tokens?.scope).toBe('tools');
    const [row] = await acme.database.sql`select user_id from pgrant.users where username = 'ada'`;
    expect(await askWho(oauth)).toEqual([{ type: 'text', text: row?.user_id }]);

    const before = kept.tokens?.refresh_token;
    if (kept.tokens) kept.tokens.access_token = 'expired';
    expect(await askWho(oauth)).toEqual([{ type: 'text', text: row?.user_id }]);
    expect(kept.tokens?.refresh_token).not.toBe(before);
  },
);
