// RFC 7517 4, RFC 7518 3, RFC 7638 and RFC 5869: a tenant's signing keys.
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  KeyObject,
  randomBytes,
} from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';

export type SigningAlg = 'ES256' | 'RS256';

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

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** Makes a key pair: P-256 for ES256, 2048 bits for RS256; kid is the RFC 7638 thumbprint. */
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
export function sealSigningKey(master: Buffer, tenant: string, { kid, key }: TokenKey): Buffer {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, sealingKey(master), nonce);
  sealing.setAAD(Buffer.from(`${tenant} ${kid}`));
  const sealed = sealing.update(key.export({ format: 'der', type: 'pkcs8' }));
  sealing.final();
  return Buffer.concat([nonce, sealed, sealing.getAuthTag()]);
}

/** Opens what sealSigningKey made; throws an Error that names the key when it does not open. */
export function openSigningKey(
  master: Buffer,
  tenant: string,
  { kid, alg, sealed }: { kid: string; alg: SigningAlg; sealed: Buffer },
): TokenKey {
  const opening = createDecipheriv(cipher, sealingKey(master), sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  opening.setAAD(Buffer.from(`${tenant} ${kid}`));
  opening.setAuthTag(sealed.subarray(-tagBytes));
  const der = opening.update(sealed.subarray(nonceBytes, -tagBytes));
  try {
    opening.final();
  } catch (cause) {
    throw new Error(
      `signing key ${kid} of tenant ${tenant} does not open: it was sealed under another master secret, or was altered`,
      { cause },
    );
  }
  return { kid, alg, key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) };
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

function sealingKey(master: Buffer): Buffer {
  if (master.length !== 32) throw new Error('the master secret is not 32 bytes long');
  return Buffer.from(hkdfSync('sha256', master, '', 'pgrant signing key', 32));
}
