// Whoever takes away what sealing and verifying go by is found out, and hides nothing by it.
import { expect, test } from 'vitest';
import { sealEvents } from '../../src/operations/audit-chain.ts';
import { decide, makeChain, seal, settle, verify } from '../support/audit.ts';
import { makeAuditor } from '../support/auditors.ts';
import { createDatabase } from '../support/database.ts';

test('the state of sealing: events still wait, and the worker fails', async () => {
  const database = await createDatabase();
  const chain = await makeChain(database, 'acme');
  await database.sql`delete from pgrant.audit_sealing`;
  await decide(chain, 2);
  await settle(database);
  await expect(sealEvents(database.worker)).rejects.toMatchObject({ code: 'OA004' });
  expect(await verify(chain)).toMatchObject({ unsealed: '2' });
  const { sql } = await makeAuditor(database);
  const [row] = await sql`select unsealed from pgrant_report.audit_chain where tenant = 'acme'`;
  expect(Number(row?.unsealed)).toBeGreaterThan(0);
  await database.sql`
    update pgrant.audit_events set at = at - interval '2 hours'
     where tenant_id = ${chain.tenant} and event_id <> all (${chain.events})`;
  expect(await verify(chain)).toMatchObject({ fault: 'unsealed' });
});

test.each([
  ['audit_events', 'removed'],
  ['audit_seals', 'seal missing'],
])('the plan of %s: what is gone is %s all the same', async (table, fault) => {
  const database = await createDatabase();
  const chain = await makeChain(database, 'acme');
  await database.sql`delete from pgrant.partition_plans where table_name = ${table}`;
  expect(await verify(chain)).toMatchObject({ intact: true });
  if (table === 'audit_seals') {
    await database.sql`delete from pgrant.audit_seals where tenant_id = ${chain.tenant} and number = 1`;
  } else {
    const [event = ''] = chain.events;
    await database.sql`delete from pgrant.audit_events where event_id = ${event}`;
  }
  expect(await verify(chain)).toMatchObject({ intact: false, fault });
});

test.each(['14 months', '20 months', '20 years'])(
  'an event of %s ago that no seal has is added, though nothing is kept for so long',
  async (age) => {
    const database = await createDatabase();
    const chain = await makeChain(database, 'acme');
    await database.sql`
      insert into pgrant.audit_events (tenant_id, at, action, xid)
      values (${chain.tenant}, now() - ${age}::interval, 'user.add', 3)`;
    await seal(database);
    expect(await verify(chain)).toMatchObject({ intact: false, fault: 'added' });
  },
);
