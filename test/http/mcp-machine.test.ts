// MCP clients without a person: the extension oauth-client-credentials, by the official SDK.
import { PrivateKeyJwtProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client as McpClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { exportPKCS8 } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, startAcme } from '../support/acme.ts';
import { addClient } from '../support/issuer.ts';
import { startMcpServer } from '../support/mcp.ts';
import { makeKey, type SigningKey, setOf, signer, startKeyHost } from '../support/signing.ts';

let acme: Acme;
let serverUrl: string;

beforeAll(async () => {
  acme = await startAcme();
  const { database, tenant } = acme;
  serverUrl = await startMcpServer(acme.issuer);
  await call(database.worker, ops.role_add, { tenant, role: 'tools', title: 'Use your tools' });
  await call(database.worker, ops.resource_set, { tenant, resource: serverUrl, title: 'Tools' });
});

async function askWho(clientId: string, key: SigningKey): Promise<unknown> {
  const authProvider = new PrivateKeyJwtProvider({
    clientId,
    privateKey: await exportPKCS8(key.privateKey),
    algorithm: key.alg,
    scope: 'tools',
    expectedIssuer: acme.issuer,
  });
  const mcp = new McpClient({ name: 'machine', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(serverUrl), { authProvider });
  await mcp.connect(transport as never);
  const { content } = await mcp.callTool({ name: 'whoami' });
  await mcp.close();
  return content;
}

test.each(['ES256', 'RS256'])(
  'a machine with a registered key for %s finds the issuer and calls a tool [MCP oauth-client-credentials]',
  async (alg) => {
    const key = await makeKey(alg);
    const metadata = signer({ jwks: setOf(key), scopes: ['tools'] });
    await addClient(acme.database, acme.tenant, `machine-${alg}`, metadata);
    expect(await askWho(`machine-${alg}`, key)).toEqual([{ type: 'text', text: `machine-${alg}` }]);
  },
);

test('a machine with a jwks_uri does too, and one with another key does not', async () => {
  const [key, other, host] = [await makeKey(), await makeKey(), await startKeyHost()];
  host.publish(key);
  const metadata = signer({ jwks_uri: host.url, scopes: ['tools'] });
  await addClient(acme.database, acme.tenant, 'remote', metadata);
  expect(await askWho('remote', key)).toEqual([{ type: 'text', text: 'remote' }]);
  await expect(askWho('remote', other)).rejects.toThrow('Client authentication failed');
});
