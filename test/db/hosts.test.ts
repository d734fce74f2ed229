// A database with several hosts: connections are spread over them, and go elsewhere while one is away.
import { dirname } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type Database } from '../../src/db/connect.ts';
import { createHosts } from '../../src/db/hosts.ts';
import { listen } from '../../src/db/listen.ts';
import { isUnavailable } from '../../src/db/unavailable.ts';
import { findPrograms } from '../../src/embedded/embedded-run.ts';
import { createLog } from '../../src/log.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { withServer } from '../support/other-postgres.ts';
import { startWire, type Wire } from '../support/wire.ts';

let database: TestDatabase;
let one: Wire;
let other: Wire;
const opened: { end: () => Promise<void> }[] = [];

beforeAll(async () => {
  database = await createDatabase();
  const url = database.url('pgrant_web');
  [one, other] = [await startWire(url), await startWire(url)];
});

afterAll(async () => {
  for (const wire of [one, other]) wire.heal();
  await Promise.all(opened.map((each) => each.end()));
  for (const wire of [one, other]) wire.cut();
});

/** The URL of one database at the hosts of all of them. */
function joined(first: string, ...others: string[]): string {
  const { host } = new URL(first);
  return first.replace(host, [host, ...others.map((url) => new URL(url).host)].join(','));
}

function open(url: string, pool: number): Database {
  const made = connect(url, 'pgrant_web', { pool });
  opened.push(made);
  return made;
}

/** As many calls at once; each has to succeed. */
const ask = (web: Database, calls: number) =>
  Promise.all(
    Array.from({ length: calls }, () => web.query('select pg_catalog.pg_sleep(0.02)', [])),
  );

/** A URL where nobody listens. */
const absent = async () => `postgres://x@127.0.0.1:${await freePort()}/x`;

test('connections are spread over the hosts', async () => {
  await ask(open(joined(one.url, other.url), 6), 6);
  expect([one.links(), other.links()]).toEqual([3, 3]);
});

test('a host that is away costs no call, and gets its share when it is back', async () => {
  const web = open(joined(one.url, await absent()), 4);
  for (let round = 0; round < 3; round += 1) await ask(web, 8);
  expect(web.stats()).toMatchObject({ open: 4, broken: 0, refused: 0 });
});

test('what breaks goes on at another host', async () => {
  const web = open(joined(one.url, other.url), 4);
  await ask(web, 4);
  one.failAt('start-up', 'reset');
  one.fail('reset');
  await expect.poll(() => web.stats().open).toBe(2);
  await ask(web, 8);
  expect(web.stats()).toMatchObject({ open: 4, broken: 2 });
  one.heal();
});

test('where all hosts are away the call may be made again later', async () => {
  const web = open(joined(await absent(), await absent()), 1);
  const error = await web.query('select', []).catch((reason) => reason);
  expect(isUnavailable(error)).toBe(true);
});

test('hosts have turns, one that was missed comes last until somebody meets it', () => {
  const hosts = createHosts('postgres://x@a,b,c/x');
  const first = () => new URL(hosts.inTurn()[0] ?? '').host;
  const round = () => [first(), first(), first(), first()].sort().join('');
  expect([first(), first(), first()].sort()).toEqual(['a', 'b', 'c']);
  hosts.missed('postgres://x@b/x');
  expect(round()).toBe('aacc');
  expect(hosts.inTurn()).toHaveLength(3);
  expect(hosts.inTurn()[2]).toBe('postgres://x@b/x');
  hosts.met('postgres://x@b/x');
  expect(round()).toMatch(/b/);
});

test('a standby is passed over until it is promoted, and lets readers in where it is the only host [libpq: target_session_attrs]', async () => {
  const wire = await startWire(database.url('postgres'));
  const programs = dirname((await findPrograms()).postgres);
  const failOver = async (url: string) => {
    const standby = postgres(url, { max: 1, onnotice: () => {} });
    const both = wire.url.replace(new URL(wire.url).host, (host) => `${host},${new URL(url).host}`);
    const web = connect(both.replace(/[^/]*$/, 'postgres'), 'postgres' as never, { pool: 2 });
    const reader = connect(url, 'postgres' as never);
    try {
      await ask(reader, 1);
      await ask(web, 4);
      expect(wire.links()).toBe(2);
      await standby`select pg_promote()`;
      wire.failAt('start-up', 'reset');
      wire.fail('reset');
      await expect.poll(() => web.stats().open).toBe(0);
      await ask(web, 4);
      expect(wire.links()).toBe(0);
    } finally {
      wire.cut();
      await Promise.all([web.end(), reader.end(), standby.end()]);
    }
  };
  await withServer(programs, failOver, { standby: true });
});

test('whoever listens does so at a host that is there', async () => {
  const heard: unknown[] = [];
  const url = database.url('pgrant_web');
  const there = new URL(url).host;
  const away = `127.0.0.1:${await freePort()}`;
  const log = createLog('silent');
  const listener = {
    url: url.replace(there, `${away},${there}`),
    role: 'pgrant_web',
    log,
  } as const;
  opened.push({
    end: listen({ ...listener, program: 'test' }, 'hosts', (payload) => heard.push(payload)),
  });
  await expect.poll(() => heard, { timeout: 5_000 }).toEqual([undefined]);
  await database.sql`select pg_notify('hosts', 'a')`;
  await expect.poll(() => heard).toEqual([undefined, 'a']);
});
