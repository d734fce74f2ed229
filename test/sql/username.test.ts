import { expect, test } from 'vitest';
import { makeWorld } from '../support/fixtures.ts';

test('a person is found by the username in an index, row-level security or not', async () => {
  const { database, tenant } = await makeWorld();
  const { sql } = database;
  await sql`
    insert into pgrant.users (tenant_id, username) select ${tenant}, 'Person' || n from generate_series(1, 5000) n`;
  await sql`analyze pgrant.users`;
  const plan = await sql.begin(async (session) => {
    await session`select set_config('pgrant.tenant', ${tenant}, true), set_config('role', 'pgrant_definer', true)`;
    return await session.unsafe(`
      explain (costs off) select u.user_id from pgrant.users u
       where u.tenant_id = '${tenant}' and u.username_key = lower('PERSON17')`);
  });
  const lines = plan.map((row) => row['QUERY PLAN']).join('\n');
  expect(lines).toMatch(/Index Cond: .*username_key = 'person17'/);
});
