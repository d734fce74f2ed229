// Clients that sign: their keys, what they sign, and the host of their jwks_uri.

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { atFileEnd } from './at-end.ts';

export type SigningKey = {
  alg: string;
  kid: string;
  privateKey: CryptoKey;
  jwk: Record<string, unknown>;
};

export async function makeKey(alg = 'ES256', kid: string = randomUUID()): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid } };
}

export const setOf = (...keys: SigningKey[]) => ({ keys: keys.map(({ jwk }) => jwk) });

/** Metadata of a client that acts for itself, and signs. */
export const signer = (more: Record<string, unknown>) => ({
  token_endpoint_auth_method: 'private_key_jwt',
  grant_types: ['client_credentials'],
  redirect_uris: [],
  ...more,
});

export type Change = {
  header?: Record<string, unknown>;
  /** Replaces claims; undefined leaves one out. */
  claims?: Record<string, unknown>;
  /** Signs in place of the key. */
  by?: CryptoKey | Uint8Array;
};

/** A client assertion as it should be, but for the change. */
export function sign(key: SigningKey, client_id: string, aud: string, change: Change = {}) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: client_id, sub: client_id, aud, iat: now, exp: now + 60 };
  return new SignJWT({ ...claims, jti: randomUUID(), ...change.claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...change.header })
    .sign(change.by ?? key.privateKey);
}

/** The parameters by which an assertion is sent. */
export const asserted = (client_assertion: string) => ({
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion,
});

/** A host that publishes keys, and counts how often it is asked. */
export async function startKeyHost() {
  const host = {
    url: '',
    asked: 0,
    status: 200,
    headers: {} as Record<string, string>,
    body: { keys: [] } as unknown,
    /** Waits before it answers, in milliseconds. */
    delay: 0,
    publish: (...keys: SigningKey[]) => {
      host.body = setOf(...keys);
    },
  };
  const server = createServer(async (_request, response) => {
    host.asked++;
    await new Promise((resolve) => setTimeout(resolve, host.delay));
    response.writeHead(host.status, { 'content-type': 'application/json', ...host.headers });
    response.end(JSON.stringify(host.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atFileEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  host.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  return host;
}
