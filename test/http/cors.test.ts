// Which web origins a browser lets read answers.
import { beforeAll, describe, expect, test } from 'vitest';
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

  test('metadata and keys for every origin, authorize and introspect for none', async () => {
    expect(await allowed('/.well-known/openid-configuration', 'https://evil.example')).toBe('*');
    expect(await allowed('/oauth/jwks.json', 'https://evil.example')).toBe('*');
    expect(await allowed('/oauth/authorize?client_id=spa', 'https://app.example.com')).toBeNull();
    expect(await allowed('/oauth/introspect', 'https://app.example.com', preflight)).toBeNull();
  });
});
