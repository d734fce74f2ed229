// One attempt to tell a webhook of an event: taken from the database, signed, sent, and its end recorded.

import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import type { Log } from '../log.ts';
import type { Master } from '../protocol/seal.ts';
import { openWebhookSecret, webhookRequest } from '../protocol/webhook.ts';
import { outboundFetch, retryAfter } from './guarded-fetch.ts';

export type Courier = { database: Database; secret: Master; log: Log };
export type Destination = { tenant: string; webhook: string };

type Answer = { status: number | null; error: string | null; retry_after: number | null };

const fetches = {
  loopback: outboundFetch({ allowLoopback: true }),
  others: outboundFetch({ allowLoopback: false }),
};

/** Delivers the event that is due for longest; false where none is due. */
export async function deliverNext(courier: Courier, destination: Destination): Promise<boolean> {
  const { database, log } = courier;
  const [taken] = await callAll(database, ops.delivery_begin, destination);
  if (!taken) return false;
  const { event_id, attempt } = taken;
  const begun = performance.now();
  const answer = await send(courier, destination, taken);
  const { delivery_end: state } = await call(database, ops.delivery_end, {
    ...destination,
    event_id,
    attempt,
    ...answer,
    duration_ms: Math.round(performance.now() - begun),
  });
  const said = { ...destination, event_id, type: taken.type, attempt, ...answer, state };
  if (state === 'delivered') log.debug(said, 'event delivered');
  else log.warn(said, 'event not delivered');
  return true;
}

type Taken = NonNullable<(typeof ops.delivery_begin)['types']>[1];

async function send(
  { secret }: Courier,
  { tenant, webhook }: Destination,
  taken: Taken,
): Promise<Answer> {
  try {
    const secrets = [taken.sealed_secret, taken.sealed_old_secret]
      .filter((sealed) => sealed !== null)
      .map((sealed) => openWebhookSecret(secret, tenant, webhook, sealed));
    const { headers, body } = webhookRequest(
      {
        id: taken.event_id,
        type: taken.type,
        timestamp: taken.occurred_at,
        data: { tenant: taken.issuer, ...(taken.data as object) },
      },
      secrets,
    );
    // Only a tenant that is on a loopback address itself has business with receivers on one.
    const local = /^http:\/\//.test(taken.issuer);
    const fetch = local ? fetches.loopback : fetches.others;
    const response = await fetch(taken.url, { method: 'POST', headers, body, notice: true });
    const wait = retryAfter(response.headers);
    return {
      status: response.status,
      error: null,
      retry_after: wait === undefined ? null : Math.min(Math.ceil(wait / 1000), 86_400),
    };
  } catch (error) {
    return {
      status: null,
      error: error instanceof Error ? error.message : String(error),
      retry_after: null,
    };
  }
}
