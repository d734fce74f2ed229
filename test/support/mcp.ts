// An MCP server that uses pgrant/resource, and MCP clients of the official SDK.

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import Koa from 'koa';
import { createResource, protect, serveMetadata } from 'pgrant/resource';
import { password, proceed } from './acme.ts';
import { atFileEnd } from './at-end.ts';
import { Browser } from './browser.ts';

export const redirectUrl = 'http://127.0.0.1:33418/callback';

/** Starts the MCP server: the tool whoami needs the scope tools, and wipe needs danger besides. */
export async function startMcpServer(issuer: string): Promise<string> {
  const app = new Koa();
  const server = createServer((request, response) => app.callback()(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atFileEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  const resource = createResource({ issuer, resource: url, scopes: ['tools'] });
  const [guard, guardDanger] = [
    protect(resource, ['tools']),
    protect(resource, ['tools', 'danger']),
  ];
  app.use(serveMetadata(resource));
  app.use(async (context, next) => {
    if (context.method === 'POST') context.state.sent = JSON.parse(await text(context.req));
    const dangerous = context.state.sent?.params?.name === 'wipe';
    await (dangerous ? guardDanger : guard)(context as never, next);
  });
  app.use(async (context) => {
    context.respond = false;
    await answer(context.req, context.res, context.state);
  });
  return url;
}

async function answer(
  request: IncomingMessage,
  response: Koa.Context['res'],
  { sent, token }: { sent?: unknown; token: { sub: string } },
) {
  const mcp = new McpServer({ name: 'toy', version: '1.0.0' });
  mcp.registerTool('whoami', { description: 'Says who asks' }, () => ({
    content: [{ type: 'text', text: token.sub }],
  }));
  mcp.registerTool('wipe', { description: 'Wipes all' }, () => ({
    content: [{ type: 'text', text: 'wiped' }],
  }));
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  response.on('close', () => transport.close());
  await mcp.connect(transport as never);
  await transport.handleRequest(request, response, sent);
}

/** An MCP client that keeps everything in memory and has ada sign in. */
export function provider(
  more: Pick<OAuthClientProvider, 'clientMetadataUrl'> = {},
  known?: OAuthClientInformationMixed,
) {
  const kept: {
    client?: OAuthClientInformationMixed;
    tokens?: OAuthTokens;
    verifier?: string;
    code?: string;
    /** The consent page, where one was shown. */
    page?: string;
    /** Whether the refresh token is left out of use. */
    withoutRefresh?: boolean;
  } = {};
  if (known) kept.client = known;
  const oauth: OAuthClientProvider = {
    ...more,
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
    tokens: () => {
      const { refresh_token, ...others } = kept.tokens ?? ({} as OAuthTokens);
      return kept.tokens && kept.withoutRefresh ? others : kept.tokens;
    },
    saveTokens: (tokens) => {
      kept.tokens = tokens;
    },
    saveCodeVerifier: (verifier) => {
      kept.verifier = verifier;
    },
    codeVerifier: () => kept.verifier ?? '',
    redirectToAuthorization: async (url) => {
      const browser = new Browser();
      const login = await browser.open(url);
      const page = await browser.submit(login, { username: 'ada', password });
      kept.page = page.html;
      const done = await proceed(browser, page);
      kept.code = new URL(done.url).searchParams.get('code') ?? '';
    },
  };
  return { oauth, kept };
}
