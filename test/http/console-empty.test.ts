// The console of a tenant in which nobody has done anything yet: each list says what there is none of, and what that is for.
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';

let acme: Acme;
const browser = new Browser();

beforeAll(async () => {
  acme = await startAcme();
  const { tenant, database } = acme;
  const { worker } = database;
  await call(worker, ops.admin_enable, { tenant });
  await call(worker, ops.role_assign, { tenant, role: 'pgrant.admin', username: 'ada' });
  await call(worker, ops.role_add, { tenant, role: 'tutor', title: 'Tutors' });
  await call(worker, ops.webhook_add, {
    tenant,
    name: 'hook',
    url: 'https://hooks.example/',
    event_types: ['group.updated'],
    sealed_secret: Buffer.alloc(40),
  });
  await browser.submit(await browser.open(`${acme.issuer}/admin`), { username: 'ada', password });
});

test('the events that a webhook may ask for are named where they are typed', async () => {
  const [row] = await acme.database.sql`select pgrant_rules.event_types() as types`;
  for (const path of ['webhooks', 'webhooks/hook']) {
    const { html } = await browser.open(`${acme.issuer}/oauth/admin/${path}`);
    const form = html.split('<form ').find((one) => one.includes('name="event_types"')) ?? '';
    expect([...form.matchAll(/<code>([\w.]+)/g)].map(([, type]) => type)).toEqual(row?.types);
  }
});

test.each([
  ['developers', 'Nobody has brought an application yet.'],
  ['credentials', 'Nobody has a key yet.'],
  ['roles', 'There is no group yet.'],
  ['roles/tutor', 'Nobody has this role yet.'],
  ['sign-in', 'People sign in here only.'],
  ['webhooks/hook', 'Nothing was sent yet.'],
  ['users/ada', 'This person has set up no second factor.'],
  ['clients/web', 'Nobody has allowed the application anything yet.'],
  ['clients?search=nothing', 'Nothing was found.'],
])('%s: %s', async (path, said) => {
  const { html } = await browser.open(`${acme.issuer}/oauth/admin/${path}`);
  const empty = [...html.matchAll(/<p class="empty">([^<]*)/g)].map(([, text]) => text);
  expect(empty.some((text) => text?.startsWith(said))).toBe(true);
  if (!path.includes('search')) expect(empty).not.toContain('Nothing was found.');
});
