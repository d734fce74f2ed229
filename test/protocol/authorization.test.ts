import * as oauth from 'oauth4webapi';
import { describe, expect, test } from 'vitest';
import { readAuthorizationRequest } from '../../src/protocol/authorization.ts';
import { refusalOf } from './refusal.ts';

const challenge = await oauth.calculatePKCECodeChallenge(oauth.generateRandomCodeVerifier());
const good = {
  client_id: 'c1',
  redirect_uri: 'https://app.example/cb',
  response_type: 'code',
  scope: 'openid profile',
  state: 'st ate&=%',
  code_challenge: challenge,
  code_challenge_method: 'S256',
};
const read = (change: object) => readAuthorizationRequest({ ...good, ...change });

describe('an authorization request', () => {
  test('comes out as it was meant [OpenID Connect Core 3.1.2.1]', () => {
    const request = read({
      nonce: 'n',
      prompt: 'consent login',
      max_age: '10',
      response_mode: 'form_post',
      acr_values: 'a b a',
      ui_locales: 'fr-CA not_a_locale en',
      display: 'popup',
      login_hint: 'u@example.com',
      id_token_hint: 'x.y.z',
      scope: 'openid  profile openid',
      resource: ['https://api.example/', 'urn:example:api', 'https://api.example/'],
    });
    expect(request).toEqual({
      client_id: 'c1',
      redirect_uri: 'https://app.example/cb',
      response_type: 'code',
      response_mode: 'form_post',
      state: 'st ate&=%',
      error: undefined,
      reason: undefined,
      scopes: ['openid', 'profile'],
      nonce: 'n',
      code_challenge: challenge,
      prompts: ['login', 'consent'],
      max_age: 10,
      id_token_hint: 'x.y.z',
      login_hint: 'u@example.com',
      acr_values: ['a', 'b'],
      ui_locales: ['fr-CA', 'en'],
      display: 'popup',
      claims: { userinfo: [], id_token: [], sub: undefined, acr_values: [] },
      resources: ['https://api.example/', 'urn:example:api'],
    });
  });

  test('with a redirect URI that no browser could be sent to is answered by a page', async () => {
    const refusal = await refusalOf(() =>
      read({ redirect_uri: 'http://127.0.0.1:99999/callback' }),
    );
    expect(refusal.error).toBe('invalid_redirect_uri');
  });

  test('may leave out all but client and response type [RFC 6749 4.1.1]', () => {
    const request = readAuthorizationRequest({ client_id: 'c1', response_type: 'code' });
    expect(request).toMatchObject({ error: undefined, scopes: [], response_mode: 'query' });
    expect(request.redirect_uri).toBeUndefined();
    expect(request.code_challenge).toBeUndefined();
  });

  test.each([
    { display: 'hologram' },
    { ui_locales: '!!' },
    { claims_locales: ['a', 'b'] },
    { login_hint: 'nobody' },
    { acr_values: 'urn:unknown' },
    { foo: 'bar' },
    { max_age: '0' },
    { max_age: '99999999999999999999' },
    { prompt: '' },
  ])('%j never causes an error [OpenID Connect Core 3.1.2.1]', (change) => {
    expect(read(change).error).toBeUndefined();
  });

  test('a max_age past any lifetime fits an integer', () => {
    expect(read({ max_age: '99999999999999999999' }).max_age).toBe(2_147_483_647);
  });

  test.each([
    ['no client_id', { client_id: undefined }],
    ['an empty client_id', { client_id: '' }],
    ['a repeated client_id', { client_id: ['c1', 'c1'] }],
    ['a client_id with a NUL byte', { client_id: 'c\0' }],
    ['a repeated redirect_uri', { redirect_uri: [good.redirect_uri, 'https://evil.example/'] }],
    ['a redirect_uri with a line break', { redirect_uri: 'https://app.example/cb\r\nx: y' }],
  ])('with %s is refused to the browser, not by redirect [RFC 6749 4.1.2.1]', async (_, change) => {
    expect((await refusalOf(() => read(change))).error).toBe('invalid_request');
  });

  test.each([
    ['invalid_request', 'RFC 6749 4.1.1', { response_type: undefined }],
    ['unsupported_response_type', 'RFC 6749 4.1.2.1', { response_type: 'token' }],
    ['unsupported_response_type', 'RFC 6749 4.1.2.1', { response_type: 'code id_token' }],
    ['unsupported_response_type', 'RFC 6749 3.1.1', { response_type: 'Code' }],
    ['invalid_request', 'Multiple Response Types 2.1', { response_mode: 'Fragment' }],
    ['invalid_request', 'Multiple Response Types 2.1', { response_mode: 'web_message' }],
    ['registration_not_supported', 'Core 7.2.1', { registration: '{}' }],
    ['invalid_request', 'RFC 6749 3.1', { state: ['a', 'b'] }],
    ['invalid_request', 'RFC 6749 3.1', { nonce: ['a', 'a'] }],
    ['invalid_request', 'RFC 6749 3.1', { scope: ['openid', 'openid'] }],
    ['invalid_scope', 'RFC 6749 3.3', { scope: 'openid "quoted"' }],
    ['invalid_scope', 'RFC 6749 3.3', { scope: 'openid ä' }],
    ['invalid_request', 'RFC 7636 4.4.1', { code_challenge_method: 'plain' }],
    ['invalid_request', 'RFC 7636 4.3', { code_challenge_method: undefined }],
    ['invalid_request', 'RFC 7636 4.3', { code_challenge_method: 's256' }],
    ['invalid_request', 'RFC 7636 4.3', { code_challenge: undefined }],
    ['invalid_request', 'RFC 7636 4.2', { code_challenge: 'short' }],
    ['invalid_request', 'RFC 7636 4.2', { code_challenge: `${challenge}=` }],
    ['invalid_request', 'RFC 7636 4.2', { code_challenge: `${challenge.slice(1)}+` }],
    ['invalid_request', 'Core 3.1.2.1', { prompt: 'none login' }],
    ['invalid_request', 'Core 3.1.2.1', { prompt: 'dance' }],
    ['invalid_request', 'prompt=create 4', { prompt: 'none create' }],
    ['invalid_request', 'Core 3.1.2.1', { prompt: 'none select_account' }],
    ['invalid_request', 'Core 3.1.2.1', { max_age: '+1' }],
    ['invalid_request', 'Core 3.1.2.1', { max_age: '-1' }],
    ['invalid_request', 'Core 3.1.2.1', { max_age: '1.5' }],
    ['invalid_request', 'Core 3.1.2.1', { max_age: '1e3' }],
    ['invalid_target', 'RFC 8707 2', { resource: '/relative' }],
    ['invalid_target', 'RFC 8707 2', { resource: 'https://api.example/#part' }],
    ['invalid_target', 'RFC 8707 2', { resource: ['https://api.example/', 'https://'] }],
    ['invalid_target', 'RFC 8707 2', { resource: 'https://api.example/ b' }],
    ['invalid_request', 'Core 5.5', { claims: 'not json' }],
  ])('is %s [%s] for %j, with what an answer needs', (error, _, change) => {
    const request = read(change);
    expect(request.error).toBe(error);
    expect(request.reason).toEqual(expect.any(String));
    expect(request).toMatchObject({ client_id: 'c1', redirect_uri: good.redirect_uri });
    expect(request.state).toBe('state' in change ? undefined : good.state);
    expect(request).toMatchObject({ scopes: [], code_challenge: undefined, resources: [] });
  });

  test('an error keeps the response mode that was asked for [Form Post Response Mode 2]', () => {
    expect(read({ response_mode: 'form_post', prompt: 'x' }).response_mode).toBe('form_post');
    expect(read({ response_mode: 'fragment', prompt: 'x' }).response_mode).toBe('fragment');
    expect(read({ response_mode: 'web_message' }).response_mode).toBe('query');
  });
});

describe('the claims parameter', () => {
  const claims = (value: unknown) => read({ claims: JSON.stringify(value) });

  test('names claims for userinfo and the ID token [OpenID Connect Core 5.5]', () => {
    const request = claims({
      userinfo: { email: null, name: { essential: true } },
      id_token: { auth_time: { essential: true }, sub: { value: 'u-1' }, nickname: null },
      unknown_member: 1,
    });
    expect(request.error).toBeUndefined();
    expect(request.claims).toEqual({
      userinfo: ['email', 'name'],
      id_token: ['nickname'],
      sub: 'u-1',
      acr_values: [],
    });
  });

  test.each([
    [{ essential: true, values: ['mfa', 'loa2'] }, ['mfa', 'loa2'], []],
    [{ essential: true, value: 'mfa' }, ['mfa'], []],
    [{ essential: true }, [], []],
    [{ values: ['mfa', 1] }, undefined, ['mfa']],
    [{ value: 'mfa' }, undefined, ['mfa']],
    [null, undefined, []],
  ])(
    'acr %j must be one of %j, should be of %j [OpenID Connect Core 5.5.1.1]',
    (acr, essential, values) => {
      const requested = claims({ id_token: { acr } }).claims;
      expect(requested.essential_acr).toEqual(essential);
      expect(requested.acr_values).toEqual(values);
    },
  );

  test.each([{ value: 'u-1' }, { values: ['u-1'] }, { value: 'u-1', values: ['u-1'] }])(
    'names one person by %j, whom the ID token has to be about [OpenID Connect Core 3.1.2.2]',
    (sub) => {
      expect(claims({ id_token: { sub } }).claims.sub).toBe('u-1');
    },
  );

  test.each([{}, { userinfo: null }, { id_token: { sub: null } }])('may be sparse: %j', (value) => {
    expect(claims(value)).toMatchObject({ error: undefined, claims: { sub: undefined } });
  });

  test.each([
    [null],
    [[]],
    ['text'],
    [{ userinfo: [] }],
    [{ id_token: 'x' }],
    [{ userinfo: { email: true } }],
    [{ userinfo: { email: [] } }],
    [{ userinfo: { 'a\u0000': null } }],
    [{ id_token: { sub: { value: 1 } } }],
    [{ id_token: { sub: { value: ['u-1', 'u-2'] } } }],
    [{ id_token: { sub: { values: ['u-1', 'u-2'] } } }],
    [{ id_token: { sub: { value: 'u-1', values: ['u-2'] } } }],
    [{ id_token: { sub: { values: [] } } }],
    [{ id_token: { acr: { essential: true, value: 2 } } }],
    [{ id_token: { acr: { essential: true, value: null } } }],
    [{ id_token: { acr: { essential: true, values: 'mfa' } } }],
    [{ id_token: { acr: { essential: true, values: ['mfa', 1] } } }],
    [{ id_token: { acr: { essential: 'true', value: 'mfa' } } }],
    [{ userinfo: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`c${i}`, null])) }],
  ])('is invalid_request when malformed: %j [OpenID Connect Core 5.5]', (value) => {
    expect(claims(value).error).toBe('invalid_request');
  });
});
