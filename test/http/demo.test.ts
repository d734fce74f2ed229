// The demonstration client, walked through without JavaScript.
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call, callAll } from '../../src/db/call.ts';
import { Browser, formOf, type Page } from '../support/browser.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { bannerRequest, type DemoServer, startDemoServer } from '../support/demo.ts';
import { addClient } from '../support/issuer.ts';

let database: TestDatabase;
let demo: DemoServer;

beforeAll(async () => {
  database = await createDatabase();
  demo = await startDemoServer(database);
});

async function tenantId(): Promise<string> {
  const tenants = await callAll(database.worker, ops.tenant_list, {});
  return tenants.find(({ issuer }) => issuer === demo.issuer)?.tenant_id ?? '';
}

async function signIn(browser: Browser, path = '/login'): Promise<Page> {
  let page = await browser.open(demo.client + path);
  if (page.html.includes('name="password"')) {
    page = await browser.submit(page, { username: 'demo', password: 'demo' });
  }
  return page.html.includes('name="decision"') ? browser.submit(page, { decision: 'allow' }) : page;
}

/** Presses the button whose form goes to `action` of the client. */
function press(browser: Browser, page: Page, action: string): Promise<Page> {
  const at = page.html.indexOf(`action="/client/${action}"`);
  const form = page.html.slice(page.html.lastIndexOf('<form', at));
  return browser.submit({ ...page, html: form }, {});
}

function tokens({ html }: Page): (string | undefined)[] {
  return [...html.matchAll(/<pre><code>([^<]*)</g)].map(([, token]) => token);
}

function session(browser: Browser): string | undefined {
  return browser.cookies.find(({ name }) => name === 'pgrant_demo')?.value;
}

function tokenRequests(): number {
  return demo.log.filter((line) => line.includes('"/demo/oauth/token"')).length;
}

const json = { accept: 'application/json' };

describe('signing in', () => {
  test('the banner names the client, the person and a token request that works', async () => {
    expect(demo.banner.join('\n')).toContain(`${demo.client}/`);
    expect(demo.banner.join('\n')).toContain('demo, password demo');
    const { authorization, url } = bannerRequest(demo.banner);
    const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'courses' });
    const answer = await fetch(url, { method: 'POST', headers: { authorization }, body });
    expect(await answer.json()).toMatchObject({ token_type: 'Bearer', scope: 'courses' });
  });

  test('a deep link survives login and consent', async () => {
    const page = await signIn(new Browser(), '/courses');
    expect(page.url).toBe(`${demo.client}/courses`);
    expect(page.html).toContain('The protected resource took the access token.');
  });

  test('the claims and three tokens are shown, never stored by a cache', async () => {
    const page = await signIn(new Browser());
    expect(page.url).toBe(`${demo.client}/`);
    expect(page.html).toContain('Hello, <bdi>Demo Person</bdi>');
    expect(page.html).toContain('demo@example.com');
    expect(tokens(page)).toHaveLength(3);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('the session has another id after login [OWASP session fixation]', async () => {
    const browser = new Browser();
    const page = await browser.open(`${demo.client}/login`);
    const before = session(browser);
    const consent = await browser.submit(page, { username: 'demo', password: 'demo' });
    if (consent.html.includes('decision')) await browser.submit(consent, { decision: 'allow' });
    expect(before).toBeTruthy();
    expect(session(browser)).not.toBe(before);
    const [old] = [new Browser()];
    old.cookies.push({ name: 'pgrant_demo', value: before ?? '', path: '/client' });
    expect((await old.open(`${demo.client}/`)).html).toContain('Sign in to see your tokens');
  });

  test.each([
    '//evil.example',
    'https://evil.example/',
    '/\\evil.example',
    '/client//evil.example',
    '/client/../demo/oauth/logout',
    '/client/%2e%2e/%2e%2e/evil',
    'javascript:alert(1)',
    '',
  ])('return_to=%s leads home [RFC 9700 4.11]', async (return_to) => {
    const page = await signIn(new Browser(), `/login?${new URLSearchParams({ return_to })}`);
    expect(page.url).toBe(`${demo.client}/`);
  });

  test('a callback in another browser, or a second time, signs nobody in [RFC 9700 4.7]', async () => {
    const browser = new Browser();
    const page = await browser.open(`${demo.client}/login`);
    const sent = await browser.fetch(new URL(formOf(page.html).action, page.url), {
      method: 'POST',
      body: new URLSearchParams({
        ...formOf(page.html).fields,
        username: 'demo',
        password: 'demo',
      }),
    });
    const next = await browser.fetch(new URL(sent.headers.get('location') ?? '', demo.origin));
    const callback = next.headers.get('location') ?? '';
    expect(callback).toContain('/client/callback?code=');
    expect((await new Browser().open(callback)).status).toBe(400);
    expect((await browser.open(callback)).url).toBe(`${demo.client}/`);
    expect((await browser.open(callback)).status).toBe(400);
  });
});

describe('programs', () => {
  test.each([[json], [{ accept: 'text/html', 'sec-fetch-dest': 'empty' }], [{ accept: '*/*' }]])(
    'an anonymous call with %o is 401 and no redirect',
    async (headers) => {
      const answer = await fetch(`${demo.client}/courses`, { headers, redirect: 'manual' });
      expect(answer.status).toBe(401);
      expect(await answer.json()).toEqual({ error: 'login_required' });
    },
  );

  test('a form without the token of the session is 403', async () => {
    const browser = new Browser();
    await signIn(browser);
    for (const csrf of ['', 'A'.repeat(43)]) {
      const body = new URLSearchParams({ csrf });
      const page = await browser.open(`${demo.client}/revoke`, { method: 'POST', body });
      expect(page.status).toBe(403);
    }
    expect(tokens(await browser.open(`${demo.client}/`))).toHaveLength(3);
  });
});

describe('tokens', () => {
  test('a refresh gives new tokens for the same session', async () => {
    const browser = new Browser();
    const before = tokens(await signIn(browser));
    const page = await press(browser, await browser.open(`${demo.client}/`), 'refresh');
    expect(page.html).toContain('There are new tokens.');
    const after = tokens(page);
    expect(after[0]).not.toBe(before[0]);
    expect(after[2]).not.toBe(before[2]);
  });

  test('revoked tokens are not active any more [RFC 7009 2]', async () => {
    const browser = new Browser();
    const active = await press(browser, await signIn(browser), 'introspect');
    expect(active.html).toContain('is active.');
    const revoked = await press(browser, active, 'revoke');
    expect(tokens(revoked)).toHaveLength(2);
    expect((await press(browser, revoked, 'introspect')).html).toContain('is not active.');
  });

  test('five calls at once share one refresh, 60 s before the expiry', async () => {
    const tenant = await tenantId();
    const named = { tenant, client_id: 'demo-client' };
    const lifetime = (seconds: number | null) =>
      call(database.worker, ops.client_set, {
        ...named,
        settings: { access_token_lifetime: seconds },
      });
    await lifetime(30);
    const browser = new Browser();
    await signIn(browser);
    await lifetime(null);
    const before = tokenRequests();
    const calls = Array.from({ length: 5 }, () => browser.open(`${demo.client}/courses`));
    for (const page of await Promise.all(calls))
      expect(page.html).toContain('took the access token');
    expect(tokenRequests() - before).toBe(1);
  });

  test('a grant that was revoked elsewhere ends the session at the next refresh', async () => {
    const browser = new Browser();
    const page = await signIn(browser);
    const tenant = await tenantId();
    for (const { grant_id } of await callAll(database.worker, ops.grant_list, { tenant })) {
      await call(database.worker, ops.grant_revoke, { tenant, grant_id });
    }
    const refused = await press(browser, page, 'refresh');
    expect(refused.status).toBe(401);
    expect(refused.html).toContain('Please sign in again');
    expect((await browser.open(`${demo.client}/`)).html).toContain('Sign in to see your tokens');
  });

  test('no token is in the log', async () => {
    const shown = tokens(await signIn(new Browser()));
    expect(shown).toHaveLength(3);
    for (const token of shown) expect(demo.log.join('\n')).not.toContain(token);
  });
});

describe('consent and signing out', () => {
  test('asking for more shows the new scope and what was allowed; a refusal keeps the session', async () => {
    const browser = new Browser();
    await signIn(browser);
    const consent = await browser.open(`${demo.client}/login?more=webhook`);
    expect(consent.html).toContain('Change your webhooks');
    expect(consent.html).toContain('Already allowed');
    const denied = await browser.submit(consent, { decision: 'deny' });
    expect(denied.status).toBe(403);
    expect(tokens(await browser.open(`${demo.client}/`))).toHaveLength(3);
  });

  test('a route that needs a permission is 403 until the person has allowed it', async () => {
    const browser = new Browser();
    await signIn(browser);
    const url = `${demo.client}/webhooks`;
    expect((await browser.open(url)).status).toBe(403);
    const program = await browser.fetch(url, { headers: { accept: 'application/json' } });
    expect([program.status, await program.json()]).toEqual([
      403,
      { error: 'insufficient_scope', scope: 'webhook' },
    ]);
    const consent = await browser.open(`${demo.client}/login?more=webhook`);
    const { url: callback } = await browser.submit(consent, { decision: 'allow' });
    await browser.fetch(callback);
    expect((await browser.open(url)).status).toBe(200);
  });

  test('signing out ends the session here and at the issuer [RP-Initiated Logout 1.0]', async () => {
    const browser = new Browser();
    const out = await press(browser, await signIn(browser), 'sign-out');
    expect(out.url).toContain(`${demo.client}/signed-out`);
    expect((await browser.open(`${demo.client}/`)).html).toContain('Sign in to see your tokens');
    expect((await browser.open(`${demo.client}/login`)).html).toContain('name="password"');
  });
});

describe('the protected resource', () => {
  const courses = (token?: string) =>
    fetch(`${demo.client}/api/courses`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });

  async function machineToken(authorization: string): Promise<string> {
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    const url = `${demo.issuer}/oauth/token`;
    const answer = await fetch(url, { method: 'POST', headers: { authorization }, body });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  test('an access token with the scope is taken [RFC 9068 4]', async () => {
    const token = await machineToken(bannerRequest(demo.banner).authorization);
    expect((await courses(token)).status).toBe(200);
  });

  test('no token, an ID token and a broken one are 401 [RFC 6750 3.1]', async () => {
    const [access = '', id] = tokens(await signIn(new Browser()));
    const metadata = `${new URL(demo.issuer).origin}/.well-known/oauth-protected-resource/demo`;
    const challenge = `Bearer scope="courses", resource_metadata="${metadata}"`;
    expect((await courses()).headers.get('www-authenticate')).toBe(challenge);
    for (const token of [id, `${access.slice(0, -4)}AAAA`, 'x']) {
      const refused = await courses(token);
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
  });

  test('a token without the scope is 403 and names it [RFC 6750 3.1]', async () => {
    const { client_id, client_secret } = await addClient(database, await tenantId(), 'other', {
      grant_types: ['client_credentials'],
      scopes: ['webhook'],
    });
    const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
    const refused = await courses(await machineToken(`Basic ${basic}`));
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('scope="courses"');
  });
});

describe('starting again', () => {
  test('the accounts stay, the secrets change', async () => {
    const before = bannerRequest(demo.banner);
    const after = bannerRequest(await demo.restart());
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    const status = async ({ authorization, url }: typeof before) =>
      (await fetch(url, { method: 'POST', headers: { authorization }, body })).status;
    expect(await status(before)).toBe(401);
    expect(await status(after)).toBe(200);
    expect((await signIn(new Browser())).html).toContain('Demo Person');
  });

  test('another PUBLIC_URL has a tenant of its own', async () => {
    const before = await callAll(database.worker, ops.tenant_list, {});
    await demo.restart('http://localhost:4321');
    await demo.restart('http://localhost:4321');
    const after = await callAll(database.worker, ops.tenant_list, {});
    expect(after).toHaveLength(before.length + 1);
    expect(after.map(({ name }) => name)).toContain('demo-localhost-4321');
  });

  test('the same PUBLIC_URL with another scheme says whose it is and what to set', async () => {
    await expect(demo.restart(demo.origin.replace('http:', 'https:'))).rejects.toThrow(
      `the tenant demo is ${demo.issuer} here: set PUBLIC_URL as it was`,
    );
  });
});
