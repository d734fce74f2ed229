// Device authorization (RFC 8628), with clients that others wrote.
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { newSecret, parseToken, secretHash } from '../../src/protocol/secrets.ts';
import { type Acme, insecure, password, proceed, startAcme } from '../support/acme.ts';
import { Browser, formOf, type Page } from '../support/browser.ts';
import { addClient, addUser, type Client } from '../support/issuer.ts';

const grant = 'urn:ietf:params:oauth:grant-type:device_code';
let acme: Acme;
let tool: Client;
let machine: Client;

beforeAll(async () => {
  acme = await startAcme();
  tool = await addClient(acme.database, acme.tenant, 'tool', {
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    grant_types: [grant, 'refresh_token'],
    redirect_uris: [],
  });
  machine = await addClient(acme.database, acme.tenant, 'machine', {
    grant_types: [grant],
    redirect_uris: [],
  });
});

const discover = (one: Client) =>
  client.discovery(
    new URL(acme.issuer),
    one.client_id,
    one === tool ? undefined : one.client_secret,
    one === tool ? client.None() : undefined,
    insecure,
  );

/** As a Japanese keyboard gives letters, in full width. */
const wide = (text: string) =>
  text.replace(/[!-~]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0));

/** Types a user code at the page, signs in where asked, and comes to the page of consent. */
async function typed(browser: Browser, userCode: string): Promise<Page> {
  const page = await browser.open(`${acme.issuer}/device`);
  return browser.submit(page, { user_code: userCode });
}

const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${acme.issuer}${path}`, { method: 'POST', headers, body: new URLSearchParams(form) });

const asked = async (form: Record<string, string> = {}) => {
  const response = await post('/oauth/device_authorization', {
    client_id: tool.client_id,
    ...form,
  });
  return (await response.json()) as Record<string, string> & {
    expires_in: number;
    interval: number;
  };
};

type Asked = Awaited<ReturnType<typeof asked>>;

const polled = async (device_code: string, of = tool.client_id) => {
  const response = await post('/oauth/token', { grant_type: grant, device_code, client_id: of });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
};

test('a device gets tokens once its person has allowed it [RFC 8628]', async () => {
  const config = await discover(tool);
  const started = await client.initiateDeviceAuthorization(config, {
    scope: 'openid profile offline_access',
  });
  expect(started).toMatchObject({
    verification_uri: `${acme.issuer}/device`,
    verification_uri_complete: `${acme.issuer}/device?user_code=${started.user_code}`,
    interval: 5,
  });
  expect(started.user_code).toMatch(/^[B-Z]{4}-[B-Z]{4}$/);
  expect(started.expires_in).toBeGreaterThan(595);
  const browser = new Browser();
  const page = await typed(browser, started.user_code.toLowerCase().replace('-', ' '));
  const done = await proceed(browser, page);
  expect(done.html).toContain('Your device is connected');
  const tokens = await client.pollDeviceAuthorizationGrant(config, { ...started, interval: 0 });
  expect(tokens.claims()?.aud).toBe(tool.client_id);
  const person = await client.fetchUserInfo(
    config,
    tokens.access_token,
    tokens.claims()?.sub ?? '',
  );
  expect(person.name).toBe('Ada Lovelace');
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
  expect(refreshed.access_token).not.toBe(tokens.access_token);
});

test('a user code may come in letters of full width, as a Japanese keyboard gives them [RFC 8628 6.1]', async () => {
  const { user_code = '' } = await asked();
  const browser = new Browser();
  const done = await proceed(browser, await typed(browser, wide(user_code.toLowerCase())));
  expect(done.html).toContain('Your device is connected');
});

test('a device that asks for authorization details is told that it gets none [RFC 9396 5]', async () => {
  await call(acme.database.worker, ops.authorization_details_type_set, {
    ...{ tenant: acme.tenant, type: 'payment', title: 'Pay' },
    ...{ json_schema: { type: 'object' }, template: 'Pay.' },
  } as never);
  const details = { authorization_details: '[{"type":"payment"}]', client_id: tool.client_id };
  const { device_code = '' } = await asked();
  for (const answer of [
    await post('/oauth/device_authorization', details),
    await post('/oauth/token', { grant_type: grant, device_code, ...details }),
  ]) {
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error: 'invalid_authorization_details',
      error_description: expect.stringContaining('a device gets none'),
    });
  }
});

describe('a poll', () => {
  test('is told to wait, at once and without a charge, and to slow down if it comes too soon [RFC 8628 3.5]', async () => {
    const { device_code } = await asked();
    expect(await polled(device_code ?? '')).toMatchObject({
      status: 400,
      body: { error: 'authorization_pending' },
    });
    expect(acme.lines.join('')).not.toContain('authorization_pending');
    expect(await polled(device_code ?? '')).toMatchObject({
      status: 400,
      body: { error: 'slow_down' },
    });
    expect(acme.lines.join('')).toContain('slow_down');
    const [row] = await acme.database.sql`
      select poll_interval from pgrant.device_codes order by created_at desc limit 1`;
    expect(row?.poll_interval).toBe(10);
  });

  test('keeps no commit of others waiting while it waits, unless it has used up a proof', async () => {
    const { hash, expires_at } =
      parseToken('device_code', (await asked()).device_code ?? '') ?? expect.fail();
    const none = newSecret().hash;
    const flushed = (possession: unknown) =>
      acme.database.sql.begin(async (sql) => {
        await sql`set local synchronous_commit = on`;
        const [row] = await sql`
          select error from pgrant_api.device_redeem(
            ${acme.tenant}, array['00000000000000000000000000000000'], array[null::inet], array[${tool.client_id}], array['none'],
            array[null::bytea], array[null::jsonb], array[${sql.json(possession as never)}::jsonb], array[${hash}::bytea],
            array[${expires_at}::bigint], array[${none}::bytea], array[${none}::bytea], array[${none}::bytea])`;
        const [setting] = await sql`show synchronous_commit`;
        return [row?.error, setting?.synchronous_commit];
      });
    expect(await flushed(null)).toEqual(['authorization_pending', 'off']);
    const proof = {
      jkt: 'k',
      alg: 'ES256',
      jti_hash: 'aa'.repeat(32),
      exp: Math.ceil(Date.now() / 1000) + 60,
    };
    expect((await flushed({ proof }))[1]).toBe('on');
  });

  test('learns that the person denied it [RFC 8628 3.5]', async () => {
    const { device_code, user_code } = await asked();
    const browser = new Browser();
    const done = await proceed(browser, await typed(browser, user_code ?? ''), 'deny');
    expect(done.html).toContain('You did not allow it');
    expect(await polled(device_code ?? '')).toMatchObject({
      status: 400,
      body: { error: 'access_denied' },
    });
  });

  test('learns that its code has expired [RFC 8628 3.5]', async () => {
    const { device_code } = await asked();
    const { sql } = acme.database;
    const [, expiry] = /^pgrant_dc_([0-9a-z]+)_/.exec(device_code ?? '') ?? [];
    await sql`
      update pgrant.device_codes set expires_at = to_timestamp(${Number.parseInt(expiry ?? '', 36)}) - interval '1 hour'
       where expires_at = to_timestamp(${Number.parseInt(expiry ?? '', 36)})`;
    const past = (Number.parseInt(expiry ?? '', 36) - 3600).toString(36);
    const old = (device_code ?? '').replace(`_${expiry}_`, `_${past}_`);
    expect((await polled(old)).body.error).toBe('expired_token');
  });

  test.each([
    [
      'of another client',
      async (code: string) => polled(code, acme.native.client_id),
      'unauthorized_client',
    ],
    ['with an unknown code', async () => polled('pgrant_dc_zzzzzz_x'), 'invalid_grant'],
    ['without a code', async () => polled(''), 'invalid_request'],
  ])('%s is refused [RFC 6749 5.2]', async (_, poll, error) => {
    const { device_code } = await asked();
    expect((await poll(device_code ?? '')).body.error).toBe(error);
  });

  test('of two that race gets tokens once', async () => {
    const { device_code, user_code } = await asked();
    const browser = new Browser();
    await proceed(browser, await typed(browser, user_code ?? ''));
    const answers = await Promise.all([polled(device_code ?? ''), polled(device_code ?? '')]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
    const good = answers.find(({ status }) => status === 200)?.body.access_token ?? '';
    const me = await fetch(`${acme.issuer}/oauth/userinfo`, {
      headers: { authorization: `Bearer ${good}` },
    });
    // No openid was asked for: the token is good, and says so.
    expect(me.status).toBe(403);
  });

  test('gets nothing once the grant is revoked', async () => {
    const { device_code, user_code } = await asked();
    const browser = new Browser();
    await proceed(browser, await typed(browser, user_code ?? ''));
    await acme.database.sql`update pgrant.grants set revoked_at = now(), revoked_reason = 'test'`;
    expect((await polled(device_code ?? '')).body.error).toBe('invalid_grant');
  });
});

describe('a device authorization request', () => {
  test('of a confidential client is authenticated, by oauth4webapi too [RFC 8628 3.1]', async () => {
    const as = await oauth
      .discoveryRequest(new URL(acme.issuer), { [oauth.allowInsecureRequests]: true })
      .then((response) => oauth.processDiscoveryResponse(new URL(acme.issuer), response));
    expect(as.device_authorization_endpoint).toBe(`${acme.issuer}/oauth/device_authorization`);
    expect(as.grant_types_supported).toContain(grant);
    const response = await oauth.deviceAuthorizationRequest(
      as,
      { client_id: machine.client_id },
      oauth.ClientSecretBasic(machine.client_secret),
      { scope: 'openid' },
      { [oauth.allowInsecureRequests]: true },
    );
    const one = await oauth.processDeviceAuthorizationResponse(
      as,
      { client_id: machine.client_id },
      response,
    );
    expect(one.user_code).toMatch(/-/);
    const wrong = await post('/oauth/device_authorization', {
      client_id: machine.client_id,
      client_secret: 'wrong',
    });
    expect(wrong.status).toBe(401);
  });

  test('of a public client may come with Basic and an empty secret, as libpq sends it', async () => {
    const authorization = `Basic ${Buffer.from(`${tool.client_id}:`).toString('base64')}`;
    const response = await post(
      '/oauth/device_authorization',
      { scope: 'openid' },
      { authorization },
    );
    expect(response.status).toBe(200);
    const { device_code } = (await response.json()) as { device_code: string };
    const poll = await post('/oauth/token', { grant_type: grant, device_code }, { authorization });
    expect([poll.status, ((await poll.json()) as { error: string }).error]).toEqual([
      400,
      'authorization_pending',
    ]);
  });

  test.each([
    [{ scope: 'nonsense' }, 'invalid_scope'],
    [{ client_id: 'nobody' }, 'invalid_client'],
    [{ scope: 'a\u0007' }, 'invalid_request'],
  ])('%o is refused [RFC 6749 5.2]', async (form, error) => {
    expect((await asked(form)).error).toBe(error);
  });

  test('of a client that is not registered for it is refused', async () => {
    expect((await asked({ client_id: acme.native.client_id })).error).toBe('unauthorized_client');
  });

  test('too many of one address are told to slow down, and never 429 nor 503', async () => {
    await acme.database.sql`update pgrant.tenants set authorization_rate = 1`;
    await acme.database.sql`delete from pgrant.counters`;
    try {
      const responses = await Promise.all(
        [1, 2, 3].map(() => post('/oauth/device_authorization', { client_id: tool.client_id })),
      );
      const bodies = await Promise.all(
        responses.map(async (one) => (await one.json()) as { error?: string; user_code?: string }),
      );
      expect(responses.map(({ status }) => status)).toContain(400);
      expect(responses.every(({ status }) => status === 200 || status === 400)).toBe(true);
      expect(bodies.some(({ error }) => error === 'slow_down')).toBe(true);
      // Whoever has got a code is none the worse for it.
      const { user_code } = bodies.find((body) => body.user_code) ?? {};
      expect((await typed(new Browser(), user_code ?? '')).status).toBe(200);
    } finally {
      await acme.database.sql`update pgrant.tenants set authorization_rate = default`;
    }
  });
});

describe('the page', () => {
  test('says which application asks, from where, and warns [RFC 10027]', async () => {
    const { user_code, verification_uri_complete } = await asked({ scope: 'openid profile' });
    const browser = new Browser();
    const shown = await browser.open(verification_uri_complete ?? '');
    expect(shown.html).toContain(`value="${user_code}"`);
    expect(shown.html).toContain('Go on only if you started this yourself');
    const login = await browser.submit(shown, { user_code: user_code ?? '' });
    const consent = await browser.submit(login, { username: 'ada', password: 'correct horse' });
    expect(consent.html).toContain('Only allow this if you started it yourself');
    expect(consent.html).toContain('127.0.0.1');
    expect(consent.html).toContain('tool');
  });

  test('asks although the person has allowed the application before [RFC 10027]', async () => {
    const browser = new Browser();
    for (let time = 0; time < 2; time += 1) {
      const { user_code } = await asked();
      const page = await typed(browser, user_code ?? '');
      const consent = page.html.includes('name="password"')
        ? await browser.submit(page, { username: 'ada', password: 'correct horse' })
        : page;
      expect(consent.html).toContain('name="decision"');
      await browser.submit(consent, { decision: 'allow' });
    }
  });

  test('says the same again to whoever presses Allow or Deny twice, before and after the device has polled', async () => {
    for (const [decision, said] of [
      ['allow', 'Your device is connected'],
      ['deny', 'You did not allow it'],
    ] as const) {
      const { device_code, user_code } = await asked();
      const browser = new Browser();
      const login = await typed(browser, user_code ?? '');
      const consent = await browser.submit(login, { username: 'ada', password });
      const pressed = await Promise.all([
        browser.submit(consent, { decision }),
        browser.submit(consent, { decision }),
      ]);
      expect(pressed.map(({ status }) => status)).toEqual([200, 200]);
      for (const { html } of pressed) expect(html).toContain(said);
      const { status } = await polled(device_code ?? '');
      expect(status).toBe(decision === 'allow' ? 200 : 400);
      expect((await browser.submit(consent, { decision })).html).toContain(said);
      expect((await browser.open(consent.url)).status).toBe(decision === 'allow' ? 200 : 400);
      const other = decision === 'allow' ? 'deny' : 'allow';
      expect((await browser.submit(consent, { decision: other })).status).toBe(400);
      expect((await new Browser().submit(consent, { decision })).status).toBe(400);
      expect((await polled(device_code ?? '')).status).toBe(400);
    }
  });

  describe('of a client whose codes wait together', () => {
    const together = (on: boolean) =>
      acme.database
        .sql`update pgrant.clients set device_codes_together = ${on} where client_id = ${tool.client_id}`;
    const several = (forms: Record<string, string>[]) => Promise.all(forms.map(asked));
    const consentOf = async (user_code = '', browser = new Browser(), username = 'ada') => {
      const login = await typed(browser, user_code);
      return { browser, page: await browser.submit(login, { username, password }) };
    };
    const ticks = ({ html }: Page) =>
      [...html.matchAll(/name="device" value="([0-9a-f]{64})"/g)].map(([, id = '']) => id);
    const decide = async (browser: Browser, page: Page, decision: string, devices: string[]) => {
      const { action, fields } = formOf(page.html);
      delete fields.device;
      const body = new URLSearchParams({ ...fields, decision });
      for (const id of devices) body.append('device', id);
      return browser.fetch(new URL(action, page.url), { method: 'POST', body });
    };
    const errorsOf = async (codes: Asked[]) => {
      const answers = await Promise.all(codes.map(({ device_code = '' }) => polled(device_code)));
      return answers.map(({ body }) => body.error);
    };

    beforeAll(() => together(true));
    beforeEach(async () => {
      await acme.database
        .sql`update pgrant.device_codes set denied_at = now() where denied_at is null and allowed_at is null`;
    });
    afterAll(() => together(false));

    test('shows each that waits for the same from the same address, unticked, and decides those that were ticked', async () => {
      const form = { scope: 'openid' };
      const codes = await several([form, form, form, form]);
      const { browser, page } = await consentOf(codes[0]?.user_code);
      for (const { user_code } of codes.slice(1))
        expect(page.html).toContain(`<code>${user_code?.slice(0, 2)}</code>`);
      expect(page.html).not.toContain('checked');
      expect(ticks(page)).toHaveLength(3);
      const answer = await decide(browser, page, 'allow', ticks(page).slice(0, 2));
      expect(await answer.text()).toContain('Your device is connected');
      const errors = await errorsOf(codes);
      expect(errors[0]).toBeUndefined();
      expect(errors.slice(1).toSorted()).toEqual(['authorization_pending', undefined, undefined]);
      const [{ count } = { count: 0 }] = await acme.database.sql<{ count: number }[]>`
        select count(*)::integer from pgrant.audit_events
         where action = 'consent.allow' and at = (select max(at) from pgrant.audit_events where action = 'consent.allow')`;
      expect(count).toBe(3);
      // Pressed again, it says the same and gives nothing more.
      const again = await decide(browser, page, 'allow', ticks(page));
      expect(await again.text()).toContain('Your device is connected');
    });

    test('shows those that were asked for with it, whatever a health check at its address has left waiting', async () => {
      await several(Array.from({ length: 25 }, () => ({})));
      await acme.database
        .sql`update pgrant.device_codes set created_at = created_at - interval '1 minute' where denied_at is null`;
      const codes = await several([{}, {}, {}]);
      const { browser, page } = await consentOf(codes[1]?.user_code);
      expect(ticks(page)).toHaveLength(20);
      await several(Array.from({ length: 25 }, () => ({})));
      await decide(browser, page, 'allow', ticks(page));
      expect(await errorsOf(codes)).toEqual([undefined, undefined, undefined]);
    });

    test('denies those that were ticked, and no other', async () => {
      const codes = await several([{}, {}, {}]);
      const { browser, page } = await consentOf(codes[0]?.user_code);
      await decide(browser, page, 'deny', ticks(page).slice(0, 1));
      const errors = await errorsOf(codes);
      expect(errors[0]).toBe('access_denied');
      expect(errors.slice(1).toSorted()).toEqual(['access_denied', 'authorization_pending']);
    });

    test('neither shows nor decides one that asks for other scopes, comes from another address, or was decided', async () => {
      const codes = await several([{}, { scope: 'openid' }, {}, {}]);
      const [typedOne, , elsewhere, denied] = codes;
      const hash = (one?: Asked) =>
        secretHash(/^pgrant_dc_[0-9a-z]+_(.+)$/.exec(one?.device_code ?? '')?.[1] ?? '');
      const { sql } = acme.database;
      await sql`update pgrant.device_codes set address = '192.0.2.1' where device_hash = ${hash(elsewhere)}`;
      await sql`update pgrant.device_codes set denied_at = now() where device_hash = ${hash(denied)}`;
      const { browser, page } = await consentOf(typedOne?.user_code);
      expect(ticks(page)).toEqual([]);
      const others = codes.slice(1).map((one) => hash(one).toString('hex'));
      await decide(browser, page, 'allow', others);
      expect(await errorsOf(codes)).toEqual([
        undefined,
        'authorization_pending',
        'authorization_pending',
        'access_denied',
      ]);
    });

    test('gives each code to one of two people who tick all at once, and to neither twice', async () => {
      await addUser(acme.database, acme.tenant, 'bob', password);
      for (let round = 0; round < 3; round += 1) {
        const codes = await several([{}, {}, {}, {}]);
        const [ada, bob] = await Promise.all([
          consentOf(codes[0]?.user_code),
          consentOf(codes[3]?.user_code, new Browser(), 'bob'),
        ]);
        const answers = await Promise.all([
          decide(ada.browser, ada.page, 'allow', ticks(ada.page)),
          decide(bob.browser, bob.page, 'allow', ticks(bob.page).toReversed()),
          errorsOf(codes),
        ]);
        // Whoever comes second is told that the device was not connected, or that the request is over.
        const statuses = answers.slice(0, 2).map((one) => (one as Response).status);
        expect(statuses).toContain(200);
        expect(statuses.filter((status) => ![200, 400, 403].includes(status))).toEqual([]);
        const owners = await acme.database.sql`
          select count(*)::integer as codes, count(distinct user_id)::integer as people from pgrant.codes
           where code_hash = any (select sha256(device_hash) from pgrant.device_codes order by created_at desc limit 4)`;
        expect(owners[0]).toEqual({ codes: 4, people: 1 });
      }
    });

    test('shows none where the client does not say so, and refuses what no page has', async () => {
      await together(false);
      const codes = await several([{}, {}]);
      const { browser, page } = await consentOf(codes[0]?.user_code);
      expect(page.html).not.toContain('name="device"');
      await together(true);
      expect((await decide(browser, page, 'allow', ['x'])).status).toBe(400);
    });
  });

  test('takes no code twice, and says the same of one that is used and one that is nowhere', async () => {
    const { user_code } = await asked();
    const browser = new Browser();
    await proceed(browser, await typed(browser, user_code ?? ''));
    const used = await typed(new Browser(), user_code ?? '');
    const unknown = await typed(new Browser(), 'BCDF-GHJK');
    expect([used.status, unknown.status]).toEqual([400, 400]);
    const plain = ({ html }: Page) => html.replace(/value="[^"]*"/g, '');
    expect(plain(used)).toBe(plain(unknown));
  });

  test('guesses of one address come to an end [RFC 8628 5.1]', async () => {
    const { user_code = '' } = await asked();
    await acme.database.sql`update pgrant.tenants set refusal_limit = 5`;
    try {
      const pages: Page[] = [];
      for (let guess = 0; guess < 8; guess += 1)
        pages.push(await typed(new Browser(), 'BCDF-GHJK'));
      expect(pages.at(-1)?.status).toBe(429);
      // Nor does whoever guesses right meanwhile hear of it.
      expect((await typed(new Browser(), user_code)).status).toBe(429);
    } finally {
      await acme.database.sql`update pgrant.tenants set refusal_limit = default`;
    }
  });
});
