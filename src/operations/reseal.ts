// What was sealed under another secret is sealed under the one of now: any number of times, by any number of workers.

import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import { type Master, type Purpose, seal, sealedKeyId, unseal } from '../protocol/seal.ts';

const purposes: Record<string, Purpose> = {
  'signing key': 'pgrant signing key',
  'upstream secrets': 'pgrant upstream secrets',
  'upstream tokens': 'pgrant upstream tokens',
  'webhook secret': 'pgrant webhook secret',
  'old webhook secret': 'pgrant webhook secret',
  'totp secret': 'pgrant totp secret',
};

export type Resealed = {
  resealed: number;
  /** What opens under no secret that is here. */
  unopened: { tenant_id: string; kind: string; name: string }[];
};

/** Seals again whatever a tenant has that is sealed under another key. */
export async function resealTenant(
  database: Database,
  master: Master,
  tenant: string,
  signal?: AbortSignal,
): Promise<Resealed> {
  const key_id = sealedKeyId(master, tenant);
  const found: Resealed = { resealed: 0, unopened: [] };
  while (!signal?.aborted) {
    // What does not open stays at the head of the list.
    const limit = 100 + found.unopened.length;
    const rows = await callAll(database, ops.sealed_list, { tenant, key_id, limit });
    const unopened: Resealed['unopened'] = [];
    let changed = 0;
    for (const { kind, name, part, sealed } of rows) {
      const place = { tenant, name };
      const purpose = purposes[kind];
      if (!purpose || !sealed) throw new Error(`nothing of kind ${kind} is known here`);
      const plain = opened(master, purpose, place, sealed);
      if (plain === undefined) {
        unopened.push({ tenant_id: tenant, kind, name: place.name });
        continue;
      }
      const next = seal(master, purpose, place, plain);
      const args = { tenant, kind, name, part, old: sealed, new: next };
      const { sealed_replace } = await call(database, ops.sealed_replace, args);
      if (sealed_replace) changed += 1;
    }
    found.resealed += changed;
    found.unopened = unopened;
    if (rows.length < limit || rows.length === unopened.length) break;
  }
  return found;
}

function opened(
  master: Master,
  purpose: Purpose,
  place: { tenant: string; name: string },
  sealed: Buffer,
) {
  try {
    return unseal(master, purpose, place, sealed);
  } catch {
    return undefined;
  }
}

/** The same for every tenant. */
export async function resealAll(
  database: Database,
  master: Master,
  signal?: AbortSignal,
): Promise<Resealed> {
  const all: Resealed = { resealed: 0, unopened: [] };
  for (const { tenant_id } of await callAll(database, ops.tenant_list, {})) {
    if (signal?.aborted || tenant_id === null) break;
    const { resealed, unopened } = await resealTenant(database, master, tenant_id, signal);
    all.resealed += resealed;
    all.unopened.push(...unopened);
  }
  return all;
}
