// Tamper evidence: sealing what was recorded, and signing how far the chains are.

import pLimit from 'p-limit';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import type { Log } from '../log.ts';
import { signCheckpoint } from '../protocol/audit-checkpoint.ts';
import { openSigningKey, type PublicJwk, type SigningAlg } from '../protocol/keys.ts';
import type { Master } from '../protocol/seal.ts';

/** Tenants that are asked at once. */
const atOnce = pLimit(8);

/** Records what was refused in minutes that are over, tenant by tenant; gives how many events that took. */
export async function recordRefusals(database: Database, signal?: AbortSignal): Promise<number> {
  let events = 0;
  for (const { tenant_id } of await callAll(database, ops.refusals_due, {})) {
    if (signal?.aborted) break;
    const { refusals_record } = await call(database, ops.refusals_record, {
      tenant: String(tenant_id),
    });
    events += refusals_record;
  }
  return events;
}

/** Seals all audit events that are final; gives how many seals that took. Stops early when told to. */
export async function sealEvents(database: Database, signal?: AbortSignal): Promise<number> {
  let seals = 0;
  while (!signal?.aborted) {
    const round = await call(database, ops.audit_seal, {});
    seals += round.seals;
    if (round.by_tenant) return sealByTenant(database, signal);
    if (round.done) break;
  }
  return seals;
}

/** The same where each tenant's events are on a node with transaction ids of its own. */
export async function sealByTenant(database: Database, signal?: AbortSignal): Promise<number> {
  const width = 10_000;
  const sealed = await atOnce.map(
    await callAll(database, ops.audit_seal_due, {}),
    async ({ tenant_id, compare }) => {
      const ask = { width, tenant: String(tenant_id), compare: compare === true };
      let seals = 0;
      for (let more = 1; more > 0 && !signal?.aborted; seals += more) {
        more = (await call(database, ops.audit_seal_tenant, ask)).audit_seal_tenant;
      }
      return seals;
    },
  );
  return sealed.reduce((sum, seals) => sum + seals, 0);
}

/**
 * Signs a checkpoint at a seal of a tenant, by default the last, and keeps it in the database; gives
 * the one that is there where it had one. Undefined where nothing is sealed, or no key is there yet.
 */
export async function makeCheckpoint(
  database: Database,
  secret: Master,
  tenant: string,
  number?: number,
): Promise<string | undefined> {
  const [draft] = await callAll(database, ops.audit_checkpoint_draft, {
    tenant,
    ...(number !== undefined && { number }),
  });
  if (!draft?.seal || !draft.kid || !draft.sealed_private) return undefined;
  const { seal, kid, sealed_private: sealed } = draft;
  const alg = draft.alg as SigningAlg;
  const jwt = await signCheckpoint(
    {
      iss: String(draft.issuer),
      iat: Math.floor(Date.now() / 1000),
      tenant_id: tenant,
      number: Number(draft.number),
      seal: seal.toString('hex'),
      total: Number(draft.total),
      sealed_at: Number(draft.made_at),
    },
    openSigningKey(secret, tenant, { kid, alg, sealed }),
    draft.public_jwk as unknown as PublicJwk,
  );
  const { audit_checkpoint_add: kept } = await call(database, ops.audit_checkpoint_add, {
    tenant,
    number: draft.number,
    seal,
    jwt,
  });
  return kept ?? undefined;
}

/** Signs the checkpoints that are due; one that fails keeps no other from being made. */
export async function makeDueCheckpoints(
  database: Database,
  secret: Master,
  log: Log,
  signal?: AbortSignal,
): Promise<{ made: number; failed: number }> {
  const counts = { made: 0, failed: 0 };
  for (const { tenant_id } of await callAll(database, ops.audit_checkpoint_due, {})) {
    if (signal?.aborted) break;
    try {
      if (await makeCheckpoint(database, secret, String(tenant_id))) counts.made++;
    } catch (err) {
      log.error({ err, tenant_id }, 'no audit checkpoint could be made');
      counts.failed++;
    }
  }
  return counts;
}
