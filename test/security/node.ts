// Where the proof is made, if the tables are distributed: at a node that has both tenants, as only there all can be undone.
import type { Sql } from 'postgres';

/**
 * What pgrant's roles have at a node and whoever acts as them needs, too; and what a session makes for itself stays in it.
 * Placeholders where there is one PostgreSQL.
 */
export const nodeSettings = {
  'citus.allow_nested_distributed_execution': 'on',
  'citus.enable_ddl_propagation': 'off',
};

export type Node = {
  isCoordinator: boolean;
  /** postgres:// URL of where operators work. */
  coordinator: string;
  has: (tenant: string) => Promise<boolean>;
};

/** The node behind the URL; undefined where there is one PostgreSQL. Throws where it can have no tenant. */
export async function nodeOf(sql: Sql, url: string): Promise<Node | undefined> {
  const [citus] = await sql`select from pg_extension where extname = 'citus'`;
  if (!citus) return undefined;
  const [first] = await sql`
    select n.nodename || ':' || n.nodeport as host from pg_dist_node n where n.groupid = 0`;
  const has = async (tenant: string | null) => {
    const [found] = await sql`
      select from pg_dist_placement p
        join pg_dist_local_group g on g.groupid = p.groupid
        join pg_dist_shard s on s.shardid = p.shardid and s.logicalrelid = 'pgrant.tenants'::regclass
       where ${tenant}::uuid is null
          or s.shardid = get_shard_id_for_distribution_column('pgrant.tenants', ${tenant}::uuid)
       limit 1`;
    return found !== undefined;
  };
  const [local] = await sql`select groupid = 0 as is_coordinator from pg_dist_local_group`;
  const coordinator = new URL(url);
  if (local?.is_coordinator && !(await has(null)))
    return { isCoordinator: true, coordinator: url, has: async () => true };
  if (!(await has(null))) throw new Error('this node holds no tenants: name one that does');
  coordinator.host = first?.host;
  return { isCoordinator: false, coordinator: coordinator.href, has };
}
