// What gives power that lasts is done at the console after a recent sign-in, in SQL; what was typed is kept meanwhile.
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { Browser, formOf, type Page } from '../support/browser.ts';
import { addUser } from '../support/issuer.ts';

let acme: Acme;
const browser = new Browser();

beforeAll(async () => {
  acme = await startAcme();
  const { tenant, database } = acme;
  const { worker } = database;
  await call(worker, ops.admin_enable, { tenant });
  await call(worker, ops.role_assign, { tenant, role: 'pgrant.admin', username: 'ada' });
  await call(worker, ops.group_set, { tenant, group: 'staff', title: 'Staff', roles: [] });
  await call(worker, ops.webhook_add, {
    tenant,
    name: 'hook',
    url: 'https://hooks.example/in',
    sealed_secret: Buffer.alloc(40),
  });
  await call(worker, ops.upstream_add, {
    tenant,
    name: 'company',
    kind: 'oidc',
    settings: { issuer: 'https://id.company.example', client_id: 'pgrant' },
    sealed_secrets: Buffer.alloc(40),
  });
  await addUser(database, tenant, 'bob', password);
  await browser.submit(await browser.open(`${acme.issuer}/admin`), { username: 'ada', password });
});

const signedInAgo = (time: string) =>
  acme.database
    .sql`update pgrant.sessions set auth_time = now() - ${time}::interval where ended_at is null`;

beforeEach(() => signedInAgo('16 minutes'));

/** Sends a form of a page, for an operation that it may have no form of. */
async function send(path: string, operation: string, values: Record<string, string>) {
  const page = await browser.open(`${acme.issuer}/oauth/admin/${path}`);
  const { csrf = '' } = formOf(page.html, page.url.replace(acme.origin, '')).fields;
  const body = new URLSearchParams({ csrf, operation, ...values });
  return browser.open(page.url, { method: 'POST', body });
}

const asked = ({ status, html }: Page) => [status, html.includes('within the last 15 minutes')];
/** The form of an operation. */
function formAt({ html }: Page, operation: string): string {
  const found = html.split('<form ').find((one) => one.includes(`value="${operation}"`));
  return `<form ${found?.split('</form>')[0]}</form>`;
}

test('what was typed is there after the sign-in, but for what is secret', async () => {
  const kept = await send('sign-in', 'upstream_add', {
    name: 'typed',
    kind: 'oidc',
    issuer: 'https://typed.example',
    client_id: 'typed',
    client_secret: 'hush-hush',
  });
  expect(asked(kept)).toEqual([401, true]);
  expect(kept.html).not.toContain('hush-hush');
  const { sql } = acme.database;
  expect(await sql`select from pgrant.upstreams where name = 'typed'`).toHaveLength(0);
  expect(
    await sql`select reason, detail from pgrant_report.audit_events
               where error = 'insufficient_user_authentication'`,
  ).toEqual([{ reason: 'the sign-in is too long ago', detail: { operation: 'upstream_add' } }]);
  const unsigned = await browser.submit(kept, {});
  expect(asked(unsigned)).toEqual([401, true]);
  const [, link = ''] = /<a class="button" href="([^"]*)"/.exec(kept.html) ?? [];
  const form = await browser.open(new URL(link.replaceAll('&amp;', '&'), acme.origin));
  const back = await browser.submit(form, { username: 'ada', password });
  expect(back.url).toBe(`${acme.issuer}/oauth/admin/sign-in`);
  const again = await browser.submit(kept, {});
  expect(again.html).toContain('You have signed in again since');
  expect(again.html).toContain('value="https://typed.example"');
  const done = await browser.submit(
    { ...again, html: formAt(again, 'upstream_add') },
    {
      name: 'typed',
      kind: 'oidc',
      issuer: 'https://typed.example',
      client_id: 'typed',
      client_secret: 'hush-hush',
    },
  );
  expect(done.html).toContain('It is done.');
});

const client = { name: 'Late', redirect_uris: 'https://late.example/cb' };
const upstream = { issuer: 'https://id.company.example', client_id: 'late' };

test.each<[string, string, Record<string, string>]>([
  ['users/bob', 'role_assign', { role: 'pgrant.admin' }],
  ['users', 'user_add', { username: 'late', password: 'correct horse' }],
  ['users/bob', 'user_set', { subject: 'late' }],
  ['roles/groups/staff', 'group_set', { title: 'Staff', roles: 'pgrant.admin' }],
  ['roles/groups/staff', 'group_member_add', { username: 'bob' }],
  ['clients', 'client_add', client],
  ['clients/web', 'client_set', { name: 'Late' }],
  ['clients/web', 'client_secret_add', { retire_others_after: '3600' }],
  ['credentials', 'credential_add', { name: 'Late', permissions: 'pgrant.admin' }],
  ['webhooks', 'webhook_add', { name: 'late', url: 'https://late.example/in' }],
  ['webhooks/hook', 'webhook_set', { url: 'https://late.example/in' }],
  ['webhooks/hook', 'webhook_secret', {}],
  ['sign-in', 'upstream_add', { name: 'late', kind: 'oidc', ...upstream }],
  ['sign-in/company', 'upstream_set', upstream],
  ['users/bob', 'user_enable', {}],
  ['clients/web', 'client_enable', {}],
  ['roles', 'role_enable', { role: 'pgrant.admin' }],
  ['webhooks/hook', 'webhook_enable', {}],
  ['sign-in/company', 'upstream_enable', {}],
  ['scopes/email', 'scope_set', { title: 'Late' }],
  ['resources', 'resource_add', { resource: 'https://late.example/api', title: 'Late' }],
  ['settings/login_url', 'settings_set', { login_url: 'https://late.example/' }],
  ['settings/login_jwks', 'settings_set', { login_jwks: '{"keys": []}' }],
  ['settings/login_issuer', 'settings_set', { login_issuer: 'https://late.example' }],
  ['settings/second_factor', 'settings_set', { second_factor: 'off' }],
  ['settings/registration', 'settings_set', { registration: 'open' }],
  ['settings/client_documents', 'settings_set', { client_documents: 'open' }],
  ['settings/client_document_hosts', 'settings_set', { client_document_hosts: 'late.example' }],
  ['settings/software_statement_issuers', 'settings_set', { software_statement_issuers: '{}' }],
])('%s: %s of %j asks for a sign-in of the last 15 minutes', async (path, operation, values) => {
  const answer = await send(path, operation, values);
  expect(asked(answer)).toEqual([401, true]);
  await signedInAgo('14 minutes');
  expect(asked(await send(path, operation, values))[1]).toBe(false);
});

test.each<[string, string, Record<string, string>]>([
  ['users/bob', 'user_disable', {}],
  ['scopes', 'scope_add', { scope: 'late', title: 'Late' }],
  ['settings/code_lifetime', 'settings_set', { code_lifetime: '45' }],
])('%s: %s is done on a session of any age', async (path, operation, values) => {
  const answer = await send(path, operation, values);
  expect([answer.status, answer.html.includes('It is done.')]).toEqual([200, true]);
});
