// RFC 9470: an API asks for a better or younger sign-in, and the client gets one.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import Koa from 'koa';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { createResource, protect } from 'pgrant/resource';
import { beforeAll, expect, test } from 'vitest';
import { atFileEnd } from '../support/at-end.ts';
import { type AtProduct, comeBack, startAtProduct, tokensOf } from '../support/product-flow.ts';

let at: AtProduct;
let api: URL;

beforeAll(async () => {
  at = await startAtProduct();
  await at.set({ acr_values_supported: ['1', 'mfa'] });
  const resource = createResource({
    issuer: at.issuer,
    resource: at.issuer,
    introspection: at.web,
    cacheSeconds: 0,
  });
  const app = new Koa();
  app.use(protect(resource, [], { acr_values: ['mfa'], max_age: 300 }));
  app.use((context) => {
    context.body = { ok: true };
  });
  const server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atFileEnd(() => void server.close());
  api = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});

const now = () => Math.floor(Date.now() / 1000);

/** What oauth4webapi says of the API's answer: ok, or the parameters of the challenge. */
async function ask(token: string) {
  const insecure = { [oauth.allowInsecureRequests]: true };
  try {
    const response = await oauth.protectedResourceRequest(
      token,
      'GET',
      api,
      undefined,
      undefined,
      insecure,
    );
    return await response.json();
  } catch (failure) {
    if (!(failure instanceof oauth.WWWAuthenticateChallengeError)) throw failure;
    return failure.cause[0]?.parameters;
  }
}

test.each(['jwt', 'opaque'])(
  'the API refuses, the client asks again as challenged, the user signs in again, the API accepts; %s token [RFC 9470 3, 4, 6]',
  async (access_token_format) => {
    await at.set({ access_token_format });
    const first = await at.start();
    const weak = { sub: `user-${access_token_format}`, acr: '1', amr: ['pwd'] };
    const { body } = await at.accept(first.challenge, { ...weak, auth_time: now() - 1000 });
    const before = await tokensOf(at, await comeBack(first.browser, body.redirect_to));
    const challenge = await ask(before.access_token);
    expect(challenge).toMatchObject({
      error: 'insufficient_user_authentication',
      acr_values: 'mfa',
      max_age: '300',
    });

    const { acr_values = '', max_age = '' } = challenge as Record<string, string>;
    const again = await at.start({ acr_values, max_age }, first.browser);
    const shown = await at.product.answer(again.challenge, 'show', at.issuer);
    expect(shown.body).toMatchObject({ acr_values: ['mfa'], max_age: 300 });
    const auth_time = now();
    const strong = { ...weak, acr: 'mfa', amr: ['pwd', 'otp'], auth_time };
    const answer = await at.accept(again.challenge, strong);
    const after = await tokensOf(at, await comeBack(first.browser, answer.body.redirect_to));
    expect(after.claims).toMatchObject({ acr: 'mfa', auth_time, sub: before.claims?.sub });
    expect(await ask(after.access_token)).toEqual({ ok: true });
    expect(await client.tokenIntrospection(at.config, after.access_token)).toMatchObject({
      acr: 'mfa',
      auth_time,
    });
    if (access_token_format === 'jwt') {
      expect(decodeJwt(after.access_token)).toMatchObject({ acr: 'mfa', auth_time });
    }
  },
);

test('a product that has no better sign-in says so by a new one, and is not asked round and round', async () => {
  const { browser, challenge } = await at.start({ acr_values: 'mfa' });
  const old = { sub: 'user-round', acr: '1', auth_time: now() - 1000 };
  const refused = await at.accept(challenge, old);
  expect(refused.body).toMatchObject({
    error: 'login_required',
    error_description: expect.stringContaining('acr must be one of mfa, or the sign-in a new one'),
  });
  const { body } = await at.accept(challenge, { ...old, auth_time: Date.now() / 1000 + 1 });
  const tokens = await tokensOf(at, await comeBack(browser, body.redirect_to));
  expect(tokens.claims?.acr).toBe('1');
});

test('an essential acr that is not met is an error, with its own code [Core 5.5.1.1]', async () => {
  const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ['hsm'] } } });
  const { browser, challenge } = await at.start({ claims });
  const refused = await at.accept(challenge, { sub: 'user-1', acr: 'mfa', auth_time: now() - 9 });
  expect(refused.body.error).toBe('login_required');
  const { body } = await at.accept(challenge, { sub: 'user-1', acr: 'mfa', auth_time: now() + 1 });
  const { url } = await browser.open(String(body.redirect_to));
  expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
    error: 'unmet_authentication_requirements',
    state: 's',
    iss: at.issuer,
  });
});
