// The keys of clients that sign.
import { exportJWK, generateKeyPair } from 'jose';

/** A key pair for ES256: the set to register, and the private key as a JWK. */
export async function newPair() {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const named = { kid: 'key-1', alg: 'ES256', use: 'sig' };
  return {
    jwks: { keys: [{ ...(await exportJWK(publicKey)), ...named }] },
    private_jwk: { ...(await exportJWK(privateKey)), ...named },
  };
}
