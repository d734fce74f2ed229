// One database connection for one command.
import { hostname, userInfo } from 'node:os';
import { ops } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { connect, type Database } from '../db/connect.ts';
import { findEmbedded } from '../embedded/embedded.ts';
import { requireOwnSecret } from '../operations/own-secret.ts';
import { openMaster, openTenantKeys, type TenantKeys } from '../operations/tenant-keys.ts';
import type { Master } from '../protocol/seal.ts';
import { type Config, ConfigError, requireSecret } from '../settings/config.ts';
import { urlsOf } from '../settings/database-urls.ts';

/** What a command works with. */
export type Session = {
  /** The database as pgrant_worker. */
  database: Database;
  /** Its address. */
  url: string;
  /** What signing keys and secrets are sealed under; throws ConfigError where PGRANT_SECRET is missing, or another. */
  secret: () => Promise<Master>;
  /** The same as it was given, whatever the database is sealed under: for what seals that anew. */
  givenSecret: () => Master;
  /** The tenants' own keys, where they have any. */
  tenantKeys: () => TenantKeys | undefined;
  /** The setting that names the database. */
  setting: string;
};

type Address = Pick<Session, 'url' | 'setting'> & { secret: () => Master };

/** What a command gives: a document for programs, and the same as text for people. */
export type Output = {
  json: unknown;
  text: string;
  /** What is allowed and costs something: behind the text, and beside JSON on stderr. */
  warnings?: string[];
};

/** Opens the database of the settings, or that of a running `npm start`; throws ConfigError. `reason` is for the audit. */
export function openSession(config: Config, reason?: string): Session {
  const session = address(config);
  const { tenantKeyFolder } = config;
  const tenantKeys = () =>
    tenantKeyFolder === undefined ? undefined : openTenantKeys(tenantKeyFolder);
  const database = connect(session.url, 'pgrant_worker', {
    prepare: config.databasePrepare,
    program: 'cli',
    actor: { user: config.actor ?? systemUser(), reason },
  });
  const secret = async () => {
    const master = session.secret();
    await requireOwnSecret(database, master, (message) => console.error(`pgrant: ${message}`));
    return master;
  };
  return { ...session, secret, givenSecret: session.secret, tenantKeys, database };
}

function systemUser(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A container may run as a number that has no name.
    return `${process.getuid?.()}@${hostname()}`;
  }
}

/** The database of the settings, or that of a running `npm start`. */
export function address(config: Config): Address {
  const { databaseWorkerUrl: url, databaseUrl } = config;
  if (url) {
    const setting =
      databaseUrl && url === urlsOf(databaseUrl)[0] ? 'DATABASE_URL' : 'DATABASE_WORKER_URL';
    return { url, secret: () => openMaster(config, requireSecret(config)), setting };
  }
  const server = config.embedded ? findEmbedded(config.dataFolder) : undefined;
  if (server) {
    const secret = () => openMaster(config, config.secret ?? server.secret);
    return { url: server.url('pgrant_worker'), secret, setting: 'PGRANT_DATA' };
  }
  throw new ConfigError(
    `there is no database: set DATABASE_URL, or run npm start, whose database is in ${config.dataFolder}`,
  );
}

/** The id of the tenant that is called so. */
export async function findTenant(
  { database }: Pick<Session, 'database'>,
  name: string,
): Promise<string> {
  const { tenant_id } = await call(database, ops.tenant_id, { name });
  return String(tenant_id);
}

/** Makes the signing keys that a new tenant needs. */
export async function makeKeys({ database }: Session, secret: Master, tenant: string) {
  const { createLog } = await import('../log.ts');
  const { makeDueKeys } = await import('../operations/signing-keys.ts');
  return await makeDueKeys(database, secret, createLog('silent'), tenant);
}
