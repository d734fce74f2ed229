// prompt=select_account and prompt=create: which account is meant, and a new one.
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Acme,
  discover,
  password,
  proceed,
  redirect_uri,
  startAcme,
} from '../support/acme.ts';
import { Browser, formOf, type Page } from '../support/browser.ts';
import { begin, type Company, startCompany } from '../support/company.ts';
import { addUser } from '../support/issuer.ts';

let acme: Acme;
let config: client.Configuration;

beforeAll(async () => {
  acme = await startAcme();
  await addUser(acme.database, acme.tenant, 'grace', password, { name: 'Grace Hopper' });
  config = await discover(acme, acme.web);
});

function open(browser: Browser, change: Record<string, string> = {}): Promise<Page> {
  return browser.open(
    client.buildAuthorizationUrl(config, {
      redirect_uri,
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...change,
    }),
  );
}

async function signedIn(): Promise<Browser> {
  const browser = new Browser();
  await proceed(browser, await open(browser));
  return browser;
}

const answer = ({ url }: Page) => Object.fromEntries(new URL(url).searchParams);

describe('prompt=select_account [OpenID Connect Core 3.1.2.1]', () => {
  test('asks which account is meant, and goes on with the one that is signed in without a password', async () => {
    const browser = await signedIn();
    const page = await open(browser, { prompt: 'select_account' });
    expect(page.html).toContain('Continue as <bdi>ada</bdi>');
    expect(page.html).not.toContain('name="password"');
    expect(answer(await browser.submit(page, { account: 'this' })).code).toBeTruthy();
  });

  test('lets another sign in, whose name is not known yet, and asks no second time', async () => {
    const browser = await signedIn();
    const page = await open(browser, { prompt: 'select_account' });
    const login = await browser.submit(page, { account: 'another' });
    expect(login.html).toContain('name="password"');
    expect(login.html).not.toContain('ada');
    const consent = await browser.submit(login, { username: 'grace', password });
    expect(consent.html).toContain('Signed in as <strong><bdi>grace</bdi>');
    expect(answer(await browser.submit(consent, { decision: 'allow' })).code).toBeTruthy();
  });

  test('asks for a password where nobody is signed in, and for the account no more', async () => {
    const browser = new Browser();
    const login = await open(browser, { prompt: 'select_account' });
    const next = await browser.submit(login, { username: 'ada', password });
    expect(next.html).not.toContain('Choose an account');
  });

  test('with login asks for the password, with consent for consent after the account', async () => {
    const browser = await signedIn();
    expect((await open(browser, { prompt: 'select_account login' })).html).toContain(
      'name="password"',
    );
    const page = await open(browser, { prompt: 'consent select_account' });
    const consent = await browser.submit(page, { account: 'this' });
    expect(consent.html).toContain('name="decision"');
  });

  test('takes no choice and no consent that another page sent', async () => {
    const browser = await signedIn();
    const page = await open(browser, { prompt: 'select_account' });
    const forged = await browser.submit(page, { account: 'this', csrf: 'x' });
    expect([forged.status, forged.url]).toEqual([
      403,
      expect.stringMatching('/oauth/select-account'),
    ]);
    expect((await browser.submit(page, { account: 'both' })).status).toBe(400);
    const { fields } = formOf(page.html);
    const early = await browser.open(`${acme.issuer}/oauth/consent`, {
      method: 'POST',
      body: new URLSearchParams({ ...fields, decision: 'allow' }),
    });
    expect(early.html).toContain('Choose an account');
    const other = await new Browser().submit(page, { account: 'this' });
    expect(other.status).toBe(400);
  });
});

describe('prompt=create [Initiating User Registration via OpenID Connect 4]', () => {
  let company: Company;

  beforeAll(async () => {
    company = await startCompany();
  });

  test('is invalid_request where nobody can make an account, and not in the metadata', async () => {
    const refused = answer(await open(new Browser(), { prompt: 'create' }));
    expect(refused).toMatchObject({ error: 'invalid_request', iss: acme.issuer });
    expect(config.serverMetadata().prompt_values_supported).toEqual([
      'none',
      'login',
      'consent',
      'select_account',
    ]);
  });

  test('shows where an account can be made, though somebody is signed in', async () => {
    const { prompt_values_supported } = (
      await discover(company.acme, company.acme.web)
    ).serverMetadata();
    expect(prompt_values_supported).toContain('create');
    const browser = new Browser();
    const page = await begin(company, browser, { prompt: 'create' });
    expect(page.html).toContain('<h1>Create an account</h1>');
    expect(page.html).toContain('Continue with <bdi>The Company</bdi>');
    await browser.submit(page, { username: 'ada', password });
    const again = await begin(company, browser, { prompt: 'create' });
    expect(again.html).toContain('<h1>Create an account</h1>');
  });
});
