// Which RSA keys verify what a client signs (RFC 7518 3.3).
import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { clientKeys } from '../../src/protocol/jwk-set.ts';

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = publicKey.export({ format: 'jwk' });
const exponent = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');

test.each([
  ['010001', true],
  ['03', true],
  ['ffffffff', true],
  // Longer ones make a signature cost what a hundred cost.
  ['0100000001', false],
])('an exponent of %s is taken: %s', (hex, taken) => {
  expect(clientKeys({ keys: [{ ...jwk, e: exponent(hex) }] })).toHaveLength(taken ? 1 : 0);
});

test('a modulus of less than 2048 bits is not taken', () => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  expect(clientKeys({ keys: [short.export({ format: 'jwk' })] })).toEqual([]);
});
