// Forms of the console whose answer shows a secret, or that add one more each time: each counts once, however often it is sent.
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { Browser, type Page } from '../support/browser.ts';
import { secretIn } from '../support/developer.ts';

let acme: Acme;
const browser = new Browser();

beforeAll(async () => {
  acme = await startAcme();
  const { tenant, database } = acme;
  await call(database.worker, ops.admin_enable, { tenant });
  await call(database.worker, ops.role_assign, { tenant, role: 'pgrant.admin', username: 'ada' });
  await browser.submit(await browser.open(`${acme.issuer}/admin`), { username: 'ada', password });
});

/** Sends the form of an operation that a page shows. */
function send(page: Page, operation: string, values: Record<string, string>): Promise<Page> {
  const form = page.html
    .split('<form ')
    .find((one) => one.includes(`name="operation" value="${operation}"`));
  return browser.submit({ ...page, html: `<form ${form?.split('</form>')[0]}</form>` }, values);
}

test.each([
  ['clients', 'client_add', { name: 'Once', redirect_uris: 'https://once.example/cb' }, 'clients'],
  ['clients/web', 'client_secret_add', { retire_others_after: '3600' }, 'client_secrets'],
  [
    'credentials',
    'credential_add',
    { name: 'Once', username: 'ada', permissions: 'pgrant.admin' },
    'client_secrets',
  ],
  ['webhooks', 'webhook_add', { name: 'once', url: 'https://once.example/in' }, 'webhooks'],
  ['webhooks/once', 'webhook_secret', {}, 'webhooks'],
])('%s: what %s shows once is made once', async (path, operation, values, table) => {
  const at = `${acme.issuer}/oauth/admin/${path}`;
  const page = await browser.open(at);
  const stored = () => acme.database.sql`
    select t::text as row from ${acme.database.sql(`pgrant.${table}`)} t`;
  const both = await Promise.all([send(page, operation, values), send(page, operation, values)]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  const once = await stored();
  const again = await send(page, operation, values);
  expect([again.status, secretIn(again)]).toEqual([409, '']);
  expect(again.html).toContain('This was done already');
  expect(await stored()).toEqual(once);
});

test.each([
  [
    'clients',
    'client_add',
    { name: 'Open', redirect_uris: 'https://open.example/cb', token_endpoint_auth_method: 'none' },
    'clients',
  ],
  ['keys', 'key_add', { alg: 'ES256' }, 'signing_keys'],
])(
  '%s: what %s adds under a name of its own is added once',
  async (path, operation, values, table) => {
    const page = await browser.open(`${acme.issuer}/oauth/admin/${path}`);
    const stored = async () =>
      (await acme.database.sql`select from ${acme.database.sql(`pgrant.${table}`)}`).length;
    const before = await stored();
    await Promise.all([send(page, operation, values), send(page, operation, values)]);
    expect(await stored()).toBe(before + 1);
    const again = await send(page, operation, values);
    expect([again.status, again.url]).toEqual([200, `${acme.issuer}/oauth/admin/${path}`]);
    expect(again.html).toContain('This was done already');
    expect(await stored()).toBe(before + 1);
  },
);

test('what was refused may be sent again', async () => {
  const page = await browser.open(`${acme.issuer}/oauth/admin/webhooks`);
  const wrong = await send(page, 'webhook_add', { name: 'again', url: 'ftp://once.example/' });
  expect(wrong.status).toBe(400);
  const good = { name: 'again', url: 'https://once.example/again' };
  expect(secretIn(await send(wrong, 'webhook_add', good))).not.toBe('');
  expect((await send(wrong, 'webhook_add', good)).status).toBe(409);
});
