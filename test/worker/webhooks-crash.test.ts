// No event is lost, whichever process is killed, and whenever.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { makeUser, type World } from '../support/fixtures.ts';
import { kill, startProcess } from '../support/processes.ts';
import { addWebhook, outboxOf, type Receiver, startReceiver } from '../support/webhooks.ts';
import { until } from './worker.ts';

const database = await createDatabase();
const { sql } = database;
let receiver: Receiver;
let world: World;
let count = 0;

beforeEach(async () => {
  receiver = await startReceiver();
  count += 1;
  const path = `/t${count}`;
  const [row] = await sql`
    select pgrant_ops.tenant_add(${`t${count}`}, ${`http://localhost${path}`}, 'localhost', ${path}) as id`;
  world = { database, tenant: row?.id };
  await addWebhook(world, 'crm', receiver.url, ['user.created', 'client.created']);
});

afterEach(() => sql`delete from pgrant.outbox`);

const outbox = async () => (await outboxOf(world))[0];
const ids = () => new Set(receiver.received.map(({ id }) => id));

/** As if the minute had passed for which the worker that was killed had taken the event. */
const later = () => sql`update pgrant.outbox set next_attempt_at = now() where state = 'pending'`;

describe('a worker that is killed', () => {
  test('while the receiver is thinking: the event is sent again, under the same id', async () => {
    receiver.reply = () => new Promise(() => {});
    const first = await startProcess(database, 'worker');
    await makeUser(world, 'ada');
    await until(async () => receiver.received.length === 1);
    await kill(first);
    const taken = await outbox();
    expect(taken).toMatchObject({ state: 'pending', attempts: 1 });
    expect(taken?.wait).toBeLessThanOrEqual(60);
    await later();
    receiver.reply = () => ({ status: 204 });
    const second = await startProcess(database, 'worker');
    await until(async () => (await outbox())?.state === 'delivered');
    await kill(second);
    expect(receiver.received).toHaveLength(2);
    expect(ids()).toEqual(new Set([taken?.event_id]));
  });

  test('after the receiver has said yes, and before that is recorded: it is sent again, under the same id', async () => {
    const lock = await sql.reserve();
    await lock`begin`;
    receiver.reply = async () => {
      // Whoever records an end has to wait from now on.
      await lock`select from pgrant.webhooks where tenant_id = ${world.tenant} for update`;
      return { status: 204 };
    };
    const first = await startProcess(database, 'worker');
    await makeUser(world, 'ada');
    const recording = () => sql`
      select pid from pg_stat_activity where datname = ${database.name} and wait_event_type = 'Lock'
         and query like '%delivery_end%'`;
    await until(async () => (await recording()).length === 1);
    await kill(first);
    // The server would carry the statement out, for nobody.
    await sql`select pg_terminate_backend(${(await recording())[0]?.pid})`;
    await lock`commit`;
    lock.release();
    expect(await outbox()).toMatchObject({ state: 'pending', attempts: 1 });
    await later();
    receiver.reply = () => ({ status: 204 });
    const second = await startProcess(database, 'worker');
    await until(async () => (await outbox())?.state === 'delivered');
    await kill(second);
    expect(receiver.received).toHaveLength(2);
    expect(ids().size).toBe(1);
  });

  test('before it has seen the event: the next one finds it', async () => {
    const first = await startProcess(database, 'worker');
    await kill(first);
    await makeUser(world, 'ada');
    const second = await startProcess(database, 'worker');
    await until(async () => (await outbox())?.state === 'delivered');
    await kill(second);
    expect(receiver.received).toHaveLength(1);
  });
});

test('a web process that is killed as soon as it has answered has left the event behind', async () => {
  const port = await freePort();
  await sql`
    select pgrant_ops.tenant_set(${world.tenant}, '{"registration": "open"}')`;
  const host = `localhost:${port}`;
  await sql`
    update pgrant.issuers set host = ${host}, issuer = ${`http://${host}`} || path where tenant_id = ${world.tenant}`;
  const web = await startProcess(database, 'web', { PORT: String(port) });
  const answer = await fetch(`http://localhost:${port}/t${count}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: ['https://app.example/cb'] }),
  });
  await kill(web);
  const { client_id } = (await answer.json()) as { client_id: string };
  const worker = await startProcess(database, 'worker');
  await until(async () => receiver.received.length === 1);
  await kill(worker);
  expect(receiver.received[0]?.event).toMatchObject({
    type: 'client.created',
    data: { client_id },
  });
});

test('a receiver that dies over the request gets it again, under the same id', async () => {
  let deaths = 0;
  const dying = createServer((request, response) => {
    ids.add(String(request.headers['webhook-id']));
    deaths += 1;
    if (deaths === 1) request.socket.destroy();
    else response.writeHead(204).end();
  });
  const ids = new Set<string>();
  await new Promise<void>((resolve) => dying.listen(0, '127.0.0.1', resolve));
  const { port } = dying.address() as AddressInfo;
  await sql`
    select pgrant_ops.webhook_set(${world.tenant}, 'crm', ${sql.json({ url: `http://127.0.0.1:${port}/` })})`;
  const worker = await startProcess(database, 'worker');
  await makeUser(world, 'ada');
  await until(async () => (await outbox())?.last_error !== null);
  await sql`update pgrant.webhooks set paused_until = '-infinity' where tenant_id = ${world.tenant}`;
  await later();
  await sql`notify pgrant_outbox`;
  await until(async () => (await outbox())?.state === 'delivered');
  await kill(worker);
  dying.close();
  expect([deaths, ids.size]).toEqual([2, 1]);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
