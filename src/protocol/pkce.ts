// RFC 7636 4.1, 4.2 and 4.6: proof key for code exchange; S256 is the only method.
import { hash } from 'node:crypto';
import { OAuthError } from './errors.ts';

/** The S256 challenge of a verifier; throws invalid_grant when the text can't be a verifier. */
export function challengeOf(verifier: string): string {
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) {
    const detail = 'code_verifier is not 43 to 128 unreserved characters';
    throw new OAuthError('invalid_grant', detail, { detail });
  }
  return hash('sha256', verifier, 'base64url');
}

/** True when the text is the base64url form of a SHA-256 digest. */
export function isChallenge(challenge: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(challenge);
}
