// What the tokens of a resource say, for servers that were made for the tokens of others.
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { canonicalResource, isResource } from '../../src/protocol/scope.ts';
import { newLastingSecret } from '../../src/protocol/secrets.ts';
import {
  type Acme,
  discover,
  obtainTokens,
  proceed,
  redirect_uri,
  startAcme,
} from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { addClient } from '../support/issuer.ts';
import { asserted, makeKey, setOf, sign, signer } from '../support/signing.ts';

const broker = 'urn:rabbitmq:cluster-1';
const kafka = 'https://kafka.example.com';
let acme: Acme;
let config: client.Configuration;

beforeAll(async () => {
  acme = await startAcme();
  config = await discover(acme, acme.web);
  const { worker } = acme.database;
  const { tenant } = acme;
  await call(worker, ops.role_add, { tenant, role: 'administrator', title: 'Administrator' });
  await call(worker, ops.role_assign, { tenant, role: 'administrator', username: 'ada' });
  await call(worker, ops.group_set, { tenant, group: 'staff', title: 'Staff', roles: [] });
  await call(worker, ops.group_member, { tenant, group: 'staff', username: 'ada', member: true });
  await register(broker, {
    audiences: ['rabbitmq'],
    access_token_scope: 'array',
    access_token_claims: {
      preferred_username: '{preferred_username}',
      email: '{email}',
      teams: '{groups}',
      tags: 'rabbitmq.tag:{roles}',
      jid: '{preferred_username}@chat.example',
    },
  });
  await register(kafka, { access_token_claims: { preferred_username: '{preferred_username}' } });
});

const register = (resource: string, more = {}) =>
  call(acme.database.worker, ops.resource_set, {
    tenant: acme.tenant,
    resource,
    title: 'A server',
    ...more,
  });
const setClient = (settings: object) =>
  call(acme.database.worker, ops.client_set, {
    tenant: acme.tenant,
    client_id: acme.web.client_id,
    settings: settings as never,
  });
const scope = 'openid profile roles administrator';

test('what is a resource is the same to SQL and to the protocol [RFC 8707 2, RFC 3986 4.3]', async () => {
  const canonical: [uri: string, form: string | null][] = [
    ['urn:rabbitmq:cluster-1', 'urn:rabbitmq:cluster-1'],
    ['URN:RabbitMQ:Cluster-1', 'urn:rabbitmq:Cluster-1'],
    ['HTTPS://Api.Example/Path/', 'https://api.example/Path'],
    ['https://api.example?x=/', 'https://api.example?x='],
    ['amqps://[::1]:5671/', 'amqps://[::1]:5671'],
    ['mailto:ada@example.com', 'mailto:ada@example.com'],
    ['tag:example.com,2026:x%2Fy', 'tag:example.com,2026:x%2Fy'],
    ['rabbitmq', null],
    ['urn:', null],
    ['https://', null],
    ['https:///path', null],
    ['https://?x', null],
    ['https://api.example/#part', null],
    ['https://api.example/a b', null],
    ['https://api.example/%2', null],
    ['https://ápi.example', null],
    ['1https://api.example', null],
    ['https://api.example\n', null],
  ];
  for (const [uri, form] of canonical) {
    const [row] = await acme.database.sql`select pgrant.resource_canonical(${uri}) as form`;
    expect([uri, row?.form, isResource(uri)]).toEqual([uri, form, form !== null]);
    if (form !== null) expect(canonicalResource(uri)).toBe(form);
  }
});

test.each(['http://[::1', 'https://a]b/', 'https://a:b/', 'https://a:123456/', 'https://a@b@c/'])(
  '%s is no resource, for no client reads it as a URL [RFC 3986 3.2]',
  async (uri) => {
    await expect(register(uri)).rejects.toMatchObject({
      code: 'OA003',
      message: `a resource is an absolute URI without fragment, and ${uri} is not`,
    });
  },
);

test.each([
  'http://[::1]',
  'https://u:p@a.example:8443/x?y',
  'https://[2001:db8::1]:9092',
  'urn:a:[x',
])('%s is one', async (uri) => {
  await register(uri);
  await call(acme.database.worker, ops.resource_remove, { tenant: acme.tenant, resource: uri });
});

test('a resource is removed, and recorded so, by its URI as it is registered, however it is written', async () => {
  await register('https://gone.example');
  const { tenant, database } = acme;
  await call(database.worker, ops.resource_remove, { tenant, resource: 'HTTPS://gone.example/' });
  const [event] = await database.sql`
    select detail from pgrant.audit_events
     where tenant_id = ${tenant} and action = 'resource.remove' order by at desc limit 1`;
  expect(event?.detail).toEqual({ resource: 'https://gone.example' });
});

test('a resource decides on audience, on the form of scope, and on claims of the person', async () => {
  const tokens = await obtainTokens(config, { scope, resource: broker });
  const claims = decodeJwt(tokens.access_token);
  expect(claims).toMatchObject({
    aud: [broker, 'rabbitmq'],
    scope: scope.split(' '),
    preferred_username: 'ada',
    teams: ['staff'],
    tags: ['rabbitmq.tag:administrator'],
    jid: 'ada@chat.example',
    org_id: 'acme',
  });
  // The scope email is not there, so nor is the claim.
  expect(claims).not.toHaveProperty('email');
  const { scope: text, ...state } = await client.tokenIntrospection(config, tokens.access_token);
  expect(text).toBe(scope);
  expect(state).toMatchObject({
    aud: [broker, 'rabbitmq'],
    jid: 'ada@chat.example',
    teams: ['staff'],
    tags: ['rabbitmq.tag:administrator'],
    username: 'ada',
  });
});

test('nobody has the address of another by what they are called [RFC 7622 3.1]', async () => {
  const { database, tenant } = acme;
  const browser = new Browser();
  const jidOf = async () => {
    const { access_token } = await obtainTokens(config, { scope, resource: broker }, browser);
    return decodeJwt(access_token).jid;
  };
  const rename = (from: string, to: string) =>
    database.sql`update pgrant.users set username = ${to} where tenant_id = ${tenant} and username = ${from}`;
  expect(await jidOf()).toBe('ada@chat.example');
  let name = 'ada';
  for (const next of [
    'admin@chat.example/x',
    'admin/x',
    'admin@evil.example',
    'a b',
    "o'neil+1.x",
  ]) {
    await rename(name, next);
    name = next;
    expect([name, await jidOf()]).toEqual([
      name,
      name === "o'neil+1.x" ? `${name}@chat.example` : undefined,
    ]);
  }
  await rename(name, 'ada');
});

test('an opaque token has the same claims at introspection, and what the consent does not allow has none', async () => {
  await setClient({ access_token_format: 'opaque' });
  const asked = { scope: 'openid email administrator', resource: broker };
  const { access_token } = await obtainTokens(config, asked);
  const state = await client.tokenIntrospection(config, access_token);
  expect(state).toMatchObject({ email: 'ada@example.com', tags: ['rabbitmq.tag:administrator'] });
  for (const claim of ['preferred_username', 'jid', 'teams']) {
    expect(state).not.toHaveProperty(claim);
  }
  await setClient({ access_token_format: null });
});

test('a token for two resources has what both ask for alike, and scope as a string', async () => {
  const verifier = client.randomPKCECodeVerifier();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  for (const resource of [kafka, broker]) url.searchParams.append('resource', resource);
  const browser = new Browser();
  const done = await proceed(browser, await browser.open(url));
  const { access_token } = await client.authorizationCodeGrant(config, new URL(done.url), {
    pkceCodeVerifier: verifier,
  });
  const claims = decodeJwt(access_token);
  expect(claims).toMatchObject({ aud: [kafka, broker, 'rabbitmq'], scope });
  expect(claims.preferred_username).toBe('ada');
  for (const claim of ['jid', 'tags', 'teams']) expect(claims).not.toHaveProperty(claim);
});

test('a client that cannot send resource has a default, and one that names another gets that', async () => {
  await setClient({ default_resource: 'HTTPS://kafka.example.com/' });
  const aud = async (more = {}) =>
    decodeJwt((await client.clientCredentialsGrant(config, more)).access_token).aud;
  expect(await aud()).toBe(kafka);
  expect(await aud({ resource: broker })).toEqual([broker, 'rabbitmq']);
  const { access_token } = await obtainTokens(config, { scope });
  expect(decodeJwt(access_token)).toMatchObject({ aud: kafka, preferred_username: 'ada' });
  const removed = call(acme.database.worker, ops.resource_remove, {
    tenant: acme.tenant,
    resource: kafka,
  });
  await expect(removed).rejects.toMatchObject({ code: 'OA003' });
  await setClient({ default_resource: null });
  expect(await aud()).toBe(acme.issuer);
  const unknown = setClient({ default_resource: 'https://nobody.example' });
  await expect(unknown).rejects.toMatchObject({ code: 'OA001' });
});

test('one audience is a string in tokens and at introspection, several are a list [RFC 7519 4.1.3]', async () => {
  const { access_token } = await obtainTokens(config, { scope, resource: kafka });
  expect(decodeJwt(access_token).aud).toBe(kafka);
  expect((await client.tokenIntrospection(config, access_token)).aud).toBe(kafka);
});

test('introspection has the grant_id that events have [RFC 7662 2.2]', async () => {
  const { access_token } = await obtainTokens(config, { scope });
  const [grant] = await acme.database.sql`
    select grant_id from pgrant.grants where client_id = ${acme.web.client_id} and revoked_at is null`;
  const state = await client.tokenIntrospection(config, access_token);
  expect(state.grant_id).toBe(grant?.grant_id);
  const machine = await client.clientCredentialsGrant(config);
  expect(await client.tokenIntrospection(config, machine.access_token)).not.toHaveProperty(
    'grant_id',
  );
});

test('a name that means something else, a claim that is none, and an audience of another are refused in a line', async () => {
  const faults: [more: object, message: RegExp][] = [
    [{ access_token_claims: { scope: '{groups}' } }, /scope says something of the token itself/],
    [{ access_token_claims: { sub: '{preferred_username}' } }, /sub says something of the token/],
    [{ access_token_claims: { username: '{preferred_username}' } }, /of the token itself/],
    [{ access_token_claims: { roles: '{roles}' } }, /every access token .* has roles already/],
    [{ access_token_claims: { email: '{preferred_username}' } }, /email means that claim/],
    [{ access_token_claims: { user: '{login}' } }, /user: there is no claim login/],
    [{ access_token_claims: { user: '{Email}' } }, /user: there is no claim Email/],
    [
      { access_token_claims: { user: '{email}\n' } },
      /user is made of text with one \{claim\} in it/,
    ],
    [{ access_token_claims: { user: 'ada' } }, /user is made of text with one \{claim\} in it/],
    [{ access_token_claims: { a: '{email}{name}' } }, /one \{claim\} in it/],
    [{ access_token_claims: { at: 'x{updated_at}' } }, /\{updated_at\} is no text/],
    [{ access_token_claims: { 'a b': '{email}' } }, /visible characters/],
    [{ audiences: ['rabbitmq'] }, /the audience rabbitmq is of urn:rabbitmq:cluster-1/],
  ];
  for (const [more, message] of faults) {
    await expect(register('https://new.example', more)).rejects.toThrow(message);
  }
  await expect(register('https://new.example', { audiences: [kafka] })).rejects.toMatchObject({
    code: 'OA003',
    message: expect.stringContaining('audiences must be a list of at most 10 names'),
  });
  const setAudience = (audience: string | null) =>
    call(acme.database.worker, ops.tenant_set, { tenant: acme.tenant, settings: { audience } });
  await expect(setAudience('rabbitmq')).rejects.toThrow(
    'the audience rabbitmq is that of tokens for no resource',
  );
  await setAudience('everything');
  await expect(register('https://new.example', { audiences: ['everything'] })).rejects.toThrow(
    'the audience everything is that of tokens for no resource',
  );
  await setAudience(null);
  const [row] = await acme.database.sql`
    select count(*)::int as rows from pgrant.resources where resource = 'https://new.example'`;
  expect(row?.rows).toBe(0);
  const taken = call(acme.database.worker, ops.tenant_set, {
    tenant: acme.tenant,
    settings: { roles_claim: 'tags' },
  });
  await expect(taken).rejects.toThrow(`the resource ${broker} has tags already`);
});

test('an API key has the aud and the scopes of its resource', async () => {
  const { worker } = acme.database;
  const { secret, hash } = newLastingSecret('api_key');
  const key = { tenant: acme.tenant, username: 'ada', name: 'nightly', secret_hash: hash };
  const permissions = ['administrator'];
  await call(worker, ops.credential_add, { ...key, permissions, default_resource: broker });
  const state = await client.tokenIntrospection(config, secret);
  expect(state).toMatchObject({
    active: true,
    aud: [broker, 'rabbitmq'],
    scope: 'administrator',
    tags: ['rabbitmq.tag:administrator'],
  });
  await register('https://empty.example', { scopes: [] });
  const other = newLastingSecret('api_key');
  await call(worker, ops.credential_add, {
    ...key,
    secret_hash: other.hash,
    permissions,
    default_resource: 'https://empty.example',
  });
  const { scope: none, aud } = await client.tokenIntrospection(config, other.secret);
  expect([none, aud]).toEqual([undefined, 'https://empty.example']);
});

test('an API key is good no more once its credential signs in its place', async () => {
  const { worker } = acme.database;
  const { tenant } = acme;
  const { secret, hash } = newLastingSecret('api_key');
  const permissions = ['administrator'];
  const key = { tenant, username: 'ada', name: 'signing', permissions, secret_hash: hash };
  const { credential_add: client_id } = await call(worker, ops.credential_add, key);
  const state = async () => (await client.tokenIntrospection(config, secret)).active;
  const before = await state();
  const settings = {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: setOf(await makeKey()),
  };
  await call(worker, ops.client_set, { tenant, client_id, settings });
  expect([before, await state()]).toEqual([true, false]);
});

test('an API key is made, and good, only while the tenant takes what authenticates by client_secret_basic', async () => {
  const { worker } = acme.database;
  const { secret, hash } = newLastingSecret('api_key');
  const key = {
    tenant: acme.tenant,
    username: 'ada',
    name: 'held',
    permissions: ['administrator'],
  };
  await call(worker, ops.credential_add, { ...key, secret_hash: hash });
  const taken = (methods: string[] | null) =>
    call(worker, ops.tenant_set, {
      tenant: acme.tenant,
      settings: { token_endpoint_auth_methods: methods },
    });
  const signing = await makeKey();
  await addClient(acme.database, acme.tenant, 'asker', signer({ jwks: setOf(signing) }));
  const state = async () => {
    const response = await fetch(`${acme.issuer}/oauth/introspect`, {
      method: 'POST',
      body: new URLSearchParams({
        token: secret,
        ...asserted(await sign(signing, 'asker', acme.issuer)),
      }),
    });
    return ((await response.json()) as { active: boolean }).active;
  };
  await taken(['client_secret_post', 'private_key_jwt']);
  const found = [await state()];
  await taken(['private_key_jwt']);
  found.push(await state());
  const another = { ...key, secret_hash: newLastingSecret('api_key').hash };
  await expect(call(worker, ops.credential_add, another)).rejects.toThrow(
    /token_endpoint_auth_method must be private_key_jwt/,
  );
  await taken(null);
  found.push(await state());
  expect(found).toEqual([false, false, true]);
});
