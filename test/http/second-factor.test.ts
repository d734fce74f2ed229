// Second factors at sign-in: codes of an authenticator app (RFC 6238), recovery codes, and which acr needs one.
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, discover, password, redirect_uri, startAcme } from '../support/acme.ts';
import { appOf } from '../support/authenticator.ts';
import { Browser, type Page } from '../support/browser.ts';
import { addTenant, addUser } from '../support/issuer.ts';

let acme: Acme;
let config: client.Configuration;

beforeAll(async () => {
  acme = await startAcme();
  config = await discover(acme, acme.web);
  await set({ second_factor: 'optional', refusal_limit: 100_000, login_failure_limit: 5 });
});

afterEach(() => set({ second_factor: 'optional', acr_values_supported: ['1'] }));

const set = (settings: object) =>
  call(acme.database.worker, ops.tenant_set, { tenant: acme.tenant, settings });

const addPerson = (username: string) => addUser(acme.database, acme.tenant, username, password);

/** Begins a sign-in for the client. */
async function begin(browser: Browser, parameters: Record<string, string> = {}): Promise<Page> {
  const { href } = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: 'openid',
    state: 's',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...parameters,
  });
  return browser.open(href);
}

const verifier = client.randomPKCECodeVerifier();

/** Goes on to the client, and gives the claims of the ID token. */
async function claimsAt(browser: Browser, page: Page) {
  const answered = page.html.includes('/oauth/consent')
    ? await browser.submit(page, { decision: 'allow' }, '/oauth/consent')
    : page;
  const url = new URL(answered.url);
  expect(url.searchParams.get('code'), answered.html).not.toBeNull();
  const tokens = await client.authorizationCodeGrant(config, url, {
    pkceCodeVerifier: verifier,
    expectedState: 's',
  });
  return decodeJwt(String(tokens.id_token));
}

const codesOf = ({ html }: Page) =>
  [...html.matchAll(/<code>([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})<\/code>/g)].map(([, one = '']) => one);

/** A later step than any that was used: a code is good once, and nobody waits for the next. */
const forget = (username: string) => acme.database.sql`
  update pgrant.totp_authenticators a set last_step = 0 from pgrant.users u
   where u.tenant_id = a.tenant_id and u.user_id = a.user_id and u.username = ${username}`;

const account = '/oauth/account/sign-in';

async function openAccount(browser: Browser, username: string): Promise<Page> {
  const page = await browser.open(`${acme.issuer}${account}`);
  return page.html.includes('name="password"') && page.html.includes('name="username"')
    ? browser.submit(page, { username, password })
    : page;
}

/** Sets up an app on the page of the account. */
async function setUp(username: string) {
  await addPerson(username);
  const browser = new Browser();
  await openAccount(browser, username);
  const page = await browser.open(`${acme.issuer}/oauth/account/authenticator`);
  const app = appOf(page.html);
  const shown = await browser.submit(page, { code: app.generate() }, '/authenticator');
  await forget(username);
  return { browser, app, shown, codes: codesOf(shown) };
}

/** Types username and password. */
async function typePassword(username: string, parameters = {}, browser = new Browser()) {
  const page = await browser.submit(await begin(browser, parameters), { username, password });
  return { browser, page };
}

const audited = async (action: string) => {
  const rows = await acme.database.sql`
    select error, reason from pgrant.audit_events
     where tenant_id = ${acme.tenant} and action = ${action} order by at desc, event_id desc limit 1`;
  return [rows[0]?.error, rows[0]?.reason];
};

describe('an authenticator app', () => {
  test('is set up by a code of it, gives recovery codes once, and raises the session [RFC 6238 4]', async () => {
    const { browser, shown, codes } = await setUp('bea');
    expect(codes).toHaveLength(10);
    expect(new Set(codes).size).toBe(10);
    const [, file = ''] = /href="data:text\/plain;charset=utf-8,([^"]*)"/.exec(shown.html) ?? [];
    for (const code of codes) expect(decodeURIComponent(file)).toContain(code);
    const page = await browser.open(`${acme.issuer}${account}`);
    expect(page.html).toContain('10 codes are left');
    expect(codesOf(page)).toEqual([]);
    expect(await claimsAt(browser, await begin(browser))).toMatchObject({
      acr: '2',
      amr: expect.arrayContaining(['pwd', 'otp', 'mfa']),
    });
    expect(await audited('totp.add')).toEqual([null, null]);
  });

  test('is set up once: pressed twice, or from another tab, nothing is, and the one whose codes are good is the first', async () => {
    for (const where of ['the account', 'the sign-in']) {
      await set({ second_factor: where === 'the account' ? 'optional' : 'required' });
      for (const way of ['again', 'at once', 'another tab']) {
        const username = `${where} ${way}`.replaceAll(' ', '-');
        await addPerson(username);
        const { browser, page } = await typePassword(username);
        const at =
          where === 'the account' ? `${acme.issuer}/oauth/account/authenticator` : page.url;
        const [one, other] = [await browser.open(at), await browser.open(at)];
        const sent = way === 'another tab' ? other : one;
        const to = where === 'the account' ? '/authenticator' : '/set-up';
        const send = (form: Page) =>
          browser.submit(form, { code: appOf(form.html).generate() }, to);
        const both =
          way === 'at once'
            ? await Promise.all([send(one), send(sent)])
            : [await send(one), await send(sent)];
        const codes = both.map((answer) => codesOf(answer).length);
        expect([where, way, codes.toSorted()]).toEqual([where, way, [0, 10]]);
        const late = both.find((answer) => codesOf(answer).length === 0);
        // A session that was raised meanwhile is not the one that a form at once was sent with.
        if (late?.status !== 401) expect(late?.html).toContain('Nothing was set up now');
        await forget(username);
        const again = await typePassword(username, { acr_values: '2' });
        const code = appOf(one.html).generate();
        expect(
          await claimsAt(again.browser, await again.browser.submit(again.page, { code })),
        ).toMatchObject({ acr: '2' });
      }
    }
  });

  test('is not set up by a wrong code, by a key made up, or by one of somebody else', async () => {
    await addPerson('cleo');
    const browser = new Browser();
    await openAccount(browser, 'cleo');
    const url = `${acme.issuer}/oauth/account/authenticator`;
    const page = await browser.open(url);
    const app = appOf(page.html);
    const wrong = await browser.submit(page, { code: '000 000' }, '/authenticator');
    expect([wrong.status, appOf(wrong.html).secret.base32]).toEqual([400, app.secret.base32]);
    const made = await browser.submit(
      page,
      { code: app.generate(), set_up: 'AAAA' },
      '/authenticator',
    );
    expect(made.status).toBe(400);
    await addPerson('dan');
    const other = new Browser();
    await openAccount(other, 'dan');
    const theirs = await other.open(url);
    const [, set_up = ''] = /name="set_up" value="([^"]*)"/.exec(page.html) ?? [];
    const foreign = await other.submit(theirs, { code: app.generate(), set_up }, '/authenticator');
    expect(foreign.status).toBe(400);
    const [row] = await acme.database.sql`
      select count(*)::int as count from pgrant.totp_authenticators a join pgrant.users u using (tenant_id, user_id)
       where u.username in ('cleo', 'dan')`;
    expect(row?.count).toBe(0);
  });

  test('is asked for after the password, and the tokens say what was shown [RFC 8176 2]', async () => {
    const { app } = await setUp('eve');
    const { browser, page } = await typePassword('eve');
    expect(page.html).toContain('autocomplete="one-time-code"');
    expect(browser.cookies.some(({ name }) => name === 'pgrant_session')).toBe(false);
    expect((await browser.open(`${acme.issuer}${account}`)).html).toContain('name="password"');
    const done = await browser.submit(page, { code: app.generate() }, '/second-factor');
    expect(await claimsAt(browser, done)).toMatchObject({ acr: '2', amr: ['pwd', 'otp', 'mfa'] });
    expect(await audited('session.login')).toEqual([null, null]);
  });

  test('gives codes that are good once, and no earlier one after a later [RFC 6238 5.2]', async () => {
    const { app } = await setUp('finn');
    const code = app.generate();
    const first = await typePassword('finn');
    await claimsAt(
      first.browser,
      await first.browser.submit(first.page, { code }, '/second-factor'),
    );
    const again = await typePassword('finn');
    const replayed = await again.browser.submit(again.page, { code }, '/second-factor');
    expect([replayed.status, replayed.html.includes('Each code is good once')]).toEqual([
      400,
      true,
    ]);
    expect(await audited('second_factor.verify')).toEqual([
      'wrong_code',
      'code used before, or too many were wrong',
    ]);
    const earlier = app.generate({ timestamp: Date.now() - 30_000 });
    expect((await again.browser.submit(again.page, { code: earlier })).status).toBe(400);
    const old = app.generate({ timestamp: Date.now() - 90_000 });
    await forget('finn');
    expect((await again.browser.submit(again.page, { code: old })).status).toBe(400);
  });

  test("is one person's: a code of somebody else's app is a wrong one", async () => {
    await setUp('gus');
    const { app } = await setUp('hal');
    const { browser, page } = await typePassword('gus');
    expect((await browser.submit(page, { code: app.generate() })).status).toBe(400);
    expect(await audited('second_factor.verify')).toEqual(['wrong_code', 'code wrong']);
  });

  test('is locked after login_failure_limit wrong codes, the right one too, from wherever they come', async () => {
    const { app } = await setUp('ida');
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const { browser, page } = await typePassword('ida');
      expect((await browser.submit(page, { code: '12345' })).status).toBe(400);
    }
    const { browser, page } = await typePassword('ida');
    const locked = await browser.submit(page, { code: app.generate() });
    expect([locked.status, Number(locked.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect(await audited('login.lock')).toEqual([
      null,
      'login_failure_limit reached: second factor',
    ]);
  });

  test('takes no code after 100 wrong ones in a row before a recovery code was used [NIST SP 800-63B-4 3.2.2]', async () => {
    const { app, codes } = await setUp('ike');
    await acme.database.sql`
      update pgrant.totp_authenticators a set failures = 100 from pgrant.users u
       where u.tenant_id = a.tenant_id and u.user_id = a.user_id and u.username = 'ike'`;
    const { browser, page } = await typePassword('ike');
    expect((await browser.submit(page, { code: app.generate() })).status).toBe(400);
    await claimsAt(browser, await browser.submit(page, { code: String(codes[0]) }));
    const next = await typePassword('ike');
    await claimsAt(next.browser, await next.browser.submit(next.page, { code: app.generate() }));
  });

  test('goes with a recent sign-in that has shown it, and the recovery codes with it', async () => {
    const { browser } = await setUp('jan');
    await acme.database.sql`
      update pgrant.sessions s set auth_time = now() - interval '11 minutes' from pgrant.users u
       where u.tenant_id = s.tenant_id and u.user_id = s.user_id and u.username = 'jan'`;
    const stale = await browser.open(`${acme.issuer}${account}`);
    expect(stale.html).not.toContain('/authenticator/remove');
    const fresh = await setUp('jon');
    const page = await fresh.browser.open(`${acme.issuer}${account}`);
    const done = await fresh.browser.submit(page, {}, '/authenticator/remove');
    expect(done.html).toContain('The authenticator app is removed.');
    expect(await audited('totp.remove')).toEqual([null, null]);
    const { browser: later, page: next } = await typePassword('jon');
    expect(await claimsAt(later, next)).toMatchObject({ acr: '1', amr: ['pwd'] });
  });
});

describe('a session with one factor', () => {
  test('of whoever has a second one changes nothing of the account for good, however young it is', async () => {
    const { app } = await setUp('amy');
    await set({ second_factor: 'off' });
    const { browser, page } = await typePassword('amy');
    await claimsAt(browser, page);
    await set({ second_factor: 'optional' });
    const shown = await browser.open(`${acme.issuer}${account}`);
    expect(shown.html).not.toContain('/authenticator/remove');
    const [, csrf = ''] =
      /name="csrf" value="([^"]*)"/.exec(
        (await browser.open(`${acme.issuer}/oauth/account/sessions`)).html,
      ) ?? [];
    const url = `${acme.issuer}/oauth/account/authenticator/remove`;
    const body = new URLSearchParams({ csrf });
    const login = await browser.open(url, { method: 'POST', body });
    expect(await audited('totp.remove')).toEqual([
      'insufficient_user_authentication',
      'the sign-in is too long ago',
    ]);
    const next = await browser.submit(login, { username: 'amy', password });
    const back = await browser.submit(next, { code: app.generate() }, '/second-factor');
    expect(back.html).toContain('/authenticator/remove');
  });
});

describe('the console', () => {
  test.each(['optional', 'required'])(
    'asks an admin whose session is from before for the second factor, whatever is to be done (%s)',
    async (second_factor) => {
      const name = `admin-${second_factor}`;
      const { tenant, database } = acme;
      await call(database.worker, ops.admin_enable, { tenant });
      const { app } = await setUp(name);
      await call(database.worker, ops.role_assign, {
        tenant,
        role: 'pgrant.admin',
        username: name,
      });
      await set({ second_factor: 'off' });
      const { browser, page } = await typePassword(name);
      await claimsAt(browser, page);
      await set({ second_factor });
      const asked = await browser.open(`${acme.issuer}/oauth/admin/users`);
      expect(asked.html).toContain('/oauth/second-factor');
      const shown = await browser.submit(asked, { code: app.generate() }, '/second-factor');
      expect(shown.url).toBe(`${acme.issuer}/oauth/admin/users`);
      expect(shown.status).toBe(200);
      await set({ second_factor: 'optional' });
    },
  );
});

describe('an app whose key stayed where the tenant came from', () => {
  test('takes no code, and is asked for all the same: a recovery code does', async () => {
    const { app, codes } = await setUp('ben');
    await acme.database.sql`
      update pgrant.totp_authenticators a set sealed_secret = '' from pgrant.users u
       where u.tenant_id = a.tenant_id and u.user_id = a.user_id and u.username = 'ben'`;
    const { browser, page } = await typePassword('ben');
    expect((await browser.submit(page, { code: app.generate() })).status).toBe(400);
    await claimsAt(browser, await browser.submit(page, { code: String(codes[0]) }));
  });
});

describe('recovery codes', () => {
  test('are each good once in place of a code, however they are typed', async () => {
    const { codes } = await setUp('kay');
    const [code = ''] = codes;
    const typed = code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o');
    const first = await typePassword('kay');
    const done = await first.browser.submit(first.page, { code: typed });
    expect(await claimsAt(first.browser, done)).toMatchObject({ acr: '2', amr: ['pwd', 'mfa'] });
    const again = await typePassword('kay');
    expect((await again.browser.submit(again.page, { code })).status).toBe(400);
    expect(await audited('second_factor.verify')).toEqual([
      'wrong_code',
      'recovery code used before',
    ]);
  });

  test('are replaced by new ones, and then good no more', async () => {
    const { browser, codes } = await setUp('lea');
    const page = await browser.open(`${acme.issuer}${account}`);
    const renewed = codesOf(await browser.submit(page, {}, '/recovery-codes'));
    expect(renewed).toHaveLength(10);
    const signIn = await typePassword('lea');
    const old = await signIn.browser.submit(signIn.page, { code: String(codes[1]) });
    expect(old.status).toBe(400);
    await claimsAt(
      signIn.browser,
      await signIn.browser.submit(old, { code: String(renewed[1]) }, '/second-factor'),
    );
  });

  test('count once for each form: what is pressed twice, or sent again, leaves those that were shown', async () => {
    const { browser } = await setUp('lou');
    const page = await browser.open(`${acme.issuer}${account}`);
    const send = () => browser.submit(page, {}, '/recovery-codes');
    const both = await Promise.all([send(), send()]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const again = await send();
    expect([again.status, codesOf(again)]).toEqual([409, []]);
    expect(again.html).toContain('the codes that you were shown are still good');
    const [code = ''] = both.flatMap(codesOf);
    const signIn = await typePassword('lou');
    await claimsAt(signIn.browser, await signIn.browser.submit(signIn.page, { code }));
    const fresh = await browser.open(`${acme.issuer}${account}`);
    expect(codesOf(await browser.submit(fresh, {}, '/recovery-codes'))).toHaveLength(10);
  });
});

describe('the rule of the tenant', () => {
  test('off asks nobody, not even those who have one, and offers none', async () => {
    await setUp('mia');
    await set({ second_factor: 'off' });
    const { browser, page } = await typePassword('mia');
    expect(await claimsAt(browser, page)).toMatchObject({ acr: '1' });
    expect((await browser.open(`${acme.issuer}${account}`)).html).not.toContain('Authenticator');
    expect((await browser.open(`${acme.issuer}/oauth/account/authenticator`)).status).toBe(404);
  });

  test('required has whoever has none set one up before they are signed in', async () => {
    await set({ second_factor: 'required' });
    await addPerson('ned');
    const { browser, page } = await typePassword('ned');
    expect(browser.cookies.some(({ name }) => name === 'pgrant_session')).toBe(false);
    const app = appOf(page.html);
    const wrong = await browser.submit(page, { code: '000000' }, '/set-up');
    expect([wrong.status, appOf(wrong.html).secret.base32]).toEqual([400, app.secret.base32]);
    const shown = await browser.submit(wrong, { code: app.generate() }, '/set-up');
    expect(codesOf(shown)).toHaveLength(10);
    const [, href = ''] = /<a class="button primary" href="([^"]*)"/.exec(shown.html) ?? [];
    const next = await browser.open(new URL(href.replaceAll('&amp;', '&'), shown.url));
    expect(await claimsAt(browser, next)).toMatchObject({ acr: '2', amr: ['pwd', 'otp', 'mfa'] });
  });

  test('required gives nobody a second app by a password alone', async () => {
    const { app } = await setUp('ole');
    await set({ second_factor: 'required' });
    const { browser, page } = await typePassword('ole');
    const [, request = ''] = /name="request" value="([^"]*)"/.exec(page.html) ?? [];
    const url = `${acme.issuer}/oauth/second-factor/set-up`;
    const body = new URLSearchParams({ request, set_up: 'AAAA', code: app.generate() });
    expect((await browser.open(url, { method: 'POST', body })).status).toBe(400);
  });

  test('required sends a session of before to the password first, and then to the app', async () => {
    await addPerson('pia');
    const { browser, page } = await typePassword('pia');
    await claimsAt(browser, page);
    await set({ second_factor: 'required' });
    const again = await begin(browser);
    expect(again.html).toContain('name="password"');
    const next = await browser.submit(again, { username: 'pia', password });
    expect(appOf(next.html).secret.base32).toHaveLength(32);
    const silent = await begin(browser, { prompt: 'none' });
    expect(new URL(silent.url).searchParams.get('error')).toBe('login_required');
  });

  test('sensitive asks once a sensitive scope is asked for', async () => {
    await call(acme.database.worker, ops.scope_add, {
      tenant: acme.tenant,
      scope: 'payments',
      title: 'Pay',
      sensitive: true,
    });
    await set({ second_factor: 'sensitive' });
    await addPerson('rex');
    const { browser, page } = await typePassword('rex');
    expect(await claimsAt(browser, page)).toMatchObject({ acr: '1' });
    const more = await begin(browser, { scope: 'openid payments' });
    const next = await browser.submit(more, { username: 'rex', password });
    expect(next.html).toContain('/oauth/second-factor/set-up');
  });
});

describe('acr [OpenID Connect Core 5.5.1.1, RFC 9470 5]', () => {
  test('2 is in the metadata where people show a second factor', async () => {
    const supported = async () => {
      const found = await discover(acme, acme.web);
      return found.serverMetadata().acr_values_supported;
    };
    expect(await supported()).toEqual(['1', '2']);
    await set({ second_factor: 'off' });
    expect(await supported()).toEqual(['1']);
  });

  test('2 that a session has not shown asks for the second factor, and for nothing else', async () => {
    const { app } = await setUp('sam');
    // From before the app was there: with one factor.
    await set({ second_factor: 'off' });
    const { browser, page } = await typePassword('sam');
    const before = await claimsAt(browser, page);
    await set({ second_factor: 'optional' });
    const stepUp = await begin(browser, { acr_values: '2' });
    expect(stepUp.html).not.toContain('name="password"');
    const done = await browser.submit(stepUp, { code: app.generate() }, '/second-factor');
    const after = await claimsAt(browser, done);
    expect(after).toMatchObject({ acr: '2', amr: ['pwd', 'otp', 'mfa'], sid: before.sid });
    expect(after.auth_time).toBe(before.auth_time);
  });

  test('1 that is essential is what a client is told of a sign-in with two', async () => {
    const { app } = await setUp('tim');
    const claims = JSON.stringify({ id_token: { acr: { essential: true, value: '1' } } });
    const { browser, page } = await typePassword('tim', { claims });
    const done = await browser.submit(page, { code: app.generate() });
    expect(await claimsAt(browser, done)).toMatchObject({ acr: '1', amr: ['pwd', 'otp', 'mfa'] });
  });

  test('2 that is essential has whoever has no second factor set one up', async () => {
    await addPerson('uma');
    const claims = JSON.stringify({ id_token: { acr: { essential: true, value: '2' } } });
    const { page } = await typePassword('uma', { claims });
    expect(page.html).toContain('/oauth/second-factor/set-up');
  });
});

describe('a sign-in that waits for the second factor', () => {
  test('is left for another way, as somebody else', async () => {
    await setUp('val');
    await addPerson('wes');
    const { browser, page } = await typePassword('val');
    const login = await browser.submit(page, {}, '/leave');
    expect(login.html).toContain('name="password"');
    const next = await browser.submit(login, { username: 'wes', password });
    expect(await claimsAt(browser, next)).toMatchObject({ acr: '1' });
  });

  test('is over when the password changes, or an operator removes the factor', async () => {
    const { app } = await setUp('xan');
    const { browser, page } = await typePassword('xan');
    await call(acme.database.worker, ops.second_factor_remove, {
      tenant: acme.tenant,
      username: 'xan',
    });
    const over = await browser.submit(page, { code: app.generate() });
    expect(over.html).toContain('name="password"');
    expect(await audited('second_factor.remove')).toEqual([null, null]);
  });

  test("belongs to its browser and tenant: another one's cannot go on with it", async () => {
    const { app } = await setUp('yan');
    const { page } = await typePassword('yan');
    const stranger = new Browser();
    const elsewhere = await stranger.submit(page, { code: app.generate() });
    expect([elsewhere.status, elsewhere.html.includes('expired')]).toEqual([400, true]);
    const other = await addTenant(acme.database, acme.origin, 'other');
    const [, request = ''] = /name="request" value="([^"]*)"/.exec(page.html) ?? [];
    const url = `${other.issuer}/oauth/second-factor`;
    const body = new URLSearchParams({ request, code: app.generate() });
    expect((await stranger.open(url, { method: 'POST', body })).status).toBe(400);
  });
});
