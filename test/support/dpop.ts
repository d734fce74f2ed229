// DPoP proofs as a test wants them, made apart from what is tested.
import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';

export type ProofKey = Awaited<ReturnType<typeof newProofKey>>;

/** A key, its public JWK and its thumbprint. */
export async function newProofKey(alg = 'ES256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  return { alg, privateKey, publicKey, jwk, jkt: await calculateJwkThumbprint(jwk) };
}

export type ProofChanges = {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  signer?: ProofKey;
};

/** A proof for a request by POST to `htu`, with what is to be different. */
export async function proofFor(key: ProofKey, htu: string, change: ProofChanges = {}) {
  const claims = {
    htm: 'POST',
    htu,
    iat: Math.floor(Date.now() / 1000),
    jti: randomUUID(),
    ...change.claims,
  };
  return await new SignJWT(JSON.parse(JSON.stringify(claims)))
    .setProtectedHeader({ typ: 'dpop+jwt', alg: key.alg, jwk: key.jwk, ...change.header })
    .sign((change.signer ?? key).privateKey);
}

/** The hash of an access token in a proof (RFC 9449 4.2). */
export function ath(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
