// Passkeys in Chromium, with its virtual authenticator: added, used alone and after the password, and refused.
import * as client from 'openid-client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { insecure, password } from '../support/acme.ts';
import { hasChromium, launch, openPage, press, see } from '../support/chromium.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { addClient, addTenant, addUser, startServer } from '../support/issuer.ts';
import { look } from '../support/look.ts';

const redirect_uri = 'http://127.0.0.1:9/callback';
const verifier = client.randomPKCECodeVerifier();

describe.skipIf(!hasChromium)('a passkey', () => {
  let browser: Browser;
  let database: TestDatabase;
  let acme: { tenant: string; issuer: string };
  let other: { tenant: string; issuer: string };
  let config: client.Configuration;

  beforeAll(async () => {
    database = await createDatabase();
    const { origin } = await startServer(database);
    // An address is no domain, and has no passkeys.
    const local = origin.replace('127.0.0.1', 'localhost');
    acme = await addTenant(database, local, 'acme');
    other = await addTenant(database, local, 'other');
    for (const { tenant } of [acme, other]) {
      await call(database.worker, ops.tenant_set, {
        tenant,
        settings: { second_factor: 'optional' },
      });
      await addUser(database, tenant, 'ada', password);
    }
    const web = await addClient(database, acme.tenant, 'web', { redirect_uris: [redirect_uri] });
    config = await client.discovery(
      new URL(acme.issuer),
      web.client_id,
      web.client_secret,
      undefined,
      insecure,
    );
    browser = await launch();
  });

  afterAll(() => browser?.close());

  const account = () => `${acme.issuer}/oauth/account/sign-in`;

  /** A browser with an authenticator that finds its passkeys without a username. */
  async function withAuthenticator() {
    const { page, complaints } = await openPage(browser);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await page.route('http://127.0.0.1:9/**', (route) => route.fulfill({ body: 'arrived' }));
    return { page, complaints, devtools, authenticatorId };
  }

  async function typePassword(page: Page, username: string) {
    await page.locator('#username').fill(username);
    await page.locator('#password').fill(password);
    await press(page, 'Sign in');
  }

  /** A person with a passkey, in a browser that has forgotten them. */
  async function addPerson(username: string) {
    await addUser(database, acme.tenant, username, password);
    const opened = await withAuthenticator();
    const { page } = opened;
    await page.goto(account());
    await typePassword(page, username);
    await page.getByLabel('What to call it').fill('Laptop');
    await press(page, 'Add a passkey');
    await see(page, 'Your recovery codes');
    await page.context().clearCookies();
    return opened;
  }

  const urlOf = async (parameters: Record<string, string> = {}) =>
    client.buildAuthorizationUrl(config, {
      redirect_uri,
      scope: 'openid',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...parameters,
    }).href;

  /** Allows, and gives the claims of the ID token. */
  async function claimsAt(page: Page) {
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.getByText('arrived').waitFor();
    const tokens = await client.authorizationCodeGrant(config, new URL(page.url()), {
      pkceCodeVerifier: verifier,
    });
    return tokens.claims();
  }

  const use = (page: Page) => press(page, 'Sign in with a passkey');

  const refused = (page: Page) => page.getByText('This passkey was not accepted.').waitFor();

  /** The last refusal: an event where it names a person, else one that is counted. */
  const audited = async (tenant = acme.tenant) => {
    const [row] = await database.sql`
      select e.error, e.reason, e.at from pgrant.audit_events e
       where e.tenant_id = ${tenant} and e.action = 'passkey.verify'
      union all
      select r.error, r.reason, r.last_at from pgrant.refusals r
       where r.tenant_id = ${tenant} and r.action = 'passkey.verify'
       order by at desc limit 1`;
    return [row?.error, row?.reason];
  };

  /** Changes what the server asks the browser for. */
  const askFor = (page: Page, change: object) =>
    page.route('**/oauth/passkey/options', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), ...change } });
    });

  test('is added by name, signs in without a username, and is removed [Web Authentication 7.1, 7.2]', {
    timeout: 60_000,
  }, async () => {
    const { page, complaints } = await addPerson('bea');
    await page.goto(await urlOf());
    await use(page);
    expect(await claimsAt(page)).toMatchObject({ acr: '2', amr: ['pop', 'user', 'mfa'] });
    await page.goto(account());
    await page.getByRole('heading', { name: 'Laptop' }).waitFor();
    expect(await page.locator('#recovery-codes + p').textContent()).toBe('10 codes are left.');
    await page.getByRole('button', { name: 'Remove Laptop' }).click();
    await page.getByText('The passkey is removed.').waitFor();
    await page.context().clearCookies();
    await page.goto(await urlOf());
    await use(page);
    await refused(page);
    expect(await audited()).toEqual([
      'wrong_passkey',
      'passkey unknown: removed, or of another tenant',
    ]);
    expect(complaints).toEqual([]);
  });

  test('is set up while signing in, by whoever has to have a second factor, and by nobody who has one', {
    timeout: 60_000,
  }, async () => {
    const rule = (second_factor: string) =>
      call(database.worker, ops.tenant_set, { tenant: acme.tenant, settings: { second_factor } });
    await addUser(database, acme.tenant, 'kay', password);
    const { page, complaints } = await withAuthenticator();
    await rule('required');
    await page.goto(await urlOf());
    await typePassword(page, 'kay');
    await see(page, 'Set up the second step');
    const faults = await look(page, 'second-factor-set-up-passkey');
    let sent = '';
    await page.route('**/oauth/second-factor/passkey', async (route) => {
      sent = route.request().postData() ?? '';
      await route.continue();
    });
    await page.getByLabel('What to call it').fill('Phone');
    await press(page, 'Add a passkey');
    await see(page, 'Your recovery codes');
    const again = await page.request.post(`${acme.issuer}/oauth/second-factor/passkey`, {
      data: sent,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      maxRedirects: 0,
    });
    // Nobody is asked for a second factor any more: the request goes on, and who pressed twice reads where codes are made.
    expect(again.status()).toBe(409);
    expect(await again.text()).toContain('Nothing was set up now');
    await page.getByRole('link', { name: 'I have kept them' }).click();
    expect(await claimsAt(page)).toMatchObject({ acr: '2', amr: ['pwd', 'pop', 'user', 'mfa'] });
    // Another browser with the password alone gets no passkey of its own.
    const thief = await withAuthenticator();
    await thief.page.goto(await urlOf());
    await typePassword(thief.page, 'kay');
    await see(thief.page, 'The second step');
    const request = await thief.page.locator('input[name=request]').first().inputValue();
    const options = await thief.page.request.post(
      `${acme.issuer}/oauth/second-factor/passkey/options`,
      { form: { request } },
    );
    expect([options.status(), (await options.json()).error]).toEqual([403, 'access_denied']);
    await rule('optional');
    expect(faults).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('is the second factor after a password, without verification too', {
    timeout: 60_000,
  }, async () => {
    const { page, devtools, authenticatorId } = await addPerson('cleo');
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await page.goto(await urlOf());
    await typePassword(page, 'cleo');
    await see(page, 'The second step');
    await askFor(page, { userVerification: 'discouraged' });
    await use(page);
    expect(await claimsAt(page)).toMatchObject({ acr: '2', amr: ['pwd', 'pop', 'user', 'mfa'] });
  });

  test('does not sign in alone without verification [Web Authentication 7.2, step 17]', {
    timeout: 60_000,
  }, async () => {
    const { page, devtools, authenticatorId } = await addPerson('dan');
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await page.goto(await urlOf());
    await use(page);
    await page.getByText('That did not work.').waitFor();
    await askFor(page, { userVerification: 'discouraged' });
    await use(page);
    await refused(page);
    expect(await audited()).toEqual([
      'wrong_passkey',
      'the person was not verified, and has shown no password',
    ]);
  });

  test('whose counter went back is refused: a copy may be in use [Web Authentication 6.1.1]', {
    timeout: 60_000,
  }, async () => {
    const { page } = await addPerson('eve');
    await database.sql`
      update pgrant.passkeys k set sign_count = 1000 from pgrant.users u
       where u.tenant_id = k.tenant_id and u.user_id = k.user_id and u.username = 'eve'`;
    await page.goto(await urlOf());
    await use(page);
    await refused(page);
    expect(await audited()).toEqual(['wrong_passkey', 'signature counter went back']);
  });

  test("of another tenant on the same host is nobody's, and a disabled person's too", {
    timeout: 60_000,
  }, async () => {
    const { page } = await addPerson('finn');
    await page.goto(`${other.issuer}/oauth/account`);
    await use(page);
    await refused(page);
    expect(await audited(other.tenant)).toEqual([
      'wrong_passkey',
      'passkey unknown: removed, or of another tenant',
    ]);
    await call(database.worker, ops.user_disable, {
      tenant: acme.tenant,
      username: 'finn',
      disabled: true,
    });
    await page.goto(await urlOf());
    await use(page);
    await refused(page);
    expect(await audited()).toEqual([
      'wrong_passkey',
      'passkey unknown: removed meanwhile, or its person disabled',
    ]);
  });

  test("of another person is no second factor of one's own", { timeout: 60_000 }, async () => {
    const { page } = await addPerson('gus');
    const { page: theirs } = await addPerson('hal');
    await theirs.close();
    await askFor(page, { allowCredentials: [] });
    await page.goto(await urlOf());
    await typePassword(page, 'hal');
    await use(page);
    await refused(page);
    expect(await audited()).toEqual(['wrong_passkey', 'passkey of another person']);
  });

  test('signs for this origin, and each challenge once [Web Authentication 7.2, steps 12 and 13]', {
    timeout: 60_000,
  }, async () => {
    const { page } = await addPerson('ida');
    let good = '';
    await page.route('**/oauth/passkey', async (route) => {
      const form = new URLSearchParams(route.request().postData() ?? '');
      good = form.toString();
      const credential = JSON.parse(form.get('credential') ?? '');
      const signed = JSON.parse(
        Buffer.from(credential.response.clientDataJSON, 'base64url').toString(),
      );
      const client = JSON.stringify({ ...signed, origin: 'https://evil.example' });
      credential.response.clientDataJSON = Buffer.from(client).toString('base64url');
      form.set('credential', JSON.stringify(credential));
      await route.continue({ postData: form.toString() });
    });
    await page.goto(await urlOf());
    await use(page);
    await refused(page);
    expect(await audited()).toEqual(['wrong_passkey', 'Unexpected authentication response origin']);
    const again = await page.request.post(`${acme.issuer}/oauth/passkey`, {
      data: good,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(again.status()).toBe(400);
    expect(await audited()).toEqual([
      'wrong_passkey',
      'challenge unknown, used, expired, or of another request',
    ]);
  });

  test('has pages that axe objects to nothing of, in either theme [WCAG 2.2]', {
    timeout: 120_000,
  }, async () => {
    const { page, complaints } = await addPerson('jan');
    await page.goto(await urlOf());
    const faults = await look(page, 'login-passkey');
    await typePassword(page, 'jan');
    faults.push(...(await look(page, 'second-factor-passkey')));
    await use(page);
    await page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
    await page.goto(account());
    faults.push(...(await look(page, 'account-passkeys')));
    expect(faults).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('is not offered at an IP address, which is no domain [Web Authentication 5.1.2]', async () => {
    const { page } = await openPage(browser);
    const { issuer } = await addTenant(
      database,
      new URL(acme.issuer).origin.replace('localhost', '127.0.0.1'),
      'address',
    );
    await page.goto(`${issuer}/oauth/account`);
    expect(await page.locator('form[data-passkey]').count()).toBe(0);
  });

  test('is not offered without a script, and the password does', async () => {
    const { page } = await openPage(browser, { javaScriptEnabled: false });
    await page.goto(`${acme.issuer}/oauth/account`);
    expect(await page.getByRole('button', { name: 'Sign in with a passkey' }).count()).toBe(0);
    await typePassword(page, 'ada');
    await see(page, 'Your applications');
  });
});
