// The outbox is emptied: woken by each commit that puts something in, and by the clock.
import { setTimeout as sleep } from 'node:timers/promises';
import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { listen } from '../db/listen.ts';
import { type Courier, type Destination, deliverNext } from '../outbound/webhook-delivery.ts';
import type { Stop, WorkerServices } from '../services.ts';

/** Webhooks that are served at once by one process, and requests at once to each of them. */
const most = { webhooks: 16, lanes: 4 };
/** Seconds between two looks where nobody rings: a connection that listens may be lost unnoticed. */
const longestRest = 60;
/** Seconds until the next look after one that failed. */
const restAfterFailure = 5;

/**
 * Delivers events to webhooks until it is stopped; then the attempts that run are waited for. Any
 * number of processes may do so at once: what one has taken, no other takes for a minute.
 */
export function startWebhooks(services: WorkerServices): Stop {
  const serving = new Map<string, Promise<void>>();
  const ending = new AbortController();
  let resting = new AbortController();
  const wake = () => resting.abort();

  const serve = async (destination: Destination): Promise<void> => {
    const lanes = Array.from({ length: most.lanes }, () =>
      emptyLane(services, destination, ending.signal),
    );
    await Promise.all(lanes);
  };
  /** Begins to serve what is due, and gives the seconds until there is more to do. */
  const look = async (): Promise<number> => {
    for (const { tenant_id, webhook, wait } of await callAll(
      services.database,
      ops.webhook_due,
      {},
    )) {
      if (wait !== null && wait > 0) return wait;
      // Whoever is done first makes room, and rings.
      if (serving.size === most.webhooks) break;
      const destination = { tenant: tenant_id, webhook };
      const key = `${tenant_id} ${webhook}`;
      if (serving.has(key)) continue;
      const served = serve(destination).finally(() => {
        serving.delete(key);
        wake();
      });
      serving.set(key, served);
    }
    return longestRest;
  };
  const keepLooking = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      resting = new AbortController();
      const rest = await look().catch((err) => {
        services.log.error({ err }, 'the outbox could not be read');
        return restAfterFailure;
      });
      const signal = AbortSignal.any([resting.signal, ending.signal]);
      await sleep(Math.min(rest, longestRest) * 1000, undefined, { signal }).catch(() => {});
    }
  };

  const stopListening = listen(
    { ...services, role: 'pgrant_worker', program: 'outbox' },
    'pgrant_outbox',
    () => wake(),
  );
  const looking = keepLooking();
  return async () => {
    ending.abort();
    await looking;
    await Promise.all([stopListening(), ...serving.values()]);
  };
}

/** Delivers one event after the other to a webhook, until none is due. */
async function emptyLane(
  courier: Courier,
  destination: Destination,
  signal: AbortSignal,
): Promise<void> {
  try {
    while (!signal.aborted && (await deliverNext(courier, destination)));
  } catch (err) {
    courier.log.error({ err, ...destination }, 'an event could not be taken or recorded');
  }
}
