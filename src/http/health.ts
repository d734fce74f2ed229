// For whatever runs the process: /livez (restart it?) and /readyz (send it requests?).
import type { Middleware } from 'koa';
import { type ApiHealth, api, ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import { isUnreleased } from '../db/released.ts';
import { type Master, opens } from '../protocol/seal.ts';
import { releaseHash } from '../release/release-hash.ts';
import type { WebServices } from '../services.ts';
import { otherSecret } from '../settings/values.ts';
import { type Stuck, watchLiveness } from './liveness.ts';

/** How long the database may take to answer, in milliseconds, the wait for a connection included. */
const patience = 2_000;
/** How long one answer of the database is good for: probes of any number cost one call a second. */
const freshness = 1_000;

export type Health = {
  status: 'ready' | 'unavailable';
  /** standby = it answers, and keeps nothing: no request can be decided. */
  database: 'reachable' | 'unreachable' | 'standby';
  /** other = a newer or older pgrant has released: both work side by side. */
  release?: { state: 'current' | 'other' | 'missing'; released_at: string | null };
  worker?: { last_run_at: string | null; late: string[] };
  backlog?: { unfinished: number };
  /** PGRANT_SECRET is not what the signing keys are sealed under: nothing can be signed. */
  secret?: 'other';
};

type Asking = Pick<WebServices, 'database' | 'secret'>;

type ReadHealth = () => Promise<Health>;

/** What a process says of itself: whether it works, and whether it can answer requests. */
export type Probes = { stuck: () => Stuck; health: ReadHealth };

/**
 * Makes the probes of a web process, which ask through the pool that its requests use. Only what keeps
 * it from answering makes it unavailable: the database, a standby, one that is not released, or another secret. A late
 * worker is told and nothing more, because taking the web tier away would not bring it back.
 */
export function webProbes({ database, secret }: Asking): Probes {
  const own = releaseHash();
  const asked = impatient(database);
  const health = remembered(async () => {
    const row = await call(asked, api.health_read, {});
    return sealedUnderOther(secret, row) ?? describe(row, own);
  });
  return { stuck: watchLiveness(database), health };
}

/** The same for a worker, which may not ask for more than its schedules. */
export function workerProbes({ database, secret }: Asking): Probes {
  const asked = impatient(database);
  const health = remembered(async () => {
    const other = await workerSecret({ database: asked, secret });
    if (other) return other;
    const schedules = await callAll(asked, ops.schedule_list, {});
    const runs = schedules.flatMap((one) => (one.last_run_at ? [Date.parse(one.last_run_at)] : []));
    const last_run_at = runs.length > 0 ? new Date(Math.max(...runs)).toISOString() : null;
    const late = schedules.flatMap(({ task, late }) => (task && late ? [task] : []));
    return { status: 'ready', database: 'reachable', worker: { last_run_at, late } } as const;
  });
  return { stuck: watchLiveness(database), health };
}

/** In the same queue as everybody, and leaving it when nobody waits for the probe any more. */
function impatient(database: Database): Database {
  return { ...database, query: (text, values) => database.query(text, values, patience) };
}

function remembered(look: () => Promise<Health>): ReadHealth {
  let last: { at: number; health: Promise<Health> } | undefined;
  return () => {
    const now = performance.now();
    if (!last || now - last.at > freshness) last = { at: now, health: read(look) };
    return last.health;
  };
}

async function read(look: () => Promise<Health>): Promise<Health> {
  try {
    return await within(patience, look());
  } catch (error) {
    if (isUnreleased(error)) {
      const release = { state: 'missing', released_at: null } as const;
      return { status: 'unavailable', database: 'reachable', release };
    }
    // The log has it from the requests that fail; a probe a second would only bury them.
    return { status: 'unavailable', database: 'unreachable' };
  }
}

type Sealing = Pick<ApiHealth, 'sealed_tenant_id' | 'sealed_key_id'>;

function sealedUnderOther(
  secret: Master,
  { sealed_tenant_id, sealed_key_id }: Sealing,
): Health | undefined {
  if (!sealed_tenant_id || !sealed_key_id) return undefined;
  if (opens(secret, sealed_tenant_id, sealed_key_id)) return undefined;
  return { status: 'unavailable', database: 'reachable', secret: 'other' };
}

/** Throws ConfigError where a web process could open no signing key. */
export async function requireWebSecret({ database, secret }: Asking): Promise<void> {
  if (sealedUnderOther(secret, await call(database, api.health_read, {}))) throw otherSecret();
}

async function workerSecret({ database, secret }: Asking): Promise<Health | undefined> {
  const [found] = await callAll(database, ops.sealing_read, { tenants: 1 });
  if (!found) return undefined;
  return sealedUnderOther(secret, {
    sealed_tenant_id: found.tenant_id,
    sealed_key_id: found.key_id,
  });
}

function describe(row: ApiHealth, own: string): Health {
  return {
    status: row.is_standby ? 'unavailable' : 'ready',
    database: row.is_standby ? 'standby' : 'reachable',
    release: {
      state: row.release === own ? 'current' : 'other',
      released_at: iso(row.released_at),
    },
    worker: { last_run_at: iso(row.worker_at), late: row.late },
    backlog: { unfinished: row.unfinished },
  };
}

const iso = (moment: string | null) => (moment === null ? null : new Date(moment).toISOString());

function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer in time')), milliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Answers the probes, at these two paths and no other. */
export function serveHealth({ stuck, health: read }: Probes): Middleware {
  return async (ctx, next) => {
    const { path } = ctx;
    if ((path !== '/livez' && path !== '/readyz') || !['GET', 'HEAD'].includes(ctx.method)) {
      return await next();
    }
    ctx.set('Cache-Control', 'no-store');
    if (path === '/livez') {
      const what = stuck();
      ctx.status = what ? 503 : 200;
      ctx.body = what ? { status: 'stuck', stuck: what } : { status: 'alive' };
      return;
    }
    const health = await read();
    ctx.status = health.status === 'ready' ? 200 : 503;
    ctx.body = health;
  };
}
