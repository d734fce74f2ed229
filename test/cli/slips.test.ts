// What people mistype in `tenant set` and `client set`: each refusal says what would be good of the setting itself.
import { expect, test } from 'vitest';
import { readSettings } from '../../src/cli/settings.ts';
import { makeClient, makeWorld } from '../support/fixtures.ts';

const world = await makeWorld();
const { sql } = world.database;
await makeClient(world, 'app', { redirect_uris: ['https://app.example/'] });

// Tries each in a transaction of its own, so that what is good after all changes nothing.
await sql.unsafe(`
  create function public.refusals(p_tenant uuid, p_table text, p_slips jsonb)
  returns table (n integer, code text, refusal text, hint text)
  language plpgsql as $$
  begin
    for i in 0 .. jsonb_array_length(p_slips) - 1 loop
      n := i;
      begin
        if p_table = 'tenants' then perform pgrant_ops.tenant_set(p_tenant, p_slips -> i);
        else perform pgrant_ops.client_set(p_tenant, 'app', p_slips -> i); end if;
        raise exception 'good' using errcode = 'OA000';
      exception when others then
        get stacked diagnostics code = returned_sqlstate, refusal = message_text, hint = pg_exception_hint;
        return next;
      end;
    end loop;
  end $$`);

async function refusalsOf(table: 'tenants' | 'clients', typed: { name: string; slip: string }[]) {
  const slips = typed.map(({ name, slip }) => readSettings(table, [`${name}=${slip}`]));
  const rows = await sql`
    select * from public.refusals(${world.tenant}, ${table}, ${JSON.stringify(slips)}::text::jsonb)`;
  return rows.map(({ n, code, refusal, hint }) => ({ ...typed[n], code, refusal, hint }));
}

/** A list with commas, the other case, a unit, quotation marks, a slash at the end, nothing, a word for true. */
function slipsOf(choices: readonly string[] | null): string[] {
  const [one = 'a', two = 'b'] = choices ?? [];
  const cased = one === one.toUpperCase() ? one.toLowerCase() : one.toUpperCase();
  return [`${one},${two}`, cased, '15min', `"${one}"`, `${one}/`, '', 'yes'];
}

/** What is not there, and what is about several settings together. */
const sentences = [
  /^the tenant has no (scope|type|resource) /,
  /^no token of the tenant has the audience /,
  /^exactly one tls_client_auth_\* for a client that authenticates by tls_client_auth/,
  /^a client with the grant type authorization_code needs a redirect URI$/,
];

test.each(['tenants', 'clients'] as const)(
  'of every setting of %s what is mistyped is refused by what the setting must be',
  async (table) => {
    const settings = await sql`select name, choices from pgrant_ops.setting_list(${table})`;
    const typed = settings.flatMap(({ name, choices }) =>
      slipsOf(choices).map((slip) => ({ name, slip })),
    );
    const tried = await refusalsOf(table, typed);
    expect(tried).toHaveLength(settings.length * 7);
    const refused = tried.filter(({ code }) => code !== 'OA000');
    expect(refused.length).toBeGreaterThan(tried.length / 2);
    const strange = refused.filter(
      ({ name, code, refusal }) =>
        !/^OA00[13]$/.test(code) ||
        !(refusal.startsWith(`${name} must be `) || sentences.some((one) => one.test(refusal))),
    );
    expect(strange).toEqual([]);
  },
  120_000,
);

const networks = (given: string) =>
  `trusted_networks must be a list of networks such as 192.0.2.0/24, not ${given}`;
const claim = (name: string, given: string) =>
  `${name} must be text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends, not '${given}'`;
/** JSON as PostgreSQL writes it. */
const spaced = (json: string) => json.replace(/([:,])/g, '$1 ');

test.each([
  [
    'signing_algs',
    'RS256,ES256',
    `signing_algs must be a list of RS256, ES256, PS256, EdDSA, Ed25519, not '["RS256,ES256"]'`,
    'did you mean ["RS256", "ES256"]?',
  ],
  [
    'claims_function_targets',
    '{userinfo, id_token}',
    `claims_function_targets must be a list of userinfo, id_token, access_token, not '["{userinfo,", "id_token}"]'`,
    'did you mean ["userinfo", "id_token"]?',
  ],
  [
    'client_signing_algs',
    '[]',
    "client_signing_algs must be a list with one at least, not '[]'",
    '',
  ],
  ['registration', '"open"', `registration must be closed, token or open, not '"open"'`, ''],
  ['trusted_networks', '0', networks('\'["0"]\''), ''],
  ['trusted_networks', '10.1', networks('\'["10.1"]\''), ''],
  ...['{"a":1}', '{"a":{"keys":[]}}', '{"a":{"keys":[{"k":"AA","kty":"oct"}]}}', '{"":{}}'].map(
    (slip) => [
      'software_statement_issuers',
      slip,
      `software_statement_issuers must be a JSON object such as {"https://statements.example": {"keys": […]}}, not '${spaced(slip)}'`,
      '',
    ],
  ),
  ...['roles_claim', 'permissions_claim', 'tenant_claim'].flatMap((name) =>
    [' ', ' roles', '\u200B'].map((slip) => [name, slip, claim(name, slip), '']),
  ),
])('%s=%s is told from what it must be', async (name, slip, refusal, hint) => {
  const [told] = await refusalsOf('tenants', [{ name, slip }]);
  expect([told?.refusal, told?.hint]).toEqual([refusal, hint]);
});

test('a list of one that has commas is taken as it was probably meant, and put right it is good', async () => {
  const [told] = await refusalsOf('clients', [
    { name: 'grant_types', slip: 'authorization_code,refresh_token' },
  ]);
  const [, meant = ''] = /^did you mean (.*)\?$/.exec(told?.hint) ?? [];
  const [good] = await refusalsOf('clients', [{ name: 'grant_types', slip: meant }]);
  expect(good?.code).toBe('OA000');
});

test.each([
  ['trusted_networks', '0.0.0.0/0 ::/0 192.0.2.7 2001:db8::/32 ::ffff:192.0.2.0/120'],
  ['roles_claim', 'https://api.example/roles'],
  ['tenant_claim', 'my tenant'],
  ['software_statement_issuers', '{"https://statements.example":{"keys":[{"kty":"OKP"}]}}'],
])('%s=%s is good', async (name, slip) => {
  const [told] = await refusalsOf('tenants', [{ name, slip }]);
  expect([told?.code, told?.refusal]).toEqual(['OA000', 'good']);
});
