// RFC 6585 4: once SQL has said that an address floods a tenant, nothing of it costs a call until the minute is over.
import ipaddr from 'ipaddr.js';
import type { Middleware } from 'koa';
import { LRUCache } from 'lru-cache';
import { Refusal } from '../db/call.ts';
import { OAuthError } from '../protocol/errors.ts';
import type { State } from './ctx.ts';

const remembered = 10_000;

/** Whole seconds until the minute of SQL's limits is over, 1 to 60. */
export function minuteRest(now = Date.now()): number {
  return Math.ceil((60_000 - (now % 60_000)) / 1000);
}

/** Makes the step that answers 429 to addresses of which SQL said `flood`. SQL decides who, and counts. */
export function refuseFloods(): Middleware<State> {
  const flooding = new LRUCache<string, true>({ max: remembered, ttl: 60_000 });
  return async (ctx, next) => {
    const { state } = ctx;
    const key = `${state.tenant.id} ${addressPrefix(state.address)}`;
    if (flooding.has(key)) throw new OAuthError('flood', 'the address floods the tenant');
    try {
      await next();
    } catch (failure) {
      if (failure instanceof Refusal && failure.error === 'flood') {
        flooding.set(key, true, { ttl: minuteRest() * 1000 });
      }
      throw failure;
    }
  };
}

/** What counts as one address, as in SQL: an IPv4 address, an IPv6 /64. */
export function addressPrefix(address: string): string {
  if (!address.includes(':') || !ipaddr.isValid(address)) return address;
  return ipaddr.process(address).toByteArray().slice(0, 8).join('.');
}
