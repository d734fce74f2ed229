// The past when it is asked about: by whom, how far back, and when it is gone.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { makeAuditor } from '../support/auditors.ts';
import {
  type Client,
  makeClient,
  makeTenant,
  makeUser,
  makeWorld,
  operate,
  type User,
  type World,
} from '../support/fixtures.ts';
import { obtainTokens } from '../support/flows.ts';
import { historyTables, versionsOf } from '../support/past.ts';

let world: World;
let app: Client;
let ada: User;
let count = 0;

beforeAll(async () => {
  world = await makeWorld();
  app = await makeClient(world, 'app');
});

beforeEach(async () => {
  count += 1;
  ada = await makeUser(world, `ada-${count}`);
  await obtainTokens(world, app, ada);
});

const query = (text: string) => world.database.sql.unsafe(text);
const versions = (what: string, where = `user_id = '${ada.user_id}'`) =>
  versionsOf(world, what, where);

describe('what was', () => {
  test('is neither changed nor removed by the role that keeps it', async () => {
    const keeper = world.database.as('pgrant_definer');
    for (const statement of [
      `delete from pgrant.user_history`,
      `update pgrant.user_history set username = 'eve'`,
    ]) {
      await expect(keeper.unsafe(statement)).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('is deleted when it ended before the retention of the audit, and what lasts stays', async () => {
    await operate(world, ops.user_disable, { username: ada.username, disabled: true });
    await operate(world, ops.user_disable, { username: ada.username, disabled: false });
    await query(`update pgrant.user_history set valid = tstzrange(lower(valid) - interval '15 months', upper(valid) - interval '14 months')
                  where user_id = '${ada.user_id}' and cause = 'user.add'`);
    await query(
      `select pgrant_ops.expired_delete(table_name) from pgrant_ops.expired_tables() where table_name ~ '_history$'`,
    );
    expect((await versions('user')).map(({ cause }) => cause)).toEqual([
      'user.disable',
      'user.enable',
    ]);
  });

  test('is not what has been deleted, once it is to be kept for longer', async () => {
    const { database } = await makeWorld();
    await database.sql`update pgrant.tenant_history set valid = tstzrange(lower(valid) - interval '5 years', upper(valid))`;
    const begins = async () => {
      const [row] = await database.sql`
        select lower(pgrant_report.history_range('acme')) > now() - interval '14 months' as late`;
      return row?.late;
    };
    expect(await begins()).toBe(true);
    await callAll(database.worker, ops.audit_retention_set, { months: 60 });
    expect(await begins()).toBe(true);
  });

  test('goes with the tenant', async () => {
    const gone = await makeTenant(world.database, 'gone');
    await makeUser(gone, 'ada');
    await operate(gone, ops.tenant_remove, {});
    for (const table of await historyTables(world)) {
      expect(
        await query(`select from pgrant.${table} where tenant_id = '${gone.tenant}'`),
        table,
      ).toHaveLength(0);
    }
  });
});

describe('who asks', () => {
  test('about a moment of which nothing is known, is told about which there is', async () => {
    for (const at of [`now() - interval '14 months'`, `now() + interval '1 minute'`, 'null']) {
      for (const report of [`grants_as_of(${at})`, `who_could_access('openid', ${at})`]) {
        await expect(query(`select from pgrant_report.${report}`), report).rejects.toMatchObject({
          code: 'OA003',
          hint: expect.stringContaining('ask about a moment from'),
        });
      }
    }
  });

  test('about a scope that there never was, or a tenant that is not there, is told', async () => {
    for (const call of [
      `who_could_access('nonsense', now())`,
      `who_could_access('openid', now(), 'nowhere')`,
      `grants_as_of(now(), 'nowhere')`,
    ]) {
      await expect(query(`select from pgrant_report.${call}`), call).rejects.toMatchObject({
        code: 'OA001',
      });
    }
  });

  test('as an auditor of one tenant, sees the past of that one', async () => {
    const other = await makeTenant(world.database, 'other');
    const shop = await makeClient(other, 'shop');
    await obtainTokens(other, shop, await makeUser(other, 'mallory'));
    const { sql } = await makeAuditor(world.database, { tenant: other.tenant });
    const seen = await sql`select username from pgrant_report.grants_as_of(clock_timestamp())`;
    expect(seen.map(({ username }) => username)).toEqual(['mallory']);
    expect(
      await sql`select from pgrant_report.who_could_access('openid', clock_timestamp())`,
    ).toHaveLength(1);
    await expect(
      sql`select from pgrant_report.grants_as_of(clock_timestamp(), 'acme')`,
    ).rejects.toMatchObject({ code: 'OA001' });
    expect(
      await sql`select from pgrant.user_history where tenant_id = ${world.tenant}`,
    ).toHaveLength(0);
  });

  test('reads the versions of one tenant by an index that begins with it', async () => {
    const { sql } = await makeAuditor(world.database, { tenant: world.tenant });
    await sql`set enable_seqscan = off`;
    for (const table of await historyTables(world)) {
      const plan = (
        await sql.unsafe(
          `explain select * from pgrant.${table} where tenant_id = '${world.tenant}' and valid @> now()`,
        )
      )
        .map((row) => row['QUERY PLAN'])
        .join('\n');
      expect(plan, table).toMatch(/Index Cond: .*tenant_id/);
    }
  });

  test('gets pages that are the whole when put together', async () => {
    const whole = await query(`select grant_id from pgrant_report.grants_as_of(clock_timestamp())`);
    const paged: unknown[] = [];
    let after = '00000000-0000-0000-0000-000000000000';
    for (;;) {
      const page = await query(
        `select grant_id from pgrant_report.grants_as_of(clock_timestamp(), p_after => '${after}', p_limit => 2)`,
      );
      if (page.length === 0) break;
      paged.push(...page);
      after = page.at(-1)?.grant_id;
    }
    expect(whole.length).toBeGreaterThan(2);
    expect(paged).toEqual([...whole]);
  });
});

test('pages of all tenants pass over no client that is called as one of another tenant', async () => {
  const tenants = [];
  for (const name of ['one', 'two', 'three']) {
    const tenant = await makeTenant(world.database, name);
    await operate(tenant, ops.scope_add, { scope: 'shared', title: 'Shared' });
    await makeClient(tenant, 'batch', { grant_types: ['client_credentials'], scopes: ['shared'] });
    tenants.push(tenant.tenant);
  }
  const { sql } = await makeAuditor(world.database);
  const read: string[] = [];
  for (let last: { client_id?: string; tenant_id?: string } = {}; ; ) {
    const page = await sql`
      select client_id, tenant_id from pgrant_report.who_could_access('shared', now(), p_limit => 1,
        p_after_client => ${last.client_id ?? null}, p_after_tenant => ${last.tenant_id ?? null})`;
    if (!page[0]) break;
    last = page[0];
    read.push(page[0].tenant_id);
  }
  expect(read).toEqual(tenants.sort());
});
