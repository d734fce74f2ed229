// One channel of the database is listened to, on a connection of its own that is made again whenever it is lost.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { settle } from '../db/session-settings.ts';
import type { Stop, WorkerServices } from '../services.ts';
import { workerClient } from './queue-pool.ts';

/** Milliseconds between two attempts. */
const pause = 1_000;
/** Milliseconds between two questions whether the other end is there still, and for the answer. */
const heartbeat = 30_000;
const patience = 10_000;

/** Calls `wake` at each notification, and once it listens again: what came meanwhile was not heard. */
export function listen({ url, log }: WorkerServices, channel: string, wake: () => void): Stop {
  const ending = new AbortController();
  const keepListening = async () => {
    let deaf = false;
    while (!ending.signal.aborted) {
      try {
        await hear(url, channel, ending.signal, () => {
          deaf = false;
          wake();
        });
      } catch (err) {
        if (!deaf) log.warn({ err }, `${channel} is not heard, and looked at each minute only`);
        deaf = true;
      }
      await sleep(pause, undefined, { signal: ending.signal }).catch(() => {});
    }
  };
  const listening = keepListening();
  return async () => {
    ending.abort();
    await listening;
  };
}

/** Listens until `signal`; throws where the connection cannot be made or is lost. */
async function hear(url: string, channel: string, signal: AbortSignal, wake: () => void) {
  const client = new pg.Client({ ...workerClient(url, 'outbox'), query_timeout: patience });
  const over = new AbortController();
  client.on('error', (error) => over.abort(error));
  client.on('end', () => over.abort(new Error('the connection has ended')));
  client.on('notification', wake);
  try {
    await client.connect();
    await client.query(settle);
    await client.query(`listen ${client.escapeIdentifier(channel)}`);
    wake();
    const either = AbortSignal.any([signal, over.signal]);
    while (!either.aborted) {
      await sleep(heartbeat, undefined, { signal: either }).catch(() => {});
      if (!either.aborted) await client.query('select');
    }
    if (!signal.aborted) throw over.signal.reason;
  } finally {
    const left = client.end().catch(() => {});
    await Promise.race([left, sleep(1_000, undefined, { ref: false })]);
  }
}
