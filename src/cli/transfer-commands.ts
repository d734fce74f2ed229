import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { copyLines } from '../db/copy.ts';
import { parseIssuer } from '../protocol/issuer.ts';
import { ofReading, UsageError } from './faults.ts';
import { interruptible } from './interruptible.ts';
import { findTenant, makeKeys, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table } from './text.ts';

type Row = Record<string, unknown>;
type Line =
  | { pgrant_export: number; tenant_id: string; name: string; issuer: string }
  | { table: string; row: Row }
  | { end: true; rows: Record<string, number> };

const batchSize = 500;

export function transferCommands(group: Command): void {
  group
    .command('export <name>')
    .description(
      'write the tenant to a file of JSON lines: hashes, and no secret that could be used',
    )
    .requiredOption('--to <file>', 'the file to make')
    .action(withSession(exportTenant));
  group
    .command('import <file>')
    .description('make a tenant from a file that export has written')
    .option('--issuer <url>', 'another issuer than the one that it had')
    .action(withSession(importTenant));
}

async function exportTenant(
  session: Session,
  name: string,
  { to }: { to: string },
): Promise<Output> {
  const tenant = await findTenant(session, name);
  let rows = 0;
  const query = `select line from pgrant_ops.tenant_export('${tenant}') as export (line)`;
  async function* counted() {
    for await (const line of copyLines(session.url, 'pgrant_worker', query)) {
      rows += 1;
      tell(`${rows} lines`);
      yield `${line}\n`;
    }
  }
  // Before anything is asked for: what nobody reads to its end would be waited for.
  const file = await open(to, 'wx', 0o600).catch(({ code }: NodeJS.ErrnoException) => {
    throw new UsageError(
      code === 'EEXIST'
        ? `${to} is there already: name another file`
        : `the export ${to} cannot be written (${code})`,
    );
  });
  await interruptible(async (signal) => {
    try {
      await pipeline(Readable.from(counted()), file.createWriteStream(), { signal });
    } catch (error) {
      await rm(to, { force: true });
      throw error;
    }
  });
  tell('');
  return {
    json: { tenant_id: tenant, name, file: to, rows: rows - 2 },
    text: `tenant ${name} is in ${to}: ${rows - 2} rows`,
  };
}

async function importTenant(
  session: Session,
  file: string,
  options: { issuer?: string },
): Promise<Output> {
  // Before anything is made: without the secret there would be a tenant that cannot sign.
  const secret = await session.secret();
  const lines = parsed(file);
  const header = (await lines.next()).value;
  const first = (await lines.next()).value;
  if (!header || !('pgrant_export' in header) || !first || !('table' in first)) {
    throw new UsageError(`${file} is no export of a tenant`);
  }
  const { issuer = header.issuer } = options;
  const tenant = header.tenant_id;
  await call(session.database, ops.tenant_import_begin, {
    tenant,
    header: { ...header, ...parseIssuer(issuer) },
    row: first.row as never,
  });
  const enable = first.row.disabled_at === null;
  const rows = await interruptible(async (ending) => {
    try {
      const done = await importRows(session, tenant, lines, ending);
      await makeKeys(session, secret, tenant);
      await call(session.database, ops.tenant_import_end, { tenant, rows: done, enable });
      return done;
    } catch (error) {
      // Half a tenant is none.
      await call(session.database, ops.tenant_remove, { tenant });
      throw error;
    }
  });
  const counts = Object.entries(rows).map(([what, count]) => ({ table: what, rows: count }));
  return {
    json: { tenant_id: tenant, name: header.name, issuer, enabled: enable, rows },
    text: `${table(counts, ['table', 'rows'], '')}\ntenant ${header.name} is here, ${advice(rows, enable)}`,
  };
}

/** In batches of one table; gives the counts of the last line. */
async function importRows(
  { database }: Session,
  tenant: string,
  lines: AsyncGenerator<Line>,
  ending: AbortSignal,
) {
  let batch: Row[] = [];
  let name = '';
  let done = 0;
  const send = async () => {
    if (batch.length === 0) return;
    const rows = batch as never;
    await call(database, ops.tenant_import_rows, { tenant, table: name, rows });
    done += batch.length;
    tell(`${done} rows`);
    batch = [];
  };
  for await (const line of lines) {
    ending.throwIfAborted();
    if ('end' in line) {
      await send();
      tell('');
      return line.rows;
    }
    if (!('table' in line)) throw new UsageError('the export has a line that is no row');
    if (line.table !== name || batch.length === batchSize) await send();
    name = line.table;
    batch.push(line.row);
  }
  throw new UsageError('the export ends before its end: export the tenant anew');
}

async function* parsed(file: string): AsyncGenerator<Line> {
  let number = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(file) })) {
      number += 1;
      yield asLine(text, `line ${number} of ${file}`);
    }
  } catch (error) {
    throw ofReading(file, error);
  }
}

function asLine(text: string, where: string): Line {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${where} is not JSON`);
  }
}

function advice({ upstreams = 0, webhooks = 0 }: Record<string, number>, enabled: boolean): string {
  const steps = ['with new signing keys; users sign in once more'];
  if (upstreams > 0)
    steps.push('identity providers are disabled until upstream set gives them their secrets');
  if (webhooks > 0)
    steps.push('webhooks are disabled until webhook secret rotate gives them new ones');
  if (!enabled) steps.push('it is disabled, as it was: tenant enable');
  return steps.join('\n  ');
}

function tell(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
