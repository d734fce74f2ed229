import type { Sql } from 'postgres';
import { beforeAll, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { makeAuditor } from '../support/auditors.ts';
import {
  ask,
  makeTenant,
  makeUser,
  makeWorld,
  operate,
  secret,
  type World,
} from '../support/fixtures.ts';
import { begin, newBrowser, obtainTokens } from '../support/flows.ts';
import {
  age,
  configure,
  machineToken,
  publicClient,
  register,
} from '../support/self-registered.ts';

let acme: World;
let all: Sql;
let one: Sql;

beforeAll(async () => {
  const other = await makeWorld();
  acme = await makeTenant(other.database, 'busy');
  await configure(acme, { registration: 'open', registration_rate: 4, registration_quota: 20 });
  await configure(other, { registration: 'token' });
  all = (await makeAuditor(acme.database)).sql;
  one = (await makeAuditor(acme.database, { tenant: acme.tenant })).sql;
}, 60_000);

const numbers = async (sql: Sql, registered_by = 'itself') => {
  const [row] = await sql`
    select * from pgrant_report.registrations where tenant = 'busy' and registered_by = ${registered_by}`;
  const counted = Object.entries(row ?? {}).map(([name, value]) => [
    name,
    /^\d+$/.test(String(value)) ? Number(value) : value,
  ]);
  return Object.fromEntries(counted);
};

test('an auditor sees who registered, what is made of it, and how near the tenant is to its bounds', async () => {
  const used = await register(acme, { name: 'Used' });
  const tried = await register(acme, { name: 'Tried' });
  const unused = await register(acme, { name: 'Unused' }, { address: '2001:db8::7' });
  const old = await register(acme, { name: 'Old' }, { address: '198.51.100.1' });
  await obtainTokens(acme, used.client, await makeUser(acme, 'ada'));
  await begin(acme, newBrowser(), tried.client);
  await age(acme, old.client.client_id, '2 hours');
  // Two more from the first address, one of which is too many.
  for (let n = 0; n < 3; n += 1) await register(acme, { name: `More ${n}` });
  await ask(acme, api.client_document_store, {
    client_url: 'https://a.example/client.json',
    metadata: publicClient as never,
    fresh_for: 60,
  });

  const rows = await one`
    select client_name, registered_by, state, registered_from from pgrant_report.registered_clients
     where client_name !~ '^More' order by client_name`;
  expect(rows.map((row) => Object.values(row).join(' '))).toEqual([
    'Old itself expired 198.51.100.1/32',
    'Tried itself tried 192.0.2.1/32',
    'Unused itself unused 2001:db8::/64',
    'Used itself used 192.0.2.1/32',
  ]);
  for (const sql of [all, one]) {
    expect(await numbers(sql)).toMatchObject({
      policy: 'open',
      quota: 20,
      rate: 4,
      live: 5,
      quota_share: '0.25',
      unused: 4,
      expired: 1,
      addresses: 3,
      last_hour: 6,
      last_day: 6,
      refused_last_hour: 1,
      refused_last_day: 1,
      most_from_one_address: 5,
    });
    expect(await numbers(sql, 'document')).toMatchObject({
      policy: 'closed',
      live: 0,
      last_hour: 0,
      refused_last_hour: 1,
    });
  }
  const why = await one`
    select registered_by, registered_from, error, reason from pgrant_report.registration_attempts
     where error is not null order by registered_by`;
  expect(why).toEqual([
    {
      registered_by: 'document',
      registered_from: '192.0.2.1/32',
      error: 'unknown_client',
      reason: 'client disabled, or the tenant takes no document of this host',
    },
    {
      registered_by: 'itself',
      registered_from: '192.0.2.1/32',
      error: 'too_many_attempts',
      reason: 'too many from this address',
    },
  ]);
  expect(unused.row.error).toBeNull();
});

test('an auditor sees initial access tokens, and never what they are', async () => {
  const { initial_hash } = await machineToken(acme, ['email'], { uses: 1 });
  await operate(acme, ops.registration_token_add, { name: 'unlimited', token_hash: secret() });
  await register(acme, { name: 'Vouched for' }, { initial_hash, address: '203.0.113.9' });
  const rows = await one`
    select name, state, used, uses_left, machine_scopes, expires_at from pgrant_report.registration_tokens order by name`;
  expect(rows).toEqual([
    {
      name: 'token',
      state: 'spent',
      used: 1,
      uses_left: 0,
      machine_scopes: ['email'],
      expires_at: null,
    },
    {
      name: 'unlimited',
      state: 'good',
      used: 0,
      uses_left: null,
      machine_scopes: null,
      expires_at: null,
    },
  ]);
  await expect(one`select token_hash from pgrant.registration_tokens`).rejects.toMatchObject({
    code: '42501',
  });
});

test('an auditor of one tenant sees nothing of the others', async () => {
  for (const view of [
    'registered_clients',
    'registrations',
    'registration_tokens',
    'registration_attempts',
  ]) {
    const rows = await one.unsafe(
      `select from pgrant_report.${view} where tenant_id <> '${acme.tenant}'`,
    );
    expect(rows, view).toHaveLength(0);
  }
  expect(await all`select distinct tenant from pgrant_report.registrations`).toHaveLength(2);
});
