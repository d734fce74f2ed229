// An active grant of what is disabled says so, in the words that grant_scopes has for it.
import { beforeAll, expect, test } from 'vitest';
import { makeAuditor } from '../support/auditors.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { makeStory } from '../support/story.ts';

let database: TestDatabase;
let tenant: string;
let role: string;

beforeAll(async () => {
  database = await createDatabase();
  ({ tenant } = await makeStory(database, 'acme'));
  ({ role } = await makeAuditor(database, { tenant }));
}, 60_000);

test.each([
  [null, 'select'],
  [
    'client disabled',
    `update pgrant.clients set registered_at = created_at, registration_token_hash = sha256(''), expires_at = now() where client_id = 'portal'`,
  ],
  ['client disabled', `update pgrant.clients set disabled_at = now() where client_id = 'portal'`],
  ['person disabled', `update pgrant.users set disabled_at = now() where username = 'ada'`],
  ['tenant disabled', `update pgrant.issuers set disabled_at = now() where name = 'acme'`],
])('%s, after %s', async (disabled, change) => {
  const undone = new Error('undone');
  const asking = database.sql.begin(async (own) => {
    await own.unsafe(change);
    await own.unsafe(`set local session authorization ${role}`);
    const ask = async (column: string, from: string) => {
      const rows = await own.unsafe(
        `select distinct ${column} as said from pgrant_report.${from} where username = 'ada' and client_id = 'portal'`,
      );
      return rows.map(({ said }) => said);
    };
    for (const from of ['active_grants', `grant_page('acme')`, `grant_uses('acme')`]) {
      expect([from, await ask('disabled', from)]).toEqual([from, [disabled]]);
    }
    for (const from of ['refresh_families', `family_page('acme')`]) {
      expect([from, await ask('disabled', from)]).toEqual([from, [disabled]]);
    }
    const [session] = await own`select state from pgrant_report.sessions where username = 'ada'`;
    const said = disabled?.startsWith('client') ? null : disabled;
    expect(session?.state).toBe(said ?? 'live');
    const [held] =
      await own`select in_force from pgrant_report.role_holders where username = 'ada'`;
    expect(held?.in_force).toBe(said === null);
    const reasons = await ask('reason', 'grant_scopes');
    if (disabled) expect(reasons).toEqual([disabled]);
    else expect(reasons).toContain(null);
    throw undone;
  });
  await expect(asking).rejects.toBe(undone);
});
