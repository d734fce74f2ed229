// Where PostgreSQL is. A URL may name several hosts, as libpq's do: postgres://user@db1:5432,db2:5432/pgrant
// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
import { ConfigError } from './values.ts';

/** The URL of each host. */
export function urlsOf(url: string): string[] {
  const [, before = '', hosts = '', after = ''] =
    /^(\w+:\/\/(?:[^/?#]*@)?)([^/?#]*)(.*)$/s.exec(url) ?? [];
  return hosts.split(',').map((host) => before + host + after);
}

/** The setting, which names one host. */
export function databaseAddress(name: string, text: string | undefined): string | undefined {
  const url = databaseAddresses(name, text);
  if (url !== undefined && urlsOf(url).length > 1)
    throw new ConfigError(`${name} must name one host: only DATABASE_URL may name several`);
  return url;
}

/** The setting, which may name several hosts. */
export function databaseAddresses(name: string, text: string | undefined): string | undefined {
  if (text === undefined || urlsOf(text).every(isDatabase)) return text;
  // The text may hold a password, so it is never repeated in the message.
  throw new ConfigError(`${name} must look like postgres://user:password@host:5432/database`);
}

const isDatabase = (url: string) =>
  /^postgres(ql)?:\/\//.test(url) && Boolean(URL.parse(url)?.hostname);
