// Which release a program belongs to.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const sqlFolder = fileURLToPath(new URL('../../sql', import.meta.url));

/** A digest of every file that a release reads. */
export function releaseHash(folder = sqlFolder): string {
  const digest = createHash('sha256');
  const files = ['roles.sql', ...tableFiles(folder), 'functions/ORDER', ...functionFiles(folder)];
  for (const file of files) {
    digest
      .update(`${file}\0`)
      .update(readFileSync(join(folder, file)))
      .update('\0');
  }
  return digest.digest('hex');
}

/** The migrations in the order of their numbers, relative to the folder. */
function tableFiles(folder: string): string[] {
  const names = readdirSync(join(folder, 'tables')).filter((name) => name.endsWith('.sql'));
  return names.sort().map((name) => join('tables', name));
}

/** The files of functions in the order that functions/ORDER gives, relative to the folder. */
export function functionFiles(folder: string): string[] {
  const lines = readFileSync(join(folder, 'functions', 'ORDER'), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((name) => join('functions', name));
}
