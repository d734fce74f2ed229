// Answers that are signed: authorization responses (JARM) and introspection (RFC 9701), with independent clients.
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import {
  type Acme,
  discover,
  obtainTokens,
  proceed,
  redirect_uri,
  startAcme,
} from '../support/acme.ts';
import { Browser, formOf } from '../support/browser.ts';
import { addClient } from '../support/issuer.ts';
import { authorizeUrl, push, requested } from '../support/pushing.ts';
import { asserted, makeKey, setOf, sign, signer } from '../support/signing.ts';

let acme: Acme;
const good = requested(redirect_uri);
const http = { [oauth.allowInsecureRequests]: true };

beforeAll(async () => {
  acme = await startAcme();
});

const setClient = (settings: Record<string, unknown>) =>
  call(acme.database.worker, ops.client_set, { tenant: acme.tenant, client_id: 'web', settings });

async function verified(jwt: string, aud = 'web') {
  const keys = createRemoteJWKSet(new URL(`${acme.issuer}/oauth/jwks.json`));
  const { payload, protectedHeader } = await jwtVerify(jwt, keys, {
    issuer: acme.issuer,
    audience: aud,
  });
  return { ...payload, alg: protectedHeader.alg };
}

/** Where an authorization request leads to, with the person signed in and consenting. */
async function answered(query: Record<string, string>, browser = new Browser()) {
  const page = await browser.open(
    authorizeUrl(acme.issuer, { ...good, client_id: 'web', ...query }),
  );
  return proceed(browser, page);
}

describe('an authorization response that is signed [JARM 2]', () => {
  test('openid-client asks for one, verifies it and redeems the code', async () => {
    const config = await discover(acme, acme.web);
    client.useJwtResponseMode(config);
    const tokens = await obtainTokens(config);
    expect(new URL(tokens.callback).searchParams.has('code')).toBe(false);
    expect(tokens.access_token).toBeTruthy();
  });

  test('oauth4webapi verifies one of a request that was pushed', async () => {
    const issuer = new URL(acme.issuer);
    const as = await oauth
      .discoveryRequest(issuer, http)
      .then((response) => oauth.processDiscoveryResponse(issuer, response));
    expect(as.response_modes_supported).toEqual(
      expect.arrayContaining(['jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt']),
    );
    expect(as.authorization_signing_alg_values_supported).toContain('RS256');
    const pushed = await push(acme.issuer, { ...good, ...acme.web, response_mode: 'jwt' });
    const browser = new Browser();
    const { request_uri } = pushed;
    const page = await browser.open(authorizeUrl(acme.issuer, { client_id: 'web', request_uri }));
    const { url } = await proceed(browser, page);
    const web = { client_id: 'web', authorization_signed_response_alg: 'RS256' };
    const read = await oauth.validateJwtAuthResponse(as, web, new URL(url), 'abc', http);
    expect(read.get('code')).toMatch(/^pgrant_ac_/);
  });

  test.each(['jwt', 'query.jwt'])(
    '%s: in the query, and nothing beside it',
    async (response_mode) => {
      const { url } = await answered({ response_mode });
      const parameters = [...new URL(url).searchParams];
      expect(parameters.map(([name]) => name)).toEqual(['response']);
      const claims = await verified(parameters[0]?.[1] ?? '');
      expect(Object.keys(claims).toSorted()).toEqual(['alg', 'aud', 'code', 'exp', 'iss', 'state']);
      expect(claims).toMatchObject({ alg: 'RS256', state: 'abc' });
      expect((claims.exp as number) - Date.now() / 1000).toBeLessThan(600);
    },
  );

  test('fragment.jwt: in the fragment', async () => {
    const { url } = await answered({ response_mode: 'fragment.jwt' });
    const { search, hash } = new URL(url);
    expect(search).toBe('');
    const response = new URLSearchParams(hash.slice(1)).get('response') ?? '';
    expect(await verified(response)).toMatchObject({ code: expect.any(String) });
  });

  test('form_post.jwt: in a form, which has a button', async () => {
    const page = await answered({ response_mode: 'form_post.jwt' });
    expect(page.html).toContain('<button');
    const { action, fields } = formOf(page.html);
    expect([action, Object.keys(fields)]).toEqual([redirect_uri, ['response']]);
    expect(await verified(fields.response ?? '')).toMatchObject({ state: 'abc' });
  });

  test('errors are signed too: of the request, of nobody signed in, and when the person says no', async () => {
    for (const [query, error] of [
      [{ scope: 'openid nonsense' }, 'invalid_scope'],
      [{ prompt: 'none' }, 'login_required'],
    ] as const) {
      const { url } = await answered({ response_mode: 'jwt', ...query });
      const claims = await verified(new URL(url).searchParams.get('response') ?? '');
      expect(claims).toMatchObject({ error, error_description: expect.any(String), state: 'abc' });
      expect(claims).not.toHaveProperty('code');
    }
    const browser = new Browser();
    const query = { ...good, client_id: 'web', response_mode: 'jwt', prompt: 'consent' };
    const page = await browser.open(authorizeUrl(acme.issuer, query));
    const { url } = await proceed(browser, page, 'deny');
    const claims = await verified(new URL(url).searchParams.get('response') ?? '');
    expect(claims).toMatchObject({ error: 'access_denied' });
  });

  test('is signed as the client is registered for, by what the tenant signs with', async () => {
    await setClient({ authorization_alg: 'ES256' });
    const { url } = await answered({ response_mode: 'jwt' });
    const claims = await verified(new URL(url).searchParams.get('response') ?? '');
    expect(claims.alg).toBe('ES256');
    await setClient({ authorization_alg: 'RS256' });
    await expect(setClient({ authorization_alg: 'PS256' })).rejects.toThrow(/RS256 or ES256/);
  });

  test('passes for no ID token: not as a hint [RFC 8725 3.11]', async () => {
    const { url } = await answered({ response_mode: 'jwt' });
    const id_token_hint = new URL(url).searchParams.get('response') ?? '';
    const again = await answered({ id_token_hint });
    expect(new URL(again.url).searchParams.get('error')).toBe('invalid_request');
  });
});

describe('introspection that is signed [RFC 9701]', () => {
  const typ = 'token-introspection+jwt';

  async function introspected(
    accept: string,
    token: string,
    { client_id, client_secret } = acme.web,
  ) {
    const response = await fetch(`${acme.issuer}/oauth/introspect`, {
      method: 'POST',
      headers: { accept },
      body: new URLSearchParams({ token, client_id, client_secret }),
    });
    return { type: response.headers.get('content-type'), text: await response.text() };
  }

  const tokenOf = async () =>
    (await client.clientCredentialsGrant(await discover(acme, acme.web))).access_token;

  test('oauth4webapi asks for it and verifies it', async () => {
    const issuer = new URL(acme.issuer);
    const as = await oauth
      .discoveryRequest(issuer, http)
      .then((response) => oauth.processDiscoveryResponse(issuer, response));
    expect(as.introspection_signing_alg_values_supported).toContain('RS256');
    const web = { client_id: 'web' };
    const secret = oauth.ClientSecretPost(acme.web.client_secret);
    const options = { ...http, requestJwtResponse: true };
    const response = await oauth.introspectionRequest(as, web, secret, await tokenOf(), options);
    const state = await oauth.processIntrospectionResponse(as, web, response);
    await oauth.validateApplicationLevelSignature(as, response, http);
    expect(state).toMatchObject({ active: true, client_id: 'web' });
  });

  test('says of the token in one claim, for whoever asked, and of itself nothing that a token has', async () => {
    const { type, text } = await introspected(`application/${typ}`, await tokenOf());
    expect(type).toBe(`application/${typ}`);
    expect(decodeProtectedHeader(text).typ).toBe(typ);
    const { alg, ...claims } = await verified(text);
    expect(Object.keys(claims).toSorted()).toEqual(['aud', 'iat', 'iss', 'token_introspection']);
    expect(claims).toMatchObject({
      aud: 'web',
      token_introspection: { active: true, iss: acme.issuer, client_id: 'web' },
    });
    expect(alg).toBe('RS256');
  });

  test('of a token that is none says no more than that', async () => {
    const { text } = await introspected(`application/${typ}`, 'nonsense');
    const claims: Record<string, unknown> = await verified(text);
    expect(claims.token_introspection).toEqual({ active: false });
  });

  test.each(['application/json', '*/*', `application/json, application/${typ}`, ''])(
    'is not what a client gets that accepts %j',
    async (accept) => {
      const { type, text } = await introspected(accept, await tokenOf());
      expect(type).toMatch('application/json');
      expect(JSON.parse(text)).toMatchObject({ active: true });
    },
  );

  test('is what a client gets that is registered for it, whatever it accepts', async () => {
    const api = await addClient(acme.database, acme.tenant, 'api', {
      grant_types: ['client_credentials'],
      redirect_uris: [],
      introspection_alg: 'ES256',
    });
    const { type, text } = await introspected('application/json', await tokenOf(), api);
    expect(type).toBe(`application/${typ}`);
    expect((await verified(text, 'api')).alg).toBe('ES256');
  });

  test('of a token for another resource server says no more than of none, whatever the form [RFC 9701 5]', async () => {
    const { worker } = acme.database;
    const resource = 'https://notes.example.com';
    await call(worker, ops.resource_set, { tenant: acme.tenant, resource, title: 'Notes' });
    const notes = await addClient(acme.database, acme.tenant, 'notes', {
      grant_types: ['client_credentials'],
      redirect_uris: [],
      introspection_audience: [resource],
    });
    const config = await discover(acme, acme.web);
    const { access_token } = await client.clientCredentialsGrant(config, { resource });
    const told = async (token: string) => {
      const { text } = await introspected(`application/${typ}`, token, notes);
      const claims: Record<string, unknown> = await verified(text, 'notes');
      const plain = await introspected('application/json', token, notes);
      expect(JSON.parse(plain.text)).toEqual(claims.token_introspection);
      return claims.token_introspection;
    };
    expect(await told(access_token)).toMatchObject({ active: true, aud: resource });
    expect(await told(await tokenOf())).toEqual({ active: false });
  });

  test('is by an alg of the profile where a client that is held to one asks for it [FAPI 2.0 5.4.1]', async () => {
    const key = await makeKey();
    const { client_id } = await addClient(acme.database, acme.tenant, 'bank', {
      ...signer({ jwks: setOf(key), id_token_alg: 'ES256', authorization_alg: 'ES256' }),
      security_profile: 'fapi2',
    });
    const response = await fetch(`${acme.issuer}/oauth/introspect`, {
      method: 'POST',
      headers: { accept: `application/${typ}` },
      body: new URLSearchParams({
        token: 'any',
        ...asserted(await sign(key, client_id, acme.issuer)),
      }),
    });
    const { alg } = await verified(await response.text(), client_id);
    expect(alg).toMatch(/^(PS256|ES256|EdDSA|Ed25519)$/);
  });

  test('a refusal is JSON', async () => {
    const wrong = { client_id: 'web', client_secret: 'wrong' };
    const { type, text } = await introspected(`application/${typ}`, await tokenOf(), wrong);
    expect(type).toMatch('application/json');
    expect(JSON.parse(text)).toMatchObject({ error: 'invalid_client' });
  });
});
