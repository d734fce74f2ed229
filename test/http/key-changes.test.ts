// A signing key that is made or withdrawn shows at once in every web process (RFC 7517 5, RFC 9068 4).
import { EventEmitter, once } from 'node:events';
import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import type { JSONWebKeySet } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { tenantFinder } from '../../src/http/tenant.ts';
import { addKey, withdrawKeys } from '../../src/operations/signing-keys.ts';
import type { WebServices } from '../../src/services.ts';
import { type Acme, discover, obtainTokens, startAcme } from '../support/acme.ts';
import { addTenant, secret } from '../support/issuer.ts';
import { startWebProcess } from '../support/process.ts';
import { until } from '../worker/worker.ts';

let acme: Acme;
let processes: string[];

beforeAll(async () => {
  acme = await startAcme();
  const url = acme.database.url('pgrant_web');
  processes = await Promise.all([startWebProcess(url), startWebProcess(url)]);
});

/** Asks one process of the tenant. */
async function ask(origin: string, path: string, headers: Record<string, string> = {}) {
  const { host, pathname } = new URL(acme.issuer);
  const sent = request(`${origin}${pathname}${path}`, { headers: { host, ...headers } });
  sent.end();
  const [response] = await once(sent, 'response');
  return { status: response.statusCode as number, body: await json(response) };
}

async function kidsAt(origin: string): Promise<string[]> {
  const { keys } = (await ask(origin, '/oauth/jwks.json')).body as JSONWebKeySet;
  return keys.map(({ kid }) => kid ?? '');
}

const everywhere = async (holds: (origin: string) => Promise<boolean>) =>
  (await Promise.all(processes.map(holds))).every(Boolean);

async function listeners() {
  const [row] = await acme.database.sql`
    select count(*)::int as n from pg_stat_activity
     where datname = current_database() and query like 'listen%pgrant_keys%'`;
  return row?.n as number;
}

test('the next key is published by every process before it signs', async () => {
  await until(async () => (await listeners()) === 2);
  const before = await Promise.all(processes.map(kidsAt));
  expect(before[0]).toHaveLength(2);
  const { database, tenant } = acme;
  const key = { tenant, alg: 'ES256', if_due: false } as const;
  const added = await addKey(database.worker, secret, key);
  await until(() =>
    everywhere(async (origin) => (await kidsAt(origin)).includes(added?.kid ?? '')),
  );
  const [row] = await database.sql`
    select active_at > now() as waits from pgrant.signing_keys where kid = ${added?.kid ?? ''}`;
  expect(row?.waits).toBe(true);
});

test('a tenant that was asked for before it was there is found as soon as it has a key', async () => {
  const keyChanges: WebServices['keyChanges'] = new EventEmitter();
  const config = { trustsProxy: () => false } as never;
  const find = tenantFinder({ database: acme.database.web, keyChanges, config } as never);
  const { host } = new URL(acme.issuer);
  const req = { headers: { host }, rawHeaders: ['Host', host], socket: {} } as never;
  const arrived = { req, path: '/newcomer/oauth/jwks.json' };
  await expect(find(arrived)).rejects.toMatchObject({ error: 'not_found' });
  const { tenant } = await addTenant(acme.database, `http://${host}`, 'newcomer');
  await expect(find(arrived)).rejects.toMatchObject({ error: 'not_found' });
  keyChanges.emit('changed', tenant);
  expect(await find(arrived)).toMatchObject({ tenant: { id: tenant } });
});

test('what a withdrawn key signed is believed by no process, though one had lost its connection', async () => {
  const { database, tenant, web } = acme;
  await call(database.worker, ops.client_set, {
    tenant,
    client_id: web.client_id,
    settings: { access_token_format: 'jwt' } as never,
  });
  const { access_token } = await obtainTokens(await discover(acme, web), { scope: 'openid' });
  const headers = { authorization: `Bearer ${access_token}` };
  const statusAt = async (origin: string) => (await ask(origin, '/oauth/userinfo', headers)).status;
  expect(await Promise.all(processes.map(statusAt))).toEqual([200, 200]);

  await database.sql`
    select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and query like 'listen%pgrant_keys%' limit 1`;
  const withdrawn = await withdrawKeys(database.worker, secret, tenant);
  expect(withdrawn.length).toBeGreaterThan(1);
  await until(() => everywhere(async (origin) => (await statusAt(origin)) === 401));
  const published = await Promise.all(processes.map(kidsAt));
  expect(published.flat().filter((kid) => withdrawn.includes(kid))).toEqual([]);
});
