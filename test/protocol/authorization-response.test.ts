import { describe, expect, test } from 'vitest';
import { authorizationResponse } from '../../src/protocol/authorization-response.ts';
import { refusalOf } from './refusal.ts';

const iss = 'https://id.example/t';

describe('the authorization response', () => {
  test.each([
    ['https://app.example/cb', 'https://app.example/cb?'],
    ['https://app.example', 'https://app.example?'],
    ['https://app.example/cb?a=b%20c&d', 'https://app.example/cb?a=b%20c&d&'],
    ['https://app.example/cb?', 'https://app.example/cb?'],
    ['com.example.app:/cb', 'com.example.app:/cb?'],
    ['http://[::1]:5123/', 'http://[::1]:5123/?'],
  ])('keeps %s as it is registered, its query too [RFC 6749 3.1.2]', (uri, begin) => {
    const answer = authorizationResponse(uri, 'query', { code: 'c', iss });
    expect(answer).toEqual({ location: `${begin}code=c&iss=${encodeURIComponent(iss)}` });
  });

  test.each(['st ate', 'a&code=evil', '#f', '%00', 'ä漢', '+', '"<script>', "'"])(
    'returns the state %j intact, as one parameter [RFC 6749 4.1.2]',
    (state) => {
      const answer = authorizationResponse('https://a.example/', 'query', {
        code: 'c',
        state,
        iss,
      });
      if (!('location' in answer)) throw new Error('not a redirect');
      const url = new URL(answer.location);
      expect([...url.searchParams]).toEqual([
        ['code', 'c'],
        ['state', state],
        ['iss', iss],
      ]);
      expect(url.hash).toBe('');
    },
  );

  test('by fragment keeps the query that is registered [Multiple Response Types 2.1]', () => {
    const parameters = { code: 'c', state: 'a&b', iss };
    expect(authorizationResponse('https://a.example/cb?x=1', 'fragment', parameters)).toEqual({
      location: `https://a.example/cb?x=1#code=c&state=a%26b&iss=${encodeURIComponent(iss)}`,
    });
  });

  test('carries no parameter that has no value [RFC 9207 2]', () => {
    const parameters = { error: 'access_denied', error_description: 'No.', state: undefined, iss };
    expect(authorizationResponse('https://a.example/cb?x=1', 'form_post', parameters)).toEqual({
      action: 'https://a.example/cb?x=1',
      fields: [
        ['error', 'access_denied'],
        ['error_description', 'No.'],
        ['iss', iss],
      ],
    });
  });

  test.each([
    ['query.jwt', { location: 'https://a.example/cb?x=1&response=a.b.c' }],
    ['fragment.jwt', { location: 'https://a.example/cb?x=1#response=a.b.c' }],
    ['form_post.jwt', { action: 'https://a.example/cb?x=1', fields: [['response', 'a.b.c']] }],
  ] as const)('%s carries the JWT and nothing beside it [JARM 2.3]', (mode, expected) => {
    const answer = authorizationResponse('https://a.example/cb?x=1', mode, { response: 'a.b.c' });
    expect(answer).toEqual(expected);
  });

  test('never goes to a URI with a fragment [RFC 6749 3.1.2]', async () => {
    const work = () => authorizationResponse('https://a.example/#x', 'query', { code: 'c', iss });
    expect((await refusalOf(work)).error).toBe('server_error');
  });
});
