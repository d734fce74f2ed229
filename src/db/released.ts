import { ConfigError } from '../settings.ts';
import type { Database } from './connect.ts';

// Undefined function, missing schema, unknown role, role that may not be taken, missing right.
const unreleased = ['42883', '3F000', '42704', '22023', '42501'];

/** Throws ConfigError, one line that says what to do, unless the database is there and released. */
export async function requireReleased(database: Database): Promise<void> {
  try {
    await database.query(`select from pgrant_api.tenant_find('', '')`, []);
  } catch (error) {
    throw explain(error as Error & { code?: string });
  }
}

function explain(error: Error & { code?: string }): Error {
  const { code = '', message } = error;
  if (unreleased.includes(code) || /role ".*" does not exist/.test(message)) {
    return new ConfigError(
      `the database of DATABASE_URL is not released (${message}): ` +
        'run npm run release with DATABASE_OWNER_URL',
    );
  }
  if (/^(28|08|3D|53|57|E|CONN)/.test(code)) {
    return new ConfigError(`DATABASE_URL cannot be used: ${message}`);
  }
  return error;
}
