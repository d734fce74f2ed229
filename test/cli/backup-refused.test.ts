// What backup says where there is nothing whole to dump or to compare, or where the login may not read it.
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { signManifest } from '../../src/protocol/backup-manifest.ts';
import { createDatabase, serverLog } from '../support/database.ts';
import { run, secret, start } from './cli.ts';

const empty = await createDatabase({ empty: true });
const half = await createDatabase();
const whole = await createDatabase();
const dumper = `dumper_${whole.name}`;
const folder = mkdtempSync(join(tmpdir(), 'pgrant-refused-'));
const [dump, manifest, signed] = ['a.dump', 'a.manifest', 'signed'].map((name) =>
  join(folder, name),
) as [string, string, string];

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await whole.sql.unsafe(`drop role if exists ${dumper}`);
});

const dumping = ['backup', 'dump', '--to', dump, '--manifest', manifest];
const checking = ['backup', 'check', '--manifest', signed];

async function pgrant(url: string, words: string[]) {
  const environment = { DATABASE_BACKUP_URL: url, PGRANT_SECRET: secret.toString('base64') };
  return await run({ DATABASE_URL: url, ...environment }, words);
}

async function signSome(): Promise<void> {
  const parts = { tables: {}, structure: {}, functions: {}, rights: [] };
  const about = { database: 'source', iat: 1_700_000_000, released: 'x' };
  writeFileSync(signed, await signManifest({ ...about, ...parts }, secret));
}

describe.each([
  ['without pgrant', empty, 'select', 'relation "pgrant_release.released" does not exist'],
  [
    'half restored',
    half,
    'delete from pgrant_release.released',
    'pgrant_release.released has no row',
  ],
])('a database %s', (_, database, undo, why) => {
  test.each([
    ['dump', dumping],
    ['check', checking],
  ])('is refused by %s in one line with what to do, and no file is left', async (_, words) => {
    await signSome();
    await database.sql.unsafe(undo);
    const { code, err, out } = await pgrant(database.url('postgres'), words);
    const error = `the database ${database.name} has no pgrant, or not all of it: ${why}`;
    const hint =
      'DATABASE_BACKUP_URL has to name one that was released, or into which all of a dump was restored';
    expect({ code, err, out }).toEqual({ code: 1, err: `pgrant: ${error}\n  ${hint}\n`, out: '' });
    const json = await pgrant(database.url('postgres'), [...words, '--json']);
    expect([json.code, JSON.parse(json.err)]).toEqual([1, { error, hint }]);
    expect([dump, manifest].filter(existsSync)).toEqual([]);
  });
});

test('who may not read all is told which right is missing', async () => {
  await signSome();
  await whole.sql.unsafe(`create role ${dumper} login bypassrls password 'x'`);
  const url = whole.url('postgres').replace(/\/\/postgres:[^@]*@/, `//${dumper}:x@`);
  for (const words of [dumping, checking]) {
    const { code, err } = await pgrant(url, words);
    expect([code, err]).toEqual([
      1,
      `pgrant: ${dumper} may not read all of the database ${whole.name}: permission denied for schema pgrant_release\n` +
        `  a DBA has to: grant pg_read_all_data to ${dumper}\n`,
    ]);
  }
});

test('a dump that fails leaves what was there before it, and no file of its own', async () => {
  writeFileSync(manifest, 'of yesterday');
  const failing = [...dumping, '--pg-dump', 'no-such-pg_dump'];
  const { code, err } = await pgrant(whole.url('postgres'), failing);
  expect([code, err.split('\n')[0]]).toEqual([
    1,
    'pgrant: no dump was made: spawn no-such-pg_dump ENOENT',
  ]);
  expect([dump, manifest].filter(existsSync)).toEqual([manifest]);
});

/** A pg_dump that has written half of it, and then does something else. */
function dumpingHalf(then: string): string[] {
  const program = join(folder, 'half');
  const script = `#!/bin/sh\nfor word; do case $word in --file=*) echo half > "${'$'}{word#--file=}";; esac; done\n${then}\n`;
  writeFileSync(program, script, { mode: 0o700 });
  return [...dumping, '--pg-dump', program];
}

test('a dump that fails half-way leaves that of yesterday as it was', async () => {
  for (const file of [dump, manifest]) writeFileSync(file, 'of yesterday');
  const { code, err } = await pgrant(
    whole.url('postgres'),
    dumpingHalf('echo disk full >&2; exit 1'),
  );
  expect([code, err.split('\n')[0]]).toEqual([1, 'pgrant: no dump was made: disk full']);
  expect([dump, manifest].map((file) => readFileSync(file, 'utf8'))).toEqual([
    'of yesterday',
    'of yesterday',
  ]);
});

test('a dump that a signal ends leaves that of yesterday, no draft and no password', async () => {
  for (const file of [dump, manifest]) writeFileSync(file, 'of yesterday');
  const own = mkdtempSync(join(folder, 'signal-'));
  const url = whole.url('postgres');
  const environment = { DATABASE_BACKUP_URL: url, PGRANT_SECRET: secret.toString('base64') };
  const child = start(
    { ...environment, TMPDIR: own },
    dumpingHalf(`touch ${own}/written; exec sleep 60`),
  );
  await expect.poll(() => existsSync(join(own, 'written')), { timeout: 20_000 }).toBe(true);
  expect(readdirSync(own).filter((name) => name.startsWith('pgrant-backup-'))).toHaveLength(1);
  child.kill('SIGINT');
  const [code, signal] = await once(child, 'close');
  expect([code, signal]).toEqual([null, 'SIGINT']);
  expect(readdirSync(own)).toEqual(['written']);
  expect(readdirSync(folder).filter((name) => name.startsWith('a.'))).toEqual([
    'a.dump',
    'a.manifest',
  ]);
  expect(readFileSync(dump, 'utf8')).toBe('of yesterday');
});

test.skipIf(process.env.PGRANT_TEST_POSTGRES)(
  'beside a running npm start its database and its secret are found',
  async () => {
    const { code, err } = await run({ PGRANT_DATA: dirname(serverLog()) }, dumping);
    // Whether another test has released it by now, and this machine's pg_dump is too old, does not matter.
    expect(code).toBe(1);
    expect(err).toMatch(
      /^pgrant: (?:the database pgrant has no pgrant, or not all of it|no dump was made): /,
    );
  },
);

test('without a database what to set is said', async () => {
  const { code, err } = await run({ PGRANT_DATA: folder }, checking);
  expect([code, err]).toEqual([
    1,
    `pgrant: there is no database to back up: set DATABASE_BACKUP_URL, or run npm start, whose database is in ${folder}\n`,
  ]);
});

test('of a link what it leads to is replaced', async () => {
  const real = join(folder, 'real.dump');
  writeFileSync(real, 'of yesterday');
  rmSync(dump, { force: true });
  symlinkSync(real, dump);
  expect(await pgrant(whole.url('postgres'), dumpingHalf('exit 0'))).toMatchObject({ code: 0 });
  expect(readlinkSync(dump)).toBe(real);
  expect(readFileSync(real, 'utf8')).toBe('half\n');
  rmSync(dump);
});
