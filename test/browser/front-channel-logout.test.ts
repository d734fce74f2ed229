// Logout in Chromium: the clients of the session are loaded in frames, and then the browser goes on.
import * as client from 'openid-client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Acme, startAcme } from '../support/acme.ts';
import { type Application, signIn, startApplication } from '../support/application.ts';
import { hasChromium, launch, openPage, see } from '../support/chromium.ts';

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let browser: Browser;
  let app: Application;

  beforeAll(async () => {
    acme = await startAcme();
    browser = await launch();
  });

  beforeEach(async () => {
    app = await startApplication(acme);
  });

  afterAll(() => browser?.close());

  const frameOf = ({ asked }: Application) => asked.find(({ pathname }) => pathname === '/logout');

  test.each([true, false])(
    'each client of the session is loaded with iss and sid, and then the browser goes on; JavaScript: %s [Front-Channel Logout 2 and 3]',
    async (javaScriptEnabled) => {
      const { page, complaints } = await openPage(browser, { javaScriptEnabled });
      const other = await startApplication(acme);
      const stranger = await startApplication(acme);
      const { tokens } = await signIn(page, app);
      await signIn(page, other);
      const url = client.buildEndSessionUrl(app.config, {
        id_token_hint: tokens.id_token ?? '',
        post_logout_redirect_uri: `${app.origin}/goodbye`,
        state: 'x',
      });
      const answer = await page.goto(url.href);
      const policy = answer?.headers()['content-security-policy'] ?? '';
      const [, sources = ''] = /frame-src ([^;]*);/.exec(policy) ?? [];
      expect(sources.split(' ').toSorted()).toEqual([app.origin, other.origin].toSorted());
      await page.waitForURL(`${app.origin}/goodbye?state=x`);
      for (const told of [app, other]) {
        expect(Object.fromEntries(frameOf(told)?.searchParams ?? [])).toEqual({
          from: 'pgrant',
          iss: acme.issuer,
          sid: tokens.claims()?.sid,
        });
      }
      expect(frameOf(stranger)).toBeUndefined();
      expect(complaints).toEqual([]);
    },
  );

  test('without a place to go to the page stays, and says that the person is signed out', async () => {
    const { page } = await openPage(browser);
    const { tokens } = await signIn(page, app);
    const url = client.buildEndSessionUrl(app.config, { id_token_hint: tokens.id_token ?? '' });
    await page.goto(url.href);
    await see(page, 'You are signed out');
    await expect.poll(() => frameOf(app)).toBeTruthy();
    expect(await page.locator('meta[http-equiv=refresh]').count()).toBe(0);
  });
});
