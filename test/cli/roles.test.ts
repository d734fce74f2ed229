import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const { pgrant } = operator(await createDatabase());
const at = ['--tenant', 'acme'];

async function json(...words: string[]) {
  const { code, out, err } = await pgrant([...words, ...at, '--json']);
  expect({ words, code, err }).toEqual({ words, code: 0, err: '' });
  return JSON.parse(out);
}

test('the n8n case at the command line: explain, one role, explain again', async () => {
  await pgrant(['tenant', 'add', 'acme', '--issuer', 'https://id.example/acme']);
  await json('user', 'add', '--username', 'ada');
  const uri = ['--redirect-uri', 'https://n8n.example/callback'];
  await json('client', 'add', '--name', 'n8n', '--client-id', 'n8n', ...uri);
  const question = ['explain', 'webhook', '--username', 'ada', '--client-id', 'n8n'];
  expect(await json(...question)).toMatchObject([{ final: false, reason: 'undefined' }]);
  await json('role', 'add', 'webhook', '--title', 'Call your webhooks', '--sensitive');
  expect(await json(...question)).toMatchObject([{ final: false, reason: 'role missing' }]);
  await json('role', 'assign', 'webhook', 'ada');
  expect(await json(...question)).toMatchObject([{ reason: 'would be granted with consent' }]);
  await json('role', 'disable', 'webhook');
  expect(await json(...question)).toMatchObject([{ final: false, reason: 'disabled' }]);
  await json('role', 'enable', 'webhook');
  expect(await json('role', 'list')).toMatchObject([{ role: 'webhook', people: 1 }]);
  expect(await json('refusals')).toEqual([]);
});

test('groups bring roles; a role that is not there is named', async () => {
  const wrong = await pgrant(['group', 'set', 'g', '--title', 'G', '--role', 'nonsense', ...at]);
  expect(wrong.code).toBe(1);
  expect(wrong.err).toContain('there is no role nonsense');
  await json('group', 'set', 'ops', '--title', 'Operations', '--role', 'webhook');
  await json('group', 'add', 'ops', 'ada');
  expect(await json('group', 'list')).toEqual([
    { group_name: 'ops', title: 'Operations', roles: ['webhook'], members: 1, more_members: false },
  ]);
  await json('role', 'withdraw', 'webhook', 'ada');
  const question = ['explain', 'webhook', '--username', 'ada', '--client-id', 'n8n'];
  expect(await json(...question)).toMatchObject([{ held: true }]);
  await json('group', 'remove', 'ops', 'ada');
  expect(await json(...question)).toMatchObject([{ held: false }]);
});

test('a credential is bounded by the roles of its maker', async () => {
  const words = [
    'credential',
    'add',
    '--username',
    'ada',
    '--name',
    'export',
    '--permission',
    'webhook',
  ];
  const refused = await pgrant([...words, ...at]);
  expect([refused.code, refused.err]).toEqual([
    1,
    expect.stringContaining('webhook (role missing)'),
  ]);
  const unknown = await pgrant([...words.slice(0, -1), 'webhok', ...at]);
  expect(unknown.err).toContain('webhok (the tenant has no such scope)\n');
  await json('role', 'assign', 'webhook', 'ada');
  const made = await json(...words, '--network', '10.0.0.0/8', '--expires-in', '90d');
  expect(made.api_key).toMatch(/^pgrant_ak_/);
  const [listed] = await json('credential', 'list');
  expect(listed).toMatchObject({
    client_id: made.client_id,
    effective: ['webhook'],
    username: 'ada',
  });
  expect(JSON.stringify(listed)).not.toContain(made.api_key);
});

test('resources are registered in the form in which they are compared', async () => {
  const set = await json('resource', 'set', 'HTTPS://API.example/v1/', '--title', 'API');
  expect(set.resource).toBe('https://api.example/v1');
  expect(await json('resource', 'list')).toHaveLength(1);
  const asked = await pgrant(['resource', 'remove', 'https://api.example/v1', ...at]);
  expect(asked.code).toBe(2);
  await json('resource', 'remove', 'https://api.example/v1', '--yes');
  expect(await json('resource', 'list')).toEqual([]);
});
