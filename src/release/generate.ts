// Writes what is derived from sql/: `npm run generate`; with --check compares instead of writing.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import postgres, { type Sql } from 'postgres';
import { startEmbedded } from '../embedded/embedded.ts';
import { generateBindings } from './generate-bindings.ts';
import { generateLists } from './generate-lists.ts';
import { generateOperations } from './generate-operations.ts';
import { generateSchema } from './generate-schema.ts';
import { generateSecurity } from './generate-security.ts';
import { generateSettingsPage, generateStoredSettings } from './generate-settings.ts';
import { release } from './release.ts';

const files: Record<string, (sql: Sql) => Promise<string>> = {
  'src/db/bindings.ts': generateBindings,
  'src/protocol/lists.ts': generateLists,
  'src/endpoints/admin-api/operations.ts': generateOperations,
  'src/settings/stored.ts': generateStoredSettings,
  'sql/schema.sql': generateSchema,
  'sql/SETTINGS.md': generateSettingsPage,
  'test/golden/security.txt': generateSecurity,
};

/** The content of every generated file, by path, as the released database behind `url` has it. */
export async function generate(url: string): Promise<Map<string, string>> {
  // Types are named in full, whatever the search path of the server.
  const sql = postgres(url, { max: 1, connection: { search_path: 'pg_catalog' } });
  try {
    const contents = new Map<string, string>();
    for (const [file, make] of Object.entries(files)) contents.set(file, await make(sql));
    return contents;
  } finally {
    await sql.end();
  }
}

/** Generates from a database of its own, which is gone afterwards. */
async function generateFromScratch(): Promise<Map<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-generate-'));
  try {
    const server = await startEmbedded(folder, { durable: false });
    try {
      await release(server.url('postgres'));
      return await generate(server.url('postgres'));
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`../../${file}`, import.meta.url));
}

function current(file: string): string | undefined {
  try {
    return readFileSync(pathOf(file), 'utf8');
  } catch {
    return undefined;
  }
}

async function main(check: boolean): Promise<void> {
  for (const [file, content] of await generateFromScratch()) {
    if (current(file) === content) continue;
    if (check) {
      console.error(`${file} is not what sql/ says: run npm run generate`);
      process.exitCode = 1;
    } else {
      writeFileSync(pathOf(file), content);
      console.log(`wrote ${file}`);
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(process.argv.includes('--check'));
}
