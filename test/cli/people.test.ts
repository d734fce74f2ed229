import { beforeAll, expect, test } from 'vitest';
import { derivePassword } from '../../src/protocol/password.ts';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { sql } = database;
const { pgrant, document } = operator(database);
const tenant = ['--tenant', 'acme'];

beforeAll(async () => {
  await document('tenant add acme --issuer http://localhost:3000/acme');
});

async function opens(username: string, password: string): Promise<boolean> {
  const [row] = await sql`
    select password_salt, password_params, password_hash from pgrant.users where username = ${username}`;
  if (!row?.password_hash) return false;
  const verifier = await derivePassword(password, row.password_salt, row.password_params);
  return verifier.equals(row.password_hash);
}

test('user add reads the password from stdin and takes claims; the sub is shown', async () => {
  const claims = '{"email": "ada@example.com", "seen_at": "now"}';
  const words = ['user', 'add', ...tenant, '--username', 'ada', '--password-stdin'];
  const added = await pgrant([...words, '--claims', claims], 'correct horse\n');
  expect(added.code).toBe(0);
  expect(added.out).toMatch(/^user ada is added; sub [0-9a-f-]{36}\n$/);
  expect(await opens('ada', 'correct horse')).toBe(true);
  const [user] = await document('user list --tenant acme');
  expect(user.claims).toEqual(JSON.parse(claims));
});

test('a user without a password can be added, and none of the name again', async () => {
  expect((await pgrant(['user', 'add', ...tenant, '--username', 'bob'])).code).toBe(0);
  expect(await opens('bob', '')).toBe(false);
  const again = await pgrant(['user', 'add', ...tenant, '--username', 'BOB']);
  expect(again).toEqual({
    code: 1,
    out: '',
    err: 'pgrant: there is a user BOB already\n  choose another username\n',
  });
});

test.each([
  ['an empty password', ['--password-stdin'], '\n', 1, 'the password is empty'],
  ['claims that are no object', ['--claims', '[1]'], '', 2, '--claims must be a JSON object'],
  ['claims that are no JSON', ['--claims', 'email'], '', 2, '--claims must be a JSON object'],
  ['a password on the command line', ['--password', 'x'], '', 2, "unknown option '--password'"],
])('%s is refused, and no user is added', async (_what, options, stdin, code, message) => {
  const refused = await pgrant(['user', 'add', ...tenant, '--username', 'eve', ...options], stdin);
  expect(refused.code).toBe(code);
  expect(refused.err).toContain(message);
  expect(await document('user list --tenant acme')).toHaveLength(2);
});

test('user password sets another one from stdin, and only from there', async () => {
  const words = ['user', 'password', ...tenant, '--username', 'ada'];
  const refused = await pgrant(words, 'battery staple');
  expect([refused.code, refused.err]).toEqual([
    2,
    'pgrant: a password comes by stdin only: add --password-stdin\n',
  ]);
  expect((await pgrant([...words, '--password-stdin'], 'battery staple\r\n')).code).toBe(0);
  expect(await opens('ada', 'battery staple')).toBe(true);
});

test('a user is disabled and enabled, again and again', async () => {
  for (let round = 0; round < 2; round++)
    await document('user disable --tenant acme --username ada');
  const { out } = await pgrant(['user', 'list', ...tenant]);
  expect(out).toMatch(/^ada .*Z$/m);
  for (let round = 0; round < 2; round++)
    await document('user enable --tenant acme --username ada');
  expect((await pgrant(['user', 'list', ...tenant])).out).toMatch(/^ada .*-$/m);
  const missing = await pgrant(['user', 'disable', ...tenant, '--username', 'eve']);
  expect(missing.err).toBe('pgrant: there is no user eve\n  list the users: pgrant user list\n');
});

test('long lists come in pages, and the page says how the next begins', async () => {
  const page = await pgrant(['user', 'list', ...tenant, '--limit', '1']);
  expect(page.out).toMatch(/\nmore: --after ada\n$/);
  const read = await pgrant(['user', 'list', ...tenant, '--limit', '1', '--json']);
  expect([JSON.parse(read.out).length, read.err]).toEqual([1, 'more: --after ada\n']);
  const next = await pgrant(['user', 'list', ...tenant, '--limit', '1', '--after', 'ada']);
  expect(next.out).toContain('bob');
  expect(next.out).not.toContain('more:');
  const end = await pgrant(['user', 'list', ...tenant, '--after', 'bob']);
  expect(end.out).toBe('tenant acme has no more users\n');
});

test('a scope is defined once, and listed with its words', async () => {
  const words = ['scope', 'add', ...tenant, 'courses:read', '--title', 'See your courses'];
  expect((await pgrant([...words, '--sensitive'])).out).toBe('scope courses:read is defined\n');
  expect((await pgrant(words)).err).toBe(
    'pgrant: there is a scope courses:read already\n  change it: pgrant scope set\n',
  );
  expect((await pgrant(['scope', 'list', ...tenant])).out).toMatch(
    /^courses:read +See your courses +- +yes$/m,
  );
  expect(await document('scope list --tenant acme')).toContainEqual({
    scope: 'courses:read',
    title: 'See your courses',
    description: '',
    sensitive: true,
    for_developers: false,
    texts: {},
  });
});

test('grants are listed by person and client, and revoked once', async () => {
  expect((await pgrant(['grant', 'list', ...tenant])).out).toBe('there are no such grants\n');
  await document(
    'client add --tenant acme --name app --client-id app --public --redirect-uri https://app.example/cb',
  );
  const [row] = await sql`
    insert into pgrant.grants (tenant_id, user_id, client_id, scopes, consent_expires_at, expires_at)
    select tenant_id, user_id, 'app', '{openid}', now() + interval '1 day', now() + interval '1 day'
      from pgrant.users where username = 'ada' returning grant_id`;
  const grant = row?.grant_id;
  const listed = await document('grant list --tenant acme --username ada --client-id app');
  expect(listed).toMatchObject([
    { grant_id: grant, username: 'ada', scopes: ['openid'], refresh_tokens: 0 },
  ]);
  expect(await document('grant list --tenant acme --username bob')).toEqual([]);
  expect((await pgrant(['grant', 'list', ...tenant])).out).toMatch(
    /^GRANT ID +USERNAME +CLIENT ID/,
  );
  expect((await pgrant(['grant', 'revoke', ...tenant, grant])).out).toBe(
    `grant ${grant} is revoked\n`,
  );
  const again = await pgrant(['grant', 'revoke', ...tenant, grant]);
  expect(again.code).toBe(1);
  expect(again.err).toContain('list the grants: pgrant grant list');
  const nonsense = await pgrant(['grant', 'revoke', ...tenant, 'all']);
  expect(nonsense.err).toBe(
    'pgrant: "all" is not an identifier such as 01234567-89ab-cdef-0123-456789abcdef\n  list them: pgrant grant list\n',
  );
});
