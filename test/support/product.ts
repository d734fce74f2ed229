// A host product with a login page of its own: a local server that signs its answers with jose.

import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { atFileEnd } from './at-end.ts';

export type Kind = 'show' | 'accept' | 'reject';
type Change = {
  header?: Record<string, unknown>;
  /** Replaces claims; undefined leaves one out. */
  claims?: Record<string, unknown>;
  key?: CryptoKey;
};
export type Answer = { status: number; body: Record<string, unknown> };

/** The product. Whoever comes to its page is user-1 there, and is sent back at once. */
export type Product = {
  login_url: string;
  jwks: { keys: Record<string, unknown>[] };
  sign: (challenge: string, kind: Kind, issuer: string, change?: Change) => Promise<string>;
  /** Sends an answer as a form; `assertion` instead of a fresh one where given. */
  answer: (
    challenge: string,
    kind: Kind,
    issuer: string,
    change?: Change & { assertion?: string },
  ) => Promise<Answer>;
};

/** Starts a product that signs with ES256, RS256 or EdDSA. */
export async function startProduct(alg: 'ES256' | 'RS256' | 'EdDSA' = 'ES256'): Promise<Product> {
  const server = createServer(async (request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://product');
    const [challenge, issuer] = [searchParams.get('login_challenge'), searchParams.get('iss')];
    const { body } = await answer(challenge ?? '', 'accept', issuer ?? '');
    response.writeHead(303, { location: String(body.redirect_to) }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atFileEnd(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const kid = randomUUID();
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }] };

  const sign: Product['sign'] = (challenge, kind, issuer, { header, claims, key } = {}) => {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      iss: origin,
      aud: issuer,
      iat: now,
      exp: now + 60,
      jti: randomUUID(),
      login_challenge: createHash('sha256').update(challenge).digest('base64url'),
      ...(kind === 'accept' && { sub: 'user-1', auth_time: now }),
      ...claims,
    })
      .setProtectedHeader({ alg, kid, typ: `login-${kind}+jwt`, ...header })
      .sign(key ?? privateKey);
  };
  const answer: Product['answer'] = async (challenge, kind, issuer, change = {}) => {
    const assertion = change.assertion ?? (await sign(challenge, kind, issuer, change));
    const response = await fetch(`${issuer}/oauth/login/${kind}`, {
      method: 'POST',
      body: new URLSearchParams({ assertion }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  };
  return { login_url: `${origin}/login?from=pgrant`, jwks, sign, answer };
}
