// RFC 7515 5.2, RFC 7518 3.3 to 3.5, RFC 8037 3.1: whether a key has made the signature of a JWS.
import { constants, type KeyObject, verify } from 'node:crypto';
import type { ClientAlg } from './jwk-set.ts';

/** Bytes of each of the two numbers of an ES256 signature (RFC 7518 3.4). */
const half = 32;

/** Whether the key has made the signature of a compact JWS that says it is by this algorithm. */
export function isSignedBy(jws: string, key: KeyObject, alg: ClientAlg): Promise<boolean> {
  const end = jws.lastIndexOf('.');
  const encoded = jws.slice(end + 1);
  // A Buffer reads over what is no base64url.
  if (end < 0 || !/^[\w-]+$/.test(encoded)) return Promise.resolve(false);
  const text = Buffer.from(jws.slice(0, end));
  const signature = Buffer.from(encoded, 'base64url');
  if (alg === 'ES256') {
    if (signature.length !== 2 * half) return Promise.resolve(false);
    return verified('sha256', text, key, derOf(signature));
  }
  if (alg === 'RS256') return verified('sha256', text, key, signature);
  if (alg === 'PS256') {
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    return verified('sha256', text, { key, padding, saltLength: 32 }, signature);
  }
  return verified(null, text, key, signature);
}

function verified(
  hash: 'sha256' | null,
  text: Buffer,
  key: Parameters<typeof verify>[2],
  signature: Buffer,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verify(hash, text, key, signature, (failure, good) => {
      if (failure) reject(failure);
      else resolve(good);
    });
  });
}

/**
 * The same two numbers as RFC 3279 2.2.3 has them. For the other form Node wants options beside the key, and finds out by an
 * error that it throws and catches that they are no KeyObject: as dear as the signature.
 */
function derOf(pair: Buffer): Buffer {
  const numbers = [pair.subarray(0, half), pair.subarray(half)].flatMap((number) => {
    const first = number.findIndex((byte) => byte !== 0);
    const digits = first < 0 ? [0] : [...number.subarray(first)];
    // The first bit is the sign.
    if ((digits[0] as number) > 0x7f) digits.unshift(0);
    return [2, digits.length, ...digits];
  });
  return Buffer.from([0x30, numbers.length, ...numbers]);
}
