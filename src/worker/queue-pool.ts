import pg from 'pg';
import { settle, steppingDown } from '../db/session-settings.ts';
import type { Log } from '../log.ts';
import { applicationName } from '../version.ts';

/** Most connections: the jobs at once, the listener, the crontab. */
const connections = 4;

/** How a connection works as pgrant_worker, whoever logs in; `settle` is its first statement. */
export function workerClient(url: string, program: string): pg.ClientConfig {
  const parameters = Object.entries(steppingDown(url, 'pgrant_worker'));
  return {
    connectionString: url,
    application_name: applicationName(program),
    connectionTimeoutMillis: 10_000,
    // A peer that vanished is noticed.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    options: parameters.map(([name, value]) => `-c ${name}=${value}`).join(' '),
  };
}

/** The connections of graphile-worker. */
export function openPool(url: string, log: Log): pg.Pool {
  const pool = new pg.Pool({
    ...workerClient(url, 'queue'),
    max: connections,
    // It is waited for, whatever the types say.
    onConnect: async (client) => {
      await client.query(settle);
    },
  });
  // A connection that breaks is replaced; without listeners it would end the process.
  const broken = (err: Error) => log.warn({ err }, 'the worker lost a connection');
  pool.on('error', broken);
  pool.on('connect', (client) => client.on('error', broken));
  return pool;
}
