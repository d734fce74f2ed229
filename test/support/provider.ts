// An OpenID Connect provider and OAuth 2.0 server of our own making, that can be made to lie.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { atFileEnd } from './at-end.ts';

export type Lie =
  | 'nonce'
  | 'issuer'
  | 'audience'
  | 'signature'
  | 'alg none'
  | 'expiry'
  | 'metadata issuer'
  | 'userinfo sub'
  | 'iss in the answer'
  | 'redirect';

export type Provider = {
  issuer: string;
  lie: Lie | undefined;
  /** What userinfo tells besides sub. */
  info: Record<string, unknown>;
  /** Signs with a new key from now on, which the JWK set has. */
  rotate: () => Promise<void>;
};

type Key = Awaited<ReturnType<typeof newKey>>;

async function newKey(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  return {
    kid,
    privateKey,
    jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' },
  };
}

/** Starts it for the test file; everybody who comes is signed in as `person`. */
export async function startProvider(): Promise<Provider> {
  const keys: Key[] = [await newKey('one')];
  const nonces = new Map<string, string>();
  const provider: Provider = {
    issuer: '',
    lie: undefined,
    info: {},
    rotate: async () => void keys.unshift(await newKey(`key ${keys.length}`)),
  };
  const lies = (lie: Lie) => provider.lie === lie;

  function metadata() {
    const { issuer } = provider;
    return {
      issuer: lies('metadata issuer') ? 'https://other.example' : issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      authorization_response_iss_parameter_supported: true,
    };
  }

  async function idToken(nonce: string): Promise<string> {
    const seconds = Math.floor(Date.now() / 1000);
    const claims = {
      iss: lies('issuer') ? 'https://other.example' : provider.issuer,
      aud: lies('audience') ? 'somebody-else' : 'acme',
      sub: 'person',
      nonce: lies('nonce') ? 'another' : nonce,
      iat: seconds,
      exp: lies('expiry') ? seconds - 3600 : seconds + 300,
    };
    if (lies('alg none')) return new UnsecuredJWT(claims).encode();
    const { kid, privateKey } = keys[0] as Key;
    const key = lies('signature') ? (await newKey(kid)).privateKey : privateKey;
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(key);
  }

  async function answer(
    { pathname, searchParams }: URL,
    body: string,
  ): Promise<[number, object, object?]> {
    if (pathname.startsWith('/.well-known/')) return [200, metadata()];
    if (pathname === '/jwks') return [200, { keys: keys.map(({ jwk }) => jwk) }];
    if (pathname === '/userinfo') {
      return [200, { sub: lies('userinfo sub') ? 'other' : 'person', ...provider.info }];
    }
    if (pathname === '/authorize') {
      const code = `code-${nonces.size}`;
      nonces.set(code, searchParams.get('nonce') ?? '');
      const iss = lies('iss in the answer') ? 'https://other.example' : provider.issuer;
      const query = new URLSearchParams({ code, state: searchParams.get('state') ?? '', iss });
      return [302, {}, { location: `${searchParams.get('redirect_uri')}?${query}` }];
    }
    if (lies('redirect')) return [307, {}, { location: 'http://169.254.169.254/' }];
    const nonce = nonces.get(new URLSearchParams(body).get('code') ?? '') ?? '';
    const id_token = nonce ? { id_token: await idToken(nonce) } : {};
    return [200, { access_token: 'at', token_type: 'Bearer', ...id_token }];
  }

  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '', 'http://provider');
    const [status, body, headers] = await answer(url, Buffer.concat(chunks).toString());
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atFileEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  provider.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return provider;
}
