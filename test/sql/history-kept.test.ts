// How the past is kept: from when to when, by what, and so that it cannot contradict itself.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import {
  ask,
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  secret,
  type User,
  type World,
} from '../support/fixtures.ts';
import { obtainTokens, rotate } from '../support/flows.ts';
import { grantsIn, historyTables, present, versionsOf } from '../support/past.ts';

let world: World;
let app: Client;
let ada: User;
let count = 0;

beforeAll(async () => {
  world = await makeWorld(10);
  app = await makeClient(world, 'app', {
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  });
  await operate(world, ops.role_add, { role: 'editor', title: 'Editor' });
});

beforeEach(async () => {
  count += 1;
  ada = await makeUser(world, `ada-${count}`);
});

const query = (text: string) => world.database.sql.unsafe(text);
const versions = (what: string, where = `user_id = '${ada.user_id}'`) =>
  versionsOf(world, what, where);

describe('what is kept', () => {
  test('a version says which action and request made it so, and which ended it', async () => {
    await obtainTokens(world, app, ada, { scopes: ['openid'] });
    await obtainTokens(world, app, ada, { scopes: ['openid', 'email'] });
    const [grant] = await query(
      `select grant_id from pgrant.grants where user_id = '${ada.user_id}'`,
    );
    await operate(world, ops.grant_revoke, { grant_id: grant?.grant_id });
    const [first, second, ...more] = await versions('grant');
    expect(first).toMatchObject({
      cause: 'consent.allow',
      request_id: 'test',
      end_cause: 'consent.allow',
      end_request_id: 'test',
    });
    expect(second).toMatchObject({
      cause: 'consent.allow',
      end_cause: 'grant.revoke',
      end_request_id: null,
    });
    expect(second?.since).toEqual(first?.until);
    expect(more).toEqual([]);
  });

  test('a consent that is remembered, a code, a rotation, an access token and a login leave no version', async () => {
    const { refresh, browser } = await obtainTokens(world, app, ada);
    const counts = async () => {
      const tables = await historyTables(world);
      return query(
        tables.map((table) => `select count(*) from pgrant.${table}`).join(' union all '),
      );
    };
    const before = await counts();
    const next = await rotate(world, app, refresh);
    await rotate(world, app, refresh);
    await rotate(world, app, next.refresh);
    await obtainTokens(world, app, ada, { browser });
    await obtainTokens(world, app, ada);
    const own = await ask(world, api.client_credentials_issue, { ...app, access_hash: secret() });
    expect(own.error).toBeNull();
    expect(await counts()).toEqual(before);
  });

  test('the same again leaves no version', async () => {
    for (const _ of [1, 2]) {
      await operate(world, ops.role_assign, { username: ada.username, role: 'editor' });
      await operate(world, ops.user_disable, { username: ada.username, disabled: true });
    }
    expect(await versions('user')).toHaveLength(2);
    expect(await versions('user_role')).toHaveLength(1);
  });
});

describe('versions of one thing', () => {
  test('are refused where they overlap, whoever writes them', async () => {
    for (const table of await historyTables(world)) {
      const columns = (
        await query(`select string_agg(quote_ident(attname), ', ' order by attnum) as names from pg_attribute
        where attrelid = 'pgrant.${table}'::regclass and attnum > 0 and attgenerated = '' and attname not in ('valid', 'end_cause')`)
      )[0]?.names;
      const [row] = await query(`select from pgrant.${table} limit 1`);
      if (!row) continue;
      const second = query(`insert into pgrant.${table} (${columns}, valid)
        select ${columns}, tstzrange(lower(valid) + interval '1 microsecond', null) from pgrant.${table} where upper_inf(valid) limit 1`);
      await expect(second, table).rejects.toMatchObject({ code: '23P01' });
    }
  });

  test('follow one another when two change the same thing at once', async () => {
    await obtainTokens(world, app, ada, { scopes: ['openid'] });
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(
        [
          obtainTokens(world, app, ada, { scopes: ['openid', 'email'] }),
          obtainTokens(world, app, ada, { scopes: ['openid', 'profile'] }),
          ...[true, false].map((disabled) =>
            operate(world, ops.client_disable, { client_id: 'app', disabled }),
          ),
          ...['role_assign', 'role_withdraw'].map((name) =>
            operate(world, ops[name as 'role_assign'], { username: ada.username, role: 'editor' }),
          ),
          operate(world, ops.group_set, { group: 'staff', title: 'a', roles: [] }),
          operate(world, ops.group_set, { group: 'staff', title: 'b', roles: ['editor'] }),
        ].map((done) =>
          done.catch((error) =>
            expect(String(error)).not.toMatch(/overlap|exclusion|deadlock|duplicate/i),
          ),
        ),
      );
      await operate(world, ops.client_disable, { client_id: 'app', disabled: false });
    }
    const now = await query(`
      select grant_id, username, client_id, client_name, scopes, effective, resources
        from pgrant_report.grants_as_of(clock_timestamp(), p_username => '${ada.username}')`);
    const state = grantsIn(await present(world));
    expect(now).toHaveLength(1);
    expect([...now]).toEqual(state.filter(({ username }) => username === ada.username));
  });

  test('wait for a change that is not committed, and begin after it', async () => {
    const other = await world.database.sql.reserve();
    await other`begin`;
    await other`select pgrant_ops.user_disable(${world.tenant}, ${ada.username}, true)`;
    const enabling = operate(world, ops.user_disable, { username: ada.username, disabled: false });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const [row] = await other`select clock_timestamp() as at`;
    await other`commit`;
    other.release();
    await enabling;
    expect((await versions('user')).map(({ cause }) => cause)).toEqual([
      'user.add',
      'user.disable',
      'user.enable',
    ]);
    // Not when whoever had to wait began.
    expect((await versions('user')).at(-1)?.since.getTime()).toBeGreaterThanOrEqual(
      row?.at.getTime(),
    );
  });

  test('follow one another where the clock has gone back', async () => {
    await operate(world, ops.role_assign, { username: ada.username, role: 'editor' });
    await query(
      `update pgrant.user_role_history set valid = tstzrange(lower(valid) + interval '1 hour', null) where user_id = '${ada.user_id}'`,
    );
    await query(
      `update pgrant.user_history set valid = tstzrange(lower(valid) + interval '1 hour', null) where user_id = '${ada.user_id}'`,
    );
    await operate(world, ops.role_withdraw, { username: ada.username, role: 'editor' });
    await operate(world, ops.role_assign, { username: ada.username, role: 'editor' });
    await operate(world, ops.user_disable, { username: ada.username, disabled: true });
    for (const what of ['user', 'user_role']) {
      const [first, second] = await versions(what);
      expect(second?.since, what).toEqual(first?.until);
    }
  });
});
