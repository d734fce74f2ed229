// RFC 8252 7 and 8.3, OAuth 2.1 2.3: where clients that people use have codes sent, by what they register.
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Acme, insecure, obtainTokens } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { request, startHost } from '../support/document-host.ts';
import { configure, post, refusal, registered, startOpen } from '../support/registering.ts';

let acme: Acme;

beforeAll(async () => {
  acme = await startOpen();
});

const native = {
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};
const cursor = 'cursor://anysphere.cursor-mcp/oauth/callback';

/** What each registers, which of that it uses, and what it is not sent to. */
describe.each([
  {
    name: 'Claude Code',
    redirect_uris: ['http://localhost:54212/callback'],
    taken: ['http://localhost:54212/callback'],
    // RFC 8252 8.3: a name is not sure to be this machine, so its port is compared. It registers anew for another.
    refused: [
      'http://localhost:54213/callback',
      'http://localhost/callback',
      'http://127.0.0.1:54212/callback',
    ],
  },
  {
    name: 'Claude',
    redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
    taken: ['https://claude.ai/api/mcp/auth_callback'],
    refused: [
      'https://claude.com/api/mcp/auth_callback',
      'https://claude.ai/api/mcp/auth_callback/',
    ],
  },
  {
    name: 'Visual Studio Code',
    redirect_uris: [
      'https://insiders.vscode.dev/redirect',
      'https://vscode.dev/redirect',
      'http://127.0.0.1/',
      'http://127.0.0.1:33418/',
    ],
    taken: [
      'http://127.0.0.1:33418/',
      // Where 33418 is taken, it listens elsewhere [RFC 8252 7.3].
      'http://127.0.0.1:59656/',
      'https://vscode.dev/redirect',
    ],
    refused: [
      'http://127.0.0.1:59656/callback',
      'http://localhost:33418/',
      'http://[::1]:33418/',
      'https://vscode.dev/',
    ],
  },
  {
    name: 'MCP Inspector',
    redirect_uris: [
      'http://localhost:6274/oauth/callback',
      'http://localhost:6274/oauth/callback/debug',
    ],
    taken: ['http://localhost:6274/oauth/callback', 'http://localhost:6274/oauth/callback/debug'],
    refused: ['http://localhost:6274/oauth', 'http://localhost:6275/oauth/callback'],
  },
  {
    name: 'Gemini CLI MCP Client',
    redirect_uris: ['http://localhost:7777/oauth/callback'],
    taken: ['http://localhost:7777/oauth/callback'],
    refused: ['http://localhost:7778/oauth/callback'],
  },
  {
    name: 'ChatGPT',
    redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect'],
    taken: ['https://chatgpt.com/connector_platform_oauth_redirect'],
    refused: ['https://chatgpt.com/connector_platform_oauth_redirect?x=1'],
  },
  {
    name: 'a command-line tool on IPv6',
    redirect_uris: ['http://[::1]/cb'],
    taken: ['http://[::1]:51004/cb', 'http://[::1]/cb'],
    refused: ['http://[::1]:51004/cb/x', 'http://[::2]:51004/cb'],
  },
  {
    name: 'a mobile application',
    redirect_uris: ['com.example.app:/callback'],
    taken: ['com.example.app:/callback'],
    refused: [
      'com.example.app:/callback2',
      'com.example.app://callback',
      'com.example.apps:/callback',
    ],
  },
])('$name', ({ name, redirect_uris, taken, refused }) => {
  test('registers, and is sent codes at its own redirect URIs', async () => {
    const { client_id } = await registered(acme, { ...native, client_name: name, redirect_uris });
    const config = await client.discovery(
      new URL(acme.issuer),
      client_id,
      undefined,
      client.None(),
      insecure,
    );
    for (const redirect_uri of taken) {
      const { callback, access_token } = await obtainTokens(config, { redirect_uri });
      expect(callback.startsWith(redirect_uri), callback).toBe(true);
      expect(access_token).toBeDefined();
    }
  });

  test('is sent to no others [OAuth 2.1 2.3.1]', async () => {
    const { client_id } = await registered(acme, { ...native, client_name: name, redirect_uris });
    for (const redirect_uri of refused) {
      const page = await request(new Browser(), acme.issuer, client_id, { redirect_uri });
      expect(page.status, redirect_uri).toBe(400);
    }
  });
});

test('a loopback address without a path is good on any port, and is not one with a path [RFC 8252 7.3]', async () => {
  const redirect_uris = ['http://127.0.0.1:33418', 'https://vscode.dev/redirect'];
  const { client_id } = await registered(acme, { ...native, redirect_uris });
  for (const [redirect_uri, status] of [
    ['http://127.0.0.1:33418', 200],
    ['http://127.0.0.1:40001', 200],
    ['http://127.0.0.1:33418/', 400],
    ['http://127.0.0.1.evil.example:33418', 400],
    ['http://127.0.0.1:33418@evil.example', 400],
  ] as const) {
    const page = await request(new Browser(), acme.issuer, client_id, { redirect_uri });
    expect(page.status, redirect_uri).toBe(status);
  }
});

test.each([
  ['n8n', 'https://n8n.example.com/rest/oauth2-credential/callback'],
  ['Zapier', 'https://zapier.com/dashboard/auth/oauth/return/App12345CLIAPI/'],
])('%s, which keeps a secret, is sent codes over https', async (client_name, redirect_uri) => {
  const confidential = { token_endpoint_auth_method: 'client_secret_post' };
  const { client_id, client_secret } = await registered(acme, {
    ...confidential,
    client_name,
    redirect_uris: [redirect_uri],
  });
  const authentication = client.ClientSecretPost(client_secret);
  const config = await client.discovery(
    new URL(acme.issuer),
    client_id,
    undefined,
    authentication,
    insecure,
  );
  const { callback } = await obtainTokens(config, { redirect_uri, scope: 'openid' });
  expect(callback.startsWith(`${redirect_uri}?`)).toBe(true);
});

describe('a scheme that is no reversed domain name [RFC 8252 7.1]', () => {
  const metadata = {
    ...native,
    client_name: 'Cursor',
    redirect_uris: [
      cursor,
      'https://www.cursor.com/agents/mcp/oauth/callback',
      'http://localhost:8787/callback',
    ],
  };
  const refused = { status: 400, error: 'invalid_redirect_uri' };

  test('is for the tenant to allow by name, and then Cursor signs a person in', async () => {
    await configure(acme, { redirect_schemes: [] });
    const alone = { ...metadata, redirect_uris: [cursor] };
    expect(await refusal(await post(acme, alone))).toMatchObject(refused);
    const { redirect_uris } = await registered(acme, metadata);
    expect(redirect_uris).toEqual(metadata.redirect_uris.slice(1));
    await configure(acme, { redirect_schemes: ['cursor'] });
    const { client_id } = await registered(acme, metadata);
    const config = await client.discovery(
      new URL(acme.issuer),
      client_id,
      undefined,
      client.None(),
      insecure,
    );
    const { callback } = await obtainTokens(config, { redirect_uri: cursor });
    expect(callback).toMatch(/^cursor:\/\/anysphere\.cursor-mcp\/oauth\/callback\?code=/);
    for (const redirect_uri of [`${cursor}/x`, 'cursor://evil/oauth/callback']) {
      const page = await request(new Browser(), acme.issuer, client_id, { redirect_uri });
      expect(page.status, redirect_uri).toBe(400);
    }
  });

  test('is allowed to clients from documents alike', async () => {
    const host = await startHost();
    await configure(acme, { client_documents: 'open', redirect_schemes: [] });
    const client_id = host.client('/cursor.json', { redirect_uris: [cursor] });
    const statusNow = async () =>
      (await request(new Browser(), acme.issuer, client_id, { redirect_uri: cursor })).status;
    expect(await statusNow()).toBe(400);
    await configure(acme, { redirect_schemes: ['cursor'] });
    expect(await statusNow()).toBe(200);
  });

  test('is refused when it was not named, and for clients that keep a secret', async () => {
    await configure(acme, { redirect_schemes: ['cursor'] });
    for (const sent of [
      { ...metadata, redirect_uris: ['claude://claude.ai/mcp'] },
      {
        ...metadata,
        redirect_uris: [cursor],
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ]) {
      const found = await refusal(await post(acme, sent));
      expect(found, JSON.stringify(sent)).toMatchObject(refused);
    }
    const information = await registered(acme, {
      ...metadata,
      post_logout_redirect_uris: ['vscode:/x'],
    });
    expect(information).not.toHaveProperty('post_logout_redirect_uris');
  });

  test('that browsers know, run or hand to other programs can be named by nobody', async () => {
    for (const scheme of [
      'javascript',
      'data',
      'file',
      'vbscript',
      'blob',
      'about',
      'ws',
      'wss',
      'ftp',
      'mailto',
      'http',
      'https',
      'intent',
      'com.example.app',
      'Cursor',
      'cursor:',
      '',
    ]) {
      const naming = configure(acme, { redirect_schemes: [scheme] });
      await expect(naming, scheme).rejects.toMatchObject({ code: 'OA003' });
      if (scheme.includes('.')) continue;
      const redirect_uris = [`${scheme}://host/cb`];
      const status = (await post(acme, { ...native, redirect_uris })).status;
      if (scheme !== 'https') expect(status, scheme).toBe(400);
    }
    // A policy of the table, whoever writes it.
    const writing = acme.database.sql`
      update pgrant.clients set redirect_uris = '{javascript:/x}' where tenant_id = ${acme.tenant}`;
    await expect(writing).rejects.toMatchObject({ code: '23514' });
  });
});
