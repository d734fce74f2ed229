// RFC 7515 5.2, RFC 7518 3.3 to 3.5, RFC 8037 3.1: whether a key has made the signature of a JWS.
import { constants, type KeyObject, verify } from 'node:crypto';
import { promisify } from 'node:util';
import type { ClientAlg } from './jwk-set.ts';

const verifyAside = promisify(verify);

/** Bytes of each of the two numbers of an ES256 signature (RFC 7518 3.4). */
const half = 32;

/** Whether every signature by an algorithm costs the same: that of an RSA key costs what its maker likes. */
export function isSteady(alg: ClientAlg): boolean {
  return alg !== 'RS256' && alg !== 'PS256';
}

/** Whether the key has made the signature of a compact JWS, which says that it is by this algorithm. */
export function isSignedBy(jws: string, key: KeyObject, alg: ClientAlg): boolean {
  const parts = partsOf(jws, key, alg);
  return parts !== undefined && verify(...parts);
}

/** The same on another thread. */
export async function isSignedByAside(
  jws: string,
  key: KeyObject,
  alg: ClientAlg,
): Promise<boolean> {
  const parts = partsOf(jws, key, alg);
  return parts !== undefined && (await verifyAside(...parts));
}

type Parts = [hash: 'sha256' | null, text: Buffer, Parameters<typeof verify>[2], signature: Buffer];

function partsOf(jws: string, key: KeyObject, alg: ClientAlg): Parts | undefined {
  const end = jws.lastIndexOf('.');
  const encoded = jws.slice(end + 1);
  // A Buffer reads over what is no base64url.
  if (end < 0 || !/^[\w-]+$/.test(encoded)) return undefined;
  const text = Buffer.from(jws.slice(0, end));
  const signature = Buffer.from(encoded, 'base64url');
  if (alg === 'RS256') return ['sha256', text, key, signature];
  if (alg === 'PS256') {
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    return ['sha256', text, { key, padding, saltLength: 32 }, signature];
  }
  if (alg !== 'ES256') return [null, text, key, signature];
  return signature.length === 2 * half ? ['sha256', text, key, derOf(signature)] : undefined;
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
