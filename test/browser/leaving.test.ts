// What becomes of the window and of the way back, in Chromium: openers, redirects after the callback, buttons pressed twice.

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as client from 'openid-client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Acme, discover, password, startAcme } from '../support/acme.ts';
import { atFileEnd } from '../support/at-end.ts';
import { hasChromium, launch, openPage, press, see } from '../support/chromium.ts';
import { addClient, type Client } from '../support/issuer.ts';

/** A web server on an origin of its own. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atFileEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let browser: Browser;
  let opener: string;
  let hops: string;
  let arrivals: string[];
  let app: Client;

  beforeAll(async () => {
    acme = await startAcme();
    browser = await launch();
    arrivals = [];
    const last = await serve(({ url = '' }, response) => {
      if (url !== '/favicon.ico') arrivals.push(url);
      response.setHeader('content-type', 'text/html').end('<h1>Arrived</h1>');
    });
    const second = await serve(({ url = '' }, response) => {
      const location = url.startsWith('/native') ? 'com.example.app:/done' : `${last}${url}`;
      response.writeHead(302, { location }).end();
    });
    hops = await serve((request, response) => {
      const { searchParams, pathname } = new URL(request.url ?? '', 'http://hops');
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const code = searchParams.get('code') ?? new URLSearchParams(body).get('code');
        response.writeHead(303, { location: `${second}${pathname}?code=${code}` }).end();
      });
    });
    opener = await serve(({ url = '' }, response) => {
      response.setHeader('content-type', 'text/html');
      if (url.startsWith('/callback')) {
        response.end(
          '<script>if (opener) { opener.postMessage(location.search, location.origin); close(); }</script><h1>Cut off</h1>',
        );
      } else {
        response.end(
          '<h1>Opener</h1><script>addEventListener("message", (event) => { document.title = event.data; });</script>',
        );
      }
    });
    app = await addClient(acme.database, acme.tenant, 'app', {
      redirect_uris: [`${opener}/callback`, `${hops}/broker`, `${hops}/native`],
      post_logout_redirect_uris: [`${hops}/bye`],
    });
  });

  afterAll(() => browser?.close());

  async function authorizeUrl(redirect_uri: string, more: Record<string, string> = {}) {
    const config = await discover(acme, { client_id: 'app', client_secret: '' }, true);
    return client.buildAuthorizationUrl(config, {
      redirect_uri,
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...more,
    }).href;
  }

  async function signIn(page: Page) {
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Password').fill(password);
    await press(page, 'Sign in');
  }

  test('a popup that another origin opened still has its opener in the callback [HTML 7.1.3]', async () => {
    const { page } = await openPage(browser);
    await page.goto(opener);
    const url = await authorizeUrl(`${opener}/callback`, { prompt: 'consent' });
    const opened = page.waitForEvent('popup');
    await page.evaluate(
      `void window.open(${JSON.stringify(url)}, 'popup', 'width=500,height=600')`,
    );
    const popup = await opened;
    await signIn(popup);
    await press(popup, 'Allow');
    await page.waitForFunction('document.title.includes("code=pgrant_ac_")');
    await expect.poll(() => popup.isClosed()).toBe(true);
  });

  test.each(['query', 'form_post'])(
    'a callback may redirect on, to origins that nobody knows: %s [CSP 3 form-action]',
    async (response_mode) => {
      const { page, complaints } = await openPage(browser);
      arrivals.length = 0;
      await page.goto(await authorizeUrl(`${hops}/broker`, { response_mode, prompt: 'consent' }));
      await signIn(page);
      await press(page, 'Allow');
      await see(page, 'Arrived');
      expect(arrivals.join()).toContain('code=pgrant_ac_');
      // Where consent is remembered, it is the form of the login page that ends there.
      await page.context().clearCookies();
      await page.goto(await authorizeUrl(`${hops}/broker`, { response_mode }));
      await signIn(page);
      await see(page, 'Arrived');
      expect(complaints).toEqual([]);
    },
  );

  test('without JavaScript too', async () => {
    const { page } = await openPage(browser, { javaScriptEnabled: false });
    await page.goto(await authorizeUrl(`${hops}/broker`, { prompt: 'consent' }));
    await signIn(page);
    await press(page, 'Allow');
    await see(page, 'Arrived');
  });

  test.each([
    ['a hosted callback', 'app', () => `${hops}/native`],
    ['the redirect URI itself', 'native', () => 'com.example.app:/callback'],
  ])('%s may lead to an application on the device [RFC 8252 7.1]', async (_name, id, uri) => {
    const { page, complaints } = await openPage(browser);
    const url = new URL(await authorizeUrl(uri(), { prompt: 'consent' }));
    url.searchParams.set('client_id', id);
    const failed = page.waitForEvent('requestfailed', (request) =>
      request.url().startsWith('com.example.app:'),
    );
    await page.goto(url.href);
    await signIn(page);
    await press(page, 'Allow');
    // Nothing here has the scheme: the browser has looked for it, and its policy did not stop it.
    await failed;
    expect(complaints).toEqual([]);
  });

  test('the confirmed end of a session goes on so too [RP-Initiated Logout 3]', async () => {
    const { page, complaints } = await openPage(browser);
    await page.goto(await authorizeUrl(`${hops}/broker`));
    await signIn(page);
    await see(page, 'Arrived');
    arrivals.length = 0;
    const query = new URLSearchParams({
      client_id: 'app',
      post_logout_redirect_uri: `${hops}/bye`,
    });
    await page.goto(`${acme.issuer}/oauth/logout?${query}`);
    await press(page, 'Sign out');
    await see(page, 'Arrived');
    expect(arrivals.join()).toContain('/bye');
    expect(complaints).toEqual([]);
  });

  test('Allow pressed twice arrives, with a code that is good [RFC 6749 4.1.2]', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { page } = await openPage(browser);
      arrivals.length = 0;
      await page.goto(await authorizeUrl(`${hops}/broker`, { prompt: 'consent' }));
      await signIn(page);
      await page.getByRole('button', { name: 'Allow', exact: true }).dblclick();
      await see(page, 'Arrived');
      const code = new URLSearchParams(arrivals.at(-1)?.split('?')[1]).get('code') ?? '';
      const response = await fetch(`${acme.issuer}/oauth/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`app:${app.client_secret}`)}` },
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code,
          redirect_uri: `${hops}/broker`,
          code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
        }),
      });
      expect(await response.json()).toMatchObject({ token_type: 'Bearer' });
      await page.context().close();
    }
  });
});
