import type { Sql } from 'postgres';
import { beforeAll, expect, test } from 'vitest';
import { makeAuditor } from '../support/auditors.ts';
import { createDatabase } from '../support/database.ts';
import { makeUser } from '../support/fixtures.ts';
import { obtainTokens } from '../support/flows.ts';
import { makeStory } from '../support/story.ts';

const first = '00000000-0000-0000-0000-000000000000';
const last = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
let sql: Sql;

beforeAll(async () => {
  const database = await createDatabase();
  const acme = await makeStory(database, 'acme');
  for (const name of ['cid', 'dot', 'eve', 'fay']) {
    await obtainTokens(acme, acme.portal, await makeUser(acme, name));
  }
  await makeStory(database, 'other');
  sql = (await makeAuditor(database)).sql;
}, 60_000);

test.each(['grant_page', 'family_page', 'session_page', 'audit_page'])(
  'a position that is null is the beginning of %s',
  async (page) => {
    const [beginning, unsaid] = await Promise.all([
      sql.unsafe(`select * from pgrant_report.${page}('acme', null, p_limit => 3)`),
      sql.unsafe(`select * from pgrant_report.${page}('acme', p_limit => 3)`),
    ]);
    expect(beginning.length).toBeGreaterThan(0);
    expect([...beginning]).toEqual([...unsaid]);
  },
);

// Times travel as PostgreSQL writes them: a Date has no microseconds. Events of one transaction have one time.
test.each([
  ['active_grants', 'grant_page', ['grant_id'], [first]],
  ['refresh_families', 'family_page', ['family_id'], [first]],
  ['sessions', 'session_page', ['expires_at', 'session_id'], ['-infinity', first]],
  ['audit_events', 'audit_page', ['at', 'event_id'], ['infinity', last]],
])('pages of %s have each row once', async (view, page, key, start) => {
  const all = await sql.unsafe(
    `select ${key.at(-1)} as id from pgrant_report.${view} where tenant = 'acme'`,
  );
  const types = key.length === 1 ? ['uuid'] : ['timestamptz', 'uuid'];
  const after = types.map((type, index) => `$${index + 1}::text::${type}`).join(', ');
  const columns = key.map((column) => `${column}::text`).join(', ');
  const seen: string[] = [];
  let from = start;
  for (;;) {
    const query = `select ${columns} from pgrant_report.${page}('acme', ${after}, p_limit => 3)`;
    const rows = await sql.unsafe(query, from).values();
    if (rows.length === 0) break;
    expect(rows.length).toBeLessThanOrEqual(3);
    from = rows.at(-1) as string[];
    seen.push(...rows.map((row) => String(row.at(-1))));
  }
  expect(seen.length).toBeGreaterThan(4);
  expect(seen.sort()).toEqual(all.map(({ id }) => id).sort());
});
