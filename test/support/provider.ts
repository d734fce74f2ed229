// An OpenID Connect provider and OAuth 2.0 server of our own making, that can be made to lie.

import { createHash } from 'node:crypto';
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
  /** Whether it says in its answers who it is (RFC 9207). */
  iss: boolean;
  /** The only redirect URI that it sends to; undefined = any. */
  redirect_uri: string | undefined;
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
  const asked = new Map<string, URLSearchParams>();
  const provider: Provider = {
    issuer: '',
    lie: undefined,
    iss: true,
    redirect_uri: undefined,
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
      authorization_response_iss_parameter_supported: provider.iss,
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

  function authorize(request: URLSearchParams): [number, object, object?] {
    const redirect_uri = request.get('redirect_uri') ?? '';
    if (redirect_uri !== (provider.redirect_uri ?? redirect_uri)) return [400, {}];
    const code = `code-${asked.size}`;
    asked.set(code, request);
    const query = new URLSearchParams({ code, state: request.get('state') ?? '' });
    if (lies('iss in the answer')) query.set('iss', 'https://other.example');
    else if (provider.iss) query.set('iss', provider.issuer);
    return [302, {}, { location: `${redirect_uri}?${query}` }];
  }

  /** Once for each code, with its redirect URI and its verifier (RFC 6749 4.1.3, RFC 7636 4.6). */
  async function token(form: URLSearchParams): Promise<[number, object, object?]> {
    const code = form.get('code') ?? '';
    const request = asked.get(code);
    const challenge = createHash('sha256').update(form.get('code_verifier') ?? '');
    if (
      request?.get('redirect_uri') !== form.get('redirect_uri') ||
      request?.get('code_challenge') !== challenge.digest('base64url')
    ) {
      return [400, { error: 'invalid_grant' }];
    }
    asked.set(code, new URLSearchParams());
    const nonce = request.get('nonce');
    const id_token = nonce ? { id_token: await idToken(nonce) } : {};
    return [200, { access_token: 'at', token_type: 'Bearer', ...id_token }];
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
    if (pathname === '/authorize') return authorize(searchParams);
    if (lies('redirect')) return [307, {}, { location: 'http://169.254.169.254/' }];
    return token(new URLSearchParams(body));
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
