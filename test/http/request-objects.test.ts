// Signed authorization requests, with openid-client and oauth4webapi, and what no request object should be.
import { decodeProtectedHeader, SignJWT, UnsecuredJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { clientAlgs } from '../../src/protocol/lists.ts';
import { type Acme, insecure, proceed, redirect_uri, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { startHost } from '../support/document-host.ts';
import { addClient, type Client } from '../support/issuer.ts';
import { authorizeUrl, push, requested, signRequest } from '../support/pushing.ts';
import { makeKey, type SigningKey, setOf, signer, startKeyHost } from '../support/signing.ts';

let acme: Acme;
let key: SigningKey;
let app: Client;
const good = requested(redirect_uri);
const now = () => Math.floor(Date.now() / 1000);
const codes = { grant_types: ['authorization_code'], redirect_uris: [redirect_uri] };

beforeAll(async () => {
  acme = await startAcme();
  key = await makeKey('PS256');
  app = await addClient(acme.database, acme.tenant, 'signs', { jwks: setOf(key), ...codes });
});

const setClient = (settings: Record<string, unknown>) =>
  call(acme.database.worker, ops.client_set, {
    tenant: acme.tenant,
    client_id: 'signs',
    settings,
  });
const setTenant = (settings: Record<string, unknown>) =>
  call(acme.database.worker, ops.tenant_set, { tenant: acme.tenant, settings });

type Change = Parameters<typeof signRequest>[4];

/** A request object of the client that signs. */
const objectOf = (change: Change = {}, by = key) =>
  signRequest(by, 'signs', acme.issuer, good, change);

const opened = (query: Record<string, string | undefined>) =>
  new Browser().fetch(authorizeUrl(acme.issuer, query));

/** What the client is told by redirect. */
async function told(query: Record<string, string | undefined>) {
  const response = await opened({ client_id: 'signs', ...query });
  const url = new URL(response.headers.get('location') ?? '', acme.issuer);
  const { error, error_description, state } = Object.fromEntries(url.searchParams);
  return { to: url.origin + url.pathname, error, error_description, state };
}

/** The request is taken: the browser goes on to a page. */
async function expectTaken(query: Record<string, string | undefined>) {
  const response = await opened({ client_id: 'signs', ...query });
  expect([response.status, response.headers.get('location')]).toEqual([
    303,
    expect.stringMatching('/oauth/continue'),
  ]);
}

describe('clients that people use [RFC 9101]', () => {
  test.each(['ES256', 'RS256', 'PS256', 'Ed25519'])('openid-client signs by %s', async (alg) => {
    const own = await makeKey(alg);
    const id = `openid-client-${alg}`;
    const settings = { ...signer({ jwks: setOf(own) }), ...codes, request_object_signing_alg: alg };
    await addClient(acme.database, acme.tenant, id, settings);
    const signing = { key: own.privateKey, kid: own.kid };
    const method = client.PrivateKeyJwt(signing);
    const config = await client.discovery(new URL(acme.issuer), id, {}, method, insecure);
    const verifier = client.randomPKCECodeVerifier();
    const parameters = {
      redirect_uri,
      scope: 'openid email',
      state: 'abc',
      max_age: '1000',
      claims: JSON.stringify({ id_token: { auth_time: { essential: true } } }),
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    const url = await client.buildAuthorizationUrlWithJAR(config, parameters, signing);
    expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request']);
    const browser = new Browser();
    const { url: callback } = await proceed(browser, await browser.open(url));
    const tokens = await client.authorizationCodeGrant(config, new URL(callback), {
      pkceCodeVerifier: verifier,
      expectedState: 'abc',
      maxAge: 1000,
    });
    expect(tokens.scope?.split(' ')).toContain('email');
  });

  test('oauth4webapi signs, pushes and is answered [RFC 9126 3]', async () => {
    const issuer = new URL(acme.issuer);
    const http = { [oauth.allowInsecureRequests]: true };
    const as = await oauth
      .discoveryRequest(issuer, http)
      .then((response) => oauth.processDiscoveryResponse(issuer, response));
    expect(as.request_parameter_supported).toBe(true);
    const own = await makeKey('ES256');
    const web = { client_id: 'oauth4webapi' };
    const settings = { ...signer({ jwks: setOf(own) }), ...codes };
    await addClient(acme.database, acme.tenant, web.client_id, settings);
    const signing = { key: own.privateKey, kid: own.kid };
    const request = await oauth.issueRequestObject(as, web, new URLSearchParams(good), signing);
    const pushed = await oauth
      .pushedAuthorizationRequest(as, web, oauth.PrivateKeyJwt(signing), { request }, http)
      .then((response) => oauth.processPushedAuthorizationResponse(as, web, response));
    const response = await opened({ ...web, request_uri: pushed.request_uri });
    expect(response.headers.get('location')).toMatch('/oauth/continue');
  });
});

describe('a request object [RFC 9101 4, 6]', () => {
  test.each<[string, Change]>([
    ['without typ', { header: { typ: undefined } }],
    ['of typ JWT', { header: { typ: 'JWT' } }],
    ['of its typ in full', { header: { typ: 'application/OAuth-Authz-Req+JWT' } }],
    ['without kid', { header: { kid: undefined } }],
    ['for several, the issuer among them', { claims: { aud: ['https://a.example', 'ISSUER'] } }],
    ['without nbf', { claims: { nbf: undefined } }],
    ['without jti', { claims: { jti: undefined } }],
    ['without client_id', { claims: { client_id: undefined } }],
    ['with a sub that is no client', { claims: { sub: 'somebody' } }],
    ['of nearly an hour', { claims: { exp: now() + 3590, nbf: now() } }],
    ['of a clock that is 20 seconds ahead', { claims: { iat: now() + 20, nbf: now() + 20 } }],
    ['that expired 10 seconds ago', { claims: { exp: now() - 10 } }],
  ])('%s is good', async (_, change) => {
    await expectTaken({ request: await objectOf(atIssuer(change)) });
  });

  test.each<[string, Change, string]>([
    ['of typ at+jwt', { header: { typ: 'at+jwt' } }, 'typ'],
    ['of typ client-authentication+jwt', { header: { typ: 'client-authentication+jwt' } }, 'typ'],
    ['of typ dpop+jwt', { header: { typ: 'dpop+jwt' } }, 'typ'],
    ['of a key that is not there', { header: { kid: 'other' } }, 'no key'],
    ['for another server', { claims: { aud: 'https://other.example' } }, 'aud'],
    ['for the issuer with a slash', { claims: { aud: 'ISSUER/' } }, 'aud'],
    ['for the authorization endpoint', { claims: { aud: 'ISSUER/oauth/authorize' } }, 'aud'],
    ['for nobody', { claims: { aud: undefined } }, 'aud'],
    ['of another issuer', { claims: { iss: 'web' } }, 'iss'],
    ['without issuer', { claims: { iss: undefined } }, 'iss'],
    ['with the client as its sub', { claims: { sub: 'signs' } }, 'sub'],
    ['with another client_id inside', { claims: { client_id: 'web' } }, 'client_id'],
    ['that has expired', { claims: { exp: now() - 60 } }, 'exp'],
    ['without expiry', { claims: { exp: undefined } }, 'exp'],
    ['with an expiry in text', { claims: { exp: String(now() + 60) } }, 'exp'],
    ['of all time', { claims: { exp: 9e15 } }, 'exp'],
    ['of two hours', { claims: { exp: now() + 7200 } }, '60 minutes'],
    ['that is good for more than an hour', { claims: { nbf: now() - 3500 } }, '60 minutes'],
    ['that is not good yet', { claims: { nbf: now() + 120 } }, 'nbf'],
    ['made in the future', { claims: { iat: now() + 120 } }, 'iat'],
    ['with a request inside', { claims: { request: 'a.b.c' } }, 'carries request'],
    ['with a request_uri inside', { claims: { request_uri: 'https://a.example' } }, 'request_uri'],
  ])('%s is refused, and the client told why', async (_, change, why) => {
    const request = await objectOf(atIssuer(change));
    const answer = await told({ request });
    expect(answer).toMatchObject({
      to: redirect_uri,
      error: 'invalid_request_object',
      state: 'abc',
    });
    expect(answer.error_description).toContain(why);
    expect(await push(acme.issuer, { ...app, request })).toMatchObject({
      status: 400,
      error: 'invalid_request_object',
    });
  });

  test.each([
    ['no JWT', () => 'nonsense'],
    ['one that is encrypted', () => `${'eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0'}..a.b.c`],
    ['one of broken parts', () => 'eyJ.eyJ.x'],
    ['one that is not signed [RFC 9101 10.2]', () => unsigned()],
    [
      'one with its signature cut off',
      async () => `${(await objectOf()).replace(/\.[^.]*$/, '.')}`,
    ],
    ['one that was changed', async () => changed(await objectOf())],
    ['one of a stranger', async () => objectOf({}, await makeKey('PS256'))],
    ['one of a stranger under the kid', async () => objectOf({}, await makeKey('PS256', key.kid))],
    ['one signed by the public key', () => confused()],
  ])('%s is refused', async (_, make) => {
    const answer = await told({ ...good, request: await make() });
    expect(answer).toMatchObject({ to: redirect_uri, error: 'invalid_request_object' });
  });

  test('of a key that the client has no more is refused', async () => {
    const next = await makeKey('PS256');
    const request = await objectOf();
    await expectTaken({ request });
    await setClient({ jwks: setOf(next) });
    expect((await told({ request })).error).toBe('invalid_request_object');
    await setClient({ jwks: { keys: [{ ...key.jwk, use: 'enc' }] } });
    expect((await told({ request })).error).toBe('invalid_request_object');
    await setClient({ jwks: setOf(key) });
    await expectTaken({ request });
  });

  test('by another alg than the client is registered for is refused', async () => {
    await setClient({ request_object_signing_alg: 'ES256' });
    const answer = await told({ request: await objectOf() });
    expect([answer.error, answer.error_description]).toEqual([
      'invalid_request_object',
      expect.stringContaining('alg'),
    ]);
    await setClient({ request_object_signing_alg: null });
  });

  test('by an alg that the tenant does not take of any client is refused [FAPI 2.0 5.4.1]', async () => {
    const request = await objectOf();
    const { alg } = decodeProtectedHeader(request);
    await setTenant({ client_signing_algs: clientAlgs.filter((other) => other !== alg) });
    const answer = await told({ request });
    await setTenant({ client_signing_algs: [...clientAlgs] });
    expect([answer.error, answer.error_description]).toEqual([
      'invalid_request_object',
      expect.stringContaining('alg is none of'),
    ]);
    await expectTaken({ request });
  });

  test('may live longer, or for ever, where the tenant says so [OpenID Connect Core 6.1]', async () => {
    await setTenant({ request_object_lifetime: 86400 });
    await expectTaken({ request: await objectOf({ claims: { exp: now() + 7200 } }) });
    await setTenant({ request_object_lifetime: null });
    await expectTaken({ request: await objectOf({ claims: { exp: undefined } }) });
    await setTenant({ request_object_lifetime: 3600 });
  });

  test('of a client without keys is refused', async () => {
    const request = await signRequest(key, 'web', acme.issuer, good);
    const answer = await told({ client_id: 'web', request });
    expect(answer).toMatchObject({ to: redirect_uri, error: 'invalid_request_object' });
  });

  test('by a key behind a jwks_uri is good, of a client with a secret too', async () => {
    const host = await startKeyHost();
    host.publish(key);
    await addClient(acme.database, acme.tenant, 'hosted', { jwks_uri: host.url, ...codes });
    const request = await signRequest(key, 'hosted', acme.issuer, good);
    await expectTaken({ client_id: 'hosted', request });
    expect(host.asked).toBe(1);
  });
});

describe('what is inside wins [RFC 9101 5, OpenID Connect Core 6.1]', () => {
  test('over all that is beside it', async () => {
    const request = await objectOf();
    const beside = { redirect_uri: 'https://evil.example/', state: 'evil', scope: 'nonsense' };
    const browser = new Browser();
    const query = { client_id: 'signs', response_type: 'code', request, ...beside };
    const page = await browser.open(authorizeUrl(acme.issuer, query));
    const { url } = await proceed(browser, page);
    expect(url).toMatch(redirect_uri);
    expect(new URL(url).searchParams.get('state')).toBe('abc');
  });

  test('and what is not inside is not there: state beside it is lost', async () => {
    const request = await objectOf({ claims: { state: undefined, prompt: 'none' } });
    const answer = await told({ request, state: 'outside' });
    expect(answer).toMatchObject({ error: 'login_required', state: undefined });
  });

  test.each<[string, Record<string, unknown>]>([
    ['invalid_request', { response_type: undefined }],
    ['unsupported_response_type', { response_type: 'token' }],
    ['invalid_request', { code_challenge: undefined, code_challenge_method: undefined }],
    ['invalid_request', { state: ['a', 'b'] }],
    ['invalid_request', { nonce: { a: 1 } }],
    ['invalid_scope', { scope: 'openid nonsense' }],
    ['invalid_request', { claims: [] }],
    ['invalid_request', { max_age: -1 }],
    ['registration_not_supported', { registration: '{}' }],
  ])('so %s is for what is inside: %j', async (error, claims) => {
    const answer = await told({
      ...good,
      response_type: undefined,
      request: await objectOf({ claims }),
    });
    expect(answer).toMatchObject({ to: redirect_uri, error });
  });

  test('a response_type beside it has to be the same', async () => {
    const answer = await told({ request: await objectOf(), response_type: 'token' });
    expect(answer.error).toBe('invalid_request_object');
  });

  test('an unregistered redirect_uri inside is an error page, whatever is beside it', async () => {
    const request = await objectOf({ claims: { redirect_uri: 'https://evil.example/' } });
    const response = await opened({ client_id: 'signs', request, redirect_uri });
    expect([response.status, response.headers.get('location')]).toEqual([400, null]);
  });

  test('without client_id beside it there is nobody to ask for', async () => {
    const response = await opened({ request: await objectOf() });
    expect([response.status, response.headers.get('location')]).toEqual([400, null]);
  });

  test('a request and a request_uri exclude each other', async () => {
    const request = await objectOf();
    const answer = await told({ ...good, request, request_uri: 'https://a.example/request' });
    expect(answer).toMatchObject({ error: 'invalid_request', state: 'abc' });
  });

  test('beside a request_uri of a pushed request, too, of which nothing else is told [RFC 9101 5]', async () => {
    const { request_uri } = await push(acme.issuer, { ...app, ...good });
    const response = await opened({ client_id: 'signs', request: await objectOf(), request_uri });
    expect([response.status, response.headers.get('location')]).toEqual([400, null]);
    expect(await response.text()).toContain('exclude each other');
    // And it is good still.
    const alone = await opened({ client_id: 'signs', request_uri });
    expect(alone.headers.get('location')).toContain('/oauth/continue?');
  });
});

describe('a client that has to sign [RFC 9101 10.5]', () => {
  test.each<[string, (required: boolean) => Promise<unknown>]>([
    ['by its registration', (on) => setClient({ require_signed_request_object: on })],
    ['by its tenant', (on) => setTenant({ require_signed_request_object: on })],
  ])('%s is told invalid_request where it does not, pushed or not', async (_, require) => {
    await require(true);
    const answer = await told(good);
    expect(answer).toMatchObject({ to: redirect_uri, error: 'invalid_request', state: 'abc' });
    expect(answer.error_description).toContain('has to sign');
    expect(await push(acme.issuer, { ...app, ...good })).toMatchObject({
      status: 400,
      error: 'invalid_request',
    });
    await expectTaken({ request: await objectOf() });
    const { status } = await push(acme.issuer, { ...app, request: await objectOf() });
    expect(status).toBe(201);
    await require(false);
    await expectTaken(good);
  });

  test('says from when the request object is good [FAPI 2.0 Message Signing 5.3.1]', async () => {
    await setClient({ require_signed_request_object: true });
    const request = await objectOf({ claims: { nbf: undefined } });
    expect(await told({ request })).toMatchObject({
      error: 'invalid_request_object',
      error_description: expect.stringContaining('no nbf'),
    });
    await setClient({ require_signed_request_object: false });
    await expectTaken({ request });
  });
});

describe('a request object at a request_uri [OpenID Connect Core 6.2]', () => {
  const path = '/request.jwt';
  let host: Awaited<ReturnType<typeof startHost>>;
  let at = '';
  const publish = (body: string) =>
    host.publish(path, { headers: { 'content-type': 'application/oauth-authz-req+jwt' }, body });

  beforeAll(async () => {
    host = await startHost();
    at = `${host.origin}${path}`;
    publish(await objectOf());
  });

  test('is not asked for where the tenant does not say so', async () => {
    await setClient({ request_uris: [at] });
    const answer = await told({ ...good, request_uri: at });
    expect(answer).toMatchObject({ error: 'request_uri_not_supported', state: 'abc' });
    expect(host.asked).toEqual([]);
  });

  test('is fetched from where the client has registered it', async () => {
    await setTenant({ request_uri_parameter: true });
    await expectTaken({ request_uri: at });
    expect(host.asked).toEqual([path]);
  });

  test('is not asked for anywhere else', async () => {
    const answer = await told({ ...good, request_uri: `${at}?x=1` });
    expect(answer).toMatchObject({ error: 'invalid_request_uri', state: 'abc' });
    expect(host.asked).toEqual([path]);
  });

  test('that does not come, or is none, is refused without telling what is there', async () => {
    host.publish(path, { status: 404 });
    expect(await told({ ...good, request_uri: at })).toMatchObject({
      error: 'invalid_request_uri',
      error_description: expect.not.stringContaining('404'),
    });
    publish('nonsense');
    expect((await told({ ...good, request_uri: at })).error).toBe('invalid_request_object');
    publish('x'.repeat(9000));
    expect((await told({ ...good, request_uri: at })).error).toBe('invalid_request_uri');
  });

  test('that sends elsewhere is not followed', async () => {
    const elsewhere = '/elsewhere.jwt';
    host.publish(elsewhere, { body: await objectOf() });
    host.publish(path, { status: 302, headers: { location: `${host.origin}${elsewhere}` } });
    expect((await told({ ...good, request_uri: at })).error).toBe('invalid_request_uri');
    expect(host.asked).not.toContain(elsewhere);
  });

  test('may be registered with the hash of its content, and is fetched each time', async () => {
    const hashed = `${at}#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM`;
    await setClient({ request_uris: [hashed] });
    for (const scope of ['openid', 'openid email']) {
      publish(await objectOf({ claims: { scope } }));
      await expectTaken({ request_uri: hashed });
    }
    expect(host.asked.slice(-2)).toEqual([path, path]);
    expect((await told({ ...good, request_uri: at })).error).toBe('invalid_request_uri');
  });
});

/** The issuer is known only when the server runs. */
function atIssuer(change: Change = {}): Change {
  const text = JSON.stringify(change.claims?.aud);
  if (text === undefined) return change;
  const aud = JSON.parse(text.replaceAll('ISSUER', acme.issuer));
  return { ...change, claims: { ...change.claims, aud } };
}

function unsigned() {
  return new UnsecuredJWT({ ...good, iss: 'signs', aud: acme.issuer, exp: now() + 60 }).encode();
}

/** The same, with another scope under the old signature. */
function changed(jwt: string) {
  const [header, claims = '', signature] = jwt.split('.');
  const text = Buffer.from(claims, 'base64url').toString().replace('"openid"', '"openid email"');
  return [header, Buffer.from(text).toString('base64url'), signature].join('.');
}

/** RFC 8725 2.1: the public key as the secret of an HMAC. */
async function confused() {
  const claims = { ...good, iss: 'signs', aud: acme.issuer, exp: now() + 60 };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', kid: key.kid })
    .sign(Buffer.from(JSON.stringify(key.jwk)));
}
