import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { pgrant, document } = operator(database);

test('what is sensitive is listed until it was reviewed, and a refusal is one line', async () => {
  await document('tenant add acme --issuer https://id.example/acme');
  await document('role add deploy --tenant acme --title Deploy --sensitive');
  await document(
    'client add --tenant acme --name Robot --client-id robot --grant-type client_credentials',
  );
  const before = await document('review list --tenant acme');
  expect(before).toMatchObject([
    { kind: 'client', id: 'robot', state: 'never' },
    { kind: 'secret', client_id: 'robot', state: 'never' },
  ]);
  const note = ['--note', 'asked its owner'];
  const reviewed = await document('review add client robot --tenant acme --for 90d', ...note);
  expect(reviewed.due_at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  const after = await document('review list --tenant acme');
  expect(after.map(({ kind }: { kind: string }) => kind)).toEqual(['secret']);
  const { code, err } = await pgrant('review add grant robot --tenant acme'.split(' '));
  expect([code, err.trimEnd().split('\n')]).toEqual([
    1,
    ['pgrant: there is no grant robot', '  pgrant review list shows what is due'],
  ]);
  const none = await pgrant('review add client robot --tenant acme --for 1h'.split(' '));
  expect([none.code, none.err]).toEqual([1, 'pgrant: a review holds for 1 day to 2 years\n']);
  const { out } = await pgrant(['review', 'add', '--help']);
  expect(out).toContain('e.g. 90d (default: 180d)');
});
