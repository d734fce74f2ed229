// The product's own login over the wire: a product that signs, and a browser with cookies.
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { startProduct } from '../support/product.ts';
import { type AtProduct, comeBack, startAtProduct, tokensOf } from '../support/product-flow.ts';

let at: AtProduct;

beforeAll(async () => {
  at = await startAtProduct();
});

test('the product is told that the client wants a new account, though somebody is signed in [prompt=create 4]', async () => {
  const { browser, challenge } = await at.start();
  await comeBack(browser, (await at.accept(challenge)).body.redirect_to);
  const again = await at.start({ prompt: 'create' }, browser);
  const { body } = await at.product.answer(again.challenge, 'show', at.issuer);
  expect(body).toMatchObject({ prompt: ['create'], auth_time_after: expect.any(Number) });
});

describe('a signed answer', () => {
  test('signs in somebody whom pgrant has never seen, with claims, roles, acr and auth_time', async () => {
    const { browser, page, url, challenge } = await at.start({ scope: 'openid profile editor' });
    expect(page.status).toBe(303);
    expect(url.href).toMatch(at.product.login_url);
    expect(url.searchParams.get('iss')).toBe(at.issuer);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');

    const shown = await at.product.answer(challenge, 'show', at.issuer);
    expect(shown).toMatchObject({
      status: 200,
      body: { client_id: 'web', client_name: 'web', scopes: ['openid', 'profile', 'editor'] },
    });
    const auth_time = Math.floor(Date.now() / 1000) - 100;
    const answer = await at.accept(challenge, {
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
    const tokens = await tokensOf(at, await browser.submit(consent, { decision: 'allow' }));
    expect(tokens.claims).toMatchObject({
      sub: answer.body.sub,
      auth_time,
      acr: 'mfa',
      amr: ['pwd', 'otp'],
    });
    expect(tokens.scope).toBe('openid profile editor');
    const info = await client.fetchUserInfo(
      at.config,
      tokens.access_token,
      tokens.claims?.sub ?? '',
    );
    expect(info).toMatchObject({ name: 'Grace Hopper', preferred_username: 'grace' });
    // The session is there: the next request does not go to the product.
    expect(
      (await at.start({ scope: 'openid' }, browser)).url.searchParams.get('code'),
    ).toBeTruthy();

    const later = await at.start({ prompt: 'login' }, browser);
    const now = { sub: 'grace-1', roles: [], auth_time: Date.now() / 1000 };
    await comeBack(browser, (await at.accept(later.challenge, now)).body.redirect_to);
    expect(await client.tokenIntrospection(at.config, tokens.access_token)).toMatchObject({
      scope: 'openid profile',
    });
  });

  test.each(['RS256', 'EdDSA'] as const)('may be signed with %s, and sent as JSON', async (alg) => {
    const other = await startProduct(alg);
    await at.set({ login_url: other.login_url, login_jwks: other.jwks });
    const { challenge } = await at.start();
    const response = await fetch(`${at.issuer}/oauth/login/accept`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ assertion: await other.sign(challenge, 'accept', at.issuer) }),
    });
    await at.set({ login_url: at.product.login_url, login_jwks: at.product.jwks });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('comes from the page that the browser is sent to, which sends it back', async () => {
    const { browser, url } = await at.start();
    const page = await fetch(url, { redirect: 'manual' });
    const tokens = await tokensOf(at, await comeBack(browser, page.headers.get('location')));
    expect(tokens.claims?.acr).toBeUndefined();
    expect(tokens.claims?.amr).toBeUndefined();
  });

  test('is from login_issuer, where the tenant names one', async () => {
    await at.set({ login_issuer: 'my product' });
    const { challenge } = await at.start();
    expect((await at.accept(challenge)).status).toBe(401);
    expect((await at.accept(challenge, { iss: 'my product' })).status).toBe(200);
    await at.set({ login_issuer: null });
  });

  test('of rejection is access_denied at the client', async () => {
    const { browser, challenge } = await at.start();
    const answer = await at.product.answer(challenge, 'reject', at.issuer, {
      claims: { reason: 'locked' },
    });
    const { url } = await browser.open(String(answer.body.redirect_to));
    expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
      error: 'access_denied',
      state: 's',
      iss: at.issuer,
    });
    expect((await browser.open(String(answer.body.redirect_to))).status).toBe(400);
  });
});

describe('prompt and max_age [OpenID Connect Core 3.1.2.1]', () => {
  test('prompt=login takes no login that is older than the request, and the product is told', async () => {
    const before = Math.floor(Date.now() / 1000) - 1;
    const { browser, challenge } = await at.start({ prompt: 'login' });
    const { body } = await at.product.answer(challenge, 'show', at.issuer);
    expect(body).toMatchObject({ prompt: ['login'], auth_time_after: expect.any(Number) });
    expect(body.auth_time_after).toBeGreaterThan(before);
    expect(await at.accept(challenge, { auth_time: before })).toMatchObject({
      status: 400,
      body: { error: 'login_required' },
    });
    const answer = await at.accept(challenge, { auth_time: Date.now() / 1000 });
    expect(
      (await tokensOf(at, await comeBack(browser, answer.body.redirect_to))).claims?.auth_time,
    ).toBeGreaterThan(before);
  });

  test('max_age takes a login that is young enough', async () => {
    const { browser, challenge } = await at.start({ max_age: '300' });
    const auth_time = Math.floor(Date.now() / 1000) - 200;
    expect((await at.accept(challenge, { auth_time: auth_time - 200 })).body.error).toBe(
      'login_required',
    );
    const answer = await at.accept(challenge, { auth_time });
    expect(
      (await tokensOf(at, await comeBack(browser, answer.body.redirect_to))).claims?.auth_time,
    ).toBe(auth_time);
  });
});
