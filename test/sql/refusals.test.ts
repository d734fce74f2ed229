// What is refused is counted: one row for what repeats, exact limits for each address, sealed like all else.
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { recordRefusals } from '../../src/operations/audit-chain.ts';
import { seal, verify } from '../support/audit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import {
  ask,
  auditOf,
  type Client,
  makeClient,
  makeTenant,
  makeUser,
  operate,
  secret,
  type World,
} from '../support/fixtures.ts';
import { begin, login, newBrowser, obtainTokens, rotate } from '../support/flows.ts';

let database: TestDatabase;
let world: World;
let machine: Client;
let count = 0;

beforeAll(async () => {
  database = await createDatabase({ pool: 20 });
});

beforeEach(async () => {
  world = await makeTenant(database, `acme-${++count}`);
  machine = await makeClient(world, 'machine', { grant_types: ['client_credentials'] });
  // What is counted here is counted within a minute.
  const rest = 60 - new Date().getSeconds();
  if (rest < 10) await sleep(rest * 1000);
});

type Try = { client_id?: string; secret_hash?: Buffer | null; address?: string };

async function authenticate({ client_id = 'nobody', secret_hash = secret(), ...args }: Try = {}) {
  const row = await ask(world, api.client_credentials_issue, {
    client_id,
    auth_method: 'client_secret_basic',
    secret_hash,
    scope: '',
    access_hash: secret(),
    resource: '',
    ...args,
  });
  return row.error;
}

function many(length: number, make: (index: number) => Try = () => ({})) {
  return Promise.all(Array.from({ length }, (_, index) => authenticate(make(index))));
}

function tally(errors: (string | null)[]) {
  const counts: Record<string, number> = {};
  for (const error of errors) counts[error ?? 'granted'] = (counts[error ?? 'granted'] ?? 0) + 1;
  return counts;
}

const stored = () =>
  database.sql`select * from pgrant.refusals where tenant_id = ${world.tenant} order by refused desc, address`;
const events = () =>
  database.sql`
    select * from pgrant.audit_events
     where tenant_id = ${world.tenant} and (error is not null or action = 'refusals.count') order by at`;

/** Lets the minute of all that was refused be over, and has the worker record it. */
async function passMinute() {
  await database.sql`
    update pgrant.refusals set minute = minute - interval '10 minutes' where tenant_id = ${world.tenant} and covered_by is null`;
  await recordRefusals(database.worker);
}

describe('a refusal that repeats', () => {
  test('is one row with its count where it names no known client, and no audit event', async () => {
    await many(25, (n) => ({ client_id: `guess-${n}` }));
    const rows = await stored();
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      refused: 25,
      action: 'client.authenticate',
      error: 'invalid_client',
      reason: 'client unknown or disabled',
      address: '192.0.2.1',
      request_id: 'test',
      recorded: false,
    });
    expect(await events()).toHaveLength(0);
    expect(await auditOf(world, 'client.authenticate')).toMatchObject([{ times: '25' }]);
  });

  test('is an audit event at once where it names a known client, and one more for its repeats', async () => {
    await many(12, () => ({ client_id: 'machine' }));
    expect(await events()).toMatchObject([{ client_id: 'machine', error: 'invalid_client' }]);
    const times = async () =>
      (await auditOf(world, 'client.authenticate'))
        .map((row) => Number(row.times))
        .sort((a, b) => a - b);
    expect(await times()).toEqual([1, 11]);
    await passMinute();
    const [first, repeats, ...others] = await events();
    expect(others).toEqual([]);
    expect(repeats).toMatchObject({ client_id: 'machine', reason: first?.reason });
    expect(repeats?.detail).toMatchObject({ repeats: 11 });
    expect(await times()).toEqual([1, 11]);
  });

  test('is told apart by address, an IPv6 network of 64 bits being one', async () => {
    await many(4, (n) => ({ address: `2001:db8:0:1:${n}::1` }));
    await many(3, (n) => ({ address: `192.0.2.${n}` }));
    expect((await stored()).map(({ address, refused }) => [address, refused])).toEqual([
      ['2001:db8:0:1::/64', 4],
      ['192.0.2.0', 1],
      ['192.0.2.1', 1],
      ['192.0.2.2', 1],
    ]);
  });

  test('is recorded each time where somebody uses a token twice [RFC 9700 4.14.2]', async () => {
    const client = await makeClient(world, 'app');
    const user = await makeUser(world, 'ada');
    const { refresh } = await obtainTokens(world, client, user);
    for (let n = 0; n < 3; n++) {
      await database.sql`
        update pgrant.token_families set revoked_at = null, revoked_reason = null where tenant_id = ${world.tenant}`;
      const { row } = await rotate(world, client, { ...refresh, refresh_hash: secret() });
      expect(row.error).toBe('invalid_grant');
    }
    expect(await auditOf(world, 'refresh.reuse')).toHaveLength(3);
  });
});

describe('what a stranger sends', () => {
  test.each([
    ['very long', 'x'.repeat(9_000)],
    ['not ASCII', 'ключ'],
    ['empty', ''],
  ])('a client_id that is %s is recorded by its length and digest', async (_name, client_id) => {
    await authenticate({ client_id });
    const [row] = await stored();
    expect(row?.client_id).toBeNull();
    expect(row?.detail).toMatchObject({ client_id_length: client_id.length });
    expect(JSON.stringify(row?.detail).length).toBeLessThan(200);
  });

  test('makes at most 1,024 rows of a tenant in a minute, and 16 for the rest, from however many addresses', async () => {
    const addresses = 3_000;
    await many(addresses, (n) => ({ address: `10.1.${n >> 8}.${n & 255}` }));
    const rows = await stored();
    expect(rows.length).toBeLessThanOrEqual(1_024 + 16);
    expect(rows.reduce((sum, { refused }) => sum + refused, 0)).toBe(addresses);
    expect(rows.filter(({ action }) => action === 'request.refuse').length).toBeGreaterThan(0);
  });

  test('is kept for days: the partition is dropped whole, and the audit stays intact', async () => {
    await many(5);
    await passMinute();
    await seal(database);
    const [event] = await events();
    expect(event).toMatchObject({ action: 'refusals.count', error: null });
    expect(event?.detail).toMatchObject({ kinds: 1, refused: 5 });
    expect(await verify(world)).toMatchObject({ intact: true });
    const [plan] =
      await database.sql`select retention from pgrant.partition_plans where table_name = 'refusals'`;
    expect(String(plan?.retention)).toBe('7 days');
    const undone = new Error('undone');
    const later = database.sql.begin(async (sql) => {
      // As it is in days, when the partition is gone.
      await sql`delete from pgrant.refusals`;
      await sql`update pgrant.partition_plans set retention = interval '-2 days' where table_name = 'refusals'`;
      const [verdict] = await sql`select * from pgrant_report.audit_verify(${world.tenant})`;
      expect(verdict).toMatchObject({ intact: true });
      throw undone;
    });
    await expect(later).rejects.toBe(undone);
  });

  test.each([
    ['its count is lowered', `update pgrant.refusals set refused = 1`],
    ['its address is changed', `update pgrant.refusals set address = '198.51.100.1'`],
    ['it is removed', `delete from pgrant.refusals`],
    ['it is no longer said to be sealed', `update pgrant.refusals set covered_by = null`],
  ])('is found out by the audit when %s', async (_name, tampering) => {
    await many(5);
    await passMinute();
    await seal(database);
    await database.sql.unsafe(`${tampering} where tenant_id = '${world.tenant}'`);
    const [event] = await events();
    expect(await verify(world)).toMatchObject({
      intact: false,
      fault: 'refusals edited',
      event_id: event?.event_id,
    });
  });

  test.each([
    ['of nobody that is known', false],
    ['of a client that is known', true],
  ])(
    '%s is found out by the audit when it is added to a minute that is long over',
    async (_name, recorded) => {
      await many(5);
      await passMinute();
      // The worker counted them a while ago.
      await database.sql`update pgrant.audit_events set at = at - interval '5 minutes' where tenant_id = ${world.tenant} and action = 'refusals.count'`;
      const added = { ago: '3 hours', refused: 7, recorded };
      await database.sql`
      insert into pgrant.refusals
      select (jsonb_populate_record(r, jsonb_build_object('event_id', gen_random_uuid(), 'minute', r.minute - ${added.ago}::interval, 'refused', ${added.refused}::integer,
                'first_at', r.first_at - ${added.ago}::interval, 'last_at', r.last_at - ${added.ago}::interval, 'recorded', ${added.recorded}::boolean, 'covered_by', null))).*
        from pgrant.refusals r where r.tenant_id = ${world.tenant}`;
      await database.sql`select pgrant_ops.refusals_record(${world.tenant})`;
      await seal(database);
      expect(await verify(world)).toMatchObject({ intact: false, fault: 'refusals edited' });
    },
  );

  test('is recorded once though two workers are at it', async () => {
    await many(5);
    await database.sql`update pgrant.refusals set minute = minute - interval '10 minutes' where tenant_id = ${world.tenant}`;
    await Promise.all(
      Array.from(
        { length: 4 },
        () => database.sql`select pgrant_ops.refusals_record(${world.tenant})`,
      ),
    );
    expect(await events()).toHaveLength(1);
  });
});

describe('the limit of an address', () => {
  const set = (settings: object) => operate(world, ops.tenant_set, { settings: settings as never });

  test('is exact though 40 come at once on connections of their own', async () => {
    await set({ refusal_limit: 10 });
    expect(tally(await many(40))).toEqual({ invalid_client: 10, too_many_attempts: 30 });
    const rows = await stored();
    expect(rows.map(({ reason, refused }) => [reason, refused])).toEqual([
      ['more than refusal_limit', 30],
      ['client unknown or disabled', 10],
    ]);
  });

  test('leaves alone what is good, from the same address too', async () => {
    await set({ refusal_limit: 5 });
    await many(20);
    expect(await authenticate(machine as Try)).toBeNull();
  });

  test('says flood beyond ten times as many, so that the web process asks no more', async () => {
    await set({ refusal_limit: 2 });
    expect(tally(await many(40))).toEqual({ invalid_client: 2, too_many_attempts: 18, flood: 20 });
  });

  test('is that of the address: others, and other tenants, are as free as ever', async () => {
    await set({ refusal_limit: 3 });
    await many(40);
    expect(await authenticate({ address: '192.0.2.2' })).toBe('invalid_client');
    world = await makeTenant(database, `other-${count}`);
    expect(await authenticate()).toBe('invalid_client');
  });

  test('locks no client out: who guesses its secret elsewhere is nothing to it', async () => {
    await set({ refusal_limit: 3 });
    await many(40, () => ({ client_id: 'machine', address: '198.51.100.9' }));
    expect(await authenticate(machine as Try)).toBeNull();
    expect(await authenticate({ client_id: 'machine' })).toBe('invalid_client');
  });

  test('does not hold for trusted networks', async () => {
    await set({ refusal_limit: 3, trusted_networks: ['192.0.2.0/24', '2001:db8::/32'] });
    expect(tally(await many(40))).toEqual({ invalid_client: 40 });
    expect(tally(await many(5, () => ({ address: '2001:db8::1' })))).toEqual({ invalid_client: 5 });
    expect((await stored()).map(({ refused }) => refused)).toEqual([40, 5]);
  });

  test('does not count what a silent request is answered [OpenID Connect Core 3.1.2.6]', async () => {
    await set({ refusal_limit: 2 });
    const client = await makeClient(world, 'app');
    for (let n = 0; n < 6; n++) {
      const { row } = await begin(world, newBrowser(), client, { prompt: ['none'] });
      expect(row).toMatchObject({ error: null, response_error: 'login_required' });
    }
    expect(await authenticate()).toBe('invalid_client');
  });

  test('holds for the sign-ins that it may begin', async () => {
    await set({ authorization_rate: 7 });
    const client = await makeClient(world, 'app');
    const flows = await Promise.all(
      Array.from({ length: 20 }, () => begin(world, newBrowser(), client)),
    );
    expect(tally(flows.map(({ row }) => row.error))).toEqual({ granted: 7, too_many_attempts: 13 });
    const [requests] = await database.sql`
      select count(*)::int from pgrant.authorization_requests where tenant_id = ${world.tenant}`;
    expect(requests?.count).toBe(7);
  });
});

describe('signing in', () => {
  test('gives nothing to derive a password with where the request is not this browser’s', async () => {
    const client = await makeClient(world, 'app');
    const user = await makeUser(world, 'ada');
    const flow = await begin(world, newBrowser(), client);
    const good = { ...flow.request, browser_hash: flow.browser.browser_hash, username: 'ada' };
    for (const wrong of [
      { request_hash: secret() },
      { request_expires_at: good.request_expires_at + 1 },
      { browser_hash: secret() },
      { browser_hash: null as never },
    ]) {
      const refused = await ask(world, api.login_begin, { ...good, ...wrong });
      expect(refused).toMatchObject({ error: 'expired_request', salt: null, params: null });
    }
    expect(await auditOf(world, 'session.login')).toMatchObject([{ times: '4' }]);
    expect((await ask(world, api.login_begin, good)).salt).not.toBeNull();
    expect((await login(world, flow, user)).error).toBeNull();
    expect((await ask(world, api.login_begin, good)).error).toBeNull();
  });
});
