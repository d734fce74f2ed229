// What is to be told is told: woken by each commit that queues something, and by the clock.
import { setTimeout as sleep } from 'node:timers/promises';
import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { listen } from '../db/listen.ts';
import { tellNext } from '../outbound/logout-delivery.ts';
import { deliverNext } from '../outbound/webhook-delivery.ts';
import type { Stop, WorkerServices } from '../services.ts';

/** Receivers of one kind that are served at once by one process, and requests at once to each of them. */
const most = { receivers: 16, lanes: 4 };
/** Seconds between two looks where nobody rings: a connection that listens may be lost unnoticed. */
const longestRest = 60;
/** Seconds until the next look after one that failed. */
const restAfterFailure = 5;

/** Whom something is due for, in how many seconds, and what tells them the next of it; false where none is left. */
type Due = { key: string; wait: number; tellNext: () => Promise<boolean> };
type Look = (services: WorkerServices) => Promise<Due[]>;

const events: Look = async (services) =>
  (await callAll(services.database, ops.webhook_due, {})).map(({ tenant_id, webhook, wait }) => ({
    key: `${tenant_id} ${webhook}`,
    wait: wait ?? 0,
    tellNext: () => deliverNext(services, { tenant: tenant_id, webhook }),
  }));

const logouts: Look = async (services) =>
  (await callAll(services.database, ops.logout_due, {})).map(({ tenant_id, client_id, wait }) => ({
    key: `${tenant_id} ${client_id}`,
    wait: wait ?? 0,
    tellNext: () => tellNext(services, { tenant: tenant_id, client_id }),
  }));

/**
 * Delivers events to webhooks, and logouts to clients, until it is stopped; then the attempts that run are
 * waited for. Any number of processes may do so at once: what one has taken, no other takes for a minute.
 */
export function startOutbox(services: WorkerServices): Stop {
  const wakes: (() => void)[] = [];
  const stops = [events, logouts].map((due) => startQueue(services, due, wakes));
  const stopListening = listen(
    { ...services, role: 'pgrant_worker', program: 'outbox' },
    'pgrant_outbox',
    () => {
      for (const wake of wakes) wake();
    },
  );
  return async () => {
    await Promise.all([stopListening(), ...stops.map((stop) => stop())]);
  };
}

/** Serves the receivers of one kind; a flood of one kind takes no place of the other. */
function startQueue(services: WorkerServices, due: Look, wakes: (() => void)[]): Stop {
  const serving = new Map<string, Promise<void>>();
  const ending = new AbortController();
  let resting = new AbortController();
  const wake = () => resting.abort();
  wakes.push(wake);

  const serve = async (receiver: Due): Promise<void> => {
    const lanes = Array.from({ length: most.lanes }, () =>
      emptyLane(services, receiver, ending.signal),
    );
    await Promise.all(lanes);
  };
  /** Begins to serve what is due, and gives the seconds until there is more to do. */
  const look = async (): Promise<number> => {
    for (const receiver of await due(services)) {
      const { key, wait } = receiver;
      if (wait > 0) return wait;
      // Whoever is done first makes room, and rings.
      if (serving.size === most.receivers) break;
      if (serving.has(key)) continue;
      const served = serve(receiver).finally(() => {
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

  const looking = keepLooking();
  return async () => {
    ending.abort();
    await looking;
    await Promise.all(serving.values());
  };
}

/** Tells a receiver one thing after the other, until none is due. */
async function emptyLane(
  { log }: WorkerServices,
  { key, tellNext }: Due,
  signal: AbortSignal,
): Promise<void> {
  try {
    while (!signal.aborted && (await tellNext()));
  } catch (err) {
    log.error({ err, receiver: key }, 'what is to be told could not be taken or recorded');
  }
}
