// What is in no flow by HTTP, because it would need a server of somebody else's: upstreams, logos, webhooks; and keys of people.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { api, ops } from '../../src/db/bindings.ts';
import { call, callAll } from '../../src/db/call.ts';
import { connect } from '../../src/db/connect.ts';
import { arrive, finish, makeClub, stored } from '../support/club.ts';
import {
  ask,
  makeClient,
  makeTenant,
  makeUser,
  operate,
  secret,
  type World,
} from '../support/fixtures.ts';
import { obtainTokens } from '../support/flows.ts';
import { type Cluster, hostsOf } from './programs.ts';
import { databaseOf } from './questions.ts';

/** At a tenant of its own through each node. */
export async function tryOptions(cluster: Cluster): Promise<string> {
  for (const [n, url] of cluster.web.entries()) {
    const database = databaseOf(cluster);
    const web = connect(url, 'pgrant_web', { pool: 2 });
    const world = await makeTenant({ ...database, web }, `options${n}`);
    try {
      await signInUpstream(world);
      await showLogo(world);
      await introspectKey(world);
      await deliver(world);
    } catch (error) {
      throw new Error(`through ${hostsOf(url)}: ${(error as Error).message}`);
    } finally {
      const { tenant } = world;
      await call(database.worker, ops.tenant_remove, { tenant });
      await Promise.all([web, database.web, database.worker, database.sql].map((one) => one.end()));
    }
  }
  return `through ${cluster.web.length} nodes`;
}

/** Makes a person, brings them up to date, and takes no state twice. */
async function signInUpstream(world: World): Promise<void> {
  const club = await makeClub(world);
  const state = await arrive(club);
  const first = await finish(club, state, 'p');
  assert.equal(first.error, null, `${first.reason}`);
  assert.deepEqual((await stored(club, 'p'))?.groups, ['crew']);
  assert.equal((await finish(club, state, 'p')).error, 'expired_request');
  const again = await finish(club, await arrive(club), 'p', { roles: [] });
  assert.equal(again.error, null, `${again.reason}`);
  assert.deepEqual((await stored(club, 'p'))?.groups, []);
  const other = await finish(club, await arrive(club), 'q', { username: 'user-p' });
  assert.equal(other.error, null, `of a name that is taken: ${other.reason}`);
  const failed = { ...(await arrive(club)), error: 'upstream_failed', error_reason: 'status 503' };
  assert.equal((await ask(world, api.upstream_fail, failed as never)).error, null);
}

/** Due, taken once, stored, shown, kept where the next fetch fails, and forgotten when it is wanted no more. */
async function showLogo(world: World): Promise<void> {
  const { worker } = world.database;
  const logo_uri = 'https://logo.example/';
  const isDue = async () => {
    const due = await callAll(worker, ops.logo_due, {});
    return due.some(({ tenant_id }) => tenant_id === world.tenant);
  };
  const begin = async () =>
    (await operate(world, ops.logo_fetch_begin, { logo_uri })).logo_fetch_begin;
  await operate(world, ops.tenant_set, { settings: { logo_uri } });
  assert(await isDue(), 'a logo that was never fetched is not due');
  assert.deepEqual([await begin(), await begin()], [true, false]);
  const image = randomBytes(32);
  const logo_digest = createHash('sha256').update(image).digest();
  const store = { logo_uri, media_type: 'image/png', image, reason: null };
  await operate(world, ops.logo_store, store);
  await operate(world, ops.logo_store, { ...store, image: null, reason: 'status 503' });
  const shown = await ask(world, api.logo_show, { logo_digest });
  assert.deepEqual([shown.error, shown.media_type], [null, 'image/png']);
  const listed = await operate(world, ops.logo_list, {});
  assert.equal(listed.last_error, 'status 503');
  await operate(world, ops.tenant_set, { settings: { logo_uri: null } });
  assert(await isDue(), 'a logo that nobody wants is not due');
  assert.equal(await begin(), false);
  assert.equal((await ask(world, api.logo_show, { logo_digest })).error, 'not_found');
}

/** Webhooks hear of a person, and a client of a logout: each is due, is taken, and is due no more once it has arrived. */
async function deliver(world: World): Promise<void> {
  const { worker } = world.database;
  const dueOf = async (binding: typeof ops.webhook_due | typeof ops.logout_due) => {
    const rows = (await callAll(worker, binding as typeof ops.logout_due, {})) as {
      tenant_id: string;
    }[];
    return rows.some(({ tenant_id }) => tenant_id === world.tenant);
  };
  const webhook = 'hook';
  const url = 'https://hook.example/';
  await operate(world, ops.webhook_add, { name: webhook, url, sealed_secret: secret() });
  const user = await makeUser(world, 'leaver');
  assert(await dueOf(ops.webhook_due), 'no webhook is due');
  const taken = await operate(world, ops.delivery_begin, { webhook });
  assert.equal(taken.url, url);
  const arrived = { attempt: 1, status: 204, error: null };
  const { event_id } = taken;
  await operate(world, ops.delivery_end, { ...arrived, webhook, event_id, duration_ms: 1 });

  const backchannel_logout_uri = 'https://told.example/logout';
  const client = await makeClient(world, 'told', { backchannel_logout_uri });
  const key = { public_jwk: { kty: 'RSA', n: 'x', e: 'AQAB' }, sealed_private: secret() };
  await operate(world, ops.key_add, { kid: 'key', alg: 'RS256', ...key });
  const { browser } = await obtainTokens(world, client, user);
  await ask(world, api.session_logout, browser);
  assert(await dueOf(ops.logout_due), 'nobody is told of the logout');
  const { client_id } = client;
  const told = await operate(world, ops.logout_delivery_begin, { client_id });
  assert.equal(told.url, backchannel_logout_uri);
  const { delivery_id } = told;
  await operate(world, ops.logout_delivery_end, { ...arrived, client_id, delivery_id });
  assert(!(await dueOf(ops.logout_due)), 'a logout that was told is due again');
}

/** The key of a person is good until it is disabled, and its use is noted. */
async function introspectKey(world: World): Promise<void> {
  const client_secret = secret();
  const client_id = 'asks';
  await operate(world, ops.client_add, {
    client_id,
    secret_hash: client_secret,
    metadata: { name: 'Asks', redirect_uris: [], grant_types: ['client_credentials'] },
  });
  await makeUser(world, 'maker');
  await operate(world, ops.role_add, { role: 'export', title: 'Export' });
  await operate(world, ops.role_assign, { username: 'maker', role: 'export' });
  const key_hash = secret();
  const { credential_add: credential } = await operate(world, ops.credential_add, {
    username: 'maker',
    name: 'Key',
    permissions: ['export'],
    secret_hash: key_hash,
  });
  const isActive = async () => {
    const asked = { client_id, auth_method: 'client_secret_basic', secret_hash: client_secret };
    const row = await ask(world, api.token_introspect, { ...asked, key_hash } as never);
    assert.equal(row.error, null, `${row.reason}`);
    return row.active;
  };
  assert(await isActive(), 'a key of a person is not active');
  const { sql } = world.database;
  const [used] = await sql`
    select last_used_at from pgrant.client_secrets where tenant_id = ${world.tenant} and secret_hash = ${key_hash}`;
  assert(used?.last_used_at, 'the use of a key is not noted');
  assert(await isActive(), 'a key of a person is not active twice');
  await operate(world, ops.client_disable, { client_id: credential, disabled: true });
  assert(!(await isActive()), 'a disabled key is active');
}
