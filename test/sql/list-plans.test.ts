// Lists of the console among more than anybody would look through: what a page of them reads does not grow with what there is.
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { makeTenant, makeUser, operate, type World } from '../support/fixtures.ts';

const count = 20_000;
let database: TestDatabase;
let world: World;

beforeAll(async () => {
  database = await createDatabase();
  world = await makeTenant(database, 'acme');
  await operate(world, ops.role_add, { role: 'student', title: 'Student' });
  await operate(world, ops.role_add, { role: 'teacher', title: 'Teacher' });
  await operate(world, ops.group_set, { group: 'all', title: 'All', roles: ['student'] });
  await operate(world, ops.group_set, { group: 'few', title: 'Few', roles: ['student'] });
  for (const name of ['busy', 'quiet']) {
    const hook = { name, url: 'https://hooks.example/', sealed_secret: Buffer.alloc(40) };
    await operate(world, ops.webhook_add, hook);
  }
  await addCrowd(database, world.tenant);
  await makeUser(world, 'ada');
  await operate(world, ops.role_assign, { username: 'ada', role: 'teacher' });
  await operate(world, ops.group_member, { group: 'few', username: 'ada', member: true });
}, 120_000);

/** Everybody has the role and is in the group, each of both twice; of what was sent one in a thousand waits or was given up. */
async function addCrowd({ sql }: TestDatabase, tenant: string): Promise<void> {
  await sql`set session_replication_role = replica`;
  await sql`
    insert into pgrant.users (tenant_id, user_id, username)
    select ${tenant}::uuid, md5('crowd' || n)::uuid, 'crowd' || n from generate_series(1, ${count}::int) n`;
  await sql`
    insert into pgrant.user_roles (tenant_id, user_id, scope, source)
    select ${tenant}::uuid, md5('crowd' || n)::uuid, 'student', s
      from generate_series(1, ${count}::int) n, unnest(array['operator', 'login']) s`;
  await sql`
    insert into pgrant.group_members (tenant_id, group_name, user_id, source)
    select ${tenant}::uuid, 'all', md5('crowd' || n)::uuid, s
      from generate_series(1, ${count}::int) n, unnest(array['operator', 'company']) s`;
  await sql`
    insert into pgrant.outbox (tenant_id, event_id, webhook, type, data, at, state, finished_at, expires_at)
    select ${tenant}::uuid, md5('event' || n)::uuid, 'busy', 'grant.created', '{}', now() - n * interval '1 second', s,
           case when s <> 'pending' then now() end, case s when 'pending' then 'infinity' else now() + interval '7 days' end
      from generate_series(1, ${count}::int) n,
           lateral (select case n % 2000 when 0 then 'dead' when 1000 then 'pending' else 'delivered' end as s) s`;
  await sql`
    insert into pgrant.clients (tenant_id, client_id, name, redirect_uris)
    select ${tenant}::uuid, 'app-' || n, 'App ' || n, '{https://app.example/}' from generate_series(1, ${count}::int) n`;
  await sql`
    insert into pgrant.developer_clients (tenant_id, client_id, developer_id, submitted_at)
    select ${tenant}::uuid, 'app-' || n, md5('crowd' || n)::uuid, case when n % 1000 = 0 then now() end
      from generate_series(1, ${count}::int) n`;
  await sql`
    insert into pgrant.grants (tenant_id, user_id, client_id, scopes, consent_expires_at, expires_at)
    select ${tenant}::uuid, md5('crowd' || n)::uuid, 'app-' || m, '{openid}', now() + interval '1 day', now() + interval '1 day'
      from generate_series(1, ${count}::int) n, lateral (select case when n % 2 = 0 then 1 else n end as m) m`;
  await sql`
    insert into pgrant.sessions (tenant_id, session_hash, expires_at, session_id, user_id, auth_time, csrf_hash, amr, idle_expires_at)
    select ${tenant}::uuid, sha256(('s' || n)::bytea), now() + interval '1 hour', gen_random_uuid(), md5('crowd' || n % 5000)::uuid, now(),
           sha256(('c' || n)::bytea), '{pwd}', now() + interval '1 hour'
      from generate_series(1, ${count}::int) n`;
  await sql`
    insert into pgrant.audit_events (tenant_id, at, action, user_id, client_id)
    select ${tenant}::uuid, now() - n * interval '1 second', 'refresh.rotate', md5('crowd' || n)::uuid, 'app-' || n
      from generate_series(1, ${count}::int) n`;
  await sql`set session_replication_role = default`;
  await sql`vacuum (analyze)`;
}

/** Rows and entries of indexes that a question reads once its plans are kept, its functions' too. */
function readBy(question: string): Promise<number> {
  return database.sql.begin(async (own) => {
    const read = async () => {
      const [row] = await own`
        select sum(pg_stat_get_xact_tuples_returned(c.oid)) as rows
          from pg_class c where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'i')`;
      return Number(row?.rows);
    };
    for (let time = 0; time < 6; time += 1) await own.unsafe(question);
    const before = await read();
    await own.unsafe(question);
    return (await read()) - before;
  });
}

describe('of 20,000 people, clients, grants, sessions and events', () => {
  test.each([
    // A thousand people, each of them twice.
    ['role_list', '', 2100],
    ['group_list', '', 2100],
    ['role_people', ", 'student'", 600],
    ['role_people', ", 'student', '80000000-0000-0000-0000-000000000000'", 600],
    ['client_search', '', 200],
    ['client_search', ", '', 'app-5'", 200],
    ['user_search', '', 200],
    ['user_search', ", 'crowd12'", 200],
    ['user_search', ", '', 'crowd5'", 200],
    ['developer_client_search', '', 400],
    ['developer_client_search', ', true', 400],
    ['grant_list', '', 400],
    ['grant_list', ", 'crowd7'", 100],
    // Whether a client has few or many of them is known behind a thousand.
    ['grant_list', ", null, 'app-1'", 1600],
    ['user_session_list', ", 'crowd7'", 100],
    ['audit_search', '', 400],
    ['audit_search', ", p_after => now()::text || ','", 400],
    ['webhook_list', '', 200],
    ['webhook_deliveries', '', 200],
    ['webhook_deliveries', ", 'busy'", 200],
    ['webhook_deliveries', ", 'busy', 'dead'", 50],
    ['webhook_deliveries', ", 'quiet'", 50],
  ])('%s(tenant%s) reads no more than a page needs', async (name, given, most) => {
    const read = await readBy(`select * from pgrant_ops.${name}('${world.tenant}'${given})`);
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(most);
  });

  test('a role says of how many people it is as far as 1,000, and whether there are more', async () => {
    const roles = await database.sql`
      select role, people, more_people, groups from pgrant_ops.role_list(${world.tenant})`;
    expect(roles.map((row) => ({ ...row, people: Number(row.people) }))).toEqual([
      { role: 'student', people: 1000, more_people: true, groups: ['all', 'few'] },
      { role: 'teacher', people: 1, more_people: false, groups: [] },
    ]);
    const groups = await database.sql`
      select group_name, members, more_members from pgrant_ops.group_list(${world.tenant})`;
    expect(groups.map((row) => ({ ...row, members: Number(row.members) }))).toEqual([
      { group_name: 'all', members: 1000, more_members: true },
      { group_name: 'few', members: 1, more_members: false },
    ]);
  });

  test('who has a role is listed once each, directly or by groups, page after page', async () => {
    const seen = new Map<string, string[]>();
    let after = '00000000-0000-0000-0000-000000000000';
    for (let page = 0; page < 105; page += 1) {
      const rows = await database.sql`
        select user_id, username, direct, groups
          from pgrant_ops.role_people(${world.tenant}, 'student', ${after}, 200)`;
      for (const { username, direct, groups } of rows) {
        expect(seen.has(username)).toBe(false);
        seen.set(username, [String(direct), ...groups]);
      }
      if (rows.length < 200) break;
      after = rows.at(-1)?.user_id;
    }
    expect(seen.size).toBe(count + 1);
    expect(seen.get('ada')).toEqual(['false', 'few']);
    expect(seen.get('crowd1')).toEqual(['true', 'all']);
  });

  test('the log of webhooks goes on where a page ended, in one order, whatever the states', async () => {
    const list = (limit: number, after: string | null) => database.sql`
      select event_id, occurred_at, cursor
        from pgrant_ops.webhook_deliveries(${world.tenant}, p_limit => ${limit}, p_after => ${after})`;
    const whole = await list(3000, null);
    const paged = [];
    let after: string | null = null;
    for (let page = 0; page < 3; page += 1) {
      const rows: typeof whole = await list(1000, after);
      paged.push(...rows);
      after = rows.at(-1)?.cursor;
    }
    expect(paged.map(({ event_id }) => event_id)).toEqual(whole.map(({ event_id }) => event_id));
    expect(whole.map(({ occurred_at }) => Number(occurred_at))).toEqual(
      whole.map(({ occurred_at }) => Number(occurred_at)).toSorted((one, other) => other - one),
    );
  });
});
