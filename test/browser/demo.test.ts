// A person at the demonstration client in Chromium, with JavaScript and without it.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, launch, openPage, press, see } from '../support/chromium.ts';
import { createDatabase } from '../support/database.ts';
import { type DemoServer, startDemoServer } from '../support/demo.ts';

describe.skipIf(!hasChromium)('in Chromium', () => {
  let demo: DemoServer;
  let browser: Browser;

  beforeAll(async () => {
    demo = await startDemoServer(await createDatabase({ pool: 10 }));
    browser = await launch();
  });

  afterAll(() => browser?.close());

  async function signIn(page: Page): Promise<void> {
    await page.goto(`${demo.client}/`);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('Username').fill('demo');
    await page.getByLabel('Password').fill('demo');
    await page.keyboard.press('Enter');
    const next = page.getByRole('heading', { name: /^(Allow|Hello)/ });
    // Consent is remembered from one walk to the next.
    if ((await next.innerText()).startsWith('Allow')) await press(page, 'Allow');
    await see(page, 'Hello, Demo Person');
  }

  /** Waits for what the page tells of the last button. */
  const hear = (page: Page, hasText: string) =>
    page.getByRole('status').filter({ hasText }).waitFor();

  test.each([true, false])(
    'sign in, allow, refresh, resource, introspect, revoke, sign out; JavaScript: %s',
    async (javaScriptEnabled) => {
      const { page, complaints } = await openPage(browser, { javaScriptEnabled });
      await signIn(page);
      expect(await page.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual([
        'About you',
        'Access token',
        'ID token',
        'Refresh token',
      ]);

      const raw = page.locator('pre code').first();
      const before = await raw.textContent();
      await press(page, 'Refresh');
      await hear(page, 'There are new tokens');
      expect(await raw.textContent()).not.toBe(before);

      await page.getByRole('link', { name: 'Call the protected resource' }).click();
      await page.getByText('Reading an access token').waitFor();
      await page.getByRole('link', { name: 'Back' }).click();

      await press(page, 'Introspect');
      await hear(page, 'is active');
      await press(page, 'Revoke');
      await hear(page, 'are revoked');
      await press(page, 'Introspect');
      await hear(page, 'is not active');

      await press(page, 'Sign out');
      await see(page, 'You are signed out');
      expect(complaints).toEqual([]);
    },
  );

  test('a wrong password says so, and the page is announced to a screen reader', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${demo.client}/login`);
    await page.getByLabel('Username').fill('demo');
    await page.getByLabel('Password').fill('wrong');
    await press(page, 'Sign in');
    expect(await page.getByRole('alert').innerText()).toContain('Check the username');
    const password = page.getByLabel('Password');
    expect(await password.getAttribute('aria-describedby')).toBe('error');
    expect(await password.inputValue()).toBe('');
  });

  test('what was allowed is listed, and taken back by one press', async () => {
    const { page, complaints } = await openPage(browser, { javaScriptEnabled: false });
    await signIn(page);
    await page.goto(`${demo.issuer}/oauth/consents`);
    expect(await page.getByRole('article').innerText()).toContain('Demonstration client');
    await page.getByRole('button', { name: 'Take back access' }).click();
    await page.getByText('The application has lost its access.').waitFor();
    await page.getByText('No application may use your account').waitFor();
    await page.goto(`${demo.client}/`);
    await press(page, 'Refresh');
    await see(page, 'Please sign in again');
    expect(complaints).toEqual([]);
  });

  test('login, consent and tokens fit a screen 320 pixels wide, sideways never', async () => {
    const { page } = await openPage(browser, { width: 320 });
    const tooWide = () =>
      page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    await signIn(page);
    await page.goto(`${demo.client}/login?more=webhook`);
    await see(page, 'Allow Demonstration client to use your account?');
    expect(await tooWide()).toBe(0);
    await press(page, 'Allow');
    await see(page, 'Hello, Demo Person');
    expect(await tooWide()).toBe(0);
    await page.goto(`${demo.issuer}/oauth/logout`);
    expect(await tooWide()).toBe(0);
    await press(page, 'Sign out');
    await see(page, 'You are signed out');
    await page.goto(`${demo.client}/login`);
    await see(page, 'Sign in');
    expect(await tooWide()).toBe(0);
  });
});
