// The signing keys of each tenant, opened once and kept until they change, or for a minute (RFC 7517 5).
import { LRUCache } from 'lru-cache';
import { api } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { type Ctx, caller } from '../http/ctx.ts';
import { OAuthError } from '../protocol/errors.ts';
import {
  openSigningKey,
  type PublicJwk,
  type SigningAlg,
  type TokenKey,
  verificationKeys,
} from '../protocol/keys.ts';
import type { Master } from '../protocol/seal.ts';
import type { VerificationKeys } from '../protocol/tokens.ts';
import type { WebServices } from '../services.ts';

/** The keys of one tenant. */
export type TenantKeys = {
  /** The key that signs now; throws temporarily_unavailable where the tenant has none yet. */
  signing: (alg: SigningAlg) => TokenKey;
  verifying: VerificationKeys;
  /** What the JWK set publishes. */
  published: PublicJwk[];
};

export type Keyring = (ctx: Ctx) => Promise<TenantKeys>;

type StoredKey = {
  kid: string;
  alg: SigningAlg;
  public_jwk: PublicJwk;
  sealed_private: string;
  active_at: number;
};

// A notification may be lost on its way. Shorter than the least key_publish_lead, so that every process publishes a key before any signs with it.
const cacheMilliseconds = 60_000;
const cacheSize = 10_000;

/** Makes the keyring of a process. */
export function makeKeyring({ database, secret, keyChanges }: WebServices): Keyring {
  const cache = new LRUCache<string, Promise<TenantKeys>>({
    max: cacheSize,
    ttl: cacheMilliseconds,
  });
  keyChanges?.on('changed', (tenant) => {
    if (tenant === undefined) cache.clear();
    else cache.delete(tenant);
  });

  async function load(ctx: Ctx): Promise<TenantKeys> {
    const { keys } = await call(database, api.key_list, caller(ctx));
    return open(secret, ctx.state.tenant.id, keys as unknown as StoredKey[]);
  }

  return async (ctx) => {
    const { id } = ctx.state.tenant;
    const cached = cache.get(id);
    if (cached) return cached;
    const loading = load(ctx);
    cache.set(id, loading);
    try {
      const keys = await loading;
      // A new tenant gets its keys any moment: do not remember that it has none.
      if (keys.published.length === 0) cache.delete(id);
      return keys;
    } catch (error) {
      cache.delete(id);
      throw error;
    }
  };
}

function open(secret: Master, tenant: string, stored: StoredKey[]): TenantKeys {
  const opened = new Map<string, TokenKey>();
  const published = stored.map(({ public_jwk }) => public_jwk);
  return {
    signing: (alg) => {
      const now = Date.now() / 1000;
      const key = stored.find((one) => one.alg === alg && one.active_at <= now);
      if (!key) throw new OAuthError('temporarily_unavailable', `the tenant has no ${alg} key yet`);
      const known = opened.get(key.kid);
      if (known) return known;
      const sealed = Buffer.from(key.sealed_private, 'base64');
      const signing = openSigningKey(secret, tenant, { kid: key.kid, alg, sealed });
      opened.set(key.kid, signing);
      return signing;
    },
    verifying: verificationKeys(published),
    published,
  };
}
