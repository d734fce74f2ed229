// RFC 8628 3.5: what a device is told that polls while something else happens to its code.
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { api } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { connect } from '../../src/db/connect.ts';
import {
  ask,
  type Client,
  makeClient,
  makeWorld,
  secret,
  type World,
} from '../support/fixtures.ts';
import { newTokens } from '../support/random-codes.ts';

let world: World;
let client: Client;
let code: { device_hash: Buffer; device_expires_at: number };

beforeAll(async () => {
  world = await makeWorld(4);
  client = await makeClient(world, 'tool', {
    token_endpoint_auth_method: 'none',
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
  });
});

beforeEach(async () => {
  code = await begin(world);
});

/** A device asks for a code. */
async function begin(where: World) {
  const device_hash = secret();
  const { expires_at } = await ask(where, api.device_authorize, {
    ...client,
    next_device_hash: device_hash,
    next_user_code_hash: secret(),
    next_user_code_start: 'BC',
    scope: '',
    resource: '',
  });
  return { device_hash, device_expires_at: expires_at ?? 0 };
}

const poll = async () =>
  (await ask(world, api.device_redeem, { ...client, ...code, ...newTokens() })).error as unknown;

const kept = async () =>
  (
    await world.database.sql`
      select poll_interval, polled_at is null as unpolled from pgrant.device_codes where device_hash = ${code.device_hash}`
  )[0];

/** Polls while another transaction has written the code and not committed; what the device is told once it has. */
async function pollBeside(change: string): Promise<unknown> {
  const { sql } = world.database;
  let told: Promise<unknown> | undefined;
  await sql.begin(async (other) => {
    await other.unsafe(
      `update pgrant.device_codes set ${change} where device_hash = '\\x${code.device_hash.toString('hex')}'`,
    );
    told = poll();
    const waits = async () =>
      (
        await other`select from pg_stat_activity where wait_event_type = 'Lock' and usename = 'pgrant_web'
                     and datname = current_database()`
      ).length > 0;
    await expect.poll(waits, { timeout: 10_000 }).toBe(true);
  });
  return await told;
}

test('of polls at once the first may come, and each other is told to slow down and adds five seconds', async () => {
  const told = await Promise.all(Array.from({ length: 10 }, poll));
  expect(told.filter((one) => one === 'authorization_pending')).toHaveLength(1);
  expect(told.filter((one) => one === 'slow_down')).toHaveLength(9);
  expect(await kept()).toEqual({ poll_interval: 50, unpolled: false });
});

test('a poll that another one overtakes has come too soon', async () => {
  expect(await pollBeside('polled_at = now()')).toBe('slow_down');
  expect(await kept()).toEqual({ poll_interval: 10, unpolled: false });
});

test.each(['allowed_at', 'denied_at'])(
  'a poll that waits for a decision (%s) is still told to wait, and is none',
  async (column) => {
    expect(await pollBeside(`${column} = now()`)).toBe('authorization_pending');
    expect(await kept()).toEqual({ poll_interval: 5, unpolled: true });
  },
);

test('the next version of a code has room on its page, so that a poll touches no index', async () => {
  const { sql } = world.database;
  const partitions = await sql`
    select c.reloptions from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'pgrant.device_codes'::regclass`;
  expect(new Set(partitions.map(({ reloptions }) => String(reloptions)))).toEqual(
    new Set(['fillfactor=50']),
  );
});

test('a poll reads its own code and none that waits beside it, whenever its plan was made', async () => {
  const { database } = world;
  // The plans of this connection are made now, while there are few codes.
  const one = connect(database.url('pgrant_web'), 'pgrant_web', { pool: 1 });
  const only = { ...world, database: { ...database, web: one } };
  const pollAs = (device: typeof code) =>
    callAll(one, api.device_redeem, {
      ...{ tenant: world.tenant, request_id: null, address: '192.0.2.1', ...client },
      ...{ auth_method: 'none', secret_hash: null, assertion: null, possession: null },
      ...{ ...device, ...newTokens() },
    } as never);
  for (let turn = 0; turn < 10; turn += 1) await pollAs(code);
  const waiting: (typeof code)[] = [];
  for (let n = 0; n < 200; n += 1) waiting.push(await begin(only));
  // Before version 18 a partition counts as small until autovacuum has analyzed it; see test/sql/planner.test.ts.
  const [{ told } = {}] = await database.sql`
    select current_setting('server_version_num')::integer >= 180000 as told`;
  if (!told) await database.sql.unsafe('analyze pgrant.device_codes');
  const read = async () => {
    await one.query('select pg_catalog.pg_stat_force_next_flush()', []);
    await one.query('select 1', []);
    const [row] = await database.sql`
      select sum(s.idx_tup_read)::int as read from pg_stat_user_indexes s where s.relname like 'device\\_codes%'`;
    return row?.read as number;
  };
  const before = await read();
  for (const device of waiting) await pollAs(device);
  expect((await read()) - before).toBeLessThan(200 * 10);
  await one.end();
});
