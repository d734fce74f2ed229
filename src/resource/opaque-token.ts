// For resource servers that share the database, and ask it themselves.
import { createHash } from 'node:crypto';

export type OpaqueToken = {
  /** SHA-256 of the secret in it; nothing else of the token belongs into SQL. */
  token_hash: Buffer;
  /** Epoch seconds. */
  token_expires_at: number;
};

/** The form of protocol/secrets.ts, again: this package takes nothing of the server. */
const form = /^pgrant_at_([1-9a-z][0-9a-z]{0,7})_([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;

/** What pgrant_resource.enter takes of an opaque access token; undefined for anything else. */
export function opaqueToken(token: string): OpaqueToken | undefined {
  const [, expiry, secret] = form.exec(token) ?? [];
  if (expiry === undefined || secret === undefined) return undefined;
  return {
    token_hash: createHash('sha256').update(secret).digest(),
    token_expires_at: Number.parseInt(expiry, 36),
  };
}
