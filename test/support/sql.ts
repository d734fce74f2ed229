import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEnd } from './at-end.ts';

const sqlFolder = fileURLToPath(new URL('../../sql', import.meta.url));

/** A copy of sql/ with files of its own on top, for release(); gone after the test file. */
export function sqlVariant(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-sql-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  cpSync(sqlFolder, folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return folder;
}
