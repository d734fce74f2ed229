import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { ManifestError, readManifest, signManifest } from '../protocol/backup-manifest.ts';
import { compareDatabases, describeDatabase } from '../release/manifest.ts';
import { type Config, environmentWithout } from '../settings/config.ts';
import { asOfNow, backupDatabase, setting } from './backup-database.ts';
import { type Drafts, drafting } from './drafts.ts';
import { Refused, UsageError } from './faults.ts';
import type { Output } from './operator-session.ts';
import { withoutSession } from './run.ts';
import { table } from './text.ts';

export function declareCommands(group: Command): void {
  group
    .command('dump')
    .description('dump the database with pg_dump, and sign what is in it, as of one moment')
    .requiredOption('--to <file>', 'where the dump goes, for pg_restore')
    .requiredOption('--manifest <file>', 'where what is in it goes, signed')
    .option('--pg-dump <program>', 'no older than the server', 'pg_dump')
    .action(withoutSession(dump, setting));
  group
    .command('check')
    .description(
      'compare a restored database with what was signed, before anything runs on it; exit code 1 where it differs',
    )
    .requiredOption('--manifest <file>', 'what backup dump has signed')
    .action(withoutSession(check, setting));
}

type DumpOptions = { to: string; manifest: string; pgDump: string };

async function dump(config: Config, { to, manifest: file, pgDump }: DumpOptions): Promise<Output> {
  const database = backupDatabase(config);
  const manifest = await drafting(async (drafts) => {
    const [dumped, signed] = [drafts.add(to, 'dump'), drafts.add(file, 'manifest')];
    const described = await asOfNow(database, async (sql) => {
      const found = await describeDatabase(sql);
      const [exported] = await sql`select pg_export_snapshot() as snapshot`;
      const snapshot = String(exported?.snapshot);
      await runDump(new URL(database.url), { snapshot, to: dumped, pgDump, drafts });
      return found;
    });
    writeFileSync(signed, `${await signManifest(described, database.secret)}\n`);
    return described;
  });
  const tables = Object.values(manifest.tables);
  const rows = tables.reduce((sum, [count]) => sum + count, 0);
  const json = { dump: to, manifest: file, tables: tables.length, rows };
  return {
    json,
    text: `${rows} rows of ${tables.length} tables are in ${to}, and signed in ${file}`,
  };
}

type Dumping = { snapshot: string; to: string; pgDump: string; drafts: Drafts };

/** Runs pg_dump on the snapshot; its password is in a file, since everybody of the machine reads a command line. */
async function runDump(url: URL, { snapshot, to, pgDump, drafts }: Dumping): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-backup-'));
  drafts.discard(folder);
  try {
    if (url.password) {
      const password = decodeURIComponent(url.password).replace(/[\\:]/g, '\\$&');
      writeFileSync(join(folder, 'pass'), `*:*:*:*:${password}\n`, { mode: 0o600 });
      url.searchParams.set('passfile', join(folder, 'pass'));
      url.password = '';
    }
    const words = ['--format=custom', '--no-password', `--snapshot=${snapshot}`];
    // Of somebody who works in psql beside, for another login: it would be taken before that of the file.
    const env = environmentWithout('PGPASSWORD');
    const { signal } = drafts;
    const all = [...words, `--file=${to}`, `--dbname=${url.href}`];
    await promisify(execFile)(pgDump, all, { env, signal });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Refused(
      `no dump was made: ${inOneLine(stderr ?? '') || message}`,
      `the program is ${pgDump}: --pg-dump names another`,
    );
  }
}

/** What a program said, with its details and hints; a query that it quotes may be as long as all names of tables. */
function inOneLine(said: string): string {
  const line = said.trim().replaceAll(/\s*\n\s*(?:pg_dump: )?/g, '; ');
  return line.length > 500 ? `${line.slice(0, 500)} …` : line;
}

async function check(config: Config, options: { manifest: string }): Promise<Output> {
  const database = backupDatabase(config);
  const source = await readManifest(read(options.manifest), database.secret).catch((error) => {
    throw error instanceof ManifestError ? new UsageError(error.message) : error;
  });
  const here = await asOfNow(database, describeDatabase);
  const differences = compareDatabases(source, here);
  if (differences.length > 0) process.exitCode = 1;
  const signed_at = new Date(source.iat * 1000).toISOString();
  const whole = `the database is what ${source.database} was at ${signed_at}: ${Object.keys(source.tables).length} tables, ${Object.keys(source.functions).length} functions, all rights`;
  return {
    json: { whole: differences.length === 0, database: source.database, signed_at, differences },
    text: table(differences, ['part', 'name', 'source', 'here'], whole),
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `the manifest ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}
