// npm run prove-isolation at each node that holds tenants.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { type Cluster, hostsOf } from './programs.ts';

const program = fileURLToPath(new URL('../security/prove.ts', import.meta.url));
const run = promisify(execFile);

export async function proveIsolation(cluster: Cluster): Promise<string> {
  const said: string[] = [];
  for (const web of await holders(cluster)) {
    const node = new URL(cluster.coordinator);
    node.host = new URL(web).host;
    const args = [program, '--database', node.href, '--web', web, '--json'];
    const { stdout } = await run(process.execPath, args, { maxBuffer: 2 ** 30 }).catch((error) => {
      throw new Error(`at ${hostsOf(web)}: ${error.stderr || String(error.stdout).slice(0, 2000)}`);
    });
    const { findings, attempts } = JSON.parse(stdout);
    assert.deepEqual(findings, []);
    said.push(`${attempts.length} calls at ${hostsOf(web)}`);
  }
  assert(said.length > 0, 'no node is named that holds tenants');
  return said.join(', ');
}

/** The URLs of the nodes that may hold tenants. */
async function holders({ coordinator, web }: Cluster): Promise<string[]> {
  const sql = postgres(coordinator, { max: 1 });
  try {
    const rows = await sql`
      select n.nodename || ':' || n.nodeport as host from pg_dist_node n where n.shouldhaveshards and n.noderole = 'primary'`;
    const hosts = new Set(rows.map(({ host }) => host));
    return web.filter((url) => hosts.has(new URL(url).host));
  } finally {
    await sql.end();
  }
}
