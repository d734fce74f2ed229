import { describe, expect, test } from 'vitest';
import { checkDocumentUrl, readClientDocument } from '../../src/protocol/client-document.ts';
import { freshnessOf } from '../../src/protocol/freshness.ts';

const url = 'https://fern.example/client.json';
const document = {
  client_id: url,
  client_name: 'Fern',
  redirect_uris: ['https://fern.example/cb'],
};

const read = (more: object) => {
  const bytes = new TextEncoder().encode(JSON.stringify({ ...document, ...more }));
  return readClientDocument(url, bytes.buffer as ArrayBuffer);
};

describe('the URL of a document [draft-ietf-oauth-client-id-metadata-document 3]', () => {
  test.each([
    'https://fern.example/client.json',
    'https://fern.example/',
    'https://fern.example:8443/a/b',
    'https://fern.example/client?of=ada',
    'https://xn--frn-kla.example/c',
  ])('%s is one', (good) => {
    expect(() => checkDocumentUrl(good)).not.toThrow();
  });

  test.each([
    'https://fern.example',
    'https://fern.example/#x',
    'https://ada@fern.example/c',
    'https://fern.example/a/../c',
    'https://fern.example/./c',
    'https://fern.example/%2E%2e/c',
    'https://fern.example:443/c',
    'https://FERN.example/c',
    'https://färn.example/c',
    'http://fern.example/c',
    'ftp://fern.example/c',
    'portal',
  ])('%s is none', (bad) => {
    expect(() => checkDocumentUrl(bad)).toThrow('invalid_client_metadata');
  });
});

describe('what a document says', () => {
  test('a public client with the code grant, where it says no more [section 6, RFC 7591 2]', () => {
    expect(read({})).toEqual({
      name: 'Fern',
      token_endpoint_auth_method: 'none',
      application_type: 'web',
      redirect_uris: ['https://fern.example/cb'],
      post_logout_redirect_uris: [],
      grant_types: ['authorization_code'],
    });
  });

  test('no software statement, and nothing that is not known', () => {
    const metadata = read({ software_statement: 'a.b.c', favourite_colour: 'green' });
    expect(metadata).toEqual(read({}));
  });

  test.each([
    [undefined, ['none', 'private_key_jwt'], 'private_key_jwt'],
    ['private_key_jwt', ['none', 'private_key_jwt'], 'private_key_jwt'],
    ['none', ['none', 'private_key_jwt'], 'none'],
    ['tls_client_auth', ['tls_client_auth', 'none'], 'none'],
    ['none', undefined, 'none'],
  ])(
    'it authenticates by %s of %j: by %s [OpenID Connect Relying Party Metadata Choices]',
    (own, choices, expected) => {
      const metadata = read({
        token_endpoint_auth_method: own,
        token_endpoint_auth_methods_supported: choices,
        jwks_uri: 'https://fern.example/jwks.json',
      });
      expect(metadata.token_endpoint_auth_method).toBe(expected);
    },
  );

  test.each([
    ['client_secret_basic', undefined],
    ['client_secret_jwt', undefined],
    ['none', ['none', 'client_secret_post']],
    ['tls_client_auth', undefined],
    // What is listed takes the place of the default.
    [undefined, ['tls_client_auth']],
    [undefined, []],
    [1, undefined],
  ])('%s of %j is refused [section 4.1]', (own, choices) => {
    const methods = {
      token_endpoint_auth_method: own,
      token_endpoint_auth_methods_supported: choices,
    };
    expect(() => read(methods)).toThrow('invalid_client_metadata');
  });
});

describe('freshness [RFC 9111 4.2]', () => {
  const date = 'Sat, 21 Nov 2026 12:00:00 GMT';
  const now = Date.parse(date);

  test.each<[Record<string, string>, number]>([
    [{}, 300],
    [{ 'cache-control': 'max-age=60' }, 60],
    [{ 'cache-control': 'Max-Age="60"' }, 60],
    [{ 'cache-control': 'max-age=60', age: '50' }, 10],
    [{ 'cache-control': 'max-age=60', age: '90' }, 0],
    [{ 'cache-control': 'max-age=60, s-maxage=90' }, 90],
    [{ 'cache-control': 'max-age=60, no-cache' }, 0],
    [{ 'cache-control': 'max-age=10, max-age=60' }, 10],
    [{ 'cache-control': 'no-store' }, 0],
    [{ 'cache-control': 'max-age=soon' }, 0],
    [{ 'cache-control': 'max-age=99999999999999999999' }, 86_400],
    [{ expires: 'Sat, 21 Nov 2026 13:00:00 GMT', date }, 3600],
    [{ expires: 'Sat, 21 Nov 2026 13:00:00 GMT' }, 3600],
    [{ expires: '0', date }, 0],
    [{ expires: 'Sat, 21 Nov 2026 13:00:00 GMT', 'cache-control': 'max-age=60' }, 60],
  ])('%j is %i seconds', (headers, seconds) => {
    expect(freshnessOf(new Headers(headers), now)).toBe(seconds);
  });
});
