// Whenever a session ends, the clients that got an ID token in it are told by a logout token.
import * as client from 'openid-client';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call, callAll } from '../../src/db/call.ts';
import {
  type Acme,
  discover,
  insecure,
  obtainTokens,
  redirect_uri,
  startAcme,
} from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { addClient, addUser } from '../support/issuer.ts';
import {
  type LogoutReceiver,
  startLogoutReceiver,
  verifyLogoutToken,
} from '../support/logout-receiver.ts';
import { start, until } from '../worker/worker.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';
const goodbye = 'http://127.0.0.1:9999/callback/goodbye';
let acme: Acme;
let receiver: LogoutReceiver;
let config: client.Configuration;
let count = 0;

beforeAll(async () => {
  acme = await startAcme();
  await start(acme.database);
});

// Each test has a client and a receiver of its own.
beforeEach(async () => {
  receiver = await startLogoutReceiver();
  config = await addTold();
});

async function addTold(settings: Record<string, unknown> = {}) {
  count += 1;
  const app = await addClient(acme.database, acme.tenant, `app-${count}`, {
    redirect_uris: [redirect_uri],
    post_logout_redirect_uris: [goodbye],
    backchannel_logout_uri: receiver.url,
    ...settings,
  });
  return discover(acme, app);
}

const idOf = (configuration: client.Configuration) => configuration.clientMetadata().client_id;

const logout = (browser: Browser, id_token: string | undefined) =>
  browser.open(client.buildEndSessionUrl(config, { id_token_hint: id_token ?? '' }));

const deliveries = (client_id = idOf(config)) =>
  callAll(acme.database.worker, ops.logout_delivery_list, { tenant: acme.tenant, client_id });

const told = (number = 1) => until(async () => receiver.told.length >= number);

/** Has what waits for its next attempt tried now. */
async function hurry(): Promise<void> {
  const { sql } = acme.database;
  await sql`update pgrant.logout_deliveries set next_attempt_at = now() where state = 'pending'`;
  await sql`notify pgrant_outbox`;
}

test('the metadata say what is there [Back-Channel Logout 2.1]', () => {
  expect(config.serverMetadata()).toMatchObject({
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  });
});

describe('a logout token', () => {
  test('is what the specification says, and verifies by the JWK set [Back-Channel Logout 2.4, 2.5, 2.6]', async () => {
    const browser = new Browser();
    const { id_token, claims } = await obtainTokens(config, { scope: 'openid' }, browser);
    await logout(browser, id_token);
    await told();
    const [{ headers, token, body }] = receiver.told as [LogoutReceiver['told'][0]];
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect([...body.keys()]).toEqual(['logout_token']);
    const { payload, protectedHeader } = await verifyLogoutToken(acme.issuer, idOf(config), token);
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'logout+jwt', kid: expect.any(String) });
    expect(payload).toEqual({
      iss: acme.issuer,
      aud: idOf(config),
      sub: claims?.sub,
      sid: claims?.sid,
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.any(String),
      events: { [event]: {} },
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(120);
    await until(async () => (await deliveries())[0]?.state === 'delivered');
  });

  test('is signed as the ID tokens of the client are [Back-Channel Logout 2.4]', async () => {
    const { client_secret } = (await addTold({ id_token_alg: 'ES256' })).clientMetadata();
    config = await client.discovery(
      new URL(acme.issuer),
      `app-${count}`,
      { client_secret: String(client_secret), id_token_signed_response_alg: 'ES256' },
      undefined,
      insecure,
    );
    const browser = new Browser();
    const { id_token } = await obtainTokens(config, { scope: 'openid' }, browser);
    await logout(browser, id_token);
    await told();
    const token = receiver.told[0]?.token ?? '';
    const { protectedHeader } = await verifyLogoutToken(acme.issuer, idOf(config), token);
    expect(protectedHeader.alg).toBe('ES256');
  });

  test('names person and session as a pairwise client knows them [Core 8.1]', async () => {
    config = await addTold({ subject_type: 'pairwise' });
    const browser = new Browser();
    const { id_token, claims } = await obtainTokens(config, { scope: 'openid' }, browser);
    const other = await obtainTokens(await discover(acme, acme.web), { scope: 'openid' }, browser);
    expect(claims?.sid).toBeTruthy();
    expect(claims?.sid).not.toBe(other.claims?.sid);
    // A browser without the cookie: the sid of the hint finds the session.
    await logout(new Browser(), id_token);
    await told();
    const token = receiver.told[0]?.token ?? '';
    const { payload } = await verifyLogoutToken(acme.issuer, idOf(config), token);
    expect(payload).toMatchObject({ sub: claims?.sub, sid: claims?.sid });
  });

  test('is told to each client of the session, and to no other', async () => {
    const elsewhere = await startLogoutReceiver();
    const second = await addTold({ backchannel_logout_uri: elsewhere.url });
    const stranger = await addTold();
    const browser = new Browser();
    const { id_token } = await obtainTokens(config, { scope: 'openid' }, browser);
    await obtainTokens(second, { scope: 'openid' }, browser);
    await obtainTokens(stranger, { scope: 'openid' });
    await logout(browser, id_token);
    await told();
    await until(async () => elsewhere.told.length === 1);
    await verifyLogoutToken(acme.issuer, idOf(second), elsewhere.told[0]?.token ?? '');
    expect(await deliveries(idOf(stranger))).toEqual([]);
  });

  test('is not sent where the client got no ID token [Back-Channel Logout 2.3]', async () => {
    const browser = new Browser();
    await obtainTokens(config, { scope: 'email' }, browser);
    const { id_token } = await obtainTokens(
      await discover(acme, acme.web),
      { scope: 'openid' },
      browser,
    );
    await logout(browser, id_token);
    expect(await deliveries()).toEqual([]);
  });
});

describe('clients are told when', () => {
  const about = () => ({ tenant: acme.tenant, username: 'ada' });
  test.each([
    [
      'an operator signs the person out',
      () => call(acme.database.worker, ops.user_sign_out, about()),
    ],
    [
      'the password is changed',
      () =>
        call(acme.database.worker, ops.user_password, {
          ...about(),
          password_salt: Buffer.alloc(16),
          password_params: {},
          password_hash: Buffer.alloc(32),
        }),
    ],
    [
      'the person is disabled',
      () => call(acme.database.worker, ops.user_disable, { ...about(), disabled: true }),
    ],
    ['the person is removed', () => call(acme.database.worker, ops.user_remove, about())],
    [
      'an incident is ended',
      () =>
        callAll(acme.database.worker, ops.incident_revoke, {
          tenant: acme.tenant,
          since: '-infinity',
          grants: false,
          client_secrets: false,
        }),
    ],
  ])('%s', async (_name, end) => {
    const { claims } = await obtainTokens(config, { scope: 'openid' });
    await end();
    await told();
    const token = receiver.told[0]?.token ?? '';
    const { payload } = await verifyLogoutToken(acme.issuer, idOf(config), token);
    expect(payload).toMatchObject({ sub: claims?.sub, sid: claims?.sid });
    // Whoever was disabled or removed is there again for the next test.
    await call(acme.database.worker, ops.user_remove, about()).catch(() => {});
    await addUser(acme.database, acme.tenant, 'ada', 'correct horse');
  });
});

describe('a client that does not take a logout token', () => {
  async function endSession() {
    const browser = new Browser();
    const { id_token } = await obtainTokens(config, { scope: 'openid' }, browser);
    await logout(browser, id_token);
  }

  test.each([400, 302, 501])(
    'with %i is told again, by a new token [Back-Channel Logout 2.8]',
    async (status) => {
      receiver.reply = () => ({ status });
      await endSession();
      await told();
      await until(async () => (await deliveries())[0]?.last_status === status);
      expect((await deliveries())[0]).toMatchObject({ state: 'pending', attempts: 1 });
      receiver.reply = () => ({ status: 204 });
      await hurry();
      await until(async () => (await deliveries())[0]?.state === 'delivered');
      const jtis = await Promise.all(
        receiver.told.map(async ({ token }) => {
          const { payload } = await verifyLogoutToken(acme.issuer, idOf(config), token);
          return payload.jti;
        }),
      );
      expect(new Set(jtis).size).toBe(2);
    },
  );

  test('for a day is given up, and told again when an operator says so', async () => {
    receiver.reply = () => ({ status: 500 });
    await endSession();
    await until(async () => (await deliveries())[0]?.last_status === 500);
    await acme.database.sql`update pgrant.logout_deliveries set give_up_at = now()`;
    await hurry();
    await until(async () => (await deliveries())[0]?.state === 'dead');
    const [reported] = await acme.database.as('postgres')`
      select state, last_error from pgrant_report.logout_deliveries where client_id = ${idOf(config)}`;
    expect(reported).toEqual({ state: 'dead', last_error: 'HTTP 500' });
    receiver.reply = () => ({ status: 200 });
    const client_id = idOf(config);
    const about = { tenant: acme.tenant, client_id };
    const sent = await call(acme.database.worker, ops.logout_delivery_resend, about);
    expect(sent.logout_delivery_resend).toBe(1);
    await until(async () => (await deliveries())[0]?.state === 'delivered');
  });

  test('because it is disabled by now is told nothing', async () => {
    const { sql } = acme.database;
    receiver.reply = () => ({ status: 500 });
    await endSession();
    await until(async () => (await deliveries())[0]?.last_status === 500);
    await sql`update pgrant.clients set disabled_at = now() where client_id = ${idOf(config)}`;
    await hurry();
    await until(async () => (await deliveries())[0]?.state === 'dead');
    expect(receiver.told).toHaveLength(1);
  });

  test('at a private address is never asked', async () => {
    config = await addTold({ backchannel_logout_uri: 'https://169.254.169.254/latest' });
    await endSession();
    await until(async () => (await deliveries())[0]?.last_error !== null);
    expect((await deliveries())[0]?.last_error).toContain('special use');
  });
});

describe('backchannel_logout_uri', () => {
  test.each([
    'http://rp.example/logout',
    'https://rp.example/logout#part',
    'https://user@rp.example/logout',
    '/logout',
    'javascript:alert(1)',
  ])('is refused where it is %s [Back-Channel Logout 2.2]', async (backchannel_logout_uri) => {
    await expect(addTold({ backchannel_logout_uri })).rejects.toMatchObject({ code: 'OA003' });
  });
});
