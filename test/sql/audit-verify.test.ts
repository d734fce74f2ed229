import { describe, expect, test } from 'vitest';
import { decide, head, makeChain, seal, settle, verify } from '../support/audit.ts';
import { makeAuditor } from '../support/auditors.ts';
import { createDatabase } from '../support/database.ts';
import { makeTenant, type World } from '../support/fixtures.ts';

type Chain = World & { events: string[] };

const database = await createDatabase();
const { sql } = database;
let names = 0;

const makeOne = () => makeChain(database, `chain-${++names}`);

test('an audit that nobody touched is intact, and its last events are shown as not sealed yet', async () => {
  const chain = await makeOne();
  expect(await verify(chain)).toMatchObject({
    intact: true,
    fault: null,
    seals: '3',
    events: '9',
    present: '9',
    unsealed: '0',
  });
  await decide(chain, 2);
  expect(await verify(chain)).toMatchObject({ intact: true, events: '9', unsealed: '2' });
});

describe('a superuser who', () => {
  test.each([
    ['action', `'user.remove'`],
    ['error', `'access_denied'`],
    ['reason', `''`],
    ['client_id', `'c'`],
    ['user_id', 'gen_random_uuid()'],
    ['grant_id', 'gen_random_uuid()'],
    ['family_id', 'gen_random_uuid()'],
    ['address', `'192.0.2.9'`],
    ['request_id', `'r'`],
    ['detail', `'{}'`],
    ['actor', `'{}'`],
    ['xid', '1'],
  ])('edits %s of an event is found out', async (column, value) => {
    const chain = await makeOne();
    const event_id = chain.events[6];
    await sql.unsafe(
      `update pgrant.audit_events set ${column} = ${value} where event_id = '${event_id}'`,
    );
    expect(await verify(chain)).toMatchObject({
      intact: false,
      fault: 'edited',
      seal: '3',
      event_id,
    });
  });

  test('edits several events is told the first', async () => {
    const chain = await makeOne();
    await sql`update pgrant.audit_events set action = 'x' where event_id = any (${chain.events.slice(2, 8)})`;
    expect(await verify(chain)).toMatchObject({ seal: '2', event_id: chain.events[2] });
  });

  test('removes an event is found out', async () => {
    const chain = await makeOne();
    await sql`delete from pgrant.audit_events where event_id = ${chain.events[3] ?? ''}`;
    expect(await verify(chain)).toMatchObject({
      fault: 'removed',
      seal: '2',
      event_id: chain.events[3],
    });
  });

  test('drops a whole partition is found out', async () => {
    const own = await createDatabase();
    const chain = await makeChain(own, 'acme');
    const [partition] = await own.sql`
      select tableoid::regclass::text as name from pgrant.audit_events limit 1`;
    await own.sql.unsafe(`drop table ${partition?.name}`);
    expect(await verify(chain)).toMatchObject({
      fault: 'removed',
      seal: '1',
      event_id: chain.events[0],
    });
  });

  test('swaps the times of two events is found out', async () => {
    const chain = await makeOne();
    const [, one = '', , other = ''] = chain.events;
    await swapTimes(one, other);
    expect(await verify(chain)).toMatchObject({ fault: 'reordered', seal: '2', event_id: one });
  });

  test('moves an event to another day is found out', async () => {
    const chain = await makeOne();
    const event_id = chain.events[2] ?? '';
    await sql`update pgrant.audit_events set at = at - interval '1 day' where event_id = ${event_id}`;
    expect(await verify(chain)).toMatchObject({ fault: 'reordered', seal: '2', event_id });
  });

  test('adds an event among those that are sealed is found out', async () => {
    const chain = await makeOne();
    const [forged] = await sql`
      insert into pgrant.audit_events (tenant_id, at, action, xid)
      select tenant_id, at + interval '1 microsecond', 'user.add', xid from pgrant.audit_events
       where event_id = ${chain.events[4] ?? ''} returning event_id`;
    expect(await verify(chain)).toMatchObject({ fault: 'added', event_id: forged?.event_id });
    await seal(database);
    expect(await verify(chain)).toMatchObject({ fault: 'added', event_id: forged?.event_id });
  });

  test('copies an event to another time is found out', async () => {
    const chain = await makeOne();
    const event_id = chain.events[4] ?? '';
    await sql`
      insert into pgrant.audit_events (tenant_id, at, event_id, action, xid)
      select tenant_id, at - interval '3 days', event_id, action, xid from pgrant.audit_events where event_id = ${event_id}`;
    expect(await verify(chain)).toMatchObject({ fault: 'added', event_id });
  });

  test.each([
    ['as what sealing comes to next', ''],
    ['with a transaction that is yet to come', 'pg_current_xact_id()::text::bigint + 3'],
  ])('adds an event of last week, %s, is found out once it is sealed', async (_, xid) => {
    const chain = await makeOne();
    await decide(chain, 1);
    const [forged] = await sql.unsafe(`
      insert into pgrant.audit_events (tenant_id, at, action${xid && ', xid'})
      values ('${chain.tenant}', now() - interval '7 days', 'user.add'${xid && `, ${xid}`}) returning event_id`);
    await decide(chain, 1);
    await seal(database);
    await decide(chain, 1);
    await seal(database);
    const seen = { intact: false, fault: 'back-dated', event_id: forged?.event_id };
    expect(await verify(chain)).toMatchObject(seen);
    const { sql: auditor } = await makeAuditor(database, { tenant: chain.tenant });
    expect(await auditor`select * from pgrant_report.audit_verify(${chain.tenant})`).toMatchObject([
      seen,
    ]);
  });

  test('adds a request of some minutes ago is found out, and no operator who was slow or clock that was set back is', async () => {
    // A server's sealing passes all tenants together: a database of its own.
    const own = await createDatabase();
    const chain = await makeChain(own, 'acme');
    const add = async (ago: string, request: string | null) => {
      const [event] = await own.sql`
        insert into pgrant.audit_events (tenant_id, at, action, request_id)
        values (${chain.tenant}, now() - ${ago}::interval, 'user.add', ${request}) returning event_id`;
      return event?.event_id;
    };
    await add('4 minutes', 'request');
    await add('50 minutes', null);
    await seal(own);
    expect(await verify(chain)).toMatchObject({ intact: true });
    // Since the last sealing the clock was set back by ten minutes.
    await own.sql`update pgrant.audit_sealing set xid_at = now() + interval '10 minutes'`;
    await add('0 minutes', 'request');
    await seal(own);
    await add('1 minute', 'request');
    await seal(own);
    expect(await verify(chain)).toMatchObject({ intact: true });
    const forged = await add('7 minutes', 'request');
    await seal(own);
    expect(await verify(chain)).toMatchObject({ fault: 'back-dated', event_id: forged });
  });

  test('adds an event of a time to come is found out once it is sealed, and one of before the clock was set back is not taken for it', async () => {
    const own = await createDatabase();
    const chain = await makeChain(own, 'acme');
    const add = async (ahead: string) => {
      const [event] = await own.sql`
        insert into pgrant.audit_events (tenant_id, at, action)
        values (${chain.tenant}, now() + ${ahead}::interval, 'user.add') returning event_id`;
      return event?.event_id;
    };
    await add('0 minutes');
    await seal(own);
    // The clock was set back by ten minutes after the event, and before it was sealed.
    await own.sql`update pgrant.audit_sealing set xid_at = now() + interval '9 minutes'`;
    await add('9 minutes');
    await seal(own);
    await own.sql`update pgrant.audit_sealing set xid_at = now()`;
    expect(await verify(chain)).toMatchObject({ intact: true });
    await add('1 minute');
    const forged = await add('2 days');
    await seal(own);
    expect(await verify(chain)).toMatchObject({
      intact: false,
      fault: 'post-dated',
      event_id: forged,
    });
  });

  test('has everything looked through as after a restore, with an event of last week in it, is found out', async () => {
    const own = await createDatabase();
    const chain = await makeChain(own, 'acme');
    const [forged] = await own.sql`
      insert into pgrant.audit_events (tenant_id, at, action)
      values (${chain.tenant}, now() - interval '7 days', 'user.add') returning event_id`;
    await own.sql`update pgrant.audit_sealing set cluster = null`;
    await seal(own);
    expect(await verify(chain)).toMatchObject({
      fault: 'back-dated',
      event_id: forged?.event_id,
    });
  });

  test.each([
    ['made_at', `made_at - interval '1 second'`],
    ['previous_seal', `sha256('x')`],
    ['previous_at', 'now()'],
    ['from_xid', '1'],
    ['from_at', 'null'],
    ['to_xid', 'to_xid + 1'],
    ['total', 'total + 1'],
    ['first_at', `first_at - interval '1 second'`],
    ['last_at', `last_at + interval '1 second'`],
    ['event_ids', 'event_ids[2:2] || event_ids[1:1] || event_ids[3:]'],
    ['digests', `digests[:3] || array[sha256('x')]`],
    ['root', `sha256('x')`],
    ['seal', `sha256('x')`],
  ])('edits %s of a seal is found out', async (column, value) => {
    const chain = await makeOne();
    await sql.unsafe(
      `update pgrant.audit_seals set ${column} = ${value} where tenant_id = '${chain.tenant}' and number = 2`,
    );
    expect(await verify(chain)).toMatchObject({ fault: 'seal edited', seal: '2' });
  });

  test.each([
    [1, '1'],
    [2, '2'],
  ])('removes seal %i is found out', async (number, seal) => {
    const chain = await makeOne();
    await sql`delete from pgrant.audit_seals where tenant_id = ${chain.tenant} and number = ${number}`;
    expect(await verify(chain)).toMatchObject({ fault: 'seal missing', seal });
  });

  test('cuts off the newest events with their seal is found out', async () => {
    const chain = await makeOne();
    await cut(chain, 3);
    expect(await verify(chain)).toMatchObject({ fault: 'truncated', seal: '3' });
  });
});

describe('a superuser who rewrites the whole chain', () => {
  test('after cutting it is found out by a checkpoint in the database, else by one from outside', async () => {
    const chain = await makeOne();
    const outside = await head(chain);
    await sql`insert into pgrant.audit_checkpoints (tenant_id, number, seal, jwt)
      values (${chain.tenant}, ${outside.number}, ${outside.seal}, '')`;
    await cut(chain, 3);
    await reseal(chain);
    expect(await verify(chain)).toMatchObject({ fault: 'truncated', seal: '2' });
    await sql`delete from pgrant.audit_checkpoints where tenant_id = ${chain.tenant}`;
    expect(await verify(chain)).toMatchObject({ intact: true, seals: '1' });
    expect(await verify(chain, outside)).toMatchObject({ fault: 'truncated' });
  });

  test('after an edit is found out by a checkpoint from outside, at its seal', async () => {
    const chain = await makeOne();
    const outside = await head(chain);
    await sql`update pgrant.audit_events set action = 'x' where event_id = ${chain.events[5] ?? ''}`;
    await reseal(chain);
    await decide(chain, 1);
    await seal(database);
    await decide(chain, 1);
    await seal(database);
    expect(await verify(chain)).toMatchObject({ intact: true, seals: '3' });
    expect(await verify(chain, outside)).toMatchObject({
      intact: false,
      fault: 'rewritten',
      seal: outside.number,
    });
  });

  test('a checkpoint that was kept outside says the same for as long as the chain is as it was', async () => {
    const chain = await makeOne();
    const outside = await head(chain);
    await decide(chain, 2);
    await seal(database);
    expect(await verify(chain, outside)).toMatchObject({ intact: true, seals: '4' });
  });
});

test('of a tenant that has been there for a while, no event, no seal and no chain is no audit that nobody touched', async () => {
  const chain = await makeOne();
  for (const table of ['audit_events', 'audit_seals', 'audit_chains', 'audit_checkpoints'])
    await sql`delete from ${sql(`pgrant.${table}`)} where tenant_id = ${chain.tenant}`;
  expect(await verify(chain)).toMatchObject({ intact: true, events: '0' });
  // As long as its events are kept, and when the first of them are gone.
  for (const age of ['2 hours', '3 years']) {
    await sql`update pgrant.tenants set created_at = now() - ${age}::interval where tenant_id = ${chain.tenant}`;
    expect(await verify(chain)).toMatchObject({ intact: false, fault: 'removed', event_id: null });
  }
});

test('events that were not sealed for an hour are a fault of their own', async () => {
  const chain = await makeOne();
  await decide(chain, 1);
  await sql`update pgrant.audit_events set at = at - interval '61 minutes'
             where tenant_id = ${chain.tenant} and event_id <> all (${chain.events})`;
  const verdict = await verify(chain);
  expect(verdict).toMatchObject({ intact: false, fault: 'unsealed', unsealed: '1' });
});

test('what waited for days because no worker ran is not taken for back-dated', async () => {
  const own = await createDatabase();
  const chain = await makeTenant(own, 'acme');
  await seal(own);
  await decide(chain, 2);
  await own.sql`update pgrant.audit_events set at = at - interval '3 days'
                 where tenant_id = ${chain.tenant} and action = 'user.add'`;
  await own.sql`update pgrant.audit_sealing set xid_at = xid_at - interval '3 days'`;
  await settle(own);
  // In steps that do not come to the end: what is left has waited as long.
  for (let done = false; !done; ) {
    const [step] = await own.sql`select * from pgrant_ops.audit_seal(1)`;
    done = step?.done;
  }
  await decide(chain, 1);
  await seal(own);
  expect(await verify(chain)).toMatchObject({ intact: true, unsealed: '0' });
});

test('verification may begin at any seal, and says what it covered', async () => {
  const chain = await makeOne();
  const from = (first: number) =>
    sql`select * from pgrant_report.audit_verify(${chain.tenant}, ${first})`;
  expect(await from(3)).toMatchObject([{ intact: true, seals: '1', events: '4' }]);
  await sql`delete from pgrant.audit_events where event_id = ${chain.events[3] ?? ''}`;
  expect(await from(2)).toMatchObject([{ fault: 'removed', seal: '2' }]);
  expect(await from(3)).toMatchObject([{ intact: true }]);
});

test.each(['audit_verify', 'audit_verify_seals', 'audit_verify_rest'])(
  '%s says nothing good of a tenant whose row was taken away from its events',
  async (name) => {
    const { tenant } = await makeOne();
    await sql.begin(async (sql) => {
      await sql`set local session_replication_role = replica`;
      await sql`delete from pgrant.tenants where tenant_id = ${tenant}`;
    });
    await expect(sql.unsafe(`select * from pgrant_report.${name}('${tenant}')`)).rejects.toThrow(
      /there is no tenant/,
    );
  },
);

test('an auditor of one tenant verifies that tenant and no other', async () => {
  const chain = await makeOne();
  const other = await makeTenant(database, 'foreign');
  const auditor = await makeAuditor(database, { tenant: chain.tenant });
  const ask = (tenant: string) => auditor.sql`select * from pgrant_report.audit_verify(${tenant})`;
  expect(await ask(chain.tenant)).toMatchObject([{ intact: true, events: '9' }]);
  await sql`update pgrant.audit_events set action = 'x' where event_id = ${chain.events[5] ?? ''}`;
  expect(await ask(chain.tenant)).toMatchObject([{ fault: 'edited', event_id: chain.events[5] }]);
  await expect(ask(other.tenant)).rejects.toMatchObject({ code: 'OA001' });
});

test('no setting of a session changes what is verified', async () => {
  const chain = await makeOne();
  const settings = `set timezone = 'Asia/Kathmandu'; set datestyle = 'SQL, DMY'; set extra_float_digits = 0;
    set bytea_output = 'escape'; set intervalstyle = 'iso_8601'; set xmloption = document`;
  const session = await sql.reserve();
  await session.unsafe(settings);
  const [verdict] = await session`select * from pgrant_report.audit_verify(${chain.tenant})`;
  session.release();
  expect(verdict).toMatchObject({ intact: true, events: '9' });
});

test('the canonical text of an event names every column', async () => {
  // A request has no actor, and one that is not there has no place in the text.
  const missing = await sql`
    select a.attname from pg_attribute a, (select e from pgrant_report.audit_entries e where e.actor is not null limit 1) x
     where a.attrelid = 'pgrant.audit_events'::regclass and a.attnum > 0 and not a.attisdropped
       and not pgrant_report.audit_event_text(x.e)::jsonb ? a.attname`;
  expect([...missing]).toEqual([]);
});

async function swapTimes(one: string, other: string): Promise<void> {
  await sql`
    update pgrant.audit_events e set at = o.at from pgrant.audit_events o
     where (e.event_id, o.event_id) in ((${one}, ${other}), (${other}, ${one}))`;
}

/** Removes the events of the last seals and the seals themselves, from `number` on. */
async function cut({ tenant }: Chain, number: number): Promise<void> {
  await sql`delete from pgrant.audit_events e using pgrant.audit_seals s
             where s.tenant_id = ${tenant} and s.number >= ${number}
               and e.tenant_id = s.tenant_id and e.event_id = any (s.event_ids)`;
  await sql`delete from pgrant.audit_seals where tenant_id = ${tenant} and number >= ${number}`;
}

/** Seals the tenant's events anew, as if for the first time. */
async function reseal({ tenant }: Chain): Promise<void> {
  await sql`delete from pgrant.audit_seals where tenant_id = ${tenant}`;
  await sql`delete from pgrant.audit_chains where tenant_id = ${tenant}`;
  await sql`update pgrant.audit_sealing set cluster = null`;
  await seal(database);
}
