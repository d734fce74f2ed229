// Who is signed in, what prompt and max_age ask for, and how a login flood ends.
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Acme,
  discover,
  obtainTokens,
  password,
  redirect_uri,
  startAcme,
} from '../support/acme.ts';
import { Browser } from '../support/browser.ts';

let acme: Acme;
let config: client.Configuration;

beforeAll(async () => {
  acme = await startAcme();
  config = await discover(acme, acme.web);
});

async function authorize(browser: Browser, change: Record<string, string> = {}) {
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...change,
  });
  const page = await browser.open(url);
  const answer = page.html ? undefined : Object.fromEntries(new URL(page.url).searchParams);
  return {
    page,
    answer,
    asksLogin: page.html.includes('name="password"'),
    asksConsent: page.html.includes('name="decision"'),
  };
}

describe('prompt and max_age [OpenID Connect Core 3.1.2.1]', () => {
  test('prompt=none answers silently with the same sub and auth_time', async () => {
    const browser = new Browser();
    const first = await obtainTokens(config, {}, browser);
    const second = await obtainTokens(config, { prompt: 'none' }, browser);
    expect(second.claims?.sub).toBe(first.claims?.sub);
    expect(second.claims?.auth_time).toBe(first.claims?.auth_time);
  });

  test('prompt=login asks again, and auth_time moves', async () => {
    const browser = new Browser();
    const first = await obtainTokens(config, {}, browser);
    expect((await authorize(browser, { prompt: 'login' })).asksLogin).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const second = await obtainTokens(config, { prompt: 'login' }, browser);
    expect(second.claims?.auth_time).toBeGreaterThan(first.claims?.auth_time ?? 0);
  });

  test('max_age=1 asks again after a pause, max_age=10000 does not and returns auth_time', async () => {
    const browser = new Browser();
    await obtainTokens(config, {}, browser);
    const lax = await obtainTokens(config, { max_age: '10000' }, browser);
    expect(lax.claims?.auth_time).toBeTypeOf('number');
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect((await authorize(browser, { max_age: '1' })).asksLogin).toBe(true);
    expect((await authorize(browser, { max_age: '1', prompt: 'none' })).answer?.error).toBe(
      'login_required',
    );
  });

  test('prompt=consent asks again for what was consented to, prompt=none for more is consent_required', async () => {
    const browser = new Browser();
    await obtainTokens(config, { scope: 'openid' }, browser);
    expect((await authorize(browser, { prompt: 'consent' })).asksConsent).toBe(true);
    const more = await authorize(browser, { prompt: 'none', scope: 'openid phone' });
    expect(more.answer?.error).toBe('consent_required');
  });

  test('id_token_hint with prompt=none works for the same person, and is login_required for another', async () => {
    const browser = new Browser();
    const { id_token = '' } = await obtainTokens(config, {}, browser);
    const same = await authorize(browser, { prompt: 'none', id_token_hint: id_token });
    expect(same.answer?.code).toBeTruthy();
    const nobody = await authorize(new Browser(), { prompt: 'none', id_token_hint: id_token });
    expect(nobody.answer?.error).toBe('login_required');
    const claims = JSON.stringify({ id_token: { sub: { value: 'somebody else' } } });
    expect((await authorize(browser, { prompt: 'none', claims })).answer?.error).toBe(
      'login_required',
    );
    // The one whom claims names may not be left out for the one of the hint (3.1.2.2).
    const both = { prompt: 'none', claims, id_token_hint: id_token };
    expect((await authorize(browser, both)).answer?.error).toBe('invalid_request');
  });
});

describe('consent [remembered by subset]', () => {
  test('asking for less is not asked, asking for more shows the union, an expired one is asked again', async () => {
    const browser = new Browser();
    await obtainTokens(config, { scope: 'openid email profile' }, browser);
    expect((await authorize(browser, { scope: 'openid email' })).answer?.code).toBeTruthy();
    const more = await authorize(browser, { scope: 'openid address' });
    expect(more.asksConsent).toBe(true);
    for (const scope of ['address', 'email', 'profile']) {
      expect(more.page.html).toContain(
        `See your ${{ address: 'postal address', email: 'email address', profile: 'profile' }[scope]}`,
      );
    }
    await acme.database
      .sql`update pgrant.grants set consent_expires_at = now() - interval '1 second'`;
    expect((await authorize(browser, { scope: 'openid email' })).asksConsent).toBe(true);
  });

  test('deny is access_denied, and the request cannot be answered again', async () => {
    const browser = new Browser();
    const { page } = await authorize(browser, { prompt: 'login consent' });
    const consent = await browser.submit(page, { username: 'ada', password });
    const denied = await browser.submit(consent, { decision: 'deny' });
    expect(new URL(denied.url).searchParams.get('error')).toBe('access_denied');
    expect((await browser.submit(consent, { decision: 'allow' })).status).toBe(400);
  });
});

describe('claims [OpenID Connect Core 5.4 and 5.5]', () => {
  test('a claim asked for by name comes back where it was asked for', async () => {
    const claims = JSON.stringify({
      userinfo: { name: { essential: true } },
      id_token: { email: null },
    });
    const tokens = await obtainTokens(config, { scope: 'openid', claims });
    const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims?.sub ?? '');
    expect(info).toEqual({ sub: tokens.claims?.sub, name: 'Ada Lovelace' });
    expect(tokens.claims).toMatchObject({ email: 'ada@example.com', acr: '1', amr: ['pwd'] });
  });
});

describe('brute force', () => {
  test('ten wrong passwords, even at once, and the right one is 429 with Retry-After', async () => {
    const tries = await Promise.all(
      Array.from({ length: 15 }, async () => {
        const browser = new Browser();
        const { page } = await authorize(browser);
        return (await browser.submit(page, { username: 'mallory', password: 'guess' })).status;
      }),
    );
    expect(tries.filter((status) => status === 400)).toHaveLength(10);
    expect(tries.filter((status) => status === 429)).toHaveLength(5);
    const browser = new Browser();
    const { page } = await authorize(browser);
    const limited = await browser.submit(page, { username: 'mallory', password });
    expect(limited.status).toBe(429);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(limited.html).toContain('Too many');
  });
});
