import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { pgrant, document } = operator(database);

test('what developers brought is listed, shown, approved, suspended and resumed', async () => {
  await document('tenant add acme --issuer https://id.example/acme');
  await document('user add --tenant acme --username ada');
  await document(
    'client add --tenant acme --name Notes --client-id notes --public --redirect-uri https://notes.example/',
  );
  expect(await document('developer list --tenant acme')).toEqual([]);
  await database.sql`
    insert into pgrant.developer_clients (tenant_id, client_id, developer_id, submitted_at)
    select u.tenant_id, 'notes', u.user_id, now() from pgrant.users u`;
  await database.sql`update pgrant.clients set draft = true`;
  expect(await document('developer list --tenant acme --waiting')).toMatchObject([
    { client_id: 'notes', kind: 'app', state: 'in_review', username: 'ada' },
  ]);
  const returned = await document('developer return notes --tenant acme', '--message', 'Why?');
  expect(returned).toEqual({ client_id: 'notes', returned: true });
  const { code, err } = await pgrant('developer approve notes --tenant acme'.split(' '));
  expect([code, err.split('\n')[0]]).toEqual([
    1,
    'pgrant: what was looked at is not in review any more',
  ]);
  await database.sql`update pgrant.developer_clients set submitted_at = now()`;
  await document('developer approve notes --tenant acme', '--message', 'Welcome.');
  await document('developer suspend notes --tenant acme', '--message', 'Spam.');
  expect(await document('developer show notes --tenant acme')).toMatchObject({
    state: 'suspended',
    messages: [
      { action: 'suspend', message: 'Spam.' },
      { action: 'approve', message: 'Welcome.' },
      { action: 'return', message: 'Why?' },
    ],
  });
  await document('developer resume notes --tenant acme');
  expect(await document('developer show notes --tenant acme')).toMatchObject({ state: 'active' });
  const none = await pgrant('developer show other --tenant acme'.split(' '));
  expect([none.code, none.err.split('\n')[0]]).toEqual([
    1,
    'pgrant: no developer has brought a client other',
  ]);
});
