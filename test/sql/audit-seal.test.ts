import { expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { sealEvents } from '../../src/operations/audit-chain.ts';
import { decide, makeChain, seal, verify } from '../support/audit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { makeTenant, type World } from '../support/fixtures.ts';

/** Events of any tenant that are not in exactly one seal. */
function astray({ sql }: TestDatabase) {
  return sql`
    select event_id, count(s.event_id)::int as seals from pgrant.audit_events
      left join (select unnest(event_ids) as event_id from pgrant.audit_seals) s using (event_id)
     group by event_id having count(s.event_id) <> 1`;
}

const sealsOf = ({ database: { sql }, tenant }: World) => sql`
  select number::int, events, total::int, first_at, last_at from pgrant.audit_seals where tenant_id = ${tenant} order by number`;

test('while several write and two workers seal, each event comes into one seal', async () => {
  const database = await createDatabase();
  const tenants = await Promise.all(['a', 'b', 'c'].map((name) => makeTenant(database, name)));
  const sealing = { on: true };
  const workers = [database.worker, database.worker].map(async (worker) => {
    while (sealing.on) await sealEvents(worker);
  });
  await Promise.all(
    Array.from({ length: 4 }, async (_, index) => {
      const world = tenants[index % 3] as World;
      for (let round = 0; round < 60; round++) {
        await database.sql.begin(async (sql) => {
          await sql`select pgrant_ops.user_add(${world.tenant}, ${`u-${index}-${round}`})`;
          if (round % 7 === 0) await sql`select pg_sleep(0.02)`;
          await sql`select pgrant_ops.user_add(${world.tenant}, ${`v-${index}-${round}`})`;
        });
      }
    }),
  );
  sealing.on = false;
  await Promise.all(workers);
  await seal(database);
  expect([...(await astray(database))]).toEqual([]);
  for (const world of tenants) {
    expect((await sealsOf(world)).length).toBeGreaterThan(1);
    expect(await verify(world)).toMatchObject({ intact: true, unsealed: '0' });
  }
}, 60_000);

test('a transaction that is open holds up what came after it began, and nothing is passed over', async () => {
  const database = await createDatabase();
  const world = await makeChain(database, 'acme');
  const open = await database.sql.reserve();
  await open`begin`;
  await open`select pgrant_ops.user_add(${world.tenant}, 'late')`;
  await decide(world, 2);
  await sealEvents(database.worker);
  const [waiting] = await database.sql`
    select unsealed::int, unsealed_since < now() as since from pgrant_report.audit_chain where tenant_id = ${world.tenant}`;
  expect(waiting).toEqual({ unsealed: 2, since: true });
  expect(await sealsOf(world)).toHaveLength(3);
  await open`commit`;
  open.release();
  await seal(database);
  expect(await sealsOf(world)).toMatchObject([{}, {}, {}, { number: 4, events: 3, total: 12 }]);
  expect([...(await astray(database))]).toEqual([]);
});

test('a seal has at most a thousand events of one tenant and month, by time', async () => {
  const database = await createDatabase();
  const world = await makeTenant(database, 'acme');
  await makeTenant(database, 'other');
  await database.sql`
    insert into pgrant.audit_events (tenant_id, action, at)
    select ${world.tenant}, 'user.add', date_trunc('month', now(), 'UTC') + (1100 - n) * interval '1 second'
      from generate_series(1, 2200) n`;
  await seal(database);
  const seals = await sealsOf(world);
  expect(seals.map(({ events }) => events)).toEqual([1000, 100, 1000, 101]);
  const [row] = await database.sql`
    select bool_and(s.first_at = f.at and s.last_at = l.at and f.at <= l.at
                    and date_trunc('month', f.at, 'UTC') = date_trunc('month', l.at, 'UTC')) as right
      from pgrant.audit_seals s join pgrant.audit_events f on f.event_id = s.event_ids[1]
      join pgrant.audit_events l on l.event_id = s.event_ids[s.events]`;
  expect(row?.right).toBe(true);
  expect(await verify(world)).toMatchObject({ intact: true, events: '2201' });
});

test('in a restored database, where transaction ids begin anew, nothing is lost and nothing sealed twice', async () => {
  const database = await createDatabase();
  const { sql } = database;
  const world = await makeChain(database, 'acme');
  const other = await makeTenant(database, 'other');
  await seal(database);
  // The old cluster was further on. Some events had been sealed there, some not, and a few come up again soon.
  await sql`update pgrant.audit_sealing set cluster = 1, xid = xid + 1000000000`;
  const [now] = await sql`select pg_current_xact_id()::text::bigint as xid`;
  await sql`
    insert into pgrant.audit_events (tenant_id, action, at, xid)
    select t, 'user.add', now() - n * interval '1 minute', ${now?.xid}::bigint + offs
      from unnest(array[${world.tenant}, ${other.tenant}]::uuid[]) t, generate_series(1, 20) n, unnest(array[5, 30, 1000000000]) offs`;
  await decide(world, 3);
  expect(await verify(world)).toMatchObject({ intact: true });
  await seal(database);
  expect([...(await astray(database))]).toEqual([]);
  for (let burnt = 0; burnt < 40; burnt++) await decide(other, 1);
  await seal(database);
  await decide(other, 1);
  await seal(database);
  expect([...(await astray(database))]).toEqual([]);
  expect(await verify(world)).toMatchObject({ intact: true, events: '72', unsealed: '0' });
  expect(await verify(other)).toMatchObject({ intact: true, events: '102', unsealed: '0' });
});

test('looking through a restored database goes on from call to call, many events of one moment too', async () => {
  const database = await createDatabase();
  const world = await makeTenant(database, 'acme');
  await database.sql`
    insert into pgrant.audit_events (tenant_id, action, at)
    select ${world.tenant}, 'user.add', now() - (n / 10) * interval '1 minute' from generate_series(1, 95) n`;
  const rounds = [];
  for (let done = false; !done; rounds.push(done)) {
    const [round] = await callAll(database.worker, ops.audit_seal, { width: 7 });
    done = round?.done === true;
  }
  expect(rounds.length).toBeGreaterThan(10);
  await seal(database);
  expect([...(await astray(database))]).toEqual([]);
  expect(await verify(world)).toMatchObject({ intact: true, events: '96' });
});

test('the sealer and whoever decides can append to the audit, and neither can change or remove', async () => {
  const database = await createDatabase();
  const world = await makeChain(database, 'acme');
  for (const role of ['pgrant_sealer', 'pgrant_definer', 'pgrant_worker', 'pgrant_web']) {
    const sql = database.as(role);
    for (const statement of [
      `update pgrant.audit_events set action = 'x'`,
      'delete from pgrant.audit_events',
      'truncate pgrant.audit_events',
      'update pgrant.audit_seals set total = 1',
      'delete from pgrant.audit_seals',
    ]) {
      await expect(sql.unsafe(statement), `${role}: ${statement}`).rejects.toMatchObject({
        code: '42501',
      });
    }
  }
  const { count } = await database.as('pgrant_owner')`delete from pgrant.audit_events`;
  expect(count).toBe(0);
  expect(await verify(world)).toMatchObject({ intact: true });
});

test('a tenant that is removed leaves no seal, and what it recorded last is not sealed', async () => {
  const database = await createDatabase();
  const { sql } = database;
  const world = await makeChain(database, 'acme');
  await sql`select pgrant_ops.tenant_remove(${world.tenant})`;
  await sql`insert into pgrant.audit_events (tenant_id, action) values (${world.tenant}, 'user.add')`;
  await seal(database);
  expect(await sealsOf(world)).toHaveLength(0);
  expect(await sql`select from pgrant.audit_chains`).toHaveLength(0);
});
