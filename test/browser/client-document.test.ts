// The consent page of a client that came from a document, in Chromium: who says what it is, and what nobody can know.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { hasChromium, launch, openPage, press, see } from '../support/chromium.ts';
import { startHost } from '../support/document-host.ts';
import { configure } from '../support/registering.ts';

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let host: Awaited<ReturnType<typeof startHost>>;
  let browser: Browser;

  beforeAll(async () => {
    acme = await startAcme();
    host = await startHost();
    await configure(acme, { client_documents: 'open' });
    browser = await launch();
  });

  afterAll(() => browser?.close());

  async function consentPage(client_id: string, redirect_uri: string, width?: number) {
    const { page, complaints } = await openPage(browser, width ? { width } : {});
    const requested: string[] = [];
    page.on('request', (request) => requested.push(request.url()));
    await page.route(`${redirect_uri}**`, (route) => route.fulfill({ body: 'arrived' }));
    const query = new URLSearchParams({
      client_id,
      redirect_uri,
      response_type: 'code',
      scope: 'openid email',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    await page.goto(`${acme.issuer}/oauth/authorize?${query}`);
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Password').fill(password);
    await press(page, 'Sign in');
    return { page, complaints, requested };
  }

  test('names the host of the document and that of the redirect URI, and loads no logo [section 8.5, 8.8]', async () => {
    const client_id = host.client('/claude.json', {
      client_name: 'Claude',
      logo_uri: `${host.origin}/logo.png`,
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
    });
    const { page, complaints, requested } = await consentPage(
      client_id,
      'https://claude.ai/api/mcp/auth_callback',
    );
    await see(page, 'Allow Claude to use your account?');
    const text = await page.locator('main').innerText();
    expect(text).toMatch(/Described by\s+127\.0\.0\.1/);
    expect(text).toMatch(/Sends you to\s+claude\.ai/);
    expect(text).toContain('Nobody here has verified it');
    expect(text).not.toContain('Any program on this device');
    expect(text).not.toContain('registered itself');
    await press(page, 'Allow');
    await page.getByText('arrived').waitFor();
    expect(new URL(page.url()).searchParams.get('code')).toMatch(/^pgrant_ac_/);
    expect(requested.filter((url) => url.startsWith(host.origin))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('warns that any program can listen on loopback, on a narrow screen too [MCP 2026-07-28]', async () => {
    const client_id = host.client('/code.json', {
      client_name: 'Claude Code',
      redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
    });
    const { page } = await consentPage(client_id, 'http://localhost:3118/callback', 360);
    await see(page, 'Allow Claude Code to use your account?');
    const warning = page.getByText('Any program on this device can claim to be this application.');
    expect(await warning.isVisible()).toBe(true);
    expect(await page.locator('main').innerText()).toMatch(/Sends you to\s+localhost:3118/);
    const [wide, shown] = (await page.evaluate(
      '[document.documentElement.scrollWidth, innerWidth]',
    )) as number[];
    expect(wide).toBeLessThanOrEqual(shown ?? 0);
  });
});
