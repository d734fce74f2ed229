// Who may register, who vouches for it, and RFC 7592: managing a registration.
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { newLastingSecret } from '../../src/protocol/secrets.ts';
import { type Acme, insecure, obtainTokens } from '../support/acme.ts';
import {
  callback,
  configure,
  type Information,
  post,
  refusal,
  registered,
  send,
  startOpen,
} from '../support/registering.ts';
import { startKeyHost } from '../support/signing.ts';

let acme: Acme;

beforeAll(async () => {
  acme = await startOpen();
});

describe('who may register', () => {
  test('nobody at a closed tenant, whose metadata name no endpoint', async () => {
    await configure(acme, { registration: 'closed' });
    expect(await refusal(await post(acme, { redirect_uris: [callback] }))).toMatchObject({
      status: 403,
    });
    const response = await fetch(`${acme.issuer}/.well-known/openid-configuration`);
    expect(await response.json()).not.toHaveProperty('registration_endpoint');
    await configure(acme, { registration: 'open' });
  });

  test('who has an initial access token, as often as it says [RFC 7591 3]', async () => {
    await configure(acme, { registration: 'token' });
    const { secret, hash } = newLastingSecret('initial_access');
    const named = { tenant: acme.tenant, name: 'provisioning', token_hash: hash, uses: 1 };
    await call(acme.database.worker, ops.registration_token_add, named);
    const without = await post(acme, { redirect_uris: [callback] });
    expect(without.headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
    expect(await refusal(without)).toMatchObject({ status: 401, error: 'invalid_token' });
    expect((await post(acme, { redirect_uris: [callback] }, secret)).status).toBe(201);
    expect((await post(acme, { redirect_uris: [callback] }, secret)).status).toBe(401);
    await configure(acme, { registration: 'open' });
  });

  test('too many from one address wait, and are told how long', async () => {
    await configure(acme, { registration_rate: 1 });
    const response = await post(acme, { redirect_uris: [callback] });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    await configure(acme, { registration_rate: 1000 });
  });
});

test('nothing is fetched for whoever may not register, or holds no registration', async () => {
  const host = await startKeyHost();
  const body = { redirect_uris: [callback], sector_identifier_uri: host.url };
  const refused = async (response: Promise<Response>) => (await refusal(await response)).error;
  await configure(acme, { registration: 'closed' });
  expect(await refused(post(acme, body))).toBe('access_denied');
  await configure(acme, { registration: 'token' });
  expect(await refused(post(acme, body))).toBe('invalid_token');
  await configure(acme, { registration: 'open' });
  const { client_id, ...mine } = await registered(acme, {});
  const put = (token: string) =>
    send('PUT', mine.registration_client_uri, { body: { ...body, client_id }, token });
  expect(await refused(put('another'))).toBe('invalid_token');
  expect(host.asked).toBe(0);
  const token = mine.registration_access_token;
  for (const asking of [post(acme, body), put(token)])
    expect(await refused(asking)).toBe('invalid_client_metadata');
  expect(host.asked).toBe(2);
  await configure(acme, { registration_rate: 1 });
  for (const asking of [post(acme, body), put(token)]) expect((await asking).status).toBe(429);
  await configure(acme, { registration_rate: 1000 });
  expect(host.asked).toBe(2);
});

describe('software statements [RFC 7591 2.3]', () => {
  test('those of a trusted issuer take precedence; others are refused by name', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const state = (iss: string) =>
      new SignJWT({ client_name: 'Vouched for', software_id: 'fern' })
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer(iss)
        .sign(privateKey);
    const good = await state('https://store.example');
    const body = { redirect_uris: [callback], client_name: 'Self-styled' };
    expect(await refusal(await post(acme, { ...body, software_statement: good }))).toMatchObject({
      status: 400,
      error: 'unapproved_software_statement',
    });
    const keys = [{ ...(await exportJWK(publicKey)), alg: 'ES256' }];
    await configure(acme, { software_statement_issuers: { 'https://store.example': { keys } } });
    expect(await registered(acme, { ...body, software_statement: good })).toMatchObject({
      client_name: 'Vouched for',
      software_statement: good,
    });
    const tampered = `${good.slice(0, -8)}AAAAAAAA`;
    expect(
      await refusal(await post(acme, { ...body, software_statement: tampered })),
    ).toMatchObject({
      error: 'invalid_software_statement',
    });
    expect(await refusal(await post(acme, { ...body, software_statement: 'none' }))).toMatchObject({
      error: 'invalid_software_statement',
    });
  });

  test('is no other JWT of its issuer, and none for another server [RFC 8725 3.11, RFC 7519 4.1.3]', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const keys = [{ ...(await exportJWK(publicKey)), alg: 'ES256' }];
    const issuer = 'https://shop.example';
    await configure(acme, { software_statement_issuers: { [issuer]: { keys } } });
    const answer = async (header: object, claims: object) => {
      const software_statement = await new SignJWT({ client_name: 'Vouched for', ...claims })
        .setProtectedHeader({ alg: 'ES256', ...header })
        .setIssuer(issuer)
        .sign(privateKey);
      return post(acme, { redirect_uris: [callback], software_statement });
    };
    const good: [object, object][] = [
      [{ typ: 'JWT' }, {}],
      [{}, { aud: acme.issuer }],
      [{}, { aud: ['https://elsewhere.example', acme.issuer] }],
      [{}, { aud: `${acme.issuer}/oauth/register` }],
    ];
    for (const [header, claims] of good) {
      expect((await answer(header, claims)).status).toBe(201);
    }
    const wrong: [object, object][] = [
      ...['at+jwt', 'dpop+jwt', 'logout+jwt', 'oauth-id-jag+jwt', 'secevent+jwt'].map(
        (typ): [object, object] => [{ typ }, {}],
      ),
      [{}, { aud: 'https://elsewhere.example' }],
      [{}, { aud: `${acme.issuer}/` }],
      [{}, { aud: [] }],
      [{}, { aud: 1 }],
    ];
    for (const [header, claims] of wrong) {
      expect(await refusal(await answer(header, claims))).toMatchObject({
        error: 'invalid_software_statement',
      });
    }
  });
});

describe('management [RFC 7592 2]', () => {
  test('GET tells what is stored, and no secret a second time', async () => {
    const { client_secret, ...known } = await registered(acme, { client_name: 'Reader' });
    const token = known.registration_access_token;
    const response = await send('GET', known.registration_client_uri, { token });
    expect(client_secret).toBeDefined();
    expect(await response.json()).toEqual(known);
  });

  test('PUT replaces everything, and what is left out is gone', async () => {
    const { client_id, client_secret, registration_access_token, registration_client_uri } =
      await registered(acme, { client_name: 'Before', policy_uri: 'https://a.example/privacy' });
    const put = (body: object) =>
      send('PUT', registration_client_uri, { body, token: registration_access_token });
    const body = { client_id, client_name: 'After', redirect_uris: ['https://a.example/cb'] };
    const response = await put({ ...body, client_secret });
    const after = (await response.json()) as Information;
    expect(response.status).toBe(200);
    expect(after).toMatchObject({ client_id, client_name: 'After', application_type: 'web' });
    expect(after).not.toHaveProperty('policy_uri');
    expect(after).not.toHaveProperty('client_secret');
    for (const bad of [
      { ...body, client_id: 'another' },
      { ...body, client_secret: 'another' },
      { ...body, registration_access_token },
      { client_name: 'no client_id', redirect_uris: [callback] },
    ]) {
      expect(await refusal(await put(bad))).toMatchObject({ error: 'invalid_client_metadata' });
    }
    const grown = await put({ ...body, grant_types: ['authorization_code', 'client_credentials'] });
    expect(await grown.json()).toMatchObject({ grant_types: ['authorization_code'] });
  });

  test('PUT with a software statement that is worth nothing is recorded as what it is', async () => {
    const { client_id, ...mine } = await registered(acme, {});
    const body = { client_id, redirect_uris: [callback], software_statement: 'none' };
    const token = mine.registration_access_token;
    const response = await send('PUT', mine.registration_client_uri, { body, token });
    expect(await refusal(response)).toMatchObject({ error: 'invalid_software_statement' });
    const counted = await acme.database.sql`
      select 1 from pgrant.refusals
       where tenant_id = ${acme.tenant} and action = 'registration.replace' and error = 'invalid_software_statement'`;
    expect(counted).toHaveLength(1);
  });

  test('PUT that makes a client public takes its secret, and one that makes it confidential gives another', async () => {
    const { client_id, registration_access_token, registration_client_uri } = await registered(
      acme,
      {},
    );
    const put = async (token_endpoint_auth_method: string) => {
      const body = { client_id, redirect_uris: [callback], token_endpoint_auth_method };
      const token = registration_access_token;
      return (await send('PUT', registration_client_uri, { body, token })).json();
    };
    expect(await put('none')).not.toHaveProperty('client_secret_expires_at');
    expect(await put('client_secret_post')).toMatchObject({ client_secret_expires_at: 0 });
    expect(await put('none')).not.toHaveProperty('client_secret');
    expect(await put('client_secret_post')).toMatchObject({
      client_secret: expect.stringMatching(/^pgrant_cs_/),
    });
  });

  test('DELETE ends the client with its tokens, and its management', async () => {
    const information = await registered(acme, {
      token_endpoint_auth_method: 'none',
      scope: 'openid',
    });
    const { client_id, registration_access_token: token, registration_client_uri } = information;
    const config = await client.discovery(
      new URL(acme.issuer),
      client_id,
      undefined,
      client.None(),
      insecure,
    );
    const tokens = await obtainTokens(config, { redirect_uri: callback, scope: 'openid' });
    const userinfo = () =>
      fetch(`${acme.issuer}/oauth/userinfo`, {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      });
    expect((await userinfo()).status).toBe(200);
    expect((await send('DELETE', registration_client_uri, { token })).status).toBe(204);
    expect((await userinfo()).status).toBe(401);
    const gone = await send('GET', registration_client_uri, { token });
    expect(await refusal(gone)).toMatchObject({ status: 401, error: 'invalid_token' });
    expect(gone.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test('another token, or none, is worth nothing', async () => {
    const mine = await registered(acme, { client_name: 'Mine' });
    const other = await registered(acme, { client_name: 'Other' });
    const token = other.registration_access_token;
    expect((await send('GET', mine.registration_client_uri, { token })).status).toBe(401);
    expect((await send('DELETE', mine.registration_client_uri, { token })).status).toBe(401);
    expect((await send('GET', mine.registration_client_uri, {})).status).toBe(401);
    expect((await send('PATCH', mine.registration_client_uri, { token })).status).toBe(405);
  });
});
