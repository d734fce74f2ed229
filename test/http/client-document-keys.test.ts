// Clients from documents that sign: their keys are what their document says.
import * as client from 'openid-client';
import { beforeAll, expect, test } from 'vitest';
import { type Acme, insecure, obtainTokens, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { callback, request, startHost } from '../support/document-host.ts';
import { configure } from '../support/registering.ts';
import { makeKey, type SigningKey, setOf, startKeyHost } from '../support/signing.ts';

let acme: Acme;
let host: Awaited<ReturnType<typeof startHost>>;

beforeAll(async () => {
  acme = await startAcme();
  host = await startHost();
  await configure(acme, { client_documents: 'open' });
});

/** openid-client as a client that signs by a key, or does not. */
function configurationOf(client_id: string, key?: SigningKey) {
  const authentication = key
    ? client.PrivateKeyJwt({ key: key.privateKey, kid: key.kid })
    : client.None();
  return client.discovery(new URL(acme.issuer), client_id, undefined, authentication, insecure);
}

const invalidClient = { error: 'invalid_client' };
const redirect = { redirect_uri: callback };

test.each(['jwks', 'jwks_uri'])(
  'a client whose document has %s has to sign, at the code and at each refresh [draft-ietf-oauth-client-id-metadata-document 6]',
  async (where) => {
    const key = await makeKey();
    const keyHost = await startKeyHost();
    keyHost.publish(key);
    const client_id = host.client(`/${where}.json`, {
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
      ...(where === 'jwks' ? { jwks: setOf(key) } : { jwks_uri: keyHost.url }),
    });
    const [config, unsigned] = [
      await configurationOf(client_id, key),
      await configurationOf(client_id),
    ];
    await expect(obtainTokens(unsigned, redirect)).rejects.toMatchObject(invalidClient);
    const stranger = await configurationOf(client_id, await makeKey());
    await expect(obtainTokens(stranger, redirect)).rejects.toMatchObject(invalidClient);
    const tokens = await obtainTokens(config, redirect);
    const refresh = tokens.refresh_token ?? '';
    await expect(client.refreshTokenGrant(unsigned, refresh)).rejects.toMatchObject(invalidClient);
    expect((await client.refreshTokenGrant(config, refresh)).access_token).toBeDefined();
  },
);

test('other keys are good from the next fetch on, and those before are not; whoever signs by another, or no more, is asked about again', async () => {
  const [old, next] = [await makeKey(), await makeKey()];
  const publish = (metadata: object) =>
    host.client('/rotates.json', { token_endpoint_auth_method: 'private_key_jwt', ...metadata });
  const client_id = publish({ jwks: setOf(old) });
  const browser = new Browser();
  const config = await configurationOf(client_id, old);
  await obtainTokens(config, redirect, browser);

  const change = async (metadata: object) => {
    publish(metadata);
    await acme.database.sql`
      update pgrant.clients set document_expires_at = now() where client_id = ${client_id}`;
    const page = await request(browser, acme.issuer, client_id);
    return page.html.includes('name="decision"');
  };
  expect(await change({ jwks: setOf(next) })).toBe(true);
  await expect(obtainTokens(config, redirect, browser)).rejects.toMatchObject(invalidClient);
  const rotated = await configurationOf(client_id, next);
  expect((await obtainTokens(rotated, redirect, browser)).access_token).toBeDefined();
  expect(await change({ token_endpoint_auth_method: 'none' })).toBe(true);
});

test('a document without keys is refused where it says that its client signs', async () => {
  const client_id = host.client('/keyless.json', { token_endpoint_auth_method: 'private_key_jwt' });
  expect((await request(new Browser(), acme.issuer, client_id)).status).toBe(400);
});
