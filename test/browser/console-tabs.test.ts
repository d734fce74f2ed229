// Two tabs and the way back at the console and in the portal, in Chromium: nothing is done twice, and who comes late is told.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { hasChromium, launch, openPage, press, see } from '../support/chromium.ts';
import { addClient } from '../support/issuer.ts';
import { look } from '../support/look.ts';

const moved = 'Nothing was done: something has changed meanwhile';

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let browser: Browser;

  beforeAll(async () => {
    acme = await startAcme();
    const { tenant, database } = acme;
    const { worker } = database;
    const settings = { developer_portal: true };
    await call(worker, ops.tenant_set, { tenant, settings });
    await call(worker, ops.admin_enable, { tenant });
    await call(worker, ops.role_assign, { tenant, role: 'pgrant.admin', username: 'ada' });
    const grant_types = ['client_credentials'];
    for (const name of ['nightly', 'weekly'])
      await addClient(database, tenant, name, { name, grant_types });
    browser = await launch();
  });

  afterAll(() => browser?.close());

  /** Two tabs of a browser in which ada is signed in, both at a page. */
  async function tabsAt(path: string): Promise<[Page, Page]> {
    const { page } = await openPage(browser);
    await page.goto(acme.issuer + path);
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Password').fill(password);
    await press(page, 'Sign in');
    await page.waitForURL(acme.issuer + path);
    const other = await page.context().newPage();
    other.setDefaultTimeout(20_000);
    await other.goto(acme.issuer + path);
    return [page, other];
  }

  const count = async (table: string) =>
    (await acme.database.sql`select from ${acme.database.sql(`pgrant.${table}`)}`).length;

  /** Opens a part of a page, and presses the button in it that is called as it is. */
  async function fold(page: Page, name: string, press_it: 'click' | 'dblclick' = 'click') {
    await page.locator('summary', { hasText: name }).click();
    await page.getByRole('button', { name, exact: true })[press_it]();
  }

  test('a new secret of an application is made once: its answer reloaded, gone back from, pressed twice', async () => {
    const [page] = await tabsAt('/oauth/admin/clients/nightly');
    const before = await count('client_secrets');
    await fold(page, 'Make a new secret');
    await page.locator('code.secret').waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'This was done already' }).waitFor();
    expect(await look(page, 'console-repeated')).toEqual([]);
    expect(await page.locator('code.secret').count()).toBe(0);
    await page.goBack();
    await see(page, 'nightly');
    expect(await count('client_secrets')).toBe(before + 1);
    await fold(page, 'Make a new secret', 'dblclick');
    await page
      .getByRole('link', { name: 'Back', exact: true })
      .or(page.locator('code.secret'))
      .first()
      .waitFor();
    await expect.poll(() => count('client_secrets')).toBe(before + 2);
  });

  test('a new key is added once, however often its button is pressed', async () => {
    const [page] = await tabsAt('/oauth/admin/keys');
    const before = await count('signing_keys');
    await fold(page, 'Rotate now', 'dblclick');
    await page.locator('.notice.good').waitFor();
    await page.reload();
    expect(await count('signing_keys')).toBe(before + 1);
  });

  test('who changes an application that another tab has removed is told, and shown what there is', async () => {
    const [page, other] = await tabsAt('/oauth/admin/clients/weekly');
    await other.locator('summary', { hasText: 'Remove the application' }).click();
    await other.locator('#confirm-client_remove').fill('weekly');
    await press(other, 'Remove the application');
    await other.waitForURL(`${acme.issuer}/oauth/admin/clients`);
    await press(page, 'Suspend');
    await page.getByText(moved).waitFor();
    expect(page.url()).toBe(`${acme.issuer}/oauth/admin/clients`);
    // Where it was there is nothing any more.
    await other.goBack();
    await see(other, 'Not found');
  });

  test('who goes back after a change sees what is in force', async () => {
    const path = '/oauth/admin/settings/code_lifetime';
    const [page] = await tabsAt(path);
    await page.getByRole('spinbutton').fill('45');
    await press(page, 'Save');
    await page.locator('.notice.good').waitFor();
    await page.goBack();
    await page.goForward();
    expect(await page.getByRole('spinbutton').inputValue()).toBe('45');
    expect(await page.locator('.notice.good').count()).toBe(0);
  });

  test('an application that one tab has submitted is not submitted, or removed, by another that does not show it', async () => {
    const [page, other] = await tabsAt('/oauth/developer/new?kind=machine');
    await page.getByLabel('Name', { exact: true }).fill('Twice');
    await press(page, 'Create the draft');
    await page.getByRole('link', { name: 'Go to the application' }).click();
    await other.goto(page.url());
    await press(page, 'Submit for review');
    await page.locator('.notice.good').waitFor();
    await press(other, 'Submit for review');
    await other.getByText(moved).waitFor();
    expect(await other.getByRole('button', { name: 'Submit for review' }).count()).toBe(0);
    await page.goBack();
    expect(await page.getByRole('button', { name: 'Submit for review' }).count()).toBe(0);
  });
});
