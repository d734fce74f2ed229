// Applies sql/ to a database: one transaction, once, however many processes start at the same time.
import { basename, join, relative } from 'node:path';
import Postgrator from 'postgrator';
import postgres, { type TransactionSql } from 'postgres';
import { inTransaction } from '../db/in-transaction.ts';
import { settleUntimed } from '../db/session-settings.ts';
import { applicationName } from '../version.ts';
import { waited, watchBlockers } from './blockers.ts';
import { refuseUnreached } from './cluster.ts';
import { ReleaseError } from './release-error.ts';
import { located, readFile, runFile, runScript } from './release-files.ts';
import { functionFiles, releaseHash, sqlFolder } from './release-hash.ts';
import { dependents, isReleased } from './release-queries.ts';
import {
  become,
  dropRelations,
  emptySchemas,
  makeExtension,
  makeQueueSchema,
  makeReleaseSchema,
  makeSchema,
} from './release-schemas.ts';
import { type Former, keepFormer, runReplacing, thingMade } from './replace.ts';
import { statements } from './statements.ts';
import { refuseUnfit } from './unfit.ts';

export type Released = {
  /** The migrations that were applied, by file name. */
  migrations: string[];
  /** Whether the functions were loaded anew; false where nothing had changed. */
  reloaded: boolean;
};

// The same for every release of pgrant to one database.
const releaseLock = 0x7067_7272;

const codeSchemas = ['pgrant_report', 'pgrant_ops', 'pgrant_api', 'pgrant_rules'];

/**
 * Brings the database behind `url` to what `folder` says. The login needs CREATE on the database, and CREATEROLE
 * where a role is missing, or to be a superuser. Throws ReleaseError, or the error of PostgreSQL with the file and
 * line in its message. `tell` is told whom it waits for.
 */
export async function release(
  url: string,
  folder = sqlFolder,
  tell: (line: string) => void = () => {},
): Promise<Released> {
  const sql = postgres(url, {
    max: 1,
    fetch_types: false,
    prepare: false,
    connect_timeout: 10,
    onnotice: () => {},
    connection: { application_name: applicationName('release') },
  });
  try {
    await sql.unsafe(settleUntimed);
    const [own] = await sql`select pg_backend_pid() as pid`;
    const blockers = watchBlockers(url, own?.pid, (who) => tell(`the release waits for ${who}`));
    try {
      const hash = releaseHash(folder);
      const due = await inTransaction(sql, (one) => prepare(one, folder, hash));
      if (!due) return { migrations: [], reloaded: false };
      return await inTransaction(sql, (one) => apply(one, folder, hash));
    } catch (error) {
      throw waited(error, blockers.last());
    } finally {
      await blockers.stop();
    }
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** What a release did, in a line. */
export function describeReleased({ migrations, reloaded }: Released): string {
  if (!reloaded) return 'nothing to release: the database has this release';
  const tables =
    migrations.length === 0 ? 'no migration was due' : `applied ${migrations.join(', ')}`;
  return `released: ${tables}; functions loaded anew`;
}

/**
 * Makes the roles and the schemas that are missing, and says whether anything is due. A transaction of its own: Citus reaches
 * its nodes as whoever is at work, and what one role has not committed, another does not find there.
 */
async function prepare(sql: TransactionSql, folder: string, hash: string): Promise<boolean> {
  await lock(sql);
  await refuseUnfit(sql);
  if (await isReleased(sql, hash)) return false;
  // Roles belong to the whole server: another database of it may be released at this moment.
  await sql`set local lock_timeout = '60s'`;
  await runFile(sql, folder, 'roles.sql');
  for (const schema of ['pgrant', 'pgrant_resource', ...codeSchemas]) {
    await makeSchema(sql, schema, 'pgrant_owner');
  }
  await makeReleaseSchema(sql);
  await makeQueueSchema(sql);
  // Versions of the past that cannot overlap; see pgrant.remembered().
  await makeExtension(sql, 'btree_gist');
  return true;
}

/** All the rest, by the owner, in one transaction. */
async function apply(sql: TransactionSql, folder: string, hash: string): Promise<Released> {
  await lock(sql);
  if (await isReleased(sql, hash)) return { migrations: [], reloaded: false };
  await refuseUnreached(sql);
  await become(sql, 'pgrant_owner');
  await sql`set local client_min_messages = warning`;
  await sql`set local check_function_bodies = on`;
  // Waiting behind a long transaction would make everybody else wait behind the release.
  await sql`set local lock_timeout = '10s'`;
  await refuseDependents(sql);
  await sql`
    grant usage on schema pgrant to pgrant_definer, pgrant_cataloguer, pgrant_janitor, pgrant_sealer`;
  // Calls come in by this view and lock the rest behind it: once they are out, nobody is in the way.
  await sql`drop view if exists pgrant_rules.entrance`;
  const former = await clear(sql, folder);
  const migrations = await migrate(sql, folder);
  await reload(sql, folder, former);
  await storeHash(sql, hash);
  return { migrations, reloaded: true };
}

async function lock(sql: TransactionSql): Promise<void> {
  // Citus: objects that are read after they were made in one transaction. A placeholder elsewhere.
  await sql`set local citus.multi_shard_modify_mode = 'sequential'`;
  await sql`select pg_advisory_xact_lock(${releaseLock}::bigint)`;
}

async function refuseDependents(sql: TransactionSql): Promise<void> {
  const [found] = await dependents(sql, codeSchemas);
  if (!found) return;
  throw new ReleaseError(
    `${found.dependent} depends on ${found.needed}, which every release drops and makes anew: remove that dependency`,
  );
}

async function migrate(sql: TransactionSql, folder: string): Promise<string[]> {
  const migrator = new Postgrator({
    driver: 'pg',
    migrationPattern: join(folder, 'tables', '*.sql'),
    schemaTable: 'pgrant_release.versions',
    newline: 'LF',
    execQuery: async (query) => ({ rows: await sql.unsafe(query) }),
    execSqlScript: (script) => runScript(sql, script),
  });
  const running = { file: '' };
  migrator.on('migration-started', ({ filename }) => {
    running.file = relative(folder, filename);
  });
  const newest = await migrator.getMaxVersion();
  const current = await migrator.getDatabaseVersion();
  if (current > newest) {
    throw new ReleaseError(
      `the database is at table version ${current} and this pgrant knows ${newest}: release with the newer pgrant`,
    );
  }
  try {
    return (await migrator.migrate()).map(({ filename }) => basename(filename));
  } catch (error) {
    if (/^MD5 checksum failed/.test((error as Error).message)) {
      throw new ReleaseError(
        `${(error as Error).message}: a file in sql/tables was changed after it had been applied; add a new one instead`,
      );
    }
    throw located(error, running.file);
  }
}

/** Drops what the release makes anew, and says what it replaces. */
async function clear(sql: TransactionSql, folder: string): Promise<Former> {
  const [citus] = await sql`select from pg_extension where extname = 'citus'`;
  if (citus) {
    await emptySchemas(sql, codeSchemas);
    return new Map();
  }
  await dropRelations(sql, codeSchemas);
  const made = functionFiles(folder).flatMap((file) => statements(readFile(folder, file)));
  return keepFormer(sql, codeSchemas, new Set(made.flatMap(({ text }) => thingMade(text) ?? [])));
}

async function reload(sql: TransactionSql, folder: string, former: Former): Promise<void> {
  for (const schema of codeSchemas) {
    await sql.unsafe(
      `grant usage, create on schema ${schema} to pgrant_definer, pgrant_cataloguer, pgrant_janitor, pgrant_sealer`,
    );
  }
  const run = (statement: string) => runReplacing(sql, former, statement);
  for (const file of functionFiles(folder)) await runFile(sql, folder, file, run);
}

async function storeHash(sql: TransactionSql, hash: string): Promise<void> {
  const [own] = await sql`select session_user as login`;
  await sql`delete from pgrant_release.released`;
  await sql`
    insert into pgrant_release.released (hash, at, login) values (${hash}, now(), ${own?.login})`;
}
