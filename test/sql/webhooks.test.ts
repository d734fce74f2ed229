// What auditors read of webhooks.
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { makeAuditor } from '../support/auditors.ts';
import {
  makeTenant,
  makeUser,
  makeWorld,
  operate,
  secret,
  type World,
} from '../support/fixtures.ts';
import { addWebhook } from '../support/webhooks.ts';

let world: World;
let other: World;

/** Has the worker's part done: the next event of the webhook is sent and answered so. */
async function answer(at: World, webhook: string, status: number | null): Promise<void> {
  const { event_id, attempt } = await operate(at, ops.delivery_begin, { webhook });
  const end = { webhook, event_id, attempt, status, error: 'no answer', duration_ms: 5 };
  await operate(at, ops.delivery_end, end);
}

beforeAll(async () => {
  world = await makeWorld();
  other = await makeTenant(world.database, 'other');
  await addWebhook(world, 'crm', 'https://crm.example/hook');
  await addWebhook(world, 'siem', 'https://siem.example/hook');
  await addWebhook(other, 'theirs', 'https://theirs.example/hook');
  for (const name of ['ada', 'bob']) {
    await makeUser(world, name);
    await answer(world, 'siem', 200);
  }
  await makeUser(other, 'eve');
  await answer(world, 'crm', null);
});

test('pgrant_report.undelivered counts what has not arrived, by webhook, with the age of the oldest', async () => {
  const { sql } = await makeAuditor(world.database, { tenant: world.tenant });
  const rows = await sql`select * from pgrant_report.undelivered`;
  expect(rows).toMatchObject([
    { tenant: 'acme', webhook: 'crm', url: 'https://crm.example/hook', pending: '2', dead: '0' },
  ]);
  expect(rows[0]?.last_error).toBe('no answer');
  expect(Number(rows[0]?.age)).toBeGreaterThanOrEqual(0);
  await operate(world, ops.webhook_disable, { name: 'crm', disabled: true });
  const [disabled] =
    await sql`select pending, dead, disabled_reason from pgrant_report.undelivered`;
  expect(disabled).toEqual({ pending: '0', dead: '2', disabled_reason: 'by an operator' });
});

test("pgrant_report.webhook_deliveries has every event with its attempts, of the auditor's tenants", async () => {
  const { sql } = await makeAuditor(world.database, { tenant: world.tenant });
  const rows = await sql`select * from pgrant_report.webhook_deliveries order by webhook, at`;
  expect(rows.map(({ webhook, state }) => [webhook, state])).toEqual([
    ['crm', 'dead'],
    ['crm', 'dead'],
    ['siem', 'delivered'],
    ['siem', 'delivered'],
  ]);
  expect(rows[2]?.attempt_log).toMatchObject([{ status: 200, error: null, ms: 5 }]);
  const all = await makeAuditor(world.database);
  const tenants =
    await all.sql`select distinct tenant from pgrant_report.webhook_deliveries order by 1`;
  expect(tenants.map(({ tenant }) => tenant)).toEqual(['acme', 'other']);
});

test('a disabled tenant sends nothing', async () => {
  const due = async () =>
    (await callAll(world.database.worker, ops.webhook_due, {})).map(({ webhook }) => webhook);
  expect(await due()).toContain('theirs');
  await operate(other, ops.tenant_disable, { disabled: true });
  expect(await due()).not.toContain('theirs');
  expect(await operate(other, ops.delivery_begin, { webhook: 'theirs' })).toBeUndefined();
});

test('an attempt that is told late neither undoes nor hurries what has begun since', async () => {
  const late = await makeTenant(world.database, 'late');
  await addWebhook(late, 'crm', 'https://crm.example/hook');
  await makeUser(late, 'ada');
  const { sql } = world.database;
  const begin = () => operate(late, ops.delivery_begin, { webhook: 'crm' });
  const end = async (attempt: number, status: number) =>
    (
      await operate(late, ops.delivery_end, {
        webhook: 'crm',
        event_id: first.event_id,
        attempt,
        status,
        error: null,
        duration_ms: 1,
      })
    ).delivery_end;
  const first = await begin();
  expect(await begin()).toBeUndefined();
  await sql`update pgrant.outbox set next_attempt_at = now() where tenant_id = ${late.tenant}`;
  const second = await begin();
  expect([first.attempt, second.attempt]).toEqual([1, 2]);
  expect(await end(1, 500)).toBeNull();
  expect(await end(1, 200)).toBe('delivered');
  expect(await end(2, 500)).toBeNull();
});

test('a webhook that was imported without a secret is given one, and signs with no other', async () => {
  const imported = await makeTenant(world.database, 'imported');
  await addWebhook(imported, 'crm', 'https://crm.example/hook');
  await world.database
    .sql`update pgrant.webhooks set sealed_secret = '' where tenant_id = ${imported.tenant}`;
  await operate(imported, ops.webhook_secret, { name: 'crm', sealed_secret: secret() });
  await makeUser(imported, 'ada');
  const taken = await operate(imported, ops.delivery_begin, { webhook: 'crm' });
  expect(taken.sealed_secret).toHaveLength(32);
  expect(taken.sealed_old_secret).toBeNull();
});

test('a tenant has a hundred webhooks at most, for each writes a row for every event', async () => {
  const many = await makeTenant(world.database, 'many');
  for (let n = 0; n < 100; n++) await addWebhook(many, `hook-${n}`, 'https://crm.example/hook');
  const one = addWebhook(many, 'one-more', 'https://crm.example/hook');
  await expect(one).rejects.toMatchObject({ code: 'OA003' });
  await operate(many, ops.webhook_remove, { name: 'hook-0' });
  await addWebhook(many, 'one-more', 'https://crm.example/hook');
});
