// Recipes: each is printed for a tenant, and pgrant's part of it done and checked.
import { beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../src/app.ts';
import { listRecipes } from '../../src/cli/recipes.ts';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { pgrant, document } = operator(database);
const issuer = 'https://id.example.com/acme';
const recipes = listRecipes().map(({ recipe }) => recipe);
const resourceOf = (recipe: string) => `https://${recipe}.example.com`;
const lineOf = (recipe: string) =>
  `recipe ${recipe} --tenant acme --resource ${resourceOf(recipe)}`;

beforeAll(async () => {
  await document(`tenant add acme --issuer ${issuer}`);
});

test('recipes are listed with what each is about', async () => {
  expect(await document('recipe')).toEqual(listRecipes());
  expect(recipes).toEqual(
    'apache dovecot fastmcp grafana haproxy kafka n8n postgresql rabbitmq spring'.split(' '),
  );
  for (const { about } of listRecipes()) expect(about).toMatch(/^[A-Za-z0-9]+.{20}/);
});

describe.each(recipes)('the recipe %s', (recipe) => {
  test('names the endpoints that there are, and nothing that is not filled in', async () => {
    const { out } = await pgrant(lineOf(recipe).split(' '));
    expect(out).not.toMatch(/undefined|\{\{|\{%|\[object/);
    const paths = [...out.matchAll(/id\.example\.com\/acme(\/[\w./-]+)/g)].map(([, path]) => path);
    const there = routes.map(([, path]) => path);
    for (const path of paths) expect(there).toContain(path);
  });

  test("is done and checked, twice without harm, and its commands are pgrant's", async () => {
    const before = await pgrant([...lineOf(recipe).split(' '), '--check']);
    expect([before.code, before.err]).toEqual([1, expect.stringContaining(': missing')]);
    const { commands } = await document(lineOf(recipe));
    const made = await document(`${lineOf(recipe)} --apply`);
    expect(made.done).toHaveLength(commands.length);
    for (const [client_id, secret] of Object.entries(made.client_secrets)) {
      expect(made.text).toContain(secret);
      expect(made.text).not.toContain(`<secret of ${client_id}>`);
    }
    const again = await document(`${lineOf(recipe)} --apply`);
    expect([again.done, again.client_secrets]).toEqual([[], {}]);
    expect((await document(`${lineOf(recipe)} --check`)).there).toEqual(made.done);
  });
});

test.each([
  ['apache', 'apache-api'],
  ['dovecot', 'dovecot'],
  ['postgresql', 'postgresql-validator'],
])('the server of %s is told of its own tokens alone [RFC 7662 4]', async (recipe, id) => {
  const { introspection_audience } = await document(`client show ${id} --tenant acme`);
  expect(introspection_audience).toEqual([resourceOf(recipe)]);
});

test('what was changed since is told and left as it is', async () => {
  const { client_id } = await document('client show kafka-producer --tenant acme');
  await document(`client set ${client_id} --tenant acme default_resource=`);
  await document(`resource set ${resourceOf('kafka')} --tenant acme --title Mine`);
  const check = await pgrant([...lineOf('kafka').split(' '), '--check']);
  expect(check.code).toBe(1);
  expect(check.err).toContain(`client kafka-producer: default_resource=${resourceOf('kafka')}`);
  expect(check.err).toContain('access_token_scope is not array');
  expect(check.err).not.toContain('disabled');
  await document(`client disable ${client_id} --tenant acme`);
  const applied = await document(`${lineOf('kafka')} --apply`);
  expect([applied.done, applied.left]).toEqual([
    [],
    [
      expect.stringContaining('access_token_scope is not array'),
      `client kafka-producer: disabled, default_resource=${resourceOf('kafka')} is not set`,
    ],
  ]);
  const { out } = await pgrant([...lineOf('kafka').split(' '), '--apply']);
  expect(out).toContain('# not as above, and left as it is: resource');
  const shown = await document('resource list --tenant acme');
  expect(shown).toContainEqual(expect.objectContaining({ title: 'Mine' }));
});

test.each([
  ['recipe kafak --tenant acme --resource https://k.example', 2, /no recipe kafak.*kafka, n8n/],
  ['recipe kafka --tenant nobody --resource https://k.example', 1, /no tenant/],
  ['recipe kafka --tenant acme', 2, /--resource .*https:\/\/server\.example\.com/],
  ['recipe kafka --tenant acme --resource kafka', 2, /--resource/],
  ['recipe kafka --resource https://k.example', 2, /--tenant/],
  ['recipe kafka --tenant acme --resource https://k.example --name a:b', 2, /--name must be/],
])('%s is refused in a line, and nothing is made', async (line, code, message) => {
  const before = await document('client list --tenant acme');
  const refused = await pgrant([...line.split(' '), '--apply']);
  expect([refused.code, refused.err]).toEqual([code, expect.stringMatching(message)]);
  expect(await document('client list --tenant acme')).toEqual(before);
});

test('--apply and --check together are refused, and nothing is made', async () => {
  const line = 'recipe n8n --tenant acme --resource https://both.example --name both';
  const { code, err } = await pgrant(`${line} --apply --check`.split(' '));
  expect([code, err]).toEqual([2, 'pgrant: give --apply or --check, not both\n']);
  expect((await pgrant(`${line} --check`.split(' '))).err).toContain('client both: missing');
});

test('where a later step fails, nothing of those before it is left', async () => {
  await document('tenant add half --issuer https://id.example.com/half');
  // FAPI 2.0 has no clients with a secret; what comes before the client would go through.
  await document('tenant set half preset=fapi2');
  const line = 'recipe dovecot --tenant half --resource https://mail.example.com';
  const failed = await pgrant(`${line} --apply --reason x`.split(' '));
  expect(failed.code).toBe(1);
  expect(failed.err).toMatch(/^pgrant: client dovecot: .+\n {2}.+\n$/);
  expect(failed.err).not.toContain('stays');
  expect(await document('resource list --tenant half')).toEqual([]);
  expect(await document('client list --tenant half')).toEqual([]);
  const { out } = await pgrant('audit list --tenant half'.split(' '));
  expect(out).not.toContain('scope.add');
});

test('HAProxy checks by every key that is published, and by no key of another algorithm', async () => {
  await document('key rotate --tenant acme --alg ES256');
  const keys: { alg: string; kid: string }[] = await document('key list --tenant acme');
  const { text } = await document(lineOf('haproxy'));
  const named = keys.filter(({ kid }) => text.includes(`/ES256/${kid}"`));
  expect(named).toHaveLength(2);
  expect(named).toEqual(keys.filter(({ alg }) => alg === 'ES256'));
});

test('a second server of a kind has names of its own, and a URN will do', async () => {
  const line = "recipe rabbitmq --tenant acme --resource URN:rabbitmq:O'Brien --name second";
  const { done, text } = await document(`${line} --apply --at https://mq.example.com/`);
  expect(done).toEqual([
    ...['read:*/*', 'write:*/*', 'configure:*/*'].map((scope) => `scope second.${scope}`),
    'role second.tag:management',
    'role second.tag:administrator',
    "resource urn:rabbitmq:O'Brien",
    'client second-app',
    'client second-ui',
  ]);
  expect(text).toContain("resource_server_id = urn:rabbitmq:O'Brien");
  const { redirect_uris } = await document('client show second-ui --tenant acme');
  expect(redirect_uris).toEqual(['https://mq.example.com/js/oidc-oauth/login-callback.html']);
});

test.each([
  ['https://mcp.example.com', 'https://mcp.example.com', '/'],
  ['https://mcp.example.com:8443/tools/mcp', 'https://mcp.example.com:8443', '/tools/mcp'],
])('FastMCP answers at %s, for which its clients ask', async (resource, base, path) => {
  const { text } = await document(`recipe fastmcp --tenant acme --resource ${resource}`);
  expect(text).toContain(`audience="${resource}"`);
  expect(text).toContain(`base_url="${base}"`);
  expect(text).toContain(`mcp.run(transport="http", path="${path}")`);
});

test('Spring takes what the tokens of its resource are signed by, and signs in where it is', async () => {
  const line = 'recipe spring --tenant acme --resource https://shop.example.com/api --name shop';
  const { text } = await document(`${line} --apply`);
  const shown = await document('resource list --tenant acme');
  const algs = /jwt\.jws-algorithms=(.*)/.exec(text)?.[1];
  const resource = 'https://shop.example.com/api';
  expect(shown).toContainEqual(
    expect.objectContaining({ resource, access_token_alg: algs, access_token_typ: 'JWT' }),
  );
  expect(text).toContain(`jwt.audiences[0]=${resource}`);
  const id = /registration\.pgrant\.client-id=(.*)/.exec(text)?.[1];
  const { redirect_uris, default_resource } = await document(`client show ${id} --tenant acme`);
  expect(redirect_uris).toEqual(['https://shop.example.com/login/oauth2/code/pgrant']);
  expect(default_resource).toBe(resource);
});

test('an audience with an apostrophe or a comma is one word in what is printed, or refused with the reason', async () => {
  const line = (recipe: string) => `recipe ${recipe} --tenant acme --resource`;
  const haproxy = await document(`${line('haproxy')} https://x.example.com/O'Brien`);
  expect(haproxy.text).toContain(
    "jwt_payload_query('$.aud') -m str https://x.example.com/O\\'Brien }",
  );
  // Spring splits a property with commas, unless it is said to be the first of a list.
  const tag = 'tag:example.com,2026:api';
  const spring = await document(`${line('spring')} ${tag}`);
  expect(spring.text).toContain(`jwt.audiences[0]=${tag}\n`);
  const kafka = await pgrant(`${line('kafka')} ${tag} --apply`.split(' '));
  expect([kafka.code, kafka.err]).toEqual([
    2,
    'pgrant: kafka splits audiences at commas: choose a --resource without one\n',
  ]);
});

test.each(['-x', '.', '..x', '_x', 'x'.repeat(65), ''])(
  '--name=%s is refused: it is part of commands',
  async (name) => {
    const line = 'recipe rabbitmq --tenant acme --resource urn:rabbitmq:other';
    const { code, err } = await pgrant([...line.split(' '), `--name=${name}`]);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^pgrant: --name must be .* a letter or digit\n/),
    ]);
  },
);
