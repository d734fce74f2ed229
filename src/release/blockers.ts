// Who keeps a release waiting.
import postgres, { type Sql } from 'postgres';
import { applicationName } from '../version.ts';
import { ReleaseError } from './release-error.ts';

/** Milliseconds between two looks; the first is the first that can be said. */
const pause = 3_000;

export type Blockers = {
  /** Who it was when last looked, in words; undefined = nobody. */
  last: () => string | undefined;
  stop: () => Promise<void>;
};

/** Looks who holds what the session `pid` waits for, and tells when that changes. */
export function watchBlockers(url: string, pid: number, tell: (who: string) => void): Blockers {
  const sql = postgres(url, {
    max: 1,
    fetch_types: false,
    prepare: false,
    connection: { application_name: applicationName('release') },
  });
  let last: string | undefined;
  const look = async () => {
    const found = await blockersOf(sql, pid);
    if (found !== '' && found !== last) tell(found);
    last = found === '' ? undefined : found;
  };
  // Whoever may not be asked is not named; the release itself says what it failed of.
  const timer = setInterval(() => look().catch(() => {}), pause);
  return {
    last: () => last,
    stop: async () => {
      clearInterval(timer);
      await sql.end({ timeout: 1 });
    },
  };
}

/** An error of a release; one of lock_timeout says who would not go. */
export function waited(error: unknown, who: string | undefined): unknown {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  if ((code ?? cause?.code) !== '55P03') return error;
  return new ReleaseError(
    `the release gave up waiting for ${who ?? 'a lock'}: nothing was changed; once that has ended, release again`,
    { cause: error },
  );
}

async function blockersOf(sql: Sql, pid: number): Promise<string> {
  const rows = await sql`
    select a.pid, a.usename, nullif(a.application_name, '') as application, a.state,
           to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as xact_start,
           to_char(a.query_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as query_start
      from pg_stat_activity a where a.pid = any (pg_blocking_pids(${pid})) order by a.xact_start`;
  // A prepared transaction has no process: it is 0 there, and goes on without anybody until it is ended by its name.
  const prepared = await sql`
    select p.gid, p.owner, to_char(p.prepared at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
      from pg_prepared_xacts p
     where 0 = any (pg_blocking_pids(${pid})) and p.database = current_database() order by p.prepared`;
  return [...rows.map(describe), ...prepared.map(describePrepared)].join('; ');
}

function describePrepared({ gid, owner, since }: postgres.Row) {
  return `the prepared transaction ${gid} of role ${owner} (since ${since}, until commit or rollback prepared)`;
}

/** Without pg_read_all_stats PostgreSQL tells no more than process and role. */
function describe({ pid, usename, application, state, xact_start, query_start }: postgres.Row) {
  const what = [
    application,
    state,
    xact_start && `transaction open since ${xact_start}`,
    query_start && `last statement at ${query_start}`,
  ].filter(Boolean);
  return `process ${pid} of role ${usename}${what.length > 0 ? ` (${what.join(', ')})` : ''}`;
}
