// The only reader of process.env. Every setting is checked once, here.
import { resolve } from 'node:path';
import {
  ConfigError,
  databaseAddress,
  type Environment,
  flag,
  integer,
  oneOf,
  proxies,
  publicAddress,
  secretBytes,
  tlsFiles,
  value,
} from './settings.ts';

export { ConfigError } from './settings.ts';

/** Every setting, its default as the README shows it, and what it means. */
export const settings = [
  { name: 'PORT', default: '3000', meaning: 'TCP port to listen on (0 takes any free one)' },
  { name: 'HOST', default: '127.0.0.1', meaning: 'address to listen on' },
  {
    name: 'PUBLIC_URL',
    default: 'http://localhost:PORT',
    meaning: 'where browsers reach this server; https unless it is a loopback address',
  },
  {
    name: 'DATABASE_URL',
    default: '(embedded PostgreSQL)',
    meaning: 'postgres:// URL of the web process; a role other than pgrant_web steps down to it',
  },
  {
    name: 'DATABASE_OWNER_URL',
    default: '(no release at boot)',
    meaning: 'postgres:// URL used by the release only; may create roles and schemas',
  },
  {
    name: 'DATABASE_WORKER_URL',
    default: 'DATABASE_URL',
    meaning: 'postgres:// URL of the worker and the CLI; steps down to pgrant_worker',
  },
  {
    name: 'DATABASE_POOL',
    default: '10',
    meaning: 'most connections of the web process, 1 to 1000',
  },
  {
    name: 'DATABASE_PREPARE',
    default: 'true',
    meaning: 'false behind a pooler that cannot keep prepared statements',
  },
  {
    name: 'PGRANT_DATA',
    default: '.pgrant',
    meaning: 'folder of the embedded PostgreSQL and its secrets',
  },
  {
    name: 'PGRANT_SECRET',
    default: '(made and kept in PGRANT_DATA when the database is embedded)',
    meaning: '32 bytes in base64 that encrypt the signing keys; required with DATABASE_URL',
  },
  {
    name: 'PGRANT_SECRET_OLD',
    default: '(none)',
    meaning:
      'opens what was sealed before PGRANT_SECRET changed; not needed once "pgrant key reseal" has ended',
  },
  {
    name: 'PGRANT_TENANT_KEYS',
    default: '(none)',
    meaning:
      'folder with a key per tenant, kept out of backups of the database: what is sealed of a removed tenant never opens again',
  },
  {
    name: 'PGRANT_DEMO',
    default: '1 when the database is embedded, else 0',
    meaning: '1 makes the tenant "demo" with its accounts and serves the demonstration client',
  },
  { name: 'TLS_CERT', default: '(plain http)', meaning: 'PEM file with the certificate chain' },
  { name: 'TLS_KEY', default: '(plain http)', meaning: 'PEM file with its private key' },
  {
    name: 'TRUST_PROXY',
    default: '(no proxy)',
    meaning:
      'proxies whose X-Forwarded headers are believed: comma-separated addresses, CIDR ranges, ' +
      '"loopback" or "private"',
  },
  {
    name: 'LOG_LEVEL',
    default: 'info',
    meaning: 'trace, debug, info, warn, error, fatal or silent',
  },
] as const;

type Name = (typeof settings)[number]['name'];

export type Config = Readonly<{
  port: number;
  host: string;
  /** Without a slash at the end. */
  publicUrl: string;
  /** No DATABASE_* URL is set: pgrant runs its own PostgreSQL. */
  embedded: boolean;
  databaseUrl: string | undefined;
  databaseOwnerUrl: string | undefined;
  databaseWorkerUrl: string | undefined;
  databasePool: number;
  databasePrepare: boolean;
  /** Absolute path. */
  dataFolder: string;
  /** 32 bytes; undefined until the embedded database has made one. */
  secret: Buffer | undefined;
  /** What it was before. */
  oldSecret: Buffer | undefined;
  /** Absolute path. */
  tenantKeyFolder: string | undefined;
  demo: boolean;
  tls: { cert: Buffer; key: Buffer } | undefined;
  /** Whether X-Forwarded headers from this peer address are believed. */
  trustsProxy: (address: string) => boolean;
  logLevel: string;
}>;

/** The checked settings of an environment; throws ConfigError at the first bad one. */
export function loadConfig(env: Environment = process.env): Config {
  const read = (name: Name) => value(env, name);
  const port = integer('PORT', read('PORT') ?? '3000', 0, 65535);
  const tls = tlsFiles(read('TLS_CERT'), read('TLS_KEY'));
  const databaseUrl = databaseAddress('DATABASE_URL', read('DATABASE_URL'));
  const databaseOwnerUrl = databaseAddress('DATABASE_OWNER_URL', read('DATABASE_OWNER_URL'));
  const tenantKeys = read('PGRANT_TENANT_KEYS');
  const embedded = databaseUrl === undefined && databaseOwnerUrl === undefined;
  return {
    port,
    host: read('HOST') ?? '127.0.0.1',
    publicUrl: publicAddress(read('PUBLIC_URL') ?? `${tls ? 'https' : 'http'}://localhost:${port}`),
    embedded,
    databaseUrl,
    databaseOwnerUrl,
    databaseWorkerUrl:
      databaseAddress('DATABASE_WORKER_URL', read('DATABASE_WORKER_URL')) ?? databaseUrl,
    databasePool: integer('DATABASE_POOL', read('DATABASE_POOL') ?? '10', 1, 1000),
    databasePrepare: flag('DATABASE_PREPARE', read('DATABASE_PREPARE') ?? 'true'),
    dataFolder: resolve(read('PGRANT_DATA') ?? '.pgrant'),
    secret: secretBytes('PGRANT_SECRET', read('PGRANT_SECRET')),
    oldSecret: secretBytes('PGRANT_SECRET_OLD', read('PGRANT_SECRET_OLD')),
    tenantKeyFolder: tenantKeys === undefined ? undefined : resolve(tenantKeys),
    demo: flag('PGRANT_DEMO', read('PGRANT_DEMO') ?? String(embedded)),
    tls,
    trustsProxy: proxies(read('TRUST_PROXY')),
    logLevel: oneOf('LOG_LEVEL', read('LOG_LEVEL') ?? 'info', [
      'trace',
      'debug',
      'info',
      'warn',
      'error',
      'fatal',
      'silent',
    ]),
  };
}

/** The 32 bytes that encrypt the signing keys; throws ConfigError where there are none. */
export function requireSecret(config: Config): Buffer {
  if (config.secret) return config.secret;
  throw new ConfigError(
    'PGRANT_SECRET must be set with DATABASE_URL: 32 bytes in base64 (openssl rand -base64 32)',
  );
}
