// Tamper evidence: sealing what was recorded.
import { call } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import { ops } from '../db/functions.ts';

/** Seals all audit events that are final; gives how many seals that took. Stops early when told to. */
export async function sealEvents(database: Database, signal?: AbortSignal): Promise<number> {
  let seals = 0;
  while (!signal?.aborted) {
    const round = await call(database, ops.audit_seal, {});
    seals += round.seals ?? 0;
    if (round.done) break;
  }
  return seals;
}
