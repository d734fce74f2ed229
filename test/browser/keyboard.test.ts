// Deep pages of console and portal by the keyboard alone: every stop can be seen, and the forms are sent from there [WCAG 2.1.1, 2.4.7].
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, discover, obtainTokens, password, startAcme } from '../support/acme.ts';
import { Browser as Visitor } from '../support/browser.ts';
import { hasChromium, launch, openPage } from '../support/chromium.ts';
import { idIn, pathOf, portalOf, web } from '../support/developer.ts';

/** Where the keyboard is: what it is called, and whether a person sees that. */
const stop = `(() => {
  const it = document.activeElement;
  const style = getComputedStyle(it);
  const { top, bottom, width } = it.getBoundingClientRect();
  const ringed = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  const label = it.labels?.[0]?.innerText ?? it.getAttribute('aria-label') ?? it.innerText;
  return {
    name: it === document.body ? '' : (label ?? '').trim(),
    tag: it.tagName.toLowerCase(),
    seen: it === document.body || (ringed && width > 0 && bottom > 0 && top < innerHeight),
  };
})()`;

type Stop = { name: string; tag: string; seen: boolean };

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let browser: Browser;
  let application: string;

  beforeAll(async () => {
    acme = await startAcme();
    const { tenant, database } = acme;
    const { worker } = database;
    await call(worker, ops.admin_enable, { tenant });
    await call(worker, ops.role_assign, { tenant, role: 'pgrant.admin', username: 'ada' });
    await call(worker, ops.role_add, { tenant, role: 'grading', title: 'Grade courses' });
    await call(worker, ops.tenant_set, { tenant, settings: { developer_portal: true } });
    const hook = { tenant, name: 'hook', url: 'https://hooks.example/in' };
    await call(worker, ops.webhook_add, { ...hook, sealed_secret: Buffer.alloc(40) });
    await call(worker, ops.webhook_test, { tenant, webhook: 'hook' });
    const settings = { issuer: 'https://id.company.example', client_id: 'pgrant' };
    const sealed_secrets = Buffer.alloc(40);
    const upstream = { tenant, name: 'company', kind: 'oidc', settings, sealed_secrets };
    await call(worker, ops.upstream_add, upstream);
    application = idIn(await portalOf(acme).bring(new Visitor(), 'ada', 'web', web));
    await obtainTokens(await discover(acme, acme.web), { scope: 'openid' });
    browser = await launch();
  }, 60_000);

  afterAll(() => browser?.close());

  /** Tabs on until it is there; every stop on the way can be seen. */
  async function tabTo(page: Page, name: string, tag: string): Promise<void> {
    const passed: string[] = [];
    for (let presses = 0; presses < 150; presses += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate<Stop>(stop);
      expect([at.tag, at.name, at.seen]).toEqual([at.tag, at.name, true]);
      if (at.name === name && at.tag === tag) return;
      passed.push(`${at.tag} ${at.name}`);
    }
    throw new Error(`no way to ${tag} ${name} past ${[...new Set(passed)].join(', ')}`);
  }

  /** Signs in, which is by the keyboard as well, and comes to the page. */
  async function open(path: string): Promise<Page> {
    const { page } = await openPage(browser);
    await page.goto(`${acme.issuer}${path}`);
    await page.locator('#username:focus').waitFor();
    await page.keyboard.type('ada');
    await tabTo(page, 'Password', 'input');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname.endsWith(path));
    return page;
  }

  /** What a form is filled with: what is typed over the field of that name. */
  type Typed = [field: string, tag: 'input' | 'textarea' | 'select', keys: string][];

  /** Opens a part of the page, fills in its form and presses its button, by keys. */
  async function send(page: Page, part: string | null, typed: Typed, button: string) {
    if (part !== null) {
      await tabTo(page, part, 'summary');
      await page.keyboard.press('Enter');
    }
    for (const [field, tag, keys] of typed) {
      await tabTo(page, field, tag);
      if (tag === 'select') await page.keyboard.press(keys);
      else {
        await page.keyboard.press('Control+A');
        await page.keyboard.type(keys);
      }
    }
    await tabTo(page, button, 'button');
    await page.keyboard.press('Enter');
  }

  test.each<[path: string, part: string | null, typed: Typed, button: string]>([
    ['clients/web', 'Change it', [['Name', 'input', 'Renamed']], 'Change it'],
    ['webhooks/hook', 'Change it', [['URL', 'input', 'https://hooks.example/x']], 'Change it'],
    ['users/ada', 'Give a role', [['Role', 'select', 'ArrowDown']], 'Give a role'],
    ['roles/grading', 'Give it to somebody', [['Username', 'input', 'ada']], 'Give it to somebody'],
    ['scopes/openid', 'Change it', [['Title', 'input', 'Who you are']], 'Change it'],
    ['sign-in/company', null, [['Title', 'input', 'Company']], 'Change it'],
    ['settings/code_lifetime', null, [['Value (seconds)', 'input', '30']], 'Save'],
    ['branding', null, [['Colour', 'input', '#7a1f6b']], 'Save'],
  ])('%s of the console is changed by the keyboard alone', async (path, part, typed, button) => {
    const page = await open(`/oauth/admin/${path}`);
    await send(page, part, typed, button);
    await page.getByText('It is done.').waitFor();
    // From there as well.
    await tabTo(page, 'Sign out', 'a');
  });

  test('from the sign-in by the consent, in whose groups something is unticked, to where it is revoked, by the keyboard alone', async () => {
    const { tenant, database, native } = acme;
    const names = Array.from({ length: 14 }, (_, n) => `files:${n}`);
    for (const scope of names)
      await call(database.worker, ops.scope_add, {
        tenant,
        scope,
        title: `Folder ${scope.slice(6)}`,
      });
    await call(database.worker, ops.tenant_set, { tenant, settings: { consent_choice: true } });
    const { page, complaints } = await openPage(browser);
    await page.route('http://127.0.0.1:9/**', (route) => route.fulfill({ body: 'arrived' }));
    const parameters = new URLSearchParams({
      client_id: native.client_id,
      redirect_uri: 'http://127.0.0.1:9/callback',
      response_type: 'code',
      scope: names.join(' '),
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    await page.goto(`${acme.issuer}/oauth/authorize?${parameters}`);
    await page.locator('#username:focus').waitFor();
    await page.keyboard.type('ada');
    await tabTo(page, 'Password', 'input');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.getByText('It asks for 14 things').waitFor();
    await page.keyboard.press('Tab');
    await tabTo(page, 'files (14)\nFolder 0, Folder 1, Folder 10 …', 'summary');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Folder 3', 'input');
    await page.keyboard.press('Space');
    await tabTo(page, 'Allow', 'button');
    await page.keyboard.press('Enter');
    await page.getByText('arrived').waitFor();
    const [grant] = await database.sql`
      select scopes from pgrant.grants where client_id = ${native.client_id} and revoked_at is null`;
    expect(grant?.scopes.toSorted()).toEqual(names.filter((one) => one !== 'files:3').toSorted());
    await database.sql`update pgrant.grants set revoked_at = now() where client_id <> ${native.client_id}`;
    await page.goto(`${acme.issuer}/account`);
    await page.getByText('native').first().waitFor();
    await tabTo(page, 'Take back access', 'button');
    await page.keyboard.press('Enter');
    await page.getByText('The application has lost its access.').waitFor();
    const left = await database.sql`
      select from pgrant.grants where client_id = ${native.client_id} and revoked_at is null`;
    expect([left.length, complaints]).toEqual([0, []]);
  });

  test('an API is changed by the keyboard alone, and removed by its name', async () => {
    const resource = 'https://api.example.com';
    const page = await open('/oauth/admin/resources');
    const typed: Typed = [
      ['URI', 'input', resource],
      ['Title', 'input', 'Files'],
    ];
    await send(page, 'Add an API', typed, 'Add an API');
    await page.getByText('It is done.').waitFor();
    await tabTo(page, 'Files', 'a');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Files' }).waitFor();
    await send(
      page,
      'Remove the API',
      [[`Type ${resource} to confirm`, 'input', resource]],
      'Remove the API',
    );
    await page.getByText('It is done.').waitFor();
  });

  test('an application is changed, submitted, returned, approved and suspended by the keyboard alone', async () => {
    const page = await open(pathOf(application));
    await tabTo(page, 'Change the application', 'a');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Change the application' }).waitFor();
    await send(page, null, [['Name', 'input', 'Better notes']], 'Save');
    await page.getByRole('heading', { level: 1, name: 'Better notes' }).waitFor();
    await tabTo(page, 'Usage', 'a');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Usage' }).waitFor();
    await tabTo(page, 'Better notes', 'a');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Better notes' }).waitFor();
    await send(
      page,
      null,
      [['Message for the review', 'textarea', 'Please.']],
      'Submit for review',
    );
    await page.getByText('In review').first().waitFor();
    const message = 'Message for the developer';
    for (const [part, said] of [
      ['Return to the developer', 'It was returned'],
      ['Approve', 'It was approved'],
      ['Suspend', 'It was suspended'],
    ] as const) {
      if (part === 'Approve') {
        await page.goto(`${acme.issuer}${pathOf(application)}`);
        await send(
          page,
          null,
          [['Message for the review', 'textarea', 'Again.']],
          'Submit for review',
        );
        await page.getByText('In review').first().waitFor();
      }
      await page.goto(`${acme.issuer}/oauth/admin/developers/${application}`);
      await send(page, part, [[message, 'textarea', 'So be it.']], part);
      await page.getByText('It is done.').waitFor();
      await page.getByText(said).first().waitFor();
    }
    await page.goto(`${acme.issuer}${pathOf(application)}`);
    await page.getByText('Suspended').first().waitFor();
  });
});
