// The keys of clients that sign: registered, or fetched from their jwks_uri and shared through the database.
import { setTimeout as wait } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { type ApiClientKeys, api } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import type { Caller } from '../db/caller.ts';
import { freshnessOf } from '../protocol/freshness.ts';
import { type ClientKey, clientKeys, storableJwks } from '../protocol/jwk-set.ts';
import type { Queues } from '../queues.ts';
import type { WebServices } from '../services.ts';
import { FetchError, type OutboundFetch, serverFetch } from './guarded-fetch.ts';

/** Finds the key of a client that passes a test; undefined where none does, or there is no such client. */
export type ClientKeyFinder = (
  caller: Caller,
  clientId: string,
  test: (keys: readonly ClientKey[]) => Promise<ClientKey | undefined>,
) => Promise<ClientKey | undefined>;

type Held = Pick<ApiClientKeys, 'jwks_uri' | 'fresh_until' | 'fetching'> & { keys: ClientKey[] };

const cacheSize = 5_000;
/** How often to look whether another process is back, in milliseconds. */
const pollInterval = 200;

/**
 * Makes the finder of a process. What it holds may be old: SQL asks whether the key is one that the
 * client has now, so that only a key that is not found here costs more than the one call.
 */
export function makeClientKeys(
  { database, config }: WebServices,
  { fetches }: Pick<Queues, 'fetches'>,
): ClientKeyFinder {
  const fetch = serverFetch(config);
  const cache = new LRUCache<string, Held>({ max: cacheSize });
  const renewals = new Map<string, Promise<Held>>();

  function hold(caller: Caller, clientId: string, row: ApiClientKeys): Held {
    const { jwks, jwks_uri, fresh_until, fetching } = row;
    const held = { jwks_uri, fresh_until, fetching, keys: clientKeys(jwks) };
    if (row.error) cache.delete(nameOf(caller, clientId));
    else cache.set(nameOf(caller, clientId), held);
    return held;
  }

  async function read(caller: Caller, client_id: string, claim: boolean) {
    const [row] = await callAll(database, api.client_keys, {
      ...caller,
      client_id,
      claim,
    });
    return row as ApiClientKeys;
  }

  /** Fetches the keys if nobody has just done so, and waits for whoever is at it. */
  async function renew(caller: Caller, client_id: string): Promise<Held> {
    for (;;) {
      const row = await read(caller, client_id, true);
      if (row.fetching === 'claimed') {
        const url = row.jwks_uri ?? '';
        const answer = await fetches
          .run([caller.tenant, new URL(url).host], () => fetchKeys(fetch, url))
          .catch(unfetched);
        const args = { ...caller, client_id, jwks_uri: row.jwks_uri, ...answer };
        const [stored] = await callAll(database, api.client_keys_store, args);
        return hold(caller, client_id, stored as ApiClientKeys);
      }
      if (row.fetching !== 'under_way') return hold(caller, client_id, row);
      await wait(pollInterval);
    }
  }

  function renewOnce(caller: Caller, clientId: string): Promise<Held> {
    const name = nameOf(caller, clientId);
    const running = renewals.get(name);
    if (running) return running;
    const renewal = renew(caller, clientId).finally(() => renewals.delete(name));
    renewals.set(name, renewal);
    return renewal;
  }

  return async (caller, clientId, test) => {
    const cached = cache.get(nameOf(caller, clientId));
    const known = cached && isFresh(cached) ? await test(cached.keys) : undefined;
    if (known) return known;
    const held = hold(caller, clientId, await read(caller, clientId, false));
    const found = isFresh(held) ? await test(held.keys) : undefined;
    if (found) return found;
    if (held.fetching === null) return isFresh(held) ? undefined : test(held.keys);
    return test((await renewOnce(caller, clientId)).keys);
  };
}

/** Registered keys are, and what was fetched is until its time. */
function isFresh({ jwks_uri, fresh_until }: Held): boolean {
  return jwks_uri === null || (fresh_until ?? 0) > Date.now() / 1000;
}

function nameOf({ tenant }: Caller, clientId: string): string {
  return `${tenant} ${clientId}`;
}

/** What client_keys_store is told where nothing was fetched: whoever has claimed it has to say so. */
function unfetched(failure: Error) {
  return { jwks: null, lifetime: null, failure: failure.message.slice(0, 500) };
}

/** What client_keys_store is told. */
async function fetchKeys(fetch: OutboundFetch, url: string) {
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/jwk-set+json, application/json' },
    });
    if (response.status !== 200) throw new FetchError(`${url}: status ${response.status}`);
    const jwks = storableJwks(await response.json().catch(() => undefined));
    if (!jwks) throw new FetchError(`${url}: no JWK set, or one of more than 20 keys`);
    return { jwks, lifetime: freshnessOf(response.headers), failure: null };
  } catch (error) {
    return unfetched(error as Error);
  }
}
