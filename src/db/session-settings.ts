// What a session of pgrant starts with, whatever the server, the database or the role has for defaults.
import { urlsOf } from '../settings/database-urls.ts';

/** The roles that a program of pgrant works as. */
export type Role = 'pgrant_web' | 'pgrant_worker' | 'pgrant_janitor' | 'pgrant_auditor';

// Limits for sessions that step down from another login. Whoever logs in as the role itself gets the
// settings of the role; and a pooler would refuse start-up parameters that it does not know.
const limits = {
  statement_timeout: 10_000,
  lock_timeout: 5_000,
  idle_in_transaction_session_timeout: 10_000,
};

// See sql/roles.sql.
const plans = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
};

/** Start-up parameters with which a session of the URL's login works as `role`; none for the role itself. */
export function steppingDown(url: string, role: Role): Record<string, string | number> {
  const [one = url] = urlsOf(url);
  const login = decodeURIComponent(new URL(one).username);
  return login === role ? {} : { role, ...limits, ...(role === 'pgrant_web' && plans) };
}

// sql/roles.sql has the same for the roles, for sessions that a pooler opens and that never see this.
const settings = {
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  backslash_quote: 'safe_encoding',
  array_nulls: 'on',
  quote_all_identifiers: 'off',
  transform_null_equals: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
  row_security: 'on',
  search_path: 'pg_catalog, pg_temp',
  jit: 'off',
};

/**
 * The first statement of a session. No start-up parameters: a pooler refuses those it does not know;
 * where it hands this statement to a connection that others use too, all of them want the same.
 * It says besides whether the server is a standby, which takes no writes.
 */
export const settle = `select ${Object.entries(settings)
  .map(([name, value]) => `pg_catalog.set_config('${name}', '${value}', false)`)
  .join(', ')}, pg_catalog.pg_is_in_recovery() as standby`;

/**
 * The same for what takes as long as it takes, such as a release or a dump. Limits that a DBA gives to all sessions of a
 * database are for requests. PostgreSQL has transaction_timeout from 17 on.
 */
export const settleUntimed = `${settle};
  select pg_catalog.set_config(s.name, '0', false) from pg_catalog.pg_settings s
   where s.name in ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout')`;
