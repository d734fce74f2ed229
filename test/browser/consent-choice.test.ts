// People allow less than a client asks for, where their tenant lets them: consent_choice.
import * as client from 'openid-client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, insecure, password, startAcme } from '../support/acme.ts';
import { hasChromium, launch, openPage, press } from '../support/chromium.ts';
import { look } from '../support/look.ts';

const redirect_uri = 'http://127.0.0.1:9/callback';

const named = (prefix: string, count: number, title: string, sensitive = false) =>
  Array.from({ length: count }, (_, n) => ({
    scope: `${prefix}${n}`,
    title: `${title} ${n}`,
    description: sensitive ? 'Let people in, and shut them out.' : '',
    sensitive,
  }));

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let browser: Browser;
  let config: client.Configuration;

  const choose = (consent_choice: boolean) =>
    call(acme.database.worker, ops.tenant_set, {
      tenant: acme.tenant,
      settings: { consent_choice },
    });

  beforeAll(async () => {
    acme = await startAcme();
    const { worker } = acme.database;
    const { tenant } = acme;
    for (const [scope, title] of [
      ['read', 'Read your notes'],
      ['write', 'Change your notes'],
    ] as const) {
      await call(worker, ops.scope_add, {
        tenant,
        scope,
        title,
        description: '',
        sensitive: false,
      });
    }
    const { client_id } = acme.native;
    config = await client.discovery(
      new URL(acme.issuer),
      client_id,
      undefined,
      client.None(),
      insecure,
    );
    browser = await launch();
  });
  beforeEach(async () => {
    await choose(true);
    await acme.database.sql`delete from pgrant.grants`;
  });
  afterAll(() => browser?.close());

  /** Comes to the page of consent, and gives what the decision then leads to. */
  async function asked(page: Page, scope = 'openid read write') {
    const verifier = client.randomPKCECodeVerifier();
    const parameters = {
      redirect_uri,
      scope,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    await page.route('http://127.0.0.1:9/**', (route) => route.fulfill({ body: 'arrived' }));
    await page.goto(client.buildAuthorizationUrl(config, parameters).href);
    if (await page.locator('#username').isVisible()) {
      await page.locator('#username').fill('ada');
      await page.locator('#password').fill(password);
      await press(page, 'Sign in');
    }
    return async (decision: string) => {
      await press(page, decision);
      await page.getByText('arrived').waitFor();
      return client.authorizationCodeGrant(config, new URL(page.url()), {
        pkceCodeVerifier: verifier,
      });
    };
  }

  test.each([true, false])(
    'a client gets what was left ticked, and is told so; JavaScript: %s [RFC 6749 3.3, 5.1]',
    async (javaScriptEnabled) => {
      const { page, complaints } = await openPage(browser, { javaScriptEnabled });
      const decide = await asked(page);
      await page.getByLabel('Change your notes').uncheck();
      expect(await page.getByRole('checkbox').count()).toBe(2);
      const tokens = await decide('Allow');
      expect(tokens.scope?.split(' ').toSorted()).toEqual(['openid', 'read']);
      const grants = await acme.database
        .sql`select scopes from pgrant.grants where revoked_at is null`;
      expect([...grants]).toEqual([{ scopes: ['openid', 'read'] }]);
      // Asked for again it can be chosen again; what was allowed is taken back where consents are.
      await asked(page);
      expect(await page.getByRole('checkbox').count()).toBe(1);
      expect(complaints).toEqual([]);
    },
  );

  /** Two hundred scopes: three of them sensitive, the others in three groups. */
  const many = [
    ...named('admin:', 3, 'Change who has access to the school', true),
    ...named('files:', 60, 'Delete the files of folder'),
    ...named('calendar.', 60, 'See the appointments of room'),
    ...named('mail/', 77, 'Send messages to course'),
  ];

  test.each([true, false])(
    'of two hundred what is sensitive or new is in sight, the others are in groups, and can be unticked there; JavaScript: %s',
    async (javaScriptEnabled) => {
      const { tenant, database } = acme;
      for (const scope of javaScriptEnabled ? many : [])
        await call(database.worker, ops.scope_add, { tenant, ...scope });
      const { page, complaints } = await openPage(browser, { javaScriptEnabled });
      const faults: string[] = [];
      const see = async (name: string) =>
        javaScriptEnabled && faults.push(...(await look(page, name)));
      const inSight = () =>
        page
          .getByRole('checkbox')
          .evaluateAll((all) => all.map((one) => one.getAttribute('value')));
      const names = many.map(({ scope }) => scope);
      const [first, later] = [names.slice(0, 180), names.slice(180)];
      const decide = await asked(page, first.join(' '));
      expect(await inSight()).toEqual(['admin:0', 'admin:1', 'admin:2']);
      await see('consent-many');
      await page.getByText('files (60)').click();
      await page.getByLabel('Delete the files of folder 7', { exact: true }).uncheck();
      await see('consent-many-open');
      const tokens = await decide('Allow');
      const allowed = first.filter((name) => name !== 'files:7');
      expect(tokens.scope?.split(' ').toSorted()).toEqual(allowed.toSorted());
      await page.goto(`${acme.issuer}/oauth/account`);
      expect(await page.getByText('Change who has access to the school 0').isVisible()).toBe(false);
      await see('account-many');
      await page.getByText('What it may do (179)').click();
      await page.getByText('Change who has access to the school 0').waitFor();
      await asked(page, names.join(' '));
      expect((await inSight()).toSorted()).toEqual(['files:7', ...later].toSorted());
      await see('consent-many-more');
      expect([faults, complaints]).toEqual([[], []]);
    },
    60_000,
  );

  test('nothing that is ticked is as good as Cancel', async () => {
    const { page } = await openPage(browser);
    const decide = await asked(page, 'read write');
    for (const box of await page.getByRole('checkbox').all()) await box.uncheck();
    await expect(decide('Allow')).rejects.toMatchObject({ error: 'access_denied' });
  });

  test('who has chosen where the tenant leaves no choice any more is asked again', async () => {
    const { page } = await openPage(browser);
    const decide = await asked(page);
    await page.getByLabel('Change your notes').uncheck();
    await choose(false);
    await press(page, 'Allow');
    await page.getByText('Change your notes').waitFor();
    expect(await page.getByRole('checkbox').count()).toBe(0);
    const tokens = await decide('Allow');
    expect(tokens.scope?.split(' ').toSorted()).toEqual(['openid', 'read', 'write']);
  });
});
