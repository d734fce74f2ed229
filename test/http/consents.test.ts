// People see and revoke what they allowed.
import * as client from 'openid-client';
import { beforeAll, expect, test } from 'vitest';
import {
  type Acme,
  discover,
  obtainTokens,
  password,
  redirect_uri,
  startAcme,
} from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { addUser } from '../support/issuer.ts';

let acme: Acme;
let config: client.Configuration;

beforeAll(async () => {
  acme = await startAcme();
  await addUser(acme.database, acme.tenant, 'bob', password);
  config = await discover(acme, acme.web);
});

const json = { accept: 'application/json' };

async function list(browser: Browser) {
  const response = await browser.fetch(`${acme.issuer}/oauth/consents`, { headers: json });
  const body = (await response.json()) as {
    consents: { grant_id: string; last_used_at: string }[];
    csrf: string;
  };
  return { status: response.status, ...body };
}

async function revoke(browser: Browser, grant_id: string, csrf: string) {
  const response = await browser.fetch(`${acme.issuer}/oauth/consents`, {
    method: 'POST',
    headers: { ...json, 'content-type': 'application/json' },
    body: JSON.stringify({ grant_id, csrf }),
  });
  return response.status;
}

async function signInAs(username: string): Promise<Browser> {
  const browser = new Browser();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  const page = await browser.submit(await browser.open(url), { username, password });
  if (page.html) await browser.submit(page, { decision: 'allow' });
  return browser;
}

test('anonymous is 401 as JSON, and signs in as a person', async () => {
  const browser = new Browser();
  expect((await list(browser)).status).toBe(401);
  const page = await browser.open(`${acme.issuer}/oauth/consents`);
  expect(page.html).toContain('name="password"');
  expect(await revoke(browser, crypto.randomUUID(), 'x')).toBe(401);
});

test('revoking a grant kills its refresh tokens and access tokens at once', async () => {
  const browser = new Browser();
  const tokens = await obtainTokens(config, {}, browser);
  const { consents, csrf } = await list(browser);
  expect(consents).toHaveLength(1);
  expect(consents[0]).toMatchObject({
    client_id: 'web',
    last_used_at: expect.stringMatching(/Z$/),
  });
  expect(await revoke(browser, consents[0]?.grant_id ?? '', 'forged')).toBe(403);
  expect(await revoke(browser, consents[0]?.grant_id ?? '', csrf)).toBe(200);
  expect((await list(browser)).consents).toEqual([]);
  expect(await client.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false });
  await expect(
    client.fetchUserInfo(config, tokens.access_token, tokens.claims?.sub ?? ''),
  ).rejects.toThrow();
  await expect(client.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
    error: 'invalid_grant',
  });
});

test("another person's grant is 404", async () => {
  const [ada, bob] = [new Browser(), await signInAs('bob')];
  await obtainTokens(config, {}, ada);
  const [hers, his] = [await list(ada), await list(bob)];
  expect(await revoke(bob, hers.consents[0]?.grant_id ?? '', his.csrf)).toBe(404);
  expect((await list(ada)).consents).toHaveLength(1);
});

test('the page lists them, and its form revokes', async () => {
  const browser = await signInAs('bob');
  const page = await browser.open(`${acme.issuer}/oauth/consents`);
  expect(page.status).toBe(200);
  expect(page.html).toContain('web');
  const after = await browser.submit(page, {});
  expect(after.status).toBe(200);
  expect((await list(browser)).consents).toEqual([]);
});
