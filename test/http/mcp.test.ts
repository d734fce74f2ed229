// The official MCP client against a tenant and an MCP server that uses pgrant/resource.
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { auth, UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as McpClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, startAcme } from '../support/acme.ts';
import { atFileEnd } from '../support/at-end.ts';
import { goodClient, startHost } from '../support/document-host.ts';
import { certificate } from '../support/loopback-tls.ts';
import { provider, redirectUrl, startMcpServer } from '../support/mcp.ts';

let acme: Acme;
let serverUrl: string;
let host: Awaited<ReturnType<typeof startHost>>;

beforeAll(async () => {
  // The SDK takes https documents only.
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, certificate]);
  atFileEnd(() => setDefaultCACertificates(before));
  acme = await startAcme();
  const { database, tenant } = acme;
  host = await startHost({ secure: true });
  serverUrl = await startMcpServer(acme.issuer);
  const settings = { registration: 'open', client_documents: 'open' };
  await call(database.worker, ops.tenant_set, { tenant, settings });
  await call(database.worker, ops.role_add, { tenant, role: 'tools', title: 'Use your tools' });
  await call(database.worker, ops.role_add, { tenant, role: 'danger', title: 'Wipe it all' });
  for (const role of ['tools', 'danger']) {
    await call(database.worker, ops.role_assign, { tenant, username: 'ada', role });
  }
  await call(database.worker, ops.resource_set, { tenant, resource: serverUrl, title: 'Tools' });
});

type Provided = ReturnType<typeof provider>;

/** Connects, and calls a tool; `transport` is what a client finishes a step-up with. */
async function connect({ oauth }: Provided) {
  const mcp = new McpClient({ name: 'test', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(serverUrl), { authProvider: oauth });
  await mcp.connect(transport as never);
  const use = async (name: string) => (await mcp.callTool({ name })).content;
  return { mcp, transport, use };
}

async function askWho(provided: Provided): Promise<unknown> {
  const { mcp, use } = await connect(provided);
  const content = await use('whoami');
  await mcp.close();
  return content;
}

const grantsOf = (client_id: string) => acme.database.sql`
  select g.scopes from pgrant.grants g where g.client_id = ${client_id} and g.revoked_at is null`;

describe.each([
  ['registers itself', () => provider()],
  ['is registered beforehand', () => provider({}, { client_id: 'native' })],
  [
    'publishes what it is',
    () =>
      provider({
        clientMetadataUrl: host.client('/mcp.json', {
          ...goodClient,
          redirect_uris: [redirectUrl],
        }),
      }),
  ],
])('a client that %s [MCP 2026-07-28]', (name, make) => {
  let provided: Provided;
  let ada: unknown;

  beforeAll(async () => {
    provided = make();
    const [row] = await acme.database.sql`select user_id from pgrant.users where username = 'ada'`;
    ada = [{ type: 'text', text: row?.user_id }];
  });

  test('finds the issuer, signs in, calls a tool, and refreshes', async () => {
    const { oauth, kept } = provided;
    expect(await auth(oauth, { serverUrl })).toBe('REDIRECT');
    expect(await auth(oauth, { serverUrl, authorizationCode: kept.code ?? '' })).toBe('AUTHORIZED');
    expect(kept.tokens?.scope).toBe('tools');
    expect(kept.client?.client_id.startsWith('https://')).toBe(name === 'publishes what it is');
    expect(await askWho(provided)).toEqual(ada);

    const before = kept.tokens?.refresh_token;
    if (kept.tokens) kept.tokens.access_token = 'expired';
    expect(await askWho(provided)).toEqual(ada);
    expect(kept.tokens?.refresh_token).not.toBe(before);
  });

  test('steps up where a tool needs more: the person is asked for the union, and the first grant lives on', async () => {
    const { kept } = provided;
    const earlier = kept.tokens;
    const { mcp, transport, use } = await connect(provided);
    // With a refresh token the SDK would refresh first, which never widens.
    kept.withoutRefresh = true;
    await expect(use('wipe')).rejects.toThrow(UnauthorizedError);
    expect(kept.page).toMatch(/Use your tools<\/span>\s*<span class="tag quiet">Already allowed/);
    await transport.finishAuth(kept.code ?? '');
    expect(await use('wipe')).toEqual([{ type: 'text', text: 'wiped' }]);
    expect(await use('whoami')).toEqual(ada);
    await mcp.close();
    expect(kept.tokens?.scope?.split(' ').sort()).toEqual(['danger', 'tools']);
    const [grant, ...others] = await grantsOf(kept.client?.client_id ?? '');
    expect({ grant, others }).toEqual({ grant: { scopes: ['danger', 'tools'] }, others: [] });

    kept.withoutRefresh = false;
    kept.tokens = { ...earlier, access_token: 'expired' } as typeof earlier;
    expect(await askWho(provided)).toEqual(ada);
    expect(kept.tokens?.scope).toBe('tools');
  });
});
