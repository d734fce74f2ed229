// A person who is removed is gone: proof by the database itself, and by a search of everything it holds.
import { beforeAll, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { createDatabase } from '../support/database.ts';
import { ask, auditOf, makeTenant, makeUser, operate, secret } from '../support/fixtures.ts';
import { obtainTokens, rotate } from '../support/flows.ts';
import { makeStory, type Story } from '../support/story.ts';

const username = 'ada.lovelace@private.example';
let story: Story;
let user_id: string;
let held: Awaited<ReturnType<typeof obtainTokens>>;

const rowsOf = async (id: string) =>
  callAll(story.database.worker, ops.user_rows, { tenant: story.tenant, user_id: id });

/** Every row of every table that has a text somewhere, as table names. */
async function tablesWith(text: string): Promise<string[]> {
  const { sql } = story.database;
  const tables = await sql<{ name: string }[]>`
    select c.oid::regclass::text as name from pg_class c
     where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`;
  const found = [];
  for (const { name } of tables) {
    const [row] = await sql.unsafe(`select from ${name} t where t::text like $1 limit 1`, [
      `%${text}%`,
    ]);
    if (row) found.push(name);
  }
  return found;
}

beforeAll(async () => {
  story = await makeStory(await createDatabase(), 'acme');
  const person = await makeUser(story, username, { email: username, name: 'Ada King' });
  user_id = person.user_id;
  await operate(story, ops.role_assign, { username, role: 'export' });
  await operate(story, ops.group_member, { group: 'crew', username, member: true });
  await operate(story, ops.credential_add, {
    username,
    name: 'nightly',
    permissions: ['export'],
    secret_hash: secret(),
  });
  const scopes = ['openid', 'email', 'export', 'purge'];
  held = await obtainTokens(story, story.portal, person, { scopes });
});

test('before, rows of many tables name the person', async () => {
  const named = (await rowsOf(user_id)).filter(({ row_count }) => row_count !== 0);
  expect(named.map(({ table_name }) => table_name)).toEqual(
    expect.arrayContaining([
      'clients',
      'codes',
      'grants',
      'group_members',
      'scope_refusals',
      'sessions',
      'token_families',
      'user_history.username',
      'user_roles',
      'users',
    ]),
  );
  expect(await tablesWith(username)).toEqual(['pgrant.user_history', 'pgrant.users']);
});

test('the proof covers every column that holds a user_id, by whatever name', async () => {
  const { sql } = story.database;
  const listed = new Set((await rowsOf(user_id)).map(({ table_name }) => table_name));
  const holding = (await tablesWith(user_id)).map((name) => name.replace('pgrant.', ''));
  // Events that are on their way to webhooks, or logged, name people by identifiers and go by themselves.
  expect(holding.filter((name) => !listed.has(name) && name !== 'outbox')).toEqual([]);
  const referring = await sql<{ name: string }[]>`
    select distinct c.relname::text as name from pg_constraint k join pg_class c on c.oid = k.conrelid
     where k.confrelid = 'pgrant.users'::regclass`;
  expect(referring.filter(({ name }) => !listed.has(name))).toEqual([]);
});

test('after, nothing but the record has the user_id, and nothing at all has name or e-mail [GDPR 17]', async () => {
  const { user_remove } = await operate(story, ops.user_remove, { username });
  expect(user_remove).toBe(user_id);
  const rows = await rowsOf(user_id);
  const left = rows.filter(({ row_count, is_record }) => row_count !== 0 && !is_record);
  expect(left).toEqual([]);
  const record = rows.filter(({ is_record }) => is_record).map(({ table_name }) => table_name);
  expect(record).toEqual([
    'audit_events',
    'client_history',
    'grant_history',
    'group_member_history',
    'user_history',
    'user_role_history',
  ]);
  expect(await tablesWith(username)).toEqual([]);
  expect(await tablesWith('Ada King')).toEqual([]);
});

test('the tokens that the person gave are dead, and the username is free', async () => {
  const { row } = await rotate(story, story.portal, held.refresh);
  expect(row.error).toBe('invalid_grant');
  const token = { ...story.portal, ...held.access };
  const introspected = await ask(story, api.token_introspect, token);
  expect(introspected.active).toBe(false);
  const again = await makeUser(story, username);
  expect(again.user_id).not.toBe(user_id);
  await operate(story, ops.user_remove, { username });
});

test('the history ends there, by the user_id, and still says who could do what', async () => {
  const { sql } = story.database;
  for (const what of ['user', 'user_role', 'group_member', 'grant']) {
    const versions = await sql.unsafe(
      `select upper_inf(valid) as open, end_cause from pgrant.${what}_history where user_id = $1`,
      [user_id],
    );
    expect(versions.length, what).toBeGreaterThan(0);
    expect(
      versions.filter(({ open }) => open),
      what,
    ).toEqual([]);
    expect(versions.map(({ end_cause }) => end_cause)).toContain('user.remove');
  }
  const [begun] = await sql`
    select (lower(valid) + interval '1 millisecond')::text as at from pgrant.grant_history where user_id = ${user_id}`;
  const could = await callAll(story.database.worker, ops.access_list, {
    tenant: story.tenant,
    what: 'export',
    at: begun?.at,
  });
  expect(could).toContainEqual(expect.objectContaining({ username: user_id }));
});

test('the audit says that it was done, and webhooks are told', async () => {
  const [event] = await auditOf(story, 'user.remove');
  expect(event).toMatchObject({ user_id, error: null, detail: null });
});

test('nobody else is touched: the other people of the tenant, and those of another of the same name', async () => {
  const other = await makeTenant(story.database, 'other');
  const twin = await makeUser(other, 'bob');
  const before = (await rowsOf(story.ada.user_id)).map(({ row_count }) => row_count);
  await operate(story, ops.user_remove, { username: 'bob' });
  expect((await rowsOf(story.ada.user_id)).map(({ row_count }) => row_count)).toEqual(before);
  const [there] = await callAll(story.database.worker, ops.user_list, { tenant: other.tenant });
  expect(there?.user_id).toBe(twin.user_id);
  const { sql } = story.database;
  const names = await sql`select username from pgrant.user_history where user_id = ${twin.user_id}`;
  expect(names).toEqual([{ username: 'bob' }]);
});

test('the janitor may rename nobody who is there, and give nobody another name', async () => {
  const { sql } = story.database;
  const rename = (name: string, id: string) =>
    sql.begin(async (sql) => {
      await sql`select set_config('pgrant.tenant', ${story.tenant}, true)`;
      await sql`set local role pgrant_janitor`;
      return await sql`update pgrant.user_history set username = ${name} where user_id = ${id}`;
    });
  expect((await rename('x', story.ada.user_id)).count).toBe(0);
  await expect(rename('somebody', user_id)).rejects.toMatchObject({ code: '42501' });
});
