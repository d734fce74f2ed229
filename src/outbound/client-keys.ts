// The keys of clients that sign, and of issuers of identity assertions: registered, or fetched from a jwks_uri and shared through the database.
import { setTimeout as wait } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { type ApiClientKeys, type ApiIssuerKeys, api } from '../db/bindings.ts';
import { callAll, type Refused } from '../db/call.ts';
import type { Caller } from '../db/caller.ts';
import { freshnessOf } from '../protocol/freshness.ts';
import { type ClientKey, clientKeys, storableJwks } from '../protocol/jwk-set.ts';
import type { Queues } from '../queues.ts';
import type { WebServices } from '../services.ts';
import { FetchError, type OutboundFetch, serverFetch } from './guarded-fetch.ts';

/** Finds the key of whoever has this name that passes a test; undefined where none does, or there is nobody of that name. */
export type KeyFinder = (
  caller: Caller,
  name: string,
  test: (keys: readonly ClientKey[]) => Promise<ClientKey | undefined>,
) => Promise<ClientKey | undefined>;

type Row = ApiClientKeys | ApiIssuerKeys;
type Answer = Promise<Row | Refused<ApiClientKeys> | Refused<ApiIssuerKeys> | undefined>;
type Held = Pick<Row, 'jwks_uri' | 'fresh_until' | 'fetching'> & { keys: ClientKey[] };
type Fetched = Awaited<ReturnType<typeof fetchKeys>> & { jwks_uri: string | null };

/** The keys as the database has them. */
type Source = {
  /** With `claim`, to be the one that fetches them. */
  read: (caller: Caller, name: string, claim: boolean) => Answer;
  store: (caller: Caller, name: string, fetched: Fetched) => Answer;
};

const cacheSize = 5_000;
/** How often to look whether another process is back, in milliseconds. */
const pollInterval = 200;

/** Makes the finder of the keys of clients. */
export function makeClientKeys(services: WebServices, queues: Pick<Queues, 'fetches'>): KeyFinder {
  const { database } = services;
  return makeKeyFinder(services, queues, {
    read: async (caller, client_id, claim) =>
      (await callAll(database, api.client_keys, { ...caller, client_id, claim }))[0],
    store: async (caller, client_id, fetched) =>
      (await callAll(database, api.client_keys_store, { ...caller, client_id, ...fetched }))[0],
  });
}

/** Makes the finder of the keys of issuers whose identity assertions are taken. */
export function makeIssuerKeys(services: WebServices, queues: Pick<Queues, 'fetches'>): KeyFinder {
  const { database } = services;
  const { identity_assertion_keys: keys, identity_assertion_keys_store: keysStore } = api;
  return makeKeyFinder(services, queues, {
    read: async (caller, issuer, claim) =>
      (await callAll(database, keys, { ...caller, issuer, claim }))[0],
    store: async (caller, issuer, fetched) =>
      (await callAll(database, keysStore, { ...caller, issuer, ...fetched }))[0],
  });
}

/**
 * Makes the finder of a process. What it holds may be old: SQL asks whether the key is one that its
 * owner has now, so that only a key that is not found here costs more than the one call.
 */
function makeKeyFinder(
  { config }: Pick<WebServices, 'config'>,
  { fetches }: Pick<Queues, 'fetches'>,
  source: Source,
): KeyFinder {
  const fetch = serverFetch(config);
  const cache = new LRUCache<string, Held>({ max: cacheSize });
  const renewals = new Map<string, Promise<Held>>();

  function hold(caller: Caller, name: string, row: Row): Held {
    const { jwks, jwks_uri, fresh_until, fetching } = row;
    const held = { jwks_uri, fresh_until, fetching, keys: clientKeys(jwks) };
    if (row.error) cache.delete(nameOf(caller, name));
    else cache.set(nameOf(caller, name), held);
    return held;
  }

  const read = async (...asked: Parameters<Source['read']>) => (await source.read(...asked)) as Row;

  /** Fetches the keys if nobody has just done so, and waits for whoever is at it. */
  async function renew(caller: Caller, name: string): Promise<Held> {
    for (;;) {
      const row = await read(caller, name, true);
      if (row.fetching === 'claimed') {
        const url = row.jwks_uri ?? '';
        const answer = await fetches
          .run([caller.tenant, new URL(url).host], () => fetchKeys(fetch, url))
          .catch(unfetched);
        const stored = await source.store(caller, name, { jwks_uri: row.jwks_uri, ...answer });
        return hold(caller, name, stored as Row);
      }
      if (row.fetching !== 'under_way') return hold(caller, name, row);
      await wait(pollInterval);
    }
  }

  function renewOnce(caller: Caller, name: string): Promise<Held> {
    const key = nameOf(caller, name);
    const running = renewals.get(key);
    if (running) return running;
    const renewal = renew(caller, name).finally(() => renewals.delete(key));
    renewals.set(key, renewal);
    return renewal;
  }

  return async (caller, name, test) => {
    const cached = cache.get(nameOf(caller, name));
    const known = cached && isFresh(cached) ? await test(cached.keys) : undefined;
    if (known) return known;
    const held = hold(caller, name, await read(caller, name, false));
    const found = isFresh(held) ? await test(held.keys) : undefined;
    if (found) return found;
    if (held.fetching === null) return isFresh(held) ? undefined : test(held.keys);
    return test((await renewOnce(caller, name)).keys);
  };
}

/** Registered keys are, and what was fetched is until its time. */
function isFresh({ jwks_uri, fresh_until }: Held): boolean {
  return jwks_uri === null || (fresh_until ?? 0) > Date.now() / 1000;
}

function nameOf({ tenant }: Caller, name: string): string {
  return `${tenant} ${name}`;
}

/** What is stored where nothing was fetched: whoever has claimed it has to say so. */
function unfetched(failure: Error) {
  return { jwks: null, lifetime: null, failure: failure.message.slice(0, 500) };
}

/** What is stored of an answer. */
async function fetchKeys(fetch: OutboundFetch, url: string) {
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/jwk-set+json, application/json' },
    });
    if (response.status !== 200) throw new FetchError(`${url}: status ${response.status}`);
    const jwks = storableJwks(await response.json().catch(() => undefined));
    if (!jwks) throw new FetchError(`${url}: no JWK set, or one of too many keys`);
    return { jwks, lifetime: freshnessOf(response.headers), failure: null };
  } catch (error) {
    return unfetched(error as Error);
  }
}
