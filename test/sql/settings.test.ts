import { expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { makeClient, makeTenant, makeWorld, operate, type World } from '../support/fixtures.ts';
import { makeKey, setOf } from '../support/signing.ts';

const world: World = await makeWorld();
const { sql } = world.database;
await makeClient(world, 'app', { redirect_uris: ['https://app.example/'] });

const settingTables = ['tenants', 'clients', 'upstreams', 'webhooks'];
const operatorTables = [
  ...settingTables,
  ...[
    'scopes',
    'groups',
    'users',
    'resources',
    'issuers',
    'authorization_details_types',
    'registration_tokens',
  ],
  ...['identity_assertion_policies', 'identity_assertion_issuers', 'identity_assertion_clients'],
];

test('every setting says what it means and what it must be', async () => {
  for (const table of settingTables) {
    const settings = await sql`select * from pgrant_ops.setting_list(${table})`;
    expect(settings.length, table).toBeGreaterThan(2);
    for (const { name, meaning } of settings) expect(meaning, `${table}.${name}`).toBeTruthy();
  }
});

/** Checks of columns that no operator writes. */
const inner =
  /_(hash|salt)_check$|^identity_assertion_issuers_check$|^clients_(registered|document|default_max_age_check|initiate_login_uri_check)$|^webhooks_check/;

test('every check on what operators write is in words: a list, or the comment on the constraint', async () => {
  const checks = await sql`
    select c.conname as name, w.words
      from pg_constraint c cross join pgrant_ops.check_words(split_part(c.conrelid::regclass::text, '.', 2), c.conname) w
     where c.contype = 'c' and c.conrelid::regclass::text = any (${operatorTables.map((table) => `pgrant.${table}`)}::text[])`;
  const dumb = checks.filter(({ name, words }) => words === null && !inner.test(name));
  expect(dumb).toEqual([]);
});

test('a column that is added is a setting, with the words of its check, and nothing else has to change', async () => {
  await sql`alter table pgrant.tenants add column greeting_delay integer not null default 5
              constraint greeting check (greeting_delay between 0 and 9)`;
  await sql`comment on constraint greeting on pgrant.tenants is 'a whole number of seconds from 0 to 9'`;
  const set = (settings: object) => operate(world, ops.tenant_set, { settings });
  const { tenant_set } = await set({ greeting_delay: 7 });
  expect(tenant_set).toMatchObject({ greeting_delay: 7 });
  await expect(set({ greeting_delay: 10 })).rejects.toMatchObject({
    code: 'OA003',
    message: "greeting_delay must be a whole number of seconds from 0 to 9, not '10'",
  });
  await sql`alter table pgrant.tenants drop column greeting_delay`;
});

test.each<[string, object, string | RegExp]>([
  [
    'an object for a number',
    { code_lifetime: {} },
    "code_lifetime must be a whole number of seconds from 1 to 600, not '{}'",
  ],
  [
    'a number for a list',
    { redirect_schemes: 5 },
    /^redirect_schemes must be a list of schemes.*, not '5'$/,
  ],
  ['numbers in a list', { redirect_schemes: [5] }, /^redirect_schemes must be a list of schemes/],
  [
    'what is no network',
    { trusted_networks: ['192.0.2.0/24', '192.0.2.1/24'] },
    /^trusted_networks must be a list of networks such as .*, not '.*'$/,
  ],
  [
    'an address range in words',
    { trusted_networks: 'home' },
    /^trusted_networks must be a list of/,
  ],
  ['a number for a text', { title: 5 }, /^title must be text of 1 to 255 characters, .*, not '5'$/],
  ['keys of no kind', { login_jwks: { keys: ['x'] } }, /^login_jwks must be a JWK set/],
  ['a text for JSON', { login_jwks: 'x' }, /^login_jwks must be a JWK set/],
  [
    'null for what has no null',
    { registration: null },
    'registration must be closed, token or open, not null',
  ],
  [
    'an empty text for what has no null',
    { title: '' },
    /^title must be text of 1 to 255 characters, all of which people can see, .*, not empty$/,
  ],
  ['no preset', { preset: null }, 'there is no preset null'],
  ['a bookkeeping column', { decoy_salt: 'x' }, 'there is no tenant setting decoy_salt'],
])('a tenant setting refuses %s in words, and changes nothing', async (_, settings, message) => {
  const before = await operate(world, ops.tenant_show, {});
  await expect(
    operate(world, ops.tenant_set, { settings: { replay_window: 1, ...settings } }),
  ).rejects.toMatchObject({ code: 'OA003', message: expect.stringMatching(message) });
  expect(await operate(world, ops.tenant_show, {})).toEqual(before);
});

test('networks are set as a list, and taken back by none', async () => {
  const set = (settings: object) => operate(world, ops.tenant_set, { settings });
  const networks = ['192.0.2.0/24', '2001:db8::/32'];
  const { tenant_set } = await set({ trusted_networks: networks });
  expect(tenant_set).toMatchObject({ trusted_networks: networks });
  expect((await set({ trusted_networks: [] })).tenant_set).toMatchObject({ trusted_networks: [] });
});

test('a column that is added to clients is a setting as well', async () => {
  await sql`alter table pgrant.clients add column greeting text check (greeting in ('short', 'long'))`;
  const set = (settings: object) => operate(world, ops.client_set, { client_id: 'app', settings });
  expect((await set({ greeting: 'long' })).client_set).toMatchObject({ greeting: 'long' });
  await expect(set({ greeting: 'loud' })).rejects.toMatchObject({
    code: 'OA003',
    message: "greeting must be short or long, not 'loud'",
  });
  await sql`alter table pgrant.clients drop column greeting`;
});

test('a rule between several settings of a client is a sentence', async () => {
  const set = (settings: object) => operate(world, ops.client_set, { client_id: 'app', settings });
  await expect(set({ redirect_uris: [] })).rejects.toMatchObject({
    code: 'OA003',
    message: 'a client with the grant type authorization_code needs a redirect URI',
  });
  await expect(set({ jwks_uri: 'https://a.example/', jwks: { keys: [] } })).rejects.toMatchObject({
    code: 'OA003',
    message: 'a client has jwks or jwks_uri, not both',
  });
});

test('what a setting has to be by itself is told before what it has to be beside another', async () => {
  const set = (signing_algs: string[]) =>
    operate(world, ops.tenant_set, { settings: { access_token_alg: 'ES256', signing_algs } });
  await expect(set(['RS256,ES256'])).rejects.toMatchObject({
    code: 'OA003',
    message: expect.stringMatching(/^signing_algs must be a list of RS256, /),
    hint: 'did you mean ["RS256", "ES256"]?',
  });
  await expect(set(['RS256'])).rejects.toMatchObject({
    message: 'access_token_alg must be one of signing_algs',
  });
});

test("a lifetime of a client that is taken back is the tenant's again", async () => {
  const set = async (replay_window: unknown) => {
    const { client_set } = await operate(world, ops.client_set, {
      client_id: 'app',
      settings: { replay_window },
    });
    return client_set;
  };
  expect(await set('30')).toMatchObject({ replay_window: 30 });
  expect(await set('')).toMatchObject({ replay_window: null });
});

test('a column that is there no more is no setting', async () => {
  await sql`alter table pgrant.tenants add column gone text`;
  await sql`alter table pgrant.tenants drop column gone`;
  const [row] = await sql`
    select attname from pg_attribute where attrelid = 'pgrant.tenants'::regclass and attisdropped`;
  const settings = { [row?.attname]: 'x' };
  await expect(operate(world, ops.tenant_set, { settings })).rejects.toMatchObject({
    code: 'OA003',
    message: expect.stringMatching(/^there is no tenant setting/),
  });
});

test('of a tenant whose profile takes none of its signing_algs it is said so, and a resource needs no alg', async () => {
  const narrow = await makeTenant(world.database, 'narrow');
  const settings = {
    signing_algs: ['RS256'],
    access_token_alg: 'RS256',
    security_profile: 'fapi2',
  };
  await operate(narrow, ops.tenant_set, { settings });
  const resource = { resource: 'https://api.example', title: 'API' };
  await operate(narrow, ops.resource_set, resource);
  const words =
    'must be one of the signing_algs of the tenant, of which its security_profile takes none';
  await expect(
    operate(narrow, ops.resource_set, { ...resource, access_token_alg: 'RS256' }),
  ).rejects.toThrow(`access_token_alg ${words}, not 'RS256'`);
  await expect(
    makeClient(narrow, 'app', {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: setOf(await makeKey()),
    }),
  ).rejects.toThrow(`id_token_alg ${words}, not 'RS256'`);
});
