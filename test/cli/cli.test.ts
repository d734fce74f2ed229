import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { platform } from 'node:os';
import { dirname } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { confirm } from '../../src/cli/input.ts';
import { compiled } from '../support/compiled.ts';
import { createDatabase, serverLog } from '../support/database.ts';
import { operator, runAlone as run } from './cli.ts';

const database = await createDatabase();
const { environment, pgrant } = operator(database);
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

test.each([
  [[], 'which command?'],
  [['client', 'secret'], 'which command?'],
  [['tenant', 'frobnicate'], "unknown command 'frobnicate'"],
  [['tenant', 'show'], "missing required argument 'name'"],
  [['tenant', 'add', 'acme'], "required option '--issuer <url>' not specified"],
  [['client', 'list'], "required option '--tenant <name>' not specified"],
  [['user', 'list', '--tenant', 'acme', '--limit', '0'], 'It must be a whole number from 1.'],
])('%j is wrong usage: exit code 2, and where the help is', async (words, message) => {
  const { code, out, err } = await pgrant(words);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(message);
  expect(err).toContain('--help');
  const json = await pgrant([...words, '--json']);
  expect(JSON.parse(json.err).error).toContain(message);
});

test('--help is on stdout with exit code 0', async () => {
  const { code, out, err } = await pgrant(['client', 'add', '--help']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('Usage: pgrant client add [options]');
  expect(out).toContain('--json');
});

/** What a command says, and its exit code, where its output goes elsewhere: `null` = to a reader that has gone. */
async function withOutput(to: number | null, words: string[]) {
  const child = spawn(process.execPath, [main, ...words], {
    env: { ...compiled, ...environment },
    stdio: ['ignore', to ?? 'pipe', 'pipe'],
  });
  child.stdout?.destroy();
  const closed = once(child, 'close');
  const err = await text(child.stderr as Readable);
  return { code: (await closed)[0], err };
}

test.each([[['--help']], [['client', 'add', '--help']], [['tenant', 'presets']]])(
  '%j is silent where nobody reads to its end',
  async (words) => {
    expect(await withOutput(null, words)).toEqual({ code: 0, err: '' });
  },
);

test.runIf(platform() === 'linux').each([[['--help']], [['tenant', 'presets', '--json']]])(
  '%j fails with one line where what it says cannot be written',
  async (words) => {
    const full = openSync('/dev/full', 'w');
    const { code, err } = await withOutput(full, words);
    closeSync(full);
    expect(code).toBe(1);
    expect(err).toMatch(/stdout cannot be written: ENOSPC[^\n]*\n$/);
    expect(err.trim().split('\n')).toHaveLength(1);
  },
);

test('without a database there is one line that says how to have one', async () => {
  const { code, out, err } = await run({}, ['tenant', 'list']);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toBe(
    'pgrant: there is no database: set DATABASE_URL, or run npm start, whose database is in /nonexistent/pgrant\n',
  );
});

test('without the secret no tenant is made, since it could not sign', async () => {
  const { DATABASE_WORKER_URL } = environment;
  const words = ['tenant', 'add', 'acme', '--issuer', 'https://id.example'];
  const refused = await run({ DATABASE_WORKER_URL }, words);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/^pgrant: PGRANT_SECRET must be set [^\n]*\n$/);
  expect((await run({ DATABASE_WORKER_URL }, ['tenant', 'list', '--json'])).out).toBe('[]\n');
});

const own = process.env.PGRANT_TEST_POSTGRES === undefined;
test.runIf(own)(
  'the database of a running npm start is found by its data folder, with its secret',
  { timeout: 90_000 },
  async () => {
    const embedded = { PGRANT_DATA: dirname(serverLog()) };
    expect((await run(embedded, ['release'])).code).toBe(0);
    const issuer = ['--issuer', 'http://localhost:3000/found'];
    const added = await run(embedded, ['tenant', 'add', 'found', ...issuer, '--json']);
    expect(JSON.parse(added.out)).toMatchObject({ keys: [{ alg: 'ES256' }, { alg: 'RS256' }] });
  },
);

test('a superuser steps down to pgrant_worker', async () => {
  const { code, out } = await run({ DATABASE_URL: database.url('postgres') }, ['tenant', 'list']);
  expect({ code, out }).toEqual({ code: 0, out: 'there are no tenants: pgrant tenant add\n' });
});

test('a login that may not operate, a wrong password, a dead server: one line each and exit code 1', async () => {
  const web = await run({ DATABASE_URL: database.url('pgrant_web') }, ['tenant', 'list']);
  expect(web.code).toBe(1);
  expect(web.err).toBe(
    'pgrant: DATABASE_URL cannot be used: permission denied to set role "pgrant_worker": ' +
      'it takes a login to which a DBA has granted pgrant_worker\n',
  );
  const wrong = new URL(database.url('pgrant_worker'));
  wrong.password = 'wrong';
  const refused = await run({ DATABASE_URL: wrong.href }, ['tenant', 'list']);
  expect(refused.err).toMatch(/^pgrant: DATABASE_URL cannot be used: [^\n]*\n$/);
  const dead = await run({ DATABASE_URL: 'postgres://x@127.0.0.1:9/x' }, ['tenant', 'list']);
  expect(dead.code).toBe(1);
  expect(dead.err).toMatch(/^pgrant: DATABASE_URL cannot be used: [^\n]*\n$/);
});

test('release says what it did, and a database that is not released says what to run', {
  timeout: 90_000,
}, async () => {
  const empty = await createDatabase({ empty: true });
  const worker = { DATABASE_WORKER_URL: empty.url('pgrant_worker') };
  const before = await run(worker, ['tenant', 'list']);
  expect(before.code).toBe(1);
  expect(before.err).toMatch(
    /^pgrant: the database of DATABASE_WORKER_URL is not released [^\n]*npm run release[^\n]*\n$/,
  );

  const owner = { DATABASE_OWNER_URL: empty.url('postgres') };
  const first = await run(owner, ['release', '--json']);
  expect(JSON.parse(first.out)).toMatchObject({ reloaded: true });
  const second = await run(owner, ['release']);
  expect(second.out).toBe('nothing to release: the database has this release\n');
  expect((await run(worker, ['tenant', 'list'])).code).toBe(0);
  const nowhere = await run({}, ['release']);
  expect(nowhere.err).toMatch(/^pgrant: there is no database to release: set DATABASE_OWNER_URL/);
});

test.each([
  ['acme', undefined],
  ['acme ', undefined],
  ['amce', 'nothing was removed'],
  ['', 'nothing was removed'],
])('at a terminal the name has to be typed: "%s"', async (typed, refusal) => {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = new PassThrough();
  const asked = text(output);
  input.write(`${typed}\n`);
  const answer = confirm('acme', 'the tenant acme', {}, { input, output }).then(
    () => undefined,
    (error) => error.message,
  );
  expect(await answer).toBe(refusal);
  output.end();
  expect(await asked).toContain('This removes the tenant acme for good. Type acme to go on: ');
});
