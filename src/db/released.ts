import { ConfigError } from '../settings/values.ts';
import type { Database } from './connect.ts';

// Undefined function, missing schema, unknown role, role that may not be taken, missing right.
const unreleased = ['42883', '3F000', '42704', '22023', '42501'];

/** Throws ConfigError, one line that says what to do, unless the database is there and released. */
export async function requireReleased(database: Database): Promise<void> {
  try {
    await database.query(`select from pgrant_api.tenant_find('', '')`, []);
  } catch (error) {
    throw explainDatabase(error, 'DATABASE_URL');
  }
}

/** Whether an error says that the database was never released, or not for this role. */
export function isUnreleased(error: unknown): boolean {
  const { code = '', routine } = error as { code?: string; routine?: string };
  // 28000 is also what pg_hba.conf refuses; the text may be in any language.
  return unreleased.includes(code) || (code === '28000' && routine === 'InitializeSessionUserId');
}

/** The error as a ConfigError where it says that the database of a setting is not there or not released. */
export function explainDatabase(error: unknown, setting: string): unknown {
  const {
    code = '',
    message = '',
    routine,
    path,
  } = error as NodeJS.ErrnoException & {
    routine?: string;
  };
  // What a command reads or writes beside the database.
  if (path !== undefined || code === 'ENOSPC') return error;
  // A role that the login may not take, told at the start of the session.
  if (code === '42501' && routine === 'call_string_check_hook') {
    // Its name is there, whatever the language of the server.
    const role = /\bpgrant_\w+/.exec(message)?.[0];
    const hint = role ? `: it takes a login to which a DBA has granted ${role}` : '';
    return new ConfigError(`${setting} cannot be used: ${message}${hint}`);
  }
  // The first npm start releases its database, and gives the roles their passwords last.
  if (setting === 'PGRANT_DATA' && (isUnreleased(error) || code === '28P01')) {
    return new ConfigError(
      `the database of PGRANT_DATA is not ready (${message}): npm start says when it is`,
    );
  }
  // A login that is not one of ours, or is to release or to dump: no release makes it.
  const isMissing = code === '28000' && routine === 'InitializeSessionUserId';
  const isAbove = /^DATABASE_(OWNER|BACKUP)_URL$/.test(setting);
  if (isMissing && (isAbove || !message.includes('"pgrant_'))) {
    return new ConfigError(`${setting} cannot be used: ${message}`);
  }
  if (isUnreleased(error)) {
    if (isAbove) return new ConfigError(`${setting} cannot be used: ${message}`);
    return new ConfigError(
      `the database of ${setting} is not released (${message}): ` +
        'run npm run release with DATABASE_OWNER_URL',
    );
  }
  if (code === '25006') {
    return new ConfigError(`${setting} is of a standby, and this needs the primary (${message})`);
  }
  // The last are what Node.js says of a certificate.
  if (/^(28|08|3D|53|57|E|CONN|CERT_|DEPTH_|SELF_|UNABLE_|HOSTNAME_)/.test(code)) {
    return new ConfigError(`${setting} cannot be used: ${message}`);
  }
  return error;
}
