// A product with tables of its own at the coordinator, whose policies ask for the token of a transaction: pgrant_resource.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { operate } from '../support/fixtures.ts';
import { enter, example, makePlace, notes, type Place, type Presented } from '../support/notes.ts';
import type { Cluster } from './programs.ts';
import { databaseOf, login, makeLogin } from './questions.ts';

const role = 'citus_backend';
/** As many as are on more than one node, as good as surely. */
const names = ['acme', 'bravo', 'civet', 'delta'];

export async function enterTokens(cluster: Cluster): Promise<string> {
  const database = databaseOf(cluster);
  const { sql, worker } = database;
  const places: Place[] = [];
  try {
    await makeLogin(cluster, sql, role);
    await sql.unsafe(`grant pgrant_resource_server to ${role}`);
    await makeTable(sql);
    for (const name of names) places.push(await makePlace(database, name));
    const backend = login(cluster, role);
    try {
      for (const place of places) await good(backend, place);
      await moved(backend, places);
      for (const url of cluster.web) await everywhere(cluster, url, places);
      for (const place of places) await lost(backend, place);
    } finally {
      await backend.end();
    }
    return `${places.length} tenants, through ${cluster.web.length} nodes`;
  } finally {
    for (const { tenant } of places) await call(worker, ops.tenant_remove, { tenant });
    await sql`drop schema if exists app cascade`;
    await sql.unsafe(`drop role if exists ${role}`);
    await Promise.all([sql.end(), worker.end(), database.web.end()]);
  }
}

/** The one of the README, at the coordinator. */
async function makeTable(sql: Sql): Promise<void> {
  await sql.begin(async (sql) => {
    await sql`set local citus.enable_ddl_propagation = off`;
    await sql.unsafe(`create schema app; ${example('create table app.notes')}`);
    await sql.unsafe(`grant usage on schema app to ${role}; grant select on app.notes to ${role}`);
  });
}

/** What a transaction sees with a token. */
const seen = (backend: Sql, tenant: string, token: Presented, resource?: null) =>
  backend.begin(async (sql) => {
    const isGood = await enter(sql, tenant, token, { resource });
    return isGood ? await notes(sql) : isGood;
  });

async function good(backend: Sql, { tenant, token, ada }: Place): Promise<void> {
  const [note, ...others] = (await seen(backend, tenant, token)) || [];
  assert.match(String(note), /^ada at /);
  assert.deepEqual(others, []);
  for (const [at, presented, resource] of [
    [randomUUID(), token, undefined],
    [tenant, { ...token, access_hash: Buffer.alloc(32) }, undefined],
    // The tenant's own audience, for which it is not.
    [tenant, token, null],
  ] as const)
    assert.equal(await seen(backend, at, presented, resource as null), false);
  await backend.begin(async (sql) => {
    await enter(sql, tenant, token);
    const [row] = await sql`
      select pgrant_resource.tenant(), pgrant_resource.subject(), pgrant_resource.has_scope('notes'), pgrant_resource.has_scope('email') as other`;
    assert.deepEqual({ ...row }, { tenant, subject: ada.user_id, has_scope: true, other: false });
  });
}

/** In one transaction from tenant to tenant. */
async function moved(backend: Sql, places: Place[]): Promise<void> {
  await backend.begin(async (sql) => {
    for (const { tenant, token } of places) {
      assert(await enter(sql, tenant, token));
      assert.equal((await notes(sql)).length, 1);
    }
  });
}

/** At a node that may hold some of the tenants. */
async function everywhere({ coordinator }: Cluster, web: string, places: Place[]): Promise<void> {
  const node = new URL(coordinator);
  node.host = new URL(web).host;
  const backend = login({ coordinator: node.href }, role);
  try {
    for (const { tenant, token } of places)
      assert(await backend.begin((sql) => enter(sql, tenant, token)), `not good at ${node.host}`);
  } finally {
    await backend.end();
  }
}

/** While a transaction goes on, whose next statement sees nothing. */
async function lost(backend: Sql, place: Place): Promise<void> {
  await backend.begin(async (sql) => {
    assert(await enter(sql, place.tenant, place.token));
    await operate(place, ops.role_withdraw, { username: 'ada', role: 'notes' });
    assert.deepEqual(await notes(sql), []);
  });
}
