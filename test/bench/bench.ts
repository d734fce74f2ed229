// The processes of a benchmark, and how one cell is measured.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import postgres, { type Sql } from 'postgres';
import type { Embedded } from '../../src/embedded/embedded.ts';
import { parseToken } from '../../src/protocol/secrets.ts';
import type { Cell, ServerName } from './cells.ts';
import { addExpired } from './cleanup.ts';
import { addFamilies, refreshTokenOf } from './families.ts';
import type { Order, Report } from './load.ts';
import type { Measurement } from './measure.ts';
import { measureSql, pgbenchSessions } from './pgbench.ts';
import { countRoundTrips, type RoundTrips } from './round-trips.ts';
import type { Family } from './scenarios.ts';
import { type RunningServer, startDatabase, startPeer, startPgrant } from './servers.ts';
import type { Service } from './service.ts';
import { basicCredentials } from './sign-in.ts';

const warmSeconds = 0.5;

/** Milliseconds that connections pause between requests; the families of each, where they have their own. */
export type Manner = { rest?: number; visitors?: Family[][] };

export type Bench = {
  /** Measures one cell once, after a checkpoint. */
  measure: (cell: Cell, seconds: number, how?: Manner) => Promise<Measurement>;
  /** Adds that many families to pgrant's; gives the number of the first. */
  addFamilies: (count: number) => Promise<number>;
  /** Adds that many families that have expired. */
  addExpired: (count: number) => Promise<void>;
  roundTrips: () => Promise<RoundTrips>;
  /** Where pgrant answers. */
  origin: string;
  /** The superuser's connection. */
  sql: Sql;
  workerUrl: string;
  /** The id of the tenant that is measured. */
  tenant: string;
  stop: () => Promise<void>;
};

/** Starts the database, with settings of its own, the servers and the load generator. */
export async function startBench({
  peer,
  settings,
}: {
  peer: boolean;
  settings?: Record<string, string>;
}): Promise<Bench> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (let next = stops.pop(); next; next = stops.pop()) await next();
  };
  // PostgreSQL outlives the process that started it, unless it is stopped.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stop().finally(() => process.exit(1)));
  }
  try {
    const database = await startDatabase(settings);
    stops.push(database.stop);
    const sql = postgres(database.url('postgres'), { max: 1, onnotice: () => {} });
    stops.push(() => sql.end());
    const pgrant = await startPgrant(database);
    stops.push(pgrant.stop);
    const servers: Partial<Record<ServerName, RunningServer>> = { pgrant };
    if (peer) {
      await sql`create database peer`;
      const started = await startPeer(database);
      stops.push(started.stop);
      servers['oidc-provider'] = started;
    }
    const load = startLoad();
    stops.push(async () => load.disconnect());
    return { ...makeBench({ database, sql, load, servers, tenant: pgrant.tenant }), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The process that makes the requests. */
export const startLoad = () => fork(fileURLToPath(new URL('load.ts', import.meta.url)));

type Parts = {
  database: Pick<Embedded, 'pid' | 'url'> & { log: string };
  sql: Sql;
  load: ChildProcess;
  servers: Partial<Record<ServerName, RunningServer>>;
  tenant: string;
};

export function makeBench(parts: Parts): Omit<Bench, 'stop'> {
  const { database, sql, load, servers, tenant } = parts;
  let families = 0;
  const clientId = servers.pgrant?.service.clients.opaque.client_id ?? '';
  const add = async (count: number) => {
    const from = families;
    families += count;
    await addFamilies(sql, { tenant, clientId }, from, families);
    return from;
  };

  async function overHttp(
    name: ServerName,
    cell: Cell,
    seconds: number,
    { rest = 0, visitors }: Manner,
  ): Promise<Measurement> {
    const server = servers[name];
    if (!server) throw new Error(`${name} was not started`);
    const { service, pid } = server;
    const processes = { app: pid, postmaster: database.pid };
    const { scenario } = cell;
    const order: Order = {
      ...{ name, service, scenario, warmSeconds, seconds, rest, families, visitors, processes },
    };
    const answered = once(load, 'message');
    load.send(order);
    const [{ measurement, failure }] = (await answered) as [Report];
    if (!measurement) throw new Error(`${name} ${cell.scenario}: ${failure}`);
    return measurement;
  }

  async function inSql({ scenario }: Cell, seconds: number): Promise<Measurement> {
    const { service } = servers.pgrant as RunningServer;
    const client = service.clients.opaque;
    const [url, postmaster] = [database.url('pgrant_web'), database.pid];
    const family = await add(pgbenchSessions + 1);
    const access = await firstAccess(service, family + pgbenchSessions);
    await sql`checkpoint`;
    return measureSql({ scenario, url, postmaster, seconds, tenant, client, family, access });
  }

  return {
    sql,
    origin: servers.pgrant?.service.origin ?? '',
    addFamilies: add,
    addExpired: (count) => addExpired(sql, { tenant, clientId }, count),
    roundTrips: () => countRoundTrips(sql, (servers.pgrant as RunningServer).service, database.log),
    workerUrl: database.url('pgrant_worker'),
    tenant,
    measure: async (cell, seconds, how = {}) => {
      if (cell.target === 'SQL under pgbench') return inSql(cell, seconds);
      await sql`checkpoint`;
      return overHttp(cell.target, cell, seconds, how);
    },
  };
}

/** The opaque access token that a family's refresh token gives, as the database knows it. */
async function firstAccess({ origin, token, clients }: Service, family: number) {
  const response = await fetch(origin + token, {
    method: 'POST',
    headers: { authorization: basicCredentials(clients.opaque) },
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshTokenOf(family),
    }),
  });
  const { access_token } = (await response.json()) as { access_token: string };
  const parsed = parseToken('access_token', access_token);
  if (!parsed) throw new Error('the family gave no opaque access token');
  return parsed;
}
