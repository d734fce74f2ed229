// The console of a tenant in Chromium: journeys of an admin, with and without JavaScript, and each page as it looks.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { consolePages } from '../../src/endpoints/console/console-pages.ts';
import { developerRoutes } from '../../src/endpoints/developer/routes.ts';
import {
  type Acme,
  discover,
  obtainTokens,
  password,
  redirect_uri,
  startAcme,
} from '../support/acme.ts';
import { hasChromium, launch, openPage, press } from '../support/chromium.ts';
import { addClient, addTenant, addUser } from '../support/issuer.ts';
import { look } from '../support/look.ts';

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let browser: Browser;

  beforeAll(async () => {
    acme = await startAcme();
    const { tenant, database } = acme;
    const { worker } = database;
    await call(worker, ops.admin_enable, { tenant });
    await call(worker, ops.role_assign, { tenant, role: 'pgrant.admin', username: 'ada' });
    await addUser(database, tenant, 'bob', password);
    await addUser(database, tenant, 'eve', password);
    await call(worker, ops.role_assign, { tenant, role: 'pgrant.admin.read', username: 'eve' });
    await call(worker, ops.scope_add, {
      tenant,
      scope: 'notes',
      title: 'Read your notes',
      description: 'All of them.',
      sensitive: true,
    });
    await obtainTokens(await discover(acme, acme.web), { scope: 'openid notes' });
    await database.sql`
      insert into pgrant.developer_clients (tenant_id, client_id, developer_id, submitted_at)
      select u.tenant_id, 'web', u.user_id, now() from pgrant.users u where u.username = 'ada'`;
    const hook = {
      tenant,
      name: 'hook',
      url: 'https://hooks.example/in',
      sealed_secret: Buffer.alloc(40),
    };
    await call(worker, ops.webhook_add, hook);
    await call(worker, ops.webhook_test, { tenant, webhook: 'hook' });
    await call(worker, ops.upstream_add, {
      tenant,
      name: 'hook',
      kind: 'oidc',
      settings: { issuer: 'https://id.company.example', client_id: 'pgrant' },
      sealed_secrets: Buffer.alloc(40),
    });
    browser = await launch();
  });

  afterAll(() => browser?.close());

  /** Opens the console as this person, who signs in. */
  async function signIn(page: Page, username: string) {
    await page.goto(`${acme.issuer}/admin`);
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Password').fill(password);
    await press(page, 'Sign in');
    // The console, or that there is none for them.
    await page.waitForURL(`${acme.issuer}/oauth/admin/**`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  }

  test('a plain person finds nothing, at no page of it, by no form', async () => {
    const { page } = await openPage(browser);
    await signIn(page, 'bob');
    await page.getByRole('heading', { level: 1, name: 'Not found' }).waitFor();
    for (const { path } of consolePages) {
      const at = `${acme.issuer}/oauth/admin/${path.replace(/:\w+/, 'web')}`;
      expect([path, (await page.goto(at))?.status()]).toEqual([path, 404]);
    }
    const answer = await page.request.post(`${acme.issuer}/oauth/admin/clients`, {
      form: { operation: 'client_add', name: 'Mine' },
    });
    expect(answer.status()).toBe(404);
  });

  test('what a path names that is unknown, another tenant’s or no text is not found, at each page of console and portal', async () => {
    const { tenant, issuer, database } = acme;
    const other = await addTenant(database, acme.origin, 'other');
    await addClient(database, other.tenant, 'theirs', { grant_types: ['client_credentials'] });
    await addUser(database, other.tenant, 'theirs', password);
    const scope = { tenant: other.tenant, scope: 'theirs', title: 'Theirs' };
    await call(database.worker, ops.scope_add, scope);
    await call(database.worker, ops.tenant_set, { tenant, settings: { developer_portal: true } });
    const { page } = await openPage(browser);
    await signIn(page, 'ada');
    const shown = developerRoutes.filter(
      ([methods, path]) => methods[0] === 'GET' && !/again$/.test(path),
    );
    const paths = [
      ...consolePages.map(({ path }) => `/oauth/admin/${path}`),
      ...shown.map(([, path]) => path),
    ];
    const headers = { accept: 'text/html' };
    for (const path of paths.filter((path) => path.includes(':'))) {
      for (const name of ['theirs', '%00', '%FF']) {
        const at = path.replace(/:\w+/, name);
        const answer = await page.request.get(issuer + at, { headers });
        expect([at, answer.status()]).toEqual([at, 404]);
        expect(await answer.text()).toContain('There is nothing here.');
      }
    }
    const nowhere = await page.request.get(`${issuer}/oauth/admin/users/ada?after=x`, { headers });
    expect(nowhere.status()).toBe(400);
  });

  test.each([true, false])(
    'an admin adds an application, changes, suspends and removes it; JavaScript: %s',
    async (javaScriptEnabled) => {
      const { page, complaints } = await openPage(browser, { javaScriptEnabled });
      await signIn(page, 'ada');
      await page.getByText('Add an application').first().click();
      await page.locator('#new-name').fill('<b>Reports</b>');
      await page.getByLabel('Redirect URIs').fill('http://evil.example/cb');
      await press(page, 'Add an application');
      // What was typed is kept, and said what is wrong with it.
      await page.getByText('“Redirect URIs” must be').waitFor();
      expect(await page.locator('#new-name').inputValue()).toBe('<b>Reports</b>');
      await page.getByLabel('Redirect URIs').fill('https://reports.example/cb');
      await press(page, 'Add an application');
      expect(await page.locator('code.secret').textContent()).toMatch(/^pgrant_cs_/);
      await page.getByRole('link', { name: 'Back' }).click();
      await page.getByRole('heading', { level: 1, name: '<b>Reports</b>' }).waitFor();
      await page.getByText('Change it').first().click();
      await page.getByLabel('Logo (URL)').fill('https://reports.example/logo.png');
      await press(page, 'Change it');
      await page.getByText('It is done.').waitFor();
      await page.getByText('https://reports.example/logo.png').first().waitFor();
      // What it may ask for: a list, or everything where that is empty.
      const scopes = page.locator('dl.facts div').filter({ hasText: 'Scopes' }).locator('dd');
      expect(await scopes.textContent()).toBe('all of them');
      for (const [typed, shown] of [
        ['openid notes', 'openid notes'],
        ['', 'all of them'],
      ] as const) {
        await page.getByText('Change it').first().click();
        await page.locator('#set-scopes').fill(typed);
        await press(page, 'Change it');
        await page.getByText('It is done.').waitFor();
        expect(await scopes.textContent()).toBe(shown);
      }
      await press(page, 'Suspend');
      await page.getByText('suspended', { exact: true }).waitFor();
      await page.getByText('It is done.').waitFor();
      const [event] = await acme.database.sql`
        select actor, request_id, address from pgrant.audit_events where action = 'client.disable' order by at desc limit 1`;
      expect(event).toMatchObject({
        actor: { user_id: expect.any(String), session_id: expect.any(String) },
        request_id: expect.any(String),
      });
      const client_id = (await page.locator('dl.facts dd').first().textContent())?.trim() ?? '';
      await page.getByText('Remove the application').first().click();
      await page.locator('#confirm-client_remove').fill('something else');
      await press(page, 'Remove the application');
      await page.getByText('That is not the name').waitFor();
      await page.locator('#confirm-client_remove').fill(client_id);
      await press(page, 'Remove the application');
      await page.getByRole('heading', { level: 1, name: 'Applications' }).waitFor();
      expect(await page.content()).not.toContain(client_id);
      expect(complaints).toEqual([]);
    },
  );

  test('an admin adds an application that acts for itself, without a redirect URI [RFC 6749 4.4]', async () => {
    const { page } = await openPage(browser);
    await signIn(page, 'ada');
    await page.getByText('Add an application').first().click();
    await page.locator('#new-name').fill('Nightly');
    await page.getByLabel('Whom it acts for').selectOption('client_credentials');
    await press(page, 'Add an application');
    const secret = (await page.locator('code.secret').textContent()) ?? '';
    await page.getByRole('link', { name: 'Back' }).click();
    const client_id = (await page.locator('dl.facts dd').first().textContent())?.trim() ?? '';
    const basic = Buffer.from(`${client_id}:${secret}`).toString('base64');
    const answer = await page.request.post(`${acme.issuer}/oauth/token`, {
      headers: { authorization: `Basic ${basic}` },
      form: { grant_type: 'client_credentials', scope: 'notes' },
    });
    expect([answer.status(), await answer.json()]).toEqual([
      200,
      expect.objectContaining({ scope: 'notes' }),
    ]);
  });

  test.each([true, false])(
    'an admin changes the words of a scope, a webhook, a person and their group; JavaScript: %s',
    async (javaScriptEnabled) => {
      const { page, complaints } = await openPage(browser, { javaScriptEnabled });
      await signIn(page, 'ada');
      const at = (path: string) => page.goto(`${acme.issuer}/oauth/admin/${path}`);
      const change = async (label: string, fields: Record<string, string>) => {
        const part = page.locator('details').filter({ hasText: label }).first();
        await part.locator('summary').first().click();
        for (const [id, text] of Object.entries(fields)) await part.locator(`#${id}`).fill(text);
        await part.getByRole('button').click();
        await page.getByText('It is done.').waitFor();
      };

      await at('scopes');
      await page.getByRole('link', { name: 'notes', exact: true }).click();
      await change('Change it', { 'set-title': 'Read notes', 'title-de': 'Notizen lesen' });
      await page.locator('.scopes').getByText('Read notes').waitFor();
      const scope = acme.database.sql`
        select s.for_developers, t.title from pgrant.scopes s
          join pgrant.scope_texts t using (tenant_id, scope) where s.scope = 'notes'`;
      expect(await scope).toEqual([{ for_developers: null, title: 'Notizen lesen' }]);

      await at('webhooks/hook');
      await change('Change it', { 'set-event_types': 'grant.created\nuser.removed' });
      const events = page.locator('dl.facts div').filter({ hasText: 'Events' }).locator('dd');
      expect(await events.textContent()).toBe('grant.created user.removed');
      await change('Change it', { 'set-event_types': '' });
      expect(await events.textContent()).toBe('all of them');

      await at('roles');
      await change('Add a group', {
        'set-group': 'staff',
        'group-title': 'Staff',
        roles: 'pgrant.admin.read',
      });
      await at('users/bob');
      await change('Change it', { name: 'Bob', email: 'bob@example.com' });
      await page.getByText('email: bob@example.com').waitFor();
      await change('Change it', { name: 'Bob', email: '' });
      expect(await page.getByText('email: bob@example.com').count()).toBe(0);
      await change('Add to a group', {});
      await page.getByRole('cell', { name: 'staff' }).waitFor();
      await change('Take out of a group', {});
      expect(await page.getByRole('cell', { name: 'staff' }).count()).toBe(0);
      expect(complaints).toEqual([]);
    },
  );

  test('a role leads to who has it, directly or by a group, and is given and taken there', async () => {
    const { page, complaints } = await openPage(browser, { javaScriptEnabled: false });
    const { tenant, database } = acme;
    const { worker } = database;
    await call(worker, ops.role_add, { tenant, role: 'grading', title: 'Grade courses' });
    await call(worker, ops.group_set, {
      tenant,
      group: 'tutors',
      title: 'Tutors',
      roles: ['grading'],
    });
    await call(worker, ops.group_member, {
      tenant,
      group: 'tutors',
      username: 'bob',
      member: true,
    });
    await signIn(page, 'ada');
    await page.getByRole('link', { name: 'Roles and groups' }).click();
    await page.getByRole('link', { name: 'grading', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Grade courses' }).waitFor();
    const row = (name: string) => page.getByRole('row').filter({ hasText: name });
    await row('bob').getByText('tutors').waitFor();
    // Who has it by a group alone loses it with the group.
    expect(await row('bob').getByRole('button').count()).toBe(0);
    await page.locator('summary', { hasText: 'Give it to somebody' }).click();
    await page.getByLabel('Username').fill('eve');
    await press(page, 'Give it to somebody');
    await row('eve').waitFor();
    await row('eve').getByRole('button', { name: 'Take away' }).click();
    await page.getByText('It is done.').waitFor();
    expect(await row('eve').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('an admin registers an API, changes and removes it, without JavaScript [RFC 8707]', async () => {
    const { page, complaints } = await openPage(browser, { javaScriptEnabled: false });
    await signIn(page, 'ada');
    await page.getByRole('link', { name: 'APIs', exact: true }).click();
    const open = (label: string) => page.locator('summary', { hasText: label }).click();
    await open('Add an API');
    await page.locator('#new-resource').fill('https://API.example.com/files?v=1&w=%2F');
    await page.locator('#title').fill('Your files');
    await page.locator('#scopes').fill('nothing');
    await press(page, 'Add an API');
    await page.getByText('the tenant has no scope nothing').waitFor();
    expect(await page.locator('#title').inputValue()).toBe('Your files');
    await page.locator('#scopes').fill('notes');
    await page.locator('#access_token_format').selectOption('opaque');
    await press(page, 'Add an API');
    await page.getByText('It is done.').waitFor();
    await page.getByRole('link', { name: 'Your files' }).click();
    await page.getByRole('heading', { level: 1, name: 'Your files' }).waitFor();
    const fact = (name: string) =>
      page.locator('dl.facts div').filter({ hasText: name }).locator('dd').textContent();
    expect(await fact('Format of access tokens')).toBe('opaque');
    await open('Change it');
    expect(await page.locator('#scopes').inputValue()).toBe('notes');
    await page.locator('#access_token_claims').fill('{"who": "{preferred_username}"}');
    await page.locator('#access_token_lifetime').fill('300');
    await press(page, 'Change it');
    await page.getByText('It is done.').waitFor();
    expect(await fact('Claims of access tokens')).toBe('who: {preferred_username}');
    expect(await fact('Format of access tokens')).toBe('opaque');
    const uri = 'https://api.example.com/files?v=1&w=%2F';
    await open('Remove the API');
    await page.locator('#confirm-resource_remove').fill(uri);
    await press(page, 'Remove the API');
    await page.getByText('It is done.').waitFor();
    expect(await page.getByText('Your files').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('what applications asked for in vain is shown to whoever can give it, with why', async () => {
    const { page } = await openPage(browser);
    const asked = new URL(`${acme.issuer}/oauth/authorize`);
    asked.search = String(
      new URLSearchParams({
        client_id: 'web',
        response_type: 'code',
        redirect_uri,
        scope: 'openid webhook',
        code_challenge_method: 'S256',
        code_challenge: 'A'.repeat(43),
      }),
    );
    const refused = await page.request.get(String(asked), { maxRedirects: 0 });
    expect(refused.headers().location).toContain('error=invalid_scope');
    await signIn(page, 'ada');
    await page.goto(`${acme.issuer}/oauth/admin/scopes`);
    const row = page.getByRole('row').filter({ hasText: 'webhook' });
    await row.getByText('There is no such scope here.').waitFor();
    await row.getByRole('link').click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toMatch(/\/clients\/web$/);
  });

  test('a name of 250 wide characters has three lines in a list, whose title says all of it', async () => {
    const { page } = await openPage(browser, { width: 360 });
    const { sql } = acme.database;
    const [client] = await sql`select name from pgrant.clients where client_id = 'web'`;
    await sql`update pgrant.clients set name = repeat('W', 250) where client_id = 'web'`;
    await signIn(page, 'ada');
    const name = page.locator('.short', { hasText: 'WWW' });
    expect((await name.boundingBox())?.height).toBeLessThan(90);
    expect(await name.getAttribute('title')).toBe('W'.repeat(250));
    await sql`update pgrant.clients set name = ${client?.name} where client_id = 'web'`;
  });

  test('what is more than fits a page goes on at the next, once each, and a revocation leads back to where it was', async () => {
    const { page } = await openPage(browser);
    const { sql } = acme.database;
    await sql`
      insert into pgrant.clients (tenant_id, client_id, name, token_endpoint_auth_method, grant_types)
      select tenant_id, 'many-' || i, 'Many ' || i, 'none', '{}' from pgrant.tenants, generate_series(1, 101) i`;
    await sql`
      insert into pgrant.grants (tenant_id, user_id, client_id, scopes, consent_expires_at, expires_at)
      select u.tenant_id, u.user_id, 'many-' || i, '{openid}', now() + interval '1 day', now() + interval '1 day'
        from pgrant.users u, generate_series(1, 101) i where u.username = 'eve'`;
    await signIn(page, 'ada');
    await page.goto(`${acme.issuer}/oauth/admin/users/eve`);
    const shown = async () =>
      (await page.locator('td[data-label="Application ID"]').allTextContents()).filter((id) =>
        id.startsWith('many-'),
      );
    const first = await shown();
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.getByRole('link', { name: 'First page' }).waitFor();
    const second = await shown();
    await page.getByRole('button', { name: 'Revoke' }).first().click();
    await page.getByText('It is done.').waitFor();
    expect(await shown()).toHaveLength(50);
    expect(await shown()).not.toContain(second[0]);
    // 101 - 1 revoked: the last page is full, and there is none behind it.
    expect(await page.getByRole('link', { name: 'Next page' }).count()).toBe(0);
    expect(new Set([...first, ...second, ...(await shown())]).size).toBe(101);
    await page.getByRole('link', { name: 'First page' }).click();
    await page.getByRole('link', { name: 'Next page' }).waitFor();
    expect(await shown()).toEqual(first);
    await sql`delete from pgrant.clients where client_id like 'many-%'`;
  });

  test('what cannot be taken back wants a sign-in that is not long ago', async () => {
    const { page } = await openPage(browser);
    await signIn(page, 'ada');
    await acme.database.sql`update pgrant.sessions set auth_time = auth_time - interval '1 hour'`;
    await page.goto(`${acme.issuer}/oauth/admin/keys`);
    await page.getByText('Rotate now').first().click();
    await press(page, 'Rotate now');
    await page.getByLabel('Password').fill(password);
    await press(page, 'Sign in');
    await page.getByRole('heading', { level: 1, name: 'Signing keys' }).waitFor();
    await page.getByText('Rotate now').first().click();
    await press(page, 'Rotate now');
    await page.getByText('It is done.').waitFor();
  });

  test('what gives power that lasts wants one too, and nothing that was typed is lost', async () => {
    const { page } = await openPage(browser);
    await signIn(page, 'ada');
    await page.goto(`${acme.issuer}/oauth/admin/clients`);
    await page.getByText('Add an application').first().click();
    await page.locator('#new-name').fill('Late');
    await page.locator('[name=redirect_uris]').fill('https://late.example/cb');
    await acme.database.sql`update pgrant.sessions set auth_time = auth_time - interval '1 hour'`;
    await press(page, 'Add an application');
    await page.getByRole('heading', { level: 1, name: 'Sign in again' }).waitFor();
    expect(await look(page, 'console-sign-in-again')).toEqual([]);
    await press(page, 'Go on');
    await page.getByRole('heading', { level: 1, name: 'Sign in again' }).waitFor();
    const [other] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('link', { name: 'Sign in in another tab' }).click(),
    ]);
    await other.getByLabel('Password').fill(password);
    await press(other, 'Sign in');
    await other.getByRole('heading', { level: 1, name: 'Applications' }).waitFor();
    await press(page, 'Go on');
    await page.getByText('You have signed in again since').waitFor();
    expect(await page.locator('[name=redirect_uris]').inputValue()).toBe('https://late.example/cb');
    await press(page, 'Add an application');
    await page.getByText('It is not shown again').waitFor();
  });

  test('a session that ends in the middle of a form loses nothing that was typed', async () => {
    const { page } = await openPage(browser);
    await signIn(page, 'ada');
    await page.goto(`${acme.issuer}/oauth/admin/roles`);
    await page.getByText('Add a role').first().click();
    await page.locator('#new-role').fill('billing');
    await page.locator('#new-title').fill('Pay invoices');
    await acme.database.sql`update pgrant.sessions set ended_at = now() where ended_at is null`;
    await press(page, 'Add a role');
    await page.getByRole('heading', { level: 1, name: 'You are not signed in any more' }).waitFor();
    const other = await page.context().newPage();
    await signIn(other, 'ada');
    await press(page, 'Go on');
    await page.getByText('You have signed in again since').waitFor();
    expect(await page.locator('#new-title').inputValue()).toBe('Pay invoices');
    await press(page, 'Add a role');
    await page.getByText('It is done.').waitFor();
    await page.getByText('Pay invoices').first().waitFor();
  });

  test('who may only see is shown no form, and can send none', async () => {
    const { page } = await openPage(browser);
    await signIn(page, 'eve');
    await page.getByText('You may see everything here').waitFor();
    expect(await page.locator('form[method=post]').count()).toBe(0);
  });

  test('a date that is none is said on the page that asks for it, and what else was asked for is kept', async () => {
    const { page } = await openPage(browser);
    await signIn(page, 'ada');
    for (const [path, name, value] of [
      ['audit?since=2026-13-45&username=ada', '“From” is no date.', 'ada'],
      ['access?what=openid&at=nonsense&username=ada', '“When” is no date.', 'ada'],
      ['audit?username=nobody', 'There is no user nobody.', 'nobody'],
    ] as const) {
      const answer = await page.goto(`${acme.issuer}/oauth/admin/${path}`);
      expect([path, answer?.status()]).toEqual([path, path.includes('nobody') ? 200 : 400]);
      await page.getByRole('alert').getByText(name).waitFor();
      expect(await page.getByLabel('Username').inputValue()).toBe(value);
      expect(await page.getByText('Nothing was found.').count()).toBe(
        path.startsWith('audit') ? 1 : 0,
      );
    }
  });

  test('the audit comes as CSV, and nothing in it is a formula', async () => {
    const { page } = await openPage(browser);
    await signIn(page, 'ada');
    const unstorable = await page.request.get(`${acme.issuer}/oauth/admin/audit.csv?action=%00`);
    expect(unstorable.status()).toBe(400);
    expect(await unstorable.text()).toContain('NUL');
    const answer = await page.request.get(`${acme.issuer}/oauth/admin/audit.csv?action=session`);
    expect(answer.headers()['content-type']).toContain('text/csv');
    const [head, first] = (await answer.text()).split('\r\n');
    expect(head).toMatch(/^at,action,error/);
    expect(first).toContain('"session.');
  });

  test('no page has a fault that axe finds, in either theme, or is wider than a phone [WCAG 2.2]', {
    timeout: 240_000,
  }, async () => {
    const { tenant, database } = acme;
    const long = { tenant, role: 'r'.repeat(100), title: 'T'.repeat(100) };
    await call(database.worker, ops.role_add, long);
    const many = {
      tenant,
      group: 'g'.repeat(60),
      title: 'G'.repeat(100),
      roles: [long.role, 'grading'],
    };
    await call(database.worker, ops.group_set, many);
    const { page, complaints } = await openPage(browser);
    await signIn(page, 'ada');
    for (const { path } of consolePages) {
      const at = path
        .replace(':client_id', 'web')
        .replace(':username', 'ada')
        .replace(':name', 'hook')
        .replace(':setting', 'code_lifetime')
        .replace(':scope', 'notes')
        .replace(':role', 'pgrant.admin')
        .replace(':group', 'g'.repeat(60))
        .replace(':resource', encodeURIComponent(`${acme.issuer}/api/v1`));
      expect([at, (await page.goto(`${acme.issuer}/oauth/admin/${at}`))?.status()]).toEqual([
        at,
        200,
      ]);
      expect(await look(page, `console-${path.replaceAll(/\W+/g, '-')}`)).toEqual([]);
    }
    expect(complaints).toEqual([]);
  });
});
