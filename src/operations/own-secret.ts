import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import { type Master, opens } from '../protocol/seal.ts';
import { otherSecret } from '../settings/values.ts';

/**
 * Throws ConfigError where no signing key of the database opens under the secret: what would be sealed under it, nobody else
 * could open. Where those of some tenants do not, as after a restore or a change that was not finished, that is told by `warn`:
 * they cannot sign, and the others go on.
 */
export async function requireOwnSecret(
  database: Database,
  secret: Master,
  warn: (message: string) => void,
): Promise<void> {
  const tenants = new Set<string>();
  const closed = new Set<string>();
  for (const { tenant_id, key_id } of await callAll(database, ops.sealing_read, {})) {
    tenants.add(tenant_id);
    if (!opens(secret, tenant_id, key_id)) closed.add(tenant_id);
  }
  const [first] = closed;
  if (first === undefined) return;
  if (closed.size === tenants.size) throw otherSecret();
  const all = await callAll(database, ops.tenant_list, {});
  const name = all.find(({ tenant_id }) => tenant_id === first)?.name ?? first;
  warn(otherSecret(`${closed.size} of ${tenants.size} tenants (${name} is one)`).message);
}
