// RFC 10017 6.3.3.5: which web origins may read answers; never the authorization endpoint's.
import cors from '@koa/cors';
import type { Middleware } from 'koa';
import { LRUCache } from 'lru-cache';
import { api } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import type { FairQueue } from '../fair-queue.ts';
import type { WebServices } from '../services.ts';
import { type Ctx, caller, type State } from './ctx.ts';
import { turnOf } from './turn.ts';

const cacheMilliseconds = 60_000;
const cacheSize = 10_000;
const maxAge = 600;

/** RFC 6454 7: an origin that a client may have. No other is looked for, or remembered. */
const originForm = /^[a-z][a-z0-9+.-]*:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
const originLimit = 300;

/**
 * Public documents, to every origin. No answer is ever given with credentials, so programs may send what headers they like,
 * here and below: libraries say which they are, tracing says of what a request is part.
 */
export const anyOrigin: Middleware<State> = cors({ origin: '*', allowMethods: 'GET', maxAge });

/** Registration, to programs of every origin: which are the client's is known only after it. */
export const anyProgram: Middleware<State> = cors({
  origin: '*',
  allowMethods: 'GET,POST,PUT,DELETE',
  exposeHeaders: 'WWW-Authenticate,X-Request-Id,Retry-After',
  maxAge,
});

/** The token endpoint and its neighbours, to the origins of the tenant's clients. */
export function clientOrigins({
  database,
  queues,
}: WebServices & { queues: { origins: FairQueue } }): Middleware<State> {
  // Only who is allowed is remembered: a client that is registered a moment later is not to wait.
  const cache = new LRUCache<string, true>({ max: cacheSize, ttl: cacheMilliseconds });

  async function allowed(ctx: Ctx, origin: string): Promise<boolean> {
    if (origin.length > originLimit || !originForm.test(origin)) return false;
    const key = `${ctx.state.tenant.id} ${origin}`;
    if (cache.has(key)) return true;
    const row = await queues.origins.run(turnOf(ctx), () =>
      call(database, api.origin_find, { ...caller(ctx), origin }),
    );
    if (row.allowed === true) cache.set(key, true);
    return row.allowed === true;
  }

  const answer = cors({
    origin: async (ctx) => {
      const origin = ctx.get('origin');
      return (await allowed(ctx as unknown as Ctx, origin)) ? origin : '';
    },
    allowMethods: 'GET,POST',
    exposeHeaders: 'WWW-Authenticate,DPoP-Nonce,X-Request-Id,Retry-After',
    maxAge,
  }) as Middleware<State>;
  // Nothing of these endpoints is cached, so answers without an origin need not say that they vary by it.
  return (ctx, next) => (ctx.get('origin') ? answer(ctx, next) : next());
}

/** OPTIONS that CORS has not answered: a preflight of a foreign origin, or no preflight at all. */
export const answerOptions: Middleware<State> = (ctx, next) => {
  if (ctx.method !== 'OPTIONS') return next();
  ctx.status = 204;
  return undefined;
};
