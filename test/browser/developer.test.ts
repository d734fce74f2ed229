// The developer portal in Chromium: from a draft to an application that works, with and without JavaScript, and as each page looks.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { hasChromium, launch, openPage, press, see } from '../support/chromium.ts';
import { pathOf } from '../support/developer.ts';
import { addUser } from '../support/issuer.ts';
import { look } from '../support/look.ts';

/** A name that a page could fall for, or fall apart by. */
const hostile = '"><img src=x onerror=alert(1)> عربي \u4f60\u597d-'.padEnd(250, 'W');

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let browser: Browser;

  beforeAll(async () => {
    acme = await startAcme();
    const { tenant, database } = acme;
    const { worker } = database;
    await addUser(database, tenant, 'dora', password, {});
    await call(worker, ops.admin_enable, { tenant });
    await call(worker, ops.role_assign, { tenant, role: 'pgrant.admin', username: 'ada' });
    const settings = { developer_portal: true, developer_quota: 100 };
    await call(worker, ops.tenant_set, { tenant, settings });
    browser = await launch();
  });

  afterAll(() => browser?.close());

  async function signIn(page: Page, path: string, username: string) {
    await page.goto(`${acme.issuer}${path}`);
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Password').fill(password);
    await press(page, 'Sign in');
    await page.locator('main#main h1').waitFor();
  }

  const answerUri = () => `${acme.issuer}/oauth/developer/answer`;

  /** Fills in the form of a web application. */
  async function fill(page: Page, name: string, uris: string[]) {
    await page.goto(`${acme.issuer}/oauth/developer/new?kind=web`);
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Redirect URIs', { exact: true }).fill(uris.join('\n'));
    await page.getByRole('checkbox', { name: 'Know who you are' }).check();
    await press(page, 'Create the draft');
  }

  test.each([true, false])(
    'a developer brings an application, tries it, has it approved, and removes it; JavaScript: %s',
    { timeout: 60_000 },
    async (javaScriptEnabled) => {
      const { page, complaints } = await openPage(browser, { javaScriptEnabled });
      await signIn(page, '/developer', 'dora');
      const uris = ['https://user@notes.example/', answerUri()];
      await fill(page, 'Notes', uris);
      await page.getByText('Nobody can be sent to').waitFor();
      expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Notes');
      await page.getByLabel('Redirect URIs', { exact: true }).fill(answerUri());
      await press(page, 'Create the draft');
      await see(page, 'The secret');
      await page.getByRole('link', { name: 'Go to the application' }).click();
      await see(page, 'Notes Draft');
      const url = page.url();

      await page.getByRole('link', { name: 'Try the flow' }).click();
      await press(page, 'Allow');
      await see(page, 'The answer');
      await page.getByText('code_verifier=').waitFor();

      await page.goto(url);
      await page.getByLabel('Message for the review').fill('For notes.\nPlease.');
      await press(page, 'Submit for review');
      await see(page, 'Notes In review');

      const admin = await openPage(browser, { javaScriptEnabled });
      await signIn(admin.page, '/admin', 'ada');
      await admin.page.goto(`${acme.issuer}/oauth/admin/developers?waiting=true`);
      await admin.page.getByRole('link', { name: 'Notes' }).last().click();
      await admin.page.getByText('Approve', { exact: true }).first().click();
      await admin.page.locator('#approve-message').fill('Welcome.');
      await press(admin.page, 'Approve');
      await admin.page.getByText('It is done.').waitFor();

      await page.reload();
      await see(page, 'Notes Active');
      await page.getByText('Welcome.').waitFor();
      await page.getByText('Remove the application').first().click();
      await page.getByLabel('To confirm, type its name').fill('Notes');
      await press(page, 'Remove the application');
      await page.getByText('The application is removed.').waitFor();
      expect([...complaints, ...admin.complaints]).toEqual([]);
    },
  );

  test('a form is filled in and sent by the keyboard alone', async () => {
    const { page } = await openPage(browser);
    await signIn(page, '/developer', 'dora');
    await page.goto(`${acme.issuer}/oauth/developer/new?kind=app`);
    await page.getByLabel('Name', { exact: true }).focus();
    await page.keyboard.type('Typed');
    await page.keyboard.press('Tab');
    await page.keyboard.type('https://typed.example/');
    await page.getByRole('checkbox', { name: 'Know who you are' }).focus();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Create the draft' }).focus();
    await page.keyboard.press('Enter');
    await see(page, 'Typed Draft');
    await page.getByText('openid', { exact: true }).waitFor();
  });

  test('no page has a fault that axe finds, in either theme, or is wider than a phone, whatever it is called [WCAG 2.2]', {
    timeout: 240_000,
  }, async () => {
    const { page, complaints } = await openPage(browser);
    const faults: unknown[] = [];
    const shown = async (name: string) => faults.push(...(await look(page, `developer-${name}`)));
    await signIn(page, '/developer', 'dora');
    await page.goto(`${acme.issuer}/oauth/developer/new`);
    await shown('kinds');
    await fill(page, hostile, ['https://user@notes.example/', answerUri()]);
    await page.getByText('Nobody can be sent to').waitFor();
    await shown('form-refused');
    const uris = [`https://${'w'.repeat(60)}.example/${'w'.repeat(300)}`, answerUri()];
    await page.getByLabel('Redirect URIs', { exact: true }).fill(uris.join('\n'));
    await press(page, 'Create the draft');
    await see(page, 'The secret');
    await shown('secret');
    await page.getByRole('link', { name: 'Go to the application' }).click();
    await page.getByRole('button', { name: 'Submit for review' }).waitFor();
    const id = decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1) ?? '');
    for (const one of await page.locator('details > summary').all()) await one.click();
    await shown('draft');
    await page.goto(`${acme.issuer}${pathOf(id, '/try')}`);
    await press(page, 'Allow');
    await see(page, 'The answer');
    await shown('answer');
    const database = acme.database.sql;
    await database`
      insert into pgrant.refusals (tenant_id, minute, key_hash, first_at, last_at, action, error, reason, client_id, detail, recorded)
      select ${acme.tenant}, date_trunc('minute', now(), 'UTC'), sha256(e.error::bytea), now(), now(), 'code.redeem', e.error, 'why',
             ${id}, jsonb_build_object('refused', repeat('w', 300)), true
        from unnest(array['invalid_grant', 'invalid_client', 'server_error']) e (error)`;
    await page.goto(`${acme.issuer}${pathOf(id, '/usage')}?days=7`);
    await shown('usage');
    await page.goto(`${acme.issuer}${pathOf(id)}`);
    await page.getByLabel('Message for the review').fill('W'.repeat(2000));
    await press(page, 'Submit for review');
    await page.getByRole('button', { name: 'Take it back' }).waitFor();
    await shown('in-review');
    await page.goto(`${acme.issuer}/oauth/developer`);
    await shown('list');
    expect(faults).toEqual([]);
    expect(complaints).toEqual([]);
    expect(await page.locator('img').count()).toBe(0);
  });
});
