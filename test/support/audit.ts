// Audit events of a tenant, sealed and verified.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sealEvents } from '../../src/operations/audit-chain.ts';
import type { TestDatabase } from './database.ts';
import { makeTenant, type World } from './fixtures.ts';

/** Takes `count` decisions at the tenant, each of which leaves one event. */
export async function decide({ database, tenant }: World, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await database.sql`select pgrant_ops.user_add(${tenant}, ${randomUUID()})`;
  }
}

/**
 * Waits until all that is committed by now may be sealed. What other test files are doing in the same
 * cluster may hold that up for a moment.
 */
export async function settle({ sql }: TestDatabase): Promise<void> {
  const [now] = await sql`select pg_current_xact_id()::text::bigint as xid`;
  const deadline = Date.now() + 20_000;
  for (;;) {
    const [oldest] = await sql`select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as xid`;
    if (Number(oldest?.xid) > Number(now?.xid)) break;
    if (Date.now() > deadline) throw new Error('a transaction keeps events from being sealed');
    await sleep(20);
  }
}

/** Seals all that is committed by now. */
export async function seal(database: TestDatabase): Promise<void> {
  await settle(database);
  await sealEvents(database.worker);
}

/** A tenant with three seals, of which the last two have `events` events each. */
export async function makeChain(
  database: TestDatabase,
  name: string,
  events = 4,
): Promise<World & { events: string[] }> {
  const world = await makeTenant(database, name);
  for (let round = 0; round < 3; round++) {
    if (round > 0) await decide(world, events);
    await seal(database);
  }
  const rows = await database.sql`
    select unnest(event_ids) as event_id from pgrant.audit_seals where tenant_id = ${world.tenant} order by number`;
  return { ...world, events: rows.map(({ event_id }) => event_id) };
}

/** What pgrant_report.audit_verify() says, as a superuser asks it. */
export async function verify({ database, tenant }: World, checkpoint?: Head) {
  const { number = null, seal = null } = checkpoint ?? {};
  const [verdict] = await database.sql`
    select * from pgrant_report.audit_verify(${tenant}, 1, ${number}, ${seal})`;
  return verdict;
}

export type Head = { number: string; seal: Buffer };

/** The last seal of a tenant: what a checkpoint says. */
export async function head({ database, tenant }: World): Promise<Head> {
  const [row] = await database.sql<Head[]>`
    select number, seal from pgrant.audit_chains where tenant_id = ${tenant}`;
  if (!row) throw new Error('the tenant has no chain');
  return row;
}

const monthStart = new Date();
monthStart.setUTCDate(1);
monthStart.setUTCMonth(monthStart.getUTCMonth() - 15);
/** A month whose events are past their retention, and whose seals are not. */
export const oldMonth = monthStart.toISOString().slice(0, 7);

/** Puts events into that month, whose partition is made, as if the tenant had been there then. */
export async function addOldEvents(
  database: TestDatabase,
  tenant: string,
  events: number,
): Promise<void> {
  const first = `${oldMonth}-01T00:00:00Z`;
  await database.as('pgrant_owner')`
    select pgrant_ops.partition_add('audit_events', 'audit_events_old', ${first}, ${first}::timestamptz + interval '1 month')
     where to_regclass('pgrant.audit_events_old') is null`;
  await database.sql`
    insert into pgrant.audit_events (tenant_id, at, action, detail)
    select ${tenant}, ${first}::timestamptz + n * interval '1 minute', 'user.add', jsonb_build_object('n', n)
      from generate_series(1, ${events}::int) n`;
}
