import { beforeAll, expect, test } from 'vitest';
import { makeUpstreams } from '../../src/identity-providers/identity-providers.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { createDatabase } from '../support/database.ts';
import { operator, secret } from './cli.ts';

const database = await createDatabase();
const { sql } = database;
const { pgrant, document } = operator(database);
const at = ['--tenant', 'acme'];
const secrets = JSON.stringify({ client_secret: 'client-hidden', bot_token: 'bot-hidden' });

beforeAll(async () => {
  await document('tenant add acme --issuer http://localhost:3000/acme');
  await document('user add --tenant acme --username ada');
});

test('upstream add says which redirect URI to register, and seals the secrets', async () => {
  const settings = JSON.stringify({ settings: { guild_id: '1' }, just_in_time: true });
  const words = ['upstream', 'add', 'discord', ...at, '--kind', 'discord', '--client-id', 'app'];
  const added = await pgrant([...words, '--settings', settings, '--secrets-stdin'], secrets);
  expect(added).toMatchObject({ code: 0, err: '' });
  expect(added.out).toContain('http://localhost:3000/acme/oauth/upstream/callback/discord\n');
  const [row] = await sql`select * from pgrant.upstreams`;
  expect(row).toMatchObject({ title: 'Discord', just_in_time: true });
  const { upstream } = makeUpstreams({ config: loadConfig({}), secret }).open(
    row?.tenant_id,
    'discord',
    row as never,
  );
  expect(upstream.secrets).toEqual(JSON.parse(secrets));
  expect(JSON.stringify(await document('upstream show discord --tenant acme'))).not.toContain(
    'hidden',
  );
});

test('upstream link, accounts and unlink say whose an account is', async () => {
  await document('upstream link discord 42 ada --tenant acme');
  expect(await document('upstream accounts discord --tenant acme')).toMatchObject([
    { subject: '42', username: 'ada' },
  ]);
  await document('upstream unlink discord 42 --tenant acme');
  expect((await pgrant(['upstream', 'accounts', 'discord', ...at])).out).toContain('no accounts');
});

test('upstream set, disable, enable, list and remove', async () => {
  const changed = await pgrant([
    'upstream',
    'set',
    'discord',
    ...at,
    '--settings',
    '{"title":"Club"}',
  ]);
  expect(changed.code).toBe(0);
  await document('upstream disable discord --tenant acme');
  expect(await document('upstream list --tenant acme')).toMatchObject([
    { name: 'discord', title: 'Club', disabled_at: expect.any(String) },
  ]);
  await document('upstream enable discord --tenant acme');
  await document('upstream remove discord --yes --tenant acme');
  expect(await document('upstream list --tenant acme')).toEqual([]);
});

test('a setting, a group or a kind that does not exist is refused with what to do', async () => {
  const add = ['upstream', 'add', 'x', ...at, '--client-id', 'x'];
  const wrong = await pgrant([...add, '--kind', 'saml']);
  expect(wrong.code).not.toBe(0);
  const setting = await pgrant([...add, '--kind', 'discord', '--settings', '{"nonsense":1}']);
  expect(setting.err).toContain('nonsense');
  const mapping = JSON.stringify({ settings: { role_groups: { 1: 'nobody' } } });
  expect((await pgrant([...add, '--kind', 'discord'])).err).toContain('client_secret');
  const group = await pgrant([...add, '--kind', 'discord', '--settings', mapping]);
  expect(group.err).toContain('there is no group nobody');
});
