// Which release a program belongs to.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const sqlFolder = fileURLToPath(new URL('../../sql', import.meta.url));

/** A digest of every file that a release reads. */
export function releaseHash(folder = sqlFolder): string {
  const digest = createHash('sha256');
  const files = ['roles.sql', ...sqlFiles(folder, 'tables'), ...sqlFiles(folder, 'functions')];
  for (const file of files) {
    digest
      .update(`${file}\0`)
      .update(readFileSync(join(folder, file)))
      .update('\0');
  }
  return digest.digest('hex');
}

/** The files of one kind in the order in which they are run, relative to the folder. */
export function sqlFiles(folder: string, kind: 'tables' | 'functions'): string[] {
  const names = readdirSync(join(folder, kind)).filter((name) => name.endsWith('.sql'));
  return names.sort().map((name) => join(kind, name));
}
