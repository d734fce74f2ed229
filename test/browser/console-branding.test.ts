// The console in Chromium: what a tenant looks like, before it is saved, and its identity providers.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { accentOf } from '../../src/http/accent.ts';
import {
  makeUpstreams,
  type StoredUpstream,
} from '../../src/identity-providers/identity-providers.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { hasChromium, launch, openPage, press, see } from '../support/chromium.ts';
import { secret } from '../support/issuer.ts';
import { look } from '../support/look.ts';

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let browser: Browser;

  beforeAll(async () => {
    acme = await startAcme();
    const { tenant, database } = acme;
    await call(database.worker, ops.admin_enable, { tenant });
    const role = 'pgrant.admin';
    await call(database.worker, ops.role_assign, { tenant, role, username: 'ada' });
    browser = await launch();
  });

  afterAll(() => browser?.close());

  async function openAt(path: string) {
    const { page, complaints } = await openPage(browser, { javaScriptEnabled: false });
    await page.goto(`${acme.issuer}/oauth/admin/${path}`);
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Password').fill(password);
    await press(page, 'Sign in');
    await page.waitForURL(`${acme.issuer}/oauth/admin/${path}`);
    return { page, complaints };
  }

  const settings = async () =>
    (await call(acme.database.worker, ops.tenant_show, { tenant: acme.tenant }))
      .tenant_show as Record<string, unknown>;

  const upstream = async () => {
    const [row] = await acme.database.sql`
      select * from pgrant.upstreams where tenant_id = ${acme.tenant} and name = 'company'`;
    return row;
  };

  const colourOf = (page: Page) =>
    page
      .locator('.preview button')
      .evaluate((it) => it.ownerDocument.defaultView?.getComputedStyle(it).backgroundColor);

  test('branding is seen before it is saved, without JavaScript; nothing is saved by looking', async () => {
    const { page, complaints } = await openAt('branding');
    await page.getByLabel('Title').fill('Acme <Learning>');
    await page.getByLabel('Colour').fill('#7a1f6b');
    await page.getByLabel('Help (https or mailto)').fill('mailto:help@acme.example');
    await page.getByLabel('Logo (URL)').fill('https://acme.example/logo.png');
    await press(page, 'Preview');
    await page.getByText('Nothing has been saved yet.').waitFor();
    const preview = page.locator('.preview');
    expect(await preview.locator('header').innerText()).toContain('Acme <Learning>');
    // The logo is fetched once it is saved: until then its place is held.
    expect(await preview.locator('header .logo').innerText()).toBe('AL');
    expect(await preview.locator('footer li').allInnerTexts()).toEqual(['Help']);
    await page.locator('#accent_color-fault', { hasText: 'contrast 8.5 to 1' }).waitFor();
    expect(await colourOf(page)).toBe('rgb(122, 31, 107)');
    expect(await settings()).toMatchObject({ accent_color: null, support_uri: null });
    expect(await page.getByLabel('Title').inputValue()).toBe('Acme <Learning>');
    await press(page, 'Save');
    await page.getByText('It is done.').waitFor();
    expect(await settings()).toMatchObject({ title: 'Acme <Learning>', accent_color: '#7a1f6b' });
    expect(complaints).toEqual([]);
  });

  test('a colour that cannot be read is said at the preview, and refused when it is saved [WCAG 1.4.3]', async () => {
    const { page } = await openAt('branding');
    await page.getByLabel('Colour').fill('#ffcc00');
    await press(page, 'Preview');
    const said = page.locator('#accent_color-fault');
    expect(await said.innerText()).toContain('Its contrast is 1.3 to 1, and 4.5 is needed.');
    expect(await page.getByLabel('Colour').getAttribute('aria-describedby')).toContain(
      'accent_color-fault',
    );
    expect(await colourOf(page)).toBe('rgb(255, 204, 0)');
    await press(page, 'Save');
    await page.getByText('“Colour” must be a colour such as').waitFor();
    expect(await page.getByLabel('Colour').inputValue()).toBe('#ffcc00');
    await page.getByLabel('Colour').fill('red;}');
    await press(page, 'Preview');
    await page.getByText('That is no colour').waitFor();
  });

  test('the preview says of a colour what the database does', async () => {
    const parts = ['00', '33', '5a', '66', '6f', '76', '77', '99', 'ff'];
    const colours = parts.flatMap((red) =>
      parts.flatMap((green) => parts.map((blue) => `#${red}${green}${blue}`)),
    );
    const rows = await acme.database.sql`
      select c as colour, pgrant.accent_sound(c) as sound from unnest(${colours}::text[]) c`;
    expect(rows).toHaveLength(729);
    const apart = rows.filter(({ colour, sound }) => accentOf(colour).readable !== sound);
    expect(apart).toEqual([]);
  });

  test('an identity provider is added, changed, switched off and removed; its secrets are sealed and never shown', async () => {
    const { page, complaints } = await openAt('sign-in');
    await page.locator('summary', { hasText: 'Add an identity provider' }).click();
    await page.locator('#new-name').fill('company');
    await page.locator('#new-title').fill('Company');
    await page.getByLabel('Issuer (URL)').fill('company.example');
    await page.getByLabel('Application ID').fill('pgrant');
    await page.getByLabel('Client secret').fill('hunter2-first');
    await page
      .locator('form:has(#new-name)')
      .evaluate((form) => form.setAttribute('novalidate', ''));
    await press(page, 'Add an identity provider');
    await page.getByText('“Issuer (URL)” must be').waitFor();
    expect(await page.locator('#new-title').inputValue()).toBe('Company');
    expect(await page.content()).not.toContain('hunter2');
    await page.getByLabel('Issuer (URL)').fill('https://id.company.example');
    await page.getByLabel('Client secret').fill('hunter2-first');
    await press(page, 'Add an identity provider');
    await page.getByText('It is done.').waitFor();
    const { open } = makeUpstreams({ config: loadConfig({}), secret });
    const opened = async () =>
      open(acme.tenant, 'company', (await upstream()) as StoredUpstream).upstream.secrets;
    expect(await opened()).toEqual({ client_secret: 'hunter2-first' });
    await page.getByRole('link', { name: 'company', exact: true }).click();
    await see(page, 'Company');
    expect(await page.content()).toContain(`${acme.issuer}/oauth/upstream/callback/company`);
    const choices = page.getByLabel('New people may come').getByRole('option');
    expect(await choices.allTextContents()).toEqual(['no', 'yes']);
    await page.getByLabel('Title').fill('The Company');
    await page.getByLabel('Claims and groups (JSON)').fill('{"no json');
    await press(page, 'Change it');
    await page.locator('#settings-fault', { hasText: 'settings is no JSON' }).waitFor();
    expect(await page.getByLabel('Title').inputValue()).toBe('The Company');
    await page.getByLabel('Claims and groups (JSON)').fill('{}');
    await press(page, 'Change it');
    await see(page, 'The Company');
    expect(await opened()).toEqual({ client_secret: 'hunter2-first' });
    await page.getByLabel('Client secret').fill('hunter2-second');
    await press(page, 'Change it');
    await page.getByText('It is done.').waitFor();
    expect(await opened()).toEqual({ client_secret: 'hunter2-second' });
    await press(page, 'Switch off');
    await page.getByText('suspended', { exact: true }).waitFor();
    await page.getByText('Remove the identity provider').first().click();
    await page.locator('#confirm-upstream_remove').fill('company');
    await press(page, 'Remove the identity provider');
    await see(page, 'Sign-in');
    expect(await upstream()).toBeUndefined();
    expect(complaints).toEqual([]);
    const told = await acme.database.sql`select detail::text from pgrant.audit_events`;
    expect(JSON.stringify(told)).not.toContain('hunter2');
    expect(acme.lines.join('')).not.toContain('hunter2');
  });

  test('the preview has no fault that axe finds [WCAG 2.2]', { timeout: 60_000 }, async () => {
    const { page } = await openPage(browser);
    await page.goto(`${acme.issuer}/oauth/admin/branding`);
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Password').fill(password);
    await press(page, 'Sign in');
    await page.waitForURL(`${acme.issuer}/oauth/admin/branding`);
    await page.getByLabel('Colour').fill('#2a6b1f');
    await press(page, 'Preview');
    await page.locator('.preview').waitFor();
    expect(await look(page, 'console-branding')).toEqual([]);
  });
});
