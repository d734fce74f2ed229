// What costs a processor tenths of a second, a key or the verifier of a password, is made for nobody whom SQL does not know.
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { newSigningKey } from '../../src/protocol/keys.ts';
import { newPassword } from '../../src/protocol/password.ts';
import { type Acme, startAcme } from '../support/acme.ts';

vi.mock('../../src/protocol/keys.ts', async (original) => {
  const all = await original<typeof import('../../src/protocol/keys.ts')>();
  return { ...all, newSigningKey: vi.fn(all.newSigningKey) };
});
vi.mock('../../src/protocol/password.ts', async (original) => {
  const all = await original<typeof import('../../src/protocol/password.ts')>();
  return { ...all, newPassword: vi.fn(all.newPassword) };
});

let acme: Acme;

beforeAll(async () => {
  acme = await startAcme();
  await call(acme.database.worker, ops.admin_enable, { tenant: acme.tenant });
});

beforeEach(() => {
  vi.mocked(newSigningKey).mockClear();
  vi.mocked(newPassword).mockClear();
});

const expectNothingMade = () => {
  expect(newSigningKey).not.toHaveBeenCalled();
  expect(newPassword).not.toHaveBeenCalled();
};

const opaque = `pgrant_at_zzzzzz_${'A'.repeat(43)}`;

test.each([
  ['/keys', { alg: 'RS256' }, 'nonsense'],
  ['/keys', { alg: 'RS256' }, opaque],
  ['/users', { username: 'eve', password: 'correct horse battery' }, opaque],
])('the admin API makes nothing at POST %s %j for the token %s', async (path, body, token) => {
  const response = await fetch(`${acme.issuer}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(401);
  expectNothingMade();
});

test.each([
  ['/oauth/admin/keys', { operation: 'key_add', alg: 'RS256' }],
  ['/oauth/admin/users', { operation: 'user_add', username: 'eve', password: 'correct horse' }],
  [
    '/oauth/account/sign-in',
    { password: 'correct horse battery', repeated: 'correct horse battery' },
  ],
] as const)('the form of %s makes nothing for whoever is not signed in', async (path, form) => {
  const response = await fetch(acme.issuer + path, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ csrf: 'none', ...form }),
  });
  expect(response.status).toBe(401);
  expectNothingMade();
});
