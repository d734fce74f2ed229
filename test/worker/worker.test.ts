import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLog } from '../../src/log.ts';
import { noteVersion, openPool } from '../../src/worker/queue-pool.ts';
import { makeAuditor } from '../support/auditors.ts';
import { createDatabase } from '../support/database.ts';
import { jobs, secret, start, until } from './worker.ts';

const database = await createDatabase();
const { sql } = database;

const sessions = () => sql`
  select usename, query from pg_stat_activity
   where datname = ${database.name} and application_name like 'pgrant-queue/%'`;

async function addTenant(name: string): Promise<string> {
  const issuer = `https://${name}.example`;
  const [row] = await sql`
    select pgrant_ops.tenant_add(${name}, ${issuer}, ${`${name}.example`}, '') as id`;
  return row?.id;
}

const keyCount = async (tenant: string) =>
  (await sql`select from pgrant.signing_keys where tenant_id = ${tenant}`).length;

test('a superuser who starts the worker works as pgrant_worker, who owns every table of the queue', async () => {
  const { stop } = await start(database, 'postgres');
  const owners = await sql`
    select distinct relowner::regrole::text as owner from pg_class
     where relnamespace = 'graphile_worker'::regnamespace`;
  expect(owners.map((row) => row.owner)).toEqual(['pgrant_worker']);
  const [login] = await sessions();
  expect(login?.usename).toBe('postgres');
  await stop();
  await until(async () => (await sessions()).length === 0);
});

test('stopping waits for the job that runs, and takes no other', async () => {
  const { stop } = await start(database);
  await until(async () => (await jobs(database)).length === 0);
  const tenant = await addTenant('drained');
  const busy = await sql.reserve();
  await busy`begin`;
  await busy`select from pgrant.tenants where tenant_id = ${tenant} for update`;
  await sql`select graphile_worker.add_job('keys', '{}')`;
  await until(async () => {
    const waiting =
      await sql`select from pg_stat_activity where query like '%key_add%' and wait_event_type = 'Lock'`;
    return waiting.length === 1;
  });

  let stopped = false;
  const stopping = stop().then(() => {
    stopped = true;
  });
  await sql`select graphile_worker.add_job('cleanup', '{}')`;
  await sleep(500);
  expect(stopped).toBe(false);
  await busy`commit`;
  busy.release();
  await stopping;
  expect(await keyCount(tenant)).toBe(2);
  expect(await jobs(database)).toEqual(['cleanup']);
});

test('a worker whose connections are cut goes on', async () => {
  const { stop, lines } = await start(database);
  await until(async () => (await jobs(database)).length === 0);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
             where datname = ${database.name} and usename = 'pgrant_worker'`;
  const tenant = await addTenant('reconnected');
  await sql`select graphile_worker.add_job('keys', '{}')`;
  await until(async () => (await keyCount(tenant)) === 2);
  await stop();
  expect(lines.join('')).toContain('the worker lost a connection');
});

test('a worker that could not mark its job as done starts again', async () => {
  const { stop, lines } = await start(database);
  await until(async () => (await jobs(database)).length === 0);
  await sql`create function public.refuse() returns trigger language plpgsql as
    $$ begin raise exception 'refused'; end $$`;
  await sql`create trigger refuse before delete on graphile_worker._private_jobs execute function public.refuse()`;
  await sql`select graphile_worker.add_job('cleanup', '{}')`;
  await until(async () => lines.join('').includes('has ended by itself'));
  await sql`drop trigger refuse on graphile_worker._private_jobs`;

  const tenant = await addTenant('restarted');
  await sql`select graphile_worker.add_job('keys', '{}')`;
  await until(async () => (await keyCount(tenant)) === 2);
  await sql`delete from graphile_worker._private_jobs`;
  await stop();
});

test('what changed in the tables of the queue a worker hears where they say so themselves: NOTIFY has no rights', async () => {
  const { stop } = await start(database);
  await stop();
  const pool = openPool(database.url('pgrant_worker'), createLog('silent'));
  await noteVersion(pool);
  const client = await pool.connect();
  const heard: string[] = [];
  client.on('notification', ({ channel }) => heard.push(channel));
  await client.query('listen "worker:migrate"; listen "jobs:insert"');
  const auditor = await makeAuditor(database, { listed: false });
  await auditor.sql.unsafe('notify "worker:migrate"; notify "jobs:insert"');
  await until(async () => heard.length > 0);
  await noteVersion(pool);
  expect(heard).toEqual(['jobs:insert']);

  await sql`insert into graphile_worker.migrations (id, breaking) values (1000, true)`;
  await auditor.sql.unsafe('notify "worker:migrate"');
  await until(async () => heard.length > 1);
  expect(heard).toEqual(['jobs:insert', 'worker:migrate']);
  await sql`delete from graphile_worker.migrations where id = 1000`;
  client.release();
  await pool.end();
});

test('the crontab of every worker is known to the database, one entry for each task', async () => {
  const { stop } = await start(database);
  await until(async () => (await known()).length === 11);
  await stop();
  expect(await known()).toEqual([
    'audit_archive',
    'audit_checkpoint',
    'audit_seal',
    'cleanup',
    'keys',
    'logos',
    'partitions',
    'refusals',
    'reseal',
    'salts_erase',
    'upstreams',
  ]);
});

const known = async () => {
  const rows = await sql`select identifier from graphile_worker._private_known_crontabs order by 1`;
  return rows.map((row) => row.identifier);
};

test('what the worker logs holds no password and not the master secret', async () => {
  const { lines, stop } = await start(database);
  await until(async () => (await jobs(database)).length === 0);
  await stop();
  const text = lines.join('');
  expect(text).toContain('Worker connected');
  expect(text).not.toContain(new URL(database.url('pgrant_worker')).password);
  expect(text).not.toContain(secret.toString('base64'));
  expect(text).not.toContain(secret.toString('hex'));
});

test('a worker on a database that is not released does not start, and says what to do', async () => {
  const empty = await createDatabase({ empty: true });
  await expect(start(empty)).rejects.toThrow(
    /^the database of DATABASE_WORKER_URL is not released .*: run npm run release/,
  );
});
