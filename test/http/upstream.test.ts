// Signing in with an OpenID Connect provider: another tenant of pgrant, real on both sides.
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { call } from '../../src/db/call.ts';
import { ops } from '../../src/db/functions.ts';
import {
  type Acme,
  discover,
  password,
  proceed,
  redirect_uri,
  startAcme,
} from '../support/acme.ts';
import { Browser, type Page } from '../support/browser.ts';
import { addClient, addTenant, addUser, startServer } from '../support/issuer.ts';
import { addUpstream, chooseUpstream } from '../support/upstream.ts';

let acme: Acme;
let config: client.Configuration;
let upstreamTenant: string;
const code_challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

beforeAll(async () => {
  acme = await startAcme();
  config = await discover(acme, acme.web);
  const { origin } = await startServer(acme.database);
  const { tenant, issuer } = await addTenant(acme.database, origin, 'company');
  upstreamTenant = tenant;
  for (const name of ['grace', 'ada', 'joan', 'mary']) {
    await addUser(acme.database, tenant, name, password, {
      name: `${name} of the company`,
      email: `${name}@example.com`,
      email_verified: true,
    });
  }
  const registered = await addClient(acme.database, tenant, 'acme', {
    redirect_uris: [`${acme.issuer}/oauth/upstream/callback`],
    grant_types: ['authorization_code', 'refresh_token'],
    consent: 'never',
  });
  await addUpstream(
    acme.database,
    acme.tenant,
    'company',
    'oidc',
    {
      title: 'The Company',
      issuer,
      client_id: 'acme',
      scopes: ['openid', 'profile', 'email', 'offline_access'],
      just_in_time: true,
    },
    { client_secret: registered.client_secret },
  );
});

async function begin(browser: Browser, change: Record<string, string> = {}): Promise<Page> {
  const parameters = {
    scope: 'openid profile email',
    code_challenge,
    code_challenge_method: 'S256',
  };
  return browser.open(
    client.buildAuthorizationUrl(config, { redirect_uri, ...parameters, ...change }),
  );
}

/** Signs in at the company as somebody; gives the address of the callback. */
async function visit(there: URL, username: string, browser = new Browser()): Promise<URL> {
  let page = await browser.open(there);
  if (page.html.includes('name="password"')) {
    page = await browser.submit(page, { username, password });
  }
  return new URL(page.url);
}

/** Comes back from the company: to consent, and with it to a code. */
async function comeBack(browser: Browser, callback: URL): Promise<Page> {
  return proceed(browser, await browser.open(callback));
}

async function users(where: string) {
  const { sql } = acme.database;
  return sql`select user_id, username, claims from pgrant.users
              where tenant_id = ${acme.tenant} and username like ${where}`;
}

describe('a person with an account at the company', () => {
  test('continues with it, becomes a user just in time, and is the same user the next time', async () => {
    const subs: string[] = [];
    for (const browser of [new Browser(), new Browser()]) {
      const verifier = client.randomPKCECodeVerifier();
      const page = await begin(browser, {
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
      });
      expect(page.html).toContain('Continue with <bdi>The Company</bdi>');
      const there = await chooseUpstream(browser, page, 'company');
      expect(there.searchParams.get('code_challenge_method')).toBe('S256');
      expect(there.searchParams.get('nonce')).toMatch(/^[\w-]{43}$/);
      const callback = await visit(there, 'grace');
      const { url } = await comeBack(browser, callback);
      const tokens = await client.authorizationCodeGrant(config, new URL(url), {
        pkceCodeVerifier: verifier,
      });
      const claims = tokens.claims();
      subs.push(claims?.sub ?? '');
      expect(claims?.amr).toEqual(['pwd']);
      const info = await client.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '');
      expect(info).toMatchObject({
        name: 'grace of the company',
        preferred_username: 'grace',
        email: 'grace@example.com',
        email_verified: true,
      });
    }
    expect(subs[0]).toBe(subs[1]);
    expect(await users('grace%')).toHaveLength(1);
  });

  test('is a new user even where a local one has the same username and verified e-mail address', async () => {
    const browser = new Browser();
    const there = await chooseUpstream(browser, await begin(browser), 'company');
    const back = await comeBack(browser, await visit(there, 'ada'));
    expect(new URL(back.url).searchParams.get('code')).toBeTruthy();
    expect((await users('ada%')).map(({ username }) => username).sort()).toEqual([
      'ada',
      'ada@company',
    ]);
  });

  test('with max_age or prompt=login is asked to sign in anew at the company', async () => {
    const browser = new Browser();
    const there = await chooseUpstream(
      browser,
      await begin(browser, { prompt: 'login' }),
      'company',
    );
    expect(there.searchParams.get('prompt')).toBe('login');
    const back = await comeBack(browser, await visit(there, 'grace'));
    expect(new URL(back.url).searchParams.get('code')).toBeTruthy();
  });

  test('who cancels there finds the other ways to sign in again', async () => {
    const browser = new Browser();
    const there = await chooseUpstream(browser, await begin(browser), 'company');
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
    const there = await chooseUpstream(browser, await begin(browser), 'company');
    const callback = await visit(there, 'grace');
    const thief = await new Browser().open(callback);
    expect(thief.status).toBe(400);
    const other = new Browser();
    await begin(other);
    expect((await other.open(callback)).status).toBe(400);
    const back = await comeBack(browser, callback);
    expect(new URL(back.url).searchParams.get('code')).toBeTruthy();
    expect((await browser.open(callback)).status).toBe(400);
  });

  test('with a made-up, altered or missing state is refused', async () => {
    const browser = new Browser();
    const there = await chooseUpstream(browser, await begin(browser), 'company');
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
    const mine = await chooseUpstream(attacker, await begin(attacker), 'company');
    const stolen = (await visit(mine, 'mary')).searchParams.get('code') ?? '';
    const there = await chooseUpstream(victim, await begin(victim), 'company');
    const callback = await visit(there, 'grace');
    callback.searchParams.set('code', stolen);
    const page = await victim.open(callback);
    expect(page.status).toBe(502);
    expect(page.html).toContain('did not work');
    expect(await users('mary%')).toHaveLength(0);
  });
});

describe('linking', () => {
  test('is done by the signed-in person on purpose, and needs the token of the form', async () => {
    await addUser(acme.database, acme.tenant, 'lin', password);
    const browser = new Browser();
    const login = await begin(browser);
    await browser.submit(login, { username: 'lin', password });
    const account = await browser.open(`${acme.issuer}/oauth/consents`);
    const forged = await browser.open(`${acme.issuer}/oauth/upstream/link`, {
      method: 'POST',
      body: new URLSearchParams({ upstream: 'company' }),
    });
    expect(forged.status).toBe(403);
    const page = await browser.submit(account, {});
    const url = /href="(http[^"]*)"/.exec(page.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const callback = await visit(new URL(url), 'joan');
    const linked = await browser.open(callback);
    expect(linked.html).toContain('connected');
    expect(await users('joan%')).toHaveLength(0);

    const fresh = new Browser();
    const there = await chooseUpstream(fresh, await begin(fresh), 'company');
    const consent = await fresh.open(await visit(there, 'joan'));
    expect(consent.html).toContain('lin');
  });

  test("of an account that is another person's is refused", async () => {
    await addUser(acme.database, acme.tenant, 'eve', password);
    const browser = new Browser();
    await browser.submit(await begin(browser), { username: 'eve', password });
    const page = await browser.submit(await browser.open(`${acme.issuer}/oauth/consents`), {});
    const url = /href="(http[^"]*)"/.exec(page.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect((await browser.open(await visit(new URL(url), 'joan'))).status).toBe(403);
  });

  test('an account that nobody linked is refused where the upstream makes no users', async () => {
    await call(acme.database.worker, ops.upstream_set, {
      tenant: acme.tenant,
      name: 'company',
      settings: { just_in_time: false },
    });
    const browser = new Browser();
    const there = await chooseUpstream(browser, await begin(browser), 'company');
    const page = await browser.open(await visit(there, 'mary'));
    expect(page.status).toBe(403);
    expect(page.html).toContain('is not connected here');
    expect(await users('mary%')).toHaveLength(0);
  });

  test('a disabled user is not signed in, and a disabled upstream is not offered', async () => {
    await call(acme.database.worker, ops.user_disable, {
      tenant: acme.tenant,
      username: 'grace',
      disabled: true,
    });
    const browser = new Browser();
    const page = await begin(browser);
    const there = await chooseUpstream(browser, page, 'company');
    expect((await browser.open(await visit(there, 'grace'))).status).toBe(403);
    await call(acme.database.worker, ops.upstream_disable, {
      tenant: acme.tenant,
      name: 'company',
      disabled: true,
    });
    expect((await begin(new Browser())).html).not.toContain('Continue with');
    await expect(chooseUpstream(browser, page, 'company')).rejects.toThrow('404');
    expect(upstreamTenant).toBeTruthy();
  });
});
