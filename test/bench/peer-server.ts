// The process of oidc-provider; PEER holds its settings as JSON.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { makeAdapter } from './peer-adapter.ts';
import { type BenchClient, redirectUri } from './service.ts';

export type PeerSettings = { port: number; databaseUrl: string; clients: BenchClient[] };

const day = 86_400;
const audience = 'urn:bench:api';
const { port, databaseUrl, clients }: PeerSettings = JSON.parse(process.env.PEER ?? '');

function jwk(type: 'ec' | 'rsa', alg: string) {
  const { privateKey } =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: alg };
}

function registration({ client_id, client_secret, format }: BenchClient) {
  return {
    client_id,
    client_secret,
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    redirect_uris: [redirectUri],
    id_token_signed_response_alg: 'ES256',
    scope: 'openid offline_access api',
    format,
  };
}

const resourceServer = {
  scope: 'api',
  audience,
  accessTokenTTL: 900,
  accessTokenFormat: 'jwt',
  jwt: { sign: { alg: 'ES256' } },
};

const provider = new Provider(`http://127.0.0.1:${port}`, {
  adapter: await makeAdapter(databaseUrl, 10),
  clients: clients.map(registration),
  extraClientMetadata: { properties: ['format'] },
  jwks: { keys: [jwk('ec', 'ES256'), jwk('rsa', 'RS256')] },
  cookies: { keys: ['benchmark'] },
  scopes: ['openid', 'offline_access', 'api'],
  // The same person exists for pgrant in its database; here looking it up costs nothing.
  findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  expiresWithSession: () => false,
  ttl: {
    AccessToken: 900,
    AuthorizationCode: 60,
    ClientCredentials: 900,
    Grant: 30 * day,
    IdToken: 3600,
    Interaction: 600,
    RefreshToken: 30 * day,
    Session: day / 2,
  },
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_context: unknown, client: { format: string }, oneOf?: string[]) =>
        client.format === 'jwt' ? audience : oneOf,
      getResourceServerInfo: () => resourceServer,
      useGrantedResource: () => true,
    },
  },
});

createServer(provider.callback()).listen(port, '127.0.0.1', () => console.log('ready'));
