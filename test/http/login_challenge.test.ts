// The product's own login over the wire: a product that signs, browsers with cookies, and every way to cheat.
import { createHash, randomBytes } from 'node:crypto';
import { generateKeyPair } from 'jose';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { call } from '../../src/db/call.ts';
import { ops } from '../../src/db/functions.ts';
import { type Acme, discover, redirect_uri, startAcme } from '../support/acme.ts';
import { Browser, type Page } from '../support/browser.ts';
import { addTenant } from '../support/issuer.ts';
import { type Answer, type Product, startProduct } from '../support/product.ts';

let acme: Acme;
let product: Product;
let config: client.Configuration;

beforeAll(async () => {
  acme = await startAcme();
  product = await startProduct();
  const { tenant, database } = acme;
  const { login_url, jwks: login_jwks } = product;
  await call(database.worker, ops.tenant_set, { tenant, settings: { login_url, login_jwks } });
  await call(database.worker, ops.role_add, { tenant, role: 'editor', title: 'Edit' });
  config = await discover(acme, acme.web);
});

const verifier = client.randomPKCECodeVerifier();

/** Sends a browser to the authorization endpoint; it ends up at the product. */
async function start(parameters: Record<string, string> = {}, browser = new Browser()) {
  const page = await browser.open(
    client.buildAuthorizationUrl(config, {
      redirect_uri,
      scope: 'openid profile',
      state: 's',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...parameters,
    }),
  );
  const url = new URL(page.url);
  return { browser, page, url, challenge: url.searchParams.get('login_challenge') ?? '' };
}

const accept = (challenge: string, claims: Record<string, unknown> = {}) =>
  product.answer(challenge, 'accept', acme.issuer, { claims });

/** Brings the browser back, and allows where that is asked for. */
async function comeBack(browser: Browser, { body }: Answer): Promise<Page> {
  const page = await browser.open(String(body.redirect_to));
  return page.html.includes('name="decision"') ? browser.submit(page, { decision: 'allow' }) : page;
}

async function tokensOf({ url }: Page) {
  const tokens = await client.authorizationCodeGrant(config, new URL(url), {
    pkceCodeVerifier: verifier,
    expectedState: 's',
  });
  return { ...tokens, claims: tokens.claims() };
}

const expired = { status: 400, body: { error: 'expired_request' } };

describe('a signed answer', () => {
  test('signs in somebody whom pgrant has never seen, with claims, roles, acr and auth_time', async () => {
    const { browser, page, url, challenge } = await start({ scope: 'openid profile editor' });
    expect(page.status).toBe(303);
    expect(url.href).toMatch(product.login_url);
    expect(url.searchParams.get('iss')).toBe(acme.issuer);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');

    const shown = await product.answer(challenge, 'show', acme.issuer);
    expect(shown).toMatchObject({
      status: 200,
      body: { client_id: 'web', client_name: 'web', scopes: ['openid', 'profile', 'editor'] },
    });
    const auth_time = Math.floor(Date.now() / 1000) - 100;
    const answer = await accept(challenge, {
      sub: 'grace-1',
      username: 'grace',
      claims: { name: 'Grace Hopper' },
      roles: ['editor'],
      acr: 'mfa',
      amr: ['pwd', 'otp'],
      auth_time,
    });
    expect(answer.status).toBe(200);
    const consent = await browser.open(String(answer.body.redirect_to));
    expect(consent.html).toContain('name="decision"');
    const tokens = await tokensOf(await browser.submit(consent, { decision: 'allow' }));
    expect(tokens.claims).toMatchObject({
      sub: answer.body.sub,
      auth_time,
      acr: 'mfa',
      amr: ['pwd', 'otp'],
    });
    expect(tokens.scope).toBe('openid profile editor');
    const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims?.sub ?? '');
    expect(info).toMatchObject({ name: 'Grace Hopper', preferred_username: 'grace' });
    // The session is there: the next request does not go to the product.
    expect((await start({ scope: 'openid' }, browser)).url.searchParams.get('code')).toBeTruthy();

    const later = await start({ prompt: 'login' }, browser);
    const now = { sub: 'grace-1', roles: [], auth_time: Date.now() / 1000 };
    await comeBack(browser, await accept(later.challenge, now));
    expect(await client.tokenIntrospection(config, tokens.access_token)).toMatchObject({
      scope: 'openid profile',
    });
  });

  test.each(['RS256', 'EdDSA'] as const)('may be signed with %s, and sent as JSON', async (alg) => {
    const other = await startProduct(alg);
    const { tenant, database } = acme;
    const settings = { login_url: other.login_url, login_jwks: other.jwks };
    await call(database.worker, ops.tenant_set, { tenant, settings });
    const { challenge } = await start();
    const response = await fetch(`${acme.issuer}/oauth/login/accept`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ assertion: await other.sign(challenge, 'accept', acme.issuer) }),
    });
    const restored = { login_url: product.login_url, login_jwks: product.jwks };
    await call(database.worker, ops.tenant_set, { tenant, settings: restored });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('of rejection is access_denied at the client', async () => {
    const { browser, challenge } = await start();
    const answer = await product.answer(challenge, 'reject', acme.issuer, {
      claims: { reason: 'locked' },
    });
    const { url } = await browser.open(String(answer.body.redirect_to));
    expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
      error: 'access_denied',
      state: 's',
      iss: acme.issuer,
    });
    expect((await browser.open(String(answer.body.redirect_to))).status).toBe(400);
  });

  test('is no way to iss, kid or typ confusion, and none without a registered key', async () => {
    const { challenge } = await start();
    const now = Math.floor(Date.now() / 1000);
    const { privateKey } = await generateKeyPair('ES256');
    const bad: Record<string, Parameters<Product['answer']>[3]> = {
      'another key under the same kid': { key: privateKey },
      'an unknown kid': { header: { kid: 'x' } },
      'the typ of another answer': { header: { typ: 'login-show+jwt' } },
      'no typ': { header: { typ: undefined } },
      'another aud': { claims: { aud: 'https://id.example/other' } },
      'several auds': { claims: { aud: [acme.issuer, 'https://id.example/other'] } },
      'another iss': { claims: { iss: acme.issuer } },
      'an old iat': { claims: { iat: now - 120 } },
      'a future iat': { claims: { iat: now + 60, exp: now + 90 } },
      'no iat': { claims: { iat: undefined } },
      'a long life': { claims: { exp: now + 3600 } },
      'no exp': { claims: { exp: undefined } },
      'no jti': { claims: { jti: undefined } },
      'a short jti': { claims: { jti: '1' } },
      'the challenge itself': { claims: { login_challenge: challenge } },
      'no JWT': { assertion: 'x' },
      nothing: { assertion: '' },
    };
    for (const [what, change] of Object.entries(bad)) {
      const refused = await product.answer(challenge, 'accept', acme.issuer, change);
      expect(refused, what).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    }
    const [head, body = '', signature] = (
      await product.sign(challenge, 'accept', acme.issuer)
    ).split('.');
    const claims = { ...JSON.parse(String(Buffer.from(body, 'base64url'))), sub: 'admin' };
    const forged = Buffer.from(JSON.stringify(claims)).toString('base64url');
    for (const assertion of [
      `${head}.${forged}.${signature}`,
      `${Buffer.from('{"alg":"none","typ":"login-accept+jwt"}').toString('base64url')}.${forged}.`,
    ]) {
      const refused = await product.answer(challenge, 'accept', acme.issuer, { assertion });
      expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    }
    expect((await accept(challenge)).status).toBe(200);
  });

  test('names the claim that is not well-formed', async () => {
    const { challenge } = await start();
    const bad = {
      sub: ['', undefined, 'a\u0000b'],
      auth_time: [undefined, 'now', -1],
      claims: [[], { name: 'a\u0000b' }, 'x'],
      roles: ['editor', [1]],
      amr: ['pwd'],
    };
    for (const [name, values] of Object.entries(bad)) {
      for (const value of values) {
        expect(await accept(challenge, { [name]: value }), name).toMatchObject({
          status: 400,
          body: { error: 'invalid_request', error_description: expect.stringContaining(name) },
        });
      }
    }
    expect((await accept(challenge, { roles: ['ghost'] })).body.error_description).toContain(
      'there is no role ghost',
    );
    expect((await accept(challenge)).status).toBe(200);
  });
});

describe('challenges, assertions and browsers that are not good are all the same', () => {
  test('a replayed assertion, and another with its jti', async () => {
    const [one, two] = [await start(), await start()];
    const jti = randomBytes(16).toString('hex');
    const assertion = await product.sign(one.challenge, 'accept', acme.issuer, { claims: { jti } });
    const first = await product.answer(one.challenge, 'accept', acme.issuer, { assertion });
    expect(first.status).toBe(200);
    expect(await product.answer(one.challenge, 'accept', acme.issuer, { assertion })).toMatchObject(
      expired,
    );
    expect(await accept(two.challenge, { jti })).toMatchObject(expired);
    expect((await accept(two.challenge)).status).toBe(200);
  });

  test('a challenge that was answered, has expired, was made up, or is of another tenant', async () => {
    const [one, two] = [await start(), await start()];
    await accept(one.challenge);
    expect(await accept(one.challenge)).toMatchObject(expired);
    expect(await accept(`pgrant_lc_${'x'.repeat(43)}`)).toMatchObject(expired);

    const origin = new URL(acme.issuer).origin;
    const foreign = await addTenant(acme.database, origin, 'bravo');
    await call(acme.database.worker, ops.tenant_set, {
      tenant: foreign.tenant,
      settings: { login_url: product.login_url, login_jwks: product.jwks },
    });
    expect(await product.answer(two.challenge, 'accept', foreign.issuer)).toMatchObject(expired);

    await acme.database.sql`update pgrant.login_challenges set expires_at = now() - interval '1 s'
      where challenge_hash = ${createHash('sha256').update(two.challenge).digest()}`;
    expect(await accept(two.challenge)).toMatchObject(expired);
  });

  test('a tenant without keys takes no signed answer', async () => {
    const { issuer } = await addTenant(acme.database, new URL(acme.issuer).origin, 'charlie');
    const { challenge } = await start();
    expect((await product.answer(challenge, 'accept', issuer)).status).toBe(404);
  });

  test('an answer serves the browser that began, once, and no stranger with the address', async () => {
    const { browser, challenge } = await start();
    const answer = await accept(challenge);
    const stranger = await new Browser().open(String(answer.body.redirect_to));
    expect(stranger.status).toBe(400);
    expect(stranger.html).toContain('begun in another browser');
    // Who knows the challenge, but is not the one whom the product sent back, has nothing.
    const guessed = new URL(String(answer.body.redirect_to));
    guessed.searchParams.set('login_verifier', challenge);
    expect((await browser.open(guessed)).status).toBe(400);
    expect(new URL((await comeBack(browser, answer)).url).searchParams.get('code')).toBeTruthy();
    expect((await browser.open(String(answer.body.redirect_to))).status).toBe(400);
  });

  test('a disabled person is refused', async () => {
    const { tenant, database } = acme;
    const first = await start();
    await comeBack(first.browser, await accept(first.challenge, { sub: 'dora', username: 'dora' }));
    await call(database.worker, ops.user_disable, { tenant, username: 'dora', disabled: true });
    const second = await start({}, first.browser);
    expect(await accept(second.challenge, { sub: 'dora' })).toMatchObject({
      status: 403,
      body: { error: 'access_denied' },
    });
  });
});

describe('prompt and max_age [OpenID Connect Core 3.1.2.1]', () => {
  test('prompt=login takes no login that is older than the request, and the product is told', async () => {
    const before = Math.floor(Date.now() / 1000) - 1;
    const { browser, challenge } = await start({ prompt: 'login' });
    const { body } = await product.answer(challenge, 'show', acme.issuer);
    expect(body).toMatchObject({ prompt: ['login'], auth_time_after: expect.any(Number) });
    expect(body.auth_time_after).toBeGreaterThan(before);
    expect(await accept(challenge, { auth_time: before })).toMatchObject({
      status: 400,
      body: { error: 'login_required' },
    });
    const answer = await accept(challenge, { auth_time: Date.now() / 1000 });
    expect((await tokensOf(await comeBack(browser, answer))).claims?.auth_time).toBeGreaterThan(
      before,
    );
  });

  test('max_age takes a login that is young enough', async () => {
    const { browser, challenge } = await start({ max_age: '300' });
    const auth_time = Math.floor(Date.now() / 1000) - 200;
    expect((await accept(challenge, { auth_time: auth_time - 200 })).body.error).toBe(
      'login_required',
    );
    const answer = await accept(challenge, { auth_time });
    expect((await tokensOf(await comeBack(browser, answer))).claims?.auth_time).toBe(auth_time);
  });
});
