// RFC 7515 5.2, RFC 7518 3.4, RFC 8037 3.1: whether a key on a curve has made the signature of a JWS. For DPoP proofs alone, of
// which each request brings another one: jose verifies on another thread, which costs as much again as the signature, and gives
// back a few at a time what came together.
import { type KeyObject, verify } from 'node:crypto';
import type { ClientAlg } from './jwk-set.ts';

/** Bytes of each of the two numbers of an ES256 signature (RFC 7518 3.4). */
const half = 32;

/** Whether the signatures of an algorithm cost the same by whatever key: those of an RSA key cost what its maker likes. */
export function isOnCurve(alg: ClientAlg): boolean {
  return alg !== 'RS256' && alg !== 'PS256';
}

/** Whether the key has made the signature of a compact JWS, which says that it is by this algorithm, one of isOnCurve(). */
export function isSignedOnCurve(jws: string, key: KeyObject, alg: ClientAlg): boolean {
  const end = jws.lastIndexOf('.');
  const encoded = jws.slice(end + 1);
  // A Buffer reads over what is no base64url.
  if (end < 0 || !/^[\w-]+$/.test(encoded)) return false;
  const text = Buffer.from(jws.slice(0, end));
  const signature = Buffer.from(encoded, 'base64url');
  if (alg !== 'ES256') return verify(null, text, key, signature);
  return signature.length === 2 * half && verify('sha256', text, key, derOf(signature));
}

/**
 * The two numbers as RFC 3279 2.2.3 has them. For the other form Node wants options beside the key, and finds out by an error
 * that it throws and catches that they are no KeyObject: as dear as the signature.
 */
function derOf(pair: Buffer): Buffer {
  const der = Buffer.alloc(2 + 2 * (3 + half));
  let end = 2;
  for (const start of [0, half]) {
    let first = start;
    while (pair[first] === 0 && first < start + half - 1) first += 1;
    // The first bit is the sign.
    const zeros = pair.readUInt8(first) > 0x7f ? 1 : 0;
    der[end] = 2;
    der[end + 1] = zeros + start + half - first;
    end += 2 + zeros;
    end += pair.copy(der, end, first, start + half);
  }
  der[0] = 0x30;
  der[1] = end - 2;
  return der.subarray(0, end);
}
