import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { newSuccessorSalt, successorOf } from '../../src/protocol/refresh.ts';
import {
  assembleToken,
  newLastingSecret,
  newRefreshToken,
  newSecret,
  parseRefreshToken,
  parseToken,
  refreshToken,
  withoutSecrets,
} from '../../src/protocol/secrets.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest();
const expiry = 1_795_219_200;

describe('an expiring token', () => {
  test.each([
    ['code', 'pgrant_ac_'],
    ['access_token', 'pgrant_at_'],
    ['request', 'pgrant_rq_'],
    ['session', 'pgrant_ss_'],
  ] as const)('%s begins with %s and leads to its expiry and hash', (kind, prefix) => {
    for (let round = 0; round < 200; round += 1) {
      const { secret, hash } = newSecret();
      const token = assembleToken(kind, expiry, secret);
      expect(token.startsWith(prefix)).toBe(true);
      expect(parseToken(kind, token)).toEqual({ expires_at: expiry, hash });
      expect(hash).toEqual(sha256(secret));
    }
  });

  test('has 256 random bits, never the same twice [RFC 6749 10.10]', () => {
    const secrets = Array.from({ length: 1000 }, () => newSecret().secret);
    expect(new Set(secrets).size).toBe(1000);
    expect(Buffer.from(secrets[0] ?? '', 'base64url')).toHaveLength(32);
  });

  const secret = 'A'.repeat(43);
  test.each([
    '',
    'pgrant_at_',
    `pgrant_at_${secret}`,
    `pgrant_at__${secret}`,
    `pgrant_at_0tosjk_${secret}`,
    `pgrant_at_TOSJK0_${secret}`,
    `pgrant_at_-1_${secret}`,
    `pgrant_at_123456789_${secret}`,
    `pgrant_ac_tosjk0_${secret}`,
    `pgrant_at_tosjk0_${secret}A`,
    `pgrant_at_tosjk0_${secret.slice(1)}`,
    `pgrant_at_tosjk0_${secret.slice(1)}B`,
    `pgrant_at_tosjk0_${secret.slice(1)}=`,
    `pgrant_at_tosjk0_${secret.slice(1)}+`,
    `pgrant_at_tosjk0_${secret}\n`,
    ` pgrant_at_tosjk0_${secret}`,
    `PGRANT_AT_tosjk0_${secret}`,
  ])('%j is none', (token) => {
    expect(parseToken('access_token', token)).toBeUndefined();
  });
});

describe('a lasting secret', () => {
  test.each([
    ['client_secret', /^pgrant_cs_[\w-]{43}$/],
    ['browser', /^pgrant_br_[\w-]{43}$/],
  ] as const)('%s has the form %s and is hashed whole', (kind, form) => {
    const { secret, hash } = newLastingSecret(kind);
    expect(secret).toMatch(form);
    expect(hash).toEqual(sha256(secret));
  });
});

describe('a refresh token', () => {
  test('is a handle of 128 bits and a secret of 256 bits', () => {
    for (let round = 0; round < 200; round += 1) {
      const made = newRefreshToken();
      expect(made.token).toMatch(/^pgrant_rt_[\w-]{22}\.[\w-]{43}$/);
      expect(parseRefreshToken(made.token)).toEqual(made);
      expect(made.handle_hash).toEqual(sha256(made.handle));
      expect(made.secret_hash).toEqual(sha256(made.token));
    }
  });

  const { token } = refreshToken(`${'A'.repeat(21)}Q`, `${'c'.repeat(42)}A`);
  test.each([
    '',
    'pgrant_rt_.',
    token.slice(1),
    token.slice(0, -1),
    `${token}A`,
    `${token}\n`,
    token.replace('.', '_'),
    token.replace('pgrant_rt_', 'pgrant_at_'),
    token.replace('Q.', 'R.'),
    `${token.slice(0, -1)}B`,
    `${token.slice(0, -1)}=`,
  ])('%j is none', (text) => {
    expect(parseRefreshToken(text)).toBeUndefined();
  });
});

describe('the successor of a refresh token', () => {
  const old = newRefreshToken();
  const salt = newSuccessorSalt();
  const successor = successorOf(old, salt);

  test('is a refresh token of the same family, with another secret', () => {
    for (let round = 0; round < 200; round += 1) {
      const next = successorOf(old, newSuccessorSalt());
      expect(parseRefreshToken(next.token)).toEqual(next);
      expect(next.handle_hash).toEqual(old.handle_hash);
      expect(next.secret_hash).not.toEqual(old.secret_hash);
    }
  });

  test('is the very same for whoever has the token and its salt', () => {
    const presented = parseRefreshToken(old.token);
    expect(presented && successorOf(presented, Buffer.from(salt))).toEqual(successor);
  });

  test.each([
    ['another family', newRefreshToken()],
    ['another secret of the family', successorOf(old, newSuccessorSalt())],
    ['the successor itself', successor],
  ])('is another for %s', (_, other) => {
    expect(successorOf(other, salt).secret).not.toBe(successor.secret);
  });

  test('is another when a bit of the salt is changed', () => {
    expect(salt).toHaveLength(32);
    for (let at = 0; at < salt.length; at += 1) {
      const changed = Buffer.from(salt);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(successorOf(old, changed).secret).not.toBe(successor.secret);
    }
  });

  test('cannot be told beforehand: requests that race have salts of their own', () => {
    const salts = Array.from({ length: 200 }, () => newSuccessorSalt().toString('hex'));
    expect(new Set(salts).size).toBe(200);
  });

  test('is derived as NIST SP 800-56C 4.1 says', () => {
    const known = refreshToken(`${'A'.repeat(21)}Q`, `${'c'.repeat(42)}A`);
    const input = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from(known.token),
      Buffer.from('pgrant refresh successor'),
      Buffer.from(Buffer.alloc(32, 7).toString('base64url')),
    ]);
    expect(successorOf(known, Buffer.alloc(32, 7)).secret).toBe(
      createHash('sha256').update(input).digest('base64url'),
    );
  });
});

describe('a path that is logged', () => {
  test.each([
    ['/acme/oauth/token', '/acme/oauth/token'],
    ['/acme/oauth/pgrant_at_secret', '/acme/oauth/[removed]'],
    ['/acme/oauth/abcdefghijklmno1', '/acme/oauth/[removed]'],
    ['/acme/oauth/abcdefghIjklmnop', '/acme/oauth/[removed]'],
    ['/acme/oauth/abcdefghijklmnop', '/acme/oauth/abcdefghijklmnop'],
    ['/acme/oauth/ABCDEFGHIJKLMNOP', '/acme/oauth/ABCDEFGHIJKLMNOP'],
  ])('%s is %s', (path, logged) => {
    expect(withoutSecrets(path)).toBe(logged);
  });

  test('costs nobody else anything, however long it is', () => {
    const begun = performance.now();
    const path = `/${'a'.repeat(16_000)}`;
    for (let i = 0; i < 10; i++) expect(withoutSecrets(path)).toBe(path);
    expect(performance.now() - begun).toBeLessThan(500);
  });
});
