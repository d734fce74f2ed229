// Refresh families by the million, whose tokens can be told from their numbers.
import type { Sql } from 'postgres';

const batch = 100_000;
const familiesPerGrant = 10;

// From now, of a grant and of a family: a year to live, or dead for so long that the janitor takes it.
const live = { grant: 'infinity', idle: '30 days', family: '1 year', sweep: 38 };
const dead = { grant: '-1 day', idle: '-8 days', family: '-8 days', sweep: -1 };

/**
 * Adds families number `from` up to but not including `to`, live or long `expired`, of as many people and grants as they
 * need. `sql` is a superuser's, because it goes past the functions that would make them one by one.
 */
export async function addFamilies(
  sql: Sql,
  { tenant, clientId }: { tenant: string; clientId: string },
  from: number,
  to: number,
  { expired = false } = {},
): Promise<void> {
  const expiry = expired ? dead : live;
  // Foreign keys hold by construction; checking each would take longer than all the rest.
  await sql`set session_replication_role = replica`;
  for (let start = from; start < to; start += batch) {
    const end = Math.min(start + batch, to);
    await addBatch(sql, { tenant, clientId, expiry }, start, end - 1);
    if (to - from > batch) console.error(`${end - from} of ${to - from} families`);
  }
  await sql`set session_replication_role = default`;
  if (to - from > batch) console.error('vacuum');
  await sql`vacuum (analyze) pgrant.token_families, pgrant.grants, pgrant.users`;
}

async function addBatch(
  sql: Sql,
  { tenant, clientId, expiry }: { tenant: string; clientId: string; expiry: typeof live },
  first: number,
  last: number,
): Promise<void> {
  const owner = {
    first: Math.floor(first / familiesPerGrant),
    last: Math.floor(last / familiesPerGrant),
  };
  await sql`
    insert into pgrant.users (tenant_id, user_id, username)
    select ${tenant}::uuid, md5('user' || n)::uuid, 'crowd' || n from generate_series(${owner.first}::int, ${owner.last}::int) n
        on conflict do nothing`;
  await sql`
    insert into pgrant.grants (tenant_id, grant_id, user_id, client_id, scopes, consent_expires_at, expires_at)
    select ${tenant}::uuid, md5('grant' || n)::uuid, md5('user' || n)::uuid, ${clientId},
           '{api,offline_access}', now() + ${expiry.grant}::text::interval, now() + ${expiry.grant}::text::interval
      from generate_series(${owner.first}::int, ${owner.last}::int) n
        on conflict do nothing`;
  await sql`
    insert into pgrant.token_families (
      tenant_id, grant_id, user_id, client_id, offline, scopes, auth_time, amr, handle_hash, current_hash,
      idle_expires_at, expires_at, sweep_after)
    select ${tenant}::uuid, md5('grant' || n / ${familiesPerGrant}::int)::uuid,
           md5('user' || n / ${familiesPerGrant}::int)::uuid, ${clientId}, true, '{api,offline_access}', now(),
           '{pwd}', sha256(convert_to(handle, 'utf8')),
           sha256(convert_to('pgrant_rt_' || handle || '.' || lpad(n::text, 42, '0') || 'A', 'utf8')),
           now() + ${expiry.idle}::text::interval, now() + ${expiry.family}::text::interval, current_date + ${expiry.sweep}::int
      from generate_series(${first}::int, ${last}::int) n,
   lateral (select lpad(n::text, 21, '0') || 'A') as names (handle)`;
}

/** The refresh token of a family that has not been used yet. */
export function refreshTokenOf(family: number): string {
  const digits = String(family);
  return `pgrant_rt_${digits.padStart(21, '0')}A.${digits.padStart(42, '0')}A`;
}
