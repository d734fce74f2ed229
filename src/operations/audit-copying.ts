// Copies of the audit as it grows, for wherever no restore of the database reaches.
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { ArchiveError } from '../protocol/archive-error.ts';
import { ArchiveReader } from '../protocol/audit-archive.ts';
import { readCheckpoint } from '../protocol/audit-checkpoint.ts';
import {
  type Archived,
  type ArchivedTenant,
  type ArchiveWork,
  writeArchive,
} from './audit-archiving.ts';
import { makeCheckpoint } from './audit-chain.ts';

const copied = /^\d+-(\d+)\.jsonl$/;

/** Writes what was sealed of a tenant since the last file of the folder; undefined where that is nothing. */
export async function copyTenant(
  work: ArchiveWork,
  { tenant_id, name, issuer }: ArchivedTenant,
): Promise<Archived | undefined> {
  const { database, secret } = work;
  const folder = resolve(work.folder, name);
  const jwt = await makeCheckpoint(database, secret, tenant_id);
  if (jwt === undefined) return undefined;
  const { number: last } = (await readCheckpoint(jwt)).checkpoint;
  const before = await lastCopied(folder);
  if (before && before.seal !== (await sealAt(work, tenant_id, before.number))) {
    throw new ArchiveError(
      `${name}: seal ${before.number} in ${folder} is not of this audit: after a restore see pgrant audit lost, and copy to another folder from then on`,
    );
  }
  if (before?.number === last) return undefined;
  const { audit_copy_first: kept } = await call(database, ops.audit_copy_first, {
    tenant: tenant_id,
  });
  const first = before ? before.number + 1 : Number(kept ?? last);
  const file = join(folder, `${first}-${last}.jsonl`);
  const { archive, digest } = await writeArchive(
    work,
    file,
    { tenant_id, issuer },
    { first, last },
  );
  return { ...archive, file, digest };
}

/** The last seal of the last file, which is read whole to be sure of it. */
async function lastCopied(folder: string): Promise<{ number: number; seal: string } | undefined> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const numbers = files.map((file) => Number(copied.exec(file)?.[1] ?? 0));
  const newest = files[numbers.indexOf(Math.max(0, ...numbers))];
  if (newest === undefined) return undefined;
  const reader = new ArchiveReader();
  const lines = createInterface({ input: createReadStream(join(folder, newest)) });
  for await (const line of lines) reader.take(line);
  return (await reader.end()).checkpoint;
}

async function sealAt({ database }: ArchiveWork, tenant: string, number: number) {
  const [found] = await callAll(database, ops.audit_checkpoint_draft, { tenant, number });
  return found?.seal?.toString('hex');
}
