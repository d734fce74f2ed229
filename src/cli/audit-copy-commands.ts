// Copies of the audit that are kept elsewhere, and what they say after a restore.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import type { ArchivedTenant } from '../operations/audit-archiving.ts';
import { sealEvents } from '../operations/audit-chain.ts';
import { copyTenant } from '../operations/audit-copying.ts';
import { ArchiveError } from '../protocol/archive-error.ts';
import { type ArchiveHeader, ArchiveReader, lineTypes } from '../protocol/audit-archive.ts';
import { ofReading, UsageError } from './faults.ts';
import type { Output, Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table, withTimes } from './text.ts';

/** Events to a call. */
const batch = 2_000;

export function copyCommands(group: Command): void {
  group
    .command('copy')
    .description('write what was sealed since the last time to files, to be kept elsewhere')
    .requiredOption(
      '--to <folder>',
      'where: a folder per tenant, a file per run that found something',
    )
    .option('--tenant <name>', 'one tenant; all where left out')
    .action(withSession(copy));
  group
    .command('lost <file...>')
    .description(
      'after a restore: what files that copy or archive have written know, and the database does not; exit code 1 where there is any',
    )
    .action(withSession(lost));
}

async function copy(session: Session, options: { to: string; tenant?: string }): Promise<Output> {
  const work = { database: session.database, secret: await session.secret(), folder: options.to };
  const all = (await callAll(session.database, ops.tenant_list, {})) as ArchivedTenant[];
  const tenants = all.filter(({ name }) => [undefined, name].includes(options.tenant));
  if (options.tenant !== undefined && tenants.length === 0) {
    throw new UsageError(`there is no tenant named ${options.tenant}`);
  }
  await sealEvents(session.database);
  const rows = [];
  for (const tenant of tenants) {
    const copied = await copyTenant(work, tenant);
    if (!copied) continue;
    const { events, first, last, file, digest } = copied;
    rows.push({ tenant: tenant.name, events, first, last, file, sha256: digest });
  }
  const columns = ['tenant', 'events', 'first', 'last', 'file', 'sha256'];
  return { json: rows, text: table(rows, columns, 'nothing was sealed since the last copy') };
}

type Lost = {
  tenant: string;
  effect: string;
  action: string;
  client_id: string | null;
  user_id: string | null;
  grant_id: string | null;
  /** Which role, auditor or setting it was about; null of what was issued. */
  detail: unknown;
  events: number;
  first_at: string;
  last_at: string;
};

/** What is to be done again comes first. */
const effects = ['ended', 'changed', 'issued'];

async function lost({ database }: Session, files: string[]): Promise<Output> {
  const found = new Map<string, Lost>();
  for (const file of files) await readLost(database, file, (row) => add(found, row));
  const rank = ({ effect, first_at }: Lost) => `${effects.indexOf(effect)} ${first_at}`;
  const rows = [...found.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  if (rows.length > 0) process.exitCode = 1;
  const columns = [
    'tenant',
    'effect',
    'action',
    'client_id',
    'user_id',
    'grant_id',
    'events',
    'last_at',
    'detail',
  ];
  const none = 'the database knows all that the files do';
  return { json: rows, text: table(rows.map(withTimes), columns, none) };
}

/** The same thing done again, in a later call or file, is one row. */
function add(found: Map<string, Lost>, row: Lost): void {
  const { tenant, action, client_id, user_id, grant_id, detail } = row;
  const key = JSON.stringify([tenant, action, client_id, user_id, grant_id, detail]);
  const before = found.get(key);
  if (!before) found.set(key, row);
  else {
    before.events += row.events;
    if (row.first_at < before.first_at) before.first_at = row.first_at;
    if (row.last_at > before.last_at) before.last_at = row.last_at;
  }
}

/** Reads a file, proves it whole, and asks the database for each event of it. */
async function readLost(
  database: Database,
  file: string,
  tell: (row: Lost) => void,
): Promise<void> {
  const reader = new ArchiveReader();
  let header: ArchiveHeader | undefined;
  let events: Record<string, unknown>[] = [];
  const ask = async () => {
    const { tenant_id: tenant = '', issuer = '' } = header ?? {};
    const rows = await callAll(database, ops.audit_lost, { tenant, events: events as never });
    for (const row of rows) tell({ ...(row as unknown as Lost), tenant: issuer });
    events = [];
  };
  try {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      reader.take(line);
      const { type, ...event } = JSON.parse(line);
      if (type === lineTypes.header) header = event;
      else if (type === lineTypes.event) events.push(event);
      if (events.length === batch) await ask();
    }
    await reader.end();
    await ask();
  } catch (error) {
    if (error instanceof ArchiveError) error.message = `${file}: ${error.message}`;
    throw ofReading(file, error);
  }
}
