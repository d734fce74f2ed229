// The only reader of process.env. Every setting is checked once, here.
import type { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { Name } from './catalogue.ts';
import { databaseAddress, databaseAddresses, urlsOf } from './database-urls.ts';
import {
  ConfigError,
  certificates,
  type Environment,
  flag,
  integer,
  oneOf,
  proxies,
  publicAddress,
  secretBytes,
  share,
  tlsFiles,
  value,
  webAddress,
} from './values.ts';

export { settings } from './catalogue.ts';
export { ConfigError } from './values.ts';

const certificateHeaders = ['client-cert', 'x-ssl-client-cert', 'x-forwarded-client-cert'] as const;
export type CertificateHeader = (typeof certificateHeaders)[number];

export type Config = Readonly<{
  port: number;
  host: string;
  /** Without a slash at the end. */
  publicUrl: string;
  /** No DATABASE_* URL is set: pgrant runs its own PostgreSQL. */
  embedded: boolean;
  /** May name several hosts. */
  databaseUrl: string | undefined;
  databaseOwnerUrl: string | undefined;
  databaseWorkerUrl: string | undefined;
  databaseBackupUrl: string | undefined;
  databasePool: number;
  databasePrepare: boolean;
  /** In a second. */
  devicePolls: number;
  /** Absolute path. */
  dataFolder: string;
  /** 32 bytes; undefined until the embedded database has made one. */
  secret: Buffer | undefined;
  /** What it was before. */
  oldSecret: Buffer | undefined;
  /** Absolute path. */
  tenantKeyFolder: string | undefined;
  /** Absolute path; undefined where audit events are dropped without an archive. */
  archiveFolder: string | undefined;
  /** undefined for the user of the operating system. */
  actor: string | undefined;
  demo: boolean;
  tls: { cert: Buffer; key: Buffer } | undefined;
  /** Whether X-Forwarded headers from this peer address are believed. */
  trustsProxy: (address: string) => boolean;
  /** undefined for no listener that asks for client certificates. */
  mtlsPort: number | undefined;
  /** Whose client certificates are good by their names. */
  mtlsAuthorities: X509Certificate[];
  /** The header in which trusted proxies hand them on. */
  certificateHeader: CertificateHeader | undefined;
  /** undefined for no metrics. */
  metricsPort: number | undefined;
  metricsHost: string;
  /** undefined for no traces. */
  traces: { url: string; sampler: string; ratio: number } | undefined;
  logLevel: string;
}>;

/** The checked settings of an environment; throws ConfigError at the first bad one. */
export function loadConfig(env: Environment = process.env): Config {
  const read = (name: Name) => value(env, name);
  const port = integer('PORT', read('PORT') ?? '3000', 0, 65535);
  const tls = tlsFiles(read('TLS_CERT'), read('TLS_KEY'));
  const databaseUrl = databaseAddresses('DATABASE_URL', read('DATABASE_URL'));
  const databaseOwnerUrl = databaseAddress('DATABASE_OWNER_URL', read('DATABASE_OWNER_URL'));
  const tenantKeys = read('PGRANT_TENANT_KEYS');
  const archive = read('PGRANT_ARCHIVE');
  const embedded = databaseUrl === undefined && databaseOwnerUrl === undefined;
  return {
    port,
    host: read('HOST') ?? '127.0.0.1',
    publicUrl: publicAddress(read('PUBLIC_URL') ?? `${tls ? 'https' : 'http'}://localhost:${port}`),
    embedded,
    databaseUrl,
    databaseOwnerUrl,
    databaseWorkerUrl:
      databaseAddress('DATABASE_WORKER_URL', read('DATABASE_WORKER_URL')) ??
      (databaseUrl === undefined ? undefined : urlsOf(databaseUrl)[0]),
    databaseBackupUrl:
      databaseAddress('DATABASE_BACKUP_URL', read('DATABASE_BACKUP_URL')) ?? databaseOwnerUrl,
    databasePool: integer('DATABASE_POOL', read('DATABASE_POOL') ?? '5', 1, 1000),
    databasePrepare: flag('DATABASE_PREPARE', read('DATABASE_PREPARE') ?? 'true'),
    devicePolls: integer('DEVICE_POLLS', read('DEVICE_POLLS') ?? '200', 1, 100_000),
    dataFolder: resolve(read('PGRANT_DATA') ?? '.pgrant'),
    secret: secretBytes('PGRANT_SECRET', read('PGRANT_SECRET')),
    oldSecret: secretBytes('PGRANT_SECRET_OLD', read('PGRANT_SECRET_OLD')),
    tenantKeyFolder: tenantKeys === undefined ? undefined : resolve(tenantKeys),
    archiveFolder: archive === undefined ? undefined : resolve(archive),
    actor: read('PGRANT_ACTOR'),
    demo: flag('PGRANT_DEMO', read('PGRANT_DEMO') ?? String(embedded)),
    tls,
    trustsProxy: proxies(read('TRUST_PROXY')),
    ...mtls(read, tls !== undefined),
    ...telemetry(read, env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT),
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

function mtls(read: (name: Name) => string | undefined, tls: boolean) {
  const port = read('MTLS_PORT');
  const header = read('CLIENT_CERT_HEADER')?.toLowerCase();
  if (port !== undefined && !tls) {
    throw new ConfigError(
      'MTLS_PORT needs TLS_CERT and TLS_KEY: behind a proxy, see CLIENT_CERT_HEADER',
    );
  }
  if (header !== undefined && read('TRUST_PROXY') === undefined) {
    throw new ConfigError('CLIENT_CERT_HEADER needs TRUST_PROXY, which says who may send it');
  }
  return {
    mtlsPort: port === undefined ? undefined : integer('MTLS_PORT', port, 0, 65535),
    mtlsAuthorities: certificates('MTLS_CA', read('MTLS_CA')),
    certificateHeader:
      header === undefined
        ? undefined
        : (oneOf('CLIENT_CERT_HEADER', header, certificateHeaders) as CertificateHeader),
  } as const;
}

function telemetry(read: (name: Name) => string | undefined, ownUrl: string | undefined) {
  const port = read('METRICS_PORT');
  const roots = ['always_on', 'always_off', 'traceidratio'];
  const sampler = oneOf(
    'OTEL_TRACES_SAMPLER',
    read('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on',
    [...roots, ...roots.map((root) => `parentbased_${root}`)],
  );
  const ratio = share('OTEL_TRACES_SAMPLER_ARG', read('OTEL_TRACES_SAMPLER_ARG') ?? '1');
  const endpoint = webAddress('OTEL_EXPORTER_OTLP_ENDPOINT', read('OTEL_EXPORTER_OTLP_ENDPOINT'));
  const disabled = flag('OTEL_SDK_DISABLED', read('OTEL_SDK_DISABLED') ?? 'false');
  return {
    metricsPort: port === undefined ? undefined : integer('METRICS_PORT', port, 0, 65535),
    metricsHost: read('METRICS_HOST') ?? '127.0.0.1',
    traces:
      disabled || endpoint === undefined
        ? undefined
        : { url: ownUrl || `${endpoint.replace(/\/$/, '')}/v1/traces`, sampler, ratio },
  };
}

/** The 32 bytes that encrypt the signing keys; throws ConfigError where there are none. */
export function requireSecret(config: Config): Buffer {
  if (config.secret) return config.secret;
  throw new ConfigError(
    'PGRANT_SECRET must be set with DATABASE_URL: 32 bytes in base64 (openssl rand -base64 32)',
  );
}

/** The environment of a program that is started, without one variable. */
export function environmentWithout(name: string): NodeJS.ProcessEnv {
  const { [name]: _, ...left } = process.env;
  return left;
}
