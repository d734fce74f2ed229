// Two tabs and the way back, in Chromium: whatever was done elsewhere meanwhile, nobody is stuck and nothing typed is lost.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { atFileEnd } from '../support/at-end.ts';
import { hasChromium, launch, openPage, press, see } from '../support/chromium.ts';
import { addClient } from '../support/issuer.ts';

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let browser: Browser;
  let redirect_uri: string;

  beforeAll(async () => {
    acme = await startAcme();
    const client = createServer((_request, response) => response.end('arrived'));
    await new Promise<void>((resolve) => client.listen(0, '127.0.0.1', resolve));
    atFileEnd(() => client.close());
    redirect_uri = `http://127.0.0.1:${(client.address() as AddressInfo).port}/callback`;
    const { database, tenant } = acme;
    const settings = { developer_portal: true };
    await call(database.worker, ops.tenant_set, { tenant, settings });
    for (const name of ['Notes', 'Maps']) {
      await addClient(database, tenant, name.toLowerCase(), {
        name,
        redirect_uris: [redirect_uri],
      });
    }
    browser = await launch();
  });

  afterAll(() => browser?.close());

  const urlOf = (client_id: string) =>
    `${acme.issuer}/oauth/authorize?${new URLSearchParams({
      client_id,
      redirect_uri,
      response_type: 'code',
      scope: 'openid',
      prompt: 'consent',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })}`;

  /** A tab more of a browser. */
  async function tabOf(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    return page;
  }

  async function signIn(page: Page) {
    await page.locator('#username:focus, #password:focus').first().waitFor();
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Password').fill(password);
    await press(page, 'Sign in');
  }

  async function arrived(page: Page): Promise<string> {
    await page.getByText('arrived').waitFor();
    return new URL(page.url()).searchParams.get('code') ?? '';
  }

  /** A browser in which ada is signed in, at the account. */
  async function signedIn() {
    const { page } = await openPage(browser);
    await page.goto(`${acme.issuer}/oauth/account`);
    await signIn(page);
    await see(page, 'Your applications');
    return page;
  }

  const asks = (page: Page, name: string) => see(page, `Allow ${name} to use your account?`);

  test('two consents that are open at once are both answered, in either order', async () => {
    const context = (await signedIn()).context();
    const [notes, maps, again] = [await tabOf(context), await tabOf(context), await tabOf(context)];
    await notes.goto(urlOf('notes'));
    await maps.goto(urlOf('maps'));
    await again.goto(urlOf('notes'));
    const codes: string[] = [];
    for (const page of [maps, notes, again]) {
      await press(page, 'Allow');
      codes.push(await arrived(page));
    }
    expect(new Set(codes).size).toBe(3);
    for (const code of codes) expect(code).toMatch(/^pgrant_ac_/);
  });

  test('a consent that is open while the person signs out elsewhere asks who is there, and goes on', async () => {
    const account = await signedIn();
    const page = await tabOf(account.context());
    await page.goto(urlOf('notes'));
    await asks(page, 'Notes');
    await account.goto(`${acme.issuer}/oauth/logout`);
    await press(account, 'Sign out');
    await account.getByRole('heading', { level: 1 }).waitFor();
    await press(page, 'Allow');
    await see(page, 'Sign in');
    await page.getByText('to continue to Notes').waitFor();
    await signIn(page);
    await asks(page, 'Notes');
    await press(page, 'Allow');
    expect(await arrived(page)).toMatch(/^pgrant_ac_/);
  });

  test('who goes back after a sign-in is not asked for the password again', async () => {
    const { page } = await openPage(browser);
    await page.goto(urlOf('notes'));
    await signIn(page);
    await asks(page, 'Notes');
    await page.goBack();
    await asks(page, 'Notes');
    expect(await page.locator('input[type=password]').count()).toBe(0);
  });

  test('who goes back after a consent is where it led, with the answer of before, and may be asked anew', async () => {
    const account = await signedIn();
    const page = await tabOf(account.context());
    await page.goto(urlOf('maps'));
    await asks(page, 'Maps');
    await press(page, 'Allow');
    const code = await arrived(page);
    await page.goBack();
    // The same answer as before: nothing was decided twice.
    expect(await arrived(page)).toBe(code);
    await page.goto(urlOf('maps'));
    await asks(page, 'Maps');
  });

  test('a form of the portal that is open while the person signs out elsewhere loses nothing that was typed', async () => {
    const account = await signedIn();
    const page = await tabOf(account.context());
    await page.goto(`${acme.issuer}/oauth/developer/new?kind=web`);
    await page.getByLabel('Name', { exact: true }).fill('Timetable “v2”');
    const uris = ['https://one.example/cb', 'https://two.example/cb'];
    await page.getByLabel('Redirect URIs', { exact: true }).fill(uris.join('\n'));
    await page.getByRole('checkbox', { name: 'Know who you are' }).check();
    await account.goto(`${acme.issuer}/oauth/logout`);
    await press(account, 'Sign out');
    await account.getByRole('heading', { level: 1 }).waitFor();
    await press(page, 'Create the draft');
    await see(page, 'You are not signed in any more');
    await account.goto(`${acme.issuer}/oauth/account`);
    await signIn(account);
    await see(account, 'Your applications');
    await press(page, 'Go on');
    await page.getByText('You have signed in again since').waitFor();
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Timetable “v2”');
    expect(await page.getByLabel('Redirect URIs', { exact: true }).inputValue()).toBe(
      uris.join('\n'),
    );
    expect(await page.getByRole('checkbox', { name: 'Know who you are' }).isChecked()).toBe(true);
    await press(page, 'Create the draft');
    await page.locator('code.secret').waitFor();
    await page.goto(`${acme.issuer}/oauth/developer`);
    await page.getByRole('link', { name: 'Timetable “v2”' }).waitFor();
  });

  test('a new application counts once: pressed twice, its answer reloaded, or gone back from', async () => {
    const account = await signedIn();
    const page = await tabOf(account.context());
    const brought = async () => {
      const [row] = await acme.database.sql`
        select count(*)::integer as count from pgrant.developer_clients where tenant_id = ${acme.tenant}`;
      return row?.count;
    };
    const before = await brought();
    const fill = async () => {
      await page.getByLabel('Name', { exact: true }).fill('Pressed');
      await page.getByLabel('Redirect URIs', { exact: true }).fill('https://one.example/cb');
    };
    await page.goto(`${acme.issuer}/oauth/developer/new?kind=web`);
    await fill();
    await press(page, 'Create the draft');
    await page.locator('code.secret').waitFor();
    await page.reload();
    await see(page, 'This was done already');
    expect(await page.locator('code.secret').count()).toBe(0);
    await page.getByRole('link', { name: 'Go to the application' }).click();
    await see(page, 'Pressed Draft');
    expect(await brought()).toBe(before + 1);
    await page.goto(`${acme.issuer}/oauth/developer/new?kind=web`);
    await fill();
    await page.getByRole('button', { name: 'Create the draft', exact: true }).dblclick();
    await page.getByRole('link', { name: 'Go to the application' }).waitFor();
    await expect.poll(brought).toBe(before + 2);
    await page.goBack();
    await see(page, 'New application');
    // What is there now is a form of its own, with nothing in it.
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('');
    expect(await brought()).toBe(before + 2);
  });

  test('a form of the account that is open while the person signs out elsewhere changes nothing, and says so', async () => {
    const account = await signedIn();
    const page = await tabOf(account.context());
    await page.goto(`${acme.issuer}/oauth/account/sign-in`);
    await account.goto(`${acme.issuer}/oauth/logout`);
    await press(account, 'Sign out');
    await account.getByRole('heading', { level: 1 }).waitFor();
    await page.locator('input[type=password]').first().fill('quite another one');
    await page.locator('input[type=password]').last().fill('quite another one');
    await page.locator('form[action$="/oauth/account/sign-in"] button.primary').click();
    await see(page, 'You are not signed in any more');
    const opened = page.context().waitForEvent('page');
    await page.getByRole('link', { name: 'Sign in in another tab' }).click();
    const tab = await opened;
    await signIn(tab);
    await see(tab, 'How you sign in');
    await press(page, 'Go on');
    await page.getByText('You have signed in again since').waitFor();
    expect(await page.locator('input[type=password]').first().inputValue()).toBe('');
  });
});
