// One attempt to tell a webhook of an event: taken from the database, signed, sent, and its end recorded.

import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { openWebhookSecret, webhookRequest } from '../protocol/webhook.ts';
import { type Courier, notify } from './notice.ts';

export type Destination = { tenant: string; webhook: string };

type Taken = NonNullable<(typeof ops.delivery_begin)['types']>[1];

/** Delivers the event that is due for longest; false where none is due. */
export async function deliverNext(courier: Courier, destination: Destination): Promise<boolean> {
  const { database, log } = courier;
  const [taken] = await callAll(database, ops.delivery_begin, destination);
  if (!taken) return false;
  const { event_id, attempt } = taken;
  const begun = performance.now();
  const answer = await notify(taken.issuer, taken.url, () => message(courier, destination, taken));
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

function message({ secret }: Courier, { tenant, webhook }: Destination, taken: Taken) {
  const secrets = [taken.sealed_secret, taken.sealed_old_secret]
    .filter((sealed) => sealed !== null)
    .map((sealed) => openWebhookSecret(secret, tenant, webhook, sealed));
  return webhookRequest(
    {
      id: taken.event_id,
      type: taken.type,
      timestamp: taken.occurred_at,
      data: { tenant: taken.issuer, ...(taken.data as object) },
    },
    secrets,
  );
}
