// Which tenant a request is for: the issuer is everything before the endpoint.
import { LRUCache } from 'lru-cache';
import { type ApiAppearance, api } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { OAuthError } from '../protocol/errors.ts';
import type { WebServices } from '../services.ts';
import type { State, Tenant } from './ctx.ts';
import { requestHost } from './origin.ts';
import { splitPath } from './split-path.ts';

type Found = Tenant & { disabled: boolean };

// Milliseconds for which a tenant is found that has gone meanwhile, or moved: SQL refuses at once what is asked of it.
const foundFor = 30_000;
// And for which none is, or it looks as before: whoever changes that waits to see it. A new one has its first key at once,
// of which every web process is told.
const changedWithin = 5_000;
const cacheSize = 10_000;

/** As issuers are (see protocol/issuer.ts): no other path is looked for, or remembered. */
const issuerPath = /^(?:\/[\w.~-]+)*$/;
const pathLimit = 255;

type Arrived = { req: import('node:http').IncomingMessage; path: string };

/** Makes the search for the tenant of a request; it throws not_found, or access_denied when disabled. */
export function tenantFinder({ database, config, keyChanges }: WebServices) {
  const cache = new LRUCache<string, Found>({ max: cacheSize });
  const nobody = new LRUCache<string, true>({ max: cacheSize, ttl: changedWithin });
  keyChanges?.on('changed', () => nobody.clear());

  async function look(host: string, path: string): Promise<Found | undefined> {
    const [row] = await callAll(database, api.tenant_find, { host, path });
    if (row?.error !== null || row.path !== path) return undefined;
    const { tenant_id: id, issuer, title, disabled } = row;
    return { id, issuer, title, path, disabled };
  }

  async function find(host: string, path: string): Promise<Found | undefined> {
    const key = `${host} ${path}`;
    const known = cache.get(key);
    if (known || nobody.has(key)) return known;
    const tenant = await look(host, path);
    if (tenant) cache.set(key, tenant, { ttl: tenant.disabled ? changedWithin : foundFor });
    else nobody.set(key, true);
    return tenant;
  }

  return async ({ req, path }: Arrived): Promise<{ tenant: Tenant; endpoint: string }> => {
    const host = requestHost(req, config);
    for (const { issuer, endpoint } of splitPath(path)) {
      if (issuer.length > pathLimit || !issuerPath.test(issuer)) continue;
      const tenant = await find(host, issuer);
      if (!tenant) continue;
      if (tenant.disabled) throw new OAuthError('access_denied', 'the tenant is disabled');
      return { tenant, endpoint };
    }
    throw new OAuthError(
      'not_found',
      'no issuer has this host and path, or no endpoint the rest of it',
    );
  };
}

/** Makes what has the database say how the tenant of a request looks, for pages and challenges: other answers do not. */
export function appearanceLoader({ database }: WebServices): NonNullable<State['loadAppearance']> {
  const cache = new LRUCache<string, ApiAppearance | 'none'>({
    max: cacheSize,
    ttl: changedWithin,
  });

  async function look({
    tenant: { id },
    requestId,
    address,
  }: State): Promise<ApiAppearance | 'none'> {
    const asked = { tenant: id, request_id: requestId, address };
    const [looks] = await callAll(database, api.tenant_appearance, asked);
    return looks?.error === null ? looks : 'none';
  }

  return async (state, mayAsk) => {
    const { tenant } = state;
    let appearance = cache.get(tenant.id, { allowStale: !mayAsk });
    if (appearance === undefined && mayAsk) {
      appearance = await look(state);
      cache.set(tenant.id, appearance);
    }
    // A copy, for the tenant is that of other requests, too.
    if (appearance && appearance !== 'none')
      state.tenant = { ...tenant, title: appearance.title, appearance };
  };
}
