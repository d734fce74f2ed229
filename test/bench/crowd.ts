// A tenant as large as the largest: families by the million, with the people, clients, grants, sessions, history and audit behind them.
import type { Sql } from 'postgres';

const [familiesPerGrant, grantsPerUser, sessionsPerUser, clients] = [2, 5, 3, 50];
const batch = 100_000;

/**
 * Adds `families` families to a tenant, at clients like the one that is named. `sql` is a superuser's, because it goes
 * past the functions that would make them one by one.
 */
export async function addCrowd(
  sql: Sql,
  { tenant, client }: { tenant: string; client: string },
  families: number,
): Promise<void> {
  const grants = Math.ceil(families / familiesPerGrant);
  const users = Math.ceil(grants / grantsPerUser);
  console.error(`${users} people`);
  await sql`set session_replication_role = replica`;
  await sql`
    insert into pgrant.clients
    select (jsonb_populate_record(c, jsonb_build_object('client_id', 'crowd-' || n, 'name', 'Crowd ' || n))).*
      from pgrant.clients c, generate_series(1, ${clients}::int) n
     where c.tenant_id = ${tenant}::uuid and c.client_id = ${client}`;
  await sql`
    insert into pgrant.client_history
    select (jsonb_populate_record(h, jsonb_build_object('client_id', 'crowd-' || n, 'name', 'Crowd ' || n))).*
      from pgrant.client_history h, generate_series(1, ${clients}::int) n
     where h.tenant_id = ${tenant}::uuid and h.client_id = ${client} and upper_inf(h.valid)`;
  await sql`
    insert into pgrant.scopes (tenant_id, scope, title, requires_role) values (${tenant}, 'auditing', 'Auditing', true)`;
  await sql`
    insert into pgrant.users (tenant_id, user_id, username)
    select ${tenant}::uuid, md5('crowd' || n)::uuid, 'crowd' || n from generate_series(1, ${users}::int) n`;
  await sql`
    insert into pgrant.user_history (tenant_id, user_id, username, enabled, valid, cause)
    select tenant_id, user_id, username, true, tstzrange(created_at, null), 'user.add' from pgrant.users
     where tenant_id = ${tenant}::uuid and username like 'crowd%'`;
  await sql`
    insert into pgrant.user_roles (tenant_id, user_id, scope, source)
    select ${tenant}::uuid, md5('crowd' || n)::uuid, 'auditing', 'operator' from generate_series(1, ${users}::int, 10) n`;
  await sql`
    insert into pgrant.sessions (tenant_id, session_hash, csrf_hash, user_id, amr, idle_expires_at, expires_at)
    select u.tenant_id, sha256(convert_to('crowd session' || u.user_id || k, 'utf8')), sha256('crowd'), u.user_id, '{pwd}',
           now() + k * interval '1 hour', now() + interval '4 hours' + random() * interval '13 days'
      from pgrant.users u, generate_series(1, ${sessionsPerUser}::int) k
     where u.tenant_id = ${tenant}::uuid and u.username like 'crowd%'`;
  for (let first = 1; first <= grants; first += batch) {
    await addGrants(sql, tenant, first, Math.min(first + batch, grants + 1) - 1);
    console.error(`${Math.min(first + batch, grants + 1) - 1} of ${grants} grants`);
  }
  await sql`set session_replication_role = default`;
  console.error('vacuum');
  await sql`vacuum (analyze)`;
}

async function addGrants(sql: Sql, tenant: string, first: number, last: number): Promise<void> {
  await sql`
    insert into pgrant.grants (tenant_id, grant_id, user_id, client_id, scopes, consent_expires_at, expires_at, created_at, last_used_at, revoked_at, revoked_reason)
    select ${tenant}::uuid, md5('crowd grant' || n)::uuid, md5('crowd' || (n - 1) / ${grantsPerUser}::int + 1)::uuid,
           'crowd-' || (n % ${clients}::int + 1), '{api,offline_access}', now() + interval '1 year', now() + interval '1 year' + n * interval '1 second',
           now() - interval '100 days', now() - interval '1 day',
           case when n % 20 = 0 then now() end, case when n % 20 = 0 then 'revoked by an operator' end
      from generate_series(${first}::int, ${last}::int) n`;
  await sql`
    insert into pgrant.grant_history (tenant_id, grant_id, user_id, client_id, scopes, resources, consent_expires_at, valid, cause)
    select tenant_id, grant_id, user_id, client_id, scopes, resources, consent_expires_at, tstzrange(created_at - interval '1 minute', revoked_at), 'consent.allow'
      from pgrant.grants g
     where g.tenant_id = ${tenant}::uuid
       and g.grant_id in (select md5('crowd grant' || n)::uuid from generate_series(${first}::int, ${last}::int) n)`;
  await sql`
    insert into pgrant.token_families (
      tenant_id, grant_id, user_id, client_id, offline, scopes, auth_time, amr, handle_hash, current_hash,
      last_used_at, idle_expires_at, expires_at, sweep_after, revoked_at, revoked_reason)
    select g.tenant_id, g.grant_id, g.user_id, g.client_id, true, g.scopes, now(), '{pwd}',
           sha256(convert_to(g.grant_id::text || k, 'utf8')), sha256(convert_to('x' || g.grant_id || k, 'utf8')),
           now() - random() * interval '20 hours', now() + interval '30 days', now() + interval '1 year', current_date + 38,
           g.revoked_at, g.revoked_reason
      from pgrant.grants g, generate_series(1, ${familiesPerGrant}::int) k
     where g.tenant_id = ${tenant}::uuid
       and g.grant_id in (select md5('crowd grant' || n)::uuid from generate_series(${first}::int, ${last}::int) n)`;
  await sql`
    insert into pgrant.audit_events (tenant_id, at, action, client_id, user_id, grant_id, family_id, address, request_id)
    select f.tenant_id, f.last_used_at, 'refresh.rotate', f.client_id, f.user_id, f.grant_id, f.family_id, '192.0.2.7', 'crowd'
      from pgrant.token_families f
     where f.tenant_id = ${tenant}::uuid
       and f.grant_id in (select md5('crowd grant' || n)::uuid from generate_series(${first}::int, ${last}::int) n)`;
}
