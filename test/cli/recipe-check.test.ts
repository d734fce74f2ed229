// What pgrant's part of a recipe is held against, where the server is, and what a recipe says of events.
import { execFileSync } from 'node:child_process';
import { beforeAll, expect, test } from 'vitest';
import { endingEvents } from '../../src/cli/recipes.ts';
import { eventTypes } from '../../src/protocol/lists.ts';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { pgrant, document } = operator(database);
const resourceOf = (recipe: string) => `https://${recipe}.example.com`;
const lineOf = (recipe: string, resource = resourceOf(recipe)) =>
  `recipe ${recipe} --tenant acme --resource ${resource}`;
const check = (line: string) => pgrant(`${line} --check`.split(' '));

beforeAll(async () => {
  await document('tenant add acme --issuer https://id.example.com/acme');
});

test('what is there otherwise than the commands make it is told, each of it', async () => {
  for (const recipe of ['dovecot', 'grafana', 'postgresql']) {
    await document(`${lineOf(recipe)} --apply`);
    expect((await check(lineOf(recipe))).code).toBe(0);
  }
  await document(
    `resource set ${resourceOf('dovecot')} --tenant acme --title Mail --access-token-format opaque --scope imap --audience mail`,
  );
  await document('client set dovecot --tenant acme third_party=true');
  await document('client set dovecot-mail --tenant acme application_type=web');
  const dovecot = await check(lineOf('dovecot'));
  expect([dovecot.code, dovecot.err.split('\n')[0]]).toEqual([
    1,
    [
      `pgrant: resource ${resourceOf('dovecot')}: audiences are mail, and aud may be no list`,
      'client dovecot: third_party is true, and such a client is told of its own tokens alone',
      'client dovecot-mail: application_type is not native',
    ].join('; '),
  ]);

  const { secrets } = await document('client show grafana --tenant acme');
  await document(`client secret remove grafana ${secrets[0].secret_id} --tenant acme`);
  await document('client set grafana --tenant acme post_logout_redirect_uris=[]');
  await document('scope set grafana-admin --tenant acme sensitive=false');
  const { err } = await check(lineOf('grafana'));
  expect(err).toContain('role grafana-admin: sensitive is false');
  await document('scope set grafana-admin --tenant acme sensitive=true');
  expect(err).toContain(
    `post_logout_redirect_uris is not ${resourceOf('grafana')}/login, it has no secret that is good`,
  );

  await document(
    `resource set ${resourceOf('postgresql')} --tenant acme --title D --access-token-format opaque --access-token-lifetime 1h --scope pg_reader --scope pg_owner`,
  );
  expect((await check(lineOf('postgresql'))).err).toContain('access_token_lifetime is not 12h');
});

test('a client that is public against the recipe, or has a secret against it, is told', async () => {
  await document(`${lineOf('kafka')} --name public --apply`);
  await document('client remove public-producer --tenant acme --yes');
  await document(
    `client add --tenant acme --client-id public-producer --name P --public --redirect-uri https://p.example/ --scope kafka --set default_resource=${resourceOf('kafka')}`,
  );
  const kafka = await check(`${lineOf('kafka')} --name public`);
  expect(kafka.err).toContain('grant_types is not client_credentials, it is public');
  await document('client remove dovecot-mail --tenant acme --yes');
  await document(
    'client add --tenant acme --client-id dovecot-mail --name M --redirect-uri http://127.0.0.1/callback',
  );
  expect((await check(lineOf('dovecot'))).err).toMatch(/client dovecot-mail: .*it is not public/);
});

test('a role is no scope, and a scope no role', async () => {
  await document('tenant add roles --issuer https://id.example.com/roles');
  await document('role add kafka --tenant roles --title Kafka');
  await document('scope add pg_reader --tenant roles --title Read');
  const line = (recipe: string) => lineOf(recipe).replace('acme', 'roles');
  expect((await check(line('kafka'))).err).toContain(
    'scope kafka: a role has this name, and no scope',
  );
  expect((await check(line('postgresql'))).err).toContain(
    'role pg_reader: a scope has this name, and no role',
  );
});

test('what a recipe tells one to do is good for its check', async () => {
  const n8n = lineOf('n8n');
  await document(`${n8n} --apply`);
  const callback = 'https://flows.example.net/rest/oauth2-credential/callback';
  await document(`client set n8n --tenant acme redirect_uris=["${callback}"]`);
  expect((await check(n8n)).code).toBe(0);
  expect((await check(`${n8n} --at https://flows.example.net`)).code).toBe(0);
  expect((await check(`${n8n} --at https://other.example.net`)).err).toContain('redirect_uris');
  const own = `${n8n} --name own --at https://own.example.net`;
  expect((await document(`${own} --apply`)).done).toEqual(['client own']);
  const { redirect_uris } = await document('client show own --tenant acme');
  expect(redirect_uris).toEqual(['https://own.example.net/rest/oauth2-credential/callback']);

  for (const name of ['rabbitmq', 'second']) {
    const line = `${lineOf('rabbitmq', `https://${name}.example.com`)} --name ${name}`;
    const { text } = await document(`${line} --apply`);
    const [, older = ''] = /^# {3}pgrant (resource set .*)$/m.exec(text) ?? [];
    await document(older.replaceAll("'", ''));
    expect(text).toContain(`\nauth_oauth2.resource_server_id = ${name}\n`);
    expect(text).toContain(`\nauth_oauth2.scope_prefix = ${name}.\n`);
    expect((await check(line)).code).toBe(0);
  }
});

test.each(['grafana', 'spring', 'apache', 'rabbitmq'])(
  'a URN says not where people open %s: what is printed and what is applied say so',
  async (recipe) => {
    const line = `${lineOf(recipe, `urn:${recipe}`)} --name urn`;
    const { out } = await pgrant(line.split(' '));
    expect(out).toMatch(/^# https:\/\/server\.example\.com is an example: give by --at /);
    const applied = await pgrant(`${line} --apply`.split(' '));
    expect(applied.out).toContain(`# urn:${recipe} says not where people open ${recipe}: `);
    const own = `${lineOf(recipe, `urn:own:${recipe}`)} --name of-urn`;
    const told = await pgrant(`${own} --at https://here.example.net --apply`.split(' '));
    expect(told.out).not.toMatch(/server\.example\.com|says not where/);
    for (const one of [line, own]) expect(await check(one)).toMatchObject({ code: 0, err: '' });
  },
);

test.each(['here', 'http://here.example.net', 'https://here.example.net/?a=b'])(
  '--at %s is refused in a line',
  async (at) => {
    const { code, err } = await pgrant(`${lineOf('grafana')} --at ${at}`.split(' '));
    expect([code, err]).toEqual([2, expect.stringMatching(/^pgrant: --at must be [^\n]+\n$/)]);
  },
);

test('a roles_claim with a quotation mark stays a name in JMESPath', async () => {
  await document('tenant add quotes --issuer https://id.example.com/quotes');
  await document('tenant set quotes roles_claim="x');
  const { out } = await pgrant(lineOf('grafana').replace('acme', 'quotes').split(' '));
  expect(out).toContain('contains("\\"x" || `[]`, \'grafana-admin\')');
});

test('PostgreSQL ends sessions after every event after which introspection may say otherwise', async () => {
  // A type that is new has to be put into one of the two.
  const without = [
    'client.created',
    'client.enabled',
    'client.resumed',
    'client.returned',
    'client.secret_added',
    'client.secret_removed',
    'client.submitted',
    'grant.created',
    'key.published',
    'key.withdrawn',
    'login.locked',
    'user.created',
    'user.enabled',
  ];
  expect([...endingEvents, ...without].sort()).toEqual([...eventTypes].sort());
  const { text } = await document(lineOf('postgresql'));
  const printed = [...text.matchAll(/--event (\S+)/g)].map(([, type]) => type);
  expect(printed).toEqual(endingEvents);
  const command = /^# +pgrant webhook add [^\n]*\n(?:# +--event [^\n]*\n)+/m.exec(text)?.[0] ?? '';
  const words = command
    .replaceAll(/^#|\\$/gm, '')
    .trim()
    .split(/\s+/)
    .slice(1);
  const { event_types } = await document(words.join(' ').replace('…', 'hooks.example.com/'));
  expect(event_types).toHaveLength(endingEvents.length);
  expect(text).toMatch(/^# "postgresql" +"<sub of a person>" +owner$/m);
});

test.each([
  ['postgres://db.example:6432/x', 'host=db.example port=6432 user'],
  ['postgres://[2001:db8::1]/x', 'host=2001:db8::1 user'],
  ['https://db.example', 'host=db.example user'],
])('psql goes where %s is', async (resource, words) => {
  const { text } = await document(lineOf('postgresql', resource));
  expect(text).toContain(`psql '${words}`);
});

/** The words of the commands that a text has, as a shell reads them. */
function shellWords(text: string): string[] {
  const commands = [...text.matchAll(/^(?:pgrant|psql) (?:.*\\\n)*.*$/gm)].map(([one]) => one);
  const script = `say() { printf '%s\\n' "$*"; }; pgrant() { say pgrant "$@"; }; psql() { say psql "$@"; }
${commands.join('\n')}`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
}

test.each('apache dovecot fastmcp grafana haproxy kafka n8n postgresql rabbitmq spring'.split(' '))(
  'a shell reads the commands of %s as they are meant, whatever URIs have in them',
  async (recipe) => {
    const [at, resource] = [
      "https://here.example/a'b&c;d$e(f)",
      "https://o'hara.example/x'&;$(y)*",
    ];
    const words = [...`recipe ${recipe} --tenant acme --resource`.split(' '), resource, '--at', at];
    const { out } = await pgrant([...words, '--json']);
    const { text, commands } = JSON.parse(out);
    const read = shellWords(text);
    expect(read.filter((line) => line.startsWith('pgrant'))).toEqual(commands);
    if (recipe === 'postgresql')
      expect(read.at(-1)).toMatch(/^psql host=o'hara\.example user=reader /);
    expect(commands.join('\n')).toMatch(/https:\/\/(?:o'hara|here)\.example/);
  },
);

test.each(['http://[::1', 'https://a:b/', 'https://o{hara'])(
  'a --resource that is no URL is refused in words: %s',
  async (resource) => {
    const refused = await pgrant([...'recipe kafka --tenant acme --resource'.split(' '), resource]);
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringContaining('say by --resource what the server is called'),
    ]);
  },
);
