// What becomes of applications that refresh while a node is away, a tenant gets a place of its own, or a node is added.
import assert from 'node:assert/strict';
import { exec } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import postgres, { type Sql } from 'postgres';
import type { Place } from './flows.ts';
import { type Cluster, command, startWeb } from './programs.ts';
import { keepRefreshing, type Met } from './refreshing.ts';
import type { Step } from './steps.ts';

type Given = { cluster: Cluster; port: number; places: Place[] };
/** What an operator types. */
export type Commands = {
  stopNode: string | undefined;
  startNode: string | undefined;
  /** host:port */
  addNode: string | undefined;
};

const run = promisify(exec);

export function nodeSteps(given: Given, { stopNode, startNode, addNode }: Commands): Step[] {
  const steps: Step[] = [
    {
      what: 'a tenant moved to a piece and a node of its own while applications refresh',
      run: () =>
        whileRefreshing(given, async (sql) => {
          const said = await moveOne(sql, given.places);
          await releaseAnew(given.cluster);
          return said;
        }),
    },
  ];
  if (stopNode && startNode)
    steps.push({
      what: 'a node stopped and started again while applications refresh',
      run: () =>
        whileRefreshing(given, (sql, met) =>
          away(sql, met, {
            stop: async () => void (await run(stopNode)),
            meanwhile: () => releaseRefused(given.cluster),
            start: async () => void (await run(startNode)),
          }),
        ),
    });
  if (addNode)
    steps.push({
      what: 'a node added and pieces moved to it while applications refresh',
      run: async () => {
        await join(given.cluster, addNode);
        const said = await whileRefreshing(given, (sql) => fill(sql, addNode));
        await releaseAnew(given.cluster);
        return said;
      },
    });
  return steps;
}

/** Nobody is logged out by what happens, and each rotation is in the audit once. */
async function whileRefreshing(
  { cluster, port, places }: Given,
  happen: (sql: Sql, met: Met[]) => Promise<string>,
): Promise<string> {
  const sql = postgres(cluster.coordinator, { max: 1, onnotice: () => {} });
  const web = await startWeb(cluster, cluster.web[0] as string, port);
  try {
    const before = await audited(sql);
    const { met, stop } = await keepRefreshing(places);
    await sleep(1_000);
    const said = await happen(sql, met).finally(stop);
    const faults = met.flatMap((one) => one.faults);
    assert.deepEqual(faults, []);
    const rotated = met.reduce((sum, one) => sum + one.rotated, 0);
    assert.equal((await audited(sql)) - before, rotated, 'not every rotation is audited once');
    const refused = met.reduce((sum, one) => sum + one.refused.length, 0);
    return `${rotated} rotated, ${refused} told to come again${said}`;
  } finally {
    await web.stop();
    await sql.end();
  }
}

async function audited(sql: Sql): Promise<number> {
  const [row] = await sql`
    select count(*)::int as count from pgrant.audit_events where action = 'refresh.rotate'`;
  return row?.count;
}

/** The node of each tenant, by its issuer. */
async function nodes(sql: Sql): Promise<Map<string, string>> {
  const rows = await sql`
    select i.issuer, n.nodename || ':' || n.nodeport as node
      from pgrant.issuers i
      join pg_dist_placement p
        on p.shardid = get_shard_id_for_distribution_column('pgrant.tenants', i.tenant_id)
      join pg_dist_node n on n.groupid = p.groupid`;
  return new Map(rows.map(({ issuer, node }) => [issuer, node]));
}

type Absence = Record<'stop' | 'meanwhile' | 'start', () => Promise<void>>;

async function away(sql: Sql, met: Met[], { stop, meanwhile, start }: Absence): Promise<string> {
  const where = await nodes(sql);
  await stop();
  const stopped = Date.now();
  await sleep(5_000);
  await meanwhile().finally(start);
  const harmed = met.filter(({ refused }) => refused.some((at) => at >= stopped));
  const theirs = [...new Set(harmed.map(({ issuer }) => where.get(issuer)))];
  assert.equal(theirs.length, 1, `tenants of these nodes were refused: ${theirs}`);
  assert(harmed.length < met.length, 'all tenants are on the node that was stopped');
  return `, ${harmed.length} of ${met.length} tenants, all of ${theirs[0]}`;
}

/** Moves a tenant from where most are, so that some stay there. */
async function moveOne(sql: Sql, places: Place[]): Promise<string> {
  const where = await nodes(sql);
  const crowd = ({ issuer }: Place) =>
    places.filter((other) => where.get(other.issuer) === where.get(issuer)).length;
  const { issuer } = places.reduce((one, other) => (crowd(other) > crowd(one) ? other : one));
  const before = where.get(issuer);
  const [tenant] = await sql`select tenant_id from pgrant.issuers where issuer = ${issuer}`;
  const [piece] = await sql`
    select isolate_tenant_to_new_shard('pgrant.tenants', ${tenant?.tenant_id}::uuid, 'CASCADE',
                                       shard_transfer_mode := 'block_writes') as id`;
  const [other] = await sql`
    select nodename, nodeport from pg_dist_node
     where shouldhaveshards and noderole = 'primary' and nodename || ':' || nodeport <> ${before ?? ''} limit 1`;
  assert(other, 'there is one node only');
  const [from, fromPort] = (before ?? '').split(/:(?=\d+$)/);
  await sql`
    select citus_move_shard_placement(${piece?.id}, ${from ?? ''}, ${Number(fromPort)}, ${other.nodename},
                                      ${other.nodeport}, shard_transfer_mode := 'block_writes')`;
  const after = (await nodes(sql)).get(issuer);
  assert.equal(after, `${other.nodename}:${other.nodeport}`);
  return `, from ${before} to ${after}`;
}

/** Gives new nodes and pieces the rights that Citus does not hand on. */
async function releaseAnew(cluster: Cluster): Promise<void> {
  assert.match(await command(cluster, ['release']), /functions loaded anew/);
}

/** In one line, and before anything is changed. */
async function releaseRefused(cluster: Cluster): Promise<void> {
  await assert.rejects(
    command(cluster, ['release']),
    /^Error: pgrant release: [^\n]* is away, [^\n]*\n?$/,
  );
}

async function join(cluster: Cluster, host: string): Promise<void> {
  const [name, port] = host.split(/:(?=\d+$)/);
  const sql = postgres(cluster.coordinator, { max: 1, onnotice: () => {} });
  try {
    await sql`grant usage on schema pgrant_rules to pgrant_claims`;
    await sql`select citus_add_node(${name ?? ''}, ${Number(port)})`;
    await releaseAnew(cluster);
  } finally {
    await sql.end();
  }
}

async function fill(sql: Sql, host: string): Promise<string> {
  await sql`select rebalance_table_shards('pgrant.tenants', shard_transfer_mode := 'block_writes')`;
  const [moved] = await sql`
    select count(*)::int as count
      from pg_dist_shard s join pg_dist_placement p using (shardid) join pg_dist_node n using (groupid)
     where s.logicalrelid = 'pgrant.tenants'::regclass and n.nodename || ':' || n.nodeport = ${host}`;
  assert(moved && moved.count > 0, 'the new node has nothing');
  return `, ${moved.count} pieces moved`;
}
