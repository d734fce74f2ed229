// The thirty questions of sql/functions/report/README.md, asked as an auditor of a database in which something has happened.
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAuditor } from '../support/auditors.ts';
import { createDatabase } from '../support/database.ts';
import { type Asked, answersOf, dated, questions } from '../support/questions.ts';
import { makeStory } from '../support/story.ts';
import { runNow, start } from '../worker/worker.ts';

let asked: Asked;

beforeAll(async () => {
  const database = await createDatabase();
  const acme = await makeStory(database, 'acme');
  await makeStory(database, 'other');
  const worker = await start(database);
  await runNow(database, 'cleanup');
  // Its next cleanup would come between a question and its answer.
  await worker.stop();
  await database.sql.unsafe('analyze');
  const all = (await makeAuditor(database)).sql;
  const one = (await makeAuditor(database, { tenant: acme.tenant })).sql;
  asked = { database, acme, all, one };
}, 90_000);

test('there are thirty questions, each with its query on one line', () => {
  expect(questions.map(({ number }) => number)).toEqual(
    Array.from({ length: 30 }, (_, index) => index + 1),
  );
});

describe.each(questions)('$number) $question', ({ number, query }) => {
  test('an auditor of all tenants gets the right answer', async () => {
    const answer = answersOf(asked)[number];
    expect(answer).toBeDefined();
    await answer?.(await asked.all.unsafe(dated(query, asked.acme)), false);
  });

  test('an auditor of one tenant gets the part of it that is of that tenant', async () => {
    await answersOf(asked)[number]?.(await asked.one.unsafe(dated(query, asked.acme)), true);
  });
});
