// What an auditor has looked at, and what is due.
import type { Sql } from 'postgres';
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { type Auditor, makeAuditor } from '../support/auditors.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { operate } from '../support/fixtures.ts';
import { makeStory, type Story } from '../support/story.ts';

let database: TestDatabase;
let acme: Story;
let one: Auditor;

beforeAll(async () => {
  database = await createDatabase();
  acme = await makeStory(database, 'acme');
  await makeStory(database, 'other');
  one = await makeAuditor(database, { tenant: acme.tenant });
}, 60_000);

const add = (sql: Sql, tenant: string, kind: string, id: string, lasts = '90 days') =>
  sql`select pgrant_report.review_add(${tenant}, ${kind}, ${id}, ${lasts}::interval, 'looked at it') as due_at`;

const due = (sql: Sql, kind: string) =>
  sql`select id, username, state from pgrant_report.reviews
       where tenant = 'acme' and kind = ${kind} and sensitive and state <> 'reviewed'`;

test('what is sensitive is due until an auditor has reviewed it, and again when that is over', async () => {
  const [grant] = await due(one.sql, 'grant');
  expect(grant).toMatchObject({ username: 'ada', state: 'never' });
  await add(one.sql, 'acme', 'grant', grant?.id);
  expect(await due(one.sql, 'grant')).toHaveLength(0);
  const [review] = await one.sql`
    select state, reviewer, note, due_at > now() + interval '89 days' as held
      from pgrant_report.reviews where id = ${grant?.id}`;
  expect(review).toEqual({
    state: 'reviewed',
    reviewer: one.role,
    note: 'looked at it',
    held: true,
  });
  await database.sql`update pgrant.reviews set due_at = now() where grant_id = ${grant?.id}`;
  expect(await due(one.sql, 'grant')).toMatchObject([{ state: 'overdue' }]);
});

test('a client and its secrets are reviewed each by itself, and a review is replaced by the next', async () => {
  const secrets = await due(one.sql, 'secret');
  expect(secrets.length).toBeGreaterThan(0);
  for (const { id } of secrets) await add(one.sql, 'acme', 'secret', id);
  for (const lasts of ['1 day', '2 years']) await add(one.sql, 'acme', 'client', 'portal', lasts);
  expect(await due(one.sql, 'secret')).toHaveLength(0);
  const clients = await due(one.sql, 'client');
  expect(clients.map(({ id }) => id)).not.toContain('portal');
  const rows = await database.sql`
    select from pgrant.reviews where client_id = 'portal' and secret_id is null`;
  expect(rows).toHaveLength(1);
});

test('each review is in the audit, with who, what, until when and the note', async () => {
  await add(one.sql, 'acme', 'client', 'legacy');
  const rows = await one.sql`
    select actor_role, detail from pgrant_report.audit_events
     where tenant = 'acme' and action = 'review.add' and client_id = 'legacy' and detail ->> 'kind' = 'client' and at > now() - interval '1 day'`;
  expect(rows).toMatchObject([
    { actor_role: one.role, detail: { kind: 'client', note: 'looked at it' } },
  ]);
});

test('an auditor reviews at no tenant but their own, and nothing that is not there', async () => {
  const refused = [
    add(one.sql, 'other', 'client', 'portal'),
    add(one.sql, 'nowhere', 'client', 'portal'),
    add(one.sql, 'acme', 'client', 'nobody'),
    add(one.sql, 'acme', 'grant', 'portal'),
    add(one.sql, 'acme', 'secret', acme.tenant),
  ];
  for (const call of refused) await expect(call).rejects.toMatchObject({ code: 'OA001' });
  const bad = [
    add(one.sql, 'acme', 'user', 'ada'),
    add(one.sql, 'acme', 'client', 'portal', '3 years'),
    add(one.sql, 'acme', 'client', 'portal', '1 hour'),
    add(one.sql, 'acme', 'client', 'portal', '-1 day'),
    add(one.sql, 'acme', 'client', 'portal', '1000 years'),
    add(one.sql, 'acme', 'client', 'portal', '-1000 years'),
  ];
  for (const call of bad) await expect(call).rejects.toMatchObject({ code: 'OA003' });
  const [server] = await database.sql`select current_setting('server_version_num')::int as version`;
  // Before PostgreSQL 17 no interval is infinite, and such text is not one (22007).
  const infinite = Number(server?.version) >= 170_000 ? ['OA003'] : ['22007', '22P02'];
  for (const lasts of ['infinity', '-infinity']) {
    const refused = await add(one.sql, 'acme', 'client', 'portal', lasts).catch((error) => error);
    expect(infinite).toContain(refused.code);
  }
  const stranger = await makeAuditor(database, { listed: false });
  await expect(add(stranger.sql, 'acme', 'client', 'portal')).rejects.toMatchObject({
    code: 'OA001',
  });
  await expect(one.sql`delete from pgrant.reviews`).rejects.toMatchObject({ code: '42501' });
});

test('a review goes with what was reviewed', async () => {
  const reviews = () => database.sql`select from pgrant.reviews where client_id = 'batch'`;
  expect((await reviews()).length).toBeGreaterThan(0);
  await operate(acme, ops.client_remove, { client_id: 'batch' });
  expect(await reviews()).toHaveLength(0);
});
