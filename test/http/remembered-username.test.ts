// A username that the sign-in page remembers: where the tenant has that, and the person has asked for it.
import { beforeAll, expect, test } from 'vitest';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { Browser, type Page } from '../support/browser.ts';
import { addTenant, addUser } from '../support/issuer.ts';
import { configure } from '../support/registering.ts';

let acme: Acme;

beforeAll(async () => {
  acme = await startAcme();
  await configure(acme, { remember_username: true });
});

const cookieOf = (browser: Browser) =>
  browser.cookies.find(({ name }) => name === 'pgrant_username');
const typed = ({ html }: Page) => /id="username"[^>]* value="([^"]*)"/.exec(html)?.[1];
const isTicked = ({ html }: Page) => /name="remember" value="true" checked/.test(html);

/** The sign-in page as the browser gets it whose session is over. */
async function signInPage(browser: Browser, issuer = acme.issuer) {
  browser.cookies = browser.cookies.filter(({ name }) => name !== 'pgrant_session');
  return browser.open(`${issuer}/oauth/account`);
}

async function signIn(browser: Browser, fields: Record<string, string> = {}) {
  const page = await signInPage(browser);
  return browser.submit(page, { username: 'ada', password, ...fields });
}

test('is typed already when the person comes back who asked for that, and tells nobody that they are signed in', async () => {
  const browser = new Browser();
  const page = await signInPage(browser);
  expect([typed(page), isTicked(page)]).toEqual(['', false]);
  await signIn(browser, { remember: 'true' });
  expect(cookieOf(browser)).toMatchObject({ path: '/acme/oauth' });
  // Sealed: whoever finds the cookie learns no name.
  expect(Buffer.from(cookieOf(browser)?.value ?? '', 'base64url').toString('latin1')).not.toContain(
    'ada',
  );
  const again = await signInPage(browser);
  expect([typed(again), isTicked(again)]).toEqual(['ada', true]);
  expect(again.html).toContain('name="password"');
});

test('is not remembered of a password that was wrong, and the tick stays', async () => {
  const browser = new Browser();
  const wrong = await signIn(browser, { password: 'wrong', remember: 'true' });
  expect([wrong.status, typed(wrong), isTicked(wrong)]).toEqual([400, 'ada', true]);
  expect(cookieOf(browser)).toBeUndefined();
});

test('is forgotten by signing in without the tick', async () => {
  const browser = new Browser();
  await signIn(browser, { remember: 'true' });
  await signIn(browser);
  expect(cookieOf(browser)).toBeUndefined();
  expect(typed(await signInPage(browser))).toBe('');
});

test('is forgotten by whoever says that it is not them', async () => {
  const browser = new Browser();
  await signIn(browser, { remember: 'true' });
  const query = new URLSearchParams({
    client_id: acme.web.client_id,
    redirect_uri: 'http://127.0.0.1:9999/callback',
    response_type: 'code',
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  const consent = await browser.open(`${acme.issuer}/oauth/authorize?${query}`);
  const page = await browser.submit(consent, { account: 'another' }, '/oauth/select-account');
  expect([typed(page), cookieOf(browser)]).toEqual(['', undefined]);
});

test('is nothing that somebody else has made, or another tenant has sealed', async () => {
  const other = await addTenant(acme.database, acme.origin, 'other');
  await configure({ ...acme, ...other }, { remember_username: true });
  const browser = new Browser();
  await signIn(browser, { remember: 'true' });
  const { value = '' } = cookieOf(browser) ?? {};
  for (const made of [value, 'ada', 'A'.repeat(60), '%00']) {
    const there = new Browser();
    there.cookies.push({ name: 'pgrant_username', value: made, path: '/other/oauth' });
    const page = await signInPage(there, other.issuer);
    expect([page.status, typed(page)]).toEqual([200, '']);
  }
});

test('is not offered, taken or shown where the tenant has it off', async () => {
  const { tenant, issuer } = await addTenant(acme.database, acme.origin, 'plain');
  await addUser(acme.database, tenant, 'ada', password);
  const browser = new Browser();
  const page = await signInPage(browser, issuer);
  expect(page.html).not.toContain('name="remember"');
  await browser.submit(page, { username: 'ada', password, remember: 'true' });
  expect(cookieOf(browser)).toBeUndefined();
});
