// The developer portal: applications that people bring, by HTTP and without JavaScript.
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, insecure, password, startAcme } from '../support/acme.ts';
import { Browser, formOf, type Page } from '../support/browser.ts';
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

/** What makes a form of a page count once. */
const onceOf = ({ html }: Page) => /name="once" value="([^"]*)"/.exec(html)?.[1] ?? '';

let acme: Acme;
let portal: ReturnType<typeof portalOf>;

beforeAll(async () => {
  acme = await startAcme();
  portal = portalOf(acme);
  for (const name of ['dora', 'eve']) {
    await addUser(acme.database, acme.tenant, name, password, { email: `${name}@example.com` });
  }
  await call(acme.database.worker, ops.scope_add, {
    tenant: acme.tenant,
    scope: 'notes.delete',
    title: 'Delete your notes',
    sensitive: true,
  });
  await portal.set({ developer_portal: true });
});

describe('the portal', () => {
  test('is found at the issuer, signs people in, and comes back to the page that was asked for', async () => {
    const browser = new Browser();
    const list = await portal.openAs(browser, '/developer', 'dora');
    expect(list.url).toBe(`${acme.issuer}/oauth/developer`);
    expect(list.html).toContain('You have not brought an application yet.');
    const form = await portal.openAs(new Browser(), '/oauth/developer/new', 'dora');
    expect(form.url).toBe(`${acme.issuer}/oauth/developer/new`);
    const long = `/oauth/developer/new?kind=web&more=${'x'.repeat(5000)}`;
    const back = await portal.openAs(new Browser(), long, 'dora');
    expect(back.url).toBe(`${acme.issuer}/oauth/developer`);
  });

  test('is not there where the tenant has it off, nor for people without the role', async () => {
    const browser = new Browser();
    await portal.openAs(browser, '/developer', 'eve');
    const look = async () => (await browser.open(`${acme.issuer}/oauth/developer`)).status;
    await portal.set({ developer_portal: false });
    expect(await look()).toBe(404);
    await portal.set({ developer_portal: true, developer_role: 'developer' });
    expect(await look()).toBe(404);
    const { tenant } = acme;
    const { worker } = acme.database;
    await call(worker, ops.role_add, { tenant, role: 'developer', title: 'Develop' });
    expect(await look()).toBe(404);
    await call(worker, ops.role_assign, { tenant, role: 'developer', username: 'eve' });
    expect(await look()).toBe(200);
    await call(worker, ops.role_withdraw, { tenant, role: 'developer', username: 'eve' });
    expect(await look()).toBe(404);
    await portal.set({ developer_role: null });
    expect(await look()).toBe(200);
  });
});

describe('an application', () => {
  test('is brought with a secret that is shown once, and works for its developer alone', async () => {
    const browser = new Browser();
    const made = await portal.bring(browser, 'dora', 'web', web);
    const [id, secret] = [idIn(made), secretIn(made)];
    expect(secret).toMatch(/^pgrant_cs_/);
    const shown = await browser.open(`${acme.issuer}${pathOf(id)}`);
    expect(shown.html).not.toContain(secret);
    expect(stateOf(shown)).toBe('Draft');
    const { tokens } = await portal.flow(id, secret, 'dora');
    expect(tokens?.claims()).toMatchObject({ sub: expect.any(String), aud: id });
    const other = await portal.flow(id, secret, 'eve');
    expect([other.shown.status, other.tokens]).toEqual([403, undefined]);
    expect(other.shown.html).toContain('the application is a draft');
    expect(await portal.actions(id)).toEqual(
      expect.arrayContaining(['developer_client.add', 'authorization.request access_denied']),
    );
  });

  test('without a secret is for browsers and phones, and keeps PKCE [RFC 8252 6, OAuth 2.1 7.5.1]', async () => {
    const made = await portal.bring(new Browser(), 'dora', 'app', web);
    expect(secretIn(made)).toBe('');
    expect((await portal.flow(idIn(made), undefined, 'dora')).tokens?.access_token).toBeTruthy();
    const [stored] = await acme.database.sql`
      select token_endpoint_auth_method, require_pkce, application_type, consent, scopes, grant_types, draft from pgrant.clients
       where tenant_id = ${acme.tenant} and client_id = ${idIn(made)}`;
    expect(stored).toEqual({
      token_endpoint_auth_method: 'none',
      require_pkce: true,
      application_type: 'native',
      consent: 'assured',
      scopes: ['openid', 'email'],
      grant_types: ['authorization_code', 'refresh_token'],
      draft: true,
    });
  });

  test('that acts for itself gets no token while it is a draft [RFC 6749 5.2]', async () => {
    const made = await portal.bring(new Browser(), 'dora', 'machine', [['name', 'Nightly export']]);
    const config = await client.discovery(
      new URL(acme.issuer),
      idIn(made),
      secretIn(made),
      undefined,
      insecure,
    );
    await expect(client.clientCredentialsGrant(config)).rejects.toMatchObject({
      error: 'unauthorized_client',
    });
  });

  test('is refused with words beside each field that is wrong, and what was typed stays', async () => {
    const browser = new Browser();
    const hostile = '"><script>alert(1)</script>';
    const refused = await portal.bring(browser, 'dora', 'web', [
      ['name', `${hostile}\u202e`],
      ['redirect_uris', 'https://ok.example/callback https://user@evil.example/#x'],
      ['scopes', 'openid'],
      ['client_uri', 'javascript:alert(1)'],
    ]);
    expect(refused.status).toBe(400);
    expect(refused.html).toContain('A name has 1 to 255 characters');
    expect(refused.html).toContain('to <code>https://user@evil.example/#x</code>');
    expect(refused.html).toContain('This is no https URL');
    expect(refused.html).toContain('https://ok.example/callback\nhttps://user@evil.example/#x');
    expect(refused.html).toContain('value="&quot;&gt;&lt;script&gt;');
    expect(refused.html).not.toContain('<script');
    expect(refused.html).toMatch(/name="scopes" value="openid" checked/);
    const scheme = await portal.bring(browser, 'dora', 'app', [
      ['name', 'Cursor'],
      ['redirect_uris', 'cursor://callback'],
    ]);
    expect(scheme.html).toContain('The scheme of <code>cursor://callback</code> is not allowed');
  });

  test('asks for no sensitive scope and no role, unless the tenant says so', async () => {
    const { tenant } = acme;
    const { worker } = acme.database;
    const browser = new Browser();
    const form = await portal.openAs(browser, '/oauth/developer/new?kind=web', 'dora');
    expect(form.html).not.toContain('notes.delete');
    const forced = await portal.bring(browser, 'dora', 'web', [...web, ['scopes', 'notes.delete']]);
    expect(forced.html).toContain('may not ask for <code>notes.delete</code>');
    const say = (for_developers: boolean | null) =>
      call(worker, ops.scope_set, { tenant, scope: 'notes.delete', settings: { for_developers } });
    await say(true);
    const offered = await browser.open(`${acme.issuer}/oauth/developer/new?kind=web`);
    expect(offered.html).toContain('value="notes.delete"');
    await say(null);
    const taken = await browser.open(`${acme.issuer}/oauth/developer/new?kind=web`);
    expect(taken.html).not.toContain('notes.delete');
  });

  test('is of a kind that the tenant takes: no other is offered, or shown', async () => {
    const browser = new Browser();
    const at = '/oauth/developer/new';
    const offered = async (query = '') => {
      const { html } = await portal.openAs(browser, at + query, 'dora');
      return [...html.matchAll(/href="\?kind=(\w+)"/g)].map(([, kind]) => kind);
    };
    expect(await offered()).toEqual(['web', 'app', 'machine']);
    await portal.set({ token_endpoint_auth_methods: ['none', 'private_key_jwt'] });
    expect(await offered()).toEqual(['app']);
    expect(await offered('?kind=web')).toEqual(['app']);
    // Whoever sends the form of another kind all the same.
    const app = await portal.openAs(browser, `${at}?kind=app`, 'dora');
    const csrf = /name="csrf" value="([^"]*)"/.exec(app.html)?.[1] ?? '';
    const body = new URLSearchParams([['csrf', csrf], ['kind', 'web'], ...web]);
    const sent = await browser.open(acme.issuer + at, { method: 'POST', body });
    expect(sent.status).toBe(404);
    await portal.set({ token_endpoint_auth_methods: ['private_key_jwt'] });
    const none = await portal.openAs(browser, at, 'dora');
    expect(none.html).toContain('takes no applications from');
    await portal.set({ token_endpoint_auth_methods: null });
  });

  test('is one of as many as the tenant lets a developer have', async () => {
    await addUser(acme.database, acme.tenant, 'quinn', password, {});
    await portal.set({ developer_quota: 1 });
    const browser = new Browser();
    await portal.bring(browser, 'quinn', 'app', web);
    const full = await portal.bring(browser, 'quinn', 'app', web);
    expect(full.html).toContain('You have as many applications as you may.');
    const list = await browser.open(`${acme.issuer}/oauth/developer`);
    expect(list.html).toContain('1 of 1 applications');
    await portal.set({ developer_quota: 10 });
  });

  test('is found on a page of fifty, the oldest first', async () => {
    await addUser(acme.database, acme.tenant, 'many', password, {});
    await acme.database.sql`
      with made as (
        insert into pgrant.clients (tenant_id, client_id, name, redirect_uris)
        select ${acme.tenant}, 'many-' || n, 'Many ' || n, '{https://many.example/}' from generate_series(1, 51) n
        returning tenant_id, client_id, name)
      insert into pgrant.developer_clients (tenant_id, client_id, developer_id, created_at)
      select m.tenant_id, m.client_id, u.user_id, now() + split_part(m.name, ' ', 2)::integer * interval '1 s'
        from made m join pgrant.users u on u.username = 'many'`;
    const browser = new Browser();
    const first = await portal.openAs(browser, '/oauth/developer', 'many');
    const names = ({ html }: { html: string }) =>
      [...html.matchAll(/<bdi\b[^>]*>(Many \d+)<\/bdi>/g)].map(([, name]) => name);
    expect([names(first).length, names(first)[0]]).toEqual([50, 'Many 1']);
    const next = /rel="next" href="([^"]*)"/.exec(first.html)?.[1] ?? '';
    expect(names(await browser.open(new URL(next, first.url)))).toEqual(['Many 51']);
    await acme.database.sql`delete from pgrant.clients where client_id = 'many-51'`;
    const full = await browser.open(first.url);
    expect([names(full).length, full.html.includes('rel="next"')]).toEqual([50, false]);
  });

  test('is changed at once while it is a draft, in what is the developer’s to say and no more', async () => {
    const browser = new Browser();
    const id = idIn(await portal.bring(browser, 'dora', 'web', web));
    const form = await browser.open(`${acme.issuer}${pathOf(id, '/edit')}`);
    const done = await browser.submit(form, {
      name: 'Notes & more',
      redirect_uris: redirect_uri,
      consent: 'never',
      client_id: 'other',
    });
    expect(done.html).toContain('<bdi>Notes &amp; more</bdi>');
    expect(done.html).toContain('It is done.');
    const [stored] = await acme.database.sql`
      select name, redirect_uris, scopes, consent from pgrant.clients where tenant_id = ${acme.tenant} and client_id = ${id}`;
    expect(stored).toEqual({
      name: 'Notes & more',
      redirect_uris: [redirect_uri],
      scopes: [],
      consent: 'assured',
    });
  });

  test('is removed after a recent sign-in and with its name typed', async () => {
    const browser = new Browser();
    const id = idIn(await portal.bring(browser, 'dora', 'web', web));
    const shown = await browser.open(`${acme.issuer}${pathOf(id)}`);
    const wrong = await browser.submit(shown, { action: 'remove', confirmed_name: 'Note' });
    expect(wrong.html).toContain('This is not the name of the application.');
    await acme.database.sql`
      update pgrant.sessions s set auth_time = now() - interval '11 minutes'
        from pgrant.users u where u.tenant_id = s.tenant_id and u.user_id = s.user_id and u.username = 'dora'`;
    const again = await browser.submit(wrong, { action: 'remove', confirmed_name: 'Notes' });
    expect(again.html).toContain('autocomplete="current-password"');
    const back = await browser.submit(again, { username: 'dora', password });
    expect(back.url).toBe(`${acme.issuer}${pathOf(id)}`);
    const gone = await browser.submit(back, { action: 'remove', confirmed_name: 'Notes' });
    expect(gone.url).toBe(`${acme.issuer}/oauth/developer`);
    expect(gone.html).toContain('The application is removed.');
    expect((await browser.open(`${acme.issuer}${pathOf(id)}`)).status).toBe(404);
  });

  test('goes with its developer while it is a draft, and stays with the tenant once it was approved', async () => {
    await addUser(acme.database, acme.tenant, 'zoe', password, {});
    const browser = new Browser();
    const [draft, approved] = [
      idIn(await portal.bring(browser, 'zoe', 'app', web)),
      idIn(await portal.bring(browser, 'zoe', 'app', web)),
    ];
    await acme.database.sql`update pgrant.clients set draft = false where client_id = ${approved}`;
    const { tenant } = acme;
    await call(acme.database.worker, ops.user_remove, { tenant, username: 'zoe' });
    const left = await acme.database.sql`
      select client_id from pgrant.clients where client_id in (${draft}, ${approved})`;
    expect(left.map((one) => one.client_id)).toEqual([approved]);
  });
});

describe('secrets', () => {
  test('overlap while one is changed for another, and are removed', async () => {
    const browser = new Browser();
    const made = await portal.bring(browser, 'dora', 'web', web);
    const [id, first] = [idIn(made), secretIn(made)];
    const shown = await browser.open(`${acme.issuer}${pathOf(id)}`);
    const second = secretIn(await browser.submit(shown, { action: 'secret_add', overlap: 'day' }));
    expect((await portal.flow(id, first, 'dora')).tokens?.access_token).toBeTruthy();
    expect((await portal.flow(id, second, 'dora')).tokens?.access_token).toBeTruthy();
    const lost = await browser.open(`${acme.issuer}${pathOf(id)}`);
    expect(lost.html.match(/name="secret_id"/g)).toHaveLength(2);
    const third = secretIn(await browser.submit(lost, { action: 'secret_add', overlap: 'none' }));
    await expect(portal.flow(id, second, 'dora')).rejects.toMatchObject({
      error: 'invalid_client',
    });
    expect((await portal.flow(id, third, 'dora')).tokens?.access_token).toBeTruthy();
    const only = await browser.open(`${acme.issuer}${pathOf(id)}`);
    const secret_id = /name="secret_id" value="([^"]*)"/.exec(only.html)?.[1] ?? '';
    const removed = await browser.submit(only, { action: 'secret_remove', secret_id });
    expect(removed.html).toContain('No secret is in force.');
    expect(await portal.actions(id)).toEqual(
      expect.arrayContaining(['client.secret_add', 'client.secret_remove']),
    );
  });

  test('are five at most that last', async () => {
    const browser = new Browser();
    const id = idIn(await portal.bring(browser, 'dora', 'web', web));
    let shown = await browser.open(`${acme.issuer}${pathOf(id)}`);
    for (let more = 0; more < 5; more += 1) {
      await browser.submit(shown, { action: 'secret_add', overlap: 'all' });
      shown = await browser.open(`${acme.issuer}${pathOf(id)}`);
    }
    const sixth = await browser.submit(shown, { action: 'secret_add', overlap: 'all' });
    expect([sixth.status, sixth.html.includes('Five secrets are in force.')]).toEqual([400, true]);
  });
});

describe('a form', () => {
  test('keeps what was typed where the session has ended, and where the person signed in anew', async () => {
    const browser = new Browser();
    const form = await portal.openAs(browser, '/oauth/developer/new?kind=app', 'dora');
    const there = new Browser();
    await portal.openAs(there, '/developer', 'dora');
    const signedIn = browser.cookies;
    browser.cookies = [];
    const kept = await browser.submit(form, { name: 'Kept', redirect_uris: redirect_uri });
    expect([kept.status, kept.html.includes('value="Kept"')]).toEqual([401, true]);
    browser.cookies = there.cookies;
    const again = await browser.submit(kept, {});
    expect([again.status, again.html.includes('You have signed in again since.')]).toEqual([
      400,
      true,
    ]);
    expect(again.html).toContain('value="Kept"');
    const made = await browser.submit(again, { name: 'Kept', redirect_uris: redirect_uri });
    expect(made.html).toContain('<bdi>Kept</bdi>');
    expect(signedIn).not.toEqual([]);
  });

  test('that shows a secret counts once: pressed twice, reloaded, or sent again by whoever has signed in anew', async () => {
    const browser = new Browser();
    const typed = { name: 'Once', redirect_uris: redirect_uri };
    const form = await portal.openAs(browser, '/oauth/developer/new?kind=web', 'dora');
    const press = () => browser.submit(form, typed);
    const both = await Promise.all([press(), press()]);
    const made = both.find((one) => secretIn(one) !== '') as Page;
    const again = await press();
    for (const one of [both.find((two) => two !== made) as Page, again]) {
      expect([one.status, secretIn(one), idIn(one)]).toEqual([409, '', idIn(made)]);
      expect(one.html).toContain('This was done already');
    }
    const named = () => acme.database.sql`
      select d.client_id from pgrant.clients c join pgrant.developer_clients d using (tenant_id, client_id)
       where c.tenant_id = ${acme.tenant} and c.name = 'Once'`;
    expect(await named()).toHaveLength(1);
    // In a session after that one the form is shown again, and is the same one.
    const later = new Browser();
    await portal.openAs(later, '/developer', 'dora');
    const shown = await later.submit(form, typed);
    expect([shown.status, secretIn(shown)]).toEqual([400, '']);
    expect((await later.submit(shown, typed)).status).toBe(409);
    expect(await named()).toHaveLength(1);
    // Somebody else's form is another one, whatever it is called.
    await addUser(acme.database, acme.tenant, 'olga', password, {});
    const other = new Browser();
    const theirs = await portal.openAs(other, '/oauth/developer/new?kind=web', 'olga');
    const { once = '' } = formOf(form.html).fields;
    expect(secretIn(await other.submit(theirs, { ...typed, once }))).not.toBe('');

    const page = await browser.open(`${acme.issuer}${pathOf(idIn(made))}`);
    const more = () =>
      browser.submit(page, { once: onceOf(page), action: 'secret_add', overlap: 'all' });
    const secrets = await Promise.all([more(), more()]);
    expect(secrets.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect((await more()).status).toBe(409);
    const left = await browser.open(`${acme.issuer}${pathOf(idIn(made))}`);
    expect(left.html.match(/name="secret_id"/g)).toHaveLength(2);
    // The page as it is now has a form of its own.
    const next = { once: onceOf(left), action: 'secret_add', overlap: 'all' };
    expect(secretIn(await browser.submit(left, next))).not.toBe('');
  });

  test('that was refused may be sent again, and an application without a secret is just shown', async () => {
    const browser = new Browser();
    const form = await portal.openAs(browser, '/oauth/developer/new?kind=app', 'dora');
    const wrong = await browser.submit(form, { name: '', redirect_uris: redirect_uri });
    expect([wrong.status, formOf(wrong.html).fields.once]).toEqual([400, onceOf(form)]);
    const made = await browser.submit(wrong, { name: 'Public', redirect_uris: redirect_uri });
    const again = await browser.submit(wrong, { name: 'Public', redirect_uris: redirect_uri });
    expect([again.status, again.url]).toEqual([200, made.url]);
  });

  test('of another session changes nothing', async () => {
    const browser = new Browser();
    const id = idIn(await portal.bring(browser, 'dora', 'web', web));
    const shown = await browser.open(`${acme.issuer}${pathOf(id)}`);
    const forged = await browser.submit(shown, { action: 'submit', csrf: 'x' });
    expect([forged.status, stateOf(forged)]).toEqual([400, 'Draft']);
  });
});

test('every function of the portal says of somebody else’s application that there is none, and changes nothing', async () => {
  const browser = new Browser();
  const id = idIn(await portal.bring(browser, 'dora', 'web', web));
  const thief = new Browser();
  await portal.openAs(thief, '/developer', 'eve');
  const [session] = await acme.database.sql`
    select s.session_hash, extract(epoch from s.expires_at)::bigint as expires_at, s.csrf_hash from pgrant.sessions s
      join pgrant.users u using (tenant_id, user_id) where u.username = 'eve' order by s.auth_time desc limit 1`;
  const about = Object.entries(api).filter(
    ([name, { encoders }]) =>
      name.startsWith('developer_') && encoders.some(({ argument }) => argument === 'client_id'),
  );
  expect(about.length).toBeGreaterThanOrEqual(7);
  const before = await acme.database.sql`select * from pgrant.clients where client_id = ${id}`;
  for (const [name, binding] of about) {
    const given: Record<string, unknown> = {
      tenant: acme.tenant,
      request_id: 'thief',
      address: '192.0.2.9',
      session_hash: session?.session_hash,
      session_expires_at: Number(session?.expires_at),
      csrf_hash: session?.csrf_hash,
      client_id: id,
      metadata: { name: 'Stolen' },
      message: '',
      confirmed_name: 'Notes',
      secret_id: '',
      next_secret_hash: Buffer.alloc(32),
      retire_others_after: null,
      form_hash: null,
      hours: 24,
    };
    const asked = call(acme.database.web, binding as never, given as never);
    await expect(asked, name).rejects.toMatchObject({ error: 'not_found' });
  }
  expect(await acme.database.sql`select * from pgrant.clients where client_id = ${id}`).toEqual(
    before,
  );
  for (const path of [pathOf(id), pathOf(id, '/edit')]) {
    expect((await thief.open(`${acme.issuer}${path}`)).status).toBe(404);
  }
});

describe('many scopes', () => {
  test('are in groups by the beginning of their names, of which those are open in which something is ticked', async () => {
    const { tenant, database, issuer } = acme;
    for (let n = 0; n < 14; n += 1) {
      const scope = `${n % 2 ? 'files' : 'mail'}.part-${n}`;
      await call(database.worker, ops.scope_add, { tenant, scope, title: `Part ${n}` });
    }
    const browser = new Browser();
    const page = await portal.openAs(browser, '/oauth/developer/new?kind=web', 'dora');
    const groups = ({ html }: { html: string }) =>
      [...html.matchAll(/<details class="part"( open)?>\s*<summary>([^<]*\(\d+\))</g)].map(
        ([, open, name]) => [name, open !== undefined],
      );
    expect(groups(page)).toEqual([
      [expect.stringMatching(/^General \(\d+\)$/), false],
      ['files (7)', false],
      ['mail (7)', false],
    ]);
    const again = await browser.submit(page, { name: '', scopes: 'mail.part-4' }, '/new');
    expect([again.status, again.url]).toEqual([400, `${issuer}/oauth/developer/new`]);
    expect(groups(again).filter(([, open]) => open)).toEqual([['mail (7)', true]]);
  });
});
