// RFC 7591 with keys in place of a secret.
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { newLastingSecret } from '../../src/protocol/secrets.ts';
import { type Acme, insecure, obtainTokens } from '../support/acme.ts';
import {
  callback,
  type Information,
  post,
  refusal,
  registered,
  send,
  startOpen,
} from '../support/registering.ts';
import { makeKey, type SigningKey, setOf, sign, startKeyHost } from '../support/signing.ts';

let acme: Acme;
let key: SigningKey;

beforeAll(async () => {
  acme = await startOpen();
  key = await makeKey();
});

const method = { token_endpoint_auth_method: 'private_key_jwt' };

const configurationOf = (client_id: string, { privateKey, kid }: SigningKey) =>
  client.discovery(
    new URL(acme.issuer),
    client_id,
    {},
    client.PrivateKeyJwt({ key: privateKey, kid }),
    insecure,
  );

describe('a client that registers itself with its keys [RFC 7591 2]', () => {
  test('openid-client registers one, which has no secret, and signs people in', async () => {
    const metadata = { ...method, redirect_uris: [callback], jwks: setOf(key) as never };
    const made = await client.dynamicClientRegistration(
      new URL(acme.issuer),
      metadata,
      client.PrivateKeyJwt(key.privateKey),
      insecure,
    );
    expect(made.clientMetadata()).toMatchObject({ ...method, jwks: setOf(key) });
    expect(made.clientMetadata()).not.toHaveProperty('client_secret');
    expect(made.clientMetadata()).not.toHaveProperty('client_secret_expires_at');
    const tokens = await obtainTokens(made, { redirect_uri: callback, scope: 'openid' });
    expect(tokens.claims?.aud).toBe(made.clientMetadata().client_id);
  });

  test('with a jwks_uri and an alg, which are echoed', async () => {
    const host = await startKeyHost();
    host.publish(key);
    const asked = { ...method, jwks_uri: host.url, token_endpoint_auth_signing_alg: 'ES256' };
    const information = await registered(acme, asked);
    expect(information).toMatchObject(asked);
    const config = await configurationOf(information.client_id, key);
    const tokens = await obtainTokens(config, { redirect_uri: callback, scope: 'openid' });
    expect(tokens.access_token).toBeDefined();
    expect(host.asked).toBe(1);
  });

  test('acts for itself only with an initial access token that says so', async () => {
    const machine = {
      ...method,
      jwks: setOf(key),
      grant_types: ['client_credentials'],
      redirect_uris: [],
      scope: 'email',
    };
    const { secret, hash } = newLastingSecret('initial_access');
    await call(acme.database.worker, ops.registration_token_add, {
      tenant: acme.tenant,
      name: 'machines',
      token_hash: hash,
      machine_scopes: ['email'],
    });
    expect(await refusal(await post(acme, machine))).toMatchObject({
      error: 'invalid_client_metadata',
    });
    const response = await post(acme, machine, secret);
    const { client_id } = (await response.json()) as Information;
    const config = await configurationOf(client_id, key);
    const tokens = await client.clientCredentialsGrant(config, { scope: 'email' });
    expect(tokens.scope).toBe('email');
    expect(await client.tokenIntrospection(config, tokens.access_token)).toMatchObject({
      active: true,
      client_id,
    });
  });

  test('nor by an assertion as its grant [RFC 7523 2.1]', async () => {
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    const grant_types = ['authorization_code', grant_type];
    const { client_id } = await registered(acme, { ...method, jwks: setOf(key), grant_types });
    for (const scope of ['', 'email']) {
      const assertion = await sign(key, client_id, acme.issuer);
      const body = new URLSearchParams({ grant_type, assertion, scope });
      const answer = await fetch(`${acme.issuer}/oauth/token`, { method: 'POST', body });
      expect(await refusal(answer)).toMatchObject({ status: 400, error: 'unauthorized_client' });
    }
  });

  test('PUT turns a secret into keys, keys into others, and keys into a secret [RFC 7592 2.2]', async () => {
    const information = await registered(acme, {});
    const { client_id, client_secret, registration_access_token: token } = information;
    const put = async (more: object) => {
      const body = { client_id, redirect_uris: [callback], ...more };
      const response = await send('PUT', information.registration_client_uri, { body, token });
      return (await response.json()) as Partial<Information>;
    };
    const signIn = async (by: SigningKey) =>
      obtainTokens(await configurationOf(client_id, by), {
        redirect_uri: callback,
        scope: 'openid',
      });
    const signing = await put({ ...method, jwks: setOf(key) });
    expect(signing).toMatchObject(method);
    expect(signing).not.toHaveProperty('client_secret_expires_at');
    await signIn(key);
    const next = await makeKey('PS256');
    await put({ ...method, jwks: setOf(next) });
    await signIn(next);
    await expect(signIn(key)).rejects.toMatchObject({ error: 'invalid_client' });
    expect(await put({ ...method })).toMatchObject({ error: 'invalid_client_metadata' });
    const back = await put({});
    expect(back.client_secret).toMatch(/^pgrant_cs_/);
    expect(back.client_secret).not.toBe(client_secret);
    expect(back).not.toHaveProperty('jwks');
    await expect(signIn(next)).rejects.toMatchObject({ error: 'invalid_client' });
  });

  test.each<[string, () => object | Promise<object>]>([
    ['no key', () => ({})],
    ['an empty set', () => ({ jwks: { keys: [] } })],
    ['a set that is none', () => ({ jwks: [key.jwk] })],
    ['both', () => ({ jwks: setOf(key), jwks_uri: 'https://a.example/jwks' })],
    ['a curve by which no client signs', async () => ({ jwks: setOf(await makeKey('ES384')) })],
    ['RSA of 1024 bits', () => ({ jwks: { keys: [{ kty: 'RSA', e: 'AQAB', n: weak }] } })],
    ['a point that is not on its curve', () => ({ jwks: { keys: [{ ...key.jwk, x: 'AAAA' }] } })],
    ['a secret key', () => ({ jwks: { keys: [key.jwk, { kty: 'oct', k: 'c2VjcmV0' }] } })],
    ['a private key', () => ({ jwks: { keys: [{ ...key.jwk, d: 'AAAA' }] } })],
    ['more than 20 keys', () => ({ jwks: { keys: Array(21).fill(key.jwk) } })],
    ['more than 16 KiB', () => ({ jwks: { keys: [{ ...key.jwk, x5c: ['A'.repeat(17_000)] }] } })],
    ['what jsonb cannot hold', () => ({ jwks: { keys: [{ ...key.jwk, note: 'a\u0000b' }] } })],
    ['keys at plain http', () => ({ jwks_uri: 'http://a.example/jwks' })],
    ['keys in a file', () => ({ jwks_uri: 'file:///etc/passwd' })],
    ['HS256', () => ({ jwks: setOf(key), token_endpoint_auth_signing_alg: 'HS256' })],
    ['none', () => ({ jwks: setOf(key), token_endpoint_auth_signing_alg: 'none' })],
  ])('is refused with %s', async (_, keys) => {
    const body = { ...method, redirect_uris: [callback], ...(await keys()) };
    expect(await refusal(await post(acme, body))).toMatchObject({
      status: 400,
      error: 'invalid_client_metadata',
    });
  });

  test('and client_secret_jwt is not offered, whatever it brings', async () => {
    const body = {
      token_endpoint_auth_method: 'client_secret_jwt',
      redirect_uris: [callback],
      jwks: setOf(key),
    };
    expect(await refusal(await post(acme, body))).toMatchObject({
      error: 'invalid_client_metadata',
    });
  });
});

/** 1024 bits, the highest of them set. */
const weak = Buffer.alloc(128, 0xff).toString('base64url');
