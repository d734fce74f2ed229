// Each page as people see it: on a phone and on a desk, light and dark. With SHOTS=folder, pictures of them.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { appOf } from '../support/authenticator.ts';
import { hasChromium, launch, openPage, press } from '../support/chromium.ts';
import { pixel } from '../support/images.ts';
import { addUser } from '../support/issuer.ts';
import { look } from '../support/look.ts';

const accent = `getComputedStyle(document.documentElement).getPropertyValue('--accent')`;

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let browser: Browser;

  beforeAll(async () => {
    acme = await startAcme();
    const { worker } = acme.database;
    const { tenant } = acme;
    const settings = {
      title: 'Acme Learning',
      account_deletion: true,
      accent_color: '#7a1f6b',
      support_uri: 'mailto:help@acme.example',
      policy_uri: 'https://acme.example/privacy',
      logo_uri: 'https://acme.example/logo.png',
      remember_username: true,
    };
    await call(worker, ops.tenant_set, { tenant, settings });
    const { logo_uri } = settings;
    await call(worker, ops.client_set, { tenant, client_id: 'native', settings: { logo_uri } });
    await call(worker, ops.logo_fetch_begin, { tenant, logo_uri });
    const image = { media_type: 'image/png', image: pixel, reason: null };
    await call(worker, ops.logo_store, { tenant, logo_uri, ...image });
    await call(worker, ops.scope_add, {
      tenant,
      scope: 'webhook',
      title: 'Manage your webhooks',
      description: 'Create, change and delete where events are sent.',
      sensitive: true,
    });
    browser = await launch();
  });

  afterAll(() => browser?.close());

  const urlOf = (more: Record<string, string> = {}) =>
    `${acme.issuer}/oauth/authorize?${new URLSearchParams({
      client_id: acme.native.client_id,
      redirect_uri: 'http://127.0.0.1:9/callback',
      response_type: 'code',
      scope: 'openid email webhook offline_access',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...more,
    })}`;

  const choose = (consent_choice: boolean) =>
    call(acme.database.worker, ops.tenant_set, {
      tenant: acme.tenant,
      settings: { consent_choice },
    });

  async function signIn(page: Page, username = 'ada'): Promise<void> {
    await page.locator('#username').fill(username);
    await page.locator('#password').fill(password);
    await page.locator('button.primary').click();
  }

  test('no page has what axe objects to, in either theme, or is wider than a phone [WCAG 2.2]', {
    timeout: 240_000,
  }, async () => {
    const { page, complaints } = await openPage(browser);
    const faults: string[] = [];
    const see = async (name: string) => faults.push(...(await look(page, name)));
    await page.goto(`${acme.issuer}/oauth/authorize?client_id=nobody`);
    await see('error');
    await page.goto(urlOf());
    await see('login');
    await page.locator('#username').fill('ada');
    await page.locator('#password').fill('wrong');
    await press(page, 'Sign in');
    await see('login-wrong');
    await signIn(page);
    await see('consent');
    await choose(true);
    await page.reload();
    await see('consent-choice');
    await choose(false);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await page.evaluate(accent)).toBe('rgb(122 31 107)');
    await press(page, 'Not you?');
    expect(await page.locator('#username').inputValue()).toBe('');
    await signIn(page);
    await page.goto(urlOf({ prompt: 'select_account' }));
    await see('select-account');
    await page.goto(`${acme.issuer}/oauth/account`);
    await see('account-empty');
    await page.goto(urlOf());
    await page.route('http://127.0.0.1:9/**', (route) => route.fulfill({ body: 'arrived' }));
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.getByText('arrived').waitFor();
    await page.goto(`${acme.issuer}/account`);
    await see('account-applications');
    for (const section of ['sessions', 'sign-in', 'data']) {
      await page.goto(`${acme.issuer}/oauth/account/${section}`);
      await see(`account-${section}`);
    }
    await page.goto(`${acme.issuer}/device`);
    await see('device');
    await page.goto(`${acme.issuer}/oauth/logout`);
    await see('logout');
    await press(page, 'Sign out');
    await see('logged-out');
    expect(faults).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('nor has a page of a second factor', { timeout: 240_000 }, async () => {
    const { database, tenant } = acme;
    const rule = (second_factor: string) =>
      call(database.worker, ops.tenant_set, { tenant, settings: { second_factor } });
    await addUser(database, tenant, 'bea', password);
    const { page, complaints } = await openPage(browser);
    const faults: string[] = [];
    const see = async (name: string) => faults.push(...(await look(page, name)));
    await rule('required');
    await page.goto(`${acme.issuer}/oauth/account/sign-in`);
    await signIn(page, 'bea');
    await see('second-factor-set-up');
    const app = appOf(await page.content());
    await page.getByLabel('Code', { exact: true }).fill(app.generate());
    await press(page, 'Continue');
    await see('recovery-codes');
    await page.reload();
    await page.getByRole('heading', { name: 'Nothing was set up now' }).waitFor();
    await see('set-up-already');
    await page.getByRole('link', { name: 'Continue' }).click();
    await see('account-second-factor');
    await press(page, 'New recovery codes');
    await page.getByRole('link', { name: 'I have kept them' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'This was done already' }).waitFor();
    await see('recovery-codes-repeated');
    await page.goto(`${acme.issuer}/oauth/account/sign-in-again?section=sign-in`);
    await signIn(page, 'bea');
    await page.getByLabel('Code', { exact: true }).fill('000000');
    await press(page, 'Continue');
    await see('second-factor-wrong');
    await rule('optional');
    await page.context().clearCookies();
    await page.goto(`${acme.issuer}/oauth/account/sign-in`);
    await signIn(page);
    await page.getByRole('link', { name: 'Set up an authenticator app' }).click();
    await see('account-authenticator');
    await rule('off');
    expect(faults).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('a colour that cannot be read is refused, and a link that is none [WCAG 1.4.3]', async () => {
    const set = (settings: object) =>
      call(acme.database.worker, ops.tenant_set, { tenant: acme.tenant, settings });
    for (const accent_color of ['#ffcc00', '#808080', 'red', '#2453B8']) {
      await expect(set({ accent_color })).rejects.toThrow('accent_color must be a colour such as');
    }
    await expect(set({ support_uri: 'javascript:alert(1)' })).rejects.toThrow('must be an https');
    await expect(set({ policy_uri: 'https://a.example/"><b>' })).rejects.toThrow(
      'must be an https',
    );
  });

  test('a page is gone through by the keyboard, and where the focus is can be seen [WCAG 2.4.7]', async () => {
    const { page } = await openPage(browser, { javaScriptEnabled: false });
    await page.goto(`${acme.issuer}/oauth/account/sessions`);
    // The focus that a page gives comes with its first frame, which may be after its load.
    await page.locator('#username:focus').waitFor();
    await page.keyboard.type('ada');
    await page.keyboard.press('Tab');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Where you are signed in' }).waitFor();
    await page.keyboard.press('Tab');
    const skip = page.getByRole('link', { name: 'Skip to the content' });
    expect(await skip.evaluate((link) => link === link.ownerDocument.activeElement)).toBe(true);
    await page.keyboard.press('Tab');
    const outline = await page
      .locator(':focus')
      .evaluate((link) => link.ownerDocument.defaultView?.getComputedStyle(link).outlineStyle);
    expect(outline).toBe('solid');
  });
});
