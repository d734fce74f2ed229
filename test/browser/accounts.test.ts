// prompt=select_account in Chromium, with and without JavaScript.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { atFileEnd } from '../support/at-end.ts';
import { hasChromium, launch, openPage, press } from '../support/chromium.ts';
import { addUser } from '../support/issuer.ts';

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let browser: Browser;
  let redirect_uri: string;

  beforeAll(async () => {
    acme = await startAcme();
    for (const name of ['grace-true', 'grace-false']) {
      await addUser(acme.database, acme.tenant, name, password, {});
    }
    const program = createServer((_, response) => response.end('arrived'));
    await new Promise<void>((resolve) => program.listen(0, '127.0.0.1', resolve));
    atFileEnd(() => void program.close());
    redirect_uri = `http://127.0.0.1:${(program.address() as AddressInfo).port}/callback`;
    browser = await launch();
  });

  afterAll(() => browser?.close());

  test.each([true, false])(
    'a user goes on with the account that is signed in, or with another; JavaScript: %s [OpenID Connect Core 3.1.2.1]',
    async (javaScriptEnabled) => {
      const { page, complaints } = await openPage(browser, { javaScriptEnabled });
      /** Presses what answers the client, and waits for a code there. */
      const arrive = async (name: string) => {
        const arrival = page.waitForRequest((request) => request.url().startsWith(redirect_uri));
        await press(page, name);
        await page.getByText('arrived').waitFor();
        expect(new URL((await arrival).url()).searchParams.get('code')).toBeTruthy();
      };
      const open = (prompt: string) =>
        page.goto(
          `${acme.issuer}/oauth/authorize?${new URLSearchParams({
            client_id: acme.native.client_id,
            redirect_uri,
            response_type: 'code',
            scope: 'openid',
            prompt,
            code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
            code_challenge_method: 'S256',
          })}`,
        );
      await open('consent');
      await page.getByLabel('Username').fill('ada');
      await page.getByLabel('Password').fill(password);
      await press(page, 'Sign in');
      await arrive('Allow');

      await open('select_account');
      await arrive('Continue as ada');
      await open('select_account');
      await press(page, 'Use another account');
      expect(await page.getByLabel('Username').inputValue()).toBe('');
      await page.getByLabel('Username').fill(`grace-${javaScriptEnabled}`);
      await page.getByLabel('Password').fill(password);
      await press(page, 'Sign in');
      await arrive('Allow');
      expect(complaints).toEqual([]);
    },
  );
});
