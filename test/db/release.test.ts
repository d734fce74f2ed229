import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Logger, runMigrations } from 'graphile-worker';
import postgres from 'postgres';
import { afterAll, expect, test } from 'vitest';
import { startEmbedded } from '../../src/db/embedded.ts';
import { release } from '../../src/db/release.ts';
import { createDatabase } from '../support/database.ts';

const sqlFolder = fileURLToPath(new URL('../../sql', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'pgrant-sql-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A copy of sql/ with files of its own on top. */
function variant(name: string, files: Record<string, string>): string {
  const folder = join(scratch, name);
  cpSync(sqlFolder, folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return folder;
}

test('a release of what is already there changes nothing', async () => {
  const { url } = await createDatabase();
  expect(await release(url('postgres'))).toEqual({ migrations: [], reloaded: false });
});

test('20 releases at once are one release', async () => {
  const { url, sql } = await createDatabase({ empty: true });
  const all = await Promise.all(Array.from({ length: 20 }, () => release(url('postgres'))));
  expect(all.filter(({ reloaded }) => reloaded)).toHaveLength(1);
  const versions = await sql`select version::int from pgrant_release.versions order by 1`;
  expect(versions.map(({ version }) => version)).toEqual(versions.map((_, index) => index));
});

test('a changed function is loaded anew and tables stay', async () => {
  const { url, sql } = await createDatabase();
  const folder = variant('changed', {
    'functions/98-extra.sql': `create function pgrant_rules.extra() returns integer language sql as 'select 1';`,
  });
  await sql`create table pgrant.kept (answer integer)`;
  expect(await release(url('postgres'), folder)).toEqual({ migrations: [], reloaded: true });
  expect(await sql`select pgrant_rules.extra() as one`).toEqual([{ one: 1 }]);
  expect(await release(url('postgres'))).toEqual({ migrations: [], reloaded: true });
  await expect(sql`select pgrant_rules.extra()`).rejects.toMatchObject({ code: '42883' });
  expect(await sql`select from pgrant.kept`).toHaveLength(0);
});

test('an error names the file and line and leaves the database as it was', async () => {
  const { url, sql } = await createDatabase();
  const folder = variant('broken', {
    'tables/9000.do.broken.sql': `create table pgrant.half_done (id uuid);\n\n-- why\nselect 1 / 0;\n`,
  });
  await expect(release(url('postgres'), folder)).rejects.toThrow(
    'sql/tables/9000.do.broken.sql:4: division by zero',
  );
  expect(await sql`select to_regclass('pgrant.half_done') as gone`).toEqual([{ gone: null }]);
  expect(await release(url('postgres'))).toEqual({ migrations: [], reloaded: false });
});

test('a table that depends on a code schema is refused before anything is dropped', async () => {
  const { url, sql } = await createDatabase();
  await sql`create table public.customer (error pgrant_api.error)`;
  const folder = variant('dependent', { 'functions/98-extra.sql': '-- changed\n' });
  await expect(release(url('postgres'), folder)).rejects.toThrow(
    /column error of table (public\.)?customer depends on type pgrant_api.error/,
  );
});

test('a database that is newer than the program is refused', async () => {
  const { url, sql } = await createDatabase();
  await sql`insert into pgrant_release.versions (version) values (9999)`;
  const folder = variant('older', { 'functions/98-extra.sql': '-- changed\n' });
  await expect(release(url('postgres'), folder)).rejects.toThrow(/at table version 9999/);
});

test('an applied migration that was edited is refused', async () => {
  const { url, sql } = await createDatabase();
  await sql`update pgrant_release.versions set md5 = 'other' where version = 1`;
  const folder = variant('edited', { 'functions/98-extra.sql': '-- changed\n' });
  await expect(release(url('postgres'), folder)).rejects.toThrow(/MD5 checksum failed/);
});

test('an owner who is no superuser releases, and the worker may fill graphile_worker', async () => {
  // A server of its own: roles belong to the whole server, and whoever makes them may hand them out.
  const server = await startEmbedded(join(scratch, 'server'), { durable: false });
  const sql = postgres(server.url('postgres'), { max: 1 });
  const as = async (role: string, run: (url: string) => Promise<void>) => {
    await sql.unsafe(`alter role ${role} password 'p'`);
    const url = new URL(server.url('postgres'));
    url.username = role;
    url.password = 'p';
    await run(url.href);
  };
  try {
    await sql.unsafe('create role deployer login createrole');
    await sql.unsafe('grant create on database pgrant to deployer');
    await as('deployer', async (url) => {
      expect((await release(url)).reloaded).toBe(true);
      expect((await release(url)).reloaded).toBe(false);
      const folder = variant('again', { 'functions/98-extra.sql': '-- changed\n' });
      expect((await release(url, folder)).reloaded).toBe(true);
    });
    await as('pgrant_worker', async (connectionString) => {
      await runMigrations({ connectionString, logger: new Logger(() => () => {}) });
    });
  } finally {
    await sql.end();
    await server.stop();
  }
});
