// Whatever the database, the role or the server has for defaults: the main flows work.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as client from 'openid-client';
import postgres from 'postgres';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { connect } from '../../src/db/connect.ts';
import { byteaLiteral, parseBytea } from '../../src/db/wire-values.ts';
import type { Login } from '../../src/embedded/embedded-files.ts';
import { createLog } from '../../src/log.ts';
import { release } from '../../src/release/release.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { openPool } from '../../src/worker/queue-pool.ts';
import { startWorker } from '../../src/worker/worker.ts';
import { operator } from '../cli/cli.ts';
import { type Acme, discover, obtainTokens, startAcme } from '../support/acme.ts';
import { atEnd } from '../support/at-end.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { defaultsOf, traps } from '../support/hostile.ts';
import { secret } from '../support/issuer.ts';
import { hasPgbouncer, startPgbouncer } from '../support/pgbouncer.ts';
import { post, refresh } from '../support/refreshing.ts';
import { sqlVariant } from '../support/sql.ts';
import { jobs, until } from '../worker/worker.ts';

const roles: Login[] = ['pgrant_web', 'pgrant_worker', 'pgrant_janitor', 'postgres'];
const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

/** The whole of `name` as hostile as can be; `where` says which defaults. */
async function poison({ url, name }: Pick<TestDatabase, 'url' | 'name'>, where: string) {
  const sql = postgres(url('postgres'), { max: 1, onnotice: () => {} });
  const whose =
    where === 'database'
      ? [`database ${name}`]
      : roles.map((role) => `role ${role} in database ${name}`);
  for (const statement of [...traps, ...whose.flatMap(defaultsOf)]) await sql.unsafe(statement);
  await sql.end();
}

/** Everything that a tenant needs, on a database whose defaults have just become hostile. */
async function flows(acme: Acme, urlFor: (role: Login) => string) {
  const { database } = acme;
  const config = await discover(acme, acme.web);
  const given = await obtainTokens(config, { scope: 'openid profile email offline_access' });
  const about = await client.fetchUserInfo(config, given.access_token, given.claims?.sub ?? '');
  expect(about).toMatchObject({ name: 'Ada Lovelace' });
  const next = await refresh(acme, given.refresh_token ?? '');
  expect(next.status).toBe(200);
  const replayed = await refresh(acme, given.refresh_token ?? '');
  expect(replayed.refresh_token).toBe(next.refresh_token);
  const form = { token: next.refresh_token ?? '' };
  const told = await post(acme, '/oauth/introspect', form);
  expect(told).toMatchObject({ active: true, username: 'ada' });
  expect(Number(told.iat)).toBeGreaterThan(Date.now() / 1000 - 60);
  expect(await post(acme, '/oauth/token', { grant_type: 'client_credentials' })).toMatchObject({
    status: 200,
  });
  expect((await fetch(`${acme.origin}/readyz`)).status).toBe(200);

  const { document } = operator({ ...database, url: urlFor });
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-settings-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  for (const line of [
    'tenant list',
    'tenant show acme',
    'key list --tenant acme',
    'audit verify --tenant acme',
    'grant list --tenant acme',
    `tenant export acme --to ${join(folder, 'acme.jsonl')}`,
  ]) {
    expect(JSON.stringify(await document(line))).not.toContain('Invalid');
  }
  await document('user add --username eve --tenant acme');

  const own = connect(urlFor('pgrant_worker'), 'pgrant_worker', { pool: 2 });
  const stop = await startWorker({
    config: loadConfig({}),
    log: createLog('silent'),
    secret,
    database: own,
    url: urlFor('pgrant_worker'),
  });
  closing.push(stop, own.end);
  const queued = await own.query(
    "select graphile_worker.add_job(task, '{}') from pgrant_ops.schedule_list()",
    [],
  );
  expect(queued.length).toBeGreaterThan(8);
  await until(async () => (await jobs(database)).length === 0);
  const failed =
    await database.sql`select task, error from pgrant.task_runs where error is not null`;
  expect([...failed]).toEqual([]);

  expect((await post(acme, '/oauth/revoke', form)).status).toBe(200);
}

/** The URL of a login for a database of the test server. */
function urlOf(login: Login, name: string): string {
  const { port, credentials } = inject('server');
  return `postgres://${login}:${credentials[login]}@127.0.0.1:${port}/${name}`;
}

/** Where the programs connect to: as the roles themselves, as another login that steps down, by a pooler. */
const ways = {
  directly: urlOf,
  'stepping down': (_: Login, name: string) => urlOf('postgres', name),
  'through PgBouncer': hasPgbouncer() ? await startPgbouncer() : undefined,
};

describe.each([
  ['database', 'directly'],
  ['database', 'stepping down'],
  ['database', 'through PgBouncer'],
  ['role', 'directly'],
  ['role', 'stepping down'],
] as const)('hostile defaults of the %s', (where, by) => {
  const way = ways[by];
  test.runIf(way)(
    `change nothing, ${by}`,
    async () => {
      const urlFor = (role: Login, name: string) => way?.(role, name) ?? '';
      const web = (name: string) => connect(urlFor('pgrant_web', name), 'pgrant_web', { pool: 4 });
      const acme = await startAcme({ web });
      await poison(acme.database, where);
      await flows(acme, (role) => urlFor(role, acme.database.name));
      // The next release of it too: functions loaded anew, tables that are there already. It comes directly, in any case.
      if (by !== 'directly') return;
      const again = sqlVariant({ 'functions/extra.sql': '-- the next release\n' });
      expect(await release(acme.database.url('postgres'), again)).toMatchObject({ reloaded: true });
    },
    120_000,
  );
});

test('a database with hostile defaults is released as any other', async () => {
  const empty = await createDatabase({ empty: true });
  await poison(empty, 'database');
  const { migrations } = await release(empty.url('postgres'));
  expect(migrations).toContain('0001.do.baseline.sql');
  const plain = await createDatabase();
  expect(await definitions(empty)).toEqual(await definitions(plain));
}, 120_000);

test('a release takes as long as it takes, whatever the DBA grants statements and transactions', async () => {
  const empty = await createDatabase({ empty: true });
  const dba = postgres(empty.url('postgres'), { max: 1, onnotice: () => {} });
  const [{ found = [] } = {}] = await dba`
    select array_agg(name) as found from pg_settings where name = any (${timeouts})`;
  for (const name of found) {
    await dba.unsafe(`alter database ${empty.name} set ${name} = '300ms'`);
  }
  await dba.end();
  expect(await release(empty.url('postgres'))).toMatchObject({ reloaded: true });
}, 120_000);

test('the worker listens on, however soon a DBA has idle sessions ended', async () => {
  const database = await createDatabase();
  const dba = postgres(database.url('postgres'), { max: 1 });
  await dba.unsafe(`alter database ${database.name} set idle_session_timeout = '5min'`);
  await dba.end();
  const pool = openPool(database.url('pgrant_worker'), createLog('silent'));
  const { rows } = await pool.query('show idle_session_timeout');
  expect(rows).toEqual([{ idle_session_timeout: '0' }]);
  await pool.end();
});

const timeouts = [
  ...['statement_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout'],
  'transaction_timeout',
];

/** Definitions and rights of constraints, defaults, functions, tables and views, which a setting may have changed. */
async function definitions({ name }: TestDatabase) {
  const parameters = {
    search_path: 'pg_catalog',
    row_security: 'on',
    quote_all_identifiers: 'off',
  };
  const sql = postgres(urlOf('postgres', name), {
    max: 1,
    connection: { ...parameters, ...plainText } as never,
  });
  try {
    const rows = await sql`
      select n.nspname || '.' || c.conname as name, pg_get_constraintdef(c.oid) as text
        from pg_constraint c join pg_namespace n on n.oid = c.connamespace where n.nspname like 'pgrant%'
      union all
      select p.oid::regprocedure::text, pg_get_functiondef(p.oid)
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname like 'pgrant%' and p.prokind = 'f'
      union all
      select a.attrelid::regclass || '.' || a.attname, pg_get_expr(d.adbin, d.adrelid)
        from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
        join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname like 'pgrant%'
      union all
      select schemaname || '.' || viewname, definition from pg_views where schemaname like 'pgrant%'
      union all
      select 'rights on ' || p.oid::regprocedure, p.proacl::text
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname like 'pgrant%'
      union all
      select 'rights on ' || c.oid::regclass, c.relacl::text
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname like 'pgrant%'
       order by 1, 2`;
    return rows.map(({ name, text }) => `${name}: ${text}`);
  } finally {
    await sql.end();
  }
}

const plainText = {
  standard_conforming_strings: 'on',
  timezone: 'UTC',
  datestyle: 'ISO',
  intervalstyle: 'postgres',
};

test('bytes are read in either form of bytea_output', () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  expect(parseBytea(byteaLiteral(all))).toEqual(all);
  const escaped = [...all]
    .map((byte) => {
      if (byte === 92) return '\\\\';
      const octal = byte.toString(8).padStart(3, '0');
      return byte < 32 || byte > 126 ? `\\${octal}` : String.fromCharCode(byte);
    })
    .join('');
  expect(parseBytea(escaped)).toEqual(all);
});
