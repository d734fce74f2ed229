// What the authorization endpoint refuses, and how it says so.
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { type Acme, password, proceed, redirect_uri, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';

const code_challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
let acme: Acme;

beforeAll(async () => {
  acme = await startAcme();
});

const good = {
  client_id: 'web',
  redirect_uri,
  response_type: 'code',
  scope: 'openid',
  state: 'a b&c=%20"\'<>',
  code_challenge,
  code_challenge_method: 'S256',
};

function url(change: Record<string, string | undefined> = {}, extra = ''): string {
  const parameters = Object.entries({ ...good, ...change }).filter(
    ([, value]) => value !== undefined,
  );
  return `${acme.issuer}/oauth/authorize?${new URLSearchParams(parameters as [string, string][])}${extra}`;
}

describe('an error page with status 400 and no redirect [RFC 6749 4.1.2.1]', () => {
  test.each([
    ['unknown client', { client_id: 'nobody' }],
    ['no client_id', { client_id: undefined }],
    ['unregistered redirect_uri', { redirect_uri: 'https://evil.example/callback' }],
    ['another query', { redirect_uri: `${redirect_uri}?x=1` }],
    ['missing redirect_uri of an OpenID Connect request', { redirect_uri: undefined }],
    [
      'another host with the same prefix',
      { redirect_uri: 'http://127.0.0.1:9999.evil.example/callback' },
    ],
    ['NUL byte in client_id', { client_id: 'web\0' }],
  ])('%s', async (_name, change) => {
    const page = await new Browser().fetch(url(change));
    expect(page.status).toBe(400);
    expect(page.headers.get('location')).toBeNull();
    expect(page.headers.get('content-type')).toMatch('text/html');
    expect(await page.text()).toContain(page.headers.get('x-request-id'));
  });

  test.each([
    ['client_id nobody: client unknown or disabled', { client_id: 'nobody' }],
    ['client_id is missing', { client_id: undefined }],
    [
      'https://a.example/cb?x=*: not one that is registered for this client',
      { redirect_uri: 'https://ada:hunter2@a.example/cb?x=hunter3' },
    ],
    ['redirect_uri is missing', { redirect_uri: undefined }],
    ['http://a.example/&lt;b&gt;', { redirect_uri: 'http://a.example/<b>' }],
  ])('says %j to developers, and repeats no secret', async (detail, change) => {
    const page = await (await new Browser().fetch(url(change))).text();
    const [, said] =
      /<details>\s*<summary>For developers<\/summary>([\s\S]*)<\/details>/.exec(page) ?? [];
    expect(said).toContain(detail);
    const rows = await callAll(acme.database.worker, ops.error_list, { tenant: acme.tenant });
    expect(page + JSON.stringify(rows) + acme.lines.join()).not.toMatch(/hunter[23]/);
  });

  test('a repeated client_id', async () => {
    const page = await new Browser().fetch(url({}, '&client_id=web'));
    expect([page.status, page.headers.get('location')]).toEqual([400, null]);
  });
});

describe('a redirect with error, state and iss, and nothing else [RFC 6749 4.1.2.1, RFC 9207 2]', () => {
  test.each([
    ['invalid_request', { code_challenge: undefined, code_challenge_method: undefined }],
    ['invalid_request', { code_challenge_method: 'plain' }],
    ['invalid_request', { code_challenge_method: undefined }],
    ['invalid_request', { response_type: undefined }],
    ['invalid_request', { response_mode: 'web_message' }],
    ['invalid_request', { prompt: 'none login' }],
    ['invalid_request', { max_age: '-1' }],
    ['invalid_request', { id_token_hint: 'nonsense' }],
    ['unsupported_response_type', { response_type: 'token' }],
    ['unsupported_response_type', { response_type: 'code id_token' }],
    ['invalid_scope', { scope: 'openid nonsense' }],
    ['login_required', { prompt: 'none' }],
    ['invalid_request_object', { request: 'eyJ' }],
    ['request_uri_not_supported', { request_uri: 'https://example.com/r' }],
    ['registration_not_supported', { registration: '{}' }],
  ])('%s for %j', async (error, change) => {
    const answer = await new Browser().fetch(url(change));
    const location = new URL(answer.headers.get('location') ?? '');
    expect(location.origin + location.pathname).toBe(redirect_uri);
    const { error_description, ...rest } = Object.fromEntries(location.searchParams);
    expect(rest).toEqual({ error, state: good.state, iss: acme.issuer });
    expect(error_description).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
  });

  test('invalid_scope names the scope that does not exist', async () => {
    const answer = await new Browser().fetch(url({ scope: 'openid webhook' }));
    expect(
      new URL(answer.headers.get('location') ?? '').searchParams.get('error_description'),
    ).toContain('webhook');
  });

  test('a repeated parameter [RFC 6749 3.1]', async () => {
    const answer = await new Browser().fetch(url({}, '&scope=openid'));
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('error')).toBe(
      'invalid_request',
    );
  });
});

test('the client is told which parameter was refused, and why [RFC 6749 4.1.2.1]', async () => {
  const response = await new Browser().fetch(url({ code_challenge_method: 'plain' }));
  const { searchParams } = new URL(response.headers.get('location') ?? '');
  expect(searchParams.get('error_description')).toContain('code_challenge_method is not S256');
});

describe('what is not an error [OpenID Connect Core 3.1.2.1]', () => {
  test.each([
    {
      display: 'popup',
      ui_locales: 'fr-CA fr',
      claims_locales: 'de',
      login_hint: 'ada',
      acr_values: '2 1',
    },
    { unknown: 'parameter', resource: 'https://api.example.com' },
  ])('%j', async (change) => {
    const page = await new Browser().open(url(change));
    expect(page.status).toBe(200);
    expect(page.html).toContain('name="username"');
  });

  test('POST works as GET does, without any cookie', async () => {
    const browser = new Browser();
    const page = await browser.open(`${acme.issuer}/oauth/authorize`, {
      method: 'POST',
      body: new URLSearchParams(good),
    });
    const done = new URL((await proceed(browser, page)).url);
    expect(done.searchParams.get('code')).toBeTruthy();
    expect(done.searchParams.get('state')).toBe(good.state);
  });

  test('fragment: where no server sees it, errors too [Multiple Response Types 2.1]', async () => {
    const browser = new Browser();
    for (const [query, first] of [
      [{}, 'code'],
      [{ prompt: 'none', scope: 'openid nonsense' }, 'error'],
    ] as const) {
      const asked = await browser.open(url({ ...query, response_mode: 'fragment' }));
      const { search, hash } = new URL((await proceed(browser, asked)).url);
      expect(search).toBe('');
      const answer = new URLSearchParams(hash.slice(1));
      expect([...answer.keys()][0]).toBe(first);
      expect([answer.get('state'), answer.get('iss')]).toEqual([good.state, acme.issuer]);
    }
  });

  test('form_post submits itself, and has a button [Form Post Response Mode 2]', async () => {
    const browser = new Browser();
    const page = await proceed(browser, await browser.open(url({ response_mode: 'form_post' })));
    expect(page.html).toContain(`action="${redirect_uri}"`);
    expect(page.html).toContain('<button');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'sha256-");
    // Browsers hold it against the redirects of the client's servers too, which nobody can list.
    expect(page.headers.get('content-security-policy')).not.toContain('form-action');
  });
});

describe('login comes before consent, in the browser that began', () => {
  test('a consent without a session never gives a code', async () => {
    const browser = new Browser();
    const login = await browser.open(url());
    const request = new URL(login.url).searchParams.get('request') ?? '';
    const answer = await browser.fetch(`${acme.issuer}/oauth/consent`, {
      method: 'POST',
      body: new URLSearchParams({ request, decision: 'allow' }),
    });
    expect(answer.headers.get('location')).toMatch('/oauth/continue');
  });

  test("another browser's form is refused, even with the right password", async () => {
    const login = await new Browser().open(url());
    const other = new Browser();
    const page = await other.submit(login, { username: 'ada', password });
    expect(page.status).toBe(400);
    expect(other.cookies.map(({ name }) => name)).not.toContain('pgrant_session');
  });

  test('the session changes its id at login, and its cookie is scoped to the issuer', async () => {
    const browser = new Browser();
    await proceed(browser, await browser.open(url()));
    const before = browser.cookies.find(({ name }) => name === 'pgrant_session');
    await proceed(browser, await browser.open(url({ prompt: 'login' })));
    const after = browser.cookies.find(({ name }) => name === 'pgrant_session');
    expect(after?.value).not.toBe(before?.value);
    expect(after?.path).toBe('/acme/oauth');
  });

  test('a wrong password and an unknown user get the same page', async () => {
    const [one, two] = [new Browser(), new Browser()];
    const wrong = await one.submit(await one.open(url()), { username: 'ada', password: 'wrong' });
    const unknown = await two.submit(await two.open(url()), { username: 'bob', password: 'wrong' });
    expect([wrong.status, unknown.status]).toEqual([400, 400]);
    const plain = (html: string) => html.replaceAll(/pgrant_rq_[^"]+|value="(ada|bob)"/g, '');
    expect(plain(unknown.html)).toBe(plain(wrong.html));
  });
});
