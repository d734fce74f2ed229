import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger, runMigrations } from 'graphile-worker';
import postgres from 'postgres';
import { expect, test, vi } from 'vitest';
import { startEmbedded } from '../../src/embedded/embedded.ts';
import { createLog } from '../../src/log.ts';
import { release } from '../../src/release/release.ts';
import { openPool } from '../../src/worker/queue-pool.ts';
import { createDatabase } from '../support/database.ts';
import { sqlVariant } from '../support/sql.ts';

/** Each release takes seconds, and more where others are at work. */
vi.setConfig({ testTimeout: 120_000 });

test('a release of what is already there changes nothing', async () => {
  const { url } = await createDatabase();
  expect(await release(url('postgres'))).toEqual({ migrations: [], reloaded: false });
});

test('20 releases at once are one release', async () => {
  const { url, sql } = await createDatabase({ empty: true });
  const all = await Promise.all(Array.from({ length: 20 }, () => release(url('postgres'))));
  expect(all.filter(({ reloaded }) => reloaded)).toHaveLength(1);
  const versions = await sql`select version::int from pgrant_release.versions order by 1`;
  const files = readdirSync(new URL('../../sql/tables', import.meta.url)).sort();
  expect(versions.map(({ version }) => version)).toEqual([0, ...files.map(Number.parseFloat)]);
});

test('a changed function is loaded anew and tables stay', async () => {
  const { url, sql } = await createDatabase();
  const folder = sqlVariant({
    'functions/extra.sql': `create function pgrant_rules.extra() returns integer language sql as 'select 1';`,
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
  const folder = sqlVariant({
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
  const folder = sqlVariant({ 'functions/extra.sql': '-- changed\n' });
  await expect(release(url('postgres'), folder)).rejects.toThrow(
    /column error of table (public\.)?customer depends on type pgrant_api.error/,
  );
});

test('a database that is newer than the program is refused', async () => {
  const { url, sql } = await createDatabase();
  await sql`insert into pgrant_release.versions (version) values (9999)`;
  const folder = sqlVariant({ 'functions/extra.sql': '-- changed\n' });
  await expect(release(url('postgres'), folder)).rejects.toThrow(/at table version 9999/);
});

test.each([
  ['cannot hold Unicode', `encoding 'SQL_ASCII' locale 'C'`, /SQL_ASCII, and pgrant needs UTF8/],
  [
    'folds case as Turkish does',
    `encoding 'UTF8' locale 'C' locale_provider icu icu_locale 'tr'`,
    /the lower case of I is \u0131/,
  ],
])('a database that %s is refused before anything is made in it', async (_, made, said) => {
  const { url, sql, name } = await createDatabase({ empty: true });
  const other = `${name}_unfit`;
  await sql.unsafe(`create database ${other} template template0 ${made}`);
  const there = new URL(url('postgres'));
  there.pathname = `/${other}`;
  await expect(release(there.href)).rejects.toThrow(said);
  const own = postgres(there.href, { max: 1 });
  expect(await own`select from pg_namespace where nspname ~ '^(pgrant|graphile)'`).toHaveLength(0);
  await own.end();
  await sql.unsafe(`drop database ${other}`);
});

test('an applied migration that was edited is refused', async () => {
  const { url, sql } = await createDatabase();
  await sql`update pgrant_release.versions set md5 = 'other' where version = 1`;
  const folder = sqlVariant({ 'functions/extra.sql': '-- changed\n' });
  await expect(release(url('postgres'), folder)).rejects.toThrow(/MD5 checksum failed/);
});

test('an owner who is no superuser releases, and the worker may fill graphile_worker', async () => {
  // A server of its own: roles belong to the whole server, and whoever makes them may hand them out.
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-owner-'));
  const server = await startEmbedded(folder, { durable: false });
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
      const changed = sqlVariant({ 'functions/extra.sql': '-- changed\n' });
      expect((await release(url, changed)).reloaded).toBe(true);
    });
    await as('pgrant_worker', async (connectionString) => {
      const pgPool = openPool(connectionString, createLog('silent'));
      await runMigrations({ pgPool, logger: new Logger(() => () => {}) });
      await pgPool.end();
    });
  } finally {
    await sql.end();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
});
