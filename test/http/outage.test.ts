// Connections to the database that are cut: every request gets its answer or a 503, and nothing happens twice.
import * as client from 'openid-client';
import { beforeAll, expect, test } from 'vitest';
import { connect } from '../../src/db/connect.ts';
import {
  type Acme,
  discover,
  obtainTokens,
  proceed,
  redirect_uri,
  startAcme,
} from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { type Cutter, startCutter } from '../support/cutter.ts';
import { startServer } from '../support/issuer.ts';
import { type Answer, post, refresh } from '../support/refreshing.ts';

let acme: Acme;
let cutter: Cutter;
/** A server whose only connection to the database goes through the cutter. */
let cut: string;
let config: client.Configuration;

beforeAll(async () => {
  acme = await startAcme();
  config = await discover(acme, acme.web);
  cutter = await startCutter(acme.database.url('pgrant_web'));
  const web = connect(cutter.url, 'pgrant_web');
  const believed = { trustsProxy: () => true };
  cut = (await startServer({ ...acme.database, web }, believed)).origin;
});

const unavailable = (answer: Answer) => {
  expect(answer).toMatchObject({ status: 503, error: 'temporarily_unavailable' });
  expect(Number(answer.retryAfter)).toBeGreaterThan(0);
};

async function newFamily(): Promise<string> {
  return (await obtainTokens(config)).refresh_token ?? '';
}

/** The generations of the youngest family and whether it was revoked. */
async function family() {
  const [row] = await acme.database.sql`
    select generation, revoked_at is not null as revoked from pgrant.token_families order by created_at desc limit 1`;
  return row;
}

/** Warms what the server remembers for a while, so that the next statement is the one that is meant. */
async function warm(): Promise<void> {
  const answer = await post(acme, '/oauth/token', { grant_type: 'client_credentials' }, cut);
  expect(answer.status).toBe(200);
}

test('a refresh whose answer was lost after the commit is a 503, and asked again gives the same successor', async () => {
  const first = await newFamily();
  await warm();
  cutter.cutNext('answer');
  unavailable(await refresh(acme, first, cut));
  expect(await family()).toEqual({ generation: 2, revoked: false });
  const again = await refresh(acme, first, cut);
  const oncemore = await refresh(acme, first, cut);
  expect(again.status).toBe(200);
  expect(oncemore.refresh_token).toBe(again.refresh_token);
  expect(await family()).toEqual({ generation: 2, revoked: false });
  expect((await refresh(acme, again.refresh_token ?? '', cut)).status).toBe(200);
});

test('a refresh that never reached the database is a 503 and has changed nothing', async () => {
  const first = await newFamily();
  await warm();
  cutter.cutNext('statement');
  unavailable(await refresh(acme, first, cut));
  expect(await family()).toEqual({ generation: 1, revoked: false });
  expect((await refresh(acme, first, cut)).status).toBe(200);
});

test('a code whose answer was lost gives no second family [RFC 9700 4.5]', async () => {
  const code_verifier = client.randomPKCECodeVerifier();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: 'openid offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(code_verifier),
    code_challenge_method: 'S256',
  });
  const browser = new Browser();
  const { url: callback } = await proceed(browser, await browser.open(url));
  const code = new URL(callback).searchParams.get('code') ?? '';
  const form = { grant_type: 'authorization_code', code, redirect_uri, code_verifier };
  const families = async () => (await acme.database.sql`select from pgrant.token_families`).length;
  const before = await families();
  await warm();
  cutter.cutNext('answer');
  unavailable(await post(acme, '/oauth/token', form, cut));
  expect(await post(acme, '/oauth/token', form, cut)).toMatchObject({ error: 'invalid_grant' });
  expect(await families()).toBe(before + 1);
});

test('backends that are terminated under load log nobody out, and each answer is a 200 or a 503', async () => {
  const { sql } = acme.database;
  await sql`delete from pgrant.token_families`;
  const tokens = await Promise.all(Array.from({ length: 6 }, newFamily));
  const seen = { granted: 0, refused: 0 };
  let running = true;
  const lane = async (_: unknown, index: number) => {
    while (running) {
      const answer = await refresh(acme, tokens[index] ?? '');
      if (answer.status === 200) {
        tokens[index] = answer.refresh_token ?? '';
        seen.granted += 1;
      } else {
        unavailable(answer);
        seen.refused += 1;
      }
    }
  };
  const terminate = async () => {
    for (let kill = 1; seen.refused < 40 || seen.granted < 100; kill += 1) {
      await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and usename = 'pgrant_web' and state = 'active' limit 1`;
      // In bursts: a new backend plans its first statement for longer than one lives within.
      await new Promise((resolve) => setTimeout(resolve, kill % 20 === 0 ? 500 : 5));
    }
  };
  await Promise.all([terminate().finally(() => (running = false)), ...tokens.map(lane)]);
  for (const token of tokens) expect((await refresh(acme, token)).status).toBe(200);
  const [row] = await sql`
    select count(*)::int as families, count(revoked_at)::int as revoked from pgrant.token_families`;
  expect(row).toEqual({ families: tokens.length, revoked: 0 });
}, 120_000);

test('a page says so too, and how soon to come back', async () => {
  const nowhere = connect('postgres://pgrant_web@127.0.0.1:9/none', 'pgrant_web');
  const { origin } = await startServer({ ...acme.database, web: nowhere });
  const answer = await fetch(`${origin}/acme/oauth/authorize`, {
    headers: { accept: 'text/html' },
  });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
  expect(await answer.text()).toContain('Try again in a minute');
});

test.each([
  ['/oauth/device_authorization', { client_id: 'tv' }],
  [
    '/oauth/token',
    {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'x',
      client_id: 'tv',
    },
  ],
])(
  'a device at %s is told to slow down, even where its tenant was not found for an outage [RFC 8628 3.5]',
  async (path, form) => {
    const web = connect(cutter.url, 'pgrant_web', { pool: 1 });
    const { origin } = await startServer({ ...acme.database, web }, { trustsProxy: () => true });
    cutter.cutNext('statement');
    expect(await post(acme, path, form, origin)).toMatchObject({ status: 400, error: 'slow_down' });
    cutter.cutNext('statement');
    const { status } = await post(acme, '/oauth/introspect', { token: 'x' }, origin);
    expect(status).toBe(503);
  },
);
