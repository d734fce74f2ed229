// The database never holds, sees or logs a usable secret.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import {
  type Acme,
  discover,
  obtainTokens,
  password,
  proceed,
  startAcme,
} from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { serverLog } from '../support/database.ts';
import { addClient } from '../support/issuer.ts';
import { startProduct } from '../support/product.ts';
import { requested } from '../support/pushing.ts';
import { asserted, sign as assertionOf, makeKey, setOf, signer } from '../support/signing.ts';
import { startWatched } from '../support/telemetry.ts';
import { addWebhook } from '../support/webhooks.ts';

let acme: Acme;
const secrets = new Map<string, string>();
const watched = await startWatched();
let health = '';

beforeAll(async () => {
  acme = await startAcme({ logStatements: true }, watched.telemetry);
  const opaque = await addClient(acme.database, acme.tenant, 'opaque', {
    redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    access_token_format: 'opaque',
  });
  secrets.set('password', password);
  secrets.set('secret of web', acme.web.client_secret);
  secrets.set('secret of opaque', opaque.client_secret);
  for (const app of [acme.web, opaque])
    await useEverything(app.client_id, await discover(acme, app));
  await sign();
  await signInAtProduct();
  health = await (await fetch(`${acme.origin}/readyz`)).text();
  const webhook = await addWebhook(acme, 'crm', 'https://crm.example/');
  secrets.set('webhook secret', webhook.replace('whsec_', ''));
});

/** A client assertion that is good, and one that is not. */
async function sign(): Promise<void> {
  const key = await makeKey();
  await addClient(acme.database, acme.tenant, 'robot', signer({ jwks: setOf(key) }));
  const send = (assertion: string) =>
    fetch(`${acme.issuer}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', ...asserted(assertion) }),
    });
  const good = await assertionOf(key, 'robot', acme.issuer);
  const unknown = await assertionOf(await makeKey(), 'robot', acme.issuer);
  const tokens = (await (await send(good)).json()) as { access_token: string };
  expect((await send(unknown)).status).toBe(401);
  secrets.set('client assertion', good);
  secrets.set('refused client assertion', unknown);
  secrets.set('token of a client that signs', tokens.access_token);
}

/** Last, because passwords are not taken from then on. */
async function signInAtProduct(): Promise<void> {
  const product = await startProduct();
  const { tenant, database, issuer, web } = acme;
  const settings = { login_url: product.login_url, login_jwks: product.jwks as never };
  await call(database.worker, ops.tenant_set, { tenant, settings });
  const browser = new Browser();
  const { url } = await browser.open(
    client.buildAuthorizationUrl(await discover(acme, web), {
      redirect_uri: 'http://127.0.0.1:9999/callback',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    }),
  );
  const challenge = new URL(url).searchParams.get('login_challenge') ?? '';
  const assertion = await product.sign(challenge, 'accept', issuer);
  const { body } = await product.answer(challenge, 'accept', issuer, { assertion });
  const back = new URL(String(body.redirect_to));
  await browser.open(back);
  secrets.set('login_challenge', challenge);
  secrets.set('login_verifier', back.searchParams.get('login_verifier') ?? '');
  secrets.set('login assertion', assertion);
}

async function useEverything(name: string, config: client.Configuration): Promise<void> {
  const browser = new Browser();
  const redirect_uri = 'http://127.0.0.1:9999/callback';
  const first = await obtainTokens(config, { redirect_uri }, browser);
  const pushed = await client.buildAuthorizationUrlWithPAR(config, {
    ...requested(redirect_uri),
    response_mode: 'jwt',
  });
  secrets.set(`request_uri of ${name}`, pushed.searchParams.get('request_uri') ?? '');
  const { url: signed } = await proceed(browser, await browser.open(pushed));
  const response = new URL(signed).searchParams.get('response') ?? '';
  secrets.set(`signed code of ${name}`, String(decodeJwt(response).code));
  const second = await client.refreshTokenGrant(config, first.refresh_token ?? '');
  await client.refreshTokenGrant(config, first.refresh_token ?? '');
  const own = await client.clientCredentialsGrant(config);
  await client.tokenIntrospection(config, second.access_token);
  await client.fetchUserInfo(config, first.access_token, first.claims?.sub ?? '');
  await client.tokenRevocation(config, own.access_token);
  await browser.fetch(`${acme.issuer}/oauth/consents`, { headers: { accept: 'application/json' } });
  secrets.set(`code of ${name}`, new URL(first.callback).searchParams.get('code') ?? '');
  secrets.set(`verifier of ${name}`, first.verifier);
  for (const { name: cookie, value } of browser.cookies) secrets.set(`${cookie} of ${name}`, value);
  for (const [which, tokens] of Object.entries({ first, second, own })) {
    for (const kind of ['access_token', 'refresh_token', 'id_token'] as const) {
      const token = tokens[kind];
      if (token) secrets.set(`${which} ${kind} of ${name}`, token);
    }
  }
}

/** What of a secret must not be found: the whole, and the random part alone. */
function needles(): [string, string][] {
  return [...secrets].flatMap(([name, secret]) => {
    const random = /(?:_|\.)([A-Za-z0-9_-]{43})$/.exec(secret)?.[1];
    const all = random === undefined ? [secret] : [secret, random];
    return all.map((text): [string, string] => [name, text]);
  });
}

function found(haystack: Buffer | string): string[] {
  return needles()
    .filter(([, text]) => haystack.includes(text))
    .map(([name]) => name);
}

test('the run has made secrets of every kind', () => {
  expect(secrets.size).toBeGreaterThan(20);
  expect(found(`x${secrets.get('code of web')}`)).toContain('code of web');
});

test('no row of any table holds one', async () => {
  const { sql } = acme.database;
  const tables = await sql`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname in ('pgrant', 'pgrant_release')`;
  for (const { name } of tables) {
    const rows = await sql.unsafe(`select t::text as row from ${name} t`);
    expect([name, found(rows.map(({ row }) => row).join('\n'))]).toEqual([name, []]);
  }
});

/** What is in a file of the server; nothing where that has removed it meanwhile, as it does with its caches and old logs. */
function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

test('neither the statement log nor a file of the database or its write-ahead log holds one', async () => {
  const { sql } = acme.database;
  await sql`checkpoint`;
  const [{ oid }] = (await sql`
    select oid::text from pg_database where datname = current_database()`) as [{ oid: string }];
  const log = readFileSync(serverLog());
  expect(log.includes('pgrant_api.refresh_rotate')).toBe(true);
  expect(found(log)).toEqual([]);
  for (const folder of [`base/${oid}`, 'pg_wal']) {
    const path = join(dirname(serverLog()), 'postgres', folder);
    for (const file of readdirSync(path, { withFileTypes: true })) {
      if (file.isFile())
        expect([file.name, found(contentOf(join(path, file.name)))]).toEqual([file.name, []]);
    }
  }
});

test("the web process's log holds none either", () => {
  expect(acme.lines.length).toBeGreaterThan(0);
  expect(found(acme.lines.join('\n'))).toEqual([]);
});

test('metrics, traces and health hold none', async () => {
  const metrics = await watched.metrics.text();
  expect(metrics).toContain('grant="refresh_token"');
  expect(found(metrics)).toEqual([]);
  expect(health).toContain('"status":"ready"');
  expect(found(health)).toEqual([]);
  const spans = await watched.flush();
  expect(spans.includes('pgrant_api.refresh_rotate')).toBe(true);
  expect(found(spans)).toEqual([]);
});
