// Archives of audit events: writing them, and verifying them without a database.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Command, InvalidArgumentError } from 'commander';
import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { type ArchivedTenant, archiveTenant } from '../operations/audit-archiving.ts';
import { ArchiveError } from '../protocol/archive-error.ts';
import { type Archive, ArchiveReader } from '../protocol/audit-archive.ts';
import type { Config } from '../settings/config.ts';
import { readOutside } from './audit-verify.ts';
import { ofReading, UsageError } from './faults.ts';
import type { Output, Session } from './operator-session.ts';
import { complain, withoutSession, withSession } from './run.ts';
import { table } from './text.ts';

type ArchiveOptions = { to: string; tenant?: string; before?: string };

export function archiveCommands(group: Command): void {
  group
    .command('archive')
    .description('write months of events to files, with their seals and a signed checkpoint')
    .requiredOption('--to <folder>', 'where: a folder per tenant, a file per month')
    .option('--tenant <name>', 'one tenant; all where left out')
    .option('--before <date>', 'months that ended by then; default: past their retention', day)
    .action(withSession(archive));
  group
    .command('verify-archive <file...>')
    .description(
      'verify files that archive has written, and that no seal is missing between them; needs no database',
    )
    .option('--checkpoint <file>', 'one that was kept elsewhere, of a seal in the files')
    .action(withoutSession(verify));
}

function day(text: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))) return `${text}T00:00:00Z`;
  throw new InvalidArgumentError('It must be a day such as 2026-11-01.');
}

async function archive(session: Session, { to, tenant, before }: ArchiveOptions): Promise<Output> {
  const work = { database: session.database, secret: await session.secret(), folder: to };
  const all = (await callAll(session.database, ops.tenant_list, {})) as ArchivedTenant[];
  const tenants = all.filter(({ name }) => tenant === undefined || name === tenant);
  if (tenant !== undefined && tenants.length === 0) {
    throw new UsageError(`there is no tenant named ${tenant}`);
  }
  const rows = [];
  const faults: ArchiveError[] = [];
  for (const one of tenants) {
    try {
      for await (const written of archiveTenant(work, one, before)) {
        const { month, events, first, last, file, digest } = written;
        rows.push({ tenant: one.name, month, events, first, last, file, sha256: digest });
        if (process.stderr.isTTY) console.error(`pgrant: ${file}`);
      }
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      faults.push(error);
    }
  }
  // Nothing of one tenant keeps the others from being archived.
  if (rows.length === 0 && faults.length === 1) throw faults[0];
  for (const { message } of faults) complain({ error: message, exit: 1 });
  const columns = ['tenant', 'month', 'events', 'file', 'sha256'];
  return { json: rows, text: table(rows, columns, 'no month is due') };
}

async function verify(
  _config: Config,
  files: string[],
  { checkpoint }: { checkpoint?: string },
): Promise<Output> {
  const rows: (FileVerdict & { file: string })[] = [];
  for (const file of files) rows.push({ file, ...(await verifyFile(file, checkpoint)) });
  nameGaps(rows);
  if (rows.some(({ fault }) => fault !== null)) process.exitCode = 1;
  const columns = ['file', 'intact', 'issuer', 'month', 'events', 'first', 'last', 'fault'];
  return { json: rows, text: table(rows, columns, '') };
}

type FileVerdict = Partial<Archive> & { intact: boolean; fault: string | null };

/** Says of a file that is intact which seals are missing between it and the one before, of the files that were given. */
function nameGaps(rows: FileVerdict[]): void {
  const inOrder = rows
    .filter(({ intact }) => intact)
    .sort((a, b) => Number(a.first) - Number(b.first));
  const reached = new Map<string, number>();
  for (const row of inOrder) {
    const { tenant_id = '', first = 0, last = 0 } = row;
    const before = reached.get(tenant_id);
    if (before !== undefined && first > before + 1) {
      row.fault = `before it a gap: seals ${before + 1} to ${first - 1} are in none of the files`;
    }
    reached.set(tenant_id, Math.max(before ?? 0, last));
  }
}

async function verifyFile(file: string, source?: string): Promise<FileVerdict> {
  const seals = new Map<number, string>();
  const outside = source === undefined ? undefined : (await readOutside(source)).checkpoint;
  const reader = new ArchiveReader((number, seal) => {
    if (number === outside?.number) seals.set(number, seal);
  });
  try {
    for await (const line of createInterface({ input: createReadStream(file) })) reader.take(line);
    const read = await reader.end();
    const seal = outside?.tenant_id === read.tenant_id ? seals.get(outside.number) : undefined;
    const fault = outside ? compare(outside.seal, seal) : null;
    return { ...read, intact: fault === null, fault };
  } catch (error) {
    if (error instanceof ArchiveError) return { intact: false, fault: error.message };
    throw ofReading(file, error);
  }
}

function compare(wanted: string, found: string | undefined): string | null {
  if (found === undefined) return 'the checkpoint is of no seal in it';
  return found === wanted ? null : 'it is not the chain that was signed';
}
