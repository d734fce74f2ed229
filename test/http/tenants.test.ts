// Issuers by host and path: whose request it is, and what one tenant never sees of another.
import { hash } from 'node:crypto';
import { request as plainRequest } from 'node:http';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, discover, obtainTokens, startAcme } from '../support/acme.ts';
import { addTenant } from '../support/issuer.ts';

let acme: Acme;

beforeAll(async () => {
  acme = await startAcme();
  await addTenant(acme.database, acme.origin, 'nested', '/acme/nested/deep');
  await addTenant(acme.database, acme.origin, 'root', '');
  await addTenant(acme.database, 'https://id.example.com', 'domain', '/db/container');
});

const get = async (path: string) => {
  const response = await fetch(acme.origin + path);
  const body = (await response.json().catch(() => ({}))) as { issuer?: string; error?: string };
  return { status: response.status, ...body };
};

function asHost(
  host: string,
  path: string,
  headers = {},
): Promise<{ status: number; issuer?: string }> {
  return new Promise((resolve, reject) => {
    const request = plainRequest(
      acme.origin + path,
      { headers: { host, ...headers } },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => {
          const { issuer } = JSON.parse(text || '{}');
          resolve({ status: response.statusCode ?? 0, issuer });
        });
      },
    );
    request.on('error', reject).end();
  });
}

describe('metadata at all three places [RFC 8414 3, OpenID Connect Discovery 4]', () => {
  test.each(['/acme', '/acme/nested/deep', ''])('of issuer path "%s"', async (path) => {
    for (const url of [
      `${path}/.well-known/openid-configuration`,
      `/.well-known/oauth-authorization-server${path}`,
      `/.well-known/openid-configuration${path}`,
    ]) {
      expect([url, (await get(url)).issuer]).toEqual([url, acme.origin + path]);
    }
  });

  test.each([
    '/nobody',
    '/acm',
    '/acmee',
    '/acme/',
    '//acme',
    '/acme/nested',
    '/ACME',
    '/acme%2Fnested',
  ])('an unknown issuer "%s" is 404', async (path) => {
    expect((await get(`${path}/.well-known/openid-configuration`)).status).toBe(404);
    expect((await get(`${path}/oauth/jwks.json`)).status).toBe(404);
  });

  test('a domain of the tenant is found by Host, whatever its case; another is 404', async () => {
    const path = '/db/container/.well-known/openid-configuration';
    expect((await asHost('ID.example.com', path)).issuer).toBe(
      'https://id.example.com/db/container',
    );
    expect((await asHost('evil.example', path)).status).toBe(404);
    expect(
      (await asHost('evil.example', path, { 'x-forwarded-host': 'id.example.com' })).status,
    ).toBe(404);
  });
});

test.each(['/nobody', '/Acme/oauth/authorize', '/acme/authorize'])(
  'the page at %s, where no tenant is, has its style in itself: no address has it',
  async (path) => {
    const answer = await fetch(acme.origin + path, { headers: { accept: 'text/html' } });
    const page = await answer.text();
    const [, style = ''] = /<style>([^<]+)<\/style>/.exec(page) ?? [];
    expect([answer.status, page.includes('rel="stylesheet"')]).toEqual([404, false]);
    expect(answer.headers.get('content-security-policy')).toContain(
      `style-src 'sha256-${hash('sha256', style, 'base64')}';`,
    );
  },
);

test("one tenant's tokens, codes and clients are nothing at another", async () => {
  const { issuer } = await addTenant(acme.database, acme.origin, 'other');
  const config = await discover(acme, acme.web);
  const { access_token, refresh_token = '' } = await obtainTokens(config);
  const refused = await fetch(`${issuer}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token, ...acme.web }),
  });
  expect(refused.status).toBe(401);
  const info = await fetch(`${issuer}/oauth/userinfo`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  expect(info.status).toBe(401);
  expect((await client.refreshTokenGrant(config, refresh_token)).access_token).toBeTruthy();
});

test('a disabled tenant refuses at every endpoint, at once in the database; enabled again it answers', async () => {
  const { tenant, issuer } = await addTenant(acme.database, acme.origin, 'sleepy');
  const path = new URL(issuer).pathname;
  expect((await get(`${path}/.well-known/openid-configuration`)).status).toBe(200);
  await call(acme.database.worker, ops.tenant_disable, { tenant, disabled: true });
  // The process remembers the tenant for a moment: the database refuses all the same.
  expect((await get(`${path}/.well-known/openid-configuration`)).status).toBe(404);
  const other = await startAgain();
  for (const endpoint of ['authorize', 'userinfo', 'jwks.json', 'consents', 'logout']) {
    const response = await fetch(`${other}${path}/oauth/${endpoint}`);
    expect([endpoint, response.status]).toEqual([endpoint, 403]);
  }
});

async function startAgain(): Promise<string> {
  const { startServer } = await import('../support/issuer.ts');
  const { origin } = await startServer(acme.database);
  const { host } = new URL(origin);
  await acme.database.sql`
    update pgrant.issuers set host = ${host}, issuer = ${origin} || path where name = 'sleepy'`;
  return origin;
}

test('how a tenant looks is asked for its pages alone, and no answer to a program waits for that', async () => {
  const { sql } = acme.database;
  const looks = sql`function pgrant_api.tenant_appearance(uuid, text, inet)`;
  await addTenant(acme.database, acme.origin, 'unseen', '/unseen');
  const asPage = { headers: { accept: 'text/html' } };
  await sql`revoke execute on ${looks} from pgrant_web`;
  try {
    expect((await get('/unseen/.well-known/openid-configuration')).status).toBe(200);
    const refused = await fetch(`${acme.origin}/unseen/oauth/token`, { method: 'POST' });
    expect(refused.status).toBe(400);
    expect((await fetch(`${acme.origin}/unseen/oauth/consents`, asPage)).status).toBe(500);
    // An error has its page all the same.
    const gone = await fetch(`${acme.origin}/unseen/oauth/nowhere`, asPage);
    expect([gone.status, gone.headers.get('content-type')]).toEqual([
      404,
      'text/html; charset=utf-8',
    ]);
  } finally {
    await sql`grant execute on ${looks} to pgrant_web`;
  }
  expect((await fetch(`${acme.origin}/unseen/oauth/consents`, asPage)).status).toBe(400);
});
