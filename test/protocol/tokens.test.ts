import { createHash, createHmac, createPublicKey } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import { describe, expect, test } from 'vitest';
import { newSigningKey, verificationKeys } from '../../src/protocol/keys.ts';
import {
  signAccessToken,
  signIdToken,
  verifyAccessToken,
  verifyIdTokenHint,
} from '../../src/protocol/tokens.ts';
import { refusalOf } from './refusal.ts';

const es = await newSigningKey('ES256');
const rs = await newSigningKey('RS256');
const ps = await newSigningKey('PS256');
const ed = await newSigningKey('EdDSA');
const ed25519 = await newSigningKey('Ed25519');
const each = [
  ['ES256', es],
  ['RS256', rs],
  ['PS256', ps],
  ['EdDSA', ed],
  ['Ed25519', ed25519],
] as const;
const stranger = await newSigningKey('ES256');
const keys = verificationKeys(each.map(([, { public_jwk }]) => public_jwk));
const issuer = 'https://id.example/t';
const now = Math.floor(Date.now() / 1000);
const access = {
  iss: issuer,
  sub: 'u1',
  aud: 'https://api.example/',
  client_id: 'c1',
  iat: now,
  exp: now + 60,
  jti: 'j1',
  scope: 'openid',
  auth_time: now - 5,
  acr: undefined,
};
const id = { iss: issuer, sub: 'u1', aud: 'c1', iat: now, exp: now + 60, nonce: 'n', sid: 's1' };
const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

const sign = (claims: object, header: object = {}, key = es.signing) =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
    .sign(key.key);
const good = await sign(access);
const [head = '', body = '', signature = ''] = good.split('.');
const { kid } = es.signing;
const publicPem = createPublicKey(es.signing.key).export({ format: 'pem', type: 'spki' });
const confused = `${b64({ alg: 'HS256', kid, typ: 'at+jwt' })}.${body}`;
const hmac = createHmac('sha256', publicPem).update(confused).digest('base64url');

describe('an access token', () => {
  test.each(each)(
    'signed with %s is one that jose verifies, with the members of the profile [RFC 9068 2]',
    async (alg, { signing, public_jwk }) => {
      const token = await signAccessToken(access, signing);
      const key = createPublicKey({ key: { ...public_jwk }, format: 'jwk' });
      const { payload, protectedHeader } = await jwtVerify(token, key, { issuer, typ: 'at+jwt' });
      expect(protectedHeader).toEqual({ alg, typ: 'at+jwt', kid: public_jwk.kid });
      expect(payload).toEqual(JSON.parse(JSON.stringify({ ...access, nbf: access.iat })));
      await expect(verifyAccessToken(token, keys, issuer)).resolves.toEqual(payload);
    },
  );

  test('extra claims join in but replace nothing [RFC 9068 2.2]', async () => {
    const extra = { tenant: 'acme', sub: 'admin', exp: now + 1e9 };
    const token = await signAccessToken(access, es.signing, extra);
    expect(decodeJwt(token)).toMatchObject({ tenant: 'acme', sub: 'u1', exp: access.exp });
  });

  test.each([
    ['empty', ''],
    ['not a token', 'a.b.c'],
    ['opaque', 'pgrant_at_tosjk0_x'],
    ['expired', sign({ ...access, exp: now - 1 })],
    ['without exp', sign({ ...access, exp: undefined })],
    ['without jti', sign({ ...access, jti: undefined })],
    ['without client_id', sign({ ...access, client_id: undefined })],
    ['without sub', sign({ ...access, sub: undefined })],
    ['of another issuer', sign({ ...access, iss: 'https://id.example/u' })],
    ['an ID token', signIdToken(id, es.signing)],
    ['of type JWT', sign(access, { typ: 'JWT' })],
    ['without type', sign(access, { typ: undefined })],
    ['without kid', sign(access, { kid: undefined })],
    ['of an unknown kid', sign(access, {}, stranger.signing)],
    ["signed by a stranger under our key's kid", sign(access, { kid }, stranger.signing)],
    ['signed by our other key under this kid', sign(access, { kid }, rs.signing)],
    ['unsigned', `${b64({ alg: 'none', kid, typ: 'at+jwt' })}.${body}.`],
    ['with an HMAC by the public key', `${confused}.${hmac}`],
    ['without signature', `${head}.${body}.`],
    ['with a zero signature', `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`],
    ['with other claims', `${head}.${b64({ ...access, sub: 'admin' })}.${signature}`],
    ['with a fourth part', `${good}.x`],
  ])('%s is invalid_token [RFC 9068 4, RFC 8725 3]', async (_, made) => {
    const token = await made;
    const refusal = await refusalOf(() => verifyAccessToken(token, keys, issuer));
    expect(refusal).toMatchObject({ error: 'invalid_token', status: 401 });
    if (token !== '') expect(refusal.reason).not.toContain(token);
  });

  test('a header can not bring its own key [RFC 8725 3.10]', async () => {
    const token = await sign(access, { jwk: stranger.public_jwk, kid }, stranger.signing);
    expect((await refusalOf(() => verifyAccessToken(token, keys, issuer))).error).toBe(
      'invalid_token',
    );
  });
});

describe('an ID token', () => {
  test('has the at_hash of its access token [OpenID Connect Core 3.1.3.6]', async () => {
    const token = await signIdToken(id, rs.signing, 'jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y');
    expect(decodeJwt(token).at_hash).toBe('77QmUPtjPfzWtF2AnpK9RQ');
    expect(decodeProtectedHeader(token)).toEqual({
      alg: 'RS256',
      typ: 'JWT',
      kid: rs.signing.kid,
    });
  });

  test('under Ed25519 has the at_hash of SHA-512, which is its hash [OpenID Connect Core 3.1.3.6, RFC 8032 5.1]', async () => {
    const { at_hash } = decodeJwt(await signIdToken(id, ed.signing, 'at'));
    const digest = createHash('sha512').update('at').digest();
    expect(at_hash).toBe(digest.subarray(0, 32).toString('base64url'));
  });

  test('has no at_hash without one, and no member that is undefined', async () => {
    const token = await signIdToken({ ...id, acr: undefined }, es.signing);
    expect(decodeJwt(token)).toEqual({ ...id, nbf: id.iat });
  });

  test.each(each)(
    'signed with %s is one that an independent client accepts [OpenID Connect Core 3.1.3.7]',
    async (alg, { signing }) => {
      const as = { issuer, id_token_signing_alg_values_supported: [alg] };
      const client = { client_id: 'c1', id_token_signed_response_alg: alg };
      const id_token = await signIdToken(id, signing, 'at');
      const body = { access_token: 'at', token_type: 'bearer', id_token };
      const response = Response.json(body, { headers: { 'cache-control': 'no-store' } });
      const result = await oauth.processAuthorizationCodeResponse(as, client, response, {
        expectedNonce: 'n',
        requireIdToken: true,
      });
      expect(oauth.getValidatedIdTokenClaims(result)).toMatchObject({ sub: 'u1', sid: 's1' });
    },
  );
});

const goodHint = await signIdToken(id, es.signing);
const [hintHead = '', hintBody = ''] = goodHint.split('.');

describe('an id_token_hint', () => {
  test('may have expired [RP-Initiated Logout 2]', async () => {
    const hint = await signIdToken({ ...id, exp: 1 }, es.signing);
    await expect(verifyIdTokenHint(hint, keys, issuer)).resolves.toMatchObject({ sub: 'u1' });
  });

  test.each([
    ['empty', ''],
    ['not a token', 'x'],
    ['of another issuer', signIdToken({ ...id, iss: 'https://evil.example' }, es.signing)],
    ['signed by a stranger', signIdToken(id, stranger.signing)],
    ['unsigned', `${b64({ alg: 'none', kid: es.signing.kid, typ: 'JWT' })}.${hintBody}.`],
    ['tampered with', goodHint.replace(hintBody, b64({ ...id, sub: 'u2' }))],
    ['cut', `${hintHead}.${hintBody}`],
    ['an access token', signAccessToken(access, es.signing)],
  ])('%s is invalid_request [RP-Initiated Logout 2]', async (_, made) => {
    const hint = await made;
    const refusal = await refusalOf(() => verifyIdTokenHint(hint, keys, issuer));
    expect(refusal.error).toBe('invalid_request');
  });
});
