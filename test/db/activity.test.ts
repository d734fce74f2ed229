import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as client from 'openid-client';
import postgres from 'postgres';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { call, callAll } from '../../src/db/call.ts';
import { connect } from '../../src/db/connect.ts';
import { startEmbedded } from '../../src/embedded/embedded.ts';
import { release } from '../../src/release/release.ts';
import { type Acme, discover, obtainTokens, redirect_uri, startAcme } from '../support/acme.ts';
import { start } from '../worker/worker.ts';

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

let acme: Acme;

beforeAll(async () => {
  acme = await startAcme({ pool: 1 });
});

const sessions = () => acme.database.sql<{ name: string; query: string }[]>`
  select application_name as name, query from pg_stat_activity
   where datname = current_database() and application_name like 'pgrant-%'`;

test('pg_stat_activity tells the program and its version, and the endpoint that asks', async () => {
  const config = await discover(acme, acme.web);
  await client.clientCredentialsGrant(config);
  await start(acme.database);
  const cli = connect(acme.database.url('pgrant_worker'), 'pgrant_worker', { program: 'cli' });
  await callAll(cli, ops.tenant_list, {});
  const found = await sessions();
  const names = new Set(found.map(({ name }) => name));
  for (const program of ['web', 'worker', 'queue', 'outbox', 'cli']) {
    expect(names).toContain(`pgrant-${program}/${version}`);
  }
  const web = found.find(({ name }) => name.startsWith('pgrant-web/'));
  expect(web?.query).toMatch(
    /^select \* from pgrant_api\.client_credentials_issue\(.*\) \/\* endpoint=\/oauth\/token \*\/$/s,
  );
  await cli.end();
});

test('a statement is prepared once, however often and by whomever its endpoint is asked', async () => {
  const config = await discover(acme, acme.web);
  const wanted = { redirect_uri, scope: 'openid offline_access' };
  const prepared = async () =>
    (await acme.database.web.query(
      `select split_part(split_part(statement, 'from ', 2), '(', 1) as function, statement
         from pg_prepared_statements where statement like '%pgrant_api.%' and statement not like '%pg_prepared%'`,
      [],
    )) as { function: string; statement: string }[];
  let { refresh_token } = await obtainTokens(config, wanted);
  const before = await prepared();
  for (let n = 0; n < 5; n++) {
    ({ refresh_token } = await client.refreshTokenGrant(config, refresh_token ?? ''));
    await obtainTokens(config, wanted);
  }
  const after = await prepared();
  expect(after.length).toBeLessThanOrEqual(before.length + 1);
  const rotations = after.filter((one) => one.function === 'pgrant_api.refresh_rotate');
  expect(rotations).toHaveLength(1);
});

test('pg_stat_statements has one line per function and endpoint, without a value', async () => {
  // A server of its own, because the module has to be there when it starts.
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-activity-'));
  const settings = { shared_preload_libraries: 'pg_stat_statements' };
  const server = await startEmbedded(folder, { durable: false, settings });
  onTestFinished(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  await release(server.url('postgres'));
  const sql = postgres(server.url('postgres'), { max: 1, onnotice: () => {} });
  await sql`create extension pg_stat_statements`;
  const database = {
    ...connect(server.url('postgres'), 'pgrant_web'),
    tag: 'endpoint=/oauth/token',
  };
  const tenant = '00000000-0000-0000-0000-000000000001';
  for (const name of ['sesame', 'sesame', 'other']) {
    const caller = { tenant, request_id: name, address: '192.0.2.1' };
    await call(database, api.key_list, caller).catch(() => {});
  }
  const found = await sql`
    select query, calls::int from pg_stat_statements where query like 'select * from pgrant_api.key_list%'`;
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ calls: 3 });
  expect(found[0]?.query).toContain('/* endpoint=/oauth/token */');
  expect(found[0]?.query).not.toContain('sesame');
  await database.end();
  await sql.end();
}, 120_000);
