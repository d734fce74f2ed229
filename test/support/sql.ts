import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { release } from '../../src/release/release.ts';
import { atEnd } from './at-end.ts';

const sqlFolder = fileURLToPath(new URL('../../sql', import.meta.url));

/**
 * A copy of sql/ with files of its own on top, for release(); gone after the test file.
 * Files of functions that ORDER does not know are loaded before the rights are given.
 */
export function sqlVariant(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-sql-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  cpSync(sqlFolder, folder, { recursive: true });
  const order = readFileSync(join(folder, 'functions', 'ORDER'), 'utf8');
  const known = order.split('\n').map((line) => `functions/${line}`);
  const added = Object.keys(files)
    .filter((file) => file.startsWith('functions/') && file.endsWith('.sql'))
    .filter((file) => !known.includes(file))
    .map((file) => `${file.replace('functions/', '')}\n`);
  const orderWith = order.replace(/^rights\.sql$/m, `${added.join('')}rights.sql`);
  const changed = { 'functions/ORDER': orderWith, ...files };
  for (const [file, text] of Object.entries(changed)) writeFileSync(join(folder, file), text);
  return folder;
}

/** Releases sql/ without those options: as if their folders were not there. */
export async function releaseWithout(url: string, options: string[]): Promise<void> {
  const order = readFileSync(join(sqlFolder, 'functions', 'ORDER'), 'utf8').split('\n');
  const left = order.filter((line) => !options.some((one) => line.startsWith(`options/${one}/`)));
  await release(url, sqlVariant({ 'functions/ORDER': left.join('\n') }));
}
