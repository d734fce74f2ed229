// What FAPI 2.0 Security Profile (Final) 5.3 forbids is refused: at a tenant that has the profile, and of a client that has it.
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, redirect_uri, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { addClient } from '../support/issuer.ts';
import { push, requested } from '../support/pushing.ts';
import { refusalOf, sentFrom } from '../support/refused.ts';
import { configure } from '../support/registering.ts';
import { makeKey, type SigningKey, setOf, signer } from '../support/signing.ts';

let acme: Acme;
let key: SigningKey;
const good = requested(redirect_uri);
const secretOf = () => ({ client_id: 'web', client_secret: acme.web.client_secret ?? '' });
beforeAll(async () => {
  acme = await startAcme();
  key = await makeKey('ES256');
});

const post = (path: string, body: Record<string, string>, headers = {}) =>
  refusalOf(acme.issuer, path, body, headers);
const authorize = (query: Record<string, string>) => sentFrom(acme.issuer, query);

const asks = {
  token: { grant_type: 'client_credentials' },
  par: good,
  introspect: { token: 'any' },
  revoke: { token: 'any' },
  device_authorization: {},
};

describe('a tenant that is switched to the preset', () => {
  let pushed: string;

  beforeAll(async () => {
    pushed = (await push(acme.issuer, { ...good, ...secretOf() })).request_uri;
    await configure(acme, { preset: 'fapi2' });
  });

  test.each(Object.entries(asks))(
    '%s refuses public clients, and those with a secret',
    async (path, body) => {
      for (const credentials of [secretOf(), { client_id: 'native' }]) {
        expect(await post(path, { ...body, ...credentials })).toEqual([401, 'invalid_client']);
      }
      const rows = await acme.database.sql`
      select client_id, reason from pgrant.refusals where action = 'client.authenticate'`;
      expect(rows).toContainEqual({
        client_id: 'web',
        reason: 'no client that authenticates by client_secret_basic is taken',
      });
      expect(rows).toContainEqual({
        client_id: 'native',
        reason: 'no client that authenticates by none is taken',
      });
    },
  );

  test('no page is shown for one, pushed before or not', async () => {
    expect(
      await authorize({ client_id: 'native', ...good, redirect_uri: 'com.example.app:/callback' }),
    ).toMatchObject({
      error: 'unauthorized_client',
      why: expect.stringContaining('authenticates by none'),
    });
    expect(await authorize({ client_id: 'web', request_uri: pushed })).toMatchObject({
      status: 400,
    });
  });

  test('the metadata list what is left', async () => {
    const response = await fetch(`${acme.issuer}/.well-known/openid-configuration`);
    const metadata = (await response.json()) as Record<string, unknown>;
    for (const endpoint of ['token', 'revocation', 'introspection']) {
      expect(metadata[`${endpoint}_endpoint_auth_methods_supported`]).toEqual(['private_key_jwt']);
    }
    expect(metadata.id_token_signing_alg_values_supported).not.toContain('RS256');
    expect(metadata.require_pushed_authorization_requests).toBe(true);
  });

  test('none is registered, by whomever', async () => {
    const other = addClient(acme.database, acme.tenant, 'other', { redirect_uris: [redirect_uri] });
    await expect(other).rejects.toThrow(/token_endpoint_auth_method must be private_key_jwt.*not/);
    await configure(acme, { registration: 'open' });
    const body = JSON.stringify({
      redirect_uris: [redirect_uri],
      token_endpoint_auth_method: 'none',
    });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${acme.issuer}/oauth/register`, {
      method: 'POST',
      headers,
      body,
    });
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ error: 'invalid_client_metadata' }),
    ]);
    // What nobody says is as the profile wants it.
    const { redirect_uris } = { redirect_uris: [redirect_uri] };
    await addClient(acme.database, acme.tenant, 'plain', {
      ...signer({ jwks: setOf(key) }),
      redirect_uris,
    });
    const [row] = await acme.database
      .sql`select id_token_alg from pgrant.clients where client_id = 'plain'`;
    expect(row?.id_token_alg).not.toBe('RS256');
  });

  test('admins come to the console as before', async () => {
    await call(acme.database.worker, ops.admin_enable, { tenant: acme.tenant });
    const browser = new Browser();
    const page = await browser.open(`${acme.issuer}/oauth/admin/clients`);
    expect([page.status, page.url]).toEqual([200, expect.stringContaining('/oauth/continue?')]);
    // Its code is for nobody.
    const redeem = { grant_type: 'authorization_code', code: 'any', client_id: 'pgrant-console' };
    expect(await post('token', redeem)).toEqual([401, 'invalid_client']);
  });
});
