// RFC 7519 7.1: a JWT by a key of a tenant.
import { SignJWT } from 'jose';
import { signEs256 } from './es256.ts';
import type { TokenKey } from './keys.ts';

/** Signs claims; `typ` says what the JWT is, so that it passes for nothing else (RFC 8725 3.11). */
export function signJwt(typ: string, claims: object, { kid, alg, key }: TokenKey): Promise<string> {
  const header = { alg, typ, kid };
  if (alg === 'ES256') return signEs256(header, claims, key);
  return new SignJWT({ ...claims }).setProtectedHeader(header).sign(key);
}
