// An API of its own that takes bound tokens: from openid-client, and from thieves.

import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import * as client from 'openid-client';
import { createResource, type DpopOptions, protect } from 'pgrant/resource';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, startAcme } from '../support/acme.ts';
import { atFileEnd } from '../support/at-end.ts';
import { ath, newProofKey, type ProofChanges, type ProofKey, proofFor } from '../support/dpop.ts';

let acme: Acme;
let key: ProofKey;
let api: string;
let token: string;

const resource = 'https://api.example.com/notes';

/** Serves the API as it is behind a proxy: its own address is not the one that clients know. */
async function serve(dpop: DpopOptions = {}): Promise<string> {
  const app = new Koa();
  app.use(protect(createResource({ issuer: acme.issuer, resource, dpop })));
  app.use((context) => {
    context.body = {};
  });
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  atFileEnd(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/notes`;
}

async function tokenOf(dpop?: string): Promise<string> {
  const response = await fetch(`${acme.issuer}/oauth/token`, {
    method: 'POST',
    headers: dpop ? { dpop } : {},
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: acme.web.client_id,
      client_secret: acme.web.client_secret as string,
      resource,
    }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

beforeAll(async () => {
  acme = await startAcme();
  await call(acme.database.worker, ops.resource_set, {
    ...{ tenant: acme.tenant, resource, title: 'Notes' },
  });
  key = await newProofKey();
  api = await serve();
  token = await tokenOf(await proofFor(key, `${acme.issuer}/oauth/token`));
});

const proof = (change: ProofChanges = {}, by = key) =>
  proofFor(by, resource, {
    ...change,
    claims: { htm: 'GET', ath: ath(token), ...change.claims },
  });

async function ask(url: string, authorization: string, dpop?: string) {
  const response = await fetch(url, { headers: { authorization, ...(dpop && { dpop }) } });
  const { headers, status } = response;
  return { status, challenge: headers.get('www-authenticate'), nonce: headers.get('dpop-nonce') };
}

test('a token with a proof of its key is good, once [RFC 9449 7.1, 11.1]', async () => {
  const sent = await proof();
  expect(await ask(api, `DPoP ${token}`, sent)).toMatchObject({ status: 200 });
  expect(await ask(api, `DPoP ${token}`, sent)).toMatchObject({
    status: 401,
    challenge: expect.stringMatching(/^DPoP error="invalid_dpop_proof".*algs="ES256 /),
  });
});

test('the URL of a proof is compared as RFC 3986 6.2.2 has it, and without its query [RFC 9449 4.3]', async () => {
  const htu = 'HTTPS://API.example.com:443/%6eotes?x=1';
  expect(await ask(api, `DPoP ${token}`, await proof({ claims: { htu } }))).toMatchObject({
    status: 200,
  });
});

test('two slashes in the path of a request name no host, and a path that is none is that of no proof [RFC 9112 3.2.1]', async () => {
  const { origin } = new URL(api);
  const elsewhere = `DPoP ${token}`;
  expect(await ask(`${origin}//x/notes`, elsewhere, await proof())).toMatchObject({ status: 401 });
  const htu = 'https://api.example.com//x/notes';
  expect(
    await ask(`${origin}//x/notes`, elsewhere, await proof({ claims: { htu } })),
  ).toMatchObject({ status: 200 });
  expect(
    await ask(`${origin}//`, elsewhere, await proof({ claims: { htu: undefined } })),
  ).toMatchObject({ status: 401 });
});

test('exp and nbf, where a proof has them, are read by the clock that iat is [RFC 7519 4.1.4, 4.1.5]', async () => {
  const now = Math.floor(Date.now() / 1000);
  const within = await proof({ claims: { exp: now - 10, nbf: now + 10 } });
  expect(await ask(api, `DPoP ${token}`, within)).toMatchObject({ status: 200 });
  for (const claims of [{ exp: now - 40 }, { nbf: now + 40 }]) {
    expect(await ask(api, `DPoP ${token}`, await proof({ claims }))).toMatchObject({ status: 401 });
  }
});

test('openid-client asks the API [RFC 9449 7.1]', async () => {
  const config = new client.Configuration({ issuer: acme.issuer }, 'web');
  client.allowInsecureRequests(config);
  const pair = { privateKey: key.privateKey, publicKey: key.publicKey };
  const DPoP = client.getDPoPHandle(config, pair as never);
  let sent: Headers | undefined;
  config[client.customFetch] = (_url, { headers }) => {
    sent = new Headers(headers as never);
    return fetch(api, { headers: sent });
  };
  const answer = await client.fetchProtectedResource(
    ...([config, token, new URL(resource), 'GET', null, undefined, { DPoP }] as const),
  );
  expect(answer.status).toBe(200);
});

describe('refused is', () => {
  const wrong: [string, string, () => Promise<string | undefined>][] = [
    ['no proof', 'invalid_dpop_proof', async () => undefined],
    ['one for POST', 'invalid_dpop_proof', () => proof({ claims: { htm: 'POST' } })],
    ['one for the proxied URL', 'invalid_dpop_proof', () => proof({ claims: { htu: api } })],
    ['one of last week', 'invalid_dpop_proof', () => proof({ claims: { iat: 1 } })],
    ['one without iat', 'invalid_dpop_proof', () => proof({ claims: { iat: undefined } })],
    ['one for another token', 'invalid_dpop_proof', () => proof({ claims: { ath: ath('x') } })],
    ['one without jti', 'invalid_dpop_proof', () => proof({ claims: { jti: undefined } })],
    ['one with an empty jti', 'invalid_dpop_proof', () => proof({ claims: { jti: '' } })],
    [
      'one that tells of its private key',
      'invalid_dpop_proof',
      () => proof({ header: { jwk: { ...key.jwk, p: 'AQAB' } } }),
    ],
    ['one of no type', 'invalid_dpop_proof', () => proof({ header: { typ: undefined } })],
    ['one without a key', 'invalid_dpop_proof', () => proof({ header: { jwk: undefined } })],
    ['nonsense', 'invalid_dpop_proof', async () => 'nonsense'],
    ['one of another key', 'invalid_token', async () => proof({}, await newProofKey())],
  ];
  test.each(wrong)('%s', async (_name, error, make) => {
    expect(await ask(api, `DPoP ${token}`, await make())).toMatchObject({
      status: 401,
      challenge: expect.stringContaining(`DPoP error="${error}"`),
    });
  });

  test('a bound token sent as Bearer, and the reverse [RFC 9449 7.1, 7.2]', async () => {
    expect((await ask(api, `Bearer ${token}`, await proof())).status).toBe(401);
    const bearer = await tokenOf();
    expect((await ask(api, `Bearer ${bearer}`)).status).toBe(200);
    const sent = await proof({ claims: { ath: ath(bearer) } });
    expect((await ask(api, `DPoP ${bearer}`, sent)).status).toBe(401);
  });
});

test('an API may take fewer algorithms, and says which [RFC 9728 2, FAPI 2.0 5.4.1]', async () => {
  const strict = await serve({ algorithms: ['PS256'] });
  expect(await ask(strict, `DPoP ${token}`, await proof())).toMatchObject({
    status: 401,
    challenge: expect.stringMatching(/^DPoP error="invalid_dpop_proof".*algs="PS256"/),
  });
});

test('an API may want a nonce, whatever clock the client has [RFC 9449 9]', async () => {
  const strict = await serve({ nonceSecret: Buffer.alloc(32, 1) });
  const first = await ask(strict, `DPoP ${token}`, await proof());
  expect(first).toMatchObject({
    status: 401,
    challenge: expect.stringContaining('use_dpop_nonce'),
  });
  const second = await proof({ claims: { nonce: first.nonce, iat: 1, exp: 2 } });
  expect(await ask(strict, `DPoP ${token}`, second)).toMatchObject({
    status: 200,
    nonce: expect.stringMatching(/^[\w-]{43}$/),
  });
});

test('a nonce is no substitute for iat [RFC 9449 4.3]', async () => {
  const strict = await serve({ nonceSecret: Buffer.alloc(32, 1) });
  const { nonce } = await ask(strict, `DPoP ${token}`, await proof());
  const sent = await proof({ claims: { nonce, iat: undefined } });
  expect(await ask(strict, `DPoP ${token}`, sent)).toMatchObject({
    status: 401,
    challenge: expect.stringContaining('DPoP error="invalid_dpop_proof"'),
  });
});

test('an API may take bound tokens only [RFC 9728 2]', async () => {
  const strict = await serve({ required: true });
  expect(await ask(strict, `Bearer ${await tokenOf()}`)).toMatchObject({
    status: 401,
    challenge: expect.stringMatching(/^DPoP /),
  });
  expect(
    createResource({ issuer: acme.issuer, resource, dpop: { required: true } }).metadata,
  ).toMatchObject({
    dpop_bound_access_tokens_required: true,
  });
});
