// Signing in with an OpenID Connect provider: another tenant of pgrant, real on both sides.
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { password } from '../support/acme.ts';
import { appOf } from '../support/authenticator.ts';
import { Browser } from '../support/browser.ts';
import { begin, type Company, comeBack, startCompany, users, visit } from '../support/company.ts';
import { chooseUpstream } from '../support/upstream.ts';

let company: Company;

beforeAll(async () => {
  company = await startCompany();
});

describe('a person with an account at the company', () => {
  test('continues with it, becomes a user just in time, and is the same user the next time', async () => {
    const subs: string[] = [];
    for (const browser of [new Browser(), new Browser()]) {
      const verifier = client.randomPKCECodeVerifier();
      const page = await begin(company, browser, {
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
      });
      expect(page.html).toContain('Continue with <bdi>The Company</bdi>');
      const there = await chooseUpstream(browser, page, 'company');
      expect(there.searchParams.get('code_challenge_method')).toBe('S256');
      expect(there.searchParams.get('nonce')).toMatch(/^[\w-]{43}$/);
      const callback = await visit(there, 'grace');
      const { url } = await comeBack(browser, callback);
      const tokens = await client.authorizationCodeGrant(company.config, new URL(url), {
        pkceCodeVerifier: verifier,
      });
      const claims = tokens.claims();
      subs.push(claims?.sub ?? '');
      expect(claims?.amr).toEqual(['pwd']);
      const info = await client.fetchUserInfo(
        company.config,
        tokens.access_token,
        claims?.sub ?? '',
      );
      expect(info).toMatchObject({
        name: 'grace of the company',
        preferred_username: 'grace',
        email: 'grace@example.com',
        email_verified: true,
      });
    }
    expect(subs[0]).toBe(subs[1]);
    expect(await users(company, 'grace%')).toHaveLength(1);
  });

  test('has an address that the company verified until somebody else says another [OpenID Connect Core 5.1]', async () => {
    const browser = new Browser();
    const verifier = client.randomPKCECodeVerifier();
    const code_challenge = await client.calculatePKCECodeChallenge(verifier);
    const page = await begin(company, browser, { code_challenge });
    const there = await chooseUpstream(browser, page, 'company');
    const { url } = await comeBack(browser, await visit(there, 'jean'));
    const { config, acme } = company;
    const proof = { pkceCodeVerifier: verifier };
    const tokens = await client.authorizationCodeGrant(config, new URL(url), proof);
    const sub = tokens.claims()?.sub ?? '';
    const told = () => client.fetchUserInfo(config, tokens.access_token, sub);
    expect(await told()).toMatchObject({ email: 'jean@example.com', email_verified: true });
    const set = (settings: object) =>
      call(acme.database.worker, ops.user_set, {
        tenant: acme.tenant,
        username: 'jean',
        settings: settings as never,
      });
    await set({ email: 'jean@example.net' });
    expect(await told()).toMatchObject({ email: 'jean@example.net' });
    expect(await told()).not.toHaveProperty('email_verified');
    await set({ email_verified: true });
    expect(await told()).toMatchObject({ email: 'jean@example.net', email_verified: true });
    // Of an address that is not there any more nothing is left.
    await set({ email: null });
    expect(await told()).toMatchObject({ email: 'jean@example.com', email_verified: true });
  });

  test('is a new user even where a local one has the same username and verified e-mail address', async () => {
    const browser = new Browser();
    const there = await chooseUpstream(browser, await begin(company, browser), 'company');
    const back = await comeBack(browser, await visit(there, 'ada'));
    expect(new URL(back.url).searchParams.get('code')).toBeTruthy();
    expect((await users(company, 'ada%')).map(({ username }) => username).sort()).toEqual([
      'ada',
      'ada@company',
    ]);
  });

  test('shows the second factor that they have here after it, and is signed in by both', async () => {
    const { acme } = company;
    const rule = (second_factor: string) =>
      call(acme.database.worker, ops.tenant_set, {
        tenant: acme.tenant,
        settings: { second_factor },
      });
    await rule('required');
    const browser = new Browser();
    const page = await begin(company, browser);
    const there = await chooseUpstream(browser, page, 'company');
    const shown = await browser.open(await visit(there, 'jean'));
    expect(browser.cookies.some(({ name }) => name === 'pgrant_session')).toBe(false);
    const app = appOf(shown.html);
    const codes = await browser.submit(shown, { code: app.generate() }, '/set-up');
    await rule('off');
    expect(codes.html).toContain('Your recovery codes');
    const [session] = await acme.database.sql`
      select s.acr, s.amr from pgrant.sessions s join pgrant.users u using (tenant_id, user_id)
       where u.username = 'jean' and s.tenant_id = ${acme.tenant} order by s.last_seen_at desc limit 1`;
    expect(session).toEqual({ acr: '2', amr: ['pwd', 'otp', 'mfa'] });
  });

  test('with max_age or prompt=login is asked to sign in anew at the company', async () => {
    const browser = new Browser();
    const there = await chooseUpstream(
      browser,
      await begin(company, browser, { prompt: 'login' }),
      'company',
    );
    expect(there.searchParams.get('prompt')).toBe('login');
    const back = await comeBack(browser, await visit(there, 'grace'));
    expect(new URL(back.url).searchParams.get('code')).toBeTruthy();
  });

  test('who cancels there finds the other ways to sign in again', async () => {
    const browser = new Browser();
    const there = await chooseUpstream(browser, await begin(company, browser), 'company');
    const { searchParams } = there;
    const callback = new URL(searchParams.get('redirect_uri') ?? '');
    callback.search = new URLSearchParams({
      error: 'access_denied',
      state: searchParams.get('state') ?? '',
      iss: there.href.split('/oauth/')[0] ?? '',
    }).toString();
    const page = await browser.open(callback);
    expect(page.status).toBe(400);
    expect(page.html).toContain('You did not sign in with');
    const again = await browser.submit(page, { username: 'ada', password });
    expect(again.html).toContain('name="decision"');
  });
});

describe('the callback [RFC 9700 4.7]', () => {
  test('is good once, in the browser that it was begun in, while its request is open', async () => {
    const browser = new Browser();
    const there = await chooseUpstream(browser, await begin(company, browser), 'company');
    const callback = await visit(there, 'grace');
    const thief = await new Browser().open(callback);
    expect(thief.status).toBe(400);
    const other = new Browser();
    await begin(company, other);
    expect((await other.open(callback)).status).toBe(400);
    const back = await comeBack(browser, callback);
    expect(new URL(back.url).searchParams.get('code')).toBeTruthy();
    expect((await browser.open(callback)).status).toBe(400);
  });

  test('with a made-up, altered or missing state is refused', async () => {
    const browser = new Browser();
    const there = await chooseUpstream(browser, await begin(company, browser), 'company');
    const callback = await visit(there, 'grace');
    const state = callback.searchParams.get('state') ?? '';
    for (const wrong of ['', 'x', `${state}x`, state.replace(/.$/, 'A').replace(/_(.)/, '_1')]) {
      const url = new URL(callback);
      url.searchParams.set('state', wrong);
      expect((await browser.open(url)).status).toBe(400);
    }
  });

  test('with the code of another sign-in is refused: PKCE and nonce belong to the state', async () => {
    const [victim, attacker] = [new Browser(), new Browser()];
    const mine = await chooseUpstream(attacker, await begin(company, attacker), 'company');
    const stolen = (await visit(mine, 'mary')).searchParams.get('code') ?? '';
    const there = await chooseUpstream(victim, await begin(company, victim), 'company');
    const callback = await visit(there, 'grace');
    callback.searchParams.set('code', stolen);
    const page = await victim.open(callback);
    expect(page.status).toBe(502);
    expect(page.html).toContain('did not work');
    expect(await users(company, 'mary%')).toHaveLength(0);
  });
});
