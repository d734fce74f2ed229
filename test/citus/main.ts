// npm run test:citus: all of pgrant on a cluster of Citus that is there already, in a database of its own.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { steps } from './steps.ts';

const usage = `npm run test:citus -- --url URL --web URL [--web URL …]
  --url URL     postgres:// URL of an empty database of the coordinator, by a role that may act as all of pgrant's
  --web URL     the same database for the web process, as pgrant_web: at the coordinator, and again at each node that holds tenants
  --port N      TCP port of the web processes, one after the other (3117)
  --stop-node CMD, --start-node CMD   stop a node that holds tenants, and start it again, as soon as it answers
  --add-node HOST:PORT                a server that no cluster knows, with the database and the extension; it stays a node
  --only WORDS  the steps alone whose name matches this regular expression, on what earlier ones have left
  --keep        leave the tenants there
Where roles log in with passwords, those of the URLs are taken for roles that are made on the way.
Exit code 0: all went well; 1: not, with what did not.`;

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    web: { type: 'string', multiple: true, default: [] },
    port: { type: 'string', default: '3117' },
    'stop-node': { type: 'string' },
    'start-node': { type: 'string' },
    'add-node': { type: 'string' },
    only: { type: 'string', default: '' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help || values.url === undefined || values.web.length === 0) {
  console.log(usage);
  process.exit(values.help ? 0 : 1);
}

const folder = mkdtempSync(join(tmpdir(), 'pgrant-citus-'));
const secret = randomBytes(32).toString('base64');
const cluster = { coordinator: values.url, web: values.web, secret };
const only = new RegExp(values.only);
let failed = 0;
try {
  for (const { what, run } of steps({
    cluster,
    folder,
    port: Number(values.port),
    commands: {
      stopNode: values['stop-node'],
      startNode: values['start-node'],
      addNode: values['add-node'],
    },
    keep: values.keep,
  })) {
    if (!only.test(what)) continue;
    const begin = performance.now();
    const fault = await run().then(
      (said) => (typeof said === 'string' ? said : ''),
      (error: Error) => {
        failed += 1;
        return `FAILED: ${error.message}`;
      },
    );
    const took = `${Math.round(performance.now() - begin)} ms`;
    console.log(`${what.padEnd(64)} ${took.padStart(9)}  ${fault}`.trimEnd());
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(failed === 0 ? 'all went well' : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
