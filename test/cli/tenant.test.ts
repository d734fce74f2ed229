import { expect, test } from 'vitest';
import { openSigningKey } from '../../src/protocol/keys.ts';
import { stored } from '../../src/settings/stored.ts';
import { createDatabase } from '../support/database.ts';
import { operator, secret } from './cli.ts';

const database = await createDatabase();
const { sql } = database;
const { pgrant, document } = operator(database);

test('a list without rows is said in words, and is an empty list in JSON', async () => {
  const { code, out } = await pgrant(['tenant', 'list']);
  expect({ code, out }).toEqual({ code: 0, out: 'there are no tenants: pgrant tenant add\n' });
  expect(await document('tenant list')).toEqual([]);
});

test('tenant add makes the tenant and its keys, which open with the secret', async () => {
  const added = await pgrant(['tenant', 'add', 'acme', '--issuer', 'http://localhost:3000/acme']);
  expect(added.code).toBe(0);
  expect(added.err).toBe('');
  expect(added.out).toMatch(/^tenant acme is made\n/);
  expect(added.out).toContain('http://localhost:3000/acme/.well-known/openid-configuration');
  const keys =
    await sql`select tenant_id, kid, alg, sealed_private as sealed from pgrant.signing_keys`;
  expect(keys.map((key) => key.alg).sort()).toEqual(['ES256', 'RS256']);
  for (const { tenant_id, kid, alg, sealed } of keys) {
    expect(openSigningKey(secret, tenant_id, { kid, alg, sealed }).kid).toBe(kid);
  }
});

test('a second tenant of the name is refused with what to do and exit code 1', async () => {
  const words = ['tenant', 'add', 'acme', '--issuer', 'http://localhost:3000/other'];
  expect(await pgrant(words)).toEqual({
    code: 1,
    out: '',
    err: 'pgrant: there is a tenant named acme already\n  choose another name\n',
  });
  const { code, out, err } = await pgrant([...words, '--json']);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(JSON.parse(err)).toEqual({
    error: 'there is a tenant named acme already',
    hint: 'choose another name',
    code: 'OA002',
  });
});

test('an issuer that cannot be one is refused, and nothing is made', async () => {
  const { code, err } = await pgrant(['tenant', 'add', 'plain', '--issuer', 'http://id.example']);
  expect(code).toBe(1);
  expect(err).toBe("pgrant: this can't be an issuer: http is for loopback hosts only\n");
  expect(await document('tenant list')).toHaveLength(1);
});

test('a preset sets what its rows say, what is named beside it wins, and prints what it changed', async () => {
  const presets: { preset: string; setting: string; value: unknown }[] =
    await document('tenant presets');
  const names = [...new Set(presets.map(({ preset }) => preset))];
  expect(names).toEqual(['default', 'strict', 'mcp', 'fapi2', 'openid-compatible']);
  const settings = (name: string) =>
    Object.fromEntries(
      presets.filter(({ preset }) => preset === name).map((row) => [row.setting, row.value]),
    );
  // The rows of default are what a new tenant has, and name every setting that a preset has.
  expect(await document('tenant show acme')).toMatchObject(settings('default'));
  expect(Object.keys(settings('default')).sort()).toEqual(
    [...new Set(presets.map(({ setting }) => setting))].sort(),
  );
  const { out } = await pgrant(['tenant', 'set', 'acme', 'preset=mcp', 'registration_rate=50']);
  expect(out).toMatch(/^registration +"closed" +"open" *$/m);
  expect(out).not.toContain('replay_window');
  expect(await document('tenant show acme')).toMatchObject({
    ...settings('mcp'),
    registration_rate: 50,
  });
  for (const name of names) {
    expect(await document(`tenant set acme preset=${name}`)).toMatchObject(settings(name));
  }
  expect((await document('tenant set acme preset=default')).changed.length).toBeGreaterThan(0);
  const { code, err } = await pgrant(['tenant', 'set', 'acme', 'preset=lax']);
  expect({ code, err }).toMatchObject({
    code: 1,
    err: expect.stringContaining('openid-compatible'),
  });
});

test('what FAPI 2.0 wants of a tenant is listed before it is switched to it, and after', async () => {
  await document(
    'client add --tenant acme --name Bank --redirect-uri https://bank.example/callback',
  );
  const faults = async (): Promise<{ subject: string; client_id: string; setting: string }[]> => {
    const { out, err } = await pgrant(['--json', 'tenant', 'check', 'acme', '--profile', 'fapi2']);
    expect(err).toBe('');
    return JSON.parse(out);
  };
  const before = await faults();
  expect(before.map(({ setting }) => setting)).toEqual(
    expect.arrayContaining(['require_pushed_authorization_requests', 'dpop_bound_access_tokens']),
  );
  await document('tenant set acme preset=fapi2');
  // Clients that it asks to sign so need not wait for the worker.
  const keys: { alg: string }[] = await document('key list --tenant acme');
  expect(keys.map(({ alg }) => alg)).toContain('PS256');
  const after = await faults();
  expect(after.filter(({ subject }) => subject === 'tenant')).toEqual([]);
  expect(after).toContainEqual(
    expect.objectContaining({ subject: 'client', setting: 'token_endpoint_auth_method' }),
  );
  // What is already there is refused by the profile, and what comes is not taken: see test/http/profile.test.ts.
  await document('tenant set acme security_profile=');
  const algs = ['authorization_alg', 'id_token_alg', 'introspection_alg', 'userinfo_alg'];
  const signer =
    'client add --tenant acme --client-id signer --name Signer --redirect-uri https://signer.example/callback';
  await document(
    `${signer} --set token_endpoint_auth_method=private_key_jwt --set require_pkce=true --jwks-uri https://signer.example/jwks --set introspection_alg=RS256 --set userinfo_alg=RS256`,
  );
  const ofSigner = async () =>
    (await faults())
      .filter(({ client_id }) => client_id === 'signer')
      .map(({ setting }) => setting)
      .sort();
  expect(await ofSigner()).toEqual(algs);
  // Where the tenant takes more of its clients, one without an algorithm of its own may sign by any.
  await pgrant(['tenant', 'set', 'acme', 'client_signing_algs=ES256 RS256']);
  const signs = ['request_object_signing_alg', 'token_endpoint_auth_signing_alg'];
  await document('client set signer --tenant acme require_signed_request_object=true');
  expect(await ofSigner()).toEqual([...algs, ...signs].sort());
  const better = [...algs, ...signs].map((alg) => `${alg}=ES256`);
  await document(`client set signer --tenant acme ${better.join(' ')}`);
  expect(await ofSigner()).toEqual([]);
  await document('client set signer --tenant acme request_object_signing_alg=RS256');
  expect(await ofSigner()).toEqual(['request_object_signing_alg']);
  // What the tenant took back since is no fault of the next change.
  await document('tenant set acme client_signing_algs=ES256');
  await document('client set signer --tenant acme name=Signer');
  expect(await ofSigner()).toEqual(['request_object_signing_alg']);
  expect((await pgrant(['tenant', 'check', 'acme', '--profile', 'fapi2'])).code).toBe(1);
  const { code, err } = await pgrant(['tenant', 'check', 'acme', '--profile', 'lax']);
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('profiles: fapi2') });
  await document('tenant set acme preset=default');
});

test('settings are shown and changed, lengths of time in units, times in UTC', async () => {
  const set = await pgrant([
    'tenant',
    'set',
    'acme',
    'access_token_lifetime=30m',
    'title=Acme Inc',
  ]);
  expect(set.code).toBe(0);
  expect(set.out).toMatch(/^access_token_lifetime +30m$/m);
  expect(set.out).toMatch(/^created_at +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/m);
  const shown = await document('tenant show acme');
  expect(shown).toMatchObject({ title: 'Acme Inc', access_token_lifetime: 1800 });
  expect(shown).not.toHaveProperty('decoy_salt');
  const { out } = await pgrant(['tenant', 'list']);
  expect(out).toBe(
    'NAME  ISSUER                      DISABLED AT\nacme  http://localhost:3000/acme  -\n',
  );
});

test.each([
  [
    'access_token_lifetime=90d',
    1,
    "access_token_lifetime must be a whole number of seconds from 1 to 86400, not '7776000'",
  ],
  ['colour=red', 1, 'there is no tenant setting colour\n  settings: title, audience,'],
  [
    'replay_windw=5',
    1,
    'there is no tenant setting replay_windw\n  did you mean replay_window? settings:',
  ],
  ['title=null', 1, 'title must be text of 1 to 255 characters, all of which people can see'],
  ['title=', 1, 'title must be text of 1 to 255 characters, all of which people can see'],
  [
    'code_lifetime=soon',
    1,
    "code_lifetime must be a whole number of seconds from 1 to 600, not 'soon'",
  ],
  [
    'code_lifetime=99999999999',
    1,
    "code_lifetime must be a whole number of seconds from 1 to 600, not '99999999999'",
  ],
  [
    'login_failure_limit=1.5',
    1,
    "login_failure_limit must be a whole number from 1 to 1000, not '1.5'",
  ],
  ['registration=yes', 1, "registration must be closed, token or open, not 'yes'"],
  [
    'client_document_hosts=Not_A_Host',
    1,
    'client_document_hosts must be a list of host names in lower case',
  ],
  [
    'login_jwks=keys',
    1,
    "login_jwks must be a JWK set (RFC 7517) of at most 20 public keys, not 'keys'",
  ],
  ['title', 2, '"title" is not setting=value'],
])('tenant set %s is refused with exit code %i', async (pair, code, message) => {
  const refused = await pgrant(['tenant', 'set', 'acme', pair]);
  expect(refused.code).toBe(code);
  expect(refused.err).toContain(`pgrant: ${message}`);
});

test('tenant set takes a setting back with an empty value, and lists by their members', async () => {
  await document('tenant set acme audience=https://api.example');
  expect(await document('tenant set acme audience=')).toMatchObject({ audience: null });
  const set = ['tenant', 'set', 'acme', 'client_document_hosts=claude.ai *.example.com', '--json'];
  expect(JSON.parse((await pgrant(set)).out)).toMatchObject({
    client_document_hosts: ['claude.ai', '*.example.com'],
  });
  expect(await document('tenant set acme client_document_hosts=')).toMatchObject({
    client_document_hosts: [],
  });
});

test('tenant set takes text as it is typed, whatever it looks like', async () => {
  expect(await document('tenant set acme title=123')).toMatchObject({ title: '123' });
  await document('tenant set acme title=Acme');
});

test('set --help has every setting with its default and what it must be', async () => {
  for (const [command, table] of Object.entries({
    tenant: 'tenants',
    client: 'clients',
  } as const)) {
    const { code, out } = await pgrant([command, 'set', '--help']);
    expect(code).toBe(0);
    for (const { name } of stored[table]) expect(out).toContain(`\n  ${name}`);
  }
  const { out } = await pgrant(['tenant', 'set', '--help']);
  expect(out).toContain('replay_window (default 1m)');
  expect(out.replace(/\s+/g, ' ')).toContain('Must be a whole number of seconds from 0 to 600.');
});

test('disabling may be repeated, and so may enabling', async () => {
  for (let round = 0; round < 2; round++) await document('tenant disable acme');
  const [disabled] = await document('tenant list');
  expect(disabled.disabled_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  for (let round = 0; round < 2; round++) await document('tenant enable acme');
  expect(await document('tenant list')).toMatchObject([{ name: 'acme', disabled_at: null }]);
});

test('key rotate publishes a key that signs after the lead, and says so when one is waiting', async () => {
  const [key] = await document('key rotate --tenant acme --alg ES256');
  expect(key).toMatchObject({ alg: 'ES256', added: true });
  const lead = Date.parse(key.active_at) - Date.now();
  expect(lead).toBeGreaterThan(86_300_000);
  expect(lead).toBeLessThanOrEqual(86_400_000);

  const again = await pgrant(['key', 'rotate', '--tenant', 'acme']);
  expect(again.code).toBe(0);
  expect(again.out).toContain(
    `ES256: key ${key.kid} is waiting already and signs from ${key.active_at}; no other was made\n`,
  );
  expect(again.out).toMatch(/^RS256: key \S+ is published and signs from \S+Z$/m);
  const keys: { alg: string; state: string }[] = await document('key list --tenant acme');
  // Those that fapi2 has had made stay.
  const offered = keys.filter(({ alg }) => alg === 'ES256' || alg === 'RS256');
  expect(offered.map(({ alg, state }) => `${alg} ${state}`)).toEqual([
    'ES256 published',
    'ES256 active',
    'RS256 published',
    'RS256 active',
  ]);
  const { out } = await pgrant(['key', 'list', '--tenant', 'acme']);
  expect(out).toMatch(/^ALG +STATE +KID +CREATED AT +ACTIVE AT +EXPIRES AT\n/);
  expect(out).not.toMatch(/sealed|private/i);
});

test('tenant remove without a terminal refuses with exit code 2, and goes ahead with --yes', async () => {
  const refused = await pgrant(['tenant', 'remove', 'acme']);
  expect(refused.code).toBe(2);
  expect(refused.err).toBe(
    'pgrant: this removes the tenant acme with all that it has for good: say so with --yes\n',
  );
  expect(await document('tenant list')).toHaveLength(1);
  expect(await document('tenant remove acme --yes')).toMatchObject({ removed: true, rows_left: 0 });
  expect(await document('tenant list')).toEqual([]);
  const gone = await pgrant(['tenant', 'remove', 'acme', '--yes']);
  expect(gone).toEqual({
    code: 1,
    out: '',
    err: 'pgrant: there is no tenant named acme\n  list the tenants: pgrant tenant list\n',
  });
});

test('an audience that nobody can type again is refused', async () => {
  await document('tenant add heard --issuer http://localhost:3000/heard');
  for (const audience of ['a\nb', ' api', 'api ', 'a\u202eb', '\u200b']) {
    const { code, err } = await pgrant(['tenant', 'set', 'heard', `audience=${audience}`]);
    expect([code, err]).toEqual([
      1,
      expect.stringContaining(
        'audience must be text of 1 to 512 characters that can be seen, without spaces at the ends, not',
      ),
    ]);
  }
});
