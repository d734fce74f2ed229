// RFC 5869 and NIST SP 800-38D: what the database keeps and cannot read, AES-256-GCM under a derived key.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** What a key is for: each purpose has a key of its own under the same master secret. */
export type Purpose =
  | 'pgrant signing key'
  | 'pgrant upstream secrets'
  | 'pgrant upstream tokens'
  | 'pgrant upstream login'
  | 'pgrant webhook secret';

/** Seals bytes (nonce, ciphertext, tag) for one place; they do not open at another. */
export function seal(master: Buffer, purpose: Purpose, place: string, plain: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, derivedKey(master, purpose), nonce);
  sealing.setAAD(Buffer.from(place));
  const sealed = sealing.update(plain);
  sealing.final();
  return Buffer.concat([nonce, sealed, sealing.getAuthTag()]);
}

/** Opens what seal made; throws where it was sealed under another secret or for another place. */
export function unseal(master: Buffer, purpose: Purpose, place: string, sealed: Buffer): Buffer {
  const key = derivedKey(master, purpose);
  const opening = createDecipheriv(cipher, key, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  opening.setAAD(Buffer.from(place));
  opening.setAuthTag(sealed.subarray(-tagBytes));
  const plain = opening.update(sealed.subarray(nonceBytes, -tagBytes));
  opening.final();
  return plain;
}

/** 32 bytes in base64url that only the holder of the master secret can make from a text. */
export function derivedText(master: Buffer, purpose: Purpose, text: string): string {
  return createHmac('sha256', derivedKey(master, purpose)).update(text).digest('base64url');
}

function derivedKey(master: Buffer, purpose: Purpose): Buffer {
  if (master.length !== 32) throw new Error('the master secret is not 32 bytes long');
  return Buffer.from(hkdfSync('sha256', master, '', purpose, 32));
}
