import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { makeTenant, makeUser } from '../support/fixtures.ts';
import { runNow, start } from './worker.ts';

const database = await createDatabase();
const { sql } = database;
const hash = () => randomBytes(32);
let tenant = '';
let user = '';

beforeAll(async () => {
  const [row] = await sql`
    select pgrant_ops.tenant_add('acme', 'https://id.example.com', 'id.example.com', '') as tenant`;
  tenant = row?.tenant;
  const [person] = await sql`select pgrant_ops.user_add(${tenant}, 'ada') as id`;
  user = person?.id;
  for (const name of ['web', 'other']) {
    await sql`select pgrant_ops.client_add(${tenant}, ${name},
      ${sql.json({ name, redirect_uris: ['https://app.example/cb'] })}, ${hash()})`;
  }
  await start(database);
});

/** Grants are of `web` or `other`, or of a client that is made for them. */
async function addGrant(client_id: string, expiry: string): Promise<string> {
  await sql`insert into pgrant.clients (tenant_id, client_id, name, token_endpoint_auth_method, redirect_uris, grant_types)
    values (${tenant}, ${client_id}, 'c', 'none', '{}', '{}') on conflict do nothing`;
  const [row] = await sql`
    insert into pgrant.grants (tenant_id, user_id, client_id, scopes, consent_expires_at, expires_at)
    values (${tenant}, ${user}, ${client_id}, '{}', now() + ${expiry}::interval, now() + ${expiry}::interval)
    returning grant_id`;
  return row?.grant_id;
}

type Family = { idle?: string; replay?: string; revoked?: string };

async function addFamily(grant: string, family: Family = {}): Promise<string> {
  const { idle = '1 day', replay = '1 minute', revoked = null } = family;
  const [row] = await sql`
    insert into pgrant.token_families (tenant_id, grant_id, user_id, client_id, offline, scopes, auth_time, amr,
      handle_hash, current_hash, successor_salt, replay_until, idle_expires_at, expires_at, sweep_after, revoked_at)
    values (${tenant}, ${grant}, ${user}, 'web', true, '{}', now(), '{}', ${hash()}, ${hash()}, ${hash()},
      now() + ${replay}::interval, now() + ${idle}::interval, now() + interval '1 year',
      (now() + ${idle}::interval)::date, now() + ${revoked}::interval)
    returning family_id`;
  return row?.family_id;
}

const ids = async (table: string, id: string) =>
  (await sql.unsafe(`select ${id} as id from pgrant.${table}`)).map((row) => row.id);

test('expired grants and families are deleted, and those that live stay', async () => {
  const live = await addGrant('web', '1 day');
  const dead = await addGrant('other', '-1 minute');
  await addFamily(dead);
  const kept = await addFamily(live);
  await addFamily(live, { idle: '-2 days' });
  await runNow(database, 'cleanup');
  expect(await ids('grants', 'grant_id')).toEqual([live]);
  expect(await ids('token_families', 'family_id')).toEqual([kept]);
});

test('expired client secrets and signing keys are deleted', async () => {
  await sql`update pgrant.client_secrets set expires_at = now() - interval '1 second' where client_id = 'other'`;
  await sql`update pgrant.signing_keys set expires_at = now() - interval '1 second' where alg = 'ES256'`;
  await runNow(database, 'cleanup');
  expect(await ids('client_secrets', 'client_id')).toEqual(['web']);
  expect(await ids('signing_keys', 'alg')).not.toContain('ES256');
});

test('more expired rows than one batch holds go in one job', async () => {
  const day = `timestamptz '2020-05-05 12:00+00'`;
  await sql.unsafe(`insert into pgrant.revoked_tokens (tenant_id, jti, expires_at)
    select '${tenant}', n::text, ${day} from generate_series(1, 12000) n`);
  await sql.unsafe(`insert into pgrant.revoked_tokens (tenant_id, jti, expires_at)
    values ('${tenant}', 'kept', now() + interval '10 years')`);
  await sql`delete from pgrant.task_runs`;
  const [before] = await sql`select count(*)::int as rows from pgrant.revoked_tokens_default`;
  expect(before?.rows).toBe(12001);
  await runNow(database, 'cleanup');
  expect(await ids('revoked_tokens', 'jti')).toEqual(['kept']);
  const runs = await sql`
    select counts, duration::float from pgrant.task_runs
     where task = 'cleanup' and counts <> '{}'`;
  // Two share it where a minute has begun meanwhile.
  expect([1, 2]).toContain(runs.length);
  const deleted = runs.map(({ counts }) => counts.revoked_tokens as number);
  expect(deleted.reduce((sum, rows) => sum + rows, 0)).toBe(12_000);
  for (const run of runs) {
    const counts = { revoked_tokens: expect.any(Number) };
    expect(run).toEqual({ counts, duration: expect.any(Number) });
  }
});

test('what somebody has locked is passed over, and nobody waits', async () => {
  const [held, free] = [await addGrant('held', '-1 minute'), await addGrant('free', '-1 minute')];
  const busy = await sql.reserve();
  await busy`begin`;
  await busy`select from pgrant.grants where grant_id = ${held} for update`;
  const [row] = await sql`select pgrant_ops.expired_delete('grants') as deleted`;
  expect(Number(row?.deleted)).toBe(1);
  expect(await ids('grants', 'grant_id')).toContain(held);
  expect(await ids('grants', 'grant_id')).not.toContain(free);
  await busy`commit`;
  busy.release();
});

test('workers that clean up at the same time share the rows, and each row goes once', async () => {
  const janitors = await Promise.all([sql.reserve(), sql.reserve(), sql.reserve()]);
  const crowd = Array.from({ length: 9 }, () => randomUUID());
  for (const client_id of crowd) await addGrant(client_id, '-1 minute');
  const deleted = [];
  // Each keeps its batch locked while the next one works.
  for (const janitor of janitors) {
    await janitor`begin`;
    const [row] = await janitor`select pgrant_ops.expired_delete('grants', 4) as deleted`;
    deleted.push(Number(row?.deleted));
  }
  for (const janitor of janitors) {
    await janitor`commit`;
    janitor.release();
  }
  expect(deleted).toEqual([4, 4, 2]);
});

test('the janitor can lock what has expired and change none of it', async () => {
  const janitor = await database.as('pgrant_janitor').reserve();
  const grant = await addGrant('unchanged', '-1 minute');
  await expect(
    janitor`update pgrant.grants set expires_at = now() + interval '1 day' where grant_id = ${grant}`,
  ).rejects.toThrow('violates row-level security policy');
  janitor.release();
});

test('grants wait until the families that hang on them are gone, so that no cascade is large', async () => {
  const grant = await addGrant('parent', '-1 minute');
  for (let n = 0; n < 3; n++) await addFamily(grant, { idle: '-8 days' });
  await sql`delete from pgrant.task_runs`;
  await runNow(database, 'cleanup');
  const [run] = await sql`select counts from pgrant.task_runs where task = 'cleanup'`;
  expect(run?.counts).toMatchObject({ token_families: 3, grants: expect.any(Number) });
});

test('the backlog that the metrics show knows for how long the oldest row of any table has waited', async () => {
  const oldest = async () => {
    const rows =
      await sql`select waiting::int, oldest::int from pgrant_ops.backlog_read() where kind = 'expired'`;
    return rows[0];
  };
  expect(await oldest()).toEqual({ waiting: 0, oldest: 0 });
  const grant = await addGrant('late', '-3 hours');
  await addGrant('later', '-1 minute');
  expect(await oldest()).toEqual({ waiting: 2, oldest: 3 * 3600 });
  // A family may go when the day of sweep_after is over (UTC).
  await addFamily(grant, { idle: '-8 days' });
  const { waiting, oldest: age } = (await oldest()) as { waiting: number; oldest: number };
  expect(waiting).toBe(3);
  expect(age).toBeGreaterThanOrEqual(7 * 86_400);
  expect(age).toBeLessThanOrEqual(8 * 86_400);
  await sql`update pgrant.client_secrets set expires_at = now() - interval '20 days' where client_id = 'web'`;
  expect((await oldest())?.oldest).toBe(20 * 86_400);
  await runNow(database, 'cleanup');
  expect(await oldest()).toEqual({ waiting: 0, oldest: 0 });
});

test('the backlog that auditors see is what the cleanup takes, and 0 afterwards', async () => {
  const backlog = async () => {
    const rows = await database.as('pgrant_auditor')`
      select table_name, expired_rows::int from pgrant_report.expired_backlog where expired_rows > 0 order by 1`;
    return rows.map((row) => [row.table_name, row.expired_rows]);
  };
  const grant = await addGrant('waiting', '-1 minute');
  for (let n = 0; n < 4; n++) await addFamily(grant, { idle: '-8 days' });
  expect(await backlog()).toEqual([
    ['grants', 1],
    ['token_families', 4],
  ]);
  await runNow(database, 'cleanup');
  expect(await backlog()).toEqual([]);
});

test('grants of several tenants that go together have each ended when it expired, and a revoked one when it was', async () => {
  const elsewhere = await makeTenant(database, 'elsewhere');
  const stranger = await makeUser(elsewhere, 'bob');
  await sql`insert into pgrant.clients (tenant_id, client_id, name, token_endpoint_auth_method, redirect_uris, grant_types)
    values (${elsewhere.tenant}, 'theirs', 'c', 'none', '{}', '{}')`;
  const [theirs] = await sql`
    insert into pgrant.grants (tenant_id, user_id, client_id, scopes, consent_expires_at, expires_at)
    values (${elsewhere.tenant}, ${stranger.user_id}, 'theirs', '{}', now() - interval '3 hours', now() - interval '3 hours')
    returning grant_id`;
  const own = [await addGrant('ended', '-1 hour'), await addGrant('earlier', '-2 hours')];
  const revoked = await addGrant('revoked', '-1 hour');
  await sql`insert into pgrant.grant_history (tenant_id, grant_id, user_id, client_id, scopes, resources, consent_expires_at, valid, cause)
    select tenant_id, grant_id, user_id, client_id, scopes, '{}', consent_expires_at, tstzrange(now() - interval '1 day', null), 'grant.create'
      from pgrant.grants where grant_id = any (${[...own, revoked, theirs?.grant_id]})`;
  await sql`update pgrant.grant_history set valid = tstzrange(lower(valid), now() - interval '4 hours'), end_cause = 'grant.revoke' where grant_id = ${revoked}`;
  await sql`update pgrant.grants set revoked_at = now() - interval '4 hours' where grant_id = ${revoked}`;
  const [live] = await sql`
    insert into pgrant.grant_history (tenant_id, grant_id, user_id, client_id, scopes, resources, consent_expires_at, valid, cause)
    values (${tenant}, ${randomUUID()}, ${user}, 'web', '{}', '{}', 'infinity', tstzrange(now(), null), 'grant.create')
    returning grant_id`;
  await runNow(database, 'cleanup');
  const rows = await sql`
    select h.grant_id, h.end_cause, round(extract(epoch from now() - upper(h.valid)) / 3600)::integer as hours_ago
      from pgrant.grant_history h where h.grant_id = any (${[...own, revoked, theirs?.grant_id, live?.grant_id]})`;
  const ends = Object.fromEntries(
    rows.map((row) => [row.grant_id, [row.end_cause, row.hours_ago]]),
  );
  expect(ends).toEqual({
    [String(own[0])]: ['grant.expire', 1],
    [String(own[1])]: ['grant.expire', 2],
    [String(theirs?.grant_id)]: ['grant.expire', 3],
    [revoked]: ['grant.revoke', 4],
    [String(live?.grant_id)]: [null, null],
  });
});

test('every table with rows that expire is cleaned', async () => {
  const cleaned = await sql`select table_name as name from pgrant_ops.expired_tables()`;
  const expiring = await sql`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname in ('expires_at', 'valid')
     where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`;
  const names = (rows: Iterable<{ name?: string }>) => Array.from(rows, ({ name }) => name).sort();
  expect(names(cleaned)).toEqual(names(expiring));
});

test('the salt of a refresh token is erased once its replay window has closed, and no sooner', async () => {
  const [grant] = await ids('grants', 'grant_id');
  const open = await addFamily(grant, { replay: '5 minutes' });
  const closed = await addFamily(grant, { replay: '-1 second' });
  await sql`select pgrant_ops.salts_erase(0, 60)`;
  const rows = await sql`
    select family_id from pgrant.token_families
     where family_id in (${open}, ${closed}) and successor_salt is not null`;
  expect(rows.map((row) => row.family_id)).toEqual([open]);
});

test('a family that was revoked 90 days ago is deleted though it would live on', async () => {
  const [grant] = await ids('grants', 'grant_id');
  const recent = await addFamily(grant, { revoked: '-89 days' });
  const old = await addFamily(grant, { revoked: '-91 days' });
  await sql`update pgrant.token_families set sweep_after = current_date - 1 where family_id in (${recent}, ${old})`;
  await runNow(database, 'cleanup');
  const left = await ids('token_families', 'family_id');
  expect(left).toContain(recent);
  expect(left).not.toContain(old);
});

test('the sweep of a minute erases its part of the table, and an hour erases all of it', async () => {
  const [grant] = await ids('grants', 'grant_id');
  await sql.unsafe(`insert into pgrant.token_families (tenant_id, grant_id, user_id, client_id, offline, scopes, auth_time,
      amr, handle_hash, current_hash, successor_salt, replay_until, idle_expires_at, expires_at, sweep_after)
    select '${tenant}', '${grant}', '${user}', 'web', true, '{}', now(), '{}', sha256(n::text::bytea),
      sha256(n::text::bytea), decode(repeat('00', 1500), 'hex'), now() - interval '1 minute',
      now() + interval '1 day', now() + interval '1 day', current_date + 7 from generate_series(1, 6000) n`);
  const sealed = () => sql`
    select family_id, (ctid::text::point)[0]::int / 16 % 60 as part from pgrant.token_families
     where successor_salt is not null and replay_until < now()`;
  const before = await sealed();
  const minutes = [new Date().getUTCMinutes()];
  await runNow(database, 'salts_erase');
  minutes.push(new Date().getUTCMinutes());
  const left = new Set((await sealed()).map((row) => row.family_id));
  const erased = before.filter((row) => !left.has(row.family_id));
  expect(erased.length).toBeGreaterThan(0);
  for (const { part } of erased) expect(minutes).toContain(part);
  for (let part = 0; part < 60; part++) await sql`select pgrant_ops.salts_erase(${part}, 60)`;
  expect(await sealed()).toHaveLength(0);
});
