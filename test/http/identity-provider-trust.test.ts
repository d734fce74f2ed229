// What an upstream says is believed only where it proves it; what it lies about signs nobody in.
import { randomBytes } from 'node:crypto';
import * as client from 'openid-client';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Json, ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, discover, redirect_uri, startAcme } from '../support/acme.ts';
import { Browser, type Page } from '../support/browser.ts';
import { type Lie, type Provider, startProvider } from '../support/provider.ts';
import { addUpstream, chooseUpstream } from '../support/upstream.ts';

let acme: Acme;
let config: client.Configuration;
let provider: Provider;

beforeAll(async () => {
  acme = await startAcme();
  config = await discover(acme, acme.web);
  provider = await startProvider();
});

beforeEach(() => Object.assign(provider, { lie: undefined, info: {} }));

/** An upstream of its own for each test, so that none finds what another has left in a cache. */
async function addProvider(name: string, kind: 'oidc' | 'oauth2', more: object = {}) {
  const { issuer } = provider;
  const endpoints = {
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
  };
  const found = kind === 'oidc' ? {} : endpoints;
  const settings = { issuer, client_id: 'acme', just_in_time: true, ...found, ...more };
  await addUpstream(acme.database, acme.tenant, name, kind, settings, { client_secret: 'secret' });
}

async function signIn(upstream: string): Promise<Page> {
  const browser = new Browser();
  const login = await browser.open(
    client.buildAuthorizationUrl(config, {
      redirect_uri,
      scope: 'openid',
      state: 'of the client',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    }),
  );
  const there = await chooseUpstream(browser, login, upstream);
  const arrived = await fetch(there, { redirect: 'manual' });
  const page = await browser.open(arrived.headers.get('location') ?? '');
  const consent = page.html.includes('name="decision"');
  return consent ? browser.submit(page, { decision: 'allow' }) : page;
}

async function peopleOf(upstream: string) {
  const { sql } = acme.database;
  return sql`select subject from pgrant.upstream_accounts where upstream = ${upstream}`;
}

describe('an OpenID Connect provider [OpenID Connect Core 3.1.3.7]', () => {
  const lies: Lie[] = [
    'nonce',
    'issuer',
    'audience',
    'signature',
    'alg none',
    'expiry',
    'userinfo sub',
    'iss in the answer',
    'redirect',
  ];
  test.each(lies)(
    'that lies about %s signs nobody in, and the client is told nothing',
    async (lie) => {
      const name = `upstream-${lies.indexOf(lie)}`;
      await addProvider(name, 'oidc');
      provider.lie = lie;
      const page = await signIn(name);
      expect(page.status).toBeGreaterThanOrEqual(502);
      expect(page.html).toContain('name="username"');
      expect(page.url).toContain(`/oauth/upstream/callback/${name}?`);
      expect(page.html).not.toMatch(/other\.example|jwt|signature|169\.254/i);
      expect(await peopleOf(name)).toHaveLength(0);
    },
  );

  test("whose metadata is another issuer's is not gone to [OpenID Connect Discovery 4.3]", async () => {
    await addProvider('metadata', 'oidc');
    provider.lie = 'metadata issuer';
    await expect(signIn('metadata')).rejects.toThrow('502');
  });

  test('that rotates its keys is believed with the new one', async () => {
    await addProvider('rotating', 'oidc');
    await provider.rotate();
    expect((await signIn('rotating')).url).toContain('code=');
    expect(await peopleOf('rotating')).toEqual([{ subject: 'person' }]);
  });
});

describe('a plain OAuth 2.0 server', () => {
  test('is understood by the mapping of its fields', async () => {
    await call(acme.database.worker, ops.group_set, {
      tenant: acme.tenant,
      group: 'staff',
      title: 'Staff',
      roles: [],
    });
    await addProvider('plain', 'oauth2', {
      settings: {
        claims: { sub: 'id', preferred_username: 'login', department: 'work.department' },
        roles_claim: 'work.teams',
        role_groups: { core: 'staff' },
      },
    });
    provider.info = { id: 42, login: 'octocat', work: { department: 'R&D', teams: ['core', 'x'] } };
    expect((await signIn('plain')).url).toContain('code=');
    const args = { tenant: acme.tenant, name: 'plain' };
    expect(await call(acme.database.worker, ops.upstream_account_list, args)).toMatchObject({
      subject: '42',
      username: 'octocat',
      claims: { department: 'R&D', roles: ['core', 'x'] },
      groups: ['staff'],
    });
  });

  test('that does not say who the person is signs nobody in', async () => {
    await addProvider('nameless', 'oauth2', { settings: { claims: { sub: 'id' } } });
    expect((await signIn('nameless')).status).toBe(502);
  });
});

describe('who is at an upstream is nobody at another', () => {
  const set = (name: string, settings: object, sealed?: Buffer) =>
    call(acme.database.worker, ops.upstream_set, {
      tenant: acme.tenant,
      name,
      settings: settings as Json,
      ...(sealed && { sealed_secrets: sealed }),
    });
  const elsewhere = 'https://elsewhere.example';

  test('the secrets of before go to no other server', async () => {
    await addProvider('mover', 'oauth2');
    for (const moved of [
      { token_endpoint: `${elsewhere}/token` },
      { userinfo_endpoint: `${elsewhere}/userinfo` },
      { token_endpoint: `${elsewhere}/token`, token_endpoint_auth_method: 'none' },
    ]) {
      await expect(set('mover', moved)).rejects.toMatchObject({
        code: 'OA003',
        hint: expect.stringContaining('client_secret'),
      });
    }
    await set('mover', { title: 'Mover', authorization_endpoint: `${elsewhere}/authorize` });
    await set('mover', { token_endpoint: `${elsewhere}/token` }, randomBytes(60));
    await addProvider('oidc-mover', 'oidc');
    await expect(set('oidc-mover', { issuer: elsewhere })).rejects.toThrow('the secrets of');
  });

  test('accounts are taken over by no other issuer and by no other field [OpenID Connect Core 5.7]', async () => {
    await addProvider('settled', 'oidc');
    expect((await signIn('settled')).url).toContain('code=');
    const mapped = { settings: { claims: { sub: 'nickname' } } };
    await expect(set('settled', { issuer: elsewhere }, randomBytes(60))).rejects.toMatchObject({
      code: 'OA003',
      hint: expect.stringContaining('of its own'),
    });
    await expect(set('settled', mapped)).rejects.toThrow('has 1 accounts');
    await set('settled', { settings: { claims: { nickname: 'nick' } } });
    expect(await peopleOf('settled')).toHaveLength(1);
  });
});
