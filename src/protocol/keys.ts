// RFC 7517 4, RFC 7518 3 and RFC 7638: a tenant's signing keys.
import { createPrivateKey, createPublicKey, KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { signingAlgs } from './lists.ts';
import { type Master, seal, unseal } from './seal.ts';

export type SigningAlg = (typeof signingAlgs)[number];

/** A public key as the JWK set publishes it. */
export interface PublicJwk {
  kty: string;
  kid: string;
  alg: SigningAlg;
  use: 'sig';
  crv?: string;
  x?: string;
  y?: string;
  n?: string;
  e?: string;
}

/** A key that signs, or one that verifies. */
export interface TokenKey {
  kid: string;
  alg: SigningAlg;
  key: KeyObject;
}

const purpose = 'pgrant signing key';

/** Makes a key pair: P-256 for ES256, Ed25519 for EdDSA, 2048 bits for RS256 and PS256; kid is the RFC 7638 thumbprint. */
export async function newSigningKey(
  alg: SigningAlg,
): Promise<{ signing: TokenKey; public_jwk: PublicJwk }> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    signing: { kid, alg, key: KeyObject.from(privateKey) },
    public_jwk: { ...jwk, kid, alg, use: 'sig' } as PublicJwk,
  };
}

/** Seals a private key (nonce, ciphertext, tag) under the master secret, for its tenant only. */
export function sealSigningKey(master: Master, tenant: string, { kid, key }: TokenKey): Buffer {
  const der = key.export({ format: 'der', type: 'pkcs8' });
  return seal(master, purpose, { tenant, name: kid }, der);
}

/** Opens what sealSigningKey made; throws an Error that names the key when it does not open. */
export function openSigningKey(
  master: Master,
  tenant: string,
  { kid, alg, sealed }: { kid: string; alg: SigningAlg; sealed: Buffer },
): TokenKey {
  try {
    const der = unseal(master, purpose, { tenant, name: kid }, sealed);
    return { kid, alg, key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) };
  } catch (cause) {
    throw new Error(
      `signing key ${kid} of tenant ${tenant} does not open: it was sealed under another master secret, or was altered`,
      { cause },
    );
  }
}

/** A public key as PEM (RFC 7468 13). */
export function pemOf(jwk: PublicJwk): string {
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  return String(key.export({ format: 'pem', type: 'spki' }));
}

/** The keys that verify, by kid, from the public JWKs of a tenant. */
export function verificationKeys(jwks: readonly PublicJwk[]): Map<string, TokenKey> {
  return new Map(
    jwks.map((jwk) => {
      const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
      return [jwk.kid, { kid: jwk.kid, alg: jwk.alg, key }];
    }),
  );
}
