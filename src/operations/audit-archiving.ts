// Months of audit events, written to files with the seals that prove them, before they are dropped.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import type { Log } from '../log.ts';
import { ArchiveError } from '../protocol/archive-error.ts';
import {
  type Archive,
  type ArchiveHeader,
  ArchiveReader,
  lineTypes,
} from '../protocol/audit-archive.ts';
import type { Master } from '../protocol/seal.ts';
import { makeFolder } from '../settings/folder.ts';
import { makeCheckpoint } from './audit-chain.ts';

/** Seals to a call: up to 20,000 lines. */
const stride = 20;

export type ArchiveWork = { database: Database; secret: Master; folder: string };
export type ArchivedTenant = { tenant_id: string; name: string; issuer: string };
export type Archived = Archive & { file: string; digest: string };

type Due = { month: string; events: number; sealed: number; first: number; last: number };

/**
 * Archives the months of a tenant that ended before a moment (by default: past their retention). One that cannot be keeps no other
 * from it: the first fault is thrown at the end.
 */
export async function* archiveTenant(
  work: ArchiveWork,
  tenant: ArchivedTenant,
  before?: string,
): AsyncGenerator<Archived> {
  const args = { tenant: tenant.tenant_id, ...(before !== undefined && { before }) };
  let fault: ArchiveError | undefined;
  for (const due of await callAll(work.database, ops.audit_archive_due, args)) {
    try {
      yield await archiveMonth(work, tenant, due as Due);
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      fault ??= error;
    }
  }
  if (fault) throw fault;
}

/** Archives what is past its retention, of all tenants; one that fails keeps no other from it. */
export async function archiveDue(work: ArchiveWork, log: Log, signal?: AbortSignal) {
  const counts = { months: 0, events: 0, failed: 0 };
  for (const tenant of await callAll(work.database, ops.tenant_list, {})) {
    if (signal?.aborted) break;
    try {
      for await (const { file, events } of archiveTenant(work, tenant as ArchivedTenant)) {
        log.info({ file, events }, 'audit events archived');
        counts.months++;
        counts.events += events;
      }
    } catch (err) {
      log.error({ err, tenant: tenant.name }, 'audit events could not be archived; they are kept');
      counts.failed++;
    }
  }
  return counts;
}

async function archiveMonth(
  work: ArchiveWork,
  { tenant_id, name, issuer }: ArchivedTenant,
  due: Due,
): Promise<Archived> {
  if (!/^\d{4}-\d\d-\d\d$/.test(due.month)) {
    // -infinity, or before Christ: pgrant writes the moment of each event, and no such one.
    throw new ArchiveError(
      `${name}: events (${due.events}) have the time ${due.month}, which pgrant did not write: see pgrant audit verify`,
    );
  }
  const month = due.month.slice(0, 7);
  if (due.events !== due.sealed) {
    throw new ArchiveError(
      `${name}, ${month}: ${due.events} events are there and ${due.sealed} were sealed: see pgrant audit verify`,
    );
  }
  const file = resolve(work.folder, name, `${month}.jsonl`);
  try {
    const { archive, digest } = await writeArchive(work, file, { tenant_id, issuer, month }, due);
    await call(work.database, ops.audit_archive_add, {
      tenant: tenant_id,
      month: due.month,
      events: archive.events,
      file,
      digest: Buffer.from(digest, 'hex'),
    });
    return { ...archive, file, digest };
  } catch (error) {
    if (error instanceof ArchiveError) error.message = `${name}, ${month}: ${error.message}`;
    throw error;
  }
}

/** What of a chain goes into a file: seals, with the events of a month or of all. */
export type Range = { month?: string; first: number; last: number };

/** Writes a file of an archive, whole or not at all. */
export async function writeArchive(
  work: ArchiveWork,
  file: string,
  header: ArchiveHeader,
  range: Range,
): Promise<{ archive: Archive; digest: string }> {
  const draft = `${file}.part`;
  makeFolder(dirname(file), 0o700);
  try {
    const written = await write(work, draft, header, range);
    // What is read back is what counts: events are dropped on the strength of it.
    if ((await digestOf(draft)) !== written.digest) {
      throw new ArchiveError(`${file} does not read back`);
    }
    await rename(draft, file);
    await syncFolder(dirname(file));
    return written;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Writes an archive and verifies each line on its way. */
async function write(work: ArchiveWork, path: string, header: ArchiveHeader, range: Range) {
  const reader = new ArchiveReader();
  const digest = createHash('sha256');
  const file = await open(path, 'w', 0o600);
  const put = async (lines: string[]) => {
    for (const line of lines) reader.take(line);
    const text = lines.map((line) => `${line}\n`).join('');
    digest.update(text);
    await file.writeFile(text);
  };
  try {
    await put([JSON.stringify({ type: lineTypes.header, ...header })]);
    for (let first = range.first; first <= range.last; first += stride) {
      const lines = await callAll(work.database, ops.audit_archive_lines, {
        tenant: header.tenant_id,
        month: range.month ?? null,
        first,
        last: Math.min(first + stride - 1, range.last),
      });
      await put(lines.map(({ line }) => String(line)));
    }
    const { database, secret } = work;
    const checkpoint = await makeCheckpoint(database, secret, header.tenant_id, range.last);
    await put([JSON.stringify({ type: lineTypes.end, checkpoint })]);
    const archive = await reader.end();
    await file.sync();
    return { archive, digest: digest.digest('hex') };
  } finally {
    await file.close();
  }
}

async function digestOf(path: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path)) digest.update(chunk);
  return digest.digest('hex');
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(join(path, '.'), 'r');
  await folder.sync().finally(() => folder.close());
}
