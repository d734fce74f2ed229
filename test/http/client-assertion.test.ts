// private_key_jwt over the wire, with openid-client, oauth4webapi, and what no client should send.
import { randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportSPKI, UnsecuredJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { clientAlgs } from '../../src/protocol/lists.ts';
import { type Acme, insecure, obtainTokens, redirect_uri, startAcme } from '../support/acme.ts';
import { addClient, postTo, startServer } from '../support/issuer.ts';
import { configure } from '../support/registering.ts';
import {
  asserted,
  type Change,
  makeKey,
  type SigningKey,
  setOf,
  sign,
  signer,
} from '../support/signing.ts';

let acme: Acme;
let key: SigningKey;
const basic = { grant_type: 'client_credentials' };

beforeAll(async () => {
  acme = await startAcme();
  key = await makeKey('ES256');
  await addClient(acme.database, acme.tenant, 'robot', signer({ jwks: setOf(key) }));
});

function post(path: string, body: Record<string, string>, at = acme.issuer, headers = {}) {
  const init = { method: 'POST', headers, body: new URLSearchParams(body) };
  return fetch(`${at}/oauth/${path}`, init);
}

async function answerOf(response: Response) {
  const { error } = (await response.json()) as { error?: string };
  return [response.status, error];
}

const refused = [401, 'invalid_client'];
const granted = [200, undefined];

/** Asks for a token with an assertion of the robot that is changed. */
async function ask(change: Change & { alg?: string } = {}, more: Record<string, string> = {}) {
  const assertion = await sign(key, 'robot', acme.issuer, change);
  return answerOf(await post('token', { ...basic, ...asserted(assertion), ...more }));
}

/** Why it was refused, as it was recorded. */
async function recorded() {
  const [row] = await acme.database.sql`
    select reason from pgrant.refusals where action = 'client.authenticate' order by last_at desc limit 1`;
  return row?.reason;
}

const now = () => Math.floor(Date.now() / 1000);

describe('clients that people use [RFC 7523 2.2]', () => {
  test.each(['ES256', 'RS256', 'PS256', 'Ed25519'])(
    'openid-client signs by %s at every endpoint',
    async (alg) => {
      const id = `openid-client-${alg}`;
      const own = await makeKey(alg);
      await addClient(
        acme.database,
        acme.tenant,
        id,
        signer({
          grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
          redirect_uris: [redirect_uri],
          jwks: setOf(own),
          token_endpoint_auth_signing_alg: alg,
        }),
      );
      const authentication = client.PrivateKeyJwt({ key: own.privateKey, kid: own.kid });
      const config = await client.discovery(new URL(acme.issuer), id, {}, authentication, insecure);
      const tokens = await obtainTokens(config);
      const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
      expect(await client.tokenIntrospection(config, next.access_token)).toMatchObject({
        active: true,
      });
      const machine = await client.clientCredentialsGrant(config);
      await client.tokenRevocation(config, machine.access_token);
      expect(await client.tokenIntrospection(config, machine.access_token)).toEqual({
        active: false,
      });
    },
  );

  test.each(clientAlgs)('%s is announced, and a key without kid or alg does', async (alg) => {
    const document = await fetch(`${acme.issuer}/.well-known/openid-configuration`);
    const metadata = (await document.json()) as Record<string, string[]>;
    for (const endpoint of ['token', 'revocation', 'introspection']) {
      expect(metadata[`${endpoint}_endpoint_auth_methods_supported`]).toContain('private_key_jwt');
      expect(metadata[`${endpoint}_endpoint_auth_signing_alg_values_supported`]).toContain(alg);
    }
    expect(JSON.stringify(metadata)).not.toContain('client_secret_jwt');
    const own = await makeKey(alg);
    const { kid: _, ...jwk } = own.jwk;
    await addClient(acme.database, acme.tenant, `bare-${alg}`, signer({ jwks: { keys: [jwk] } }));
    for (const header of [{}, { kid: undefined }]) {
      const assertion = await sign(own, `bare-${alg}`, acme.issuer, { header });
      expect(await answerOf(await post('token', { ...basic, ...asserted(assertion) }))).toEqual(
        granted,
      );
    }
  });

  test('oauth4webapi, with the metadata of the OAuth document', async () => {
    const issuer = new URL(acme.issuer);
    const http = { [oauth.allowInsecureRequests]: true };
    const discovered = await oauth.discoveryRequest(issuer, { ...http, algorithm: 'oauth2' });
    const as = await oauth.processDiscoveryResponse(issuer, discovered);
    expect(as.token_endpoint_auth_signing_alg_values_supported).toEqual(clientAlgs);
    const robot = { client_id: 'robot' };
    const response = await oauth.clientCredentialsGrantRequest(
      as,
      robot,
      oauth.PrivateKeyJwt(key.privateKey),
      new URLSearchParams(),
      http,
    );
    const tokens = await oauth.processClientCredentialsResponse(as, robot, response);
    expect(tokens.token_type).toBe('bearer');
  });
});

describe('an assertion [RFC 7523 3, RFC 10070]', () => {
  test.each<[string, Change]>([
    ['without typ', {}],
    ['of typ JWT', { header: { typ: 'JWT' } }],
    ['of typ client-authentication+jwt', { header: { typ: 'client-authentication+jwt' } }],
    ['of that typ in full', { header: { typ: 'application/Client-Authentication+JWT' } }],
    ['for an array of the issuer', { claims: { aud: undefined } }],
    ['without iat', { claims: { iat: undefined } }],
    ['of nearly ten minutes', { claims: { exp: now() + 590 } }],
    ['of a clock that is 20 seconds ahead', { claims: { iat: now() + 20, nbf: now() + 20 } }],
    ['that expired 10 seconds ago', { claims: { exp: now() - 10 } }],
  ])('%s is good', async (_, change) => {
    const aud = change.claims && 'aud' in change.claims ? [acme.issuer] : acme.issuer;
    expect(await ask({ ...change, claims: { ...change.claims, aud } })).toEqual(granted);
  });

  test.each<[string, Change, string?]>([
    ['of typ dpop+jwt', { header: { typ: 'dpop+jwt' } }, 'typ'],
    ['of typ at+jwt', { header: { typ: 'at+jwt' } }, 'typ'],
    ['of typ application/at+jwt', { header: { typ: 'application/at+jwt' } }, 'typ'],
    ['of typ login-accept+jwt', { header: { typ: 'login-accept+jwt' } }, 'typ'],
    ['for another server', { claims: { aud: 'https://other.example' } }, 'aud'],
    ['for nobody', { claims: { aud: undefined } }, 'aud'],
    ['for the issuer and another', { claims: { aud: ['ISSUER', 'https://other.example'] } }, 'aud'],
    ['for the issuer with a slash', { claims: { aud: 'ISSUER/' } }, 'aud'],
    ['for the token endpoint', { claims: { aud: 'ISSUER/oauth/token' } }, 'audience'],
    ['of another issuer', { claims: { iss: 'native' } }, 'iss'],
    ['without issuer', { claims: { iss: undefined } }, 'iss'],
    ['that has expired', { claims: { exp: now() - 60 } }, 'exp'],
    ['without expiry', { claims: { exp: undefined } }, 'exp'],
    ['with an expiry in text', { claims: { exp: String(now() + 60) } }, 'exp'],
    ['of an hour', { claims: { exp: now() + 3600 } }, '10 minutes'],
    ['of all time', { claims: { exp: 9e15 } }, 'exp'],
    ['that is not good yet', { claims: { nbf: now() + 120 } }, 'nbf'],
    ['made in the future', { claims: { iat: now() + 120 } }, 'iat'],
    ['without jti', { claims: { jti: undefined } }, 'jti'],
    ['with an empty jti', { claims: { jti: '' } }, 'jti'],
    ['with critical headers', { header: { crit: ['exp'], exp: 1 } }, 'crit'],
    ['of a key that is not there', { header: { kid: 'other' } }, 'no key'],
  ])('%s is refused, and says so to a key of the client', async (_, change, reason) => {
    const aud = JSON.parse(
      JSON.stringify(change.claims?.aud ?? '').replaceAll('ISSUER', acme.issuer),
    );
    const claims = { ...change.claims, ...(aud && { aud }) };
    const assertion = await sign(key, 'robot', acme.issuer, { ...change, claims }).catch(() =>
      raw(change.header ?? {}, claims),
    );
    const response = await post('token', { ...basic, ...asserted(assertion) });
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect([response.status, await response.json()]).toEqual([
      401,
      { error: 'invalid_client', error_description: expect.stringContaining(reason ?? '') },
    ]);
    expect(await recorded()).toContain(reason);
  });

  /** What jose does not sign, with a signature of nothing. */
  function raw(header: object, claims: object) {
    const full = {
      iss: 'robot',
      sub: 'robot',
      aud: acme.issuer,
      jti: randomUUID(),
      exp: now() + 60,
    };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${part({ alg: 'ES256', kid: key.kid, ...header })}.${part({ ...full, ...claims })}.AAAA`;
  }

  test('by another key, under the kid of this one', async () => {
    const other = await makeKey('ES256');
    expect(await ask({ by: other.privateKey })).toEqual(refused);
  });

  test('alg none, and HS256 with the public key as the secret [RFC 8725 2.1]', async () => {
    const claims = { iss: 'robot', sub: 'robot', aud: acme.issuer, jti: randomUUID() };
    const none = new UnsecuredJWT(claims).setExpirationTime('60s').encode();
    expect(await answerOf(await post('token', { ...basic, ...asserted(none) }))).toEqual(refused);
    const rsa = await makeKey('RS256');
    await addClient(acme.database, acme.tenant, 'rsa', signer({ jwks: setOf(rsa) }));
    const { importJWK } = await import('jose');
    const spki = await exportSPKI((await importJWK(rsa.jwk, 'RS256')) as never);
    for (const secret of [spki, JSON.stringify(rsa.jwk), String(rsa.jwk.n)]) {
      const header = { alg: 'HS256' };
      const by = new TextEncoder().encode(secret);
      const forged = await sign(rsa, 'rsa', acme.issuer, { header, by });
      expect(await answerOf(await post('token', { ...basic, ...asserted(forged) }))).toEqual(
        refused,
      );
    }
    const good = await sign(rsa, 'rsa', acme.issuer);
    expect(await answerOf(await post('token', { ...basic, ...asserted(good) }))).toEqual(granted);
  });

  test('is good once, whichever process it comes to', async () => {
    const other = await startServer(acme.database);
    const origins = [acme.origin, other.origin];
    const assertion = await sign(key, 'robot', acme.issuer);
    const body = { ...basic, ...asserted(assertion) };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => postTo(origins[n % 2] ?? '', acme.issuer, body)),
    );
    expect(answers.sort()).toEqual([200, ...Array(9).fill(401)]);
    expect(await recorded()).toBe('assertion used before');
  });

  test('for the token endpoint is good where the client is set so', async () => {
    const set = (settings: object) =>
      call(acme.database.worker, ops.client_set, {
        tenant: acme.tenant,
        client_id: 'robot',
        settings: settings as never,
      });
    const aud = `${acme.issuer}/oauth/token`;
    await set({ assertion_audience: 'token_endpoint' });
    expect(await ask({ claims: { aud } })).toEqual(granted);
    expect(await ask()).toEqual(granted);
    expect(await ask({ claims: { aud: [aud, acme.issuer] } })).toEqual(refused);
    await set({ assertion_audience: 'issuer' });
    expect(await ask({ claims: { aud } })).toEqual(refused);
  });

  test('by another alg than the client is registered for, by the same key', async () => {
    const rsa = await makeKey('RS256');
    const jwks = setOf(rsa);
    const alg = 'PS256';
    const metadata = signer({ jwks, token_endpoint_auth_signing_alg: alg });
    await addClient(acme.database, acme.tenant, 'only-ps', metadata);
    const assertion = await sign(rsa, 'only-ps', acme.issuer);
    expect(await answerOf(await post('token', { ...basic, ...asserted(assertion) }))).toEqual(
      refused,
    );
    expect(await recorded()).toContain('another alg');
  });

  test('by an alg that the tenant does not take of any client [FAPI 2.0 5.4.1]', async () => {
    const rsa = await makeKey('RS256');
    await addClient(acme.database, acme.tenant, 'rs-256', signer({ jwks: setOf(rsa) }));
    const asked = async () =>
      answerOf(
        await post('token', { ...basic, ...asserted(await sign(rsa, 'rs-256', acme.issuer)) }),
      );
    expect(await asked()).toEqual(granted);
    await configure(acme, { client_signing_algs: ['ES256', 'PS256'] });
    expect(await asked()).toEqual(refused);
    expect(await recorded()).toContain('assertion by none of ES256, PS256');
    const named = addClient(
      acme.database,
      acme.tenant,
      'only-rs',
      signer({ jwks: setOf(rsa), token_endpoint_auth_signing_alg: 'RS256' }),
    );
    await expect(named).rejects.toThrow(
      "token_endpoint_auth_signing_alg must be ES256 or PS256, the client_signing_algs of the tenant, not 'RS256'",
    );
    const { token_endpoint_auth_signing_alg_values_supported: listed } = (await (
      await fetch(`${acme.issuer}/.well-known/openid-configuration`)
    ).json()) as Record<string, string[]>;
    await configure(acme, { client_signing_algs: [...clientAlgs] });
    expect(listed).toEqual(['ES256', 'PS256']);
  });
});

describe('one way to authenticate, and that of the client [RFC 6749 2.3]', () => {
  test('client_id may come along, and is the same', async () => {
    expect(await ask({}, { client_id: 'robot' })).toEqual(granted);
    expect(await ask({}, { client_id: 'web' })).toEqual(refused);
  });

  test.each([
    ['a secret in the body', { client_secret: 'x' }, {}],
    ['a secret in the header', {}, { authorization: `Basic ${btoa('robot:x')}` }],
    ['no type', { client_assertion_type: '' }, {}],
    ['no assertion', { client_assertion: '' }, {}],
    ['two assertions', undefined, {}],
  ])('%s beside it is invalid_request', async (_, more, headers) => {
    const assertion = await sign(key, 'robot', acme.issuer);
    const body = new URLSearchParams({ ...basic, ...asserted(assertion), ...more });
    if (!more) body.append('client_assertion', assertion);
    const init = { method: 'POST', headers, body };
    const response = await fetch(`${acme.issuer}/oauth/token`, init);
    expect(await answerOf(response)).toEqual([400, 'invalid_request']);
  });

  test('SAML, and what is no JWT', async () => {
    const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer';
    expect(await ask({}, { client_assertion_type })).toEqual(refused);
    for (const client_assertion of ['nonsense', 'a.b.c', 'e30.e30.', 'e30.bnVsbA.x']) {
      expect(await ask({}, { client_assertion })).toEqual(refused);
    }
  });

  test.each(['web', 'native', 'nobody', 'gone'])('%s does not sign', async (id) => {
    await addClient(acme.database, acme.tenant, 'gone', signer({ jwks: setOf(key) })).catch(
      () => {},
    );
    await call(acme.database.worker, ops.client_disable, {
      tenant: acme.tenant,
      client_id: 'gone',
      disabled: true,
    });
    const assertion = await sign(key, id, acme.issuer);
    expect(await answerOf(await post('token', { ...basic, ...asserted(assertion) }))).toEqual(
      refused,
    );
  });

  test('a client that signs has no other way in', async () => {
    expect(await answerOf(await post('token', { ...basic, client_id: 'robot' }))).toEqual(refused);
    const wrong = { ...basic, client_id: 'robot', client_secret: acme.web.client_secret };
    expect(await answerOf(await post('token', wrong))).toEqual(refused);
  });
});

test('a key that is taken away is refused at once, and a new one is taken at once', async () => {
  const [first, second] = [await makeKey(), await makeKey()];
  await addClient(acme.database, acme.tenant, 'turner', signer({ jwks: setOf(first) }));
  const by = async (one: SigningKey) =>
    answerOf(
      await post('token', { ...basic, ...asserted(await sign(one, 'turner', acme.issuer)) }),
    );
  const set = (...keys: SigningKey[]) =>
    call(acme.database.worker, ops.client_set, {
      tenant: acme.tenant,
      client_id: 'turner',
      settings: { jwks: setOf(...keys) as never },
    });
  expect([await by(first), await by(second)]).toEqual([granted, refused]);
  await set(first, second);
  expect([await by(first), await by(second)]).toEqual([granted, granted]);
  await set(second);
  expect([await by(first), await by(second)]).toEqual([refused, granted]);
  expect(await recorded()).toMatch(/key that the client has no more|no key/);
  await set(await makeKey('ES256', second.kid));
  expect(await by(second)).toEqual(refused);
});

test('a key that is for something else from now on is refused at once [RFC 7517 4.2, 4.3, 4.4]', async () => {
  const key = await makeKey('RS256');
  await addClient(acme.database, acme.tenant, 'narrower', signer({ jwks: setOf(key) }));
  // A client that signs is left no set without a key for that.
  const { jwk: next } = await makeKey();
  const answers: unknown[] = [];
  for (const change of [
    {},
    { alg: 'PS256' },
    { alg: 'RS256' },
    { use: 'enc' },
    { use: 'sig' },
    { key_ops: ['encrypt'] },
    { key_ops: ['verify'] },
  ]) {
    const jwks = { keys: [{ ...key.jwk, ...change }, next] };
    const settings = { jwks: jwks as never };
    const named = { tenant: acme.tenant, client_id: 'narrower' };
    await call(acme.database.worker, ops.client_set, { ...named, settings });
    const assertion = asserted(await sign(key, 'narrower', acme.issuer));
    answers.push(await answerOf(await post('token', { ...basic, ...assertion })));
  }
  expect(answers).toEqual([granted, refused, granted, refused, granted, refused, granted]);
});

test.each(['ES256', 'RS256', 'Ed25519'])(
  'SQL and jose agree on the thumbprint of a key for %s [RFC 7638]',
  async (alg) => {
    const { jwk } = await makeKey(alg);
    const [row] = await acme.database.sql`
    select pgrant_rules.jwk_thumbprint(${acme.database.sql.json(jwk as never)}) as thumbprint`;
    expect(row?.thumbprint).toBe(await calculateJwkThumbprint(jwk));
  },
);
