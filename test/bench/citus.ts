// What it costs to be distributed: one PostgreSQL, the node of a Citus that holds the tenant, and its coordinator, in turns.
import postgres, { type Sql } from 'postgres';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { connect } from '../../src/db/connect.ts';
import { release } from '../../src/release/release.ts';
import { type Bench, makeBench, startLoad } from './bench.ts';
import type { Scenario } from './cells.ts';
import { refreshTokenOf } from './families.ts';
import { type Result, summary } from './report.ts';
import { newPlace, startWeb } from './servers.ts';
import { people } from './service.ts';
import { addTenant } from './tenant.ts';

export type Citus = {
  /** postgres:// URL of the coordinator, by a role that may act as all of pgrant's. */
  coordinator: string;
  /** The same database as pgrant_web: at the coordinator, and then at each node that holds tenants. */
  web: string[];
};

const scenarios: Scenario[] = [
  'refresh of its own',
  'client_credentials opaque',
  'introspection opaque',
];
/** Of the requests a second, at so many connections. */
const aims: Record<number, number> = { [people]: 0.5, 256: 0.7 };

/** Measures each scenario at each place in a random order, round after round. */
export async function measureCitus(
  plain: Bench,
  { coordinator, web }: Citus,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<Result[]> {
  const cluster = await startCluster(coordinator, web);
  try {
    const places = { 'one PostgreSQL': { bench: plain, name: 'bench' }, ...cluster.places };
    const cells: { result: Result; bench: Bench; visitors: Visitors }[] = [];
    for (const connections of Object.keys(aims).map(Number)) {
      for (const scenario of scenarios) {
        for (const [place, { bench, name }] of Object.entries(places)) {
          const note = `${connections} connections, ${place}`;
          const visitors = visitorsOf(name, await bench.addFamilies(connections), connections);
          cells.push({ result: { target: 'pgrant', scenario, note, rounds: [] }, bench, visitors });
        }
      }
    }
    for (let round = 1; round <= rounds; round += 1) {
      for (const { result, bench, visitors } of cells.toSorted(() => Math.random() - 0.5)) {
        // Whose processors are used is not told: the database's are those of several servers.
        const { cpu: _cpu, ...measured } = await bench.measure(result, seconds, { visitors });
        result.rounds.push(measured);
        console.error(`round ${round}/${rounds}  ${result.scenario}: ${result.note}`);
      }
    }
    return cells.map(({ result }) => result);
  } finally {
    await cluster.stop();
  }
}

type Visitors = { token: string; refresh_token: string }[][];

const visitorsOf = (name: string, first: number, connections: number): Visitors =>
  Array.from({ length: connections }, (_, at) => [
    { token: `/${name}/oauth/token`, refresh_token: refreshTokenOf(first + at) },
  ]);

/** The node to one PostgreSQL, and the coordinator to the node, with what is aimed at. */
export function citusLines(results: readonly Result[]): string {
  const rate = (scenario: Scenario, note: string) => {
    const found = results.find((one) => one.scenario === scenario && one.note === note);
    return found ? summary(found).perSecond.median : Number.NaN;
  };
  const lines = scenarios.flatMap((scenario) =>
    Object.entries(aims).map(([connections, aim]) => {
      const at = (place: string) => rate(scenario, `${connections} connections, ${place}`);
      const node = at('node of Citus') / at('one PostgreSQL');
      const through = at('coordinator of Citus') / at('node of Citus');
      return `${scenario}, ${connections} connections: node / one PostgreSQL ${node.toFixed(2)} (>= ${aim}), coordinator / node ${through.toFixed(2)} (>= 0.8)`;
    }),
  );
  return lines.join('\n');
}

type Stop = () => Promise<unknown>;

/** Starts a web process at the node of a tenant, and one for another tenant at the coordinator. */
async function startCluster(url: string, web: string[]) {
  await release(url);
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const worker = connect(url, 'pgrant_worker');
  const stops: Stop[] = [() => worker.end(), () => sql.end()];
  const stop = async () => {
    for (const one of stops) await one();
  };
  const start = async (name: string, where: (tenant: string) => Promise<string>) => {
    const place = await newPlace();
    const tenant = await addTenant(url, name, place);
    stops.unshift(() => call(worker, ops.tenant_remove, { tenant }));
    const server = await startWeb(await where(tenant), place, name);
    const load = startLoad();
    stops.unshift(server.stop, async () => load.disconnect());
    const database = { pid: -1, url: () => url, log: '' };
    return {
      name,
      bench: { ...makeBench({ database, sql, load, servers: { pgrant: server }, tenant }), stop },
    };
  };
  try {
    const [coordinator = ''] = web;
    const places = {
      'node of Citus': await start('bench-node', (tenant) => holderOf(sql, tenant, web)),
      'coordinator of Citus': await start('bench-through', async () => coordinator),
    };
    return { places, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The URL of the node that has a tenant. */
async function holderOf(sql: Sql, tenant: string, web: string[]): Promise<string> {
  const [row] = await sql`
    select n.nodename as host, n.nodeport as port from pg_dist_placement p join pg_dist_node n on n.groupid = p.groupid
     where p.shardid = get_shard_id_for_distribution_column('pgrant.tenants', ${tenant}::uuid)`;
  const found = web.find((url) => new URL(url).port === String(row?.port));
  if (!found) throw new Error(`the tenant is at ${row?.host}:${row?.port}: name that node, too`);
  return found;
}
