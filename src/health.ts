import type { Config } from './config.ts';
import { connect, type Role } from './db/connect.ts';
import { ConfigError } from './settings.ts';

const timeout = 4_000;

/** Throws ConfigError unless the web process of these settings answers, on its database. */
export async function checkWeb({ port, host, tls }: Config): Promise<void> {
  const local = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const address = `${tls ? 'https' : 'http'}://${local.includes(':') ? `[${local}]` : local}:${port}/.well-known/openid-configuration`;
  // Any answer below 500 comes from a lookup of the tenant, so the database has answered too.
  const answer = await fetch(address, { signal: AbortSignal.timeout(timeout), redirect: 'manual' });
  if (answer.status >= 500) throw new ConfigError(`${address} answers ${answer.status}`);
}

/** Throws unless the database behind `url` answers to `role`. */
export async function checkDatabase(url: string, role: Role): Promise<void> {
  const database = connect(url, role);
  try {
    await database.query('select 1', []);
  } finally {
    await database.end();
  }
}
