// Pushed authorization requests, with openid-client and oauth4webapi, and what no client should push.
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import {
  type Acme,
  discover,
  insecure,
  proceed,
  redirect_uri,
  startAcme,
} from '../support/acme.ts';
import { Browser, type Page } from '../support/browser.ts';
import { startHost } from '../support/document-host.ts';
import { addClient, addTenant } from '../support/issuer.ts';
import { authorizeUrl, push, requested, signRequest } from '../support/pushing.ts';
import { registered } from '../support/registering.ts';
import { asserted, makeKey, setOf, sign, signer } from '../support/signing.ts';

let acme: Acme;
const good = requested(redirect_uri);
const web = () => ({ client_id: 'web', client_secret: acme.web.client_secret ?? '' });
const basic = () => ({
  authorization: `Basic ${Buffer.from(`web:${acme.web.client_secret}`).toString('base64')}`,
});

beforeAll(async () => {
  acme = await startAcme();
});

const setClient = (client_id: string, settings: Record<string, unknown>) =>
  call(acme.database.worker, ops.client_set, { tenant: acme.tenant, client_id, settings });
const setTenant = (settings: Record<string, unknown>) =>
  call(acme.database.worker, ops.tenant_set, { tenant: acme.tenant, settings });

/** Opens what was pushed, in a browser of its own. */
const opened = (query: Record<string, string | undefined>, browser = new Browser()) =>
  browser.fetch(authorizeUrl(acme.issuer, query));

/** A page of status 400, from which the browser goes nowhere. */
async function expectPage(response: Response) {
  expect([response.status, response.headers.get('location')]).toEqual([400, null]);
  expect(response.headers.get('content-type')).toContain('text/html');
}

describe('clients that people use [RFC 9126]', () => {
  test('openid-client pushes, signs in and redeems the code', async () => {
    const config = await discover(acme, acme.web);
    const verifier = client.randomPKCECodeVerifier();
    const url = await client.buildAuthorizationUrlWithPAR(config, {
      redirect_uri,
      scope: 'openid email offline_access',
      state: 'abc',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);
    const browser = new Browser();
    const { url: callback } = await proceed(browser, await browser.open(url));
    const tokens = await client.authorizationCodeGrant(config, new URL(callback), {
      pkceCodeVerifier: verifier,
      expectedState: 'abc',
    });
    expect(tokens.scope?.split(' ')).toContain('email');
  });

  test('oauth4webapi takes the answer, of a public client too', async () => {
    const issuer = new URL(acme.issuer);
    const http = { [oauth.allowInsecureRequests]: true };
    const as = await oauth
      .discoveryRequest(issuer, http)
      .then((response) => oauth.processDiscoveryResponse(issuer, response));
    expect(as.require_pushed_authorization_requests).toBe(false);
    const native = { client_id: 'native' };
    const response = await oauth.pushedAuthorizationRequest(
      as,
      native,
      oauth.None(),
      new URLSearchParams({ ...good, redirect_uri: 'http://127.0.0.1:4711/callback' }),
      http,
    );
    const pushed = await oauth.processPushedAuthorizationResponse(as, native, response);
    expect(pushed.expires_in).toBe(60);
    const { status, headers } = await opened({ ...native, request_uri: pushed.request_uri });
    expect([status, headers.get('location')]).toEqual([303, expect.stringMatching('/continue')]);
  });

  test('client_secret_basic, client_secret_post and private_key_jwt all do [RFC 9126 2]', async () => {
    const key = await makeKey('PS256');
    const settings = { ...signer({ jwks: setOf(key) }), redirect_uris: [redirect_uri] };
    await addClient(acme.database, acme.tenant, 'signs', {
      ...settings,
      grant_types: ['authorization_code'],
    });
    const assertion = await sign(key, 'signs', acme.issuer);
    expect((await push(acme.issuer, good, basic())).status).toBe(201);
    expect((await push(acme.issuer, { ...good, ...web() })).status).toBe(201);
    const pushed = await push(acme.issuer, { ...good, ...asserted(assertion) });
    expect(pushed.status).toBe(201);
    expect((await opened({ client_id: 'signs', request_uri: pushed.request_uri })).status).toBe(
      303,
    );
    expect(await push(acme.issuer, { ...good, ...asserted(assertion) })).toMatchObject({
      status: 401,
      error: 'invalid_client',
    });
  });
});

describe('the answer [RFC 9126 2.2]', () => {
  test('names a secret reference and is kept nowhere on its way', async () => {
    const { status, headers, request_uri, expires_in } = await push(acme.issuer, {
      ...good,
      ...web(),
    });
    expect([status, expires_in]).toEqual([201, 60]);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(request_uri).toMatch(/^urn:ietf:params:oauth:request_uri:pgrant_pr_/);
    const rows = await acme.database
      .sql`select r::text as text from pgrant.authorization_requests r`;
    const secret = request_uri.slice(-43);
    expect(JSON.stringify(rows) + acme.lines.join()).not.toContain(secret);
  });

  test('is good for as long as par_lifetime says', async () => {
    await setTenant({ par_lifetime: 600 });
    expect((await push(acme.issuer, { ...good, ...web() })).expires_in).toBe(600);
    await setTenant({ par_lifetime: 60 });
  });
});

describe('what is pushed is checked before any browser comes [RFC 9126 2.3]', () => {
  test.each<[number, string, Record<string, string | undefined>]>([
    [401, 'invalid_client', { client_secret: 'wrong' }],
    [401, 'invalid_client', { client_secret: undefined }],
    [401, 'invalid_client', { client_id: 'nobody' }],
    [400, 'invalid_request', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }],
    [400, 'invalid_request', { request_uri: 'https://a.example/request' }],
    [400, 'invalid_request', { redirect_uri: 'https://evil.example/callback' }],
    [400, 'invalid_request', { redirect_uri: undefined }],
    [400, 'invalid_request', { redirect_uri: 'no URI' }],
    [400, 'invalid_request', { response_type: undefined }],
    [400, 'unsupported_response_type', { response_type: 'token' }],
    [400, 'invalid_request', { response_mode: 'web_message' }],
    [400, 'invalid_request', { code_challenge: undefined, code_challenge_method: undefined }],
    [400, 'invalid_request', { code_challenge_method: 'plain' }],
    [400, 'invalid_scope', { scope: 'openid nonsense' }],
    [400, 'invalid_target', { resource: 'relative' }],
    [400, 'invalid_request', { prompt: 'dance' }],
    [400, 'invalid_request', { id_token_hint: 'a.b.c' }],
  ])('%d %s for %j', async (status, error, change) => {
    const answer = await push(acme.issuer, { ...good, ...web(), ...change });
    expect(answer).toMatchObject({ status, error });
    expect(answer.headers.get('content-type')).toContain('application/json');
  });

  test('says what is wrong to developers', async () => {
    const answer = await push(acme.issuer, { ...good, ...web(), response_type: 'token' });
    expect(answer.error_description).toContain('response_type is not code');
  });

  test('is recorded as authorization.push, with its reason', async () => {
    await push(acme.issuer, { ...good, ...web(), scope: 'openid odd' });
    const [row] = await acme.database.sql`
      select action, reason from pgrant.refusals where client_id = 'web' order by last_at desc limit 1`;
    expect(row).toMatchObject({ action: 'authorization.push', reason: 'unknown scope odd' });
  });

  test('a client that is not registered for codes may not push [RFC 6749 4.1.2.1]', async () => {
    const { client_secret = '' } = await addClient(acme.database, acme.tenant, 'machine', {
      grant_types: ['client_credentials'],
      redirect_uris: [redirect_uri],
    });
    const answer = await push(acme.issuer, { ...good, client_id: 'machine', client_secret });
    expect(answer).toMatchObject({ status: 400, error: 'unauthorized_client' });
  });
});

describe('a request_uri', () => {
  const pushed = async (change: Record<string, string> = {}) =>
    (await push(acme.issuer, { ...good, ...web(), ...change })).request_uri;

  test('says all: what the browser brings beside it counts for nothing [RFC 9101 5]', async () => {
    const request_uri = await pushed();
    const beside = { redirect_uri: 'https://evil.example/', state: 'evil', scope: 'admin' };
    const browser = new Browser();
    const page = await browser.open(
      authorizeUrl(acme.issuer, { client_id: 'web', request_uri, ...beside }),
    );
    const { url } = await proceed(browser, page);
    expect(url).toMatch(redirect_uri);
    expect(new URL(url).searchParams.get('state')).toBe('abc');
  });

  test('is good for one answer: it may be loaded again until then, and not after [RFC 9126 4, FAPI 2.0 5.3.2.2]', async () => {
    const query = { client_id: 'web', request_uri: await pushed() };
    const browser = new Browser();
    expect((await opened(query)).status).toBe(303);
    await browser.open(authorizeUrl(acme.issuer, query));
    const login = await browser.open(authorizeUrl(acme.issuer, query));
    const { url } = await proceed(browser, await browser.open(login.url));
    expect(new URL(url).searchParams.get('code')).toMatch(/^pgrant_ac_/);
    await expectPage(await opened(query, browser));
    await expectPage(await opened(query));
  });

  test.each<Record<string, string>>([{ prompt: 'login' }, { max_age: '5' }])(
    'asks for a sign-in by %j when the browser comes, and not by when it was pushed [OpenID Connect Core 3.1.2.1]',
    async (asked) => {
      const query = { client_id: 'web', request_uri: await pushed(asked) };
      const browser = new Browser();
      const plain = { client_id: 'web', request_uri: await pushed() };
      await proceed(browser, await browser.open(authorizeUrl(acme.issuer, plain)));
      await acme.database.sql`
        update pgrant.sessions set auth_time = auth_time - interval '8 seconds' where ended_at is null`;
      await acme.database.sql`
        update pgrant.authorization_requests set created_at = created_at - interval '20 seconds' where pushed`;
      const page = await browser.open(authorizeUrl(acme.issuer, query));
      expect(page.html).toContain('autocomplete="current-password"');
      expect((await proceed(browser, page)).url).toContain('code=pgrant_ac_');
    },
  );

  test('is used up by an answer that asks for no page, an error too', async () => {
    const query = { client_id: 'web', request_uri: await pushed({ prompt: 'none' }) };
    const answer = await opened(query);
    expect(answer.headers.get('location')).toContain('error=login_required');
    await expectPage(await opened(query));
  });

  test('is answered in one of the browsers that have it, though they answer at once; the others go no further', async () => {
    const url = authorizeUrl(acme.issuer, { client_id: 'web', request_uri: await pushed() });
    const browsers = Array.from({ length: 4 }, () => new Browser());
    const open = await Promise.all(browsers.map((browser) => browser.open(url)));
    const left = await Promise.all(browsers.map((one, i) => proceed(one, open[i] as Page)));
    const codes = left.filter((page) => new URL(page.url).searchParams.has('code'));
    expect(codes).toHaveLength(1);
    const others = left.filter((page) => !codes.includes(page));
    expect(others.map(({ status }) => status)).toEqual([400, 400, 400]);
  });

  test('comes by POST as well [OpenID Connect Core 3.1.2.1]', async () => {
    const body = new URLSearchParams({ client_id: 'web', request_uri: await pushed() });
    const browser = new Browser();
    const page = await browser.open(`${acme.issuer}/oauth/authorize`, { method: 'POST', body });
    expect(page.html).toContain('name="password"');
  });

  test.each([
    ['of another client', { client_id: 'native' }],
    ['without client_id', { client_id: undefined }],
    ['of an unknown client', { client_id: 'nobody' }],
  ])('%s is refused on a page, and stays good', async (_, change) => {
    const query = { client_id: 'web', request_uri: await pushed() };
    await expectPage(await opened({ ...query, ...change }));
    expect((await opened(query)).status).toBe(303);
  });

  test.each([
    'urn:ietf:params:oauth:request_uri:x',
    'urn:ietf:params:oauth:request_uri:',
    `urn:ietf:params:oauth:request_uri:pgrant_pr_zzzzzz_${'A'.repeat(43)}`,
  ])('that was never given out is refused on a page: %s', async (request_uri) => {
    await expectPage(await opened({ client_id: 'web', request_uri }));
  });

  test('that has expired is refused on a page', async () => {
    const request_uri = await pushed();
    await acme.database.sql`
      update pgrant.authorization_requests r set expires_at = r.expires_at - interval '1 hour'
       where r.pushed and r.completed_at is null`;
    const [, prefix = '', expiry = '', secret = ''] =
      /^(.*_)([0-9a-z]+)_([\w-]{43})$/.exec(request_uri) ?? [];
    const aged = `${prefix}${(Number.parseInt(expiry, 36) - 3600).toString(36)}_${secret}`;
    await expectPage(await opened({ client_id: 'web', request_uri: aged }));
    await expectPage(await opened({ client_id: 'web', request_uri }));
  });

  test('is unknown at another tenant, which has such a client too', async () => {
    const other = await addTenant(acme.database, acme.origin, 'other');
    await addClient(acme.database, other.tenant, 'web', { redirect_uris: [redirect_uri] });
    const query = { client_id: 'web', request_uri: await pushed() };
    await expectPage(await new Browser().fetch(authorizeUrl(other.issuer, query)));
    expect((await opened(query)).status).toBe(303);
  });

  test('is no handle with which a browser goes on [RFC 9126 7.3]', async () => {
    const request_uri = await pushed();
    const handle = request_uri.replace(/^.*pgrant_pr_/, 'pgrant_rq_');
    const page = await new Browser().fetch(`${acme.issuer}/oauth/continue?request=${handle}`);
    expect(page.status).toBe(400);
    expect((await opened({ client_id: 'web', request_uri })).status).toBe(303);
  });

  test('is refused when the client has lost the redirect URI since', async () => {
    const request_uri = await pushed();
    await setClient('web', { redirect_uris: ['https://moved.example/callback'] });
    await expectPage(await opened({ client_id: 'web', request_uri }));
    await setClient('web', { redirect_uris: [redirect_uri] });
  });
});

describe('a client that has to push [RFC 9126 5, 6]', () => {
  const direct = () => opened({ ...good, client_id: 'web' });

  test.each<[string, (required: boolean) => Promise<unknown>]>([
    [
      'by its registration',
      (on) => setClient('web', { require_pushed_authorization_requests: on }),
    ],
    ['by its tenant', (on) => setTenant({ require_pushed_authorization_requests: on })],
  ])('%s is told invalid_request where it does not', async (_, require) => {
    await require(true);
    const answer = await direct();
    const url = new URL(answer.headers.get('location') ?? '');
    expect(url.origin + url.pathname).toBe(redirect_uri);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      error: 'invalid_request',
      error_description: expect.stringContaining('has to push'),
      state: 'abc',
      iss: acme.issuer,
    });
    const { request_uri } = await push(acme.issuer, { ...good, ...web() });
    expect((await opened({ client_id: 'web', request_uri })).status).toBe(303);
    await require(false);
    expect((await direct()).status).toBe(303);
  });

  test('names its redirect_uri, which others may leave out that have one [FAPI 2.0 5.3.2.2]', async () => {
    const plain = { ...good, ...web(), scope: 'email', redirect_uri: undefined };
    expect((await push(acme.issuer, plain)).status).toBe(201);
    await setTenant({ require_pushed_authorization_requests: true });
    const refused = await push(acme.issuer, plain);
    const named = await push(acme.issuer, { ...plain, redirect_uri });
    await setTenant({ require_pushed_authorization_requests: false });
    expect([refused.status, refused.error, named.status]).toEqual([400, 'invalid_request', 201]);
  });

  test('the metadata of a tenant that has all clients push say so', async () => {
    await setTenant({ require_pushed_authorization_requests: true });
    const config = await client.discovery(
      new URL(acme.issuer),
      'web',
      undefined,
      undefined,
      insecure,
    );
    expect(config.serverMetadata().require_pushed_authorization_requests).toBe(true);
    await setTenant({ require_pushed_authorization_requests: false });
  });
});

describe('clients that nobody here has registered', () => {
  test('ask for it when they register, and are held to it [RFC 9126 6, RFC 7591 3.2.1]', async () => {
    await setTenant({ registration: 'open' });
    const key = await makeKey();
    const asked = {
      jwks: setOf(key),
      require_pushed_authorization_requests: true,
      require_signed_request_object: true,
      request_object_signing_alg: 'ES256',
      request_uris: ['https://app.example/request.jwt'],
      authorization_signed_response_alg: 'ES256',
      introspection_signed_response_alg: 'ES256',
    };
    const { client_id, client_secret, ...stored } = await registered(acme, {
      redirect_uris: [redirect_uri],
      ...asked,
    });
    expect(stored).toMatchObject(asked);
    const own = { client_id, client_secret };
    expect(await push(acme.issuer, { ...good, ...own })).toMatchObject({
      error: 'invalid_request',
    });
    const request = await signRequest(key, client_id, acme.issuer, good);
    const { request_uri } = await push(acme.issuer, { ...own, request });
    expect((await opened({ client_id, request_uri })).status).toBe(303);
    // Nobody vouches for it: a person is shown the error, and where it would go.
    await expectPage(await opened({ client_id, request }));
  });

  test('push when their document is not known yet, by its keys', async () => {
    await setTenant({ client_documents: 'open' });
    const host = await startHost();
    const key = await makeKey();
    const client_id = host.client('/client.json', {
      redirect_uris: [redirect_uri],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: setOf(key),
    });
    const assertion = await sign(key, client_id, acme.issuer);
    const request = await signRequest(key, client_id, acme.issuer, good);
    const { status, request_uri } = await push(acme.issuer, { request, ...asserted(assertion) });
    expect([status, host.asked]).toEqual([201, ['/client.json']]);
    expect((await opened({ client_id, request_uri })).status).toBe(303);
    expect(host.asked).toHaveLength(1);
  });
});
