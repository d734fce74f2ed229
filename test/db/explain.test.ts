// What is said of a login that the server does not know.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { TLSSocket } from 'node:tls';
import pg from 'pg';
import { expect, test } from 'vitest';
import { connect } from '../../src/db/connect.ts';
import { clientConfig } from '../../src/db/listen.ts';
import { explainDatabase } from '../../src/db/released.ts';
import { runAlone, secret } from '../cli/cli.ts';
import { certificate as cert, key } from '../support/loopback-tls.ts';

const unknown = (role: string) =>
  Object.assign(new Error(`role "${role}" does not exist`), {
    code: '28000',
    routine: 'InitializeSessionUserId',
  });

test.each([
  [
    'DATABASE_OWNER_URL',
    'releaser',
    /^DATABASE_OWNER_URL cannot be used: role "releaser" does not exist$/,
  ],
  [
    'DATABASE_OWNER_URL',
    'pgrant_owner',
    /^DATABASE_OWNER_URL cannot be used: role "pgrant_owner" does/,
  ],
  [
    'DATABASE_BACKUP_URL',
    'dumper',
    /^DATABASE_BACKUP_URL cannot be used: role "dumper" does not exist$/,
  ],
  ['DATABASE_URL', 'app', /^DATABASE_URL cannot be used: role "app" does not exist$/],
  // The release makes these.
  [
    'DATABASE_URL',
    'pgrant_web',
    /^the database of DATABASE_URL is not released .* run npm run release/,
  ],
])('%s with the login %s', (setting, role, said) => {
  expect((explainDatabase(unknown(role), setting) as Error).message).toMatch(said);
});

test('a release that lacks something is not told to run the release', () => {
  const refused = Object.assign(new Error('permission denied for database x'), { code: '42501' });
  expect((explainDatabase(refused, 'DATABASE_OWNER_URL') as Error).message).toBe(
    'DATABASE_OWNER_URL cannot be used: permission denied for database x',
  );
});

test('whoever asks while npm start gets its first database ready is told to wait for that', () => {
  const early = Object.assign(new Error('password authentication failed'), { code: '28P01' });
  for (const error of [early, unknown('pgrant_worker')]) {
    const { message } = explainDatabase(error, 'PGRANT_DATA') as Error;
    expect(message).toMatch(/^the database of PGRANT_DATA is not ready .*: npm start says when/);
  }
  expect((explainDatabase(early, 'DATABASE_URL') as Error).message).toMatch('cannot be used');
});

/** A PostgreSQL as far as its greeting, which counts those who trust it so far as to log in. */
async function startGreeter() {
  const greeter = { url: '', logins: 0, stop: () => server.close() };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write('S');
      const tls = new TLSSocket(socket, { isServer: true, cert, key }).on('error', () => {});
      tls.on('data', () => {
        greeter.logins += 1;
        tls.destroy();
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  greeter.url = `postgres://pgrant_web:x@127.0.0.1:${(server.address() as AddressInfo).port}/pgrant`;
  return greeter;
}

test.each([
  ['require', true],
  ['verify-full', false],
])(
  'sslmode=%s means the same to whoever asks and to whoever listens [libpq 34.19.1]',
  async (mode, trusts) => {
    const [asked, heard] = [await startGreeter(), await startGreeter()];
    const url = `${asked.url}?sslmode=${mode}`;
    const asking = connect(url, 'pgrant_web', { patience: 5_000, deadline: 5_000 });
    await expect(asking.query('select', [])).rejects.toThrow();
    await asking.end();
    const config = clientConfig(`${heard.url}?sslmode=${mode}`, 'pgrant_web', 'test');
    await expect(new pg.Client(config).connect()).rejects.toThrow();
    expect([asked.logins > 0, heard.logins > 0]).toEqual([trusts, trusts]);
    asked.stop();
    heard.stop();
  },
);

test('a certificate that nobody vouches for is one line', async () => {
  const greeter = await startGreeter();
  const url = `${greeter.url}?sslmode=verify-full`;
  const settings = { DATABASE_URL: url, DATABASE_OWNER_URL: url };
  const environment = { ...settings, PGRANT_SECRET: secret.toString('base64'), PORT: '0' };
  for (const [setting, ...words] of [
    ['DATABASE_URL', 'web'],
    ['DATABASE_URL', 'tenant', 'list'],
    ['DATABASE_OWNER_URL', 'release'],
  ]) {
    const { code, err } = await runAlone(environment, words);
    expect(code).toBe(1);
    expect(err).toMatch(
      new RegExp(`^pgrant: ${setting} cannot be used: self-signed certificate[^\\n]*\\n$`),
    );
  }
  greeter.stop();
}, 60_000);
