import { createServer } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/db/connect.ts';
import { webProbes } from '../../src/http/health.ts';
import { watchLiveness } from '../../src/http/liveness.ts';
import { checkWorker } from '../../src/operations/health-check.ts';
import { release } from '../../src/release/release.ts';
import { runAlone } from '../cli/cli.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { addTenant, secret, startServer } from '../support/issuer.ts';
import { sqlVariant } from '../support/sql.ts';

async function ask(origin: string, path: string, method = 'GET') {
  const response = await fetch(origin + path, { method });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : undefined };
}

/** One second, after which an answer is not a remembered one. */
const later = () => new Promise((resolve) => setTimeout(resolve, 1_050));

const database = await createDatabase();
const { origin } = await startServer(database);
// As if it had been released now, and not when the tests began.
await database.sql`update pgrant.schedules set since = now()`;

test('a process that answers is alive, and one whose database is there and released is ready', async () => {
  expect(await ask(origin, '/livez')).toEqual({ status: 200, body: { status: 'alive' } });
  const { status, body } = await ask(origin, '/readyz');
  expect(status).toBe(200);
  expect(body).toEqual({
    status: 'ready',
    database: 'reachable',
    release: { state: 'current', released_at: expect.stringMatching(/^20.*Z$/) },
    worker: { last_run_at: null, late: [] },
    backlog: { unfinished: 0 },
  });
});

test('a late worker is told and does not take the web tier down', async () => {
  const { sql } = database;
  await sql`update pgrant.schedules set since = now() - interval '1 day'`;
  await sql`insert into pgrant.task_runs (task, finished_at, counts)
    values ('cleanup', now(), '{"grants": 5, "unfinished": 2}'), ('keys', now(), '{}')`;
  await later();
  const { status, body } = await ask(origin, '/readyz');
  expect(status).toBe(200);
  const known = await sql`select task from pgrant_report.schedules where late order by task`;
  expect(known).toHaveLength(body.worker.late.length);
  expect(body.worker.late).toEqual(known.map(({ task }) => task));
  expect(body.worker.late).toContain('partitions');
  expect(body.worker.late).not.toContain('keys');
  expect(body.backlog).toEqual({ unfinished: 2 });
  expect(Date.parse(body.worker.last_run_at)).toBeGreaterThan(Date.now() - 60_000);
});

test('npm run health worker fails while a task is late, and names it', async () => {
  await expect(checkWorker(database.url('pgrant_worker'))).rejects.toThrow(/^late: .*partitions/);
  await database.sql`update pgrant.schedules set since = now()`;
  await expect(checkWorker(database.url('pgrant_worker'))).resolves.toBeUndefined();
});

test('a process of another release than the database is ready all the same, and says so', async () => {
  const other = await createDatabase();
  const server = await startServer(other);
  const folder = sqlVariant({ 'functions/extra.sql': '-- the next release\n' });
  await release(other.url('postgres'), folder);
  const { status, body } = await ask(server.origin, '/readyz');
  expect([status, body.release.state]).toEqual([200, 'other']);
});

describe('a PGRANT_SECRET that is not what the signing keys are sealed under', () => {
  const other = Buffer.alloc(32, 9).toString('base64');
  let sealed: TestDatabase;
  beforeAll(async () => {
    sealed = await createDatabase();
    await addTenant(sealed, 'http://localhost:1', 'acme');
  });

  test.each(['web', 'worker'])('is one line of %s, and exit code 1', async (process) => {
    const { code, err } = await runAlone(
      {
        DATABASE_URL: sealed.url('pgrant_web'),
        DATABASE_WORKER_URL: sealed.url('pgrant_worker'),
        PGRANT_SECRET: other,
        PORT: '0',
      },
      [process],
    );
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^pgrant: PGRANT_SECRET is not what the signing keys .+\n$/),
    });
  });

  test('makes a running process unavailable, until it is there as PGRANT_SECRET_OLD', async () => {
    const { web } = sealed;
    const right = webProbes({ database: web, secret });
    const wrong = webProbes({ database: web, secret: Buffer.from(other, 'base64') });
    const both = { current: Buffer.from(other, 'base64'), old: secret, tenantKey: undefined };
    const changing = webProbes({ database: web, secret: both });
    expect(await right.health()).toMatchObject({ status: 'ready' });
    expect(await wrong.health()).toEqual({
      status: 'unavailable',
      database: 'reachable',
      secret: 'other',
    });
    expect(await changing.health()).toMatchObject({ status: 'ready' });
  });
});

test('a database that is not released makes the process unavailable, not dead', async () => {
  const empty = await createDatabase({ empty: true });
  const server = await startServer(empty);
  expect((await ask(server.origin, '/livez')).status).toBe(200);
  const { status, body } = await ask(server.origin, '/readyz');
  expect(status).toBe(503);
  expect(body).toMatchObject({ status: 'unavailable', release: { state: 'missing' } });
});

test('a database that cannot be reached, or does not answer, makes the process unavailable, not dead', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  for (const url of ['postgres://web@127.0.0.1:9/none', `postgres://web@127.0.0.1:${port}/none`]) {
    const web = connect(url, 'pgrant_web');
    const server = await startServer({ ...database, web } as TestDatabase);
    expect((await ask(server.origin, '/livez')).status).toBe(200);
    const { status, body } = await ask(server.origin, '/readyz');
    expect([status, body]).toEqual([503, { status: 'unavailable', database: 'unreachable' }]);
  }
  silent.close();
});

test('a hundred probes at once ask the database hardly more than once', async () => {
  await later();
  const calls = async () => {
    const [row] = await database.sql`
      select coalesce(sum(calls), 0)::int as n from pg_stat_user_functions where funcname = 'health_read'`;
    return row?.n;
  };
  await database.sql.unsafe(`alter database ${database.name} set track_functions = 'all'`);
  const fresh = await createServerOn(database);
  await Promise.all(Array.from({ length: 100 }, () => ask(fresh.origin, '/readyz')));
  await fresh.end();
  expect(await calls()).toBeGreaterThan(0);
  expect(await calls()).toBeLessThan(10);
});

async function createServerOn(one: TestDatabase) {
  const web = connect(one.url('pgrant_web'), 'pgrant_web', { pool: 4 });
  return { ...(await startServer({ ...one, web })), end: web.end };
}

test('HEAD is answered like GET, and the issuer of a tenant keeps its paths', async () => {
  expect((await ask(origin, '/livez', 'HEAD')).status).toBe(200);
  expect((await fetch(`${origin}/acme/livez`)).status).toBe(404);
});

test('/readyz waits in the queue of the requests, and gives up after its own two seconds', async () => {
  const web = connect(database.url('pgrant_web'), 'pgrant_web');
  const busy = await startServer({ ...database, web } as TestDatabase);
  const slow = web.query('select pg_catalog.pg_sleep(3)', []);
  expect(await ask(busy.origin, '/readyz')).toMatchObject({ status: 503 });
  expect(web.stats().waiting).toBe(0);
  expect((await ask(busy.origin, '/livez')).status).toBe(200);
  await slow;
  expect(await ask(busy.origin, '/readyz')).toMatchObject({ status: 200 });
  await web.end();
});

test('a call that has outlived its deadline, or an event loop that stood still, makes the process dead', async () => {
  const watch = (overdue: number) =>
    watchLiveness(
      { stats: () => ({ ...database.web.stats(), overdue }) },
      { loop: 100, pool: 1_000 },
    );
  expect(watch(500)()).toBeUndefined();
  expect(watch(1_500)()).toBe('pool');
  const alive = watch(0);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  expect(alive()).toBe('event loop');
});
