// Subjects that differ by sector: OpenID Connect Core 8.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import {
  type Acme,
  discover,
  insecure,
  obtainTokens,
  redirect_uri,
  startAcme,
} from '../support/acme.ts';
import { atFileEnd } from '../support/at-end.ts';
import { Browser } from '../support/browser.ts';
import { addClient } from '../support/issuer.ts';
import { post, refusal } from '../support/registering.ts';

let acme: Acme;
let sector: string;
let listed: unknown = [redirect_uri];
let user_id: string;

beforeAll(async () => {
  acme = await startAcme();
  await set({ registration: 'open' });
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/gone' ? 404 : 200).end(JSON.stringify(listed));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atFileEnd(() => void server.close());
  sector = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sector.json`;
  const [row] = await acme.database.sql`
    select user_id from pgrant.users where tenant_id = ${acme.tenant} and username = 'ada'`;
  user_id = row?.user_id;
});

const set = (settings: Record<string, unknown>) =>
  call(acme.database.worker, ops.tenant_set, {
    tenant: acme.tenant,
    settings: settings as never,
  });

/** A client that registers itself, by openid-client. */
function register(metadata: Partial<client.ClientMetadata> = {}) {
  return client.dynamicClientRegistration(
    new URL(acme.issuer),
    {
      redirect_uris: [redirect_uri],
      grant_types: ['authorization_code', 'refresh_token'],
      subject_type: 'pairwise',
      ...metadata,
    },
    client.ClientSecretBasic(),
    insecure,
  );
}

async function answerTo(config: client.Configuration, browser: Browser, change: object) {
  const { url } = await browser.open(
    client.buildAuthorizationUrl(config, {
      redirect_uri,
      scope: 'openid',
      prompt: 'none',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...change,
    }),
  );
  return Object.fromEntries(new URL(url).searchParams);
}

describe('the sub of a pairwise client [OpenID Connect Core 8.1]', () => {
  test('is the same wherever it stands, and again after another sign-in', async () => {
    const config = await register();
    const tokens = await obtainTokens(config);
    const sub = tokens.claims?.sub ?? '';
    expect(sub).toMatch(/^[0-9a-f]{64}$/);
    expect(decodeJwt(tokens.access_token).sub).toBe(sub);
    expect(await client.fetchUserInfo(config, tokens.access_token, sub)).toEqual({ sub });
    expect((await client.tokenIntrospection(config, tokens.access_token)).sub).toBe(sub);
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(refreshed.claims()?.sub).toBe(sub);
    expect((await obtainTokens(config)).claims?.sub).toBe(sub);
    expect(JSON.stringify([decodeJwt(tokens.id_token ?? ''), tokens.claims])).not.toContain(
      user_id,
    );
    expect(tokens.claims?.sid).toMatch(/^[0-9a-f]{64}$/);
    expect(refreshed.claims()?.sid).toBe(tokens.claims?.sid);
  });

  test('is the same in a sector, and another one outside of it', async () => {
    const subs = [];
    for (const more of [
      { sector_identifier_uri: sector },
      { sector_identifier_uri: sector },
      {},
      {},
    ]) {
      subs.push((await obtainTokens(await register(more))).claims?.sub);
    }
    expect(subs[1]).toBe(subs[0]);
    expect(new Set(subs).size).toBe(3);
    expect((await obtainTokens(await discover(acme, acme.web))).claims?.sub).toBe(user_id);
  });

  test('names the person in id_token_hint and claims, at its own client only [Core 3.1.2.1, 5.5]', async () => {
    const config = await register();
    const browser = new Browser();
    const { id_token = '', claims } = await obtainTokens(config, {}, browser);
    expect((await answerTo(config, browser, { id_token_hint: id_token })).code).toBeTruthy();
    const asked = (value: unknown) => ({
      claims: JSON.stringify({ id_token: { sub: { value } } }),
    });
    expect((await answerTo(config, browser, asked(claims?.sub))).code).toBeTruthy();
    // Or it could ask whether this is the person whom another client knows by that sub.
    expect((await answerTo(config, browser, asked(user_id))).error).toBe('login_required');
    const other = await register();
    await obtainTokens(other, {}, browser);
    expect((await answerTo(other, browser, { id_token_hint: id_token })).error).toBe(
      'login_required',
    );
  });

  test('names the person at logout, so that nobody is asked [RP-Initiated Logout 2]', async () => {
    const config = await register({ post_logout_redirect_uris: [redirect_uri] });
    const browser = new Browser();
    const { id_token = '' } = await obtainTokens(config, {}, browser);
    const { url } = await browser.open(
      client.buildEndSessionUrl(config, {
        id_token_hint: id_token,
        post_logout_redirect_uri: redirect_uri,
      }),
    );
    expect(url).toBe(redirect_uri);
    expect((await answerTo(config, browser, {})).code).toBeUndefined();
  });

  test('is told to an auditor with the person', async () => {
    const config = await register();
    const { claims } = await obtainTokens(config);
    const [row] = await acme.database.sql`
      select username, sector from pgrant_report.pairwise_subjects where subject = ${claims?.sub ?? ''}`;
    expect(row).toEqual({ username: 'ada', sector: config.clientMetadata().client_id });
  });
});

describe('a sector_identifier_uri [OpenID Connect Registration 5]', () => {
  test.each([
    ['lists another redirect URI', ['https://a.example/'], 'does not list'],
    ['is no array', { redirect_uri }, 'could not be fetched'],
    ['is not there', undefined, 'could not be fetched'],
  ])('that %s is invalid_client_metadata', async (_, list, why) => {
    listed = list;
    const body = {
      redirect_uris: [redirect_uri],
      sector_identifier_uri: list ? sector : sector.replace('sector.json', 'gone'),
    };
    expect(await refusal(await post(acme, body))).toMatchObject({
      status: 400,
      error: 'invalid_client_metadata',
      error_description: expect.stringContaining(why),
    });
    listed = [redirect_uri];
  });

  test('is echoed with the subject_type', async () => {
    const config = await register({ sector_identifier_uri: sector, default_acr_values: ['1'] });
    expect(config.clientMetadata()).toMatchObject({
      subject_type: 'pairwise',
      sector_identifier_uri: sector,
      default_acr_values: ['1'],
    });
  });

  test('is missed where redirect URIs have several hosts, by operators too', async () => {
    const redirect_uris = ['https://a.example/cb', 'https://b.example/cb'];
    const { database, tenant } = acme;
    await expect(
      addClient(database, tenant, 'two-hosts', { redirect_uris, subject_type: 'pairwise' }),
    ).rejects.toThrow('needs a sector_identifier_uri');
  });
});

test('a tenant makes its new clients pairwise, and leaves those that are there [subject_type]', async () => {
  await set({ subject_type: 'pairwise' });
  const metadata = { redirect_uris: [redirect_uri], grant_types: ['authorization_code'] };
  const added = await addClient(acme.database, acme.tenant, 'later', metadata);
  const registered = await register({ subject_type: undefined });
  await set({ subject_type: 'public' });
  expect(registered.clientMetadata().subject_type).toBe('pairwise');
  const tokens = await obtainTokens(await discover(acme, added), { scope: 'openid' });
  expect(tokens.claims?.sub).toMatch(/^[0-9a-f]{64}$/);
  expect((await obtainTokens(await discover(acme, acme.web))).claims?.sub).toBe(user_id);
});
