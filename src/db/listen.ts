// One channel of the database is listened to, on a connection of its own that is made again whenever it is lost.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../log.ts';
import { urlsOf } from '../settings/database-urls.ts';
import { applicationName } from '../version.ts';
import { type Role, settle, steppingDown } from './session-settings.ts';

/** Milliseconds between two attempts. */
const pause = 1_000;
/** Milliseconds between two questions whether the other end is there still, and for the answer. */
const heartbeat = 30_000;
const patience = 10_000;

/** Who listens: `program` is what it is called in pg_stat_activity. */
export type Listener = { url: string; role: Role; program: string; log: Log };

/** Told what a notification says; undefined once it listens again: what came meanwhile was not heard. */
export type Heard = (payload?: string) => void;

/** How a connection works as `role`, whoever logs in; `settle` is its first statement. */
export function clientConfig(url: string, role: Role, program: string): pg.ClientConfig {
  const parameters = Object.entries(steppingDown(url, role));
  return {
    connectionString: asLibpq(url),
    application_name: applicationName(program),
    connectionTimeoutMillis: 10_000,
    // A peer that vanished is noticed.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    options: parameters.map(([name, value]) => `-c ${name}=${value}`).join(' '),
  };
}

/** `sslmode=require` verifies no certificate (libpq 34.19.1, postgres.js), which pg takes for verify-full unless it is told. */
function asLibpq(url: string): string {
  const { searchParams } = new URL(url);
  if (!/^(require|prefer|allow)$/.test(searchParams.get('sslmode') ?? '')) return url;
  return `${url}&uselibpqcompat=true`;
}

/** Listens to a channel until the function that it gives is called, which resolves when it has ended. */
export function listen(listener: Listener, channel: string, heard: Heard): () => Promise<void> {
  const ending = new AbortController();
  const keepListening = async () => {
    let deaf = false;
    const urls = urlsOf(listener.url);
    for (let at = 0; !ending.signal.aborted; at += 1) {
      const url = urls[at % urls.length] ?? listener.url;
      try {
        await hear({ ...listener, url }, channel, ending.signal, (payload) => {
          deaf = false;
          heard(payload);
        });
      } catch (err) {
        if (!deaf)
          listener.log.warn({ err }, `${channel} is not heard, and looked at each minute only`);
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
async function hear(
  { url, role, program }: Listener,
  channel: string,
  signal: AbortSignal,
  heard: Heard,
) {
  const client = new pg.Client({ ...clientConfig(url, role, program), query_timeout: patience });
  const over = new AbortController();
  client.on('error', (error) => over.abort(error));
  client.on('end', () => over.abort(new Error('the connection has ended')));
  client.on('notification', ({ payload }) => heard(payload));
  try {
    await client.connect();
    await client.query(settle);
    await client.query(`listen ${client.escapeIdentifier(channel)}`);
    heard();
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
