// Releasing without a superuser: what a login needs, and what it is told where it lacks that.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Embedded, startEmbedded } from '../../src/embedded/embedded.ts';
import { release } from '../../src/release/release.ts';
import { run } from '../cli/cli.ts';
import { makeAuditor } from '../support/auditors.ts';
import { createDatabase } from '../support/database.ts';
import { sqlVariant } from '../support/sql.ts';

// A server of its own: roles belong to the whole server.
const folder = mkdtempSync(join(tmpdir(), 'pgrant-rights-'));
let server: Embedded;
let sql: Sql;

beforeAll(async () => {
  server = await startEmbedded(folder, { durable: false });
  sql = postgres(server.url('postgres'), { max: 1, onnotice: () => {} });
  for (const role of ['first', 'second', 'third']) {
    await sql.unsafe(`create role ${role} login password 'p'`);
  }
  await sql.unsafe('alter role first createrole; grant create on database pgrant to first');
  await sql.unsafe('create database other');
});

afterAll(async () => {
  await sql.end();
  await server.stop();
  rmSync(folder, { recursive: true });
});

function address(role: string, database = 'pgrant'): string {
  const url = new URL(server.url('postgres'));
  Object.assign(url, { username: role, password: 'p', pathname: `/${database}` });
  return url.href;
}

/** For several releases, of which each takes seconds. */
const timeout = 120_000;

let changes = 0;
const changed = () => sqlVariant({ 'functions/extra.sql': `-- changed ${++changes}\n` });

/** Has a DBA run what the error says, in a database. */
async function obey(error: unknown, database: string): Promise<void> {
  const [, statements] = /a DBA has to: (.+)$/.exec((error as Error).message) ?? [];
  if (statements === undefined) throw error;
  const url = new URL(server.url('postgres'));
  url.pathname = `/${database}`;
  const superuser = postgres(url.href, { max: 1, onnotice: () => {} });
  await superuser.unsafe(statements);
  await superuser.end();
}

test('whoever may not make roles is told which is missing, and how to be let', async () => {
  await expect(release(address('third'))).rejects.toThrow(
    /third may not make roles, and pgrant_\w+ is missing: a DBA has to: alter role third createrole$/,
  );
});

test('where the roles are there, a release needs no right to make any', { timeout }, async () => {
  expect((await release(address('first'))).reloaded).toBe(true);
  await sql.unsafe('alter role first nocreaterole');
  expect((await release(address('first'), changed())).reloaded).toBe(true);
});

test('auditors are told who stands above the rules, and a fault of whom somebody else has let', async () => {
  const above = () => sql`
    select login, string_agg(coalesce(role, how), ' ' order by role) as has, bool_and(expected) as expected
      from pgrant_report.privileged_logins() group by login order by login`;
  const faults = async () =>
    (await sql`select object from pgrant_report.isolation_faults() order by 1`).map(
      (row) => row.object,
    );
  const roles = 'pgrant_cataloguer pgrant_definer pgrant_janitor pgrant_owner pgrant_sealer';
  expect(await above()).toEqual([
    { login: 'first', has: roles, expected: true },
    { login: 'postgres', has: 'superuser', expected: true },
  ]);
  expect(await faults()).toEqual([]);
  await sql.unsafe(`
    create role dumper login bypassrls; create role staff; create role eve login in role staff;
    grant pgrant_sealer to staff; grant pgrant_worker, pgrant_auditor to third`);
  expect(await above()).toContainEqual({ login: 'dumper', has: 'bypassrls', expected: true });
  expect(await above()).toContainEqual({ login: 'eve', has: 'pgrant_sealer', expected: false });
  expect(await faults()).toEqual(['eve: member of pgrant_sealer']);
  await sql.unsafe('drop role eve, staff, dumper; revoke pgrant_worker, pgrant_auditor from third');
});

test('a second database of the server is released by another login, after the grants that it asks for', {
  timeout,
}, async () => {
  const asked = await release(address('second', 'other')).catch((error: unknown) => error);
  expect(String(asked)).toMatch(/second may not do what is left to do, a DBA has to: /);
  expect(String(asked)).toContain('grant pgrant_owner to second');
  await obey(asked, 'other');
  const schema = await release(address('second', 'other')).catch((error: unknown) => error);
  expect(String(schema)).toContain('a DBA has to: grant create on database other to second');
  await obey(schema, 'other');
  expect((await release(address('second', 'other'))).reloaded).toBe(true);
  expect((await release(address('second', 'other'), changed())).reloaded).toBe(true);
});

test('a login that inherits nothing releases again: what it cannot take back is made anew', {
  timeout,
}, async () => {
  await sql.unsafe(`create role fourth login noinherit password 'p'`);
  await sql.unsafe('create database another');
  for (let asked = 0; asked < 2; asked += 1) {
    await obey(
      await release(address('fourth', 'another')).catch((error: unknown) => error),
      'another',
    );
  }
  expect((await release(address('fourth', 'another'))).reloaded).toBe(true);
  expect((await release(address('fourth', 'another'), changed())).reloaded).toBe(true);
});

test('a release leaves roles alone that are as they should be, and mends one that is not', {
  timeout,
}, async () => {
  const state = async () => {
    const rows =
      await sql`select xmin::text, setrole::regrole::text as role from pg_db_role_setting order by 2`;
    return JSON.stringify(rows);
  };
  const before = await state();
  await release(server.url('postgres'), changed());
  expect(await state()).toBe(before);
  await sql.unsafe(`alter role pgrant_web set statement_timeout = '0'`);
  await expect(release(address('first'), changed())).rejects.toThrow(
    `a DBA has to: alter role pgrant_web set statement_timeout = '10s'`,
  );
  await release(server.url('postgres'), changed());
  const [web] = await sql`select rolconfig from pg_roles where rolname = 'pgrant_web'`;
  expect(web?.rolconfig).toContain('statement_timeout=10s');
});

test('the command says it in one line, and no trace', async () => {
  await sql.unsafe('revoke pgrant_sealer from first cascade');
  const environment = { DATABASE_OWNER_URL: address('first') };
  await sql.unsafe(`update pgrant_release.released set hash = 'other'`);
  const { code, out, err } = await run(environment, ['release']);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(
    /^pgrant: .*first may not .* a DBA has to: grant pgrant_sealer to first; grant pgrant_sealer to pgrant_owner\n$/,
  );
  expect(err).not.toContain('    at ');
});

describe('behind an auditor whose transaction is open', () => {
  test('a release says who that is and since when, gives up in one line, and is whole once they are gone', async () => {
    const database = await createDatabase();
    const auditor = await makeAuditor(database);
    const session = await auditor.sql.reserve();
    const [own] =
      await session`select pg_backend_pid() as pid, set_config('application_name', 'psql of ada', false)`;
    await session`begin`;
    await session`select * from pgrant_report.tenants`;
    const told: string[] = [];
    const releasing = release(database.url('postgres'), changed(), (line) => told.push(line));
    const who = `process ${own?.pid} of role ${auditor.role} (psql of ada, idle in transaction, transaction open since 2`;
    await expect(releasing).rejects.toThrow(`the release gave up waiting for ${who}`);
    expect(told[0]).toContain(`the release waits for ${who}`);
    await session`commit`;
    session.release();
    expect((await release(database.url('postgres'), changed())).reloaded).toBe(true);
  }, 40_000);

  test('the command says it with --json as JSON, a line each', async () => {
    const database = await createDatabase();
    const auditor = await makeAuditor(database);
    const session = await auditor.sql.reserve();
    await session`begin`;
    await session`select * from pgrant_report.tenants`;
    await database.sql`update pgrant_release.released set hash = 'other'`;
    const releasing = run({ DATABASE_OWNER_URL: database.url('postgres') }, ['release', '--json']);
    await sleep(5_000);
    await session`commit`;
    session.release();
    const { code, out, err } = await releasing;
    expect({ code, released: JSON.parse(out) }).toMatchObject({
      code: 0,
      released: { reloaded: true },
    });
    const said = err
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(said[0].remark).toMatch(
      new RegExp(`^the release waits for process \\d+ of role ${auditor.role} `),
    );
  }, 40_000);
});
