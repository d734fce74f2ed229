// What a session keeps of the calls that it has made: nothing, or long-lived ones take all memory of the node.
import assert from 'node:assert/strict';
import postgres, { type Sql } from 'postgres';
import { type Cluster, hostsOf } from './programs.ts';

const calls = 400;
/** Kept plans would be ten times as much. */
const mostBytes = 2_000_000;

/** As pgrant_web, at each node that has one of the tenants. */
export async function sessionsStaySmall(cluster: Cluster): Promise<string> {
  const coordinator = postgres(cluster.coordinator, { max: 1 });
  try {
    const grown: number[] = [];
    for (const url of cluster.web) {
      const [row] = await coordinator`
        select i.tenant_id as tenant from pgrant.issuers i
          join pg_dist_placement p
            on p.shardid = get_shard_id_for_distribution_column('pgrant.tenants', i.tenant_id)
          join pg_dist_node n on n.groupid = p.groupid
         where n.nodeport = ${Number(new URL(url).port)} limit 1`;
      if (row) grown.push(await growth(cluster, url, row.tenant));
    }
    assert(grown.length > 0, 'no node is named that has a tenant');
    assert(Math.max(...grown) < mostBytes, `${calls} calls: ${grown.join(', ')} bytes are kept`);
    return `${calls} calls: ${grown.join(' and ')} bytes`;
  } finally {
    await coordinator.end();
  }
}

/** Bytes by which the session has grown. What it has in memory is told to superusers only, who work as pgrant_web with its settings. */
async function growth(cluster: Cluster, web: string, tenant: string): Promise<number> {
  const url = new URL(cluster.coordinator);
  url.host = new URL(web).host;
  const sql = postgres(url.href, { max: 1 });
  try {
    await sql`
      select set_config(split_part(c.pair, '=', 1), substr(c.pair, strpos(c.pair, '=') + 1), false)
        from pg_db_role_setting d cross join unnest(d.setconfig) c (pair)
       where d.setrole = 'pgrant_web'::regrole and c.pair not like 'search_path=%'`;
    await call(sql, tenant, calls / 4);
    const before = await size(sql);
    await call(sql, tenant, calls);
    return (await size(sql)) - before;
  } catch (error) {
    throw new Error(`at ${hostsOf(web)}: ${(error as Error).message}`);
  } finally {
    await sql.end();
  }
}

async function call(sql: Sql, tenant: string, times: number): Promise<void> {
  await sql`set role pgrant_web`;
  for (let left = times; left > 0; left -= 1) {
    const keys = await sql`select * from pgrant_api.key_list(${tenant}::uuid, null, null)`;
    assert(keys.length > 0, 'the tenant has no keys');
  }
  await sql`reset role`;
}

async function size(sql: Sql): Promise<number> {
  const [row] = await sql`select sum(total_bytes)::bigint as bytes from pg_backend_memory_contexts`;
  return Number(row?.bytes);
}
