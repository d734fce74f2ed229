import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Auditor, makeAuditor } from '../support/auditors.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { makeTenant, makeUser, type World } from '../support/fixtures.ts';

const denied = { code: '42501' };
let database: TestDatabase;
let world: World;
let sessions: Record<'pgrant_web' | 'pgrant_worker' | 'pgrant_janitor', Sql>;

beforeAll(async () => {
  database = await createDatabase();
  world = await makeTenant(database, 'acme');
  await makeUser(world, 'ada');
  const open = (login: Parameters<TestDatabase['url']>[0]) =>
    postgres(database.url(login), { max: 1, onnotice: () => {} });
  sessions = {
    pgrant_web: open('pgrant_web'),
    pgrant_worker: open('pgrant_worker'),
    pgrant_janitor: open('pgrant_janitor'),
  };
});

afterAll(async () => {
  await Promise.all(Object.values(sessions).map((session) => session.end()));
});

describe('the web role', () => {
  test('can read and write no table of any schema of ours', async () => {
    const tables = await database.sql`
      select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where (n.nspname like 'pgrant%' or n.nspname = 'graphile_worker') and c.relkind in ('r', 'p', 'v')`;
    expect(tables.length).toBeGreaterThan(20);
    for (const { name } of tables) {
      for (const statement of [
        `select 1 from ${name}`,
        `insert into ${name} default values`,
        `delete from ${name}`,
        `truncate ${name}`,
      ]) {
        await expect(sessions.pgrant_web.unsafe(statement), statement).rejects.toMatchObject(
          denied,
        );
      }
    }
  });

  test('gains nothing by setting the tenant itself', async () => {
    const reading = sessions.pgrant_web.begin(async (sql) => {
      await sql`select set_config('pgrant.tenant', ${world.tenant}, true)`;
      await sql`select * from pgrant.users`;
    });
    await expect(reading).rejects.toMatchObject(denied);
    // A function enters the tenant that it is given, whatever the session says.
    await sessions.pgrant_web`select set_config('pgrant.tenant', ${world.tenant}, false)`;
    const [row] = await sessions.pgrant_web`
      select * from pgrant_api.tenant_describe(gen_random_uuid(), null, null)`;
    expect(row).toMatchObject({ error: 'not_found', title: null, scopes: null });
    const [keys] = await sessions.pgrant_web`
      select * from pgrant_api.key_list(null, null, null)`;
    expect(keys).toMatchObject({ error: 'not_found', keys: null });
  });
});

describe.each(['pgrant_web', 'pgrant_worker', 'pgrant_janitor'] as const)('%s', (login) => {
  test('becomes no other role', async () => {
    for (const role of [
      'pgrant_owner',
      'pgrant_definer',
      'pgrant_janitor',
      'pgrant_worker',
      'postgres',
    ]) {
      if (role === login) continue;
      const become = sessions[login].unsafe(`set role ${role}`);
      await expect(become, role).rejects.toMatchObject(denied);
    }
  });

  test('calls none of the private functions', async () => {
    const calling = sessions[login].unsafe(`select pgrant_rules.administer('${world.tenant}')`);
    await expect(calling).rejects.toMatchObject(denied);
  });

  test('adds no function, which would be called in place of one of ours', async () => {
    for (const schema of ['pgrant', 'pgrant_rules', 'pgrant_api', 'pgrant_ops', 'pgrant_report']) {
      const making = sessions[login].unsafe(
        `create function ${schema}.moment(p_epoch text) returns text language sql as 'select null'`,
      );
      await expect(making, schema).rejects.toMatchObject(denied);
    }
  });

  // PostgreSQL looks into pg_temp first, unless the search path says where it comes.
  test('runs nothing as another role by a type of its own [CVE-2007-2138]', async () => {
    const session = sessions[login];
    await session.unsafe(`
      create table pg_temp.ran_as (role pg_catalog.name);
      grant insert on pg_temp.ran_as to public;
      create function pg_temp.record(p anyelement) returns pg_catalog.bool language plpgsql as $$
      begin insert into pg_temp.ran_as values (current_user); return true; end $$`);
    for (const type of [
      'text',
      'uuid',
      'bigint',
      'int8',
      'int4',
      'timestamptz',
      'inet',
      'jsonb',
      'bytea',
      'interval',
      'regclass',
      'name',
      'oid',
      'bool',
      'date',
    ]) {
      const base = type === 'bigint' ? 'int8' : type;
      await session.unsafe(
        `create domain pg_temp."${type}" as pg_catalog.${base} check (pg_temp.record(value))`,
      );
    }
    // Something is to be made.
    await database.sql`
      do $$ declare t regclass; begin
        foreach t in array array['pgrant.audit_events', 'pgrant.device_codes'] loop
          execute format('drop table %s', (select max(i.inhrelid::regclass::text) from pg_inherits i join pg_class c on c.oid = i.inhrelid
                                            where i.inhparent = t and c.relname !~ 'default'));
        end loop;
      end $$`;
    const calls = {
      pgrant_web: [
        `pgrant_api.tenant_find('id.example', '/acme')`,
        `pgrant_api.tenant_describe('${world.tenant}', 'x', '192.0.2.1')`,
        `pgrant_api.login_begin('${world.tenant}', 'x', '192.0.2.1', null, null, null, 'ada')`,
        `pgrant_api.key_list('${world.tenant}', 'x', '192.0.2.1')`,
      ],
      pgrant_worker: [
        `pgrant_ops.tenant_show('${world.tenant}')`,
        `pgrant_ops.partitions_maintain()`,
        `pgrant_ops.expired_delete('grants')`,
        `pgrant_ops.key_due()`,
      ],
      pgrant_janitor: [],
    };
    for (const call of calls[login]) await session.unsafe(`select * from ${call}`);
    expect([...(await session.unsafe('select distinct role from pg_temp.ran_as'))]).toEqual([]);
  });
});

describe('where the events of a person are', () => {
  test('learns only an auditor of the tenant, whoever they say they are', async () => {
    const other = await makeTenant(database, 'other');
    const [own, all, foreign] = await Promise.all(
      [world, undefined, other].map((of) => makeAuditor(database, { tenant: of?.tenant })),
    );
    const outsider = await makeAuditor(database, { listed: false });
    const { user_id } = await makeUser(world, 'eve');
    const found = async (sql: Sql, as: string | null, tenant = world.tenant) => {
      const rows = await sql`
        select event_id from pgrant_report.person_event_keys(${as}, ${tenant}, ${user_id})`;
      return rows.length;
    };
    const [{ sql, role }, everything, elsewhere] = [own, all, foreign] as Auditor[] as [
      Auditor,
      Auditor,
      Auditor,
    ];
    expect(await found(sql, role)).toBeGreaterThan(0);
    expect(await found(everything.sql, everything.role)).toBeGreaterThan(0);
    // Of the other tenant, by the name of one who may, as the role of all auditors, as nobody, and with no row among them.
    for (const claimed of [
      elsewhere.role,
      role,
      everything.role,
      'pgrant_auditor',
      'postgres',
      null,
    ]) {
      expect(await found(elsewhere.sql, claimed), String(claimed)).toBe(0);
    }
    expect(await found(outsider.sql, outsider.role)).toBe(0);
  });
});
