// However a connection dies, its call ends in time and its place is filled again.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { valuesOf } from '../../src/db/binding.ts';
import { api } from '../../src/db/bindings.ts';
import { connect, type Database } from '../../src/db/connect.ts';
import { isUnavailable } from '../../src/db/unavailable.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { faults, type Stage, stages, startWire, type Wire } from '../support/wire.ts';

const pool = 2;
const limits = { deadline: 700, patience: 300, queue: 3, share: 1 };
/** What a machine under load may take longer. */
const grace = 1_500;

let database: TestDatabase;
let wire: Wire;
const opened: Database[] = [];

beforeAll(async () => {
  database = await createDatabase();
  wire = await startWire(database.url('pgrant_web'));
});

afterAll(async () => {
  wire.heal();
  await Promise.all(opened.map((one) => one.end()));
  wire.cut();
});

function open(share = limits.share): Database {
  const one = connect(wire.url, 'pgrant_web', { pool, ...limits, share });
  opened.push(one);
  return one;
}

let statement = 0;
/** A statement that no connection has prepared. */
const ask = (one: Database, seconds = 0) =>
  one.query(`select $1::text as answer, pg_catalog.pg_sleep(${seconds}) /* ${statement++} */`, [
    'a',
  ]);

/** How a call ends: answer, unavailable, another error; and that it does so in time. */
async function outcome(call: Promise<unknown[]>): Promise<string> {
  const late = sleep(limits.deadline + limits.patience + grace, 'late', { ref: false });
  const ended = call.then(
    ([row]) => (row as { answer: string }).answer,
    (error) => (isUnavailable(error) ? 'unavailable' : String(error)),
  );
  return Promise.race([ended, late]);
}

async function outcomes(calls: Promise<unknown[]>[]): Promise<string[]> {
  return await Promise.all(calls.map(outcome));
}

/** As many calls at once as there are connections, and as many again that wait. */
const crowd = (one: Database, seconds?: number) =>
  Array.from({ length: 2 * pool }, () => ask(one, seconds));

/** Every place of the pool works, and nothing is left behind. */
async function isWhole(one: Database): Promise<void> {
  wire.heal();
  expect(await outcomes(crowd(one, 0.05))).toEqual(Array(2 * pool).fill('a'));
  expect(one.stats()).toMatchObject({ open: pool, idle: pool, waiting: 0, overdue: 0 });
}

describe.each(faults)('%s', (fault) => {
  test.each(Object.keys(stages) as Stage[])(
    'at %s costs no place in the pool',
    async (stage) => {
      const one = open();
      for (let round = 0; round < 2; round += 1) {
        wire.failAt(stage, fault);
        const ended = await outcomes(crowd(one));
        expect(ended.filter((what) => what !== 'unavailable')).toEqual([]);
        await isWhole(one);
        // So that the next round begins with new connections.
        wire.fail('fin');
        await expect.poll(() => one.stats().open).toBe(0);
      }
      const { broken, replaced } = one.stats();
      expect(broken).toBeGreaterThanOrEqual(4 * pool);
      expect(replaced).toBe(broken - pool);
    },
    60_000,
  );

  test('while statements run and others wait ends the first and serves the rest', async () => {
    const one = open();
    await isWhole(one);
    const calls = outcomes(crowd(one, 0.3));
    await sleep(100);
    wire.fail(fault);
    const ended = await calls;
    expect(ended.slice(0, pool)).toEqual(Array(pool).fill('unavailable'));
    // The queue is shorter than a deadline: what waits behind silence gives up, else it gets a new connection.
    const noticed = fault === 'reset' || fault === 'fin';
    expect(ended.slice(pool)).toEqual(Array(pool).fill(noticed ? 'a' : 'unavailable'));
    await isWhole(one);
  });

  test('while it is idle costs at most the calls that find it so', async () => {
    const one = open();
    await isWhole(one);
    wire.fail(fault);
    const noticed = fault === 'reset' || fault === 'fin';
    if (noticed) await expect.poll(() => one.stats().open).toBe(0);
    const ended = await outcomes(crowd(one));
    if (noticed) expect(ended).toEqual(Array(2 * pool).fill('a'));
    else expect(ended).not.toContain('late');
    await isWhole(one);
  });
});

test('a connection that was reset is not handed to a call that waits [postgres.js 3.4.9 never settles it]', async () => {
  const one = open();
  for (let round = 0; round < 10; round += 1) {
    const calls = outcomes(crowd(one, 0.1));
    await expect.poll(() => wire.links()).toBeGreaterThanOrEqual(pool);
    await sleep(30);
    wire.fail('reset');
    expect((await calls).filter((what) => !/^(a|unavailable)$/.test(what))).toEqual([]);
  }
  await isWhole(one);
});

test('a backend that is terminated, idle or at work, is replaced', async () => {
  const one = open();
  const terminate = () => database.sql`
    select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'pgrant_web'`;
  await isWhole(one);
  await terminate();
  await expect.poll(() => one.stats().open).toBe(0);
  const calls = outcomes(crowd(one, 0.3));
  await sleep(100);
  await terminate();
  expect(await calls).not.toContain('late');
  await isWhole(one);
});

test('an error that PostgreSQL answers leaves the connection what it is, and the next answer whole', async () => {
  const one = open();
  await isWhole(one);
  const streamed = 'select 1 / (3 - n) as answer from pg_catalog.generate_series(1, 5) n';
  await expect(one.query(streamed, [])).rejects.toMatchObject({ code: '22012' });
  for (let n = 0; n < 2 * pool; n += 1) {
    const rows = await one.query('select 1 as answer union all select 2', []);
    expect(Object.keys(rows)).toEqual(['0', '1']);
  }
  expect(one.stats()).toMatchObject({ open: pool, broken: 0 });
});

test('what waits too long, or finds the queue full, is turned away, and counted', async () => {
  const one = open();
  const slow = Array.from({ length: pool }, () => ask(one, 0.6));
  const waiting = Array.from({ length: pool * limits.queue }, () => ask(one));
  const beyond = ask(one);
  await expect(beyond).rejects.toMatchObject({ code: 'QUEUE_FULL' });
  expect(one.stats().waiting).toBe(pool * limits.queue);
  const ended = await Promise.allSettled(waiting);
  expect(ended.map((one) => one.status === 'rejected' && one.reason.code)).toEqual(
    Array(pool * limits.queue).fill('WAIT_TIMEOUT'),
  );
  expect(await outcomes(slow)).toEqual(Array(pool).fill('a'));
  expect(one.stats().refused).toBe(pool * limits.queue + 1);
  await isWhole(one);
});

test('tenants wait in turns, and who has most waiting makes room', async () => {
  const one = open();
  const ended: string[] = [];
  const tenants = { flood: randomUUID(), neighbour: randomUUID() };
  const askFor = (tenant: keyof typeof tenants, seconds: number) =>
    one
      .query(`select $1::text, pg_catalog.pg_sleep(${seconds})`, [tenants[tenant]])
      .then(() => ended.push(tenant))
      .catch((error) => ended.push(`${tenant} ${error.code}`));
  const flood = Array.from({ length: pool + pool * limits.queue }, () => askFor('flood', 0.05));
  const neighbour = [askFor('neighbour', 0), askFor('neighbour', 0)];
  await Promise.all([...flood, ...neighbour]);
  expect(ended.slice(0, 2)).toEqual(Array(2).fill('flood QUEUE_FULL'));
  // Behind what ran already, and at most one of the others each.
  expect(ended.lastIndexOf('neighbour')).toBeLessThan(2 + pool + 4);
  expect(one.stats()).toMatchObject({ waiting: 0, refused: 2 });
});

test('a tenant has its share of the connections at once, and what others ask does not wait behind it', async () => {
  const one = open(0.5);
  const [greedy, neighbour] = [randomUUID(), randomUUID()];
  const askFor = (tenant: string, seconds: number) =>
    one.query(`select $1::text, pg_catalog.pg_sleep(${seconds})`, [tenant]);
  const slow = Array.from({ length: 2 * pool }, () => askFor(greedy, 0.05));
  expect(one.stats()).toMatchObject({ open: pool / 2, waiting: 2 * pool - pool / 2 });
  const order: string[] = [];
  const others = askFor(neighbour, 0).then(() => order.push('neighbour'));
  await Promise.all([others, slow[1]?.then(() => order.push('greedy'))]);
  expect(order).toEqual(['neighbour', 'greedy']);
  const ended = one.end();
  await Promise.all(slow);
  await ended;
  expect(one.stats()).toMatchObject({ open: 0, waiting: 0 });
});

/** Asks as a client that there is not; gives the code of the error, undefined where there was an answer. */
function decide(
  one: Database,
  binding: typeof api.token_introspect | typeof api.device_redeem,
  tenant: string,
) {
  const values = binding.encoders.map((_, at) => (at === 0 ? tenant : null));
  return one.decide(binding, values).then(
    () => undefined,
    (error) => error.code,
  );
}

test('a tenant with most requests of a set waiting makes room for another', async () => {
  const one = open();
  const slow = Array.from({ length: pool }, () => ask(one, 0.2));
  const [flood, neighbour] = [randomUUID(), randomUUID()];
  const all = Array.from({ length: pool * limits.queue }, () =>
    decide(one, api.token_introspect, flood),
  );
  const other = decide(one, api.token_introspect, neighbour);
  await Promise.all(slow);
  expect(await Promise.all(all)).toContain('QUEUE_FULL');
  expect(await other).not.toBe('QUEUE_FULL');
});

test('requests of the function with most waiting make room for those of another', async () => {
  const one = open();
  const tenant = randomUUID();
  const polls = Array.from({ length: pool * limits.queue }, () =>
    decide(one, api.device_redeem, tenant),
  );
  const other = decide(one, api.token_introspect, tenant);
  const codes = await Promise.all(polls);
  expect(codes.pop()).toBe('QUEUE_FULL');
  expect(codes).not.toContain('QUEUE_FULL');
  expect(await other).not.toBe('QUEUE_FULL');
});

test('a set that finds the queue full asks again, and meanwhile keeps nobody from their turn', async () => {
  const one = open();
  const slow = Array.from({ length: pool }, () => ask(one, 0.1));
  // One of each tenant: nobody has so many that one could make room.
  const queue = Array.from({ length: pool * limits.queue }, () =>
    one.query(`select 'a' as answer, $1::text`, [randomUUID()]),
  );
  const caller = { request_id: null, address: null, client_id: 'nobody', secret_hash: null };
  const token = { access_hash: null, access_expires_at: null, handle_hash: null, key_hash: null };
  const values = valuesOf(api.token_introspect, {
    tenant: randomUUID(),
    ...caller,
    ...token,
  } as never);
  expect(await one.decide(api.token_introspect, values)).toMatchObject({ error: 'invalid_client' });
  expect(await outcomes([...slow, ...queue])).not.toContain('late');
});

test('closing waits for what runs and for what waits, and takes nothing more', async () => {
  const one = open();
  const calls = outcomes(crowd(one, 0.1));
  const ended = one.end();
  expect(await outcome(ask(one))).toBe('unavailable');
  expect(await calls).toEqual(Array(2 * pool).fill('a'));
  await ended;
  expect(one.stats().open).toBe(0);
});
