// A field is never null unless its comment says so: read by the generator, kept at the boundary.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { bind, bindSet } from '../../src/db/binding.ts';
import { call, callAll, Refusal } from '../../src/db/call.ts';
import type { Database } from '../../src/db/connect.ts';
import { answerKinds, type Field, nullable, promises } from '../../src/release/field-promises.ts';
import { createDatabase } from '../support/database.ts';

const database = await createDatabase();
await database.sql.unsafe(`
  create type pgrant_api.kept as (error pgrant_api.error, reason text, subject text, next text, page jsonb);
  create function pgrant_api.keep(p_error text, p_subject text, p_next text, p_page jsonb) returns pgrant_api.kept
  language sql as $$ select row(p_error::pgrant_api.error, null, p_subject, p_next, p_page)::pgrant_api.kept $$;
  create function pgrant_api.keep_all(p_tenant uuid, p_subject text[]) returns setof pgrant_api.kept
  language sql as $$ select null::pgrant_api.error, null, s, 'respond', null::jsonb from unnest(p_subject) s $$;
  grant execute on function pgrant_api.keep, pgrant_api.keep_all to pgrant_web`);

type Arguments = { error: string | null; subject: string | null; next: string; page: unknown };
type Row = { error: null; reason: string | null; subject: string; next: string; page: unknown };

const keep = bind<Arguments, Row>(
  'pgrant_api.keep',
  [
    ['error', 'text'],
    ['subject', 'text'],
    ['next', 'text'],
    ['page', 'jsonb'],
  ],
  ['subject', ['page', 'next', ['login', 'consent']]],
);
const web: Database = database.web;
const good = { error: null, subject: 'ada', next: 'login', page: {} };

test('a null where the comment promises none is a fault that names function and field', async () => {
  await expect(call(web, keep, good)).resolves.toMatchObject({ subject: 'ada' });
  await expect(call(web, keep, { ...good, subject: null })).rejects.toThrow(
    'pgrant_api.keep broke its promise: subject is null',
  );
  await expect(callAll(web, keep, { ...good, page: null })).rejects.toThrow(
    'pgrant_api.keep broke its promise: page is null with next = login',
  );
});

test('each row of a set keeps the promises of its function, and a broken one is the fault of its request alone', async () => {
  const keepAll = bindSet<{ tenant: string; subject: string | null }, Row>(
    'pgrant_api.keep_all',
    [
      ['tenant', 'uuid'],
      ['subject', 'text'],
    ],
    ['subject', ['page', 'next', ['login', 'consent']]],
  );
  const tenant = randomUUID();
  // More at once than there are connections, so that they leave as sets.
  const subjects = Array.from({ length: 40 }, (_, at) => (at % 7 === 0 ? null : `ada ${at}`));
  const answers = await Promise.allSettled(
    subjects.map((subject) => call(web, keepAll, { tenant, subject })),
  );
  const said = answers.map((answer) =>
    answer.status === 'fulfilled' ? answer.value.subject : answer.reason.message,
  );
  const broken = 'pgrant_api.keep_all broke its promise: subject is null';
  expect(said).toEqual(subjects.map((subject) => subject ?? broken));
});

test('a field of other kinds of answer may be null, and so may all fields of a refusal', async () => {
  await expect(call(web, keep, { ...good, next: 'respond', page: null })).resolves.toMatchObject({
    page: null,
  });
  const refused = call(web, keep, { ...good, error: 'access_denied', subject: null, page: null });
  await expect(refused).rejects.toBeInstanceOf(Refusal);
});

const field = (name: string, comment: string | null, type = 'text'): Field => ({
  name,
  type,
  enum: false,
  comment,
});

test.each([
  [null, false],
  ['Epoch seconds; null = never.', true],
  ['Null where there is none.', true],
  ['Returns when, or null where one is waiting already.', true],
  ['Array of {kid, expires_at (epoch seconds, null = not known yet)}, youngest first.', false],
])('the comment %s says whether the field may be null: %s', (comment, may) => {
  expect(nullable(field('f', comment))).toBe(may);
});

test('a comment that begins "With next = …" ties a field to kinds of answer', () => {
  const fields = [
    field('next', 'respond = answer; login or consent = show that page.'),
    field('page', 'With next = login or consent: for the page.'),
    field('url', 'With next = login: where to; null = here.'),
  ];
  expect(answerKinds(fields)).toEqual({ field: 'next', values: ['respond', 'login', 'consent'] });
  expect(promises(fields)).toEqual([`'next'`, `['page', 'next', ['login', 'consent']]`]);
});
