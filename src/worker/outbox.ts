// What is to be told is told: woken by each commit that queues something, and by the clock.
import { setTimeout as sleep } from 'node:timers/promises';
import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { listen } from '../db/listen.ts';
import { tellNext } from '../outbound/logout-delivery.ts';
import { deliverNext } from '../outbound/webhook-delivery.ts';
import type { Stop, WorkerServices } from '../services.ts';
import { Places } from './places.ts';

/** Requests at once to one receiver. */
const lanes = 4;
/** Milliseconds after which a receiver makes room where others wait. */
const turn = 5_000;
/** Seconds between two looks where nobody rings: a connection that listens may be lost unnoticed. */
const longestRest = 60;
/** Seconds until the next look after one that failed. */
const restAfterFailure = 5;

/** Whom something is due for, in how many seconds, and what tells them the next of it; false where none is left. */
type Due = { key: string; tenant: string; wait: number; tellNext: () => Promise<boolean> };
type Look = (services: WorkerServices) => Promise<Due[]>;

const events: Look = async (services) =>
  (await callAll(services.database, ops.webhook_due, {})).map(({ tenant_id, webhook, wait }) => ({
    key: `${tenant_id} ${webhook}`,
    tenant: tenant_id,
    wait: wait ?? 0,
    tellNext: () => deliverNext(services, { tenant: tenant_id, webhook }),
  }));

const logouts: Look = async (services) =>
  (await callAll(services.database, ops.logout_due, {})).map(({ tenant_id, client_id, wait }) => ({
    key: `${tenant_id} ${client_id}`,
    tenant: tenant_id,
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
  const ending = new AbortController();
  let resting = new AbortController();
  const wake = () => resting.abort();
  wakes.push(wake);
  const places = new Places<Due>(wake);

  const serve = async (receiver: Due): Promise<void> => {
    const begun = performance.now();
    const goesOn = () =>
      !ending.signal.aborted && !(places.wanted && performance.now() - begun > turn);
    await Promise.all(Array.from({ length: lanes }, () => emptyLane(services, receiver, goesOn)));
  };
  /** Begins to serve what is due, and gives the seconds until there is more to do. */
  const look = async (): Promise<number> => {
    const found = await due(services);
    // Whoever is done, or has had its turn, makes room, and rings.
    places.fill(
      found.filter(({ wait }) => wait <= 0),
      serve,
    );
    return found.find(({ wait }) => wait > 0)?.wait ?? longestRest;
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
    await places.emptied();
  };
}

/** Tells a receiver one thing after the other, until none is due, or others wait. */
async function emptyLane(
  { log }: WorkerServices,
  { key, tellNext }: Due,
  goesOn: () => boolean,
): Promise<void> {
  try {
    while (goesOn() && (await tellNext()));
  } catch (err) {
    log.error({ err, receiver: key }, 'what is to be told could not be taken or recorded');
  }
}
