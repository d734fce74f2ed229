// The settings as README.md beside this lists them.

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
    meaning:
      'postgres:// URL of the web process; a role other than pgrant_web steps down to it; may name several hosts (h1:5432,h2:5432)',
  },
  {
    name: 'DATABASE_OWNER_URL',
    default: '(no release at boot)',
    meaning: 'postgres:// URL used by the release only; may create roles and schemas',
  },
  {
    name: 'DATABASE_WORKER_URL',
    default: 'DATABASE_URL, its first host',
    meaning: 'postgres:// URL of the worker and the CLI; steps down to pgrant_worker',
  },
  {
    name: 'DATABASE_BACKUP_URL',
    default: 'DATABASE_OWNER_URL, or a running npm start',
    meaning: 'postgres:// URL of pgrant backup; a superuser, or BYPASSRLS and pg_read_all_data',
  },
  {
    name: 'DATABASE_POOL',
    default: '5',
    meaning:
      'most connections of the web process, 1 to 1000; one tenant has half of them (3 of 5) at most',
  },
  {
    name: 'DATABASE_PREPARE',
    default: 'true',
    meaning: 'false behind a pooler that cannot keep prepared statements',
  },
  {
    name: 'DEVICE_POLLS',
    default: '200',
    meaning:
      'most polls of waiting devices that a web process decides in a second, 1 to 100000; of more, some are told to slow down',
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
    name: 'PGRANT_ARCHIVE',
    default: '(none)',
    meaning:
      'folder to which the worker archives audit events that are past their retention; they are not dropped before',
  },
  {
    name: 'PGRANT_ACTOR',
    default: '(user of the operating system, @ the machine)',
    meaning: 'whom the audit names behind a command, such as the user of a CI run',
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
    name: 'MTLS_PORT',
    default: '(no mTLS)',
    meaning:
      'TCP port besides PORT on which client certificates are asked for (RFC 8705); needs TLS_CERT',
  },
  {
    name: 'MTLS_CA',
    default: '(no authority)',
    meaning: 'PEM file of the authorities whose certificates are good for tls_client_auth',
  },
  {
    name: 'CLIENT_CERT_HEADER',
    default: '(none)',
    meaning:
      'header in which a proxy of TRUST_PROXY hands on client certificates: ' +
      'Client-Cert, X-SSL-Client-Cert or X-Forwarded-Client-Cert',
  },
  {
    name: 'METRICS_PORT',
    default: '(no metrics)',
    meaning: 'TCP port of /metrics (Prometheus), /livez and /readyz, of web and worker alike',
  },
  {
    name: 'METRICS_HOST',
    default: '127.0.0.1',
    meaning: 'address that METRICS_PORT listens on',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    default: '(no traces)',
    meaning: 'URL of an OpenTelemetry collector, OTLP by http/protobuf',
  },
  {
    name: 'OTEL_SDK_DISABLED',
    default: 'false',
    meaning: 'true sends no traces, whatever the endpoint',
  },
  {
    name: 'OTEL_TRACES_SAMPLER',
    default: 'parentbased_always_on',
    meaning: 'always_on, always_off or traceidratio, each also after parentbased_',
  },
  {
    name: 'OTEL_TRACES_SAMPLER_ARG',
    default: '1',
    meaning: 'share of traces that traceidratio keeps, 0 to 1',
  },
  {
    name: 'LOG_LEVEL',
    default: 'info',
    meaning: 'trace, debug, info, warn, error, fatal or silent',
  },
] as const;

export type Name = (typeof settings)[number]['name'];
