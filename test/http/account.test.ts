// The account: what people see and change themselves, and nobody else does.

import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, discover, obtainTokens, password, startAcme } from '../support/acme.ts';
import { Browser, type Page } from '../support/browser.ts';
import { addUser } from '../support/issuer.ts';

let acme: Acme;
let config: client.Configuration;

beforeAll(async () => {
  acme = await startAcme();
  config = await discover(acme, acme.web);
});

/** Signs in where the page asks for it. */
async function openAs(browser: Browser, path: string, username: string, secret = password) {
  const page = await browser.open(`${acme.issuer}${path}`);
  if (!page.html.includes('autocomplete="current-password"')) return page;
  return browser.submit(page, { username, password: secret });
}

const addPerson = (username: string) =>
  addUser(acme.database, acme.tenant, username, password, { email: `${username}@example.com` });

const actions = async () => {
  const rows = await acme.database.sql`
    select action, error from pgrant.audit_events where tenant_id = ${acme.tenant} order by at desc, event_id desc limit 3`;
  return rows.map(({ action, error }) => `${action} ${error}`);
};

/** Has the person's sign-in have been a while ago. */
const age = (username: string) => acme.database.sql`
  update pgrant.sessions s set auth_time = now() - interval '11 minutes'
    from pgrant.users u where u.tenant_id = s.tenant_id and u.user_id = s.user_id and u.username = ${username}`;

describe('the page of the account', () => {
  test('is found at the issuer, signs in without a client, and comes back', async () => {
    const browser = new Browser();
    const page = await openAs(browser, '/account', 'ada');
    expect(page.url).toBe(`${acme.issuer}/oauth/account`);
    expect(page.html).toContain('Your applications');
    expect(page.html).toContain('No application may use your account.');
    const sessions = await openAs(new Browser(), '/oauth/account/sessions', 'ada');
    expect(sessions.url).toBe(`${acme.issuer}/oauth/account/sessions`);
  });

  test('lists no console, and says of what belongs to the service that it does not ask', async () => {
    const { tenant, issuer, database } = acme;
    await addPerson('root');
    await call(database.worker, ops.admin_enable, { tenant });
    await call(database.worker, ops.role_assign, {
      tenant,
      role: 'pgrant.admin',
      username: 'root',
    });
    const browser = new Browser();
    const there = await openAs(browser, '/admin', 'root');
    expect(there.url).toBe(`${issuer}/oauth/admin/clients`);
    expect((await openAs(browser, '/account', 'root')).html).toContain('No application may use');
    const settings = { consent: 'never' } as never;
    await call(database.worker, ops.client_set, { tenant, client_id: 'web', settings });
    await browser.open(
      client.buildAuthorizationUrl(config, {
        redirect_uri: 'http://127.0.0.1:9999/callback',
        scope: 'openid',
        code_challenge: 'A'.repeat(43),
        code_challenge_method: 'S256',
      }),
    );
    const page = await openAs(browser, '/account', 'root');
    expect(page.html.match(/<article/g)).toHaveLength(1);
    expect(page.html).toContain('no: it belongs to this service');
    const again = { consent: 'remember' } as never;
    await call(database.worker, ops.client_set, { tenant, client_id: 'web', settings: again });
  });

  test('gives no code to anybody', async () => {
    const before = await acme.database.sql`select count(*) from pgrant.codes`;
    await openAs(new Browser(), '/account', 'ada');
    expect(await acme.database.sql`select count(*) from pgrant.codes`).toEqual(before);
  });

  test('takes access back by one press, ends refresh tokens at once, and says so once', async () => {
    const browser = new Browser();
    const { refresh_token = '' } = await obtainTokens(config, {}, browser);
    const page = await openAs(browser, '/oauth/account', 'ada');
    expect(page.html).toContain('<bdi>web</bdi>');
    const done = await browser.submit(page, {}, '/oauth/consents');
    expect(done.url).toBe(`${acme.issuer}/oauth/account`);
    expect(done.html).toContain('The application has lost its access.');
    await expect(client.refreshTokenGrant(config, refresh_token)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    expect((await browser.open(done.url)).html).not.toContain('has lost its access');
    // By the same page in another tab, which does not know of it.
    const again = await browser.submit(page, {}, '/oauth/consents');
    expect(again.url).toBe(`${acme.issuer}/oauth/account`);
    expect(again.html).toContain('Nothing was done: something has changed meanwhile');
    expect(again.html).toContain('No application may use your account.');
  });

  test('says from where an application was let in last, whichever way', async () => {
    await addPerson('ivy');
    const browser = new Browser();
    const from = async (at: string) => {
      await acme.database.sql`
        update pgrant.audit_events set address = ${at}
         where tenant_id = ${acme.tenant} and action in ('consent.allow', 'consent.remember') and at > now() - interval '1 minute'`;
      return (await browser.open(`${acme.issuer}/oauth/account`)).html;
    };
    await openAs(browser, '/oauth/account', 'ivy');
    await obtainTokens(config, { scope: 'openid' }, browser);
    expect(await from('192.0.2.1')).toContain('from <bdi>192.0.2.1</bdi>');
    // Remembered: nothing was asked again.
    await obtainTokens(config, { scope: 'openid' }, browser);
    const html = await from('2001:db8::7');
    expect(html).toContain('from <bdi>2001:db8::7</bdi>');
    expect(html.match(/You let it in last/g)).toHaveLength(1);
  });

  test('leads to the developer portal whom that is there for, and nobody else', async () => {
    const { database, tenant } = acme;
    const set = (settings: object) => call(database.worker, ops.tenant_set, { tenant, settings });
    const link = 'href="/acme/oauth/developer"';
    const browser = new Browser();
    const shown = async () => {
      const { html } = await openAs(browser, '/oauth/account', 'ada');
      return html.includes(link);
    };
    expect(await shown()).toBe(false);
    await set({ developer_portal: true });
    expect(await shown()).toBe(true);
    await call(database.worker, ops.role_add, { tenant, role: 'maker', title: 'Maker' });
    await set({ developer_role: 'maker' });
    expect(await shown()).toBe(false);
    await set({ developer_portal: false, developer_role: null });
  });

  test('says nothing that a cookie made up', async () => {
    const browser = new Browser();
    const page = await openAs(browser, '/account', 'ada');
    browser.cookies.push({ name: 'pgrant_flash', value: '<b>x', path: '/acme/oauth' });
    const shown = await browser.open(page.url);
    expect([shown.status, shown.html.includes('class="notice good"')]).toEqual([200, false]);
  });
});

describe('sessions', () => {
  test('are listed with the one that asks first, and another one is ended from here', async () => {
    await addPerson('bea');
    const [here, there] = [new Browser(), new Browser()];
    await openAs(there, '/account', 'bea');
    const page = await openAs(here, '/oauth/account/sessions', 'bea');
    expect(page.html.match(/<article/g)).toHaveLength(2);
    expect(page.html.match(/This browser/g)).toHaveLength(1);
    const done = await here.submit(page, {});
    expect(done.html).toContain('That browser is signed out.');
    expect((await there.open(`${acme.issuer}/oauth/account`)).html).toContain('name="password"');
    expect((await here.open(`${acme.issuer}/oauth/account`)).html).toContain('bea');
  });

  test('say in plain words by which program and from where, and so does the file with my data', async () => {
    await addPerson('ines');
    const firefox =
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0';
    await openAs(new Browser({ 'user-agent': '<b>Robot</b>/1.0' }), '/account', 'ines');
    const here = new Browser({ 'user-agent': firefox });
    const { html } = await openAs(here, '/oauth/account/sessions', 'ines');
    const heads = [...html.matchAll(/<h2 id="session-[^>]*>([^<]*)/g)].map(([, text]) => text);
    expect(heads.map((text) => text?.trim())).toEqual(['Firefox on Windows', 'Another program']);
    expect(html.match(/Internet address<\/dt><dd><bdi>(127\.0\.0\.1|::1)<\/bdi>/g)).toHaveLength(2);
    expect(html).not.toContain('Robot');
    const file = await here.fetch(`${acme.issuer}/oauth/account/data.json`);
    const { sessions } = (await file.json()) as { sessions: object[] };
    expect(sessions).toContainEqual(
      expect.objectContaining({
        user_agent: firefox,
        address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
      }),
    );
  });

  test('are fifty a page, this one on the first, and going on from page to page shows each of them once', async () => {
    await addPerson('many');
    await acme.database.sql`
      insert into pgrant.sessions (tenant_id, session_hash, expires_at, session_id, user_id, auth_time, acr, amr, csrf_hash,
                                   idle_expires_at, last_seen_at)
      select ${acme.tenant}, sha256(('s' || n)::bytea), now() + interval '1 day', gen_random_uuid(), u.user_id,
             now() - interval '1 minute' * (n / 3), '1', '{pwd}', sha256('c'), now() + interval '1 day', now()
        from generate_series(1, 120) n, pgrant.users u where u.username = 'many'`;
    const browser = new Browser();
    let page = await openAs(browser, '/oauth/account/sessions', 'many');
    const seen: string[] = [];
    const counts: number[] = [];
    for (let pages = 0; pages < 5; pages += 1) {
      const ids = [...page.html.matchAll(/<h2 id="session-([^"]*)"/g)].map(([, id = '']) => id);
      counts.push(ids.length);
      seen.push(...ids);
      expect(page.html.includes('This browser')).toBe(pages === 0);
      expect(page.html.includes('First page')).toBe(pages > 0);
      const [, next] = /rel="next" href="([^"]*)"/.exec(page.html) ?? [];
      if (next === undefined) break;
      page = await browser.open(new URL(next, page.url));
    }
    expect(counts).toEqual([50, 50, 21]);
    expect(new Set(seen).size).toBe(121);
    // Whatever is no session of this person is the first page.
    for (const after of ['x', crypto.randomUUID()]) {
      const first = await browser.open(`${acme.issuer}/oauth/account/sessions?after=${after}`);
      expect([first.status, first.html.includes('This browser')]).toEqual([200, true]);
    }
  });

  test('all end at once, this one too, with the refresh tokens that live with them', async () => {
    const [here, there] = [new Browser(), new Browser()];
    await openAs(there, '/account', 'ada');
    const online = await obtainTokens(config, { scope: 'openid', prompt: 'consent' }, here);
    const page = await here.open(`${acme.issuer}/oauth/account/sessions`);
    const { csrf = '' } = fieldsOf(page);
    const body = new URLSearchParams({ csrf });
    const done = await here.open(`${acme.issuer}/oauth/account/sessions`, { method: 'POST', body });
    expect(done.html).toContain('name="password"');
    expect(done.html).toContain('You were signed out everywhere.');
    expect((await there.open(`${acme.issuer}/oauth/account`)).html).toContain('name="password"');
    await expect(
      client.refreshTokenGrant(config, String(online.refresh_token)),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await actions()).toContain('session.end null');
  });

  test("another person's is like one that does not exist, and stays", async () => {
    await addPerson('cleo');
    const [mine, theirs] = [new Browser(), new Browser()];
    const foreign = await openAs(theirs, '/oauth/account/sessions', 'cleo');
    const session_id = /id="session-([^"]*)"/.exec(foreign.html)?.[1] ?? '';
    const page = await openAs(mine, '/oauth/account/sessions', 'ada');
    const { csrf = '' } = fieldsOf(page);
    const refused = await mine.open(`${acme.issuer}/oauth/account/sessions`, {
      method: 'POST',
      body: new URLSearchParams({ csrf, session_id }),
    });
    expect(refused.html).toContain('Nothing was done: something has changed meanwhile');
    expect((await theirs.open(foreign.url)).html).toContain('cleo');
  });
});

/** The hidden fields of the first form. */
const fieldsOf = (page: Page): Record<string, string> => ({
  csrf: /name="csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? '',
});

test('a form whose session has ended keeps what was typed, but no password, and says so', async () => {
  await addPerson('gus');
  const set = (settings: object) =>
    call(acme.database.worker, ops.tenant_set, { tenant: acme.tenant, settings });
  await set({ account_deletion: true });
  const browser = new Browser();
  const ended = async (path: string, values: Record<string, string>) => {
    const page = await openAs(browser, path, 'gus');
    await acme.database.sql`update pgrant.sessions set ended_at = now() where ended_at is null`;
    const kept = await browser.submit(page, values, path.replace('/data', '/delete'));
    expect([kept.status, kept.html.includes('You are not signed in any more')]).toEqual([
      401,
      true,
    ]);
    // In another tab, which has the cookies of this one.
    expect((await openAs(browser, '/oauth/account', 'gus')).status).toBe(200);
    const again = await browser.submit(kept, {});
    expect([again.status, again.html.includes('You have signed in again since.')]).toEqual([
      403,
      true,
    ]);
    return { kept, again };
  };
  const typed = { password: 'a password of gus', repeated: 'a password of gus' };
  const password = await ended('/oauth/account/sign-in', typed);
  expect(password.kept.html + password.again.html).not.toContain('a password of gus');
  const { kept, again } = await ended('/oauth/account/data', { username: 'GUS<1>' });
  expect(kept.html).toContain('value="GUS&lt;1&gt;"');
  expect(again.html).toContain('value="GUS&lt;1&gt;"');
  expect((await browser.submit(again, { username: 'gus' }, '/delete')).html).toContain('deleted');
  await set({ account_deletion: false });
});

describe('a new password', () => {
  const long = 'a longer battery staple';

  test('is long, typed twice, and ends all other sessions', async () => {
    await addPerson('dora');
    const [here, there] = [new Browser(), new Browser()];
    await openAs(there, '/account', 'dora');
    const page = await openAs(here, '/oauth/account/sign-in', 'dora');
    const short = await here.submit(page, { password: 'short', repeated: 'short' });
    expect(short.status).toBe(400);
    expect(short.html).toMatch(/aria-describedby="hint fault" aria-invalid="true"/);
    expect(short.html).not.toContain('value="short"');
    const different = await here.submit(short, { password: long, repeated: `${long}r` });
    expect(different.html).toContain('The two are not the same.');
    const done = await here.submit(different, { password: long, repeated: long });
    expect(done.html).toContain('Your password is changed.');
    expect((await there.open(`${acme.issuer}/oauth/account`)).html).toContain('name="password"');
    expect((await openAs(new Browser(), '/account', 'dora', long)).html).toContain('dora');
    expect((await openAs(new Browser(), '/account', 'dora')).status).toBe(400);
    expect(await actions()).toContain('user.password null');
  });

  test('needs a recent sign-in, and says so before anything is typed [RFC 9470]', async () => {
    await addPerson('emil');
    const browser = new Browser();
    const page = await openAs(browser, '/oauth/account/sign-in', 'emil');
    await age('emil');
    const again = await browser.submit(page, { password: long, repeated: long });
    expect(again.html).toContain('autocomplete="current-password"');
    const stale = await browser.open(`${acme.issuer}/oauth/account/sign-in`);
    expect(stale.html).toContain('Sign in again');
    expect(stale.html).not.toContain('autocomplete="new-password"');
    const asked = await browser.open(`${acme.issuer}/oauth/account/sign-in-again?section=sign-in`);
    const back = await browser.submit(asked, { username: 'emil', password });
    expect(back.url).toBe(`${acme.issuer}/oauth/account/sign-in`);
    expect(back.html).toContain('autocomplete="new-password"');
  });

  test('is not set by a form without the token of the session', async () => {
    await addPerson('finn');
    const browser = new Browser();
    await openAs(browser, '/oauth/account/sign-in', 'finn');
    const forged = await browser.open(`${acme.issuer}/oauth/account/sign-in`, {
      method: 'POST',
      body: new URLSearchParams({ password: long, repeated: long }),
    });
    expect(forged.status).toBe(403);
    expect((await openAs(new Browser(), '/account', 'finn')).status).toBe(200);
  });
});

describe('my data', () => {
  test('is a file with what is stored about me, and without a secret', async () => {
    const browser = new Browser();
    await obtainTokens(config, {}, browser);
    const file = await browser.fetch(`${acme.issuer}/oauth/account/data.json`);
    expect(file.headers.get('content-disposition')).toBe('attachment; filename="account.json"');
    const text = await file.text();
    expect(JSON.parse(text)).toMatchObject({
      account: { username: 'ada', claims: { email: 'ada@example.com' } },
      applications: expect.arrayContaining([expect.objectContaining({ client_id: 'web' })]),
      sessions: expect.any(Array),
    });
    expect(text).not.toMatch(/hash|salt|sealed/);
  });

  test('is deleted where the tenant has that, after the username was typed', async () => {
    await addPerson('gil');
    const browser = new Browser();
    const closed = await openAs(browser, '/oauth/account/data', 'gil');
    expect(closed.html).toContain('ask whoever runs this service');
    const forced = await browser.open(`${acme.issuer}/oauth/account/delete`, {
      method: 'POST',
      body: new URLSearchParams({
        ...fieldsOf(await openAs(browser, '/oauth/account/sessions', 'gil')),
        username: 'gil',
      }),
    });
    expect(forced.status).toBe(403);
    const settings = { account_deletion: true };
    await call(acme.database.worker, ops.tenant_set, { tenant: acme.tenant, settings });
    const page = await browser.open(`${acme.issuer}/oauth/account/data`);
    const other = await browser.submit(page, { username: 'gill' }, '/delete');
    expect([other.status, other.html.includes('value="gill"')]).toEqual([400, true]);
    const gone = await browser.submit(other, { username: 'Gil' }, '/delete');
    expect(gone.html).toContain('Your account is deleted');
    expect((await openAs(new Browser(), '/account', 'gil')).status).toBe(400);
    expect(await actions()).toContain('user.remove null');
  });

  test('is not deleted on an old sign-in', async () => {
    await addPerson('hal');
    const browser = new Browser();
    const page = await openAs(browser, '/oauth/account/data', 'hal');
    await age('hal');
    const again = await browser.submit(page, { username: 'hal' }, '/delete');
    expect(again.html).toContain('autocomplete="current-password"');
    expect((await openAs(new Browser(), '/account', 'hal')).html).toContain('hal');
  });
});
