import { expect, test } from 'vitest';
import { createLog } from '../../src/log.ts';
import { makeDueKeys } from '../../src/operations/signing-keys.ts';
import { openSigningKey, type SigningAlg } from '../../src/protocol/keys.ts';
import { createDatabase } from '../support/database.ts';
import { runNow, secret, start, until } from './worker.ts';

const database = await createDatabase();
const { sql } = database;
const log = createLog('silent');

async function addTenant(name: string): Promise<string> {
  const host = 'id.example.com';
  const [row] = await sql`
    select pgrant_ops.tenant_add(${name}, ${`https://${host}/${name}`}, ${host}, ${`/${name}`}) as id`;
  return row?.id;
}

const keys = (tenant: string) => sql`
  select alg, kid, sealed_private, active_at, active_at <= now() as active from pgrant.signing_keys
   where tenant_id = ${tenant} order by alg, active_at`;

test('a tenant made in psql gets one key of each algorithm, which opens with the secret', async () => {
  const tenant = await addTenant('psql');
  await start(database);
  await until(async () => (await keys(tenant)).length === 2);
  const made = await keys(tenant);
  expect(made.map(({ alg, active }) => ({ alg, active }))).toEqual([
    { alg: 'ES256', active: true },
    { alg: 'RS256', active: true },
  ]);
  for (const { kid, alg, sealed_private: sealed } of made) {
    const opened = openSigningKey(secret, tenant, { kid, alg: alg as SigningAlg, sealed });
    expect(opened.key.type).toBe('private');
  }
});

test('two workers that look at the same moment make one key', async () => {
  const tenant = await addTenant('race');
  const made = await Promise.all([
    makeDueKeys(database.worker, secret, log, tenant),
    makeDueKeys(database.worker, secret, log, tenant),
  ]);
  expect(made.flat()).toHaveLength(2);
  expect(await keys(tenant)).toHaveLength(2);
});

test('a key is followed by the next when its time has come, and by one only', async () => {
  const tenant = await addTenant('old');
  await makeDueKeys(database.worker, secret, log, tenant);
  await sql`update pgrant.signing_keys set active_at = active_at - interval '89 days 1 minute'
             where tenant_id = ${tenant} and alg = 'ES256'`;
  await runNow(database, 'keys');
  await runNow(database, 'keys');
  const made = await keys(tenant);
  expect(made.map(({ alg, active }) => [alg, active])).toEqual([
    ['ES256', true],
    ['ES256', false],
    ['RS256', true],
  ]);
  const lead = made[1]?.active_at.getTime() - Date.now();
  expect(lead).toBeGreaterThan(86_000_000);
  expect(lead).toBeLessThanOrEqual(86_400_000);
});

test('keys are made for one tenant where one is named', async () => {
  const [one, other] = [await addTenant('one'), await addTenant('other')];
  expect(await makeDueKeys(database.worker, secret, log, one)).toHaveLength(2);
  expect(await keys(other)).toHaveLength(0);
});

test('a tenant whose key cannot be made does not keep the others from theirs', async () => {
  const [stuck, fine] = [await addTenant('a-stuck'), await addTenant('fine')];
  await sql.unsafe(`alter table pgrant.signing_keys add constraint stuck
    check (tenant_id <> '${stuck}') not valid`);
  await expect(makeDueKeys(database.worker, secret, log)).rejects.toThrow('stuck');
  await sql`alter table pgrant.signing_keys drop constraint stuck`;
  expect(await keys(fine)).toHaveLength(2);
});
