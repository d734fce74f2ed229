import { beforeAll, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import {
  ask,
  auditOf,
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  secret,
  type World,
} from '../support/fixtures.ts';
import { begin, newBrowser, obtainTokens, rotate } from '../support/flows.ts';

let world: World;
let confidential: Client;
let open: Client;
const native = 'native';

beforeAll(async () => {
  world = await makeWorld();
  confidential = await makeClient(world, 'service', {
    grant_types: ['client_credentials'],
    redirect_uris: [],
  });
  open = await makeClient(world, 'spa', { token_endpoint_auth_method: 'none' });
  await makeClient(world, native, {
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    redirect_uris: [
      'http://127.0.0.1/callback',
      'http://[::1]:3000/callback?x=1',
      'http://localhost/callback',
      'com.example.app:/callback',
      'https://app.example/callback?tenant=1',
    ],
  });
});

describe('the policy of a client', () => {
  /** A row in which no two columns of a type that has more than two values say the same. */
  const rowOf = async (table: string, from: number): Promise<Record<string, unknown>> => {
    const [found] = await world.database.sql`
    select jsonb_object_agg(a.attname, case format_type(a.atttypid, null)
             when 'integer' then to_jsonb(${from}::int + a.attnum)
             when 'text' then to_jsonb(${table}::text || a.attnum)
             when 'text[]' then jsonb_build_array(${table}::text || a.attnum)
             when 'boolean' then to_jsonb(a.attnum % 2 = 0)
             when 'bytea' then to_jsonb('\\x0' || a.attnum % 10)
             when 'timestamp with time zone' then to_jsonb('2026-01-01T00:00:00+00:00'::timestamptz + make_interval(mins => a.attnum))
           end) as row
      from pg_attribute a
     where a.attrelid = ('pgrant.' || ${table}::text)::regclass and a.attnum > 0 and not a.attisdropped
       and a.attname <> all ('{disabled_at,expires_at,maker_id,allowed_networks,security_profile}')`;
    return found?.row;
  };
  // What is said of both, or of neither by this name.
  const derived = [
    ...[
      'audience',
      'tenant_name',
      'tenant_id',
      'self_registered',
      'request_due',
      'use_due',
      'third_party',
    ],
    ...[
      'told_of_logout',
      'grant_management',
      'dpop_bound_access_tokens',
      'maker_id',
      'allowed_networks',
    ],
    ...['require_pushed_authorization_requests', 'require_signed_request_object'],
    ...['security_profile', 'profile_fault', 'second_factor'],
  ];

  const leftToTenant = [
    ...['access_token_format', 'access_token_alg', 'access_token_lifetime', 'id_token_lifetime'],
    ...['refresh_idle_lifetime', 'refresh_lifetime', 'replay_window', 'consent_lifetime'],
  ];

  test('has in each column what the client or else its tenant has in that of the same name', async () => {
    const client = await rowOf('clients', 1000);
    const tenant = await rowOf('tenants', 2000);
    const policyOf = async (own: object) => {
      const [{ policy } = {}] = await world.database.sql`
        select to_jsonb(pgrant_rules.client_policy(jsonb_populate_record(null::pgrant.clients, ${own as never}),
                                                   jsonb_populate_record(null::pgrant.tenants, ${tenant as never}))) as policy`;
      return policy as Record<string, unknown>;
    };
    const told = await policyOf(client);
    const names = Object.keys(told).filter((name) => !derived.includes(name));
    expect(names.length).toBeGreaterThan(40);
    for (const name of names)
      expect({ [name]: told[name] }).toEqual({ [name]: client[name] ?? tenant[name] });
    const left = await policyOf({ client_id: 'left' });
    for (const name of leftToTenant)
      expect({ [name]: left[name] }).toEqual({ [name]: tenant[name] });
    expect(await policyOf({ ...client, disabled_at: '2026-01-01T00:00:00Z' })).toBeNull();
  });
});

describe('a redirect URI', () => {
  test.each([
    'http://127.0.0.1/callback',
    'http://127.0.0.1:0/callback',
    'http://127.0.0.1:51004/callback',
    'http://127.0.0.1:65535/callback',
    'http://[::1]/callback?x=1',
    'http://[::1]:51004/callback?x=1',
    'com.example.app:/callback',
    'https://app.example/callback?tenant=1',
  ])(
    '%s is as registered, but for the port of a loopback IP literal [RFC 8252 7.3]',
    async (uri) => {
      const { row } = await begin(
        world,
        newBrowser(),
        { client_id: native },
        { redirect_uri: uri },
      );
      expect(row).toMatchObject({ error: null, redirect_uri: uri });
    },
  );

  test.each([
    'http://127.0.0.1:51004/callback/',
    'http://127.0.0.1:51004/callback?y=1',
    'http://127.0.0.1:51004/callback#fragment',
    'http://127.0.0.1:51004/Callback',
    'http://127.0.0.1:51004//callback',
    'http://127.0.0.1:51004@evil.example/callback',
    'http://127.0.0.1:@evil.example/callback',
    'http://127.0.0.1.evil.example/callback',
    'http://127.0.0.1:51004.evil.example/callback',
    'http://127.0.0.1:123456/callback',
    'http://127.0.0.1:/callback',
    'http://127a0b0c1/callback',
    'http://127.0.0.2/callback',
    'HTTP://127.0.0.1/callback',
    'https://127.0.0.1/callback',
    'http://127.0.0.1:51004/callback\nhttp://evil.example',
    'http://[::1]:3000/callback',
    'http://[0:0:0:0:0:0:0:1]:3000/callback?x=1',
    'http://localhost.evil.example/callback',
    'com.example.app:/callback/more',
    'https://app.example/callback',
    'https://app.example/callback?tenant=1&more=1',
    'https://app.example:443/callback?tenant=1',
    'https://app.example/callback?tenant=1#',
    '//evil.example/callback',
    'javascript:alert(1)',
    '',
  ])('%s is not registered, and nobody is sent there [RFC 9700 4.1.3]', async (uri) => {
    const { row } = await begin(world, newBrowser(), { client_id: native }, { redirect_uri: uri });
    expect(row).toMatchObject({
      error: 'invalid_redirect_uri',
      redirect_uri: null,
      next: null,
      state: null,
    });
  });

  test('is on localhost at any port where it was registered without one, and else at its own [RFC 9700 4.1.3]', async () => {
    const errorOf = async (client_id: string, uri: string) =>
      (await begin(world, newBrowser(), { client_id }, { redirect_uri: uri })).row.error;
    const redirect_uris = ['http://localhost/callback', 'http://localhost:3000/own'];
    await makeClient(world, 'any-port', { redirect_uris });
    for (const uri of ['http://localhost/callback', 'http://localhost:51004/callback'])
      expect([uri, await errorOf('any-port', uri)]).toEqual([uri, null]);
    for (const uri of [
      'http://localhost:51004/own',
      'http://localhost/own',
      'http://localhost:51004/callback/',
      'http://localhost:51004/callback?y=1',
      'http://localhost:123456/callback',
      'https://localhost:51004/callback',
      'http://LOCALHOST:51004/callback',
      'http://127.0.0.1:51004/callback',
      'http://localhost.evil.example/callback',
      'http://localhost:51004@evil.example/callback',
      'http://localhost:51004.evil.example/callback',
    ])
      expect([uri, await errorOf('any-port', uri)]).toEqual([uri, 'invalid_redirect_uri']);
  });

  test('may be left out only where one is registered and openid is not asked for [Core 3.1.2.1]', async () => {
    const send = (client_id: string, scopes: string[]) =>
      begin(world, newBrowser(), { client_id }, { redirect_uri: null, scopes });
    const registered = { error: null, redirect_uri: 'https://app.example/callback' };
    expect((await send('spa', ['email'])).row).toMatchObject(registered);
    expect((await send('spa', ['openid'])).row.error).toBe('invalid_redirect_uri');
    expect((await send(native, ['email'])).row.error).toBe('invalid_redirect_uri');
  });
});

describe('client authentication', () => {
  const issue = (client: Partial<Client>) =>
    ask(world, api.client_credentials_issue, { ...client, access_hash: secret() });

  test.each([
    ['the right secret in the header', {}, null],
    ['the right secret in the body', { auth_method: 'client_secret_post' }, null],
    ['a wrong secret', { secret_hash: secret() }, 'invalid_client'],
    ['no secret', { secret_hash: null }, 'invalid_client'],
    ['no method', { auth_method: 'none' }, 'invalid_client'],
    ['no method and no secret', { auth_method: 'none', secret_hash: null }, 'invalid_client'],
    ['a method of null', { auth_method: null as never, secret_hash: null }, 'invalid_client'],
    ['another method', { auth_method: 'private_key_jwt' }, 'invalid_client'],
    ['an unknown client', { client_id: 'nobody' }, 'invalid_client'],
    ['another case', { client_id: 'SERVICE' }, 'invalid_client'],
    [
      'a public client',
      { client_id: 'spa', auth_method: 'none', secret_hash: null },
      'unauthorized_client',
    ],
    ['a public client with a secret', { client_id: 'spa' }, 'invalid_client'],
    [
      'a public client with a method of null',
      { client_id: 'spa', auth_method: null as never },
      'invalid_client',
    ],
  ])('with %s', async (_, change, error) => {
    const row = await issue({ ...confidential, ...change });
    expect(row.error).toBe(error);
    expect(row.access_expires_at === null).toBe(error !== null);
  });

  test('takes several live secrets, each until its own end', async () => {
    const client = await makeClient(world, 'rolling', {
      grant_types: ['client_credentials'],
      redirect_uris: [],
    });
    const next = { ...client, secret_hash: secret() };
    await operate(world, ops.client_secret_add, {
      client_id: 'rolling',
      secret_hash: next.secret_hash,
      retire_others_after: 60,
    });
    expect([(await issue(client)).error, (await issue(next)).error]).toEqual([null, null]);
    await world.database.sql`
      update pgrant.client_secrets set expires_at = now()
       where client_id = 'rolling' and expires_at < 'infinity'`;
    expect([(await issue(client)).error, (await issue(next)).error]).toEqual([
      'invalid_client',
      null,
    ]);
    const { client_show } = await operate(world, ops.client_show, { client_id: 'rolling' });
    const { secrets } = client_show as {
      secrets: { secret_id: string; expires_at: string | null }[];
    };
    const secret_id = secrets.find(({ expires_at }) => expires_at === null)?.secret_id ?? '';
    await operate(world, ops.client_secret_remove, { client_id: 'rolling', secret_id });
    expect((await issue(next)).error).toBe('invalid_client');
  });

  test('that fails is recorded, with the reason', async () => {
    const client = await makeClient(world, 'guessed', { grant_types: ['client_credentials'] });
    await issue({ ...client, secret_hash: secret() });
    const recorded = await auditOf(world, 'client.authenticate');
    expect(recorded.filter(({ client_id }) => client_id === client.client_id)).toMatchObject([
      { error: 'invalid_client', reason: 'client secret wrong or expired' },
    ]);
  });
});

test('a client that loses a grant type may not use it any more, with what it has [RFC 6749 5.2]', async () => {
  const tokens = await obtainTokens(world, open, await makeUser(world, 'ada'));
  expect(tokens.row.refresh_token).toBe(true);
  const allow = (grant_type: string) =>
    operate(world, ops.client_set, { client_id: 'spa', settings: { grant_types: [grant_type] } });
  await allow('authorization_code');
  const refused = { error: 'unauthorized_client', access_expires_at: null };
  expect((await rotate(world, open, tokens.refresh)).row).toMatchObject(refused);
  await allow('refresh_token');
  expect((await begin(world, tokens.browser, open)).row.response_error).toBe('unauthorized_client');
  expect((await rotate(world, open, tokens.refresh)).row.error).toBeNull();
});
