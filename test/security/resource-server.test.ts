// What the role of a customer's backend can and cannot do in the database of pgrant.
import { randomUUID } from 'node:crypto';
import type { TransactionSql } from 'postgres';
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { release } from '../../src/release/release.ts';
import { operate } from '../support/fixtures.ts';
import {
  enter,
  makeProduct,
  notes,
  obtainToken,
  type Place,
  type Product,
} from '../support/notes.ts';
import { sqlVariant } from '../support/sql.ts';

const denied = { code: '42501' };
let product: Product;
let acme: Place;
let bravo: Place;

beforeAll(async () => {
  product = await makeProduct();
  ({ acme, bravo } = product);
});

test('it reads no table and calls nothing of ours but pgrant_resource', async () => {
  const { backend, database } = product;
  const objects = await database.sql`
    select 'select from ' || c.oid::regclass as statement from pg_class c
     where c.relnamespace::regnamespace::text ~ '^pgrant|^graphile' and c.relkind in ('r', 'p', 'v')
    union all
    select 'select ' || p.oid::regproc || '(' || array_to_string(array(select 'null::' || t::regtype from unnest(p.proargtypes) t), ', ') || ')'
      from pg_proc p where p.pronamespace::regnamespace::text ~ '^pgrant' and p.pronamespace <> 'pgrant_resource'::regnamespace`;
  expect(objects.length).toBeGreaterThan(200);
  for (const { statement } of objects) {
    await expect(backend.unsafe(statement), statement).rejects.toMatchObject(denied);
  }
  const making = backend`create function pgrant_resource.subject(p text) returns text language sql as 'select null'`;
  await expect(making).rejects.toMatchObject(denied);
});

test('it is nobody by what it sets, but who it has a live token of', async () => {
  const { access_hash, access_expires_at } = acme.token;
  const live = {
    'pgrant.tenant': acme.tenant,
    'pgrant_resource.token_hash': access_hash.toString('hex'),
    'pgrant_resource.token_expires_at': String(access_expires_at),
    'pgrant_resource.resource': 'https://api.example.com/notes',
  };
  const with_ = (settings: Record<string, string>, use: (sql: TransactionSql) => Promise<void>) =>
    product.backend.begin(async (sql) => {
      for (const [name, value] of Object.entries({ ...live, ...settings })) {
        await sql`select set_config(${name}, ${value}, true)`;
      }
      await use(sql);
    });
  // To set these is to present the token, which it has.
  await with_({}, async (sql) => expect(await notes(sql)).toEqual(['ada at acme']));
  const others: Record<string, string>[] = [
    { 'pgrant.tenant': bravo.tenant },
    { 'pgrant.tenant': '' },
    { 'pgrant.tenant': randomUUID() },
    { 'pgrant_resource.token_hash': '' },
    { 'pgrant_resource.token_hash': '00'.repeat(32) },
    { 'pgrant_resource.token_expires_at': String((access_expires_at ?? 0) + 60) },
    { 'pgrant_resource.resource': 'https://api.example.com/mail' },
    { 'pgrant_resource.resource': '' },
  ];
  for (const settings of others) {
    const what = JSON.stringify(settings);
    await with_(settings, async (sql) => expect(await notes(sql), what).toEqual([]));
  }
  const guesses = {
    'pgrant_resource.tenant': bravo.tenant,
    'pgrant_resource.subject': bravo.ada.user_id,
    'pgrant_resource.user_id': bravo.ada.user_id,
    'pgrant_resource.client_id': 'editor',
    'pgrant_resource.scopes': '{notes}',
    'pgrant.user': bravo.ada.user_id,
  };
  await with_(guesses, async (sql) => expect(await notes(sql)).toEqual(['ada at acme']));
  const nobody = { ...guesses, 'pgrant_resource.token_hash': '' };
  await with_(nobody, async (sql) => expect(await notes(sql)).toEqual([]));
});

test('a tenant that it has entered opens nothing to it', async () => {
  await product.backend.begin(async (sql) => {
    await enter(sql, acme.tenant, acme.token);
    for (const statement of ['select from pgrant.users', `select pgrant_rules.token_presented()`]) {
      const trying = sql.savepoint((nested) => nested.unsafe(statement));
      await expect(trying, statement).rejects.toMatchObject(denied);
    }
  });
});

test('a tenant that another function enters takes the rows away, and gives no others', async () => {
  const both = `both_${product.database.name}`;
  await product.database.sql.unsafe(
    `create role ${both} in role pgrant_resource_server, pgrant_product;
     grant usage on schema app to ${both}; grant select on app.notes to ${both}`,
  );
  const backend = product.database.as(both);
  try {
    await backend.begin(async (sql) => {
      await enter(sql, acme.tenant, acme.token);
      const show = (tenant: string) => sql`select pgrant_ops.login_show(${tenant}, '\\x00')`;
      await show(acme.tenant);
      expect(await notes(sql)).toEqual(['ada at acme']);
      await show(bravo.tenant);
      expect(await notes(sql)).toEqual([]);
    });
  } finally {
    await backend.end();
    await product.database.sql.unsafe(`drop owned by ${both}; drop role ${both}`);
  }
});

test('the functions are evaluated once in a statement and not once in a row, in parallel plans too', async () => {
  const { sql: admin } = product.database;
  await admin`
    insert into app.notes select ${acme.tenant}, ${acme.ada.user_id}, 'note ' || n from generate_series(1, 20000) n`;
  try {
    // Whoever may see what is counted is a superuser; the functions run for the role all the same.
    await admin.begin(async (sql) => {
      await sql.unsafe(
        `set local track_functions = 'all'; set local role backend_${product.database.name}`,
      );
      await sql.unsafe(`set local parallel_setup_cost = 0; set local parallel_tuple_cost = 0;
        set local min_parallel_table_scan_size = 0; set local max_parallel_workers_per_gather = 2`);
      await enter(sql, acme.tenant, acme.token);
      const count = async () => {
        const rows = await sql<{ name: string; calls: number }[]>`
          select funcname as name, calls::int from pg_stat_xact_user_functions
           where schemaname = 'pgrant_resource' order by 1`;
        return Object.fromEntries(rows.map(({ name, calls }) => [name, calls]));
      };
      const [row] = await sql`select count(*)::int as visible from app.notes`;
      expect(row).toEqual({ visible: 20_001 });
      expect(await count()).toMatchObject({ tenant: 1, subject: 1, has_scope: 1 });
      const plan = (await sql`explain select * from app.notes where text like 'x%'`)
        .map((line) => line['QUERY PLAN'])
        .join('\n');
      expect(plan).toMatch(/Gather/);
      expect(plan).toMatch(/InitPlan/);
      expect(plan).not.toMatch(/Filter:.*pgrant_resource/);
    });
  } finally {
    await admin`delete from app.notes where text like 'note %'`;
  }
});

test('a release with changed functions keeps the policies, and they do what the new functions say', async () => {
  const { url, sql } = product.database;
  await sql`create view app.mine as select text from app.notes where owner = pgrant_resource.subject()`;
  const seen = () =>
    product.backend.begin(async (session) => [
      await enter(session, acme.tenant, acme.token),
      await notes(session),
    ]);
  expect(await seen()).toEqual([true, ['ada at acme']]);
  const [before] = await sql`select 'pgrant_resource.subject'::regproc::oid as oid`;
  // Nobody has a subject in this version.
  const folder = sqlVariant({
    'functions/extra.sql': `create or replace function pgrant_rules.token_presented()
      returns table (tenant_id uuid, subject text, client_id text, scopes text[], expires_at timestamptz)
      language sql stable as $$ select null::uuid, null, null, null::text[], null::timestamptz where false $$;`,
  });
  expect((await release(url('postgres'), folder)).reloaded).toBe(true);
  expect(await seen()).toEqual([false, []]);
  expect((await release(url('postgres'))).reloaded).toBe(true);
  expect(await seen()).toEqual([true, ['ada at acme']]);
  expect(await sql`select 'pgrant_resource.subject'::regproc::oid as oid`).toEqual([before]);
});

test('a release does not wait for a transaction that has entered, which goes on in the new version', async () => {
  const token = await obtainToken(acme, acme.client, acme.ada);
  const folder = sqlVariant({ 'functions/extra.sql': '-- changed\n' });
  await product.backend.begin(async (sql) => {
    await enter(sql, acme.tenant, token);
    expect(await notes(sql)).toEqual(['ada at acme']);
    await release(product.database.url('postgres'), folder);
    expect(await notes(sql)).toEqual(['ada at acme']);
    await operate(acme, ops.client_disable, { client_id: 'editor', disabled: true });
    expect(await notes(sql)).toEqual([]);
  });
});
