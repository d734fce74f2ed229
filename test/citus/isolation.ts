// npm run prove-isolation at the coordinator and at each node that holds tenants.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Cluster, hostsOf } from './programs.ts';

const program = fileURLToPath(new URL('../security/prove.ts', import.meta.url));
const run = promisify(execFile);

export async function proveIsolation(cluster: Cluster): Promise<string> {
  const said: string[] = [];
  for (const web of cluster.web) {
    const node = new URL(cluster.coordinator);
    node.host = new URL(web).host;
    const args = [program, '--database', node.href, '--web', web, '--json'];
    const { stdout } = await run(process.execPath, args, { maxBuffer: 2 ** 30 }).catch((error) => {
      throw new Error(`at ${hostsOf(web)}: ${error.stderr || String(error.stdout).slice(0, 2000)}`);
    });
    const { findings, attempts } = JSON.parse(stdout);
    assert.deepEqual(findings, []);
    if (node.host === new URL(cluster.coordinator).host)
      assert.deepEqual(attempts.filter(isUnserved), []);
    said.push(`${attempts.length} calls at ${hostsOf(web)}`);
  }
  return said.join(', ');
}

/** Not handed on, or in a way that Citus does not take. */
const isUnserved = ({ error }: { error: string | null }) =>
  /^(08006|0A000|XX000)$/.test(error ?? '');
