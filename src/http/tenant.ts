// Which tenant a request is for: the issuer is everything before the endpoint (RFC 8414 3.1).
import { LRUCache } from 'lru-cache';
import { api } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { OAuthError } from '../protocol/errors.ts';
import type { WebServices } from '../services.ts';
import type { State, Tenant } from './ctx.ts';
import { requestHost } from './origin.ts';

type Found = Tenant & { disabled: boolean };

// How long a removed or disabled tenant may still be found; SQL refuses it at once all the same.
const cacheMilliseconds = 5_000;
const cacheSize = 10_000;

/** As issuers are (see protocol/issuer.ts): no other path is looked for, or remembered. */
const issuerPath = /^(?:\/[\w.~-]+)*$/;
const pathLimit = 255;

const wellKnown = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];

/** Pages whose addresses people type: directly below the issuer. */
const typed = ['/device'];

/** Splits a path into the path of the issuer and that of the endpoint; undefined for neither. */
export function splitPath(path: string): { issuer: string; endpoint: string } | undefined {
  for (const endpoint of wellKnown) {
    const rest = path.slice(endpoint.length);
    if (path.startsWith(endpoint) && (rest === '' || /^\/.*[^/]$/.test(rest))) {
      return { issuer: rest, endpoint };
    }
  }
  const at = Math.max(path.lastIndexOf('/oauth/'), path.lastIndexOf('/.well-known/'));
  if (at < 0) {
    const endpoint = typed.find((page) => path.endsWith(page));
    return endpoint ? { issuer: path.slice(0, -endpoint.length), endpoint } : undefined;
  }
  return { issuer: path.slice(0, at), endpoint: path.slice(at) };
}

type Arrived = { req: import('node:http').IncomingMessage; path: string; state: State };

/** What a tenant looks like that answers nothing. */
const usual: Tenant['appearance'] = { language: 'en' };

/** Makes the search for the tenant of a request; it throws not_found, or access_denied when disabled. */
export function tenantFinder({ database, config }: WebServices) {
  const cache = new LRUCache<string, Found | 'none'>({ max: cacheSize, ttl: cacheMilliseconds });

  async function look(host: string, path: string, state: State): Promise<Found | 'none'> {
    const [row] = await callAll(database, api.tenant_find, { host, path });
    if (row?.error !== null || row.path !== path) return 'none';
    const { tenant_id: id, issuer, title, disabled } = row;
    const asked = { tenant: id, request_id: state.requestId, address: state.address };
    const [appearance] = await callAll(database, api.tenant_appearance, asked);
    const { language } = appearance?.error === null ? appearance : usual;
    return { id, issuer, title, path, appearance: { language }, disabled };
  }

  return async ({ req, path, state }: Arrived): Promise<{ tenant: Tenant; endpoint: string }> => {
    const parts = splitPath(path);
    if (!parts) throw new OAuthError('not_found', 'no endpoint has this path');
    if (parts.issuer.length > pathLimit || !issuerPath.test(parts.issuer)) {
      throw new OAuthError('not_found', 'no issuer has such a path');
    }
    const host = requestHost(req, config);
    const key = `${host} ${parts.issuer}`;
    let tenant = cache.get(key);
    if (tenant === undefined) {
      tenant = await look(host, parts.issuer, state);
      cache.set(key, tenant);
    }
    if (tenant === 'none') throw new OAuthError('not_found', 'no issuer has this host and path');
    if (tenant.disabled) throw new OAuthError('access_denied', 'the tenant is disabled');
    return { tenant, endpoint: parts.endpoint };
  };
}
