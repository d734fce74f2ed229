// The database that is dumped or was restored: who may read all of it, and what is said where that cannot be done.
import postgres, { type TransactionSql } from 'postgres';
import { inTransaction } from '../db/in-transaction.ts';
import { settleUntimed } from '../db/session-settings.ts';
import { findEmbedded } from '../embedded/embedded.ts';
import { openMaster } from '../operations/tenant-keys.ts';
import type { Master } from '../protocol/seal.ts';
import { NotReleased } from '../release/manifest.ts';
import { type Config, ConfigError, requireSecret } from '../settings/config.ts';
import { applicationName } from '../version.ts';
import { Refused } from './faults.ts';

/** What names the database of these commands. */
export const setting = 'DATABASE_BACKUP_URL';

export type BackupDatabase = { url: string; secret: Master };

/** The database of the settings, or that of a running `npm start`, with what its manifests are signed under. */
export function backupDatabase(config: Config): BackupDatabase {
  const { databaseBackupUrl: url, dataFolder } = config;
  if (url) return { url, secret: openMaster(config, requireSecret(config)) };
  const server = config.embedded ? findEmbedded(dataFolder) : undefined;
  if (server) {
    return {
      url: server.url('postgres'),
      secret: openMaster(config, config.secret ?? server.secret),
    };
  }
  throw new ConfigError(
    `there is no database to back up: set ${setting}, or run npm start, whose database is in ${dataFolder}`,
  );
}

/** Runs `use` in a transaction that sees one moment of the whole database; refuses a login that sees a part of it. */
export async function asOfNow<Result>(
  { url }: BackupDatabase,
  use: (sql: TransactionSql) => Promise<Result>,
): Promise<Result> {
  const sql = postgres(url, {
    max: 1,
    fetch_types: false,
    prepare: false,
    connect_timeout: 10,
    onnotice: () => {},
    connection: { application_name: applicationName('cli') },
  });
  try {
    await sql.unsafe(settleUntimed);
    const [login] = await sql`
      select r.rolname as name, r.rolsuper or r.rolbypassrls as sees, current_database() as database
        from pg_roles r where r.rolname = current_user`;
    if (!login?.sees) {
      throw new Refused(
        `row-level security hides the rows from ${login?.name}, and would from pg_dump`,
        'a DBA has to: create role dumper login bypassrls; grant pg_read_all_data to dumper',
      );
    }
    try {
      return await inTransaction(sql, use, 'isolation level repeatable read read only');
    } catch (error) {
      throw explain(error, String(login.name), String(login.database));
    }
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** What the catalog does not have, or not for this login, as something to do; any other error as it is. */
function explain(error: unknown, login: string, database: string): unknown {
  const { name = '', code = '', message = '' } = error as Error & { code?: string };
  const ofPostgres = name === 'PostgresError';
  if (ofPostgres && code === '42501') {
    return new Refused(
      `${login} may not read all of the database ${database}: ${message}`,
      `a DBA has to: grant pg_read_all_data to ${login}`,
    );
  }
  // Class 42 and 3F: a name that is not there; XX: one that went while the catalog was read.
  if (error instanceof NotReleased || (ofPostgres && /^(42|3F|XX)/.test(code))) {
    return new Refused(
      `the database ${database} has no pgrant, or not all of it: ${message}`,
      `${setting} has to name one that was released, or into which all of a dump was restored`,
    );
  }
  return error;
}
