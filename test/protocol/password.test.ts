import { argon2Sync, createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { derivePassword, newPassword, passwordParameters } from '../../src/protocol/password.ts';
import { refusalOf } from './refusal.ts';

const cheap = { m: 64, t: 1, p: 1 };
const salt = Buffer.alloc(16, 7);

describe('a password', () => {
  test('is verified by SHA-256 of its Argon2id key [RFC 9106 4]', async () => {
    const key = argon2Sync('argon2id', {
      message: 'correct horse',
      nonce: salt,
      memory: 64,
      passes: 1,
      parallelism: 1,
      tagLength: 32,
    });
    const verifier = await derivePassword('correct horse', salt, cheap);
    expect(verifier).toEqual(createHash('sha256').update(key).digest());
  });

  test('gets a salt of its own, and by default costs 19 MiB', async () => {
    const [one, two] = await Promise.all([newPassword('secret'), newPassword('secret')]);
    expect(one.parameters).toEqual({ m: 19_456, t: 2, p: 1 });
    expect(one.salt).toHaveLength(16);
    expect(one.salt.equals(two.salt)).toBe(false);
    expect(await derivePassword('secret', one.salt, passwordParameters)).toEqual(one.verifier);
    expect(await derivePassword('Secret', one.salt, one.parameters)).not.toEqual(one.verifier);
  });

  test('is the same from a keyboard that composes and one that does not [RFC 8265 4.2.2]', async () => {
    const verifier = await derivePassword('caf\u00e9 1', salt, cheap);
    expect(await derivePassword('cafe\u0301\u00a01', salt, cheap)).toEqual(verifier);
  });

  test('is not cut off before its limit', async () => {
    const long = 'a'.repeat(1023);
    const verifier = await derivePassword(`${long}b`, salt, cheap);
    expect(await derivePassword(`${long}c`, salt, cheap)).not.toEqual(verifier);
  });

  test.each(['', 'a\0b', 'a\nb', 'a\uD800', 'a'.repeat(1025), 'ä'.repeat(513)])(
    '%j is refused before any work [RFC 8265 4.2.2]',
    async (password) => {
      const refusal = await refusalOf(() => derivePassword(password, salt, cheap));
      expect(refusal.error).toBe('invalid_request');
    },
  );
});
