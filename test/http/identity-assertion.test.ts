// Identity assertions (ID-JAG): one tenant issues, another accepts, with oauth4webapi and jose; and every way in which one is refused.
import { randomUUID } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, discover, obtainTokens, password, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { addClient, addTenant, addUser, type Client } from '../support/issuer.ts';
import { makeKey, type SigningKey, setOf } from '../support/signing.ts';

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const bearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const idJag = 'urn:ietf:params:oauth:token-type:id-jag';
const idToken = 'urn:ietf:params:oauth:token-type:id_token';
const refreshToken = 'urn:ietf:params:oauth:token-type:refresh_token';
const files = 'https://files.chat.example';
const http = { [oauth.allowInsecureRequests]: true };

/** The people's own server, at which the wiki signs them in. */
let idp: Acme;
/** The server of another product, whose API the wiki is to use for them. */
let chat: { tenant: string; issuer: string };
let wiki: Client;
let wikiThere: Client;
let config: client.Configuration;
let sub: string;
/** An issuer whose keys are known here, to sign what no server would. */
const foreign = 'https://idp.example';
let key: SigningKey;

const operate = (binding: (typeof ops)[keyof typeof ops], tenant: string, args: object) =>
  call(idp.database.worker, binding as never, { tenant, ...args } as never);

beforeAll(async () => {
  idp = await startAcme();
  chat = await addTenant(idp.database, idp.origin, 'chat');
  await addUser(idp.database, chat.tenant, 'lovelace', password, { email: 'ada@example.com' });
  await addUser(idp.database, chat.tenant, 'eve', password, { email: 'eve@example.com' });
  for (const scope of ['chat.read', 'chat.write', 'chat.admin']) {
    await operate(ops.scope_add, chat.tenant, { scope, title: scope });
  }
  await operate(ops.resource_set, chat.tenant, { resource: files, title: 'Files' });
  wiki = await addClient(idp.database, idp.tenant, 'wiki', {
    redirect_uris: ['http://127.0.0.1:9999/callback'],
    grant_types: ['authorization_code', 'refresh_token', exchange],
  });
  const atChat = { redirect_uris: [], grant_types: [bearer] };
  wikiThere = await addClient(idp.database, chat.tenant, 'wiki-at-chat', atChat);
  await addClient(idp.database, chat.tenant, 'other', atChat);
  await operate(ops.identity_assertion_policy_set, idp.tenant, {
    client_id: 'wiki',
    audience: chat.issuer,
    audience_client_id: 'wiki-at-chat',
    scopes: ['chat.read', 'chat.write'],
    resources: [files],
  });
  await operate(ops.upstream_add, chat.tenant, {
    name: 'company',
    kind: 'oidc',
    settings: { title: 'Company', issuer: idp.issuer, client_id: 'chat' },
    sealed_secrets: Buffer.alloc(64),
  });
  await operate(ops.identity_assertion_issuer_set, chat.tenant, {
    issuer: idp.issuer,
    jwks_uri: `${idp.issuer}/oauth/jwks.json`,
    upstream: 'company',
  });
  key = await makeKey('ES256');
  await operate(ops.identity_assertion_issuer_set, chat.tenant, {
    issuer: foreign,
    jwks: setOf(key),
  });
  for (const issuer of [idp.issuer, foreign]) {
    for (const client_id of ['wiki-at-chat', 'other']) {
      const scopes = ['chat.read', 'chat.write'];
      await operate(ops.identity_assertion_client_allow, chat.tenant, {
        issuer,
        client_id,
        scopes,
      });
    }
  }
  config = await discover(idp, wiki);
  sub = (await signIn()).claims?.sub ?? '';
  await operate(ops.upstream_link, chat.tenant, {
    name: 'company',
    subject: sub,
    username: 'lovelace',
  });
  await operate(ops.user_subject, chat.tenant, { username: 'eve', subject: 'eve-at-foreign' });
});

const signIn = (browser = new Browser(), asked = {}) =>
  obtainTokens(config, { scope: 'openid offline_access', ...asked }, browser);

type Answer = { status: number; access_token?: string; error?: string } & Record<string, unknown>;

/** Asks a token endpoint as oauth4webapi does, and gives the JSON of the answer. */
async function ask(
  issuer: string,
  { client_id, client_secret }: Client,
  grant: string,
  values: object,
  options = {},
): Promise<Answer> {
  const server = { issuer, token_endpoint: `${issuer}/oauth/token` };
  const response = await oauth.genericTokenEndpointRequest(
    server,
    { client_id },
    oauth.ClientSecretBasic(client_secret),
    grant,
    new URLSearchParams(Object.entries(values)),
    { ...http, ...options },
  );
  return { status: response.status, ...((await response.json()) as object) };
}

/** Exchanges the ID token of the wiki for an assertion. */
const assert = (subject_token: string, more: object = {}, by = wiki, options = {}) =>
  ask(
    idp.issuer,
    by,
    exchange,
    {
      requested_token_type: idJag,
      audience: chat.issuer,
      subject_token,
      subject_token_type: idToken,
      ...more,
    },
    options,
  );

/** Presents an assertion at the chat. */
const present = (assertion: string, more: object = {}, by = wikiThere, options = {}) =>
  ask(chat.issuer, by, bearer, { assertion, ...more }, options);

/** What the foreign issuer signs. */
function sign(claims: JWTPayload = {}, header: object = {}, by = key) {
  const now = Math.floor(Date.now() / 1000);
  const good = {
    iss: foreign,
    sub: 'eve-at-foreign',
    aud: chat.issuer,
    client_id: 'wiki-at-chat',
    jti: randomUUID(),
    iat: now,
    exp: now + 300,
    scope: 'chat.read',
  };
  return new SignJWT({ ...good, ...claims })
    .setProtectedHeader({ alg: by.alg, kid: by.kid, typ: 'oauth-id-jag+jwt', ...header })
    .sign(by.privateKey);
}

const introspect = async (token: string) => {
  const body = new URLSearchParams({ token, ...wikiThere });
  const response = await fetch(`${chat.issuer}/oauth/introspect`, { method: 'POST', body });
  return (await response.json()) as Record<string, unknown>;
};

const lastAudit = async (action: string, tenant = chat.tenant) =>
  (
    await idp.database.sql`
      select error, reason, detail, user_id from pgrant.audit_events
       where action = ${action} and tenant_id = ${tenant} order by at desc, error nulls last limit 1`
  )[0];

/** Reasons of refusals are recorded, the first of a kind each minute. */
const refusals = async (action: string, tenant = chat.tenant) =>
  (
    await idp.database.sql`
      select reason from pgrant.audit_events where action = ${action} and tenant_id = ${tenant} and error is not null`
  ).map((row) => row.reason as string);

test('the metadata say what is issued and taken, and from whom they do not [ID-JAG 7]', async () => {
  const found = config.serverMetadata();
  expect(found.identity_chaining_requested_token_types_supported).toEqual([idJag]);
  expect(found.authorization_grant_profiles_supported).toEqual([
    'urn:ietf:params:oauth:grant-profile:id-jag',
  ]);
  expect(found.grant_types_supported).toContain(bearer);
  expect(JSON.stringify(found)).not.toContain(foreign);
});

describe('the whole walk', () => {
  test('from the ID token of one tenant to an access token of the other [ID-JAG 4]', async () => {
    const { id_token = '' } = await signIn();
    const given = await assert(id_token, { scope: 'chat.read chat.admin', resource: files });
    expect(given).toMatchObject({
      status: 200,
      issued_token_type: idJag,
      token_type: 'N_A',
      scope: 'chat.read',
      expires_in: 300,
    });
    expect(given.refresh_token).toBeUndefined();
    const assertion = given.access_token ?? '';
    expect(decodeProtectedHeader(assertion).typ).toBe('oauth-id-jag+jwt');
    expect(decodeJwt(assertion)).toMatchObject({
      iss: idp.issuer,
      sub,
      aud: chat.issuer,
      client_id: 'wiki-at-chat',
      scope: 'chat.read',
      resource: files,
      jti: expect.any(String),
      auth_time: expect.any(Number),
    });
    const answer = await present(assertion);
    expect(answer).toMatchObject({
      status: 200,
      token_type: 'Bearer',
      scope: 'chat.read',
      resource: [files],
    });
    expect(answer.refresh_token ?? answer.id_token).toBeUndefined();
    const [person] = await idp.database.sql`
      select user_id from pgrant.users where tenant_id = ${chat.tenant} and username = 'lovelace'`;
    expect(decodeJwt(answer.access_token ?? '')).toMatchObject({
      iss: chat.issuer,
      aud: files,
      sub: person?.user_id,
      client_id: 'wiki-at-chat',
      scope: 'chat.read',
    });
    expect(await introspect(answer.access_token ?? '')).toMatchObject({ active: true });
    expect(await lastAudit('identity_assertion.redeem')).toMatchObject({
      error: null,
      detail: { issuer: idp.issuer, scopes: ['chat.read'] },
      user_id: person?.user_id,
    });
    expect(await lastAudit('identity_assertion.issue', idp.tenant)).toMatchObject({
      error: null,
      detail: { audience: chat.issuer, scopes: ['chat.read'] },
    });
  });

  test('oauth4webapi takes the answer of the other tenant', async () => {
    const server = await oauth
      .discoveryRequest(new URL(chat.issuer), http)
      .then((response) => oauth.processDiscoveryResponse(new URL(chat.issuer), response));
    const there = { client_id: 'wiki-at-chat' };
    const response = await oauth.genericTokenEndpointRequest(
      server,
      there,
      oauth.ClientSecretBasic(wikiThere.client_secret),
      bearer,
      new URLSearchParams({ assertion: await sign() }),
      http,
    );
    const answer = await oauth.processGenericTokenEndpointResponse(server, there, response);
    expect(answer.scope).toBe('chat.read');
  });

  test('by a refresh token, which is not rotated by it [ID-JAG 4.3]', async () => {
    const tokens = await signIn();
    const token = tokens.refresh_token ?? '';
    const given = await assert(token, { subject_token_type: refreshToken });
    expect(given).toMatchObject({ status: 200, scope: 'chat.read chat.write' });
    expect((await client.refreshTokenGrant(config, token)).access_token).toBeTruthy();
  });

  test('bound to a key by DPoP, and good with its proof alone [ID-JAG 9.7.1]', async () => {
    const { id_token = '' } = await signIn();
    const pair = await oauth.generateKeyPair('ES256');
    const DPoP = oauth.DPoP({}, pair);
    const given = await assert(id_token, {}, wiki, { DPoP });
    const assertion = given.access_token ?? '';
    expect(given.token_type).toBe('N_A');
    expect(decodeJwt(assertion).cnf).toEqual({ jkt: expect.any(String) });
    const without = await present(assertion);
    expect(without).toMatchObject({ status: 400, error: 'invalid_grant' });
    const other = oauth.DPoP({}, await oauth.generateKeyPair('ES256'));
    expect(await present(assertion, {}, wikiThere, { DPoP: other })).toMatchObject({
      error: 'invalid_grant',
    });
    const there = oauth.DPoP({}, pair);
    expect(await present(assertion, {}, wikiThere, { DPoP: there })).toMatchObject({
      status: 200,
      token_type: 'DPoP',
    });
  });
});

describe('an identity assertion is not issued', () => {
  const refused = async (given: Promise<Answer>, error: string) =>
    expect(await given).toMatchObject({ status: 400, error });

  test('for a subject token that is none, of another client or tenant, or an access token [RFC 8693 2.2.2]', async () => {
    const { id_token = '', access_token, refresh_token = '' } = await signIn();
    await refused(assert('none'), 'invalid_request');
    await refused(assert(access_token), 'invalid_request');
    await refused(assert(`${id_token.slice(0, -8)}AAAAAAAA`), 'invalid_request');
    const web = await discover(idp, idp.web);
    const others = await obtainTokens(web);
    await refused(assert(others.id_token ?? ''), 'invalid_request');
    await refused(
      assert(others.refresh_token ?? '', { subject_token_type: refreshToken }),
      'invalid_request',
    );
    await refused(assert(refresh_token), 'invalid_request');
    await refused(assert(id_token, { subject_token_type: refreshToken }), 'invalid_request');
    const reasons = await refusals('identity_assertion.issue', idp.tenant);
    expect(reasons).toEqual(
      expect.arrayContaining([
        'subject_token is no ID token of this issuer',
        'subject_token was given to another client',
        'refresh token of another client',
      ]),
    );
  });

  test('for a message that is malformed [RFC 8693 2.1]', async () => {
    const { id_token = '' } = await signIn();
    await refused(
      ask(idp.issuer, wiki, exchange, { requested_token_type: idJag, subject_token: id_token }),
      'invalid_request',
    );
    const access = { subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
    await refused(assert(id_token, access), 'invalid_request');
    await refused(
      assert(id_token, { actor_token: id_token, actor_token_type: idToken }),
      'invalid_request',
    );
    const bare = {
      requested_token_type: idJag,
      subject_token: id_token,
      subject_token_type: idToken,
    };
    await refused(ask(idp.issuer, wiki, exchange, bare), 'invalid_request');
  });

  test('beyond the policy: another audience, resource, scope, details, or client', async () => {
    const { id_token = '' } = await signIn();
    await refused(assert(id_token, { audience: 'https://elsewhere.example' }), 'invalid_target');
    await refused(assert(id_token, { audience: idp.issuer }), 'invalid_target');
    await refused(assert(id_token, { resource: 'https://other.example' }), 'invalid_target');
    await refused(assert(id_token, { scope: 'chat.admin' }), 'invalid_scope');
    await refused(
      assert(id_token, { authorization_details: '[{"type":"x"}]' }),
      'invalid_authorization_details',
    );
    await refused(assert(id_token, {}, idp.web), 'unauthorized_client');
  });

  test('once the grant is revoked, though another was given since', async () => {
    const browser = new Browser();
    const { id_token = '' } = await signIn(browser);
    const [row] = await idp.database.sql`
      update pgrant.grants set created_at = created_at - interval '10 seconds'
       where tenant_id = ${idp.tenant} and client_id = 'wiki' and revoked_at is null returning grant_id`;
    await operate(ops.grant_revoke, idp.tenant, { grant_id: row?.grant_id });
    await refused(assert(id_token), 'invalid_request');
    await idp.database.sql`select pg_sleep(1.1)`;
    await signIn();
    await refused(assert(id_token), 'invalid_request');
  });

  test('once the person has signed out, unless the access outlives that [OpenID Connect Core 11]', async () => {
    const signOut = (browser: Browser, id_token_hint: string) =>
      browser.open(client.buildEndSessionUrl(config, { id_token_hint }));
    const browser = new Browser();
    const { id_token = '' } = await obtainTokens(config, { scope: 'openid' }, browser);
    expect((await assert(id_token)).status).toBe(200);
    await signOut(browser, id_token);
    await refused(assert(id_token), 'invalid_request');
    const another = new Browser();
    const lasting = await signIn(another);
    await signOut(another, lasting.id_token ?? '');
    expect((await assert(lasting.id_token ?? '')).status).toBe(200);
    await client.tokenRevocation(config, lasting.refresh_token ?? '');
    await refused(assert(lasting.id_token ?? ''), 'invalid_request');
  });

  test('to a person who is disabled, nor for a token that has expired', async () => {
    const { id_token = '', refresh_token = '' } = await signIn();
    const disable = (disabled: boolean) =>
      operate(ops.user_disable, idp.tenant, { username: 'ada', disabled });
    await disable(true);
    await refused(assert(id_token), 'invalid_request');
    await refused(assert(refresh_token, { subject_token_type: refreshToken }), 'invalid_request');
    await disable(false);
    const settings = { id_token_lifetime: 60 };
    await operate(ops.client_set, idp.tenant, { client_id: 'wiki', settings });
    expect((await assert((await signIn()).id_token ?? '')).status).toBe(200);
  });

  test('for a refresh token that was superseded, which revokes its family [RFC 9700 4.14.2]', async () => {
    const tokens = await signIn();
    const first = tokens.refresh_token ?? '';
    const second = await client.refreshTokenGrant(config, first);
    await client.refreshTokenGrant(config, second.refresh_token ?? '');
    await refused(assert(first, { subject_token_type: refreshToken }), 'invalid_request');
    await expect(
      client.refreshTokenGrant(config, second.refresh_token ?? ''),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await lastAudit('refresh.reuse', idp.tenant)).toMatchObject({
      reason: 'refresh token reused',
    });
  });
});

describe('an identity assertion is not taken', () => {
  const refused = async (assertion: Promise<string> | string, words: string, by = wikiThere) => {
    const answer = await present(await assertion, {}, by);
    expect(answer).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(answer.error_description).toContain(words);
    expect(await refusals('identity_assertion.redeem')).toEqual(
      expect.arrayContaining([expect.stringContaining(words)]),
    );
  };
  const now = () => Math.floor(Date.now() / 1000);

  test.each([
    ['aud of another server', { aud: 'https://other.example' }, 'aud is not the issuer alone'],
    ['no aud', { aud: undefined }, 'aud is not the issuer alone'],
    ['another client_id', { client_id: 'other' }, 'client_id is another than the client'],
    ['no client_id', { client_id: undefined }, 'no client_id'],
    ['no sub', { sub: undefined }, 'no sub'],
    ['no jti', { jti: undefined }, 'no jti'],
    ['no exp', { exp: undefined }, 'no exp'],
    ['no iat', { iat: undefined }, 'no iat'],
    ['a scope that is none', { scope: ['chat.read'] }, 'scope is no list of scopes'],
    ['a resource that is none', { resource: ['files'] }, 'resource is no URI'],
    ['a sub of a tenant of its issuer', { tenant: 'one' }, 'sub is that of a tenant of its issuer'],
    ['another tenant of ours', { aud_tenant: 'other' }, 'aud_tenant is another than that of aud'],
    [
      'details that limit it',
      { scope: undefined, authorization_details: [{ type: 'x' }] },
      'it has authorization_details',
    ],
    ['somebody who acts', { act: { sub: 'agent' } }, 'it has act'],
    ['a key that is named otherwise', { cnf: { kid: 'x' } }, 'cnf is not by jkt alone'],
  ] as [string, JWTPayload, string][])(
    'with %s [ID-JAG 4.4, RFC 7523 3]',
    async (_, claims, words) => {
      await refused(sign(claims), words);
    },
  );

  test('with several aud, though one is right [ID-JAG 4.4]', async () => {
    await refused(sign({ aud: [chat.issuer, 'https://x.example'] }), 'aud is not the issuer alone');
    for (const aud_tenant of ['chat', chat.tenant]) {
      const named = { aud: [chat.issuer], aud_tenant };
      expect((await present(await sign(named))).status).toBe(200);
    }
    await refused(sign({ aud_tenant: idp.tenant }), 'aud_tenant is another than that of aud');
  });

  test('before its time, after it, or for longer than an hour [RFC 7523 3]', async () => {
    await refused(sign({ exp: now() - 60 }), 'expired');
    await refused(sign({ exp: now() + 7200 }), 'more than an hour');
    await refused(sign({ nbf: now() + 600 }), 'nbf is in the future');
    await refused(sign({ iat: now() + 600 }), 'iat is in the future');
    await refused(sign({ auth_time: now() + 600 }), 'auth_time is in the future');
  });

  test('of another typ, though the signature is good [RFC 8725 3.11]', async () => {
    await refused(sign({}, { typ: 'JWT' }), 'typ is another than oauth-id-jag+jwt');
    await refused(sign({}, { typ: 'at+jwt' }), 'typ is another than oauth-id-jag+jwt');
    const { id_token = '' } = await signIn();
    await refused(id_token, 'typ is another than oauth-id-jag+jwt');
  });

  test('by another key, of another alg, or with a signature that is wrong', async () => {
    const words = 'no key of its issuer has made its signature';
    await refused(sign({}, {}, await makeKey('ES256')), words);
    await refused(sign({ iss: 'https://unknown.example' }), words);
    const good = await sign();
    await refused(`${good.slice(0, -8)}AAAAAAAA`, words);
    const none = `${Buffer.from('{"alg":"none","typ":"oauth-id-jag+jwt"}').toString('base64url')}.${good.split('.')[1]}.`;
    await refused(none, 'alg is not supported');
  });

  test('by another alg than its key is registered for, and else by any [RFC 8725 3.1]', async () => {
    const rsa = await makeKey('RS256');
    const issuer = 'https://rsa.example';
    const named = { issuer, client_id: 'wiki-at-chat', scopes: ['chat.read'] };
    const register = (jwk: object) =>
      operate(ops.identity_assertion_issuer_set, chat.tenant, { issuer, jwks: { keys: [jwk] } });
    const assertion = () => sign({ iss: issuer }, {}, rsa);
    await register(rsa.jwk);
    await operate(ops.identity_assertion_client_allow, chat.tenant, named);
    expect((await present(await assertion())).status).toBe(200);
    await register({ ...rsa.jwk, alg: 'PS256' });
    await refused(assertion(), 'no key of its issuer has made its signature');
  });

  test('twice [RFC 7523 3]', async () => {
    const assertion = await sign();
    expect((await present(assertion)).status).toBe(200);
    await refused(assertion, 'used before');
    const jti = randomUUID();
    const together = await Promise.all(
      Array.from({ length: 5 }, async () => (await present(await sign({ jti }))).status),
    );
    expect(together.toSorted()).toEqual([200, 400, 400, 400, 400]);
    await refused(sign({ jti, exp: now() + 200 }), 'used before');
  });

  test('at the tenant that has issued it, nor at a third one [ID-JAG 9.3]', async () => {
    const { id_token = '' } = await signIn();
    const assertion = (await assert(id_token)).access_token ?? '';
    const third = await addTenant(idp.database, idp.origin, 'third');
    for (const { tenant, issuer } of [idp, third]) {
      const grant_types = [bearer];
      const there = await addClient(idp.database, tenant, 'wiki-at-chat', {
        redirect_uris: [],
        grant_types,
      });
      expect(await ask(issuer, there, bearer, { assertion })).toMatchObject({
        status: 400,
        error: 'invalid_grant',
      });
      expect(await refusals('identity_assertion.redeem', tenant)).toHaveLength(1);
    }
    // An operator cannot say so, and it would not count.
    const jwks = idp.database.sql.json(setOf(key) as never);
    await idp.database.sql`
      insert into pgrant.identity_assertion_issuers (tenant_id, issuer, jwks)
      values (${chat.tenant}, ${chat.issuer}, ${jwks})`;
    await refused(sign({ iss: chat.issuer }), 'it is of this server');
  });

  test('from a client that may not present it, that does not say who it is, or that is public', async () => {
    const issuer = foreign;
    await operate(ops.identity_assertion_client_deny, chat.tenant, { issuer, client_id: 'other' });
    const stranger = await addClient(idp.database, chat.tenant, 'stranger', {
      redirect_uris: [],
      grant_types: [bearer],
    });
    const assertion = await sign({ client_id: 'stranger' });
    expect(await present(assertion, {}, stranger)).toMatchObject({ error: 'invalid_grant' });
    expect(await refusals('identity_assertion.redeem')).toContain(
      'the client may not present assertions of this issuer',
    );
    const wrong = { client_id: 'wiki-at-chat', client_secret: 'wrong' };
    expect(await present(await sign(), {}, wrong)).toMatchObject({
      status: 401,
      error: 'invalid_client',
    });
    const body = new URLSearchParams({ grant_type: bearer, assertion: await sign() });
    const anonymous = await fetch(`${chat.issuer}/oauth/token`, { method: 'POST', body });
    expect([400, 401]).toContain(anonymous.status);
    await addClient(idp.database, chat.tenant, 'open', {
      token_endpoint_auth_method: 'none',
      redirect_uris: ['https://open.example/callback'],
      grant_types: ['authorization_code', bearer],
    });
    const open = new URLSearchParams({
      grant_type: bearer,
      client_id: 'open',
      assertion: await sign({ client_id: 'open' }),
    });
    const answer = await fetch(`${chat.issuer}/oauth/token`, { method: 'POST', body: open });
    expect(await answer.json()).toMatchObject({ error: 'unauthorized_client' });
  });

  test('for a person who is linked by nothing but an e-mail address, or is disabled', async () => {
    const claims = { sub: 'nobody', email: 'ada@example.com', email_verified: true };
    const answer = await present(await sign(claims));
    expect(answer).toMatchObject({ status: 400, error: 'invalid_grant' });
    const disable = (disabled: boolean) =>
      operate(ops.user_disable, chat.tenant, { username: 'eve', disabled });
    await disable(true);
    expect((await present(await sign())).error).toBe('invalid_grant');
    await disable(false);
    const assertion = await sign();
    expect((await present(assertion)).status).toBe(200);
    expect(await refusals('identity_assertion.redeem')).toContain(
      'sub of the assertion is linked with nobody here who may sign in',
    );
  });

  test('beyond what it says and what the client may have, and what is refused is not used up', async () => {
    const assertion = await sign({ scope: 'chat.read chat.admin', resource: files });
    expect(await present(assertion, { scope: 'chat.write' })).toMatchObject({
      error: 'invalid_scope',
    });
    expect(await present(assertion, { scope: 'chat.admin' })).toMatchObject({
      error: 'invalid_scope',
    });
    expect(await present(assertion, { resource: 'https://x.example' })).toMatchObject({
      error: 'invalid_target',
      error_description: expect.stringMatching(
        /beyond those of the assertion: https:\/\/x\.example$/,
      ),
    });
    expect(await present(assertion, { authorization_details: '[{"type":"x"}]' })).toMatchObject({
      error: 'invalid_authorization_details',
    });
    expect(await present(assertion)).toMatchObject({ status: 200, scope: 'chat.read' });
    const elsewhere = await sign({ resource: 'https://unknown.example' });
    expect(await present(elsewhere)).toMatchObject({ error: 'invalid_target' });
  });
});

describe('what an assertion gave', () => {
  test('is a grant that the account page shows and the person revokes; consent is asked for all the same', async () => {
    const { access_token = '' } = await present(await sign({ scope: 'chat.read' }));
    const settings = {
      grant_types: [bearer, 'authorization_code'],
      redirect_uris: ['http://127.0.0.1:9999/callback'],
    };
    await operate(ops.client_set, chat.tenant, { client_id: 'wiki-at-chat', settings });
    const browser = new Browser();
    const at = client.buildAuthorizationUrl(
      await discover({ ...idp, issuer: chat.issuer }, wikiThere),
      {
        redirect_uri: 'http://127.0.0.1:9999/callback',
        scope: 'chat.read',
        code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
        code_challenge_method: 'S256',
      },
    );
    const page = await browser.submit(await browser.open(at), { username: 'eve', password });
    expect(page.html).toContain('name="decision"');
    const account = await browser.open(`${chat.issuer}/oauth/account`);
    expect(account.html).toContain('wiki-at-chat');
    expect(account.html).toContain(foreign);
    expect(await introspect(access_token)).toMatchObject({ active: true, scope: 'chat.read' });
    const [row] = await idp.database.sql`
      select grant_id, assertion_issuer from pgrant.grants g join pgrant.users u using (tenant_id, user_id)
       where g.tenant_id = ${chat.tenant} and u.username = 'eve' and g.revoked_at is null`;
    expect(row?.assertion_issuer).toBe(foreign);
    await browser.submit(page, { decision: 'allow' });
    expect((await browser.open(`${chat.issuer}/oauth/account`)).html).not.toContain(foreign);
    // Nor does an assertion of no more take the consent back.
    await present(await sign({ scope: 'chat.read' }));
    const [consent] = await idp.database.sql`
      select consent_expires_at > now() as stands from pgrant.grants where grant_id = ${row?.grant_id}`;
    expect(consent).toEqual({ stands: true });
    await operate(ops.grant_revoke, chat.tenant, { grant_id: row?.grant_id });
    expect(await introspect(access_token)).toEqual({ active: false });
  });

  test('the past and the audit know it', async () => {
    await present(await sign({ scope: 'chat.write' }));
    const [version] = await idp.database.sql`
      select cause, scopes from pgrant.grant_history where tenant_id = ${chat.tenant} and client_id = 'wiki-at-chat'
       order by lower(valid) desc limit 1`;
    expect(version).toMatchObject({ cause: 'identity_assertion.redeem' });
    expect((await lastAudit('grant.add'))?.detail).toMatchObject({ issuer: foreign });
  });
});

test('a sub is the one by which the other server signs people in, pairwise too [ID-JAG 5]', async () => {
  await addClient(idp.database, idp.tenant, 'chat', {
    redirect_uris: ['https://chat.example/callback'],
    subject_type: 'pairwise',
  });
  const policy = {
    client_id: 'wiki',
    audience: 'https://pairwise.example',
    audience_client_id: 'w',
    scopes: ['chat.read'],
  };
  await operate(ops.identity_assertion_policy_set, idp.tenant, {
    ...policy,
    subject_client_id: 'chat',
  });
  const { id_token = '' } = await signIn();
  const given = await assert(id_token, { audience: 'https://pairwise.example' });
  const claimed = decodeJwt(given.access_token ?? '').sub;
  expect(claimed).toMatch(/^[0-9a-f]{64}$/);
  const [row] = await idp.database.sql`
    select user_id from pgrant.pairwise_subjects where tenant_id = ${idp.tenant} and subject = ${claimed ?? ''}`;
  expect(row?.user_id).toBe(sub);
});
