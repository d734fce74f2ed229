// Errors of clients that nobody vouches for, as a person sees them (RFC 9700 4.11.2).
import { beforeAll, describe, expect, test } from 'vitest';
import { type Acme, discover, obtainTokens, proceed } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { request } from '../support/document-host.ts';
import { callback, registered, startOpen } from '../support/registering.ts';

let acme: Acme;

beforeAll(async () => {
  acme = await startOpen();
});

const evil = 'https://app.example/callback?x=1';
const parametersOf = (text = '') => new URL(text.replaceAll('&amp;', '&')).searchParams;

async function register(redirect_uri = evil, client_name = 'Fern <b>') {
  const body = { redirect_uris: [redirect_uri], client_name, token_endpoint_auth_method: 'none' };
  return (await registered(acme, body)).client_id;
}

describe('an error of a client that registered itself', () => {
  test('is a page that names the host, and goes on by a link only', async () => {
    const client_id = await register();
    const more = { redirect_uri: evil, prompt: 'none', state: 's"1' };
    const page = await request(new Browser(), acme.issuer, client_id, more);
    expect(page.status).toBe(400);
    expect(page.headers.get('location')).toBeNull();
    expect(page.headers.get('refresh')).toBeNull();
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.html).toContain('The user has to sign in.');
    expect(page.html).toContain('<bdi>app.example</bdi>');
    expect(page.html).toContain('Fern &lt;b&gt;');
    expect(page.html).not.toMatch(/<script|http-equiv="refresh"/);
    const link = /<a href="(https:\/\/app\.example[^"]*)"[^>]*>Continue to/.exec(page.html)?.[1];
    expect(Object.fromEntries(parametersOf(link))).toMatchObject({
      x: '1',
      error: 'login_required',
      state: 's"1',
      iss: acme.issuer,
    });
  });

  test('is that page, too, where its redirect URI is a page of this server [RFC 9700 4.11.2]', async () => {
    for (const page of ['account', 'device']) {
      const redirect_uri = `${acme.issuer}/${page}`;
      const more = { redirect_uri, prompt: 'none', state: '//evil.example' };
      const answer = await request(new Browser(), acme.issuer, await register(redirect_uri), more);
      expect(answer.status).toBe(400);
      expect(answer.headers.get('location')).toBeNull();
      expect(answer.html).toContain(`${redirect_uri}?error=login_required`);
    }
  });

  test('with form_post is a form that waits for the person', async () => {
    const client_id = await register();
    const more = { redirect_uri: evil, scope: 'nothing', response_mode: 'form_post' };
    const page = await request(new Browser(), acme.issuer, client_id, more);
    expect(page.status).toBe(400);
    expect(page.html).toContain(`action="${evil}"`);
    expect(page.html).toContain('value="invalid_scope"');
    expect(page.html).not.toContain('<script');
    expect(page.headers.get('content-security-policy')).toContain(
      "form-action 'self' https://app.example",
    );
    expect(page.headers.get('content-security-policy')).not.toContain('script-src');
  });

  test('says why in the language of the page', async () => {
    const browser = new Browser({ 'accept-language': 'de' });
    const more = { redirect_uri: evil, code_challenge_method: 'plain' };
    const said = '<span lang="de"><bdi>code_challenge_method ist nicht S256</bdi></span>';
    const page = await request(browser, acme.issuer, await register(), more);
    expect(page.html).toContain(said);
    const asked = { ...more, ui_locales: 'nl de' };
    const other = await request(new Browser(), acme.issuer, await register(), asked);
    expect(other.html).toContain(said);
  });

  test('names the scheme of an application on the device', async () => {
    const own = 'com.example.fern:/callback';
    const client_id = await register(own);
    const more = { redirect_uri: own, prompt: 'none' };
    const page = await request(new Browser(), acme.issuer, client_id, more);
    expect(page.html).toContain('<bdi>com.example.fern:</bdi>');
    expect(page.html).toContain('from an application on this device');
  });

  test('is sent to it at once where the person has allowed it, and where they say no to it', async () => {
    const client_id = await register(callback);
    const browser = new Browser();
    const denied = await proceed(browser, await request(browser, acme.issuer, client_id), 'deny');
    expect(denied.url).toContain(`${callback}?error=access_denied`);
    await proceed(browser, await request(browser, acme.issuer, client_id));
    const page = await request(browser, acme.issuer, client_id, { scope: 'nothing' });
    expect(page.url).toContain(`${callback}?error=invalid_scope`);
  });
});

test('an error of a client of an operator is sent to it at once [RFC 6749 4.1.2.1]', async () => {
  const more = { prompt: 'none' };
  const page = await request(new Browser(), acme.issuer, acme.web.client_id, more);
  expect(page.url).toContain(`${callback}?error=login_required`);
});

test('a logout to a client that registered itself goes on by a link only, where nobody is signed in [RFC 9700 4.11.2]', async () => {
  const goodbye = 'https://app.example/goodbye?x=1';
  const { client_id } = await registered(acme, {
    token_endpoint_auth_method: 'none',
    post_logout_redirect_uris: [goodbye],
  });
  const config = await discover(acme, { client_id, client_secret: '' }, true);
  const browser = new Browser();
  const { id_token = '' } = await obtainTokens(
    config,
    { redirect_uri: callback, scope: 'openid' },
    browser,
  );
  const query = new URLSearchParams({
    id_token_hint: id_token,
    post_logout_redirect_uri: goodbye,
    state: 's',
  });
  const url = `${acme.issuer}/oauth/logout?${query}`;
  expect((await browser.open(url)).url).toBe(`${goodbye}&state=s`);
  const page = await new Browser().open(url);
  expect(page.status).toBe(200);
  expect(page.html).toContain('You are signed out');
  expect(page.html).toMatch(
    /<a href="https:\/\/app\.example\/goodbye\?x=1&amp;state=s"[^>]*>Continue to/,
  );
  expect(page.html).not.toMatch(/<script|http-equiv="refresh"/);
});
