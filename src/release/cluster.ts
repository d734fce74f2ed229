// Whether a release can go well where tables are distributed: asked before anything is changed.
import type { TransactionSql } from 'postgres';
import { ReleaseError } from './release-error.ts';
import { become } from './release-schemas.ts';

export type Cluster = {
  /** Of the extension here. */
  version: string;
  isCoordinator: boolean;
  /** What each node said of itself; null = it did not answer. */
  nodes: { node: string; version: string | null; prepared: number | null }[];
};

/** The oldest Citus on which a release has been seen. */
const oldest = 14;

/** Throws where Citus is there and the release would fail or leave nodes behind. */
export async function refuseCluster(sql: TransactionSql): Promise<void> {
  const [citus] = await sql`select extversion as version from pg_extension where extname = 'citus'`;
  if (!citus) return;
  const [here] = await sql`select groupid = 0 as is_coordinator from pg_dist_local_group`;
  const answers = await sql`
    select nodename || ':' || nodeport as node, success, result
      from run_command_on_workers(
        $$select concat_ws(' ', (select extversion from pg_extension where extname = 'citus'),
                           current_setting('max_prepared_transactions'))$$)`;
  const fault = clusterFault({
    version: citus.version,
    isCoordinator: here?.is_coordinator === true,
    nodes: answers.map(({ node, success, result }) => {
      const [version = null, prepared = null] = success ? String(result).split(' ') : [];
      return { node, version, prepared: prepared === null ? null : Number(prepared) };
    }),
  });
  if (fault !== undefined) throw new ReleaseError(fault);
}

/** What is wrong with a cluster, in a line. */
export function clusterFault({ version, isCoordinator, nodes }: Cluster): string | undefined {
  if (!isCoordinator)
    return 'this is no coordinator of Citus: DATABASE_OWNER_URL has to name the one';
  if (Number.parseInt(version, 10) < oldest)
    return `Citus is ${version} here, and pgrant needs ${oldest}.0 or later`;
  const away = nodes.find((one) => one.version === null);
  if (away) return `the node ${away.node} is away, and a release changes all nodes together`;
  const other = nodes.find((one) => one.version !== version);
  if (other)
    return `Citus is ${version} here and ${other.version} at ${other.node}: update the extension there`;
  const unprepared = nodes.find(({ prepared }) => prepared === 0);
  if (unprepared)
    return `max_prepared_transactions is 0 at ${unprepared.node}, and a release is prepared on all nodes before it ends`;
  return undefined;
}

/** Who is at work on several nodes, of those as whom a release may act. */
const travellers = [
  'pgrant_owner',
  'pgrant_cataloguer',
  'pgrant_janitor',
  'pgrant_sealer',
  'pgrant_worker',
];

export type Unreached = { role: string; from: string; to: string };

/** Throws where Citus is there and some role does not get from each node to each: once the roles are there and committed. */
export async function refuseUnreached(sql: TransactionSql): Promise<void> {
  const [citus] = await sql`select from pg_extension where extname = 'citus'`;
  if (!citus) return;
  const unreached: Unreached[] = [];
  for (const role of travellers) {
    await become(sql, role);
    const [way] = await sql`
      select from_nodename || ':' || from_nodeport as from, to_nodename || ':' || to_nodeport as to
        from citus_check_cluster_node_health() where result is not true`;
    await sql`reset role`;
    if (way) unreached.push({ role, from: way.from, to: way.to });
  }
  const fault = unreachedFault(unreached);
  if (fault !== undefined) throw new ReleaseError(fault);
}

/** Who has still to be let in, in a line. */
export function unreachedFault(unreached: Unreached[]): string | undefined {
  const [way] = unreached;
  if (!way) return undefined;
  const roles = unreached.map(({ role }) => role).join(', ');
  return `nodes do not let in from one another: ${roles} (${way.to} from ${way.from}); pg_hba.conf and pg_dist_authinfo of each node say whom they do, see sql/CITUS.md`;
}
