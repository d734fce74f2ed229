// What others have beside the tables that is nobody's fault: isolation_faults() has no false alarms.
import { beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

class Undo extends Error {}

/** What is told of others after a change that is undone, and what of it is a fault. */
async function told(change: string) {
  const rows: unknown[] = [];
  const faults: unknown[] = [];
  const changed = database.sql.begin(async (sql) => {
    await sql.unsafe(change);
    rows.push(...(await sql`select kind, object, expected from pgrant_report.outside_access()`));
    faults.push(...(await sql`select rule, object from pgrant_report.isolation_faults()`));
    throw new Undo();
  });
  await expect(changed).rejects.toBeInstanceOf(Undo);
  return { rows, faults };
}

test('a publication whose comment says that it is meant to carry our rows is told, and no fault', async () => {
  expect(
    await told(`create publication cdc for all tables;
                comment on publication cdc is 'pgrant: feeds the data warehouse'`),
  ).toEqual({ rows: [{ kind: 'publication', object: 'cdc', expected: true }], faults: [] });
});

test('an event trigger of a superuser is told, and no fault', async () => {
  expect(
    await told(`create function public.watch() returns event_trigger language plpgsql as 'begin end';
                create event trigger watch on ddl_command_end execute function public.watch()`),
  ).toEqual({ rows: [{ kind: 'event trigger', object: 'watch', expected: true }], faults: [] });
});

test('a function of a superuser whose text does not say what it asks is told, and no fault', async () => {
  const { rows, faults } = await told(`
    create function public.count_of(p_table regclass) returns bigint language plpgsql security definer
      set search_path = pg_catalog, pg_temp as $f$
      declare n bigint;
      begin
        execute 'select count(*) from ' || p_table into n;
        return n;
      end$f$;
    create function public.reads() returns bigint language sql security definer as 'select 1::bigint';
    create function public.fixed() returns bigint language sql security definer set search_path = pg_catalog, pg_temp
      as 'select 1::bigint';
    create function public.parsed() returns bigint language sql security definer return 1;
    create function public.mine() returns bigint language sql as 'select 1::bigint'`);
  expect(faults).toEqual([]);
  expect(rows.map((row) => (row as { object: string }).object).sort()).toEqual([
    'public.count_of(regclass)',
    'public.reads()',
  ]);
  expect(rows).toContainEqual({ kind: 'function', object: 'public.reads()', expected: true });
});

test('what of others has nothing to do with our tables is not told', async () => {
  expect(
    await told(`
      create table public.orders (id integer primary key);
      create publication orders for table public.orders;
      create role backend in role pgrant_worker, pgrant_product;
      create role shop in role pgrant_resource_server;
      create function public.total() returns bigint language sql security definer as 'select count(*) from public.orders';
      create function public.own() returns bigint language sql security definer as 'select count(*) from pgrant_report.people';
      create function public.policy() returns boolean language sql security definer as 'select true -- pgrant_resource.';
      alter function public.total() owner to backend;
      alter function public.policy() owner to shop;
      revoke execute on function public.own() from public;
      alter default privileges in schema public grant select on tables to public`),
  ).toEqual({ rows: [], faults: [] });
});

test('logins that copy the server, or use its files, stand above the rules', async () => {
  const found: unknown[] = [];
  const changed = database.sql.begin(async (sql) => {
    await sql.unsafe(`create role outside_standby login replication;
      create role outside_loader login in role pg_read_server_files`);
    const rows = await sql`
      select login, role, how, expected from pgrant_report.privileged_logins() where login like 'outside%' order by login`;
    found.push(...rows);
    throw new Undo();
  });
  await expect(changed).rejects.toBeInstanceOf(Undo);
  expect(found).toEqual([
    { login: 'outside_loader', role: 'pg_read_server_files', how: 'member', expected: true },
    { login: 'outside_standby', role: null, how: 'replication', expected: true },
  ]);
});
