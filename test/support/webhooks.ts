// Webhooks of test tenants, and a receiver that listens.

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ops } from '../../src/db/bindings.ts';
import { newWebhookSecret, sealWebhookSecret } from '../../src/protocol/webhook.ts';
import { atFileEnd } from './at-end.ts';
import { operate, type World } from './fixtures.ts';

/** What the tests seal under. */
export const master = Buffer.alloc(32, 7);

export type Received = {
  id: string;
  headers: IncomingHttpHeaders;
  body: string;
  event: { type: string; timestamp: string; data: Record<string, unknown> };
};
type Reply = { status: number; headers?: Record<string, string> };

/** Adds a webhook for the types and gives its secret. */
export async function addWebhook(
  world: World,
  name: string,
  url: string,
  event_types: string[] = ['user.created'],
): Promise<string> {
  const secret = newWebhookSecret();
  const sealed_secret = sealWebhookSecret(master, world.tenant, name, secret);
  await operate(world, ops.webhook_add, { name, url, sealed_secret, event_types });
  return secret;
}

/** Starts a receiver, which keeps what it got and answers 204 or what `reply` says. */
export async function startReceiver() {
  const received: Received[] = [];
  const receiver = {
    url: '',
    received,
    /** How the next requests are answered; a promise makes the sender wait. */
    reply: (_received: Received): Reply | Promise<Reply> => ({ status: 204 }),
    /** Stops listening, and starts again at the same address. */
    down: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
    up: () => listen(Number(new URL(receiver.url).port)),
  };
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const id = String(request.headers['webhook-id']);
    const got = { id, headers: request.headers, body, event: JSON.parse(body) };
    received.push(got);
    const { status, headers } = await receiver.reply(got);
    response.writeHead(status, headers).end();
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  atFileEnd(() => receiver.down());
  return receiver;
}

export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

/** What the outbox of the tenant holds, oldest first; `wait` is from the last attempt to the next. */
export function outboxOf({ database: { sql }, tenant }: World) {
  return sql`
    select o.event_id, o.webhook, o.type, o.data, o.state, o.attempts, o.last_status, o.last_error, o.attempt_log,
           extract(epoch from o.next_attempt_at - coalesce((o.attempt_log -> -1 ->> 'at')::timestamptz, now()))::float as wait
      from pgrant.outbox o where o.tenant_id = ${tenant} order by o.at, o.type, o.webhook`;
}
