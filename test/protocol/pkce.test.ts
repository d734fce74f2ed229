import * as oauth from 'oauth4webapi';
import { describe, expect, test } from 'vitest';
import { challengeOf, isChallenge } from '../../src/protocol/pkce.ts';
import { refusalOf } from './refusal.ts';

describe('PKCE', () => {
  test('the example of the RFC holds [RFC 7636 appendix B]', () => {
    const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
    expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(challenge);
  });

  test('an independent client comes to the same challenge [RFC 7636 4.2]', async () => {
    for (let round = 0; round < 20; round += 1) {
      const verifier = oauth.generateRandomCodeVerifier();
      const challenge = await oauth.calculatePKCECodeChallenge(verifier);
      expect(challengeOf(verifier)).toBe(challenge);
      expect(isChallenge(challenge)).toBe(true);
    }
  });

  test('43 and 128 characters are the limits, inclusive [RFC 7636 4.1]', () => {
    expect(isChallenge(challengeOf('a'.repeat(43)))).toBe(true);
    expect(isChallenge(challengeOf('-._~'.repeat(32)))).toBe(true);
  });

  test.each([
    '',
    'a'.repeat(42),
    'a'.repeat(129),
    `${'a'.repeat(43)}\n`,
    'ä'.repeat(43),
    '+'.repeat(43),
  ])('%j is no verifier: invalid_grant [RFC 7636 4.6]', async (verifier) => {
    expect((await refusalOf(() => challengeOf(verifier))).error).toBe('invalid_grant');
  });

  test.each(['', 'a'.repeat(42), 'a'.repeat(44), `${'a'.repeat(42)}=`, `${'a'.repeat(42)}+`])(
    '%j is no challenge [RFC 7636 4.2]',
    (challenge) => expect(isChallenge(challenge)).toBe(false),
  );
});
