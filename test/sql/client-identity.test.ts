// Consent is to a client as it was shown: whatever changes that, and by whatever way, people are asked again.
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { beside } from '../support/beside.ts';
import {
  ask,
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  redirect_uri,
  secret,
  type User,
  type World,
} from '../support/fixtures.ts';
import {
  begin,
  decide,
  login,
  newBrowser,
  obtainCode,
  obtainTokens,
  proceed,
  rotate,
} from '../support/flows.ts';
import { configure, publicClient, register } from '../support/self-registered.ts';
import { makeKey, setOf } from '../support/signing.ts';

let world: World;
let ada: User;

beforeAll(async () => {
  world = await makeWorld(8);
  ada = await makeUser(world, 'ada');
  await configure(world, {
    registration: 'open',
    registration_rate: 1_000_000,
    client_documents: 'open',
    client_document_rate: 1_000_000,
    developer_portal: true,
    developer_quota: 1000,
    authorization_rate: 1_000_000,
  });
});

const metadata = () => ({ name: 'Fern', ...publicClient, redirect_uris: [redirect_uri] });
const publicly = (client_id: string): Client => ({
  client_id,
  auth_method: 'none',
  secret_hash: null,
});
/** An application that ada brought, and what changes it; says whether that waits for a review. */
async function bring(base: object) {
  const browser = newBrowser();
  await obtainCode(world, browser, await makeClient(world, randomUUID(), metadata()), ada);
  const described = { name: 'Fern', redirect_uris: [redirect_uri], scopes, ...base };
  const added = await ask(world, api.developer_client_add, {
    ...browser,
    kind: 'app',
    metadata: described as never,
    next_secret_hash: secret(),
  });
  const client_id = String(added.client_id);
  const set = (more: object) =>
    ask(world, api.developer_client_set, {
      ...browser,
      client_id,
      metadata: { ...described, ...more } as never,
      message: '',
    });
  return { client: publicly(client_id), browser, set };
}
const scopes = ['openid', 'email', 'profile', 'offline_access'];

type Way = { client: Client; change: (more: object) => Promise<unknown> };

/** Every function by which a client is changed: makes a client, and what changes it so. */
const ways: Record<string, (base?: object) => Promise<Way>> = {
  'pgrant_api.registration_replace': async (base = {}) => {
    const { client, registration_hash } = await register(world, { ...metadata(), ...base });
    const change = (more: object) =>
      ask(world, api.registration_replace, {
        registered_id: client.client_id,
        registration_hash,
        metadata: { ...metadata(), ...base, ...more } as never,
        next_secret_hash: secret(),
      });
    return { client, change };
  },
  'pgrant_api.client_document_store': async (base = {}) => {
    const client_url = `https://fern.example/${randomUUID()}`;
    const change = (more: object) =>
      ask(world, api.client_document_store, {
        client_url,
        metadata: { ...metadata(), ...base, ...more } as never,
        fresh_for: 600,
      });
    await change({});
    return { client: publicly(client_url), change };
  },
  'pgrant_api.developer_client_set': async (base = {}) => {
    const { client, set } = await bring(base);
    return { client, change: set };
  },
  'pgrant_ops.developer_client_approve': async (base = {}) => {
    const { client, browser, set } = await bring(base);
    const { client_id } = client;
    const approve = () => operate(world, ops.developer_client_approve, { client_id });
    await ask(world, api.developer_client_submit, { ...browser, client_id, message: '' });
    await approve();
    const change = async (more: object) => {
      const { in_review } = await set(more);
      return in_review ? approve() : {};
    };
    return { client, change };
  },
  'pgrant_ops.client_set': async (base = {}) => {
    const client = await makeClient(world, randomUUID(), { ...metadata(), ...base });
    const change = (settings: object) =>
      operate(world, ops.client_set, { client_id: client.client_id, settings: settings as never });
    return { client, change };
  },
};

const other = 'https://other.example/callback';
const asksAgain: Record<string, unknown> = {
  name: 'Moss',
  redirect_uris: [redirect_uri, other],
  post_logout_redirect_uris: [other],
  client_uri: 'https://moss.example',
  logo_uri: 'https://moss.example/logo.png',
  tos_uri: 'https://moss.example/tos',
  policy_uri: 'https://moss.example/policy',
  token_endpoint_auth_method: 'client_secret_basic',
  jwks: { keys: [] },
  jwks_uri: 'https://moss.example/keys',
  tls_client_auth_subject_dn: 'CN=moss',
  tls_client_auth_san_dns: 'moss.example',
  tls_client_auth_san_uri: 'https://moss.example',
  tls_client_auth_san_ip: '192.0.2.1',
  tls_client_auth_san_email: 'moss@moss.example',
};
const asksNobody: Record<string, unknown> = {
  allowed_origins: ['https://fern.example'],
  application_type: 'native',
  grant_types: ['authorization_code'],
  scopes: ['openid', 'email', 'profile'],
  id_token_alg: 'ES256',
  userinfo_alg: 'ES256',
  contacts: ['ada@fern.example'],
  software_id: 'fern',
  software_version: '2',
  default_max_age: 3600,
  default_acr_values: ['1'],
  subject_type: 'pairwise',
  sector_identifier_uri: 'https://fern.example/sector.json',
  require_auth_time: true,
  initiate_login_uri: 'https://fern.example/start',
  token_endpoint_auth_signing_alg: 'ES256',
  registered: { software_statement: 'x' },
  left_out: { 'https://moss.example/*': 'a wildcard' },
  consent: 'assured',
  require_pkce: true,
  access_token_format: 'opaque',
  access_token_alg: 'RS256',
  access_token_lifetime: 60,
  id_token_lifetime: 60,
  refresh_idle_lifetime: 60,
  refresh_lifetime: 60,
  replay_window: 0,
  consent_lifetime: 600,
  assertion_audience: 'token_endpoint',
  assertion_lifetime: 3600,
  id_token_claims: true,
  dpop_bound_access_tokens: true,
  tls_client_certificate_bound_access_tokens: true,
  backchannel_logout_uri: 'https://fern.example/logout',
  backchannel_logout_session_required: true,
  frontchannel_logout_uri: `${new URL(redirect_uri).origin}/logout`,
  frontchannel_logout_session_required: true,
  authorization_alg: 'ES256',
  introspection_alg: 'ES256',
  introspection_audience: null,
  request_object_signing_alg: 'ES256',
  request_uris: ['https://fern.example/request.jwt'],
  default_resource: null,
  device_codes_together: true,
  authorization_details_types: [],
  grant_management: true,
  token_rate: 1000,
  third_party: true,
};
/** What has a silent request refused by itself. */
const asksOtherwise = [
  'require_signed_request_object',
  'require_pushed_authorization_requests',
  'security_profile',
];

/** What a silent request of somebody who has allowed the client gets, before and after a change. */
async function silently({ client, change }: Way, more: object) {
  const browser = newBrowser();
  await obtainCode(world, browser, client, ada);
  const silent = async () => {
    const { row } = await begin(world, browser, client, { prompt: ['none'] });
    return row.response_error ?? (row.code_expires_at ? 'code' : row.next);
  };
  const before = await silent();
  expect(await change(more)).not.toMatchObject({ error: expect.anything() });
  return [before, await silent()];
}

describe.each(Object.entries(ways))('a change by %s', (name, make) => {
  const settable = async () => {
    const fields = name.includes('developer') ? 'developer_fields' : 'registration_fields';
    const [row] = await world.database.sql.unsafe(
      name === 'pgrant_ops.client_set'
        ? `select array_agg(s.name) as columns from pgrant_ops.setting_list('clients') s`
        : `select pgrant_rules.${fields}() as columns`,
    );
    return row?.columns as string[];
  };

  test('of what people decide by has a silent request refused, of anything else not [RFC 9700 2.1, RFC 7592 2.2]', async () => {
    asksAgain.jwks = setOf(await makeKey());
    for (const column of (await settable()).filter((one) => !asksOtherwise.includes(one))) {
      const known = column in asksAgain ? asksAgain : asksNobody;
      expect(known, `${column} is in neither list`).toHaveProperty(column);
      const after = known === asksAgain ? 'consent_required' : 'code';
      const byName = column.startsWith('tls_client_auth_');
      const more = {
        [column]: known[column],
        ...(byName && { token_endpoint_auth_method: 'tls_client_auth' }),
      };
      expect(await silently(await make(), more), column).toEqual(['code', after]);
    }
  });

  test('that takes a redirect URI or a key away asks nobody', async () => {
    const [one, two] = [await makeKey(), await makeKey()];
    const uris = await make({ redirect_uris: [redirect_uri, other] });
    expect(await silently(uris, { redirect_uris: [redirect_uri] })).toEqual(['code', 'code']);
    const keys = await make({ jwks: setOf(one, two) });
    expect(await silently(keys, { jwks: setOf(two) })).toEqual(['code', 'code']);
  });

  test('leaves what an operator changes at the same moment', async () => {
    const { client, change } = await make();
    const { client_id } = client;
    const settings = { refresh_lifetime: 60 } as never;
    await beside(
      world,
      (at) => operate(at, ops.client_set, { client_id, settings }),
      () => change({ name: 'Moss' }),
    );
    const [now] = await world.database.sql`
      select name, refresh_lifetime from pgrant.clients where client_id = ${client_id}`;
    expect(now).toEqual({ name: 'Moss', refresh_lifetime: 60 });
  });

  test('there and back asks again all the same', async () => {
    const way = await make();
    const change = async () => {
      await way.change({ name: 'Moss' });
      return way.change({ name: 'Fern' });
    };
    expect(await silently({ ...way, change }, {})).toEqual(['code', 'consent_required']);
  });

  test('that comes while the consent page is shown has it shown again, as the client is now', async () => {
    const { client, change } = await make();
    const browser = newBrowser();
    const flow = await begin(world, browser, client);
    await login(world, flow, ada);
    expect(await proceed(world, flow)).toMatchObject({
      next: 'consent',
      page: { client_name: 'Fern' },
    });
    await change({ name: 'Moss' });
    expect(await decide(world, flow)).toMatchObject({ next: 'continue', code_expires_at: null });
    expect(await proceed(world, flow)).toMatchObject({
      next: 'consent',
      page: { client_name: 'Moss' },
    });
    expect((await decide(world, flow)).code_expires_at).not.toBeNull();
  });

  test('that takes the redirect URI of a request away ends the request', async () => {
    const { client, change } = await make();
    const flow = await begin(world, newBrowser(), client);
    await login(world, flow, ada);
    expect((await proceed(world, flow)).next).toBe('consent');
    await change({ redirect_uris: [other] });
    expect((await decide(world, flow)).error).toBe('expired_request');
    expect((await proceed(world, flow)).error).toBe('expired_request');
  });

  test('at the moment of consent comes before it or outdates it, twenty times', async () => {
    const { client, change } = await make();
    for (let round = 0; round < 20; round += 1) {
      const browser = newBrowser();
      const flow = await begin(world, browser, client);
      await login(world, flow, ada);
      expect((await proceed(world, flow)).next).toBe('consent');
      await Promise.all([decide(world, flow), change({ name: `Fern ${round}` })]);
      const { row } = await begin(world, browser, client, { prompt: ['none'] });
      expect(row.response_error, `round ${round}`).toBe('consent_required');
    }
  });
});

test('there is no other way to change a client than those above', async () => {
  const found = await world.database.sql`
    with recursive f as (
      select p.oid, p.pronamespace::regnamespace || '.' || p.proname as name, p.prosrc
        from pg_proc p where p.pronamespace::regnamespace::text like 'pgrant%'),
    callers as (
      select f.name from f where f.name = 'pgrant_rules.client_identity_date'
      union
      select f.name from callers c join f on f.prosrc ~ (replace(c.name, '.', '\\.') || '\\('))
    select distinct name from callers where name not like 'pgrant_rules.%' order by 1`;
  expect(found.map(({ name }) => name)).toEqual(Object.keys(ways).sort());
});

test('a borrowed registration access token gets nobody who consented before, and what they have lives on', async () => {
  const { client, registration_hash } = await register(world, metadata());
  const { refresh, browser } = await obtainTokens(world, client, ada);
  await ask(world, api.registration_replace, {
    registered_id: client.client_id,
    registration_hash,
    metadata: { ...metadata(), redirect_uris: [other] } as never,
    next_secret_hash: secret(),
  });
  const { row } = await begin(world, browser, client, { prompt: ['none'], redirect_uri: other });
  expect(row).toMatchObject({ response_error: 'consent_required', code_expires_at: null });
  expect((await rotate(world, client, refresh)).row.error).toBeNull();
});

describe('a client that nobody vouches for and that cannot be told from another [RFC 8252 8.6]', () => {
  const loopback = 'http://127.0.0.1:9999/callback';
  const asked = async (more: object, uri: string) => {
    const { client } = await register(world, { ...metadata(), redirect_uris: [uri], ...more });
    const browser = newBrowser();
    await obtainCode(world, browser, client, ada, { redirect_uri: uri });
    const { row } = await begin(world, browser, client, { prompt: ['none'], redirect_uri: uri });
    return row.response_error ?? 'code';
  };

  test('asks each time, where any program could take the code', async () => {
    expect(await asked({}, loopback)).toBe('consent_required');
    expect(await asked({}, 'com.example.fern:/callback')).toBe('consent_required');
    expect(await asked({}, redirect_uri)).toBe('code');
    const settings = { registered_consent: 'always' };
    await configure(world, settings);
    expect(await asked({}, redirect_uri)).toBe('consent_required');
    await configure(world, { registered_consent: 'remember' });
    expect(await asked({}, loopback)).toBe('code');
    await configure(world, { registered_consent: 'assured' });
  });
});
