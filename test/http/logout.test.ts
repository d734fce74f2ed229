// RP-initiated logout: whoever is redirected, and whoever is asked first.
import { randomUUID } from 'node:crypto';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Acme, discover, obtainTokens, redirect_uri, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { addClient, addTenant, addUser } from '../support/issuer.ts';

const goodbye = 'http://127.0.0.1:9999/callback/goodbye?from=pgrant';
let acme: Acme;
let config: client.Configuration;

beforeAll(async () => {
  acme = await startAcme();
  const app = await addClient(acme.database, acme.tenant, 'app', {
    redirect_uris: [redirect_uri],
    post_logout_redirect_uris: [goodbye],
  });
  config = await discover(acme, app);
});

async function signedIn(scope = 'openid') {
  const browser = new Browser();
  const tokens = await obtainTokens(config, { scope }, browser);
  return { browser, ...tokens, id_token: tokens.id_token ?? '' };
}

async function isSignedIn(browser: Browser): Promise<boolean> {
  const page = await browser.open(
    client.buildAuthorizationUrl(config, {
      redirect_uri,
      scope: 'openid',
      prompt: 'none',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    }),
  );
  return new URL(page.url).searchParams.get('error') !== 'login_required';
}

const logoutUrl = (parameters: Record<string, string>) =>
  `${acme.issuer}/oauth/logout?${new URLSearchParams(parameters)}`;

describe('a good hint and a registered URI [RP-Initiated Logout 2 and 3]', () => {
  test('a redirect with state and nothing else; afterwards nobody is signed in', async () => {
    const { browser, id_token } = await signedIn();
    const url = client.buildEndSessionUrl(config, {
      id_token_hint: id_token,
      post_logout_redirect_uri: goodbye,
      state: 'x y',
    });
    const page = await browser.open(url);
    expect(page.url).toBe(`${goodbye}&state=x+y`);
    expect(await isSignedIn(browser)).toBe(false);
  });

  test('POST works as GET does', async () => {
    const { browser, id_token } = await signedIn();
    const body = new URLSearchParams({
      id_token_hint: id_token,
      post_logout_redirect_uri: goodbye,
    });
    const page = await browser.open(`${acme.issuer}/oauth/logout`, { method: 'POST', body });
    expect(page.url).toBe(goodbye);
    expect(await isSignedIn(browser)).toBe(false);
  });

  test('an expired hint is fine', async () => {
    await acme.database
      .sql`update pgrant.clients set id_token_lifetime = 1 where client_id = 'app'`;
    const { browser, id_token } = await signedIn();
    await acme.database
      .sql`update pgrant.clients set id_token_lifetime = null where client_id = 'app'`;
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const page = await browser.open(
      logoutUrl({ id_token_hint: id_token, post_logout_redirect_uri: goodbye }),
    );
    expect(page.url).toBe(goodbye);
  });
});

describe('a good hint without a cookie', () => {
  const withoutCookie = async () => {
    const { browser, id_token } = await signedIn();
    return { browser, id_token, elsewhere: new Browser() };
  };

  test('ends the session that its sid names, and goes where the client asks [RP-Initiated Logout 2]', async () => {
    const { browser, id_token, elsewhere } = await withoutCookie();
    const parameters = { id_token_hint: id_token, post_logout_redirect_uri: goodbye };
    expect((await elsewhere.open(logoutUrl(parameters))).url).toBe(goodbye);
    expect(await isSignedIn(browser)).toBe(false);
  });

  test('by POST too', async () => {
    const { browser, id_token, elsewhere } = await withoutCookie();
    const body = new URLSearchParams({ id_token_hint: id_token });
    const page = await elsewhere.open(`${acme.issuer}/oauth/logout`, { method: 'POST', body });
    expect(page.html).toContain('You are signed out');
    expect(await isSignedIn(browser)).toBe(false);
  });

  test('leaves another session of the same person alone', async () => {
    const { id_token, elsewhere } = await withoutCookie();
    const other = await signedIn();
    await elsewhere.open(logoutUrl({ id_token_hint: id_token }));
    expect(await isSignedIn(other.browser)).toBe(true);
  });

  test('that does not verify ends nothing', async () => {
    const { browser, id_token, elsewhere } = await withoutCookie();
    await elsewhere.open(logoutUrl({ id_token_hint: `${id_token.slice(0, -3)}AAA` }));
    expect(await isSignedIn(browser)).toBe(true);
  });
});

describe('a POST', () => {
  const post = (browser: Browser, parameters: Record<string, string>) =>
    browser.fetch(`${acme.issuer}/oauth/logout`, {
      method: 'POST',
      body: new URLSearchParams(parameters),
    });

  test('keeps the ID token out of URLs, and still says who asks', async () => {
    const { browser, id_token } = await signedIn();
    const response = await post(browser, {
      id_token_hint: id_token,
      post_logout_redirect_uri: goodbye,
      state: 's',
    });
    expect(response.status).toBe(303);
    const location = response.headers.get('location') ?? '';
    expect(location).not.toContain('id_token_hint');
    for (const part of id_token.split('.')) expect(location).not.toContain(part);
    expect((await browser.open(new URL(location, acme.origin))).url).toBe(`${goodbye}&state=s`);
    expect(await isSignedIn(browser)).toBe(false);
  });

  test.each([
    ['changed', (sealed: string) => `${sealed.slice(0, -4)}AAAA`],
    ['cut off', (sealed: string) => sealed.slice(0, 10)],
    ['empty', () => ''],
  ])('whose sealed hint was %s is one without a hint', async (_name, change) => {
    const { browser, id_token } = await signedIn();
    const response = await post(browser, { id_token_hint: id_token });
    const url = new URL(response.headers.get('location') ?? '', acme.origin);
    url.searchParams.set('sealed_hint', change(url.searchParams.get('sealed_hint') ?? ''));
    expect((await browser.open(url)).html).toContain('Sign out?');
    expect(await isSignedIn(browser)).toBe(true);
  });
});

describe('client_id without a hint [RP-Initiated Logout 2 and 3]', () => {
  test('goes to a registered URI when the person has confirmed', async () => {
    const { browser } = await signedIn();
    const page = await browser.open(
      logoutUrl({ client_id: 'app', post_logout_redirect_uri: goodbye, state: 's' }),
    );
    expect(page.html).toContain('Sign out?');
    expect((await browser.submit(page, {})).url).toBe(`${goodbye}&state=s`);
    expect(await isSignedIn(browser)).toBe(false);
  });

  test.each([
    ['a URI that is not registered', { post_logout_redirect_uri: 'https://evil.example/' }],
    ["another client's URI", { client_id: 'web', post_logout_redirect_uri: goodbye }],
  ])('goes nowhere with %s', async (_name, parameters) => {
    const { browser } = await signedIn();
    const page = await browser.open(logoutUrl({ client_id: 'app', ...parameters }));
    expect((await browser.submit(page, {})).html).toContain('You are signed out');
  });

  test('goes nowhere where nobody was asked', async () => {
    const page = await new Browser().open(
      logoutUrl({ client_id: 'app', post_logout_redirect_uri: goodbye }),
    );
    expect(page.html).toContain('You are signed out');
  });
});

describe('no redirect', () => {
  test.each([
    [
      'an unregistered URI',
      (id_token: string) => ({
        id_token_hint: id_token,
        post_logout_redirect_uri: 'https://evil.example/',
      }),
    ],
    [
      'an added query',
      (id_token: string) => ({
        id_token_hint: id_token,
        post_logout_redirect_uri: `${goodbye}&x=1`,
      }),
    ],
    [
      'a tampered hint',
      (id_token: string) => ({
        id_token_hint: `${id_token.slice(0, -3)}AAA`,
        post_logout_redirect_uri: goodbye,
      }),
    ],
    [
      'an unsigned hint',
      (id_token: string) => ({
        id_token_hint: `eyJhbGciOiJub25lIn0.${id_token.split('.')[1]}.`,
        post_logout_redirect_uri: goodbye,
      }),
    ],
    ['no hint', () => ({ post_logout_redirect_uri: goodbye })],
  ])('for %s', async (_name, parameters) => {
    const { browser, id_token } = await signedIn();
    const page = await browser.open(logoutUrl(parameters(id_token)));
    expect(new URL(page.url).origin).toBe(acme.origin);
    expect(page.html).toContain('<h1');
    expect(await isSignedIn(browser)).toBe(true);
  });
});

describe('a hint that does not verify beside client_id and a registered URI: the person is asked, and goes nowhere [RP-Initiated Logout 3, 4]', () => {
  /** An ID token for the client of the same name, registered for the same URI at another tenant. */
  async function foreign() {
    const elsewhere = await addTenant(acme.database, acme.origin, `other-${randomUUID()}`);
    await addUser(acme.database, elsewhere.tenant, 'ada', 'correct horse');
    const app = await addClient(acme.database, elsewhere.tenant, 'app', {
      redirect_uris: [redirect_uri],
      post_logout_redirect_uris: [goodbye],
    });
    const there = await discover({ ...acme, issuer: elsewhere.issuer }, app);
    const browser = new Browser();
    const { id_token = '' } = await obtainTokens(there, { scope: 'openid' }, browser);
    const stillThere = async () => {
      const silent = { redirect_uri, scope: 'openid', prompt: 'none', ...challenge };
      const page = await browser.open(client.buildAuthorizationUrl(there, silent));
      return new URL(page.url).searchParams.has('code');
    };
    return { id_token, stillThere };
  }
  const challenge = {
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  };
  const tampered = async () => ({
    id_token: `${(await signedIn()).id_token.slice(0, -3)}AAA`,
    stillThere: async () => true,
  });

  test.each([
    ['of another tenant, by GET', foreign, 'GET'],
    ['of another tenant, by POST', foreign, 'POST'],
    ['that is tampered with, by GET', tampered, 'GET'],
    ['that is tampered with, by POST', tampered, 'POST'],
  ] as const)('%s', async (_name, make, method) => {
    const { id_token, stillThere } = await make();
    const parameters = {
      ...{ id_token_hint: id_token, client_id: 'app' },
      ...{ post_logout_redirect_uri: goodbye, state: 's' },
    };
    const ask = (browser: Browser) =>
      method === 'GET'
        ? browser.open(logoutUrl(parameters))
        : browser.open(`${acme.issuer}/oauth/logout`, {
            method,
            body: new URLSearchParams(parameters),
          });
    const { browser } = await signedIn();
    const page = await ask(browser);
    expect(page.html).toContain('Sign out?');
    expect(page.html).not.toContain('callback/goodbye');
    expect(await isSignedIn(browser)).toBe(true);
    const done = await browser.submit(page, {});
    expect(done.html).toContain('You are signed out');
    expect(await isSignedIn(browser)).toBe(false);
    expect((await ask(new Browser())).html).toContain('You are signed out');
    expect(await stillThere()).toBe(true);
  });
});

test('without parameters the person is asked, and then signed out', async () => {
  const { browser } = await signedIn();
  const page = await browser.open(logoutUrl({}));
  expect(page.html).toContain('ada');
  const done = await browser.submit(page, {});
  expect(done.status).toBe(200);
  expect(await isSignedIn(browser)).toBe(false);
});

test("a confirmation without the session's token changes nothing", async () => {
  const { browser } = await signedIn();
  const body = new URLSearchParams({ csrf: 'forged' });
  await browser.open(`${acme.issuer}/oauth/logout`, { method: 'POST', body });
  expect(await isSignedIn(browser)).toBe(true);
});

test('logout ends the refresh token of the session, leaves one with offline_access, and says so before', async () => {
  const online = await signedIn('openid');
  const offline = await obtainTokens(config, { scope: 'openid offline_access' }, online.browser);
  expect((await online.browser.open(logoutUrl({}))).html).toContain(
    'Applications that you allowed to act while you are away keep their access',
  );
  await online.browser.open(logoutUrl({ id_token_hint: online.id_token }));
  const dead = client.refreshTokenGrant(config, online.refresh_token ?? '');
  await expect(dead).rejects.toMatchObject({ error: 'invalid_grant' });
  const alive = await client.refreshTokenGrant(config, offline.refresh_token ?? '');
  expect(alive.access_token).toBeTruthy();
});
