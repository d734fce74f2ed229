// npm run prove-isolation: tries to get from one tenant to another, and reports for an auditor.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import postgres, { type Sql } from 'postgres';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { connect } from '../../src/db/connect.ts';
import { startEmbedded } from '../../src/embedded/embedded.ts';
import { release } from '../../src/release/release.ts';
import type { TestDatabase } from '../support/database.ts';
import { nodeOf, nodeSettings } from './node.ts';
import { failures, type Pair, type Proof, prove } from './proof.ts';
import { makeSpecimen, type Tenant, valuesOf } from './specimen.ts';

const usage = `npm run prove-isolation -- [options]
  --database URL  of an installation, by a role that may act as all of pgrant's: two tenants are made there, and removed
                  afterwards. Without it: of a PostgreSQL that is started for this and released from this checkout
  --web URL       with it, where the tables are distributed by Citus: the same node, as pgrant_web. At one that holds tenants
                  calls are undone; the coordinator hands them on, and what they do to the two tenants goes with those
  --json          the proof as JSON
Exit code 0: isolated; 1: not, with what speaks against it; 2: could not be tried.`;

type Header = { made_at: string; postgresql: string; database: string; release: string | null };

function report(header: Header, proof: Proof): string {
  const { rules, functions, attempts, identifiers, reached, told } = proof;
  const found = failures(proof);
  const rows = functions.map(({ role, names }) => {
    const own = attempts.filter((attempt) => attempt.role === role);
    const count = (wanted: (attempt: (typeof own)[number]) => boolean) => own.filter(wanted).length;
    return [
      role,
      names.length,
      own.length,
      count(({ error }) => error !== null),
      count(({ told }) => told.length > 0),
      count(({ changed }) => changed),
    ];
  });
  return `Proof of isolation of tenants
made ${header.made_at} on ${header.postgresql}, database ${header.database}, release ${header.release ?? 'unknown'}

1. The catalog keeps ${rules.length} rules
${rules.map(({ rule, faults }) => `   ${faults.length === 0 ? 'kept  ' : 'BROKEN'}  ${rule}`).join('\n')}

2. Every function that takes a tenant was called at one tenant, as each role that may call it, with identifiers of
   another: one of each of ${identifiers.length} columns in turn, and all that fit together.${undone(reached)}
   ${['role', 'functions', 'calls', 'refused', 'told', 'changed'].map(cell).join('')}
${rows.map((row) => `   ${row.map(cell).join('')}`).join('\n')}
   refused = an error was returned; told = the answer held something that only the other tenant has; changed = a row
   of the other tenant was not the same afterwards. What is neither refused nor told nor changed was answered with what
   the first tenant has.

${roles(reached)}

${auditors(told)}

${found.length === 0 ? 'ISOLATED: nothing was found.' : `NOT ISOLATED: ${found.length} findings\n${found.map((line) => `- ${line}`).join('\n')}`}`;
}

const undone = (reached: Proof['reached']) => (reached === null ? '' : ' Each call was undone.');

const roles = (reached: Proof['reached']) =>
  reached === null
    ? '3. What roles reach without a function is proven at the nodes that hold tenants: here is no row.'
    : `3. Without a function, each role read, changed and removed rows of the other tenant in ${reached.length} cases.`;

const auditors = (told: Proof['told']) =>
  told === null
    ? '4. What the plans of queries tell auditors is proven on one PostgreSQL: here they show no more than one piece of a table.'
    : `4. An auditor of the first tenant asked every table and report for a value that only the other tenant has, and for one that
   is nowhere: plan, rows, buffers and messages differed in ${told.length} cases.`;

const cell = (text: string | number, index: number) =>
  index === 0 ? String(text).padEnd(18) : String(text).padStart(11);

async function proveAt(url: string, json: boolean, webUrl = url): Promise<number> {
  const sql = postgres(url, { max: 4, onnotice: () => {}, connection: nodeSettings });
  const node = await nodeOf(sql, url);
  const web = connect(webUrl, 'pgrant_web', { pool: 2 });
  const worker = connect(node?.coordinator ?? url, 'pgrant_worker');
  const database = { web, worker, sql } as unknown as TestDatabase;
  const made: string[] = [];
  const next = async () => {
    for (;;) {
      const one = await specimen(database, made);
      if (node === undefined || (await node.has(one.tenant))) return one;
    }
  };
  try {
    const [a, b] = [await next(), await next()];
    await valuesOf(b);
    const pairOf = (one: Tenant): Pair => ({
      ...{ at: one.tenant, other: b.tenant, own: (names) => valuesOf(one, names) },
      ...(node?.isCoordinator && { anew: async () => pairOf(await next()) }),
    });
    const progress = (text: string) =>
      process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : '');
    const proof = await prove(sql, pairOf(a), {
      progress,
      ...(node && { place: node.isCoordinator ? 'coordinator' : 'node' }),
    });
    progress('');
    const header = await headerOf(sql);
    console.log(
      json
        ? JSON.stringify({ ...header, findings: failures(proof), ...proof })
        : report(header, proof),
    );
    return failures(proof).length === 0 ? 0 : 1;
  } finally {
    for (const tenant of made) {
      await call(worker, ops.tenant_remove, { tenant }).catch(({ code }) => {
        // A call that was not undone has removed it.
        if (code !== 'OA001') throw new Error(`tenant ${tenant} is left`);
      });
    }
    await Promise.all([web.end(), worker.end(), sql.end()]);
  }
}

async function specimen(database: TestDatabase, made: string[]) {
  const tenant = await makeSpecimen(database, `proof-${crypto.randomUUID().slice(0, 8)}`);
  made.push(tenant.tenant);
  return tenant;
}

async function headerOf(sql: Sql): Promise<Header> {
  const [row] = await sql`
    select 'PostgreSQL ' || current_setting('server_version') as postgresql, current_database() as database,
           (select hash from pgrant_release.released) as release`;
  return { made_at: new Date().toISOString(), ...row } as Header;
}

async function proveHere(json: boolean): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-proof-'));
  const server = await startEmbedded(folder, { durable: false });
  try {
    await release(server.url('postgres'));
    return await proveAt(server.url('postgres'), json);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: {
    database: { type: 'string' },
    web: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
} else {
  try {
    process.exitCode = values.database
      ? await proveAt(values.database, values.json, values.web)
      : await proveHere(values.json);
  } catch (error) {
    console.error(`the proof could not be made: ${(error as Error).message}`);
    process.exitCode = 2;
  }
}
