import { beforeAll, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import {
  ask,
  auditOf,
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  secret,
  type User,
  type World,
} from '../support/fixtures.ts';
import {
  type Browser,
  begin,
  challenge,
  decide,
  login,
  newBrowser,
  obtainTokens,
  proceed,
} from '../support/flows.ts';

let world: World;
let client: Client;
let ada: User;
let bob: User;

beforeAll(async () => {
  world = await makeWorld();
  client = await makeClient(world, 'app');
  ada = await makeUser(world, 'Ada');
  bob = await makeUser(world, 'bob');
});

/** A browser with somebody signed in. */
async function signedIn(user: User): Promise<Browser> {
  const browser = newBrowser();
  await login(world, await begin(world, browser, client), user);
  return browser;
}

const whoIs = async (browser: Browser) => (await ask(world, api.consent_list, browser)).username;

describe('where somebody is signed in', () => {
  /** What is kept of a sign-in by a browser that calls itself so. */
  async function keptOf(user_agent: string) {
    const browser = newBrowser();
    const flow = await begin(world, browser, client);
    await login(world, flow, ada, { user_agent, address: '192.0.2.7' });
    const [kept] = await world.database.sql`
      select host(s.address) as address, s.user_agent from pgrant.sessions s where s.session_hash = ${browser.session_hash}`;
    return kept;
  }

  test('is kept with the session: the address, and what the browser calls itself', async () => {
    expect(await keptOf('Firefox')).toEqual({ address: '192.0.2.7', user_agent: 'Firefox' });
    expect(await keptOf('')).toEqual({ address: '192.0.2.7', user_agent: null });
    const odd = `a\u0001\tb\u007f\u009fc${'x'.repeat(500)}`;
    expect((await keptOf(odd))?.user_agent).toBe(`abc${'x'.repeat(397)}`);
  });

  test('is kept by every function that starts a session', async () => {
    const rows = await world.database.sql`
      select p.proname as name from pg_proc p
       where p.pronamespace in ('pgrant_api'::regnamespace, 'pgrant_rules'::regnamespace)
         and p.prosrc ~ '(session_start|second_factor_shown)\\('
         and not (p.proargnames @> '{p_user_agent}' and p.prosrc ~ 'p_user_agent')`;
    expect(rows).toEqual([]);
  });
});

describe('signing in', () => {
  test('takes the username in any case and says it as it was registered', async () => {
    const flow = await begin(world, newBrowser(), client);
    const row = await login(world, flow, { ...ada, username: 'ADA' });
    expect(row).toMatchObject({ error: null, username: 'Ada' });
    expect(await whoIs(flow.browser)).toBe('Ada');
  });

  test('refuses a wrong password, an unknown and a disabled user in the same words', async () => {
    const gone = await makeUser(world, 'gone');
    await operate(world, ops.user_disable, { username: 'gone', disabled: true });
    const tries = [
      { ...ada, password_hash: secret() },
      { username: 'nobody', password_hash: secret() },
      gone,
    ];
    const rows = [];
    for (const user of tries) {
      rows.push(await login(world, await begin(world, newBrowser(), client), user));
    }
    expect(rows[0]).toMatchObject({
      error: 'wrong_password',
      session_expires_at: null,
      username: null,
    });
    expect(rows[1]).toEqual(rows[0]);
    expect(rows[2]).toEqual(rows[0]);
    const audit = await auditOf(world, 'session.login');
    expect(audit.filter(({ error }) => error === 'wrong_password')).toHaveLength(3);
    expect(audit.at(-1)).toMatchObject({ address: '192.0.2.1', request_id: 'test' });
  });

  test('shows a salt of the same kind for an unknown username, and always the same one', async () => {
    const flow = await begin(world, newBrowser(), client);
    const known = await challenge(world, flow, 'ada');
    const unknown = await challenge(world, flow, 'Nobody');
    expect(unknown.params).toEqual(known.params);
    expect(unknown.salt?.length).toBe(known.salt?.length);
    expect(unknown.salt).not.toEqual(known.salt);
    expect((await challenge(world, flow, 'nobody')).salt).toEqual(unknown.salt);
    expect((await challenge(world, flow, 'nobody2')).salt).not.toEqual(unknown.salt);
  });

  test('works only for a request of the same browser [login CSRF, RFC 9700 4.7]', async () => {
    const flow = await begin(world, newBrowser(), client);
    const refused = { error: 'expired_request', session_expires_at: null };
    for (const args of [{ browser_hash: secret() }, { browser_hash: null as never }]) {
      expect(await login(world, flow, ada, args)).toMatchObject(refused);
    }
    const unknown = { ...flow, request: { ...flow.request, request_hash: secret() } };
    expect(await login(world, unknown, ada)).toMatchObject(refused);
    expect((await auditOf(world, 'session.login')).at(-1)).toMatchObject({
      error: 'expired_request',
    });
    expect(await login(world, flow, ada)).toMatchObject({ error: null });
  });
});

describe('a session', () => {
  test('gets a new key at each login, and the old key opens nothing [session fixation]', async () => {
    const browser = await signedIn(ada);
    const before = { ...browser };
    await login(world, await begin(world, browser, client, { prompt: ['login'] }), ada);
    expect(browser.session_hash).not.toEqual(before.session_hash);
    expect(browser.csrf_hash).not.toEqual(before.csrf_hash);
    expect(await whoIs(before)).toBeNull();
    expect(await whoIs(browser)).toBe('Ada');
  });

  test('stays as it was when a login fails', async () => {
    const browser = await signedIn(ada);
    const flow = await begin(world, browser, client, { prompt: ['login'] });
    await login(world, flow, { ...bob, password_hash: secret() });
    expect(await whoIs(browser)).toBe('Ada');
  });

  test('of another person ends with its tokens when somebody else signs in', async () => {
    const { browser, refresh } = await obtainTokens(world, client, ada);
    const before = { ...browser };
    await login(world, await begin(world, browser, client, { prompt: ['login'] }), bob);
    expect(await whoIs(browser)).toBe('bob');
    expect(await whoIs(before)).toBeNull();
    const [family] = await world.database.sql`
      select revoked_reason from pgrant.token_families where handle_hash = ${refresh.handle_hash}`;
    expect(family).toEqual({ revoked_reason: 'logged out' });
  });

  test.each([
    ['its absolute end', 'set idle_expires_at = now(), expires_at = now()'],
    ['idling too long', 'set idle_expires_at = now()'],
  ])('is over after %s', async (_, change) => {
    const browser = await signedIn(bob);
    const hash = browser.session_hash?.toString('hex');
    await world.database.sql.unsafe(
      `update pgrant.sessions ${change} where session_hash = '\\x${hash}'`,
    );
    expect(await whoIs(browser)).toBeNull();
    const { row } = await begin(world, browser, client, { prompt: ['none'] });
    expect(row).toMatchObject({ response_error: 'login_required' });
  });

  test('slides its idle end when it is used, and never past the absolute one', async () => {
    const browser = await signedIn(bob);
    const { sql } = world.database;
    const hash = browser.session_hash as Buffer;
    const left = async () => {
      const [row] = await sql<{ idle: number; absolute: number }[]>`
        select extract(epoch from idle_expires_at - now())::int as idle,
               extract(epoch from expires_at - now())::int as absolute
          from pgrant.sessions where session_hash = ${hash}`;
      return row ?? { idle: 0, absolute: 0 };
    };
    await sql`
      update pgrant.sessions
         set last_seen_at = now() - interval '2 minutes', idle_expires_at = now() + interval '9 minutes'
       where session_hash = ${hash}`;
    await whoIs(browser);
    expect((await left()).idle).toBeGreaterThan(28_000);
    await operate(world, ops.tenant_set, { settings: { session_idle_lifetime: 1_000_000 } });
    await sql`update pgrant.sessions set last_seen_at = now() - interval '2 minutes' where session_hash = ${hash}`;
    await whoIs(browser);
    const { idle, absolute } = await left();
    expect(idle).toBe(absolute);
    expect(absolute).toBeLessThanOrEqual(43_200);
  });

  test('is over at once when its user is disabled or gets a new password', async () => {
    const carol = await makeUser(world, 'carol');
    const disabled = await signedIn(carol);
    await operate(world, ops.user_disable, { username: 'carol', disabled: true });
    expect(await whoIs(disabled)).toBeNull();
    await operate(world, ops.user_disable, { username: 'carol', disabled: false });
    expect(await whoIs(disabled)).toBeNull();
    const again = await signedIn(carol);
    expect(await whoIs(again)).toBe('carol');
    await operate(world, ops.user_password, {
      username: 'carol',
      password_salt: secret(),
      password_params: {},
      password_hash: secret(),
    });
    expect(await whoIs(again)).toBeNull();
  });

  test('is named in the cookie together with its end: another end finds nothing', async () => {
    const browser = await signedIn(bob);
    for (const session_expires_at of [(browser.session_expires_at ?? 0) + 1, 0, 2 ** 41, null]) {
      expect(await whoIs({ ...browser, session_expires_at })).toBeNull();
    }
  });
});

test('a request outlives its login, and is then ready for consent in the new session', async () => {
  const flow = await begin(world, newBrowser(), client, { scopes: ['openid', 'phone'] });
  await login(world, flow, bob);
  expect(await proceed(world, flow)).toMatchObject({ next: 'consent' });
  expect(await decide(world, flow)).toMatchObject({ next: 'respond', response_error: null });
});
