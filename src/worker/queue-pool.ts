import pg from 'pg';
import { clientConfig } from '../db/listen.ts';
import { settle } from '../db/session-settings.ts';
import type { Log } from '../log.ts';

/** Most connections: the jobs at once, the listener, the crontab. */
const connections = 4;

/** Where graphile-worker (0.18.0) hears that its tables are of a version that it does not know, and ends. */
const migrated = 'worker:migrate';

/** The version of the tables that this process works with. */
const known = new WeakMap<pg.Pool, number>();

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
  pool.on('connect', (client) => {
    client.on('error', broken);
    hearWhatIsSo(pool, client);
  });
  return pool;
}

/** Notes the version of the tables, which the runner has just brought up to date. */
export async function noteVersion(pool: pg.Pool): Promise<void> {
  known.set(pool, await newest(pool));
}

/** The last change of the tables after which a worker of before has to end. */
async function newest(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query(
    'select coalesce(max(id), 0) as id from graphile_worker.migrations where breaking',
  );
  return rows[0].id;
}

/**
 * NOTIFY has no rights: whoever may log in, an auditor too, can say on that channel what ends every worker. It is heard
 * where the tables say so, which are the worker's own.
 */
function hearWhatIsSo(pool: pg.Pool, client: pg.PoolClient): void {
  const emit = client.emit.bind(client) as (event: string | symbol, ...told: unknown[]) => boolean;
  let asking = false;
  const look = async (told: unknown[]) => {
    // However often it is said, it is looked at once at a time.
    if (asking) return;
    asking = true;
    try {
      const id = await newest(pool);
      if (id > (known.get(pool) ?? id)) emit('notification', ...told);
    } catch {
      // A connection that is lost: the next runner looks itself.
    } finally {
      asking = false;
    }
  };
  client.emit = ((event: string | symbol, ...told: unknown[]) => {
    const [message] = told as [pg.Notification?];
    if (event !== 'notification' || message?.channel !== migrated) return emit(event, ...told);
    void look(told);
    return true;
  }) as typeof client.emit;
}
