// Which web origins a browser lets read answers.
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, startAcme } from '../support/acme.ts';
import { addClient } from '../support/issuer.ts';

let acme: Acme;

beforeAll(async () => {
  acme = await startAcme();
  await addClient(acme.database, acme.tenant, 'spa', {
    token_endpoint_auth_method: 'none',
    redirect_uris: ['https://app.example.com/callback'],
  });
});

async function allowed(path: string, origin: string, init: RequestInit = {}) {
  const response = await fetch(`${acme.issuer}${path}`, {
    ...init,
    headers: { origin, ...init.headers },
    redirect: 'manual',
  });
  return response.headers.get('access-control-allow-origin');
}

const preflight = {
  method: 'OPTIONS',
  headers: {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization',
  },
};

describe('CORS [RFC 10017, OAuth 2.1 3.1]', () => {
  test.each(['/oauth/token', '/oauth/revoke', '/oauth/userinfo'])(
    '%s for the origins of clients only',
    async (path) => {
      const post = { method: 'POST', body: new URLSearchParams({ client_id: 'spa' }) };
      expect(await allowed(path, 'https://app.example.com', preflight)).toBe(
        'https://app.example.com',
      );
      expect(await allowed(path, 'https://app.example.com', post)).toBe('https://app.example.com');
      expect(await allowed(path, 'https://evil.example', preflight)).toBeNull();
      expect(await allowed(path, 'https://evil.example', post)).toBeNull();
      expect(await allowed(path, 'null', post)).toBeNull();
    },
  );

  test('programs of these origins send what headers they like, and never cookies', async () => {
    const sent = 'authorization,content-type,dpop,traceparent,x-okta-user-agent-extended';
    for (const path of ['/oauth/token', '/oauth/revoke', '/oauth/userinfo']) {
      const { headers } = await fetch(`${acme.issuer}${path}`, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://app.example.com',
          'access-control-request-method': 'POST',
          'access-control-request-headers': sent,
        },
      });
      expect(headers.get('access-control-allow-headers')).toBe(sent);
      expect(headers.has('access-control-allow-credentials')).toBe(false);
    }
  });

  test('metadata and keys for every origin, authorize and introspect for none', async () => {
    expect(await allowed('/.well-known/openid-configuration', 'https://evil.example')).toBe('*');
    expect(await allowed('/oauth/jwks.json', 'https://evil.example')).toBe('*');
    expect(await allowed('/oauth/authorize?client_id=spa', 'https://app.example.com')).toBeNull();
    expect(await allowed('/oauth/introspect', 'https://app.example.com', preflight)).toBeNull();
  });

  test('a client that is registered after a refusal need not wait', async () => {
    const origin = 'https://later.example.com';
    expect(await allowed('/oauth/token', origin, preflight)).toBeNull();
    await addClient(acme.database, acme.tenant, 'later', {
      token_endpoint_auth_method: 'none',
      redirect_uris: [`${origin}/callback`],
    });
    expect(await allowed('/oauth/token', origin, preflight)).toBe(origin);
  });

  test.each([
    ['http://localhost/callback', 'http://localhost:5173', true],
    ['http://localhost/callback', 'http://localhost.example:5173', false],
    ['http://localhost:4200/callback', 'http://localhost:4201', false],
    ['http://127.0.0.1/callback', 'http://127.0.0.1:5173', true],
    ['https://app.example.net/callback', 'https://app.example.net:8443', false],
  ])(
    'of a client with %s, %s may read answers as it may be sent the code: %s [RFC 8252 7.3]',
    async (redirect_uri, origin, may) => {
      const { tenant, database } = acme;
      const client_id = new URL(redirect_uri).host;
      await addClient(database, tenant, client_id, {
        token_endpoint_auth_method: 'none',
        redirect_uris: [redirect_uri],
      });
      expect(await allowed('/oauth/token', origin, preflight)).toBe(may ? origin : null);
      await call(database.worker, ops.client_remove, { tenant, client_id });
    },
  );

  test.each(['https://widgets.example.com', 'https://x.example:8443', 'capacitor://localhost'])(
    '%s where allowed_origins of a client has it, and no longer than the client is enabled',
    async (origin) => {
      const { tenant, database } = acme;
      const set = (allowed_origins: string[]) =>
        call(database.worker, ops.client_set, {
          tenant,
          client_id: 'spa',
          settings: { allowed_origins },
        });
      expect(await allowed('/oauth/token', origin, preflight)).toBeNull();
      await set([origin]);
      expect(await allowed('/oauth/token', origin, preflight)).toBe(origin);
      expect(await allowed('/oauth/token', `${origin}9`, preflight)).toBeNull();
      await set([]);
    },
  );

  test.each([
    'null',
    '*',
    'https://a.example/',
    'https://a.example/path',
    'https://A.example',
    'https://*.example',
    'https://a.example:443',
    'http://a.example:80',
    'https://u@a.example',
    'a.example',
    '',
  ])('no client can have the origin "%s"', async (origin) => {
    const { tenant, database } = acme;
    const settings = { allowed_origins: [origin] };
    const refused = call(database.worker, ops.client_set, { tenant, client_id: 'spa', settings });
    await expect(refused).rejects.toMatchObject({ code: 'OA003' });
  });

  test('whoever asks for one unknown origin after the other has one connection, and no more', async () => {
    const { sql, web } = acme.database;
    expect(await allowed('/oauth/token', 'https://app.example.com', preflight)).not.toBeNull();
    const holder = await sql.reserve();
    await holder`begin`;
    await holder`lock table pgrant.clients`;
    const asked = Array.from({ length: 10 }, (_, n) =>
      allowed('/oauth/token', `https://nobody-${n}.example`, preflight),
    );
    await expect.poll(() => web.stats().open - web.stats().idle).toBe(1);
    await sleep(200);
    expect(web.stats()).toMatchObject({ waiting: 0 });
    expect(web.stats().open - web.stats().idle).toBe(1);
    await holder`commit`;
    holder.release();
    expect(await Promise.all(asked)).toEqual(Array(10).fill(null));
  });
});
