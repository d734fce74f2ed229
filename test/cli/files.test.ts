// Files and folders that a command is given, and what is said where they cannot be used.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder } from '../../src/settings/folder.ts';
import { createDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { operator, run } from './cli.ts';

const database = await createDatabase();
const { environment, pgrant, document } = operator(database);
const folder = mkdtempSync(join(tmpdir(), 'pgrant-files-'));
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => document('tenant add acme --issuer http://localhost:3000/acme'));

test.each([['tenant import'], ['audit lost'], ['audit verify-archive']])(
  '%s of a file that is not there, or is a folder, says so and nothing of the database: exit code 2',
  async (command) => {
    for (const [file, code] of [
      [join(folder, 'nothing'), 'ENOENT'],
      [folder, 'EISDIR'],
    ] as const) {
      const { code: exit, out, err } = await pgrant([...command.split(' '), file]);
      expect({ exit, out }).toEqual({ exit: 2, out: '' });
      expect(err).toBe(`pgrant: ${file} cannot be read (${code})\n`);
    }
  },
);

test('a folder is made with those above it, and is there already the next time', () => {
  const deep = join(folder, 'a', 'b', 'c');
  makeFolder(deep, 0o700);
  makeFolder(deep, 0o700);
  expect(statSync(join(folder, 'a', 'b')).mode & 0o777).toBe(0o700);
  writeFileSync(join(folder, 'file'), '');
  expect(() => makeFolder(join(folder, 'file'))).toThrow('EEXIST');
  expect(() => makeFolder(join(folder, 'file', 'below'))).toThrow('ENOTDIR');
});

// Its kernel says of a folder below /proc that there is none, whatever is above it.
test.runIf(platform() === 'linux').each([
  ['audit copy --to /proc/pgrant/audit', 1, "ENOENT: no such file or directory, mkdir '/proc/"],
  [
    'key export --tenant acme --into /proc/pgrant/keys',
    2,
    '--into wants a folder that can be written, and /proc/pgrant cannot (ENOENT)',
  ],
])(
  '%s ends, with one line',
  async (line, code, message) => {
    const ended = await new Promise<{ code: unknown; err: string }>((resolve) => {
      const env = { PATH: '', ...environment };
      const words = [main, ...line.split(' ')];
      execFile(process.execPath, words, { env, timeout: 20_000 }, (error, _out, err) =>
        resolve({ code: error?.code, err }),
      );
    });
    expect(ended.code).toBe(code);
    expect(ended.err).toMatch(/^pgrant: [^\n]*\n$/);
    expect(ended.err).toContain(`pgrant: ${message}`);
  },
  30_000,
);

test('no file of a command is taken for a fault of the database', async () => {
  const { code, err } = await pgrant(['tenant', 'export', 'acme', '--to', '/nonexistent/acme']);
  expect(code).toBe(2);
  expect(err).toBe('pgrant: the export /nonexistent/acme cannot be written (ENOENT)\n');
});

test('what is no identifier is told with the command that lists them', async () => {
  const revoked = await pgrant(['grant', 'revoke', 'nix', '--tenant', 'acme']);
  expect([revoked.code, revoked.err]).toEqual([
    1,
    'pgrant: "nix" is not an identifier such as 01234567-89ab-cdef-0123-456789abcdef\n  list them: pgrant grant list\n',
  ]);
  const words = ['registration', 'token', 'remove', 'nix', '--tenant', 'acme', '--json'];
  expect(JSON.parse((await pgrant(words)).err).hint).toBe(
    'list them: pgrant registration token list',
  );
});

test('a web process that does not answer is told with its address', async () => {
  const port = await freePort();
  const { code, err } = await run({ ...environment, PORT: `${port}` }, ['health', 'web']);
  expect(code).toBe(1);
  expect(err).toMatch(
    /^pgrant: http:\/\/[a-z0-9.]+:\d+\/readyz does not answer: [^\n]*ECONNREFUSED[^\n]*\n$/,
  );
});
