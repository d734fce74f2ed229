// Whatever operators write that is not good is refused in words, of class OA: never by the name of a check, or of nothing.
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { arrayLiteral } from '../../src/db/wire-values.ts';
import { makeClient, makeUser, makeWorld, operate } from '../support/fixtures.ts';

type Values = Record<string, unknown>;

const world = await makeWorld();
const worker = world.database.as('pgrant_worker');
const { sql } = world.database;
const grant_types = [
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
];
const url = 'https://other.example';
/** The code with which a try that was granted is undone. */
const done = 'PG000';
const hash = `\\x${randomBytes(32).toString('hex')}`;

/** Arguments that are good, of each function by which somebody with rights says what something is called or may be. */
const writers: Record<string, Values> = {
  tenant_add: {
    name: 'new',
    issuer: `${url}/new`,
    host: 'other.example',
    path: '/new',
    title: 'N',
  },
  scope_add: { scope: 'new', title: 'New', description: 'New', sensitive: false },
  role_add: { role: 'new', title: 'New', description: 'New', icon: 'star', sensitive: false },
  group_set: { group: 'new', title: 'New', roles: ['deploy'] },
  user_add: { username: 'new', claims: { name: 'New' } },
  user_subject: { username: 'ada', subject: '7' },
  client_add: {
    client_id: 'new',
    metadata: { name: 'New', redirect_uris: [url] },
    secret_hash: hash,
  },
  credential_add: {
    ...{ username: 'ada', name: 'New', permissions: ['deploy'], secret_hash: hash, lifetime: 60 },
    ...{ allowed_networks: ['192.0.2.0/24'], default_resource: null },
  },
  registration_token_add: {
    ...{ name: 'New', token_hash: hash, lifetime: 60, uses: 1, machine_scopes: ['deploy'] },
  },
  resource_set: {
    ...{ resource: url, title: 'New', scopes: ['deploy'], audiences: ['other'] },
    ...{ access_token_format: 'jwt', access_token_lifetime: 60, access_token_alg: 'ES256' },
    ...{ access_token_typ: 'JWT', access_token_scope: 'array', access_token_claims: {} },
  },
  exchange_allow: { client_id: 'app', resource: null, scopes: ['deploy'], impersonation: false },
  webhook_add: { name: 'new', url, sealed_secret: hash, event_types: ['user.created'] },
  upstream_add: {
    ...{ name: 'new', kind: 'oidc', sealed_secrets: hash },
    settings: { issuer: url, client_id: 'app' },
  },
  authorization_details_type_set: {
    ...{ type: 'payment', title: 'Payment', json_schema: {}, template: 'Pays {amount}.' },
    ...{ consent_remembered: false, client_credentials: false },
  },
  identity_assertion_policy_set: {
    ...{ client_id: 'app', audience: url, audience_client_id: 'us', scopes: ['deploy'] },
    resources: [url],
  },
  identity_assertion_issuer_set: { issuer: url, jwks_uri: `${url}/jwks`, upstream: null },
  audit_retention_set: { months: 24 },
  partition_plan_set: { table: 'codes', ahead: '3 days', retention: '2 days' },
  review_add: { kind: 'client', id: 'app', lifetime: 86_400, note: 'Asked its owner' },
};

const texts = [
  '',
  ' ',
  '.',
  '..',
  'a\u0001b',
  'Pay\u200bPal',
  'a"\\b',
  'ä',
  'x'.repeat(5000),
  '-1',
  null,
];
const numbers = [-1, 0, 2_147_483_647, null];
const lists = [[], [''], ['a\u0001b'], [null], Array(300).fill('x'), null];
const documents = [[], 'x', 5, { x: 1 }, { '': '' }, null];
const bad: Record<string, readonly unknown[]> = {
  ...{ text: texts, integer: numbers, bigint: numbers, boolean: [null], 'text[]': lists },
  ...{ jsonb: documents, 'cidr[]': [[], null], interval: ['-1 day', '0', '1000 years', null] },
};

const asText = (value: unknown, type: string | undefined) => {
  if (value === null) return null;
  if (type === 'jsonb') return JSON.stringify(value);
  return Array.isArray(value) ? arrayLiteral(value as string[]) : String(value);
};

let types: Record<string, Record<string, string>>;

beforeAll(async () => {
  await operate(world, ops.role_add, { role: 'deploy', title: 'Deploy' });
  await makeUser(world, 'ada');
  await operate(world, ops.role_assign, { username: 'ada', role: 'deploy' });
  await makeClient(world, 'app', { grant_types, redirect_uris: [] });
  await operate(world, ops.webhook_add, {
    ...{ name: 'crm', url: 'https://crm.example/', sealed_secret: randomBytes(32) },
  });
  await operate(world, ops.upstream_add, {
    ...{ name: 'company', kind: 'oidc', sealed_secrets: randomBytes(32) },
    settings: { issuer: 'https://company.example', client_id: 'app' } as never,
  });
  const functions = await sql`
    select p.proname as name, jsonb_object_agg(substr(a.name, 3), format_type(p.proargtypes[a.place - 1], null)) as types
      from pg_proc p cross join lateral unnest(p.proargnames[:p.pronargs]) with ordinality a (name, place)
     where p.pronamespace = 'pgrant_ops'::regnamespace
     group by p.oid`;
  types = Object.fromEntries(functions.map(({ name, types }) => [name, types]));
  // Each try is undone before the next.
  await sql.unsafe(`
    create function public.attempts(p_statement text, p_tries jsonb) returns table (code text, message text)
    language plpgsql as $$
    declare
      v_try jsonb;
    begin
      for v_try in select jsonb_array_elements(p_tries) loop
        begin
          execute p_statement using array(select jsonb_array_elements_text(v_try));
          raise exception 'done' using errcode = '${done}';
        exception when others then
          get stacked diagnostics code = returned_sqlstate, message = message_text;
        end;
        return next;
      end loop;
    end
    $$`);
});

/** Calls a function of pgrant_ops with each set of arguments, all of the same names. */
async function outcomes(name: string, tries: Values[]) {
  const of = types[name] ?? {};
  const all: Values[] = tries.map((one) => ({
    ...(of.tenant && { tenant: world.tenant }),
    ...one,
  }));
  const names = Object.keys(all[0] ?? {});
  const list = names.map((one, place) => `p_${one} => ($1)[${place + 1}]::${of[one]}`);
  const values = all.map((one) => names.map((argument) => asText(one[argument], of[argument])));
  return worker<{ code: string; message: string }[]>`
    select * from public.attempts(${`select * from pgrant_ops.${name}(${list})`}, ${JSON.stringify(values)}::text::jsonb)`;
}

/** The tries that are refused otherwise than in words. */
async function wrong(name: string, tries: Values[]): Promise<unknown[]> {
  const inWords = ({ code, message }: { code: string; message: string }) =>
    code === done || (/^OA00[123]$/.test(code) && !/_check|_sound|must be(,| ,|$)/.test(message));
  return (await outcomes(name, tries)).flatMap((outcome, place) =>
    inWords(outcome) ? [] : [{ ...outcome, tried: JSON.stringify(tries[place]).slice(0, 300) }],
  );
}

describe.each(Object.entries(writers))('%s', (name, good) => {
  test('takes what is good', async () => {
    expect(await outcomes(name, [good])).toEqual([{ code: done, message: 'done' }]);
  });

  test('refuses a list that has nothing in one of its places', async () => {
    const lists = Object.keys(good).filter((argument) => types[name]?.[argument] === 'text[]');
    const tries = lists.map((argument) => ({ ...good, [argument]: [null] }));
    for (const { code } of tries.length === 0 ? [] : await outcomes(name, tries)) {
      expect(code).toMatch(/^OA00[13]$/);
    }
  });

  test('refuses in words what is not, in the place of each argument', async () => {
    const tries = Object.keys(good).flatMap((argument) =>
      (bad[types[name]?.[argument] ?? ''] ?? []).map((value) => ({ ...good, [argument]: value })),
    );
    expect(await wrong(name, tries)).toEqual([]);
  });
});

/** What has settings: the function that sets them, whose they are, and their names and types. */
const setters: [what: string, name: string, whose: Values, settings: string][] = [
  ['tenants', 'tenant_set', {}, `select * from pgrant_ops.setting_list('tenants')`],
  [
    'clients',
    'client_set',
    { client_id: 'app' },
    `select * from pgrant_ops.setting_list('clients')`,
  ],
  [
    'upstreams',
    'upstream_set',
    { name: 'company' },
    `select * from pgrant_ops.setting_list('upstreams')`,
  ],
  ['webhooks', 'webhook_set', { name: 'crm' }, `select * from pgrant_ops.setting_list('webhooks')`],
  [
    'people',
    'user_set',
    { username: 'ada' },
    `select s as name, 'json' as type from unnest(pgrant_rules.user_settings()) s`,
  ],
  [
    ...(['scopes', 'scope_set', { scope: 'deploy' }] as const),
    `select s as name, 'json' as type from unnest('{title,description,sensitive,for_developers,title#es}'::text[]) s`,
  ],
];
/** Bad values as JSON, of each type. */
const badSettings: Record<string, readonly unknown[]> = {
  text: ['a\u0001b', 'x'.repeat(5000), [], null],
  integer: [-1, 2_147_483_647, 'x'],
  boolean: ['x', null],
  'text[]': [[''], [null], 'x'],
  'cidr[]': [[''], [null], 'x'],
  jsonb: ['x', { x: 1 }, [null]],
  json: ['', 'a\u0001b', 'x'.repeat(5000), -1, true, null, [], [''], [null], { x: 1 }],
};

test.each(setters)(
  'every setting of %s refuses in words what is not good',
  async (_, name, whose, list) => {
    const settings = await sql.unsafe(list);
    expect(settings.length).toBeGreaterThan(2);
    const tries = settings.flatMap((setting) =>
      (badSettings[setting.type] as unknown[]).map((value) => ({
        ...whose,
        settings: { [setting.name]: value },
      })),
    );
    expect(
      await wrong(name, [...tries, ...documents.map((settings) => ({ ...whose, settings }))]),
    ).toEqual([]);
  },
);

test.each(setters)('settings of %s that are null are refused in words', async (_, name, whose) => {
  const [outcome] = await outcomes(name, [{ ...whose, settings: null }]);
  expect(outcome).toMatchObject({
    code: 'OA003',
    message: expect.stringMatching(/^settings are a/),
  });
});

test('metadata of a client that are null are refused in words', async () => {
  const good = writers.client_add as Values;
  const [outcome] = await outcomes('client_add', [{ ...good, metadata: null }]);
  expect(outcome).toMatchObject({
    code: 'OA003',
    message: expect.stringMatching(/^settings are a/),
  });
});
