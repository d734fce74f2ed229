// Which tenant a request is for: the issuer is everything before the endpoint.
import { LRUCache } from 'lru-cache';
import { api } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { OAuthError } from '../protocol/errors.ts';
import { clientAlgs } from '../protocol/lists.ts';
import type { WebServices } from '../services.ts';
import type { State, Tenant } from './ctx.ts';
import { requestHost } from './origin.ts';
import { splitPath } from './split-path.ts';

type Found = Tenant & { disabled: boolean };

// How long a removed or disabled tenant may still be found; SQL refuses it at once all the same.
const cacheMilliseconds = 5_000;
const cacheSize = 10_000;

/** As issuers are (see protocol/issuer.ts): no other path is looked for, or remembered. */
const issuerPath = /^(?:\/[\w.~-]+)*$/;
const pathLimit = 255;

type Arrived = { req: import('node:http').IncomingMessage; path: string; state: State };

/** What a tenant looks like that answers nothing. */
const usual: Tenant['appearance'] & Pick<Tenant, 'client_signing_algs'> = {
  language: 'en',
  accent_color: null,
  support_uri: null,
  policy_uri: null,
  tos_uri: null,
  logo: null,
  remember_username: false,
  client_signing_algs: clientAlgs,
};

/** Makes the search for the tenant of a request; it throws not_found, or access_denied when disabled. */
export function tenantFinder({ database, config }: WebServices) {
  const cache = new LRUCache<string, Found | 'none'>({ max: cacheSize, ttl: cacheMilliseconds });

  async function look(host: string, path: string, state: State): Promise<Found | 'none'> {
    const [row] = await callAll(database, api.tenant_find, { host, path });
    if (row?.error !== null || row.path !== path) return 'none';
    const { tenant_id: id, issuer, title, disabled } = row;
    const asked = { tenant: id, request_id: state.requestId, address: state.address };
    const [looks] = await callAll(database, api.tenant_appearance, asked);
    const { client_signing_algs, ...appearance } = looks?.error === null ? looks : usual;
    return { id, issuer, title, path, appearance, client_signing_algs, disabled };
  }

  async function find(host: string, path: string, state: State): Promise<Found | 'none'> {
    const key = `${host} ${path}`;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const tenant = await look(host, path, state);
    cache.set(key, tenant);
    return tenant;
  }

  return async ({ req, path, state }: Arrived): Promise<{ tenant: Tenant; endpoint: string }> => {
    const host = requestHost(req, config);
    for (const { issuer, endpoint } of splitPath(path)) {
      if (issuer.length > pathLimit || !issuerPath.test(issuer)) continue;
      const tenant = await find(host, issuer, state);
      if (tenant === 'none') continue;
      if (tenant.disabled) throw new OAuthError('access_denied', 'the tenant is disabled');
      return { tenant, endpoint };
    }
    throw new OAuthError(
      'not_found',
      'no issuer has this host and path, or no endpoint the rest of it',
    );
  };
}
