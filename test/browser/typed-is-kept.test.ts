// Each form of console and portal, sent when the session it is of has ended, or began too long ago: nothing that was typed is lost.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { adminOperations } from '../../src/endpoints/admin-api/admin-operation.ts';
import { secretFields } from '../../src/endpoints/console/console-form.ts';
import { consolePages } from '../../src/endpoints/console/console-pages.ts';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { hasChromium, launch, openPage, press } from '../support/chromium.ts';

type Field = { name: string; kind: string; value: string };
type Form = { action: string; fields: Field[] };

/** The forms of a page that change something, with something typed wherever one can type. */
const formsOf = `[...document.querySelectorAll('form[method=post]')].map((form) => ({
  action: new URL(form.getAttribute('action'), location.href).href,
  fields: [...form.elements].filter(({ name }) => name).map((one, at) => ({
    name: one.name,
    kind: one.type,
    value: ['hidden', 'submit'].includes(one.type) ? one.value
      : one.tagName === 'SELECT' ? [...one.options].at(-1)?.value ?? ''
      : one.type === 'checkbox' ? one.value
      : ['settings', 'access_token_claims'].includes(one.name) ? '{"typed":' + at + '}'
      : one.type === 'number' ? '77' : one.type === 'url' ? 'https://typed.example/' + at
      : one.type === 'email' ? 'typed' + at + '@example.com' : 'typed-' + at,
  })),
}))`;

/** What the form of the page has in its fields that is the one that was sent. */
const shownIn = ({ fields }: Form) => {
  const marks = fields.filter(({ name }) => name === 'operation' || name === 'action');
  return `(() => {
    const marks = ${JSON.stringify(marks.map(({ name, value }) => [name, value]))};
    const names = ${JSON.stringify(fields.map(({ name }) => name).filter((name) => name !== 'csrf'))};
    const form = [...document.querySelectorAll('form[method=post]')].find(({ elements }) =>
      marks.every(([name, value]) => elements[name]?.value === value) && names.every((name) => elements[name]));
    return [...(form?.elements ?? [])].filter(({ name, type, checked }) => name && (type !== 'checkbox' || checked))
      .map(({ name, value }) => [name, value]);
  })()`;
};

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let browser: Browser;
  const paths: string[] = [];

  beforeAll(async () => {
    acme = await startAcme();
    const { tenant, database } = acme;
    const { worker } = database;
    const { admin_enable: resource } = await call(worker, ops.admin_enable, { tenant });
    await call(worker, ops.role_assign, { tenant, role: 'pgrant.admin', username: 'ada' });
    await call(worker, ops.tenant_set, { tenant, settings: { developer_portal: true } });
    await call(worker, ops.scope_add, { tenant, scope: 'notes', title: 'Notes' });
    const roles = ['pgrant.admin.read'];
    for (const group of ['staff', 'team']) {
      await call(worker, ops.group_set, { tenant, group, title: group, roles });
    }
    await call(worker, ops.webhook_add, {
      tenant,
      name: 'hook',
      url: 'https://hooks.example/in',
      sealed_secret: Buffer.alloc(40),
    });
    await call(worker, ops.upstream_add, {
      tenant,
      name: 'hook',
      kind: 'oidc',
      settings: { issuer: 'https://id.company.example', client_id: 'pgrant' },
      sealed_secrets: Buffer.alloc(40),
    });
    await database.sql`
      insert into pgrant.developer_clients (tenant_id, client_id, developer_id, submitted_at)
      select u.tenant_id, 'web', u.user_id, now() from pgrant.users u where u.username = 'ada'`;
    const named: Record<string, string> = {
      ':client_id': 'web',
      ':name': 'hook',
      ':username': 'ada',
      ':role': 'pgrant.admin.read',
      ':group': 'staff',
      ':scope': 'notes',
      ':resource': encodeURIComponent(resource),
      ':setting': 'title',
    };
    const at = (path: string) => path.replace(/:\w+/, (name) => named[name] ?? name);
    paths.push(...consolePages.map(({ path }) => `/oauth/admin/${at(path)}`));
    for (const kind of ['web', 'native', 'machine']) {
      paths.push(`/oauth/developer/new?kind=${kind}`);
    }
    browser = await launch();
  });

  afterAll(() => browser?.close());

  async function signIn(page: Page) {
    await page.goto(`${acme.issuer}/oauth/account`);
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Password').fill(password);
    await press(page, 'Sign in');
    await page.waitForURL('**/account');
  }

  test('each field comes back, but what is secret', { timeout: 180_000 }, async () => {
    const { page } = await openPage(browser);
    await signIn(page);
    await page.goto(`${acme.issuer}/oauth/developer/new?kind=web`);
    await page.getByLabel('Name', { exact: true }).fill('Brought');
    await page.getByLabel('Redirect URIs', { exact: true }).fill('https://brought.example/cb');
    await press(page, 'Create the draft');
    await page.locator('a[href*="/oauth/developer/applications/"]').first().waitFor();
    const link = page.locator('a[href*="/oauth/developer/applications/"]').first();
    const brought = String(await link.getAttribute('href')).replace(/^\/acme/, '');
    paths.push(brought, `${brought}/edit`);
    const forms: (Form & { at: string })[] = [];
    for (const path of paths) {
      const answer = await page.goto(acme.issuer + path);
      expect([path, answer?.status()]).toEqual([path, 200]);
      const found = await page.evaluate<Form[]>(formsOf);
      forms.push(...found.map((form) => ({ ...form, at: path })));
    }
    expect(forms.length).toBeGreaterThan(40);
    const headers = { accept: 'text/html', origin: acme.origin };
    const send = async ({ action, fields }: Form) => {
      const body = new URLSearchParams();
      for (const { name, value } of fields) body.append(name, value);
      const answer = await page.request.post(action, {
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        data: body.toString(),
        maxRedirects: 0,
      });
      await page.setContent(await answer.text());
      return answer.status();
    };
    const operationOf = ({ fields }: Form) =>
      fields.find(({ name }) => name === 'operation')?.value ?? '';
    const typedIn = ({ fields }: Form) =>
      fields
        .filter(({ name }) => name !== 'csrf' && !secretFields.includes(name))
        .map(({ name, value }) => [name, value.replaceAll('\r\n', '\n')]);

    // A session after this one: the form is shown again.
    const lost: unknown[] = [];
    for (const form of forms) {
      const fields = form.fields.map((one) => (one.name === 'csrf' ? { ...one, value: 'x' } : one));
      const status = await send({ ...form, fields });
      const shown = JSON.stringify(await page.evaluate(shownIn(form)));
      const missing = typedIn(form).filter((one) => !shown.includes(JSON.stringify(one)));
      if (missing.length > 0) lost.push([form.at, operationOf(form), status, missing]);
    }
    expect(lost).toEqual([]);

    const sendInVain = async (form: Form & { at: string }) => {
      const status = await send(form);
      const at = [form.at, operationOf(form)];
      expect([...at, status]).toEqual([...at, 401]);
      const kept = await page.evaluate(
        `[...document.forms[0].elements].filter(({ name }) => name).map(({ name, value }) => [name, value])`,
      );
      expect([...at, kept]).toEqual([...at, expect.arrayContaining(typedIn(form))]);
      const typed = new Map(form.fields.map(({ name, value }) => [name, value]));
      for (const name of secretFields) {
        if (typed.has(name)) expect(JSON.stringify(kept)).not.toContain(`"${name}"`);
      }
      return JSON.stringify(kept);
    };

    // A sign-in that is too long ago: what was typed is kept until the person has signed in again.
    await acme.database.sql`update pgrant.sessions set auth_time = auth_time - interval '1 hour'`;
    const empowering = forms.filter((form) =>
      adminOperations.some(
        ({ operation, effect }) => operation === operationOf(form) && effect === 'empower',
      ),
    );
    expect(empowering.length).toBeGreaterThan(10);
    for (const form of empowering) await sendInVain(form);

    // No session at all: what was typed is kept until the person has signed in.
    await acme.database.sql`update pgrant.sessions set ended_at = now() where ended_at is null`;
    for (const form of forms) expect(await sendInVain(form)).not.toContain('"csrf"');
  });
});
