// Events on their way to receivers, by workers that run.
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { newWebhookSecret, sealWebhookSecret } from '../../src/protocol/webhook.ts';
import { createDatabase } from '../support/database.ts';
import { auditOf, makeUser, operate, type World } from '../support/fixtures.ts';
import { addWebhook, outboxOf, type Receiver, startReceiver } from '../support/webhooks.ts';
import { secret as master, runNow, start, until } from './worker.ts';

const database = await createDatabase();
const { sql } = database;
let receiver: Receiver;
let world: World;
let count = 0;

beforeAll(async () => {
  await start(database);
});

beforeEach(async () => {
  receiver = await startReceiver();
  world = await makeLocalTenant();
});

// What one test leaves undelivered is not the next one's.
afterEach(() => sql`delete from pgrant.outbox`);

/** A tenant on a loopback address, which may have receivers there. */
async function makeLocalTenant(): Promise<World> {
  count += 1;
  const path = `/t${count}`;
  const [row] = await sql`
    select pgrant_ops.tenant_add(${`t${count}`}, ${`http://localhost${path}`}, 'localhost', ${path}) as id`;
  return { database, tenant: row?.id };
}

const state = async () => (await outboxOf(world)).map((event) => event.state);

/** Has what waits for its next attempt tried now. */
async function hurry(): Promise<void> {
  await sql`update pgrant.webhooks set paused_until = '-infinity' where tenant_id = ${world.tenant}`;
  await sql`update pgrant.outbox set next_attempt_at = now() where tenant_id = ${world.tenant} and state = 'pending'`;
  await sql`notify pgrant_outbox`;
}

describe('an event', () => {
  test('arrives signed, once its transaction has committed and not before [Standard Webhooks]', async () => {
    const secret = await addWebhook(world, 'crm', receiver.url);
    const operator = await database.as('pgrant_worker').reserve();
    await operator`begin`;
    const [added] = await operator`select pgrant_ops.user_add(${world.tenant}, 'ada') as id`;
    // A second one, committed, passes it by.
    await makeUser(world, 'bob');
    await until(async () => receiver.received.length === 1);
    await operator`commit`;
    operator.release();
    await until(async () => receiver.received.length === 2);
    const [, { headers, body, id }] = receiver.received as [unknown, Receiver['received'][0]];
    const event = new Webhook(secret).verify(body, headers as Record<string, string>);
    expect(event).toEqual({
      type: 'user.created',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      data: { tenant: `http://localhost/t${count}`, user_id: added?.id },
    });
    await until(async () => (await state()).every((done) => done === 'delivered'));
    const row = (await outboxOf(world)).find(({ event_id }) => event_id === id);
    expect(row).toMatchObject({ attempts: 1, last_status: 204 });
    expect(row?.attempt_log).toEqual([
      { at: expect.any(String), status: 204, error: null, ms: expect.any(Number) },
    ]);
  });

  test('is sent once, though four workers are there', async () => {
    const more = await Promise.all([start(database), start(database), start(database)]);
    for (const name of ['crm', 'other']) {
      await addWebhook(world, name, receiver.url);
    }
    await Promise.all(Array.from({ length: 40 }, (_, n) => makeUser(world, `user-${n}`)));
    await until(async () => (await state()).every((done) => done === 'delivered'));
    expect(receiver.received).toHaveLength(80);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(40);
    await Promise.all(more.map(({ stop }) => stop()));
  });

  test('of one tenant reaches no other', async () => {
    const mine = await addWebhook(world, 'crm', receiver.url);
    const first = world;
    world = await makeLocalTenant();
    const other = await startReceiver();
    const theirs = await addWebhook(world, 'crm', other.url);
    await makeUser(world, 'bob');
    await makeUser(first, 'ada');
    await until(async () => receiver.received.length + other.received.length === 2);
    for (const [to, secret, wrong] of [
      [receiver, mine, theirs],
      [other, theirs, mine],
    ] as const) {
      const [{ body, headers }] = to.received as [Receiver['received'][0]];
      new Webhook(secret).verify(body, headers as Record<string, string>);
      expect(() => new Webhook(wrong).verify(body, headers as never)).toThrow();
    }
  });
});

describe('a receiver', () => {
  test('that is down gets the event under the same id when it is up, and no other waits for it', async () => {
    await receiver.down();
    const healthy = await startReceiver();
    await addWebhook(world, 'crm', receiver.url);
    await addWebhook(world, 'healthy', healthy.url);
    await makeUser(world, 'ada');
    await until(async () => (await outboxOf(world))[0]?.attempt_log.length === 1);
    await until(async () => healthy.received.length === 1);
    const [waiting] = await outboxOf(world);
    expect(waiting).toMatchObject({ webhook: 'crm', state: 'pending', last_status: null });
    expect(waiting?.last_error).toContain('ECONNREFUSED');
    // The path of a receiver may be its secret.
    expect(waiting?.last_error).toContain(new URL(receiver.url).origin);
    expect(waiting?.last_error).not.toContain(new URL(receiver.url).pathname);
    expect(waiting?.wait).toBeGreaterThanOrEqual(4);
    expect(waiting?.wait).toBeLessThanOrEqual(7);
    await receiver.up();
    await hurry();
    await until(async () => receiver.received.length === 1);
    expect(receiver.received[0]?.id).toBe(healthy.received[0]?.id);
  });

  test('that fails is asked ever more rarely, for a day, and then it is given up', async () => {
    receiver.reply = () => ({ status: 500 });
    await addWebhook(world, 'crm', receiver.url);
    await makeUser(world, 'ada');
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 12; attempt++) {
      await until(async () => (await outboxOf(world))[0]?.attempt_log.length === attempt);
      const [event] = await outboxOf(world);
      waits.push(event?.wait);
      await hurry();
    }
    for (const [index, wait] of waits.entries()) {
      const delay = Math.min(5 * 3 ** index, 14_400);
      expect(wait).toBeGreaterThanOrEqual(delay * 0.8);
      // The log is to the second.
      expect(wait).toBeLessThanOrEqual(delay * 1.2 + 1);
    }
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
    await sql`update pgrant.outbox set give_up_at = now()`;
    await hurry();
    await until(async () => (await state())[0] === 'dead');
    expect((await outboxOf(world))[0]).toMatchObject({ last_status: 500, last_error: 'HTTP 500' });
  });

  test('that asks for time gets it, within four hours [RFC 9110 10.2.3]', async () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
    const answers = ['1800', inAnHour, '999999'];
    receiver.reply = () => ({ status: 429, headers: { 'retry-after': answers.shift() ?? '' } });
    await addWebhook(world, 'crm', receiver.url);
    await makeUser(world, 'ada');
    for (const [index, seconds] of [1_800, 3_600, 14_400].entries()) {
      await until(async () => (await outboxOf(world))[0]?.attempt_log.length === index + 1);
      const [event] = await outboxOf(world);
      expect(event?.wait).toBeGreaterThan(seconds - 60);
      expect(event?.wait).toBeLessThanOrEqual(seconds + 1);
      await hurry();
    }
  });

  test('that redirects has failed, and is not followed', async () => {
    const elsewhere = await startReceiver();
    receiver.reply = () => ({ status: 307, headers: { location: elsewhere.url } });
    await addWebhook(world, 'crm', receiver.url);
    await makeUser(world, 'ada');
    await until(async () => (await outboxOf(world))[0]?.attempt_log.length === 1);
    expect((await outboxOf(world))[0]).toMatchObject({ state: 'pending', last_status: 307 });
    expect(elsewhere.received).toEqual([]);
  });

  test('that is gone disables its webhook, on the record; what waited can be sent again', async () => {
    receiver.reply = () => ({ status: 410 });
    await addWebhook(world, 'crm', receiver.url);
    await makeUser(world, 'ada');
    await until(async () => (await state())[0] === 'dead');
    const [disabled] = await auditOf(world, 'webhook.disable');
    expect(disabled).toMatchObject({ reason: expect.stringContaining('410') });
    await makeUser(world, 'bob');
    expect(await outboxOf(world)).toHaveLength(1);
    const resend = () => operate(world, ops.webhook_resend, { webhook: 'crm' });
    await expect(resend()).rejects.toMatchObject({ code: 'OA003' });
    await operate(world, ops.webhook_disable, { name: 'crm', disabled: false });
    receiver.reply = () => ({ status: 200 });
    expect((await resend()).webhook_resend).toBe(1);
    await until(async () => (await state())[0] === 'delivered');
    expect(receiver.received[1]?.id).toBe(receiver.received[0]?.id);
  });

  test('that never answers is given up on after ten seconds, while another is served', async () => {
    receiver.reply = () => new Promise(() => {});
    const healthy = await startReceiver();
    await addWebhook(world, 'crm', receiver.url);
    await addWebhook(world, 'healthy', healthy.url);
    for (let n = 0; n < 10; n++) await makeUser(world, `user-${n}`);
    await until(async () => healthy.received.length === 10);
    expect(receiver.received.length).toBeLessThanOrEqual(4);
    await until(async () => (await outboxOf(world)).some(({ last_error }) => last_error !== null));
    const failed = (await outboxOf(world)).find(({ last_error }) => last_error !== null);
    expect(failed?.last_error).toContain('timeout');
    const [webhook] = await sql`
      select paused_until > now() as paused from pgrant.webhooks
       where tenant_id = ${world.tenant} and name = 'crm'`;
    expect(webhook?.paused).toBe(true);
  });

  test('that takes its time keeps no receiver of another tenant waiting, however many of them there are', async () => {
    receiver.reply = async () => {
      await sleep(1_000);
      return { status: 204 };
    };
    const names = Array.from({ length: 20 }, (_, n) => `slow-${n}`);
    for (const name of names) await addWebhook(world, name, receiver.url);
    for (let n = 0; n < 60; n++) await makeUser(world, `user-${n}`);
    await until(async () => receiver.received.length > 100);
    world = await makeLocalTenant();
    const quick = await startReceiver();
    await addWebhook(world, 'crm', quick.url);
    await makeUser(world, 'ada');
    const before = receiver.received.length;
    await until(async () => quick.received.length === 1);
    // Without a turn of its own it would wait for all that is to be told to the others.
    expect(receiver.received.length - before).toBeLessThan(300);
  });

  test('at a private address is never asked, nor on loopback by a tenant of the internet', async () => {
    const [row] = await sql`
      select pgrant_ops.tenant_add(${`public${count}`}, ${`https://public${count}.example`}, ${`public${count}.example`}, '') as id`;
    const onInternet = { database, tenant: row?.id };
    await addWebhook(onInternet, 'loopback', receiver.url);
    await addWebhook(onInternet, 'metadata', 'https://169.254.169.254/latest');
    await makeUser(onInternet, 'ada');
    await until(async () => (await outboxOf(onInternet)).every(({ last_error }) => last_error));
    const errors = (await outboxOf(onInternet)).map(({ last_error }) => last_error);
    expect(errors[0]).toContain('not an https address');
    expect(errors[1]).toContain('special use');
    expect(receiver.received).toEqual([]);
  });
});

test('while a secret replaces another, each request is signed with both, and then with one', async () => {
  const old = await addWebhook(world, 'crm', receiver.url);
  const next = newWebhookSecret();
  await operate(world, ops.webhook_secret, {
    name: 'crm',
    sealed_secret: sealWebhookSecret(master, world.tenant, 'crm', next),
    overlap: 3600,
  });
  await makeUser(world, 'ada');
  await until(async () => receiver.received.length === 1);
  await sql`update pgrant.webhooks set old_secret_expires_at = now() where tenant_id = ${world.tenant}`;
  await makeUser(world, 'bob');
  await until(async () => receiver.received.length === 2);
  const verify = (index: number, secret: string) => () => {
    const { body, headers } = receiver.received[index] as Receiver['received'][0];
    return new Webhook(secret).verify(body, headers as Record<string, string>);
  };
  expect(verify(0, old)).not.toThrow();
  expect(verify(0, next)).not.toThrow();
  expect(verify(1, old)).toThrow();
  expect(verify(1, next)).not.toThrow();
});

test('a delivered event can be sent again, and the receiver sees that it is the same', async () => {
  await addWebhook(world, 'crm', receiver.url);
  await makeUser(world, 'ada');
  await until(async () => (await state())[0] === 'delivered');
  const [event] = await outboxOf(world);
  await operate(world, ops.webhook_resend, { webhook: 'crm', event_id: event?.event_id });
  await until(async () => receiver.received.length === 2);
  expect(receiver.received.map(({ id }) => id)).toEqual([event?.event_id, event?.event_id]);
  await until(async () => (await state())[0] === 'delivered');
  expect((await outboxOf(world))[0]?.attempt_log).toHaveLength(2);
});

test('the log of deliveries is kept for a week, dead letters for dead_letter_lifetime, what is pending for ever', async () => {
  receiver.reply = ({ event }) => ({ status: event.type === 'user.created' ? 204 : 500 });
  await addWebhook(world, 'crm', receiver.url, ['user.created', 'user.disabled', 'user.enabled']);
  await operate(world, ops.webhook_set, { name: 'crm', settings: { dead_letter_lifetime: 7200 } });
  await makeUser(world, 'ada');
  for (const disabled of [true, false]) {
    await operate(world, ops.user_disable, { username: 'ada', disabled });
  }
  await until(async () => (await outboxOf(world)).every((row) => row.attempt_log.length === 1));
  await sql`update pgrant.outbox set give_up_at = now(), next_attempt_at = now() where type = 'user.disabled'`;
  await sql`update pgrant.webhooks set paused_until = '-infinity'`;
  await sql`notify pgrant_outbox`;
  await until(async () => (await state()).includes('dead'));
  const kept = await sql`
    select state, extract(epoch from expires_at - finished_at)::int as seconds from pgrant.outbox
     where tenant_id = ${world.tenant} order by state`;
  expect(kept).toMatchObject([
    { state: 'dead', seconds: 7_200 },
    { state: 'delivered', seconds: 604_800 },
    { state: 'pending', seconds: null },
  ]);
  await sql`update pgrant.outbox set expires_at = now() - interval '1 second' where state <> 'pending'`;
  await runNow(database, 'cleanup');
  expect(await state()).toEqual(['pending']);
});

test('what is committed while nobody listens is found by looking', async () => {
  await addWebhook(world, 'crm', receiver.url);
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
     where datname = ${database.name} and application_name like 'pgrant-outbox/%'`;
  await makeUser(world, 'ada');
  await until(async () => receiver.received.length === 1);
});
