// RFC 9700 4.14.2 and NIST SP 800-56C: the successor of a refresh token, readable by its predecessor only.
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hash,
  type KeyObject,
} from 'node:crypto';
import { type RefreshToken, randomBytesOfPage, refreshToken } from './secrets.ts';

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** Seals the successor's secret (60 bytes: nonce, ciphertext, tag) for the holder of `old`. */
export function sealSuccessor(old: RefreshToken, successor: RefreshToken): Buffer {
  if (old.handle !== successor.handle) throw new TypeError('the successor is of another family');
  // Requests that race seal different successors under the same key: hence a random nonce.
  const nonce = randomBytesOfPage(nonceBytes);
  const sealing = createCipheriv(cipher, sealingKey(old), nonce);
  sealing.setAAD(Buffer.from(old.handle));
  const sealed = sealing.update(successor.secret, 'base64url');
  sealing.final();
  return Buffer.concat([nonce, sealed, sealing.getAuthTag()]);
}

/** Opens what sealSuccessor made; throws when `old` is not the token that it was sealed for. */
export function openSuccessor(old: RefreshToken, sealed: Buffer): RefreshToken {
  const opening = createDecipheriv(cipher, sealingKey(old), sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  opening.setAAD(Buffer.from(old.handle));
  opening.setAuthTag(sealed.subarray(-tagBytes));
  const secret = opening.update(sealed.subarray(nonceBytes, -tagBytes), undefined, 'base64url');
  return refreshToken(old.handle, secret + opening.final('base64url'));
}

/** The one-step derivation (SP 800-56C 4.1): the token has 256 random bits, which need not be extracted first. */
function sealingKey(old: RefreshToken): KeyObject {
  const key = hash('sha256', `\0\0\0\x01${old.token}pgrant refresh successor`, 'buffer');
  // Of bytes Node 24 finds out by an error that it throws and catches that they are no KeyObject: three times the cost of the cipher.
  return createSecretKey(key);
}
