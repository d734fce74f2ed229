// For resource servers that share the database, and ask it themselves.
import { hash } from 'node:crypto';

export type OpaqueToken = {
  /** SHA-256 of the secret in it; nothing else of the token belongs into SQL. */
  token_hash: Buffer;
  /** Epoch seconds. */
  token_expires_at: number;
};

/** Prefix, expiry in base 36, and 32 bytes in canonical base64url: the last character has no stray bits. */
const form = /^pgrant_at_([1-9a-z][0-9a-z]{0,7})_([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;

/** What pgrant_resource.enter takes of an opaque access token; undefined for anything else. */
export function opaqueToken(token: string): OpaqueToken | undefined {
  const [, expiresAt, secret] = form.exec(token) ?? [];
  if (expiresAt === undefined || secret === undefined) return undefined;
  return {
    token_hash: hash('sha256', secret, 'buffer'),
    token_expires_at: Number.parseInt(expiresAt, 36),
  };
}
