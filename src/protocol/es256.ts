// RFC 7515 5, RFC 7518 3.4: JWS by ES256, of which each token is one and each DPoP proof another. By Node's own keys, for what
// WebCrypto adds to it, by which jose does the same, costs more than the signature.
import { type KeyObject, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';

const signAside = promisify(sign);

/** Bytes of each of the two numbers of a signature. */
const half = 32;

/** Makes a compact JWS of a header, which says that it is by ES256, and claims; signs on another thread. */
export async function signEs256(header: object, claims: object, key: KeyObject): Promise<string> {
  const text = `${encode(header)}.${encode(claims)}`;
  const signature = pairOf(await signAside('sha256', Buffer.from(text), key));
  return `${text}.${signature.toString('base64url')}`;
}

/** Whether the key has made the signature of a compact JWS, which says that it is by ES256; at once, on this thread. */
export function isSignedEs256(jws: string, key: KeyObject): boolean {
  const end = jws.lastIndexOf('.');
  const encoded = jws.slice(end + 1);
  // A Buffer reads over what is no base64url.
  if (end < 0 || !/^[\w-]+$/.test(encoded)) return false;
  const signature = Buffer.from(encoded, 'base64url');
  if (signature.length !== 2 * half) return false;
  return verify('sha256', Buffer.from(jws.slice(0, end)), key, derOf(signature));
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The two numbers of a signature as a JWS has them, from those of RFC 3279 2.2.3. */
export function pairOf(der: Buffer): Buffer {
  const pair = Buffer.alloc(2 * half);
  let at = 2;
  for (const end of [half, 2 * half]) {
    const next = at + 2 + der.readUInt8(at + 1);
    const number = der.subarray(at + 2, next).subarray(-half);
    number.copy(pair, end - number.length);
    at = next;
  }
  return pair;
}

/**
 * And back. For the form of a JWS Node wants options beside the key, and finds out by an error that it throws and catches that
 * they are no KeyObject: as dear as the signature.
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
