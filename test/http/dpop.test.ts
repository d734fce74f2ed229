// DPoP by real clients: what they do first, and what others make of their tokens.
import { CompactSign } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { clientAlgs } from '../../src/protocol/lists.ts';
import {
  type Acme,
  discover,
  obtainTokens,
  proceed,
  redirect_uri,
  startAcme,
} from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { ath, newProofKey, type ProofChanges, type ProofKey, proofFor } from '../support/dpop.ts';
import { addClient, addTenant } from '../support/issuer.ts';

let acme: Acme;
let key: ProofKey;

beforeAll(async () => {
  acme = await startAcme();
  key = await newProofKey();
});

const native = { client_id: 'native' };
const scope = 'openid offline_access';

function post(body: Record<string, string>, dpop?: string | string[], issuer = acme.issuer) {
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' });
  for (const proof of [dpop ?? []].flat()) headers.append('dpop', proof);
  return fetch(`${issuer}/oauth/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(body),
  });
}

const asWeb = () => ({
  client_id: acme.web.client_id,
  client_secret: acme.web.client_secret as string,
});
const machine = () => ({ grant_type: 'client_credentials', ...asWeb() });
const tokenUrl = () => `${acme.issuer}/oauth/token`;
const userinfoUrl = () => `${acme.issuer}/oauth/userinfo`;

async function set(values: Record<string, unknown>) {
  await callAll(acme.database.worker, ops.tenant_set, {
    tenant: acme.tenant,
    settings: values as never,
  });
}

async function bodyOf(response: Response) {
  const body = (await response.json()) as Record<
    'error' | 'error_description' | 'token_type' | 'access_token' | 'refresh_token',
    string
  >;
  return { status: response.status, ...body };
}

/** Tokens of the public client that are bound to the key. */
async function boundTokens(handle: client.DPoPHandle, config: client.Configuration) {
  const verifier = client.randomPKCECodeVerifier();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: 'http://127.0.0.1/callback',
    scope,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    dpop_jkt: await handle.calculateThumbprint(),
  });
  const browser = new Browser();
  const { url: callback } = await proceed(browser, await browser.open(url));
  return await client.authorizationCodeGrant(
    config,
    new URL(callback),
    { pkceCodeVerifier: verifier },
    undefined,
    { DPoP: handle },
  );
}

describe('openid-client with DPoP', () => {
  test('gets bound tokens, refreshes them and asks userinfo [RFC 9449 5, 7]', async () => {
    const config = await discover(acme, acme.native, true);
    const handle = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
    const tokens = await boundTokens(handle, config);
    expect(tokens.token_type).toBe('dpop');
    const sub = tokens.claims()?.sub as string;
    const info = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP: handle });
    expect(info.sub).toBe(sub);
    const next = await client.refreshTokenGrant(
      config,
      tokens.refresh_token as string,
      {},
      {
        DPoP: handle,
      },
    );
    expect(next.token_type).toBe('dpop');
    await expect(client.fetchUserInfo(config, next.access_token, sub)).rejects.toMatchObject({
      status: 401,
    });
  });

  test('goes on with a nonce where the tenant asks for one [RFC 9449 8, 9]', async () => {
    await set({ require_dpop_nonce: true });
    const config = await discover(acme, acme.native, true);
    const handle = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
    const tokens = await boundTokens(handle, config);
    const sub = tokens.claims()?.sub as string;
    const info = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP: handle });
    await set({ require_dpop_nonce: false });
    expect(info.sub).toBe(sub);
  });
});

test('oauth4webapi gets a bound token for itself, and introspection says to which key [RFC 9449 6.2]', async () => {
  const options = { [oauth.allowInsecureRequests]: true };
  const as = await oauth
    .discoveryRequest(new URL(acme.issuer), options)
    .then((response) => oauth.processDiscoveryResponse(new URL(acme.issuer), response));
  expect(as.dpop_signing_alg_values_supported).toContain('ES256');
  const app = { client_id: acme.web.client_id };
  const authentication = oauth.ClientSecretPost(acme.web.client_secret as string);
  const pair = await oauth.generateKeyPair('ES256');
  const DPoP = oauth.DPoP({}, pair);
  const response = await oauth.clientCredentialsGrantRequest(
    as,
    app,
    authentication,
    {},
    {
      ...options,
      DPoP,
    },
  );
  const tokens = await oauth.processClientCredentialsResponse(as, app, response);
  expect(tokens.token_type).toBe('dpop');
  const introspected = await oauth.processIntrospectionResponse(
    as,
    app,
    await oauth.introspectionRequest(as, app, authentication, tokens.access_token, options),
  );
  expect(introspected).toMatchObject({
    active: true,
    token_type: 'DPoP',
    cnf: { jkt: await DPoP.calculateThumbprint() },
  });
});

describe('a proof that is not for this request is refused [RFC 9449 4.3]', () => {
  const now = () => Math.floor(Date.now() / 1000);
  test.each<[string, string, () => ProofChanges]>([
    ['of another type', 'typ is not dpop+jwt', () => ({ header: { typ: 'JWT' } })],
    ['without a type', 'typ is not dpop+jwt', () => ({ header: { typ: undefined } })],
    ['with an unknown crit', 'it is no JWT', () => ({})],
    [
      'without a key',
      'jwk is not a public key for its alg',
      () => ({ header: { jwk: undefined } }),
    ],
    ['for another method', 'htm is not POST', () => ({ claims: { htm: 'GET' } })],
    ['with the method in lower case', 'htm is not POST', () => ({ claims: { htm: 'post' } })],
    [
      'for another endpoint',
      'htu is not the URL of the request',
      () => ({ claims: { htu: userinfoUrl() } }),
    ],
    [
      'with a slash at the end',
      'htu is not the URL of the request',
      () => ({ claims: { htu: `${tokenUrl()}/` } }),
    ],
    [
      'for the path alone',
      'htu is not the URL of the request',
      () => ({ claims: { htu: '/acme/oauth/token' } }),
    ],
    [
      'for another port',
      'htu is not the URL of the request',
      () => ({ claims: { htu: tokenUrl().replace(/:\d+/, ':1') } }),
    ],
    ['without htu', 'htu is not the URL of the request', () => ({ claims: { htu: undefined } })],
    ['of two minutes ago', 'iat is too long ago', () => ({ claims: { iat: now() - 120 } })],
    ['of the future', 'iat is in the future', () => ({ claims: { iat: now() + 60 } })],
    ['with iat as text', 'iat is missing', () => ({ claims: { iat: String(now()) } })],
    ['past its exp', 'exp is in the past', () => ({ claims: { exp: now() - 60 } })],
    ['with exp as text', 'exp is in the past, or no moment', () => ({ claims: { exp: 'soon' } })],
    ['before its nbf', 'nbf is in the future', () => ({ claims: { nbf: now() + 60 } })],
    ['without jti', 'jti is missing or too long', () => ({ claims: { jti: undefined } })],
    [
      'with an endless jti',
      'jti is missing or too long',
      () => ({ claims: { jti: 'x'.repeat(256) } }),
    ],
  ])('%s', async (name, fault, change) => {
    const proof = name.includes('crit') ? 'e30.e30.e30' : await proofFor(key, tokenUrl(), change());
    const said = name.includes('crit') ? 'typ is not dpop+jwt' : fault;
    expect(await bodyOf(await post(machine(), proof))).toMatchObject({
      status: 400,
      error: 'invalid_dpop_proof',
      error_description: expect.stringContaining(said),
    });
  });

  test('signed by another key than it names', async () => {
    const proof = await proofFor(key, tokenUrl(), { signer: await newProofKey() });
    const refused = await bodyOf(await post(machine(), proof));
    expect(refused.error_description).toContain('its key has not made its signature');
  });

  test('with the private key in it', async () => {
    const { exportJWK } = await import('jose');
    const proof = await proofFor(key, tokenUrl(), {
      header: { jwk: await exportJWK(key.privateKey) },
    });
    expect((await bodyOf(await post(machine(), proof))).error).toBe('invalid_dpop_proof');
  });

  test('empty, which gives no bearer token instead', async () => {
    for (const proof of ['', ' ']) {
      expect(await bodyOf(await post(machine(), proof))).toMatchObject({
        status: 400,
        error: 'invalid_dpop_proof',
      });
    }
  });

  test('two of them, and one that is no JWT', async () => {
    const proof = await proofFor(key, tokenUrl());
    const two = await bodyOf(await post(machine(), [proof, await proofFor(key, tokenUrl())]));
    expect(two).toMatchObject({ error: 'invalid_dpop_proof' });
    expect((await bodyOf(await post(machine(), 'nonsense'))).error).toBe('invalid_dpop_proof');
  });

  test.each<[string, string | Uint8Array]>([
    ['a list', '[]'],
    ['null', 'null'],
    ['no JSON', '{'],
    ['no UTF-8', Buffer.from('7b22ff223a317d', 'hex')],
  ])('signed, of what is no claims: %s [RFC 7519 7.2]', async (_, payload) => {
    const proof = await new CompactSign(Buffer.from(payload))
      .setProtectedHeader({ typ: 'dpop+jwt', alg: key.alg, jwk: key.jwk })
      .sign(key.privateKey);
    const refused = await bodyOf(await post(machine(), proof));
    expect(refused).toMatchObject({ status: 400, error: 'invalid_dpop_proof' });
    expect(refused.error_description).toContain('it is no JWT');
  });

  test('made for another tenant, and it is recorded there', async () => {
    const { issuer, tenant } = await addTenant(acme.database, acme.origin, 'globex');
    const { client_id, client_secret } = await addClient(acme.database, tenant, 'job', {
      grant_types: ['client_credentials'],
    });
    const body = {
      ...{ grant_type: 'client_credentials', client_id },
      client_secret: client_secret as string,
    };
    const proof = await proofFor(key, tokenUrl());
    expect((await bodyOf(await post(body, proof, issuer))).error).toBe('invalid_dpop_proof');
    const [event] = await acme.database.sql`
      select e.reason from pgrant.audit_events e
       where e.tenant_id = ${tenant} and e.error = 'invalid_dpop_proof'`;
    expect(event?.reason).toBe('DPoP proof: htu is not the URL of the request');
  });

  test('used before, and the refusal is in the audit', async () => {
    const proof = await proofFor(key, tokenUrl());
    expect((await post(machine(), proof)).status).toBe(200);
    expect(await bodyOf(await post(machine(), proof))).toMatchObject({
      error: 'invalid_dpop_proof',
      error_description: expect.stringContaining('used before'),
    });
    const [event] = await acme.database.sql`
      select e.action, e.client_id from pgrant.audit_events e
       where e.tenant_id = ${acme.tenant} and e.reason = 'DPoP proof: used before'`;
    expect(event).toEqual({ action: 'client.authenticate', client_id: acme.web.client_id });
  });

  test('of ten that are the same and arrive at once, one is good', async () => {
    const proof = await proofFor(key, tokenUrl());
    const all = await Promise.all(Array.from({ length: 10 }, () => post(machine(), proof)));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe('a proof may be written otherwise [RFC 3986 6.2]', () => {
  test.each<[string, (url: URL) => string]>([
    ['with a query and a fragment', (url) => `${url}?a=b#c`],
    ['with the host in upper case', (url) => url.href.replace('localhost', 'LOCALHOST')],
    ['with an escaped letter in the path', (url) => url.href.replace('token', '%74oken')],
  ])('%s', async (_name, rewrite) => {
    const proof = await proofFor(key, rewrite(new URL(tokenUrl())));
    expect((await post(machine(), proof)).status).toBe(200);
  });

  test.each(['RS256', 'PS256', 'EdDSA'])('and signed by %s', async (alg) => {
    const proof = await proofFor(await newProofKey(alg), tokenUrl());
    expect((await post(machine(), proof)).status).toBe(200);
  });

  test('but by none that the tenant does not take, at any endpoint [FAPI 2.0 5.4.1]', async () => {
    const rsa = await newProofKey('RS256');
    const before = await post(machine(), await proofFor(rsa, tokenUrl()));
    const { access_token } = (await before.json()) as { access_token: string };
    await set({ client_signing_algs: ['ES256', 'PS256'] });
    const refused = {
      error: 'invalid_dpop_proof',
      error_description: /alg is none of ES256, PS256/,
    };
    const after = await bodyOf(await post(machine(), await proofFor(rsa, tokenUrl())));
    const proof = await proofFor(rsa, userinfoUrl(), {
      claims: { htm: 'GET', ath: ath(access_token) },
    });
    const read = await fetch(userinfoUrl(), {
      headers: { authorization: `DPoP ${access_token}`, dpop: proof },
    });
    const good = await post(machine(), await proofFor(key, tokenUrl()));
    await set({ client_signing_algs: [...clientAlgs] });
    expect(after.error).toBe(refused.error);
    expect(after.error_description).toMatch(refused.error_description);
    expect(read.headers.get('www-authenticate')).toMatch(refused.error_description);
    expect(good.status).toBe(200);
  });
});

test('the challenge of a resource names the algorithms that the tenant takes [RFC 9449 7.1]', async () => {
  const { tenant, issuer } = await addTenant(acme.database, acme.origin, 'few');
  const settings = { client_signing_algs: ['PS256', 'ES256'] };
  await callAll(acme.database.worker, ops.tenant_set, { tenant, settings });
  const response = await fetch(`${issuer}/oauth/userinfo`, {
    headers: { authorization: 'DPoP none' },
  });
  expect(response.headers.get('www-authenticate')).toMatch(/^DPoP .*, algs="PS256 ES256"$/);
});

test.each([
  ['userinfo', 'GET', '/oauth/userinfo'],
  ['a grant that is read', 'GET', '/oauth/grants/00000000-0000-4000-8000-000000000000'],
  ['a grant that is given back', 'DELETE', '/oauth/grants/00000000-0000-4000-8000-000000000000'],
  ['the admin API', 'GET', '/api/v1/clients'],
])(
  'and those that the profile of the client leaves, and what is wrong, once it is known whose token it is: %s',
  async (_name, method, path) => {
    const { access_token } = await bodyOf(await post(machine(), await proofFor(key, tokenUrl())));
    const setProfile = (profile: string | null) =>
      acme.database.sql`
        update pgrant.clients set security_profile = ${profile} where client_id = 'web'`;
    await setProfile('fapi2');
    const headers = { authorization: `DPoP ${access_token}` };
    const answer = await fetch(`${acme.issuer}${path}`, { method, headers });
    await setProfile(null);
    expect(answer.status).toBe(401);
    const challenge = answer.headers.get('www-authenticate');
    const left = clientAlgs.filter((alg) => alg !== 'RS256');
    expect(challenge).toContain(`algs="${left.join(' ')}"`);
    expect(challenge).toMatch(/error="invalid_dpop_proof", error_description=".+: there is none"/);
  },
);

describe('a nonce of the server', () => {
  test('is asked for, stands for the clock of the client, and is replaced in time [RFC 9449 4.3, 8]', async () => {
    await set({ require_dpop_nonce: true });
    const first = await post(machine(), await proofFor(key, tokenUrl()));
    const nonce = first.headers.get('dpop-nonce') as string;
    expect(await bodyOf(first)).toMatchObject({ status: 400, error: 'use_dpop_nonce' });
    const claims = { nonce, iat: 1000 };
    const second = await post(machine(), await proofFor(key, tokenUrl(), { claims }));
    await set({ require_dpop_nonce: false });
    expect(second.status).toBe(200);
    expect(second.headers.get('dpop-nonce')).toBeTruthy();
  });

  test('that is none of ours is replaced, whether one is needed or not [RFC 9449 8]', async () => {
    const proof = await proofFor(key, tokenUrl(), { claims: { nonce: 'theirs' } });
    const response = await post(machine(), proof);
    expect(response.headers.get('dpop-nonce')).toBeTruthy();
    expect((await bodyOf(response)).error).toBe('use_dpop_nonce');
  });
});

describe('what a thief has without the key', () => {
  let config: client.Configuration;
  let tokens: Awaited<ReturnType<typeof boundTokens>>;
  let handle: client.DPoPHandle;

  beforeAll(async () => {
    config = await discover(acme, acme.native, true);
    handle = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
    tokens = await boundTokens(handle, config);
  });

  const askUserinfo = async (authorization: string, proof?: string) =>
    await fetch(userinfoUrl(), { headers: { authorization, ...(proof && { dpop: proof }) } });

  test('is refused at userinfo: as Bearer, without a proof, by another key [RFC 9449 7.1, 7.2]', async () => {
    const { access_token } = tokens;
    const claims = { htm: 'GET', ath: ath(access_token) };
    const foreign = await proofFor(key, userinfoUrl(), { claims });
    const unrelated = await proofFor(key, userinfoUrl(), { claims: { htm: 'GET' } });
    for (const [answer, challenge] of [
      [await askUserinfo(`Bearer ${access_token}`), /^Bearer .*error="invalid_token"/],
      [
        await askUserinfo(`DPoP ${access_token}`),
        /^DPoP .*error="invalid_dpop_proof".*algs="ES256/,
      ],
      [await askUserinfo(`DPoP ${access_token}`, foreign), /^DPoP .*error="invalid_token"/],
      [await askUserinfo(`DPoP ${access_token}`, unrelated), /^DPoP .*error="invalid_dpop_proof"/],
    ] as const) {
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(challenge);
    }
  });

  test('cannot be refreshed, and takes nothing from whoever has the key [RFC 9449 5]', async () => {
    const body = {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token as string,
      ...native,
    };
    expect((await bodyOf(await post(body))).error).toBe('invalid_grant');
    const foreign = await proofFor(key, tokenUrl());
    expect((await bodyOf(await post(body, foreign))).error).toBe('invalid_grant');
    const next = await client.refreshTokenGrant(
      config,
      tokens.refresh_token as string,
      {},
      { DPoP: handle },
    );
    expect(next.token_type).toBe('dpop');
  });

  describe('where a public client proves its key with the first refresh only [RFC 9449 5]', () => {
    const sent = (refresh_token: string | undefined) => ({
      grant_type: 'refresh_token',
      refresh_token: refresh_token as string,
      ...native,
    });
    const proven = async (refresh_token: string | undefined) =>
      bodyOf(await post(sent(refresh_token), await proofFor(key, tokenUrl())));
    const without = async (refresh_token: string | undefined) =>
      bodyOf(await post(sent(refresh_token)));
    const age = () =>
      acme.database.sql`
        update pgrant.token_families set replay_until = now() where client_id = 'native'`;

    test('the refresh token is bound from then on, its predecessor too', async () => {
      const { refresh_token: first } = await obtainTokens(config, {
        redirect_uri: 'http://127.0.0.1/callback',
      });
      const second = await proven(first);
      expect(second.token_type).toBe('DPoP');
      expect((await without(second.refresh_token)).error).toBe('invalid_grant');
      expect((await without(first)).error).toBe('invalid_grant');
      expect((await proven(first)).refresh_token).toBe(second.refresh_token);
      expect((await proven(second.refresh_token)).token_type).toBe('DPoP');
    });

    test('a thief who binds it to a key of his own loses it when the client comes [RFC 9700 4.14.2]', async () => {
      const { refresh_token: stolen } = await obtainTokens(config, {
        redirect_uri: 'http://127.0.0.1/callback',
      });
      const taken = await proven(stolen);
      await age();
      expect((await without(stolen)).error).toBe('invalid_grant');
      expect((await proven(taken.refresh_token)).error).toBe('invalid_grant');
    });

    test('one that was bound from the beginning is never revoked by whoever lacks the key', async () => {
      const first = (await boundTokens(handle, config)).refresh_token;
      const { refresh_token } = await client.refreshTokenGrant(
        config,
        first as string,
        {},
        { DPoP: handle },
      );
      await age();
      expect((await without(first)).error).toBe('invalid_grant');
      const next = client.refreshTokenGrant(config, refresh_token as string, {}, { DPoP: handle });
      expect((await next).token_type).toBe('dpop');
    });
  });

  test('a bearer token sent as DPoP is refused [RFC 9449 7.1]', async () => {
    const web = await discover(acme, acme.web);
    const { access_token } = await obtainTokens(web);
    const claims = { htm: 'GET', ath: ath(access_token) };
    const answer = await askUserinfo(
      `DPoP ${access_token}`,
      await proofFor(key, userinfoUrl(), { claims }),
    );
    expect(answer.status).toBe(401);
  });
});

test('a code is redeemed with the key of dpop_jkt alone, and another key burns nothing [RFC 9449 10]', async () => {
  const config = await discover(acme, acme.web);
  const verifier = client.randomPKCECodeVerifier();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    dpop_jkt: key.jkt,
  });
  const browser = new Browser();
  const { url: callback } = await proceed(browser, await browser.open(url));
  const code = new URL(callback).searchParams.get('code') as string;
  const body = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri,
    ...asWeb(),
  };
  expect((await bodyOf(await post(body))).error).toBe('invalid_grant');
  const foreign = await proofFor(await newProofKey(), tokenUrl());
  expect((await bodyOf(await post(body, foreign))).error).toBe('invalid_grant');
  expect((await post(body, await proofFor(key, tokenUrl()))).status).toBe(200);
});

test('a client that has to send proofs gets nothing without one, nor any client of such a tenant [RFC 9449 5.2]', async () => {
  const refused = { status: 400, error: 'invalid_dpop_proof' };
  await acme.database.sql`
    update pgrant.clients set dpop_bound_access_tokens = true where client_id = ${acme.web.client_id}`;
  expect(await bodyOf(await post(machine()))).toMatchObject(refused);
  await acme.database.sql`
    update pgrant.clients set dpop_bound_access_tokens = false where client_id = ${acme.web.client_id}`;
  await set({ dpop_bound_access_tokens: true });
  expect(await bodyOf(await post(machine()))).toMatchObject(refused);
  await set({ dpop_bound_access_tokens: false });
  expect((await post(machine())).status).toBe(200);
});

test('a malformed dpop_jkt is told to the client [RFC 9449 10]', async () => {
  const config = await discover(acme, acme.web);
  const url = client.buildAuthorizationUrl(config, { redirect_uri, scope, dpop_jkt: 'short' });
  const { url: answer } = await new Browser().open(url);
  expect(new URL(answer).searchParams.get('error')).toBe('invalid_request');
});

describe('a pushed request', () => {
  const push = async (body: Record<string, string>, dpop: string) => {
    const challenge = await client.calculatePKCECodeChallenge(verifier);
    return fetch(`${acme.issuer}/oauth/par`, {
      method: 'POST',
      headers: { dpop },
      body: new URLSearchParams({
        ...{ response_type: 'code', redirect_uri, scope, code_challenge: challenge },
        ...{ code_challenge_method: 'S256', ...asWeb(), ...body },
      }),
    });
  };
  const verifier = client.randomPKCECodeVerifier();
  const parUrl = () => `${acme.issuer}/oauth/par`;

  test('with a proof binds the code to its key [RFC 9449 10.1]', async () => {
    const pushed = await push({}, await proofFor(key, parUrl()));
    const { request_uri } = (await pushed.json()) as { request_uri: string };
    const url = new URL(`${acme.issuer}/oauth/authorize`);
    url.search = String(new URLSearchParams({ client_id: acme.web.client_id, request_uri }));
    const browser = new Browser();
    const { url: callback } = await proceed(browser, await browser.open(url));
    const code = new URL(callback).searchParams.get('code') as string;
    const body = {
      ...{ grant_type: 'authorization_code', code, code_verifier: verifier },
      ...{ redirect_uri, ...asWeb() },
    };
    expect((await bodyOf(await post(body))).error).toBe('invalid_grant');
    expect((await post(body, await proofFor(key, tokenUrl()))).status).toBe(200);
  });

  test('whose dpop_jkt is of another key is refused, and one whose proof is for the token endpoint', async () => {
    const other = await newProofKey();
    const contrary = await push({ dpop_jkt: other.jkt }, await proofFor(key, parUrl()));
    expect(await bodyOf(contrary)).toMatchObject({ status: 400, error: 'invalid_dpop_proof' });
    const misplaced = await push({}, await proofFor(key, tokenUrl()));
    expect(await bodyOf(misplaced)).toMatchObject({ status: 400, error: 'invalid_dpop_proof' });
  });
});
