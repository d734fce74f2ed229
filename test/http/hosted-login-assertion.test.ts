// Every way to cheat with a login challenge, its answer, or the way back.
import { createHash, randomBytes } from 'node:crypto';
import { generateKeyPair } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { Browser } from '../support/browser.ts';
import { addTenant } from '../support/issuer.ts';
import type { Product } from '../support/product.ts';
import { type AtProduct, comeBack, startAtProduct } from '../support/product-flow.ts';

const expired = { status: 400, body: { error: 'expired_request' } };

let at: AtProduct;

beforeAll(async () => {
  at = await startAtProduct();
});

describe('a signed answer', () => {
  test('is no way to iss, kid or typ confusion, and none without a registered key', async () => {
    const { challenge } = await at.start();
    const now = Math.floor(Date.now() / 1000);
    const { privateKey } = await generateKeyPair('ES256');
    const bad: Record<string, Parameters<Product['answer']>[3]> = {
      'another key under the same kid': { key: privateKey },
      'an unknown kid': { header: { kid: 'x' } },
      'the typ of another answer': { header: { typ: 'login-show+jwt' } },
      'no typ': { header: { typ: undefined } },
      'another aud': { claims: { aud: 'https://id.example/other' } },
      'several auds': { claims: { aud: [at.issuer, 'https://id.example/other'] } },
      'another iss': { claims: { iss: at.issuer } },
      'an old iat': { claims: { iat: now - 120 } },
      'a future iat': { claims: { iat: now + 60, exp: now + 90 } },
      'no iat': { claims: { iat: undefined } },
      'a long life': { claims: { exp: now + 3600 } },
      'no exp': { claims: { exp: undefined } },
      'no jti': { claims: { jti: undefined } },
      'a short jti': { claims: { jti: '1' } },
      'the challenge itself': { claims: { login_challenge: challenge } },
      'no JWT': { assertion: 'x' },
      nothing: { assertion: '' },
    };
    for (const [what, change] of Object.entries(bad)) {
      const refused = await at.product.answer(challenge, 'accept', at.issuer, change);
      expect(refused, what).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    }
    const [head, body = '', signature] = (
      await at.product.sign(challenge, 'accept', at.issuer)
    ).split('.');
    const claims = { ...JSON.parse(String(Buffer.from(body, 'base64url'))), sub: 'admin' };
    const forged = Buffer.from(JSON.stringify(claims)).toString('base64url');
    for (const assertion of [
      `${head}.${forged}.${signature}`,
      `${Buffer.from('{"alg":"none","typ":"login-accept+jwt"}').toString('base64url')}.${forged}.`,
    ]) {
      const refused = await at.product.answer(challenge, 'accept', at.issuer, { assertion });
      expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    }
    expect((await at.accept(challenge)).status).toBe(200);
  });

  test('names the claim that is not well-formed', async () => {
    const { challenge } = await at.start();
    const bad = {
      sub: ['', undefined, 'a\u0000b'],
      auth_time: [undefined, 'now', -1],
      claims: [[], { name: 'a\u0000b' }, 'x'],
      roles: ['editor', [1]],
      amr: ['pwd'],
    };
    for (const [name, values] of Object.entries(bad)) {
      for (const value of values) {
        expect(await at.accept(challenge, { [name]: value }), name).toMatchObject({
          status: 400,
          body: { error: 'invalid_request', error_description: expect.stringContaining(name) },
        });
      }
    }
    expect((await at.accept(challenge, { roles: ['ghost'] })).body.error_description).toContain(
      'there is no role ghost',
    );
    expect((await at.accept(challenge)).status).toBe(200);
  });
});

describe('challenges, assertions and browsers that are not good are all the same', () => {
  test('a replayed assertion, and another with its jti', async () => {
    const [one, two] = [await at.start(), await at.start()];
    const jti = randomBytes(16).toString('hex');
    const assertion = await at.product.sign(one.challenge, 'accept', at.issuer, {
      claims: { jti },
    });
    const first = await at.product.answer(one.challenge, 'accept', at.issuer, { assertion });
    expect(first.status).toBe(200);
    expect(
      await at.product.answer(one.challenge, 'accept', at.issuer, { assertion }),
    ).toMatchObject(expired);
    expect(await at.accept(two.challenge, { jti })).toMatchObject(expired);
    expect((await at.accept(two.challenge)).status).toBe(200);
  });

  test('a challenge that was answered, has expired, was made up, or is of another tenant', async () => {
    const [one, two] = [await at.start(), await at.start()];
    await at.accept(one.challenge);
    expect(await at.accept(one.challenge)).toMatchObject(expired);
    expect(await at.accept(`pgrant_lc_${'x'.repeat(43)}`)).toMatchObject(expired);

    const origin = new URL(at.issuer).origin;
    const foreign = await addTenant(at.database, origin, 'bravo');
    await call(at.database.worker, ops.tenant_set, {
      tenant: foreign.tenant,
      settings: { login_url: at.product.login_url, login_jwks: at.product.jwks },
    });
    expect(await at.product.answer(two.challenge, 'accept', foreign.issuer)).toMatchObject(expired);

    await at.database.sql`update pgrant.login_challenges set expires_at = now() - interval '1 s'
      where challenge_hash = ${createHash('sha256').update(two.challenge).digest()}`;
    expect(await at.accept(two.challenge)).toMatchObject(expired);
  });

  test('a tenant without keys takes no signed answer', async () => {
    const { issuer } = await addTenant(at.database, new URL(at.issuer).origin, 'charlie');
    const { challenge } = await at.start();
    expect((await at.product.answer(challenge, 'accept', issuer)).status).toBe(404);
  });

  test('an answer serves the browser that began, once, and no stranger with the address', async () => {
    const { browser, challenge } = await at.start();
    const answer = await at.accept(challenge);
    const stranger = await new Browser().open(String(answer.body.redirect_to));
    expect(stranger.status).toBe(400);
    expect(stranger.html).toContain('begun in another browser');
    // Who knows the challenge, but is not the one whom the product sent back, has nothing.
    const guessed = new URL(String(answer.body.redirect_to));
    guessed.searchParams.set('login_verifier', challenge);
    expect((await browser.open(guessed)).status).toBe(400);
    expect(
      new URL((await comeBack(browser, answer.body.redirect_to)).url).searchParams.get('code'),
    ).toBeTruthy();
    expect((await browser.open(String(answer.body.redirect_to))).status).toBe(400);
  });

  test('a disabled person is refused', async () => {
    const { tenant, database } = at;
    const first = await at.start();
    await comeBack(
      first.browser,
      (await at.accept(first.challenge, { sub: 'dora', username: 'dora' })).body.redirect_to,
    );
    await call(database.worker, ops.user_disable, { tenant, username: 'dora', disabled: true });
    const second = await at.start({}, first.browser);
    expect(await at.accept(second.challenge, { sub: 'dora' })).toMatchObject({
      status: 403,
      body: { error: 'access_denied' },
    });
  });
});
