// response_mode=form_post in Chromium: the page submits itself, and has a button for where it cannot.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Acme, password, redirect_uri, startAcme } from '../support/acme.ts';
import { hasChromium, launch, openPage, press } from '../support/chromium.ts';

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let browser: Browser;

  beforeAll(async () => {
    acme = await startAcme();
    browser = await launch();
  });

  afterAll(() => browser?.close());

  test.each([true, false])(
    'the answer arrives as a form; JavaScript: %s [OAuth 2.0 Form Post Response Mode 2]',
    async (javaScriptEnabled) => {
      const { page, complaints } = await openPage(browser, { javaScriptEnabled });
      await page.route(redirect_uri, (route) => route.fulfill({ body: 'arrived' }));
      const query = new URLSearchParams({
        client_id: acme.web.client_id,
        redirect_uri,
        response_type: 'code',
        response_mode: 'form_post',
        scope: 'openid',
        prompt: 'consent',
        state: '<"&>',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
      });
      await page.goto(`${acme.issuer}/oauth/authorize?${query}`);
      await page.getByLabel('Username').fill('ada');
      await page.getByLabel('Password').fill(password);
      const arrival = page.waitForRequest(redirect_uri);
      await press(page, 'Sign in');
      await press(page, 'Allow');
      if (!javaScriptEnabled) await press(page, 'Continue');
      const sent = new URLSearchParams((await arrival).postData() ?? '');
      expect((await arrival).method()).toBe('POST');
      expect(sent.get('code')).toMatch(/^pgrant_ac_/);
      expect(sent.get('state')).toBe('<"&>');
      expect(sent.get('iss')).toBe(acme.issuer);
      expect(complaints).toEqual([]);
    },
  );
});
