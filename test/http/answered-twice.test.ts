// What an answered request says when it is asked again: a button pressed twice, a page reloaded.
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import {
  type Acme,
  discover,
  obtainTokens,
  password,
  proceed,
  redirect_uri,
  startAcme,
} from '../support/acme.ts';
import { Browser, formOf, type Page } from '../support/browser.ts';
import { addUser } from '../support/issuer.ts';

let acme: Acme;
let config: client.Configuration;
let verifier: string;

beforeAll(async () => {
  acme = await startAcme();
  config = await discover(acme, acme.web);
  verifier = client.randomPKCECodeVerifier();
});

async function open(browser: Browser, more: Record<string, string> = {}): Promise<Page> {
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: 'openid',
    prompt: 'consent',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...more,
  });
  return browser.open(url);
}

/** The consent page of a new browser. */
async function consentPage() {
  const browser = new Browser();
  const login = await open(browser);
  return { browser, page: await browser.submit(login, { username: 'ada', password }) };
}

function decide(browser: Browser, page: Page, decision: string) {
  const { action, fields } = formOf(page.html);
  const body = new URLSearchParams({ ...fields, decision });
  return browser.fetch(new URL(action, page.url), { method: 'POST', body });
}

const locationOf = (response: Response) => response.headers.get('location') ?? '';
const redeem = (location: string) =>
  client.authorizationCodeGrant(config, new URL(location), { pkceCodeVerifier: verifier });

describe('the same decision, sent twice [RFC 6749 4.1.2]', () => {
  test('at once, gets the same code both times, which is good once', async () => {
    const { browser, page } = await consentPage();
    const both = await Promise.all([
      decide(browser, page, 'allow'),
      decide(browser, page, 'allow'),
    ]);
    const [first = '', second = ''] = both.map(locationOf);
    expect(first).toContain('code=pgrant_ac_');
    expect(second).toBe(first);
    expect((await redeem(first)).access_token).toBeTruthy();
    await expect(redeem(second)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('gets access_denied twice, and another decision after it gets nothing', async () => {
    const denied = await consentPage();
    const no = locationOf(await decide(denied.browser, denied.page, 'deny'));
    expect(no).toContain('error=access_denied');
    expect(locationOf(await decide(denied.browser, denied.page, 'deny'))).toBe(no);
    expect((await decide(denied.browser, denied.page, 'allow')).status).toBe(400);
    const allowed = await consentPage();
    await decide(allowed.browser, allowed.page, 'allow');
    expect((await decide(allowed.browser, allowed.page, 'deny')).status).toBe(400);
  });

  test('after the code was used gets none, and takes nothing from the client', async () => {
    const { browser, page } = await consentPage();
    const tokens = await redeem(locationOf(await decide(browser, page, 'allow')));
    expect((await decide(browser, page, 'allow')).status).toBe(400);
    const info = await client.fetchUserInfo(
      config,
      tokens.access_token,
      tokens.claims()?.sub ?? '',
    );
    expect(info.sub).toBeTruthy();
  });

  test('from another browser, or after signing out, gets nothing', async () => {
    const { browser, page } = await consentPage();
    await decide(browser, page, 'allow');
    expect((await decide(new Browser(), page, 'allow')).status).toBe(400);
    browser.cookies = browser.cookies.filter(({ name }) => name !== 'pgrant_session');
    expect((await decide(browser, page, 'allow')).status).toBe(400);
  });

  test('and the page of the request, opened again, gives it too', async () => {
    const { browser, page } = await consentPage();
    const first = locationOf(await decide(browser, page, 'allow'));
    expect((await browser.open(page.url)).url).toBe(first);
  });

  test('a code cannot be made from the handle that stands in URLs', async () => {
    const codes = new Set<string>();
    for (let round = 0; round < 2; round += 1) {
      const { browser, page } = await consentPage();
      const location = locationOf(await decide(browser, page, 'allow'));
      const handle = new URL(page.url).searchParams.get('request') ?? '';
      const code = new URL(location).searchParams.get('code') ?? '';
      expect(code.slice(-43)).not.toBe(handle.slice(-43));
      codes.add(code.slice(-43));
    }
    expect(codes.size).toBe(2);
  });
});

test('an id_token_hint of somebody else is said on the page [OpenID Connect Core 3.1.2.1]', async () => {
  await addUser(acme.database, acme.tenant, 'bob', password);
  const ada = new Browser();
  const { id_token = '' } = await obtainTokens(config, {}, ada);
  const bob = new Browser();
  const login = await open(bob);
  expect(login.html).not.toContain('asks for another account');
  await bob.submit(login, { username: 'bob', password });
  const page = await open(bob, { id_token_hint: id_token });
  expect(page.html).toContain('asks for another account');
  expect(page.html).toContain('<bdi>bob</bdi>');
  expect(page.html).not.toContain('value="bob"');
  const again = await bob.submit(page, { username: 'bob', password });
  expect(again.html).toContain('asks for another account');
  const { url } = await proceed(bob, await bob.submit(again, { username: 'ada', password }));
  expect(new URL(url).searchParams.get('code')).toBeTruthy();
});

test('the consent page names the APIs that are asked for, by their titles [RFC 8707 2]', async () => {
  const { tenant } = acme;
  for (const [resource, title] of [
    ['https://orders.example/api', 'Orders <&>'],
    ['https://stock.example/', 'Stock'],
    ['https://other.example/', 'Something else'],
  ] as const) {
    await call(acme.database.worker, ops.resource_set, { tenant, resource, title });
  }
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: 'openid profile',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  url.searchParams.append('resource', 'https://orders.example/api');
  url.searchParams.append('resource', 'https://stock.example/');
  const browser = new Browser();
  const page = await browser.submit(await browser.open(url), { username: 'ada', password });
  expect(page.html).toContain('name="decision"');
  expect(page.html).toContain('<bdi>Orders &lt;&amp;&gt;</bdi>');
  expect(page.html).toContain('<bdi>Stock</bdi>');
  expect(page.html).not.toContain('Something else');
});
