// RFC 9700 4.14.2: the successor of a refresh token, which its predecessor's holder can be given again.
import { hash } from 'node:crypto';
import { type RefreshToken, randomBytesOfPage, refreshToken } from './secrets.ts';

/** A salt (32 random bytes) for one rotation: those that race have different successors. */
export function newSuccessorSalt(): Buffer {
  return randomBytesOfPage(32);
}

/**
 * The successor of a refresh token under a salt. Only who has the token can derive it from what the database keeps:
 * a one-step derivation (NIST SP 800-56C 4.1) from the token, whose 256 random bits need not be extracted first.
 */
export function successorOf(old: RefreshToken, salt: Buffer): RefreshToken {
  const derived = `\0\0\0\x01${old.token}pgrant refresh successor${salt.toString('base64url')}`;
  return refreshToken(old.handle, hash('sha256', derived, 'base64url'), old.handle_hash);
}
