import type { Sql } from 'postgres';
import { beforeAll, expect, test } from 'vitest';
import { makeAuditor } from '../support/auditors.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { makeUser } from '../support/fixtures.ts';
import { obtainTokens } from '../support/flows.ts';
import { makeStory } from '../support/story.ts';

const first = '00000000-0000-0000-0000-000000000000';
const last = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
let sql: Sql;
let database: TestDatabase;
let tenant: string;

beforeAll(async () => {
  database = await createDatabase();
  const acme = await makeStory(database, 'acme');
  for (const name of ['cid', 'dot', 'eve', 'fay']) {
    await obtainTokens(acme, acme.portal, await makeUser(acme, name));
  }
  ({ tenant } = acme);
  await makeStory(database, 'other');
  // Some that nobody came back for: half of them could have, the others could not.
  await database.sql`
    with unused as (
      select family_id, row_number() over () as n from pgrant.token_families
       where tenant_id = ${acme.tenant} and revoked_at is null limit 4)
    update pgrant.token_families f
       set idle_expires_at = now() - interval '1 day', sweep_after = current_date + n::integer / 4,
           expires_at = now() + case n % 2 when 1 then interval '1 day' else interval '-1 day' end
      from unused u where f.family_id = u.family_id`;
  // What was revoked is over in both ways.
  await database.sql`
    update pgrant.token_families set idle_expires_at = now() - interval '1 day', sweep_after = current_date
     where revoked_at is not null`;
  // One was refreshed.
  await database.sql`
    with refreshed as (
      update pgrant.token_families f set last_used_at = now(), generation = 2
       where f.family_id = (select min(k.family_id::text)::uuid from pgrant.token_families k join pgrant.grants g using (tenant_id, grant_id)
                             where k.tenant_id = ${acme.tenant} and k.revoked_at is null and g.revoked_at is null)
      returning *)
    insert into pgrant.audit_events (tenant_id, at, action, client_id, user_id, grant_id, family_id)
    select r.tenant_id, r.last_used_at, 'refresh.rotate', r.client_id, r.user_id, r.grant_id, r.family_id from refreshed r`;
  // Whose successor was asked for by twenty tabs in the moment of the rotation.
  await database.sql`
    insert into pgrant.audit_events (tenant_id, at, action, client_id, user_id, grant_id, family_id)
    select f.tenant_id, f.last_used_at, 'refresh.replay', f.client_id, f.user_id, f.grant_id, f.family_id
      from (select * from pgrant.token_families f where f.tenant_id = ${acme.tenant} order by f.last_used_at desc limit 1) f,
           generate_series(1, 20)`;
  sql = (await makeAuditor(database)).sql;
}, 60_000);

test.each([
  ['grant_page', "'acme'"],
  ['family_page', "'acme'"],
  ['family_uses', "'acme'"],
  ['grant_uses', "'acme'"],
  ['stale_grants', "'acme', '-1 day'"],
  ['session_page', "'acme'"],
  ['audit_page', "'acme'"],
  ['person_page', "'acme', 'ada'"],
])('a position that is null is the beginning of %s', async (page, whose) => {
  const [beginning, unsaid] = await Promise.all([
    sql.unsafe(`select * from pgrant_report.${page}(${whose}, null, p_limit => 3)`),
    sql.unsafe(`select * from pgrant_report.${page}(${whose}, p_limit => 3)`),
  ]);
  expect(beginning.length).toBeGreaterThan(0);
  expect([...beginning]).toEqual([...unsaid]);
});

// Times travel as PostgreSQL writes them: a Date has no microseconds. Events of one transaction have one time.
test.each([
  ['active_grants', 'grant_page', ['grant_id'], [first]],
  ['refresh_families', 'family_page', ['family_id'], [first]],
  ['refresh_families', 'family_uses', ['last_used_at', 'family_id'], ['infinity', last]],
  ['active_grants', 'grant_uses', ['last_used_at', 'grant_id'], ['infinity', last]],
  ['sessions', 'session_page', ['session_id', 'expires_at'], [first, '-infinity']],
  ['audit_events', 'audit_page', ['at', 'event_id'], ['infinity', last]],
  ["person_events where username = 'ada'", 'person_page', ['at', 'event_id'], ['infinity', last]],
  [
    "audit_events where username = 'ada' and event_id in (select event_id from pgrant.audit_events)",
    'person_page',
    ['at', 'event_id'],
    ['infinity', last],
    'p_refreshes => true, ',
  ],
])('pages of %s have each row once', async (rows, page, key, start, more = '') => {
  const [view, condition = 'true'] = rows.split(' where ');
  const all = await sql.unsafe(
    `select ${key.at(-1)}::text as id from pgrant_report.${view} where tenant = 'acme' and ${condition}`,
  );
  const whose = page === 'person_page' ? "'acme', 'ADA'" : "'acme'";
  const types = key.map((column) => (column.endsWith('_id') ? 'uuid' : 'timestamptz'));
  const after = types.map((type, index) => `$${index + 1}::text::${type}`).join(', ');
  const columns = key.map((column) => `${column}::text`).join(', ');
  const seen: string[] = [];
  let from = start;
  for (;;) {
    const query = `select ${columns} from pgrant_report.${page}(${whose}, ${after}, ${more}p_limit => 3)`;
    const rows = await sql.unsafe(query, from).values();
    if (rows.length === 0) break;
    expect(rows.length).toBeLessThanOrEqual(3);
    from = rows.at(-1) as string[];
    seen.push(...rows.map((row) => String(row.at(-1))));
  }
  expect(seen.length).toBeGreaterThan(4);
  expect(seen.sort()).toEqual(all.map(({ id }) => id).sort());
});

test('families come in the order of their last use, as many as are asked for', async () => {
  const all = await sql<{ family_id: string }[]>`
    select family_id from pgrant_report.refresh_families where tenant = 'acme' order by last_used_at desc, family_id desc`;
  for (const limit of [...all.keys(), 2_147_483_647]) {
    const page =
      await sql`select family_id from pgrant_report.family_uses('acme', p_limit => ${limit})`;
    expect([...page]).toEqual(all.slice(0, limit));
  }
});

test('grants come in the order of their last use, by whichever family that was', async () => {
  const all = await sql`
    select grant_id, last_used_at, live_families from pgrant_report.active_grants where tenant = 'acme'
     order by last_used_at desc, grant_id desc`;
  expect(all.length).toBeGreaterThan(4);
  for (const limit of [...all.keys(), 2_147_483_647]) {
    const page = await sql`
      select grant_id, last_used_at, live_families from pgrant_report.grant_uses('acme', p_limit => ${limit})`;
    expect([...page]).toEqual(all.slice(0, limit));
  }
});

test('grants that have not been used for long come page by page, and none that is younger or in use', async () => {
  const undone = new Error('undone');
  const asking = database.sql.begin(async (own) => {
    const old = await own`
      update pgrant.grants set created_at = now() - interval '100 days', last_used_at = now() - interval '95 days'
       where tenant_id = ${tenant} and revoked_at is null returning grant_id`;
    const ids = old.map(({ grant_id }) => grant_id).sort();
    const [used, young, never] = ids;
    await own`
      update pgrant.token_families set last_used_at = now() - interval '95 days'
       where tenant_id = ${tenant} and grant_id <> ${used}`;
    await own`update pgrant.grants set created_at = now() - interval '80 days' where grant_id = ${young}`;
    await own`update pgrant.grants set last_used_at = null where grant_id = ${never}`;
    await own`delete from pgrant.token_families where grant_id = ${never}`;
    const stale: string[] = [];
    for (let after: string | null = null; ; after = stale.at(-1) ?? null) {
      const page: Record<string, string>[] = await own`
        select grant_id from pgrant_report.stale_grants('acme', p_after => ${after}, p_limit => 2)`;
      stale.push(...page.map(({ grant_id }) => String(grant_id)));
      if (page.length < 2) break;
    }
    expect(stale).toEqual(ids.filter((id) => id !== used && id !== young));
    expect(stale).toContain(never);
    expect(await own`select from pgrant_report.stale_grants('acme', '101 days')`).toHaveLength(0);
    throw undone;
  });
  await expect(asking).rejects.toBe(undone);
});

test('pages of families of one state have all of that state, each once, and no other', async () => {
  const families = await sql`
    select family_id, state from pgrant_report.refresh_families where tenant = 'acme' order by family_id`;
  const states = ['live', 'revoked', 'idle too long', 'expired'];
  for (const state of states) {
    const seen: string[] = [];
    for (let last: string | null = null; seen.length < 100; seen.push(last as string)) {
      const [row]: { family_id: string; state: string }[] = await sql`
        select family_id, state from pgrant_report.family_page('acme', ${last}, 1, ${state})`;
      if (!row) break;
      expect(row.state).toBe(state);
      last = row.family_id;
    }
    const all = families.filter((family) => family.state === state);
    expect(seen.sort()).toEqual(all.map(({ family_id }) => family_id));
  }
  expect(new Set(families.map(({ state }) => state))).toEqual(new Set(states));
});

test('families of a tenant are counted by their state', async () => {
  const states = await sql`
    select state, count(*)::int as n from pgrant_report.refresh_families where tenant = 'acme' group by state`;
  const n = Object.fromEntries(states.map((row) => [row.state, row.n]));
  const [counts] = await sql`
    select families::int, live::int, idle::int, expired::int, revoked::int from pgrant_report.family_counts('acme')`;
  const { live, revoked, expired, 'idle too long': idle } = n;
  const families = live + revoked + expired + idle;
  expect(counts).toEqual({ families, live, idle, expired, revoked });
  const tenants = await sql`select tenant from pgrant_report.family_counts()`;
  expect(tenants.map(({ tenant }) => tenant)).toEqual(['acme', 'other']);
});

test('families of a state that there is not are no page without rows', async () => {
  await expect(
    sql`select from pgrant_report.family_page('acme', p_state => 'idle')`,
  ).rejects.toMatchObject({ code: 'OA003', hint: 'live, revoked, expired or idle too long' });
});

test.each([
  `grant_page('acme', p_limit => -1)`,
  `family_page('acme', p_limit => -1)`,
  `family_page('acme', p_limit => -1, p_state => 'expired')`,
  `family_uses('acme', p_limit => -1)`,
  `grant_uses('acme', p_limit => -1)`,
  `stale_grants('acme', p_limit => -1)`,
  `session_page('acme', p_limit => -1)`,
  `audit_page('acme', p_limit => -1)`,
  `person_page('acme', 'ada', p_limit => -1)`,
  `person_page('acme', 'ada', p_limit => -1, p_refreshes => true)`,
  `grants_as_of(now(), 'acme', p_limit => -1)`,
  `who_could_access('openid', now(), 'acme', p_limit => -1)`,
])('%s is refused in words', async (page) => {
  await expect(sql.unsafe(`select from pgrant_report.${page}`)).rejects.toMatchObject({
    code: 'OA003',
    message: 'there is no page of -1 rows',
    hint: '0 or more; null = all',
  });
});
