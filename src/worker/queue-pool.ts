import pg from 'pg';
import { clientConfig } from '../db/listen.ts';
import { settle } from '../db/session-settings.ts';
import type { Log } from '../log.ts';

/** Most connections: the jobs at once, the listener, the crontab. */
const connections = 4;

/** The connections of graphile-worker. */
export function openPool(url: string, log: Log): pg.Pool {
  const pool = new pg.Pool({
    ...clientConfig(url, 'pgrant_worker', 'queue'),
    max: connections,
    // It is waited for, whatever the types say.
    onConnect: async (client) => {
      await client.query(settle);
      // The one that listens is idle by nature; each end of it would be an error in the log.
      await client.query("set idle_session_timeout = '0'");
    },
  });
  // A connection that breaks is replaced; without listeners it would end the process.
  const broken = (err: Error) => log.warn({ err }, 'the worker lost a connection');
  pool.on('error', broken);
  pool.on('connect', (client) => client.on('error', broken));
  return pool;
}
