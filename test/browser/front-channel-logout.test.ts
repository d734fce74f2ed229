// Logout in Chromium: the clients of the session are loaded in frames, and then the browser goes on.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as client from 'openid-client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Acme, discover, password, startAcme } from '../support/acme.ts';
import { hasChromium, launch, openPage, press, see } from '../support/chromium.ts';
import { addClient } from '../support/issuer.ts';

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let browser: Browser;
  let app: Application;

  beforeAll(async () => {
    acme = await startAcme();
    browser = await launch();
  });

  beforeEach(async () => {
    app = await startApplication();
  });

  afterAll(() => browser?.close());

  /** An application whose front-channel logout URI has a query of its own, and what it was asked. */
  async function startApplication() {
    const asked: URL[] = [];
    const server = createServer((request, response) => {
      asked.push(new URL(request.url ?? '', `http://${request.headers.host}`));
      response.setHeader('content-type', 'text/html').end('<h1>here</h1>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    afterAll(() => server.close());
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = await addClient(acme.database, acme.tenant, `app-${origin.slice(-5)}`, {
      redirect_uris: [`${origin}/callback`],
      post_logout_redirect_uris: [`${origin}/goodbye`],
      frontchannel_logout_uri: `${origin}/logout?from=pgrant`,
    });
    const config = await discover(acme, credentials);
    return { origin, asked, config };
  }
  type Application = Awaited<ReturnType<typeof startApplication>>;

  type Page = Awaited<ReturnType<typeof openPage>>['page'];

  async function signIn(page: Page, { config, origin, asked }: Application) {
    const verifier = client.randomPKCECodeVerifier();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: `${origin}/callback`,
      scope: 'openid',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    await page.goto(url.href);
    if ((await page.getByLabel('Username').count()) > 0) {
      await page.getByLabel('Username').fill('ada');
      await page.getByLabel('Password').fill(password);
      await press(page, 'Sign in');
    }
    if ((await page.getByRole('button', { name: 'Allow' }).count()) > 0) {
      await press(page, 'Allow');
    }
    await see(page, 'here');
    const callback = asked.find(({ pathname }) => pathname === '/callback') as URL;
    return client.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier });
  }

  const frameOf = ({ asked }: Application) => asked.find(({ pathname }) => pathname === '/logout');

  test.each([true, false])(
    'each client of the session is loaded with iss and sid, and then the browser goes on; JavaScript: %s [Front-Channel Logout 2 and 3]',
    async (javaScriptEnabled) => {
      const { page, complaints } = await openPage(browser, { javaScriptEnabled });
      const other = await startApplication();
      const stranger = await startApplication();
      const tokens = await signIn(page, app);
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
    const tokens = await signIn(page, app);
    const url = client.buildEndSessionUrl(app.config, { id_token_hint: tokens.id_token ?? '' });
    await page.goto(url.href);
    await see(page, 'You are signed out');
    await expect.poll(() => frameOf(app)).toBeTruthy();
    expect(await page.locator('meta[http-equiv=refresh]').count()).toBe(0);
  });
});
