// user set, show and remove; errors; audit retention.
import { beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { pgrant, document } = operator(database);
const ada = ['--tenant', 'acme', '--username', 'ada'];

beforeAll(async () => {
  await document('tenant add acme --issuer http://localhost:3000/acme');
  await document('user add --tenant acme --username ada');
});

test('user set changes claims, username and subject, and shows the person', async () => {
  const pairs = ['email=ada@example.com', 'email_verified=true', 'zoneinfo=Europe/Berlin'];
  const set = await pgrant(['user', 'set', ...pairs, ...ada]);
  expect({ code: set.code, err: set.err }).toEqual({ code: 0, err: '' });
  expect(set.out).toMatch(/^username +ada\nuser_id +[0-9a-f-]{36}\n/);
  const shown = await document('user show --tenant acme --username ada');
  expect(shown).toMatchObject({
    username: 'ada',
    subject: null,
    claims: { email: 'ada@example.com', email_verified: true, zoneinfo: 'Europe/Berlin' },
  });
  const renamed = await document(
    'user set --tenant acme --username ada',
    'username=countess',
    'subject=p-1',
  );
  expect(renamed).toMatchObject({ username: 'countess', subject: 'p-1', user_id: shown.user_id });
  const back = await document(
    'user set --tenant acme --username countess username=ada subject=null',
  );
  expect(back).toMatchObject({ username: 'ada', subject: null });
});

test('user set takes claims away by null or nothing, and takes a year for a birthdate [OpenID Connect Core 5.1, 5.3.2]', async () => {
  const set = (...pairs: string[]) => document('user set --tenant acme --username ada', ...pairs);
  const made = await set('name=Ada', 'nickname=L', 'birthdate=1815', 'phone_number=4930123456');
  expect(made.claims).toMatchObject({
    name: 'Ada',
    nickname: 'L',
    birthdate: '1815',
    phone_number: '4930123456',
  });
  const gone = ['name=null', 'nickname=', 'birthdate=', 'phone_number=null'];
  const { claims } = await set(...gone);
  expect(Object.keys(claims).sort()).toEqual(['email', 'email_verified', 'zoneinfo']);
  const whole = await set(`claims=${JSON.stringify({ ...claims, name: '' })}`);
  expect(whole.claims).toEqual(claims);
});

test.each([
  [
    'user set --tenant acme --username ada',
    String.raw`address={"formatted":"\u0000"}`,
    'text cannot have the character U+0000',
  ],
  [
    'credential add --tenant acme --username ada --name k --permission openid --network',
    '10.0.0.1/8',
    '"10.0.0.1/8" is not a network such as 192.0.2.0/24',
  ],
  [
    'credential add --tenant acme --username ada --name k --permission openid --expires-in',
    '99999d',
    'of at most 24855d',
  ],
  ['errors --tenant acme --since', '99999999d', 'It must be such as'],
])('%s %s is refused by what would be good', async (line, value, message) => {
  const { code, err } = await pgrant([...line.split(' '), value]);
  expect(code).toBeGreaterThan(0);
  expect(err).toContain(message);
});

test.each([
  ['a setting that does not exist', ['colour=red'], 1, 'there is no user setting colour'],
  ['no setting', [], 2, "missing required argument 'setting=value'"],
  ['a word without a value', ['email'], 2, '"email" is not setting=value'],
])('user set with %s is refused', async (_what, pairs, code, message) => {
  const refused = await pgrant(['user', 'set', ...pairs, ...ada]);
  expect(refused.code).toBe(code);
  expect(refused.err).toContain(message);
});

test('user remove asks for the name, then proves that nothing is left but the record', async () => {
  const words = ['user', 'remove', ...ada];
  const asked = await pgrant(words);
  expect(asked.code).toBe(2);
  expect(asked.err).toContain('say so with --yes');
  expect((await document('user list --tenant acme')).length).toBe(1);
  const removed = await document('user remove --tenant acme --username ada --yes');
  expect(removed).toMatchObject({ username: 'ada', removed: true, rows_left: 0 });
  expect(removed.kept).toContainEqual({ table: 'user_history', rows: 3 });
  expect(await document('user list --tenant acme')).toEqual([]);
  const again = await pgrant([...words, '--yes']);
  expect([again.code, again.err]).toEqual([
    1,
    'pgrant: there is no user ada\n  list the users: pgrant user list\n',
  ]);
});

test('errors shows what was refused, and how to ask for the next page', async () => {
  expect((await pgrant(['errors', '--tenant', 'acme'])).out).toBe('nothing was refused\n');
  await database.sql`
    insert into pgrant.audit_events (tenant_id, at, action, error, reason, client_id)
    select t.tenant_id, now() - i * interval '1 minute', 'token.refresh', 'invalid_grant', 'expired', 'app'
      from pgrant.tenants t, generate_series(1, 3) i`;
  const first = await pgrant(['errors', '--tenant', 'acme', '--limit', '2']);
  const [, more = ''] = /\nmore: (.*)\n$/.exec(first.out) ?? [];
  expect(first.out).toMatch(/^AT +ACTION +ERROR +REASON/);
  const rest = await document(`errors --tenant acme --limit 2 ${more}`);
  expect(rest).toEqual([expect.objectContaining({ error: 'invalid_grant', reason: 'expired' })]);
  expect(await document('errors --tenant acme --since 90s')).toHaveLength(1);
  expect(await document('errors --tenant acme --client-id other')).toEqual([]);
});

test('audit retention is shown, becomes longer at once, and shorter once that is confirmed', async () => {
  const text = (months: number) =>
    `audit events are kept for ${months} months after their month, seals for ${months + 2}\n`;
  expect((await pgrant(['audit', 'retention'])).out).toBe(text(13));
  expect((await pgrant(['audit', 'retention', '24'])).out).toBe(text(24));
  const asked = await pgrant(['audit', 'retention', '6']);
  expect([asked.code, asked.err]).toEqual([2, expect.stringContaining('--yes')]);
  expect(await document('audit retention 6 --yes')).toEqual({ months: 6, seal_months: 8 });
  expect((await pgrant(['audit', 'retention', '1000'])).code).toBe(1);
  const long = await pgrant(['audit', 'retention', 'long']);
  expect([long.code, long.err]).toEqual([
    2,
    expect.stringContaining(`for argument 'months'. It must`),
  ]);
});
