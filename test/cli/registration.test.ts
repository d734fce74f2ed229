import { beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { pgrant, document } = operator(database);

beforeAll(async () => {
  await document('tenant add acme --issuer http://localhost:3000/acme');
});

test('registration is opened for a tenant by a setting, and only to what there is', async () => {
  const set = (value: string) => pgrant(['tenant', 'set', 'acme', `registration=${value}`]);
  expect((await document('tenant show acme')).registration).toBe('closed');
  expect((await set('token')).code).toBe(0);
  expect((await set('everybody')).code).not.toBe(0);
  const { registered_idle_lifetime } = await document(
    'tenant set acme registered_idle_lifetime=30d',
  );
  expect(registered_idle_lifetime).toBe(30 * 86_400);
});

test('an initial access token is shown once, counted and removed', async () => {
  const words = 'registration token add --tenant acme --name ci --uses 3 --expires-in 24h';
  const { token_id, initial_access_token } = await document(`${words} --machine-scope email`);
  expect(initial_access_token).toMatch(/^pgrant_ia_[\w-]{43}$/);
  const [listed] = await document('registration token list --tenant acme');
  expect(listed).toMatchObject({ token_id, uses_left: 3, used: 0, machine_scopes: ['email'] });
  expect(JSON.stringify(listed)).not.toContain(initial_access_token);
  await document(`registration token remove ${token_id} --tenant acme`);
  expect(await document('registration token list --tenant acme')).toEqual([]);
});

test('whose client documents are taken is settings, and what came from them is listed', async () => {
  const { client_documents } = await document('tenant show acme');
  expect(client_documents).toBe('closed');
  const settings = 'client_documents=listed client_document_hosts=["*.fern.example"]';
  expect(await document(`tenant set acme ${settings}`)).toMatchObject({
    client_documents: 'listed',
    client_document_hosts: ['*.fern.example'],
  });
  expect(await document('document list --tenant acme')).toEqual([]);
  const added = await pgrant([
    ...'client add --tenant acme --name Fern --redirect-uri https://fern.example/cb'.split(' '),
    ...['--client-id', 'https://fern.example/client.json'],
  ]);
  expect(added.code).toBe(1);
  expect(added.err).toContain('client_documents');
});

test('the clients that registered themselves are listed with the quota', async () => {
  const listed = await document('registration list --tenant acme');
  expect(listed).toMatchObject({ clients: [], live: expect.anything(), quota: 1000 });
});
