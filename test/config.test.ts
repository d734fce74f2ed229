import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ConfigError, loadConfig, requireSecret, settings } from '../src/settings/config.ts';
import { urlsOf } from '../src/settings/database-urls.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgrant-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const database = 'postgres://web:very-secret@db.example:5432/pgrant';

test('nothing set is an embedded demonstration on loopback', () => {
  expect(loadConfig({})).toMatchObject({
    port: 3000,
    host: '127.0.0.1',
    publicUrl: 'http://localhost:3000',
    embedded: true,
    demo: true,
    databasePool: 5,
    databasePrepare: true,
    logLevel: 'info',
  });
});

test('a database of its own has no demo accounts unless they are asked for', () => {
  expect(loadConfig({ DATABASE_URL: database })).toMatchObject({ embedded: false, demo: false });
  expect(loadConfig({ DATABASE_URL: database, PGRANT_DEMO: '1' }).demo).toBe(true);
});

test('the worker uses the database of the web process unless it has its own', () => {
  expect(loadConfig({ DATABASE_URL: database }).databaseWorkerUrl).toBe(database);
});

test('the web process may have several hosts, of which the worker uses the first [libpq 34.1.1.2]', () => {
  const several = 'postgres://web:a,b@db1:5432,[::1]:5433,db3/pgrant?sslmode=require';
  const { databaseUrl, databaseWorkerUrl } = loadConfig({ DATABASE_URL: several });
  expect(databaseUrl).toBe(several);
  expect(databaseWorkerUrl).toBe('postgres://web:a,b@db1:5432/pgrant?sslmode=require');
  expect(urlsOf(several)).toEqual(
    ['db1:5432', '[::1]:5433', 'db3'].map(
      (host) => `postgres://web:a,b@${host}/pgrant?sslmode=require`,
    ),
  );
});

test.each([
  ['PORT', 'http'],
  ['PORT', '65536'],
  ['PUBLIC_URL', 'http://id.example.com'],
  ['PUBLIC_URL', 'https://id.example.com/?a=b'],
  ['DATABASE_URL', 'mysql://db.example/pgrant'],
  ['DATABASE_URL', 'postgres://db1,/pgrant'],
  ['DATABASE_URL', 'postgres://db1:5432,db2:port/pgrant'],
  ['DATABASE_OWNER_URL', 'db.example'],
  ['DATABASE_OWNER_URL', 'postgres://db1,db2/pgrant'],
  ['DATABASE_WORKER_URL', 'postgres://'],
  ['DATABASE_BACKUP_URL', 'localhost'],
  ['DATABASE_POOL', '0'],
  ['DATABASE_PREPARE', 'maybe'],
  ['DEVICE_POLLS', '0'],
  ['PGRANT_SECRET', 'c2hvcnQ='],
  ['PGRANT_DEMO', 'yes please'],
  ['TLS_CERT', 'no-such-file.pem'],
  ['TLS_KEY', 'no-such-file.pem'],
  ['TRUST_PROXY', '10.0.0.0/99'],
  ['TRUST_PROXY', 'everybody'],
  ['METRICS_PORT', 'on'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
  ['OTEL_SDK_DISABLED', 'perhaps'],
  ['OTEL_TRACES_SAMPLER', 'sometimes'],
  ['OTEL_TRACES_SAMPLER_ARG', '2'],
  ['LOG_LEVEL', 'loud'],
])('a bad %s (%s) is one line that names it', (name, value) => {
  const load = () => loadConfig({ [name]: value });
  expect(load).toThrow(ConfigError);
  expect(load).toThrow(new RegExp(`^[^\n]*${name}[^\n]*$`));
});

test('a bad URL of a database is not repeated, since it holds a password', () => {
  const load = () => loadConfig({ DATABASE_URL: 'psql://web:very-secret@db.example/pgrant' });
  expect(load).toThrow(/^(?!.*very-secret)/);
});

test('a certificate that is none is refused', () => {
  const file = join(folder, 'not.pem');
  writeFileSync(file, 'nothing');
  expect(() => loadConfig({ TLS_CERT: file, TLS_KEY: file })).toThrow(/^TLS_CERT and TLS_KEY/);
});

test('any setting may come from a file, as container secrets do', () => {
  const file = join(folder, 'secret');
  const secret = randomBytes(32);
  writeFileSync(file, `${secret.toString('base64')}\n`);
  expect(requireSecret(loadConfig({ PGRANT_SECRET_FILE: file }))).toEqual(secret);
  expect(() => loadConfig({ PGRANT_SECRET_FILE: file, PGRANT_SECRET: 'x' })).toThrow(ConfigError);
});

test('a database of its own needs a secret of its own', () => {
  expect(() => requireSecret(loadConfig({ DATABASE_URL: database }))).toThrow(/PGRANT_SECRET/);
});

test.each([
  ['', '127.0.0.1', false],
  ['loopback', '127.0.0.1', true],
  ['loopback', '::ffff:127.0.0.1', true],
  ['loopback', '10.0.0.1', false],
  ['private', '10.0.0.1', true],
  ['private', '198.51.100.1', false],
  ['192.0.2.1, 2001:db8::/32', '192.0.2.1', true],
  ['192.0.2.1, 2001:db8::/32', '192.0.2.2', false],
  ['192.0.2.1, 2001:db8::/32', '2001:db8::5', true],
  ['192.0.2.1', 'unknown', false],
])('with TRUST_PROXY=%s the peer %s is believed: %s', (list, peer, believed) => {
  expect(loadConfig({ TRUST_PROXY: list }).trustsProxy(peer)).toBe(believed);
});

test('every setting is in the table of src/settings/README.md, with its default and what it means', () => {
  const readme = readFileSync(new URL('../src/settings/README.md', import.meta.url), 'utf8');
  for (const { name, default: value, meaning } of settings) {
    expect(readme).toContain(`| \`${name}\` | ${value} | ${meaning} |`);
  }
});
