// The developer portal: what developers submit, and what people of the tenant decide.
import { readFileSync } from 'node:fs';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, insecure, password, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import {
  idIn,
  pathOf,
  portalOf,
  redirect_uri,
  secretIn,
  stateOf,
  web,
} from '../support/developer.ts';
import { addUser } from '../support/issuer.ts';

let acme: Acme;
let portal: ReturnType<typeof portalOf>;

beforeAll(async () => {
  acme = await startAcme();
  portal = portalOf(acme);
  const { database, tenant } = acme;
  for (const name of ['dora', 'eve']) await addUser(database, tenant, name, password, {});
  await portal.set({ developer_portal: true, developer_quota: 100 });
  await call(database.worker, ops.admin_enable, { tenant });
  await call(database.worker, ops.role_assign, { tenant, role: 'pgrant.admin', username: 'ada' });
});

const approve = (client_id: string, more: { submitted_at?: string; message?: string } = {}) =>
  call(acme.database.worker, ops.developer_client_approve, {
    tenant: acme.tenant,
    client_id,
    ...more,
  });

const open = (browser: Browser, id: string, more = '') =>
  browser.open(`${acme.issuer}${pathOf(id, more)}`);

/** An application of dora that was submitted, and with `approved` is active. */
async function submitted({ approved = false, kind = 'web' } = {}) {
  const browser = new Browser();
  const made = await portal.bring(
    browser,
    'dora',
    kind,
    kind === 'machine' ? web.slice(0, 1) : web,
  );
  const [id, secret] = [idIn(made), kind === 'app' ? undefined : secretIn(made)];
  const page = await open(browser, id);
  const after = await browser.submit(page, { action: 'submit', message: 'For notes.\r\nPlease.' });
  if (approved) await approve(id);
  return { browser, id, secret, after };
}

describe('in another tab', () => {
  test('what was done already is not done again, the page says how it is now, and what was typed is kept', async () => {
    const browser = new Browser();
    const made = await portal.bring(browser, 'dora', 'web', web);
    const id = idIn(made);
    const [draft, form] = [await open(browser, id), await open(browser, id, '/edit')];
    await browser.submit(draft, { action: 'submit' });
    const again = await browser.submit(draft, { action: 'submit' });
    expect([again.status, stateOf(again)]).toEqual([200, 'In review']);
    expect(again.html).toContain('Nothing was done: something has changed meanwhile');
    const kept = await browser.submit(form, { name: 'Better notes', redirect_uris: redirect_uri });
    expect([kept.status, kept.html.includes('value="Better notes"')]).toEqual([403, true]);
    expect(kept.html).toContain('in review or suspended meanwhile: nothing was changed');
    const [, secret_id = ''] = /name="secret_id" value="([^"]*)"/.exec(again.html) ?? [];
    for (const said of ['It is done.', 'Nothing was done: something has changed meanwhile']) {
      const removed = await browser.submit(draft, { action: 'secret_remove', secret_id });
      expect([removed.status, removed.html.includes(said)]).toEqual([200, true]);
    }
  });

  test('an application that another admin has removed leads back to the list of the console', async () => {
    const { id } = await submitted();
    const browser = new Browser();
    const at = `/oauth/admin/clients/${id}`;
    await portal.openAs(browser, '/oauth/admin/clients', 'ada');
    const [one, other] = [
      await browser.open(`${acme.issuer}${at}`),
      await browser.open(`${acme.issuer}${at}`),
    ];
    await browser.submit(one, { operation: 'client_remove', confirm: id });
    const late = await browser.submit(other, { operation: 'client_disable' });
    expect(late.url).toBe(`${acme.issuer}/oauth/admin/clients`);
    expect(late.html).toContain('Nothing was done: something has changed meanwhile');
    expect((await browser.open(`${acme.issuer}${at}`)).status).toBe(404);
  });
});

describe('a draft', () => {
  test('is submitted with a message, is not changed meanwhile, and is taken back', async () => {
    const { browser, id, after } = await submitted();
    expect(after.html).toContain('It is submitted.');
    expect(stateOf(after)).toBe('In review');
    expect(after.html).toContain('<bdi>For notes.\nPlease.</bdi>');
    const form = await open(browser, id, '/edit');
    expect(form.html).not.toContain('name="redirect_uris"');
    const csrf = /name="csrf" value="([^"]*)"/.exec(after.html)?.[1] ?? '';
    const forced = await browser.open(`${acme.issuer}${pathOf(id, '/edit')}`, {
      method: 'POST',
      body: new URLSearchParams([['csrf', csrf], ...web]),
    });
    expect(forced.status).toBe(403);
    const taken = await browser.submit(after, { action: 'withdraw' });
    expect(stateOf(taken)).toBe('Draft');
    expect(await portal.actions(id)).toEqual([
      'developer_client.add',
      'developer_client.submit',
      'developer_client.set access_denied',
      'developer_client.withdraw',
    ]);
  });

  test('works for everybody once it is approved, and a machine for itself', async () => {
    const { id, secret, browser } = await submitted();
    expect((await portal.flow(id, secret, 'eve')).tokens).toBeUndefined();
    await approve(id, { message: 'Welcome.' });
    expect((await portal.flow(id, secret, 'eve')).tokens?.access_token).toBeTruthy();
    const shown = await open(browser, id);
    expect(stateOf(shown)).toBe('Active');
    expect(shown.html).toContain('<bdi>Welcome.</bdi>');
    const machine = await submitted({ kind: 'machine', approved: true });
    const config = await client.discovery(
      new URL(acme.issuer),
      machine.id,
      machine.secret,
      undefined,
      insecure,
    );
    expect((await client.clientCredentialsGrant(config)).access_token).toBeTruthy();
  });

  test('is returned with a message, and submitted again', async () => {
    const { id, browser } = await submitted();
    const { tenant, database } = acme;
    const message = 'Which notes?';
    await call(database.worker, ops.developer_client_return, { tenant, client_id: id, message });
    const shown = await open(browser, id);
    expect([stateOf(shown), shown.html.includes('<bdi>Which notes?</bdi>')]).toEqual([
      'Draft',
      true,
    ]);
    const again = await browser.submit(shown, { action: 'submit', message: 'Mine.' });
    expect(stateOf(again)).toBe('In review');
  });

  test('is approved as it was looked at, and in no other state', async () => {
    const { id, browser } = await submitted();
    const { tenant, database } = acme;
    const look = async () => {
      const seen = { tenant, client_id: id };
      const row = await call(database.worker, ops.developer_client_show, seen);
      return (row.developer_client_show as { submitted_at: string }).submitted_at;
    };
    const submitted_at = await look();
    await browser.submit(await open(browser, id), { action: 'withdraw' });
    const form = await open(browser, id, '/edit');
    await browser.submit(form, { name: 'Something else', redirect_uris: redirect_uri });
    await browser.submit(await open(browser, id), { action: 'submit' });
    await expect(approve(id, { submitted_at })).rejects.toThrow('not in review any more');
    await approve(id, { submitted_at: await look() });
    await expect(approve(id)).rejects.toThrow('not in review any more');
  });
});

describe('an active application', () => {
  test('keeps what is in force while a redirect URI or a scope more is looked at', async () => {
    const { id, secret, browser } = await submitted({ approved: true });
    const stored = async () => {
      const [row] = await acme.database.sql`
        select redirect_uris, scopes, identity_changed_at from pgrant.clients where client_id = ${id}`;
      return row;
    };
    const before = await stored();
    const form = await open(browser, id, '/edit');
    const csrf = /name="csrf" value="([^"]*)"/.exec(form.html)?.[1] ?? '';
    const change = await browser.open(`${acme.issuer}${pathOf(id, '/edit')}`, {
      method: 'POST',
      body: new URLSearchParams([
        ['csrf', csrf],
        ['name', 'Notes'],
        ['redirect_uris', `${redirect_uri} https://new.example/callback`],
        ['scopes', 'openid'],
        ['scopes', 'email'],
        ['scopes', 'profile'],
        ['message', 'A second host.'],
      ]),
    });
    expect(change.html).toContain('It is submitted.');
    expect(stateOf(change)).toBe('Active');
    expect(change.html).toContain('What you want changed');
    expect(change.html).toContain('https://new.example/callback');
    expect(await stored()).toEqual(before);
    expect((await portal.flow(id, secret, 'eve')).tokens?.access_token).toBeTruthy();
    await approve(id);
    expect(await stored()).toMatchObject({
      redirect_uris: [redirect_uri, 'https://new.example/callback'],
      scopes: ['openid', 'email', 'profile'],
    });
    // RFC 9700: what people allowed is another application now, and they are asked again.
    expect((await stored())?.identity_changed_at).not.toEqual(before?.identity_changed_at);
  });

  test('is narrowed at once, and a proposal is discarded', async () => {
    const { id, browser } = await submitted({ approved: true });
    const form = await open(browser, id, '/edit');
    const less = await browser.submit(form, { name: 'Notes', redirect_uris: redirect_uri });
    expect(less.html).toContain('It is done.');
    const more = await browser.submit(await open(browser, id, '/edit'), {
      name: 'Other notes',
      redirect_uris: redirect_uri,
    });
    expect(more.html).toContain('<bdi>Other notes</bdi>');
    const { tenant, database } = acme;
    const returned = { tenant, client_id: id, message: 'No.' };
    await call(database.worker, ops.developer_client_return, returned);
    const again = await open(browser, id);
    expect(again.html).toContain('It was not approved as it is.');
    expect(stateOf(again)).toBe('Active');
    const discarded = await browser.submit(more, { action: 'withdraw' });
    expect(discarded.html).not.toContain('Other notes');
    const [row] = await acme.database.sql`
      select c.name, c.redirect_uris, c.scopes, d.proposed from pgrant.clients c
        join pgrant.developer_clients d using (tenant_id, client_id) where c.client_id = ${id}`;
    expect(row).toEqual({
      name: 'Notes',
      redirect_uris: [redirect_uri],
      scopes: [],
      proposed: null,
    });
  });

  test('ends with its live tokens at once where it is suspended, and goes on where it is resumed', async () => {
    const { id, secret, browser } = await submitted({ approved: true });
    const csrf = /name="csrf" value="([^"]*)"/.exec((await open(browser, id)).html)?.[1] ?? '';
    const { tokens, config } = await portal.flow(id, secret, 'eve');
    const { tenant, database } = acme;
    const suspend = (suspended: boolean, message = '') =>
      call(database.worker, ops.developer_client_suspend, {
        tenant,
        client_id: id,
        suspended,
        message,
      });
    await suspend(true, 'It sends spam.');
    const userinfo = () =>
      fetch(`${acme.issuer}/oauth/userinfo`, {
        headers: { authorization: `Bearer ${tokens?.access_token}` },
      });
    expect((await userinfo()).status).toBe(401);
    if (config) {
      await expect(
        client.refreshTokenGrant(config, String(tokens?.refresh_token)),
      ).rejects.toMatchObject({ error: 'invalid_client' });
    }
    const shown = await open(browser, id);
    expect([stateOf(shown), shown.html.includes('It sends spam.')]).toEqual(['Suspended', true]);
    expect(shown.html).not.toContain('<form');
    for (const action of ['withdraw', 'secret_add', 'remove']) {
      const body = new URLSearchParams({ csrf, action, overlap: 'day', confirmed_name: 'Notes' });
      const forced = { method: 'POST', body };
      const refused = await browser.open(`${acme.issuer}${pathOf(id)}`, forced);
      expect(refused.html).toContain('Nothing was done: something has changed meanwhile');
    }
    await suspend(false);
    expect((await userinfo()).status).toBe(200);
    expect(stateOf(await open(browser, id))).toBe('Active');
  });
});

test('an approved application introspects no tokens but its own, unless the tenant says so [RFC 7662 4]', async () => {
  const [mine, other] = [await submitted({ approved: true }), await submitted({ approved: true })];
  const { tokens } = await portal.flow(other.id, other.secret, 'eve');
  const { tokens: own } = await portal.flow(mine.id, mine.secret, 'eve');
  const introspect = async (token: string | undefined) => {
    const answer = await fetch(`${acme.issuer}/oauth/introspect`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${mine.id}:${mine.secret}`)}` },
      body: new URLSearchParams({ token: token ?? '' }),
    });
    return ((await answer.json()) as { active: boolean }).active;
  };
  expect(await introspect(own?.access_token)).toBe(true);
  expect(await introspect(tokens?.access_token)).toBe(false);
  const { tenant, database } = acme;
  const settings = { third_party: false };
  await call(database.worker, ops.client_set, { tenant, client_id: mine.id, settings });
  expect(await introspect(tokens?.access_token)).toBe(true);
});

test('the last hundred messages of an application are kept', async () => {
  const { id, browser } = await submitted();
  const { tenant, database } = acme;
  for (let at = 0; at < 101; at += 1) {
    await call(database.worker, ops.developer_client_suspend, {
      tenant,
      client_id: id,
      suspended: false,
    });
  }
  const [row] = await database.sql`
    select count(*)::int from pgrant.developer_messages where client_id = ${id}`;
  expect(row?.count).toBe(100);
  expect(stateOf(await open(browser, id))).toBe('In review');
});

describe('in the console', () => {
  test('an admin sees what waits, and approves it with a message; a plain person finds nothing', async () => {
    const { id, browser } = await submitted();
    const admin = new Browser();
    const waiting = await portal.openAs(admin, '/oauth/admin/developers', 'ada');
    expect(waiting.html).toContain(id);
    const page = await admin.open(`${acme.issuer}/oauth/admin/developers/${id}`);
    expect(page.html).toContain('<bdi>For notes.\nPlease.</bdi>');
    const done = await admin.submit(page, { message: 'Welcome,\r\nDora.' });
    expect(done.html).toContain('It is done.');
    const shown = await open(browser, id);
    expect([stateOf(shown), shown.html.includes('<bdi>Welcome,\nDora.</bdi>')]).toEqual([
      'Active',
      true,
    ]);
    const plain = await portal.openAs(new Browser(), `/oauth/admin/developers/${id}`, 'eve');
    expect(plain.status).toBe(404);
    const [event] = await acme.database.sql`
      select e.user_id, e.actor_user_id, e.actor_client_id, e.actor_session_id is not null as console, u.username as admin
        from pgrant_report.audit_events e join pgrant.users u on u.user_id = e.actor_user_id
       where e.client_id = ${id} and e.action = 'developer_client.approve'`;
    expect(event).toMatchObject({ admin: 'ada', console: true, actor_client_id: null });
    expect(event?.user_id).not.toBe(event?.actor_user_id);
  });

  test('what was submitted anew since the page was shown is not approved by its form', async () => {
    const { id, browser } = await submitted();
    const admin = new Browser();
    await portal.openAs(admin, '/oauth/admin/developers', 'ada');
    const page = await admin.open(`${acme.issuer}/oauth/admin/developers/${id}`);
    await browser.submit(await open(browser, id), { action: 'withdraw' });
    await browser.submit(await open(browser, id), { action: 'submit' });
    const refused = await admin.submit(page, { message: 'Fine.' });
    expect([refused.status, refused.html.includes('Fine.')]).toEqual([400, true]);
    expect(stateOf(await open(browser, id))).toBe('In review');
  });
});

test('the README names what there is to decide [sql/functions/options/developer/README.md]', () => {
  const readme = new URL('../../sql/functions/options/developer/README.md', import.meta.url);
  for (const verb of ['list', 'show', 'approve', 'return', 'suspend', 'resume']) {
    expect(readFileSync(readme, 'utf8')).toContain(`developer ${verb}`);
  }
});
