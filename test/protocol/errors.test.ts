import { describe, expect, test } from 'vitest';
import { type ErrorCode, OAuthError } from '../../src/protocol/errors.ts';
import { publicErrors } from '../../src/protocol/lists.ts';

const allowed = /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/;

describe('errors', () => {
  test.each(Object.keys(publicErrors) as ErrorCode[])(
    'the public text of %s has only characters of error_description [RFC 6749 4.1.2.1]',
    (code) => {
      expect(publicErrors[code].description).toMatch(allowed);
      expect(publicErrors[code].status).toBeGreaterThanOrEqual(400);
    },
  );

  test('the reason is never part of what the public sees', () => {
    const error = new OAuthError('invalid_grant', 'code 42 was spent at noon');
    expect(error.description).toBe(publicErrors.invalid_grant.description);
    expect(error.status).toBe(400);
  });

  test('an unknown scope is named to the public [RFC 6749 4.1.2.1]', () => {
    const error = new OAuthError('invalid_scope', 'unknown scope', { detail: 'orders:read' });
    expect(error.description).toBe('A requested scope is invalid or unknown: orders:read');
  });

  test.each(['a\r\nSet-Cookie: x', 'tab\t', 'quote"', 'back\\slash', 'ä', '', 'x'.repeat(201)])(
    'a detail that a header or JSON could trip over is left out: %j',
    (detail) => {
      const error = new OAuthError('invalid_scope', 'unknown scope', { detail });
      expect(error.description).toBe(publicErrors.invalid_scope.description);
    },
  );

  test('an endpoint may answer with another status', () => {
    expect(new OAuthError('access_denied', 'no session', { status: 401 }).status).toBe(401);
  });
});
