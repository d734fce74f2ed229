import pg from 'pg';
import { steppingDown } from '../db/session.ts';
import type { Log } from '../log.ts';
import { applicationName } from '../version.ts';

/** Most connections: the jobs at once, the listener, the crontab. */
const connections = 4;

/** The connections of graphile-worker, all working as pgrant_worker whoever logs in. */
export function openPool(url: string, log: Log): pg.Pool {
  const settings = Object.entries(steppingDown(url, 'pgrant_worker'));
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName('queue'),
    max: connections,
    connectionTimeoutMillis: 10_000,
    options: settings.map(([name, value]) => `-c ${name}=${value}`).join(' '),
  });
  // A connection that breaks is replaced; without listeners it would end the process.
  const broken = (err: Error) => log.warn({ err }, 'the worker lost a connection');
  pool.on('error', broken);
  pool.on('connect', (client) => client.on('error', broken));
  return pool;
}
