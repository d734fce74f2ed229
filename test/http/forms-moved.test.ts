// Two tabs that change the same thing: what one has saved is not undone by the other before somebody has seen it.
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { adminOperations } from '../../src/endpoints/admin-api/admin-operation.ts';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { Browser, type Page } from '../support/browser.ts';
import { idIn, pathOf, portalOf, web } from '../support/developer.ts';

type Values = Record<string, string>;

let acme: Acme;
let admin: string;
const browser = new Browser();
const moved = 'Somebody has changed this since you opened the page. Nothing was saved.';

beforeAll(async () => {
  acme = await startAcme();
  const { tenant, database } = acme;
  const { worker } = database;
  admin = `${acme.issuer}/oauth/admin`;
  await call(worker, ops.tenant_set, { tenant, settings: { developer_portal: true } });
  await call(worker, ops.admin_enable, { tenant });
  await call(worker, ops.role_assign, { tenant, role: 'pgrant.admin', username: 'ada' });
  await call(worker, ops.scope_add, { tenant, scope: 'notes', title: 'Your notes' });
  await call(worker, ops.role_add, { tenant, role: 'staff', title: 'Staff' });
  await call(worker, ops.group_set, { tenant, group: 'office', title: 'Office', roles: [] });
  await call(worker, ops.resource_set, { tenant, resource: 'https://n.example/', title: 'Notes' });
  await call(worker, ops.webhook_add, {
    tenant,
    name: 'log',
    url: 'https://log.example/in',
    event_types: null,
    sealed_secret: Buffer.from('sealed'),
  });
  const settings = {
    title: 'Company',
    issuer: 'https://company.example',
    client_id: 'pgrant',
    token_endpoint_auth_method: 'none',
  };
  await call(worker, ops.upstream_add, { tenant, name: 'company', kind: 'oidc', settings });
  await browser.submit(await browser.open(`${acme.issuer}/admin`), { username: 'ada', password });
});

/** The form of a page that sets something, or the one that has this as well. */
const formIn = (html: string, operation: string, has = '') =>
  html.split('<form ').find((one) => one.includes(`value="${operation}"`) && one.includes(has)) ??
  '';

async function send(page: Page, operation: string, values: Values, has?: string): Promise<Page> {
  const form = formIn(page.html, operation, has).split('</form>')[0];
  return browser.submit({ ...page, html: `<form ${form}</form>` }, values);
}

const client = { redirect_uris: 'https://app.example.com/callback', consent: 'remember' };

/** Where a form is, what it says at first, what two tabs make of that, and what says that. */
const forms: [string, string, Values, Values, Values][] = [
  ['clients/web', 'client_set', { ...client, scopes: '' }, { name: 'First' }, { name: 'Second' }],
  [
    'clients/web',
    'client_set',
    { name: 'App', consent: 'always', redirect_uris: 'https://a.example/cb' },
    { scopes: 'openid email' },
    { scopes: 'openid' },
  ],
  [
    'users/ada',
    'user_set',
    { name: 'Ada' },
    { email: 'one@a.example' },
    { email: 'two@a.example' },
  ],
  [
    'scopes/notes',
    'scope_set',
    { title: 'Your notes', description: '' },
    { 'title#de': 'Erste' },
    { 'title#de': 'Zweite' },
  ],
  ['scopes/notes', 'scope_set', { sensitive: 'false' }, { title: 'First' }, { title: 'Second' }],
  ['roles/groups/office', 'group_set', { title: 'Office' }, { roles: 'staff' }, { roles: '' }],
  [
    'resources/https%3A%2F%2Fn.example%2F',
    'resource_set',
    { title: 'Notes' },
    { access_token_lifetime: '60' },
    { access_token_lifetime: '90' },
  ],
  [
    'webhooks/log',
    'webhook_set',
    { event_types: '' },
    { url: 'https://one.example/' },
    { url: 'https://two.example/' },
  ],
  [
    'sign-in/company',
    'upstream_set',
    { client_id: 'pgrant', issuer: 'https://company.example' },
    { title: 'First' },
    { title: 'Second' },
  ],
  ['branding', 'settings_set', { accent_color: '' }, { title: 'First' }, { title: 'Second' }],
  ['settings/code_lifetime', 'settings_set', {}, { code_lifetime: '45' }, { code_lifetime: '50' }],
  [
    'settings/client_document_hosts',
    'settings_set',
    {},
    { client_document_hosts: 'one.example' },
    { client_document_hosts: 'two.example' },
  ],
];

describe('at the console', () => {
  test.each(forms)(
    '%s: what %s would undo is shown, and done once it was seen',
    async (path, operation, same, first, second) => {
      const at = `${admin}/${path}`;
      const [tab, other] = [await browser.open(at), await browser.open(at)];
      const asFirst = { ...same, ...first };
      const saved = await send(tab, operation, asFirst);
      expect([saved.status, saved.html.includes('notice good')]).toEqual([200, true]);
      // The button pressed twice: there is nothing that it undoes.
      expect((await send(tab, operation, asFirst)).html).toContain('notice good');
      const [events] = await acme.database.sql`select count(*) from pgrant.audit_events`;
      const refused = await send(other, operation, { ...same, ...second });
      expect([refused.status, refused.html.includes(moved)]).toEqual([409, true]);
      expect(await acme.database.sql`select count(*) from pgrant.audit_events`).toEqual([events]);
      const [said = ''] = Object.values(first);
      const notice = refused.html
        .split('class="notice danger"')[1]
        ?.split('</div>\n      </div>')[0];
      for (const word of said.split(' ')) expect(notice?.replaceAll('<wbr>', '')).toContain(word);
      expect((await browser.open(at)).html.replaceAll('<wbr>', '')).toContain(said.split(' ')[0]);
      const form = formIn(refused.html, operation);
      for (const typed of Object.values(second)) expect(form).toContain(typed);
      const done = await send(refused, operation, { ...same, ...second });
      expect([done.status, done.html.includes('notice good')]).toEqual([200, true]);
    },
  );

  test('every form that sets something says what it was made from', async () => {
    const sets = adminOperations.filter(({ operation }) => operation.endsWith('_set'));
    const tried = new Set(forms.map(([, operation]) => operation));
    expect(sets.map(({ operation }) => operation).filter((one) => !tried.has(one))).toEqual([]);
    for (const path of new Set(forms.map(([path]) => path))) {
      const { html } = await browser.open(`${admin}/${path}`);
      const of = html.split('<form ').filter((one) => /name="operation" value="\w+_set"/.test(one));
      expect([path, of.length > 0]).toEqual([path, true]);
      for (const form of of) expect(form).toMatch(/name="version" value="\w+=[0-9a-f]{12}/);
    }
  });

  test('settings of which each has a form of its own do not stand in the way of each other', async () => {
    const tabs = [];
    for (const name of ['code_lifetime', 'par_lifetime'])
      tabs.push({ name, page: await browser.open(`${admin}/settings/${name}`) });
    for (const { name, page } of tabs)
      expect((await send(page, 'settings_set', { [name]: '55' })).html).toContain('notice good');
  });

  test('a group is not added over one of that name', async () => {
    const page = await browser.open(`${admin}/roles`);
    const values = { group: 'office', title: 'Another', roles: '' };
    const refused = await send(page, 'group_set', values);
    expect([refused.status, refused.html.includes(moved)]).toEqual([409, true]);
    expect((await send(page, 'group_set', { ...values, group: 'new' })).html).toContain(
      'notice good',
    );
  });

  test('what is wrong, or sent after the session, was still made from what it was made from', async () => {
    const at = `${admin}/clients/native`;
    const page = await browser.open(at);
    const typed = { ...client, scopes: '', name: 'Mine' };
    const theirs = await send(await browser.open(at), 'client_set', { ...typed, name: 'Theirs' });
    expect(theirs.status).toBe(200);
    const wrong = await send(page, 'client_set', { ...typed, redirect_uris: 'nonsense' });
    expect(wrong.status).toBe(400);
    const asked = await new Browser().submit(
      { ...page, html: `<form ${formIn(page.html, 'client_set')}` },
      typed,
    );
    expect(asked.status).toBe(401);
    for (const kept of [
      wrong,
      { ...asked, html: asked.html.replace('name="operation"', ' name="operation"') },
    ]) {
      const { csrf } = /name="csrf" value="(?<csrf>[^"]*)"/.exec(page.html)?.groups ?? {};
      const again = await send(kept, 'client_set', { ...typed, csrf: csrf ?? '' });
      expect([again.status, again.html.includes('Theirs')]).toEqual([409, true]);
    }
  });
});

test('in the portal a form shows what was changed since, a proposal too', async () => {
  const { bring } = portalOf(acme);
  const developer = new Browser();
  const client_id = idIn(await bring(developer, 'ada', 'web', web));
  const path = `${acme.issuer}${pathOf(client_id, '/edit')}`;
  const edit = (page: Page, fields: [string, string][], name: string) => {
    const hidden = [...page.html.matchAll(/name="(csrf|version|kind)" value="([^"]*)"/g)];
    const sent = hidden.map(([, key = '', value = '']) => [key, value.replaceAll('&amp;', '&')]);
    const rest = fields.filter(([key]) => key !== 'name');
    const body = new URLSearchParams([...sent, ['name', name], ...rest] as [string, string][]);
    return developer.open(path, { method: 'POST', body });
  };
  for (const state of ['draft', 'active']) {
    await acme.database.sql`
      update pgrant.clients set draft = ${state === 'draft'} where client_id = ${client_id}`;
    const [tab, other] = [await developer.open(path), await developer.open(path)];
    expect((await edit(tab, web, `First ${state}`)).status).toBe(200);
    await acme.database.sql`update pgrant.developer_clients set submitted_at = null`;
    expect((await edit(tab, web, `First ${state}`)).status).toBe(200);
    await acme.database.sql`update pgrant.developer_clients set submitted_at = null`;
    const refused = await edit(other, web, `Second ${state}`);
    expect([refused.status, refused.html.includes(moved)]).toEqual([409, true]);
    expect(refused.html).toContain(`<dd><bdi>First ${state}</bdi>`);
    expect(refused.html).toContain(`value="Second ${state}"`);
    expect((await edit(refused, web, `Second ${state}`)).status).toBe(200);
    await acme.database.sql`update pgrant.developer_clients set submitted_at = null`;
  }
});
