// For resource servers that share the database, and ask it themselves.
import { parseToken } from '../protocol/secrets.ts';

export type OpaqueToken = {
  /** SHA-256 of the secret in it; nothing else of the token belongs into SQL. */
  token_hash: Buffer;
  /** Epoch seconds. */
  token_expires_at: number;
};

/** What pgrant_resource.enter takes of an opaque access token; undefined for anything else. */
export function opaqueToken(token: string): OpaqueToken | undefined {
  const parsed = parseToken('access_token', token);
  return parsed && { token_hash: parsed.hash, token_expires_at: parsed.expires_at };
}
