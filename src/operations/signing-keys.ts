// Signing keys are made here and not in SQL, because the database never sees a private half.

import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import type { Log } from '../log.ts';
import { newSigningKey, type SigningAlg, sealSigningKey } from '../protocol/keys.ts';
import type { Master } from '../protocol/seal.ts';

/** A key that was published; `active_at` is when it begins to sign, as PostgreSQL writes it. */
export type AddedKey = { tenant_id: string; kid: string; alg: SigningAlg; active_at: string };

/**
 * Publishes a new signing key of a tenant; undefined where one is waiting to sign already, or none
 * is due and `if_due` is set.
 */
export async function addKey(
  database: Database,
  secret: Master,
  { tenant, alg, if_due }: { tenant: string; alg: SigningAlg; if_due: boolean },
): Promise<AddedKey | undefined> {
  const { signing, public_jwk } = await newSigningKey(alg);
  const { key_add: active_at } = await call(database, ops.key_add, {
    tenant,
    kid: signing.kid,
    alg,
    public_jwk,
    sealed_private: sealSigningKey(secret, tenant, signing),
    if_due,
  });
  return active_at === null ? undefined : { tenant_id: tenant, kid: signing.kid, alg, active_at };
}

/** Replaces all signing keys of a tenant at once; gives the kids of those that are believed no more. */
export async function withdrawKeys(
  database: Database,
  secret: Master,
  tenant: string,
): Promise<string[]> {
  const withdrawn: string[] = [];
  const { key_algs } = await call(database, ops.key_algs, { tenant });
  for (const alg of key_algs as SigningAlg[]) {
    const { signing, public_jwk } = await newSigningKey(alg);
    const { key_withdraw } = await call(database, ops.key_withdraw, {
      tenant,
      kid: signing.kid,
      alg,
      public_jwk,
      sealed_private: sealSigningKey(secret, tenant, signing),
    });
    withdrawn.push(...key_withdraw);
  }
  return withdrawn;
}

/**
 * Publishes the signing keys that are due, of every tenant or of one, and gives those it made.
 * A key that fails does not keep the others from being made; the first error is thrown at the end.
 */
export async function makeDueKeys(
  database: Database,
  secret: Master,
  log: Log,
  tenant?: string,
): Promise<AddedKey[]> {
  const due = await callAll(database, ops.key_due, {});
  const made: AddedKey[] = [];
  const failures: unknown[] = [];
  for (const { tenant_id, alg } of due) {
    if (tenant_id === null || (tenant !== undefined && tenant_id !== tenant)) continue;
    try {
      const key = await addKey(database, secret, {
        tenant: tenant_id,
        alg: alg as SigningAlg,
        if_due: true,
      });
      if (key === undefined) continue;
      log.info(key, 'signing key published');
      made.push(key);
    } catch (err) {
      log.error({ err, tenant_id, alg }, 'no signing key could be made');
      failures.push(err);
    }
  }
  if (failures.length > 0) throw failures[0];
  return made;
}
