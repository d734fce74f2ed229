import { describe, expect, test } from 'vitest';
import { checkRedirectUri, returnPath, webSource } from '../../src/protocol/redirect-uri.ts';
import { refusalOf } from './refusal.ts';

const either = [{ public: true }, { public: false }];

describe('a redirect URI', () => {
  test.each([
    'https://app.example/cb',
    'https://app.example',
    'https://app.example/',
    'https://app.example:8443/cb?tenant=1&x=%2Fhome',
    'https://xn--bcher-kva.example/cb',
    'https://192.0.2.1/cb',
    'https://app.example/a%20b',
    'http://localhost:3001/callback',
    'http://localhost:3001',
    'http://127.0.0.1/cb',
    'http://127.0.0.1:51004/cb',
    'http://[::1]:51004/cb',
  ])('%s may be registered by any client [RFC 8252 7.2, 7.3]', (uri) => {
    for (const client of either) expect(() => checkRedirectUri(uri, client)).not.toThrow();
  });

  test.each([
    'com.example.app:/cb',
    'com.example.app://cb/x',
    'io.github.someone.tool:/oauth?x=1',
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'myapp:/cb',
  ])('%s may be registered by a public client alone [RFC 8252 7.1]', async (uri) => {
    expect(() => checkRedirectUri(uri, { public: true })).not.toThrow();
    const refusal = await refusalOf(() => checkRedirectUri(uri, { public: false }));
    expect(refusal.error).toBe('invalid_redirect_uri');
  });

  test.each([
    ['', 'RFC 6749 3.1.2'],
    ['/cb', 'RFC 6749 3.1.2'],
    ['//evil.example/cb', 'RFC 6749 3.1.2'],
    ['https://app.example/cb#', 'RFC 6749 3.1.2'],
    ['https://app.example/cb#frag', 'RFC 6749 3.1.2'],
    ['http://app.example/cb', 'OAuth 2.1 2.3.1'],
    ['http://127.0.0.1.evil.example/cb', 'RFC 8252 7.3'],
    ['http://127.0.0.2/cb', 'RFC 8252 7.3'],
    ['http://localhost.evil.example/', 'RFC 8252 8.3'],
    ['http://0.0.0.0/cb', 'RFC 8252 7.3'],
    ['http://2130706433/cb', 'RFC 8252 7.3'],
    ['https://*.example/cb', 'RFC 9700 4.1.3'],
    ['https://app.example/*', 'RFC 9700 4.1.3'],
    ['https://user@app.example/cb', 'RFC 3986 7.5'],
    ['https://user:pw@app.example/cb', 'RFC 3986 7.5'],
    ['https://app.example@evil.example/', 'RFC 3986 7.5'],
    ['https://APP.example/cb', 'RFC 3986 6.2.2'],
    ['HTTPS://app.example/cb', 'RFC 3986 6.2.2'],
    ['https://app.example:443/cb', 'RFC 3986 6.2.3'],
    ['https://app.example/a/../cb', 'RFC 3986 5.2.4'],
    ['https://app.example/a/%2e%2e/cb', 'RFC 9700 4.1.1'],
    ['https://app.example/a/%2E%2e%2Fcb', 'RFC 9700 4.1.1'],
    ['https://app.example/a%2fb', 'RFC 9700 4.1.1'],
    ['https://app.example/a%5cb', 'RFC 9700 4.1.1'],
    ['https://app.example/a%00', 'RFC 3986 7.3'],
    ['https://app.example/?x=%0d%0ay', 'RFC 3986 7.3'],
    ['https://app.example/a%zz', 'RFC 3986 2.1'],
    ['https://app.example/cb\r\nx:y', 'RFC 3986 2'],
    ['https://app.example/c b', 'RFC 3986 2'],
    ['https://app.example\\@evil.example/', 'RFC 3986 2'],
    ['https:\\\\evil.example/', 'RFC 3986 2'],
    ['https:app.example/cb', 'RFC 3986 3'],
    ['https:///app.example/cb', 'RFC 3986 3'],
    ['https://b\u00fccher.example/', 'RFC 3986 2'],
    ['https://a;script-src.example/', 'CSP 3 2.3.1'],
    ["https://a'self'.example/", 'CSP 3 2.3.1'],
    ['https://a,b.example/', 'CSP 3 2.3.1'],
    ['https://app.example/cb?code=1', 'RFC 6749 3.1'],
    ['https://app.example/cb?x=1&state=2', 'RFC 6749 3.1'],
    [`https://app.example/${'a'.repeat(2048)}`, 'length'],
    ['javascript:alert(1)', 'RFC 8252 7.1'],
    ['javascript://app.example/%0aalert(1)', 'RFC 8252 7.1'],
    ['data:text/html,x', 'RFC 8252 7.1'],
    ['file:///etc/passwd', 'RFC 8252 7.1'],
    ['vbscript:x', 'RFC 8252 7.1'],
    ['blob:https://app.example/x', 'RFC 8252 7.1'],
    ['about:blank', 'RFC 8252 7.1'],
    ['urn:ietf:wg:oauth:2.0:oob', 'RFC 8252 7.1'],
    ['ws://app.example/cb', 'RFC 8252 7.1'],
    ['ftp://app.example/cb', 'RFC 8252 7.1'],
    ['mailto:/ada@example.com', 'RFC 8252 7.1'],
    ['intent://app.example/cb', 'RFC 8252 7.1'],
    ['view-source:/cb', 'RFC 8252 7.1'],
    ['javascript:/cb', 'RFC 8252 7.1'],
    ['data:/cb', 'RFC 8252 7.1'],
    ['vbscript:/cb', 'RFC 8252 7.1'],
    ['blob:/cb', 'RFC 8252 7.1'],
    ['about:/cb', 'RFC 8252 7.1'],
    ['Cursor://anysphere.cursor-mcp/oauth/callback', 'RFC 3986 6.2.2'],
    ['cursor:oauth', 'RFC 8252 7.1'],
    ['com.example.:/cb', 'RFC 8252 7.1'],
    ['Com.Example.App:/cb', 'RFC 3986 6.2.2'],
    ['com.example.app:cb', 'RFC 8252 7.1'],
    ['com.example.app:/a/../cb', 'RFC 3986 5.2.4'],
    ['com.example.app://user@host/cb', 'RFC 3986 7.5'],
  ])('%j may not be registered by anyone [%s]', async (uri) => {
    for (const client of either) {
      const refusal = await refusalOf(() => checkRedirectUri(uri, client));
      expect(refusal.error).toBe('invalid_redirect_uri');
    }
  });
});

describe('the form-action source', () => {
  test.each([
    ['https://app.example/cb?x=1', 'https://app.example'],
    ['https://app.example:8443/cb', 'https://app.example:8443'],
    ['http://127.0.0.1:51004/cb', 'http://127.0.0.1:51004'],
    ['http://[::1]:51004/cb', 'http:'],
    ['com.example.app:/cb', 'com.example.app:'],
    ['https://a;script-src.example/', 'https:'],
  ])('of %s is %s [CSP 3 2.3.1]', (uri, source) => {
    expect(webSource(uri)).toBe(source);
  });
});

describe('a return path', () => {
  test.each(['/', '/demo/oauth/consents', '/demo/oauth/authorize?request=a_b-c&x=%20', '/a?u=//b'])(
    '%s is kept [RFC 9700 4.11]',
    (path) => expect(returnPath(path)).toBe(path),
  );

  test.each([
    '',
    'demo',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/%5Cevil.example',
    '/%2F/evil.example',
    '/%2fevil.example',
    '/\t/evil.example',
    '/%09/evil.example',
    '/\n/evil.example',
    ' //evil.example',
    '/a//evil.example',
    '/.//evil.example',
    '/a/..//evil.example',
    '/a/../b',
    '/%2e%2e/b',
    '/a#b',
    '/a?x=%0d%0aSet-Cookie:y',
    '/ä',
    'https://evil.example/',
    'javascript:alert(1)',
    '@evil.example/',
    '.evil.example/',
    `/${'a'.repeat(2048)}`,
  ])('%j is not followed [RFC 9700 4.11]', (path) => {
    expect(returnPath(path)).toBeUndefined();
  });
});
