import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import { type Master, opens } from '../protocol/seal.ts';
import { otherSecret } from '../settings/values.ts';

/** Throws ConfigError where a signing key of the database does not open under the secret: what would be sealed under it, nobody else could open. */
export async function requireOwnSecret(database: Database, secret: Master): Promise<void> {
  const [found] = await callAll(database, ops.sealing_read, {});
  if (found?.tenant_id && found.key_id && !opens(secret, found.tenant_id, found.key_id)) {
    throw otherSecret();
  }
}
