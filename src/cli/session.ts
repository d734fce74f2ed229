// One database connection for one command.
import { type Config, ConfigError, requireSecret } from '../config.ts';
import { call } from '../db/call.ts';
import { connect, type Database } from '../db/connect.ts';
import { findEmbedded } from '../db/embedded.ts';
import { ops } from '../db/functions.ts';

/** What a command works with. */
export type Session = {
  /** The database as pgrant_worker. */
  database: Database;
  /** The 32 bytes that seal signing keys; throws ConfigError where there are none. */
  secret: () => Buffer;
  /** The setting that names the database. */
  setting: string;
};

/** What a command gives: a document for programs, and the same as text for people. */
export type Output = { json: unknown; text: string };

/** Opens the database of the settings, or that of a running `npm start`; throws ConfigError. */
export function openSession(config: Config): Session {
  const { url, ...session } = address(config);
  const database = connect(url, 'pgrant_worker', { prepare: config.databasePrepare });
  return { ...session, database };
}

function address(config: Config): Omit<Session, 'database'> & { url: string } {
  const { databaseWorkerUrl: url, databaseUrl } = config;
  if (url) {
    const setting = url === databaseUrl ? 'DATABASE_URL' : 'DATABASE_WORKER_URL';
    return { url, secret: () => requireSecret(config), setting };
  }
  const server = config.embedded ? findEmbedded(config.dataFolder) : undefined;
  if (server) {
    const secret = () => config.secret ?? server.secret;
    return { url: server.url('pgrant_worker'), secret, setting: 'PGRANT_DATA' };
  }
  throw new ConfigError(
    `there is no database: set DATABASE_URL, or run npm start, whose database is in ${config.dataFolder}`,
  );
}

/** The id of the tenant that is called so. */
export async function findTenant({ database }: Session, name: string): Promise<string> {
  const { tenant_id } = await call(database, ops.tenant_id, { name });
  return String(tenant_id);
}
