// OpenID Connect Core 5.3.2: claims that are signed for the clients that registered for it.
import { decodeProtectedHeader } from 'jose';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { signingAlgs } from '../../src/protocol/lists.ts';
import { type Acme, insecure, obtainTokens } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { request } from '../support/document-host.ts';
import { callback, offer, registered, startOpen } from '../support/registering.ts';

let acme: Acme;

beforeAll(async () => {
  acme = await startOpen();
  await offer(acme, signingAlgs);
});

/** A client that registered itself, and what it may ask userinfo with. */
async function signIn(metadata: Record<string, unknown>) {
  const information = await registered(acme, { token_endpoint_auth_method: 'none', ...metadata });
  const config = await client.discovery(
    new URL(acme.issuer),
    information.client_id,
    { ...(metadata as Partial<client.ClientMetadata>) },
    client.None(),
    insecure,
  );
  // Signatures are verified against the JWK set too.
  client.enableNonRepudiationChecks(config);
  const scope = 'openid profile email';
  const tokens = await obtainTokens(config, { redirect_uri: callback, scope });
  return { information, config, ...tokens };
}

const ask = (token: string, init: RequestInit = {}) =>
  fetch(`${acme.issuer}/oauth/userinfo`, {
    headers: { authorization: `Bearer ${token}` },
    ...init,
  });

describe.each(signingAlgs)('a client that registered for %s', (alg) => {
  const registering = { userinfo_signed_response_alg: alg, id_token_signed_response_alg: alg };

  test('gets its claims as a JWT with iss and aud, which openid-client verifies', async () => {
    const { information, config, access_token, claims } = await signIn(registering);
    expect(information.userinfo_signed_response_alg).toBe(alg);
    const info = await client.fetchUserInfo(config, access_token, claims?.sub ?? '');
    expect(info).toEqual({
      iss: acme.issuer,
      aud: information.client_id,
      sub: claims?.sub,
      name: 'Ada Lovelace',
      preferred_username: 'ada',
      updated_at: expect.any(Number),
      email: 'ada@example.com',
    });
  });

  test('gets it by POST as well, and errors as JSON', async () => {
    const { access_token } = await signIn(registering);
    const body = new URLSearchParams({ access_token });
    const response = await fetch(`${acme.issuer}/oauth/userinfo`, { method: 'POST', body });
    expect(response.headers.get('content-type')).toMatch(/^application\/jwt/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(decodeProtectedHeader(await response.text())).toMatchObject({
      alg,
      kid: expect.any(String),
    });
    const refused = await ask('pgrant_at_1_x');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('content-type')).toMatch(/^application\/json/);
  });

  test('cannot have it taken for an ID token or an access token [RFC 8725 3.11]', async () => {
    const { information, access_token, id_token } = await signIn(registering);
    const signed = await (await ask(access_token)).text();
    expect((await ask(signed)).status).toBe(401);
    const hinted = (id_token_hint = '') =>
      request(new Browser(), acme.issuer, information.client_id, { id_token_hint, prompt: 'none' });
    // Nobody vouches for the client: the error is a page with a link to it (RFC 9700 4.11.2).
    expect((await hinted(id_token)).html).toContain('error=login_required');
    expect((await hinted(signed)).html).toContain('error=invalid_request');
  });
});

test('a client that registered for nothing gets JSON', async () => {
  const { information, config, access_token, claims } = await signIn({});
  expect(information).not.toHaveProperty('userinfo_signed_response_alg');
  expect((await ask(access_token)).headers.get('content-type')).toMatch(/^application\/json/);
  const info = await client.fetchUserInfo(config, access_token, claims?.sub ?? '');
  expect(info).not.toHaveProperty('iss');
});

test('an operator says so of a client that is there', async () => {
  const { database, tenant } = acme;
  const set = (userinfo_alg: string | null) =>
    call(database.worker, ops.client_set, {
      tenant,
      client_id: 'native',
      settings: { userinfo_alg },
    });
  const config = await client.discovery(
    new URL(acme.issuer),
    'native',
    undefined,
    client.None(),
    insecure,
  );
  const { access_token } = await obtainTokens(config);
  const type = async () => (await ask(access_token)).headers.get('content-type');
  expect(await type()).toMatch(/json/);
  await set('ES256');
  expect(await type()).toMatch(/jwt/);
  await set(null);
  expect(await type()).toMatch(/json/);
  await expect(set('none')).rejects.toMatchObject({ code: 'OA003' });
});
