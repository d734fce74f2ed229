import { createHash, randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, importJWK, jwtVerify, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  newSigningKey,
  openSigningKey,
  type SigningAlg,
  sealSigningKey,
  verificationKeys,
} from '../../src/protocol/keys.ts';
import { signingAlgs } from '../../src/protocol/lists.ts';

const tenant = '0193a9b0-0000-7000-8000-000000000001';
const master = randomBytes(32);
const algs = signingAlgs;
const made = Object.fromEntries(
  await Promise.all(algs.map(async (alg) => [alg, await newSigningKey(alg)])),
) as Record<SigningAlg, Awaited<ReturnType<typeof newSigningKey>>>;
const membersOf = (alg: SigningAlg) => {
  if (alg === 'ES256') return ['crv', 'kty', 'x', 'y'];
  return alg.startsWith('Ed') ? ['crv', 'kty', 'x'] : ['e', 'kty', 'n'];
};

describe('a signing key', () => {
  test('of ES256 is P-256, of RS256 and PS256 has 2048 bits [RFC 7518 3.3, 3.4, 3.5]', () => {
    expect(made.ES256.signing.key.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(made.RS256.signing.key.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(made.PS256.signing.key.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(made.EdDSA.signing.key.asymmetricKeyType).toBe('ed25519');
  });

  test.each(algs)(
    '%s is published with its public members only [RFC 7517 4, RFC 7518 6]',
    (alg) => {
      expect(Object.keys(made[alg].public_jwk).sort()).toEqual(
        ['alg', 'kid', 'use', ...membersOf(alg)].sort(),
      );
      expect(made[alg].public_jwk).toMatchObject({ alg, use: 'sig' });
    },
  );

  test.each(algs)('%s has the thumbprint of its public key as kid [RFC 7638 3]', async (alg) => {
    const { kid, ...jwk } = made[alg].public_jwk;
    expect(kid).toBe(await calculateJwkThumbprint(made[alg].public_jwk));
    const required = Object.fromEntries(membersOf(alg).map((name) => [name, jwk[name as 'kty']]));
    expect(kid).toBe(createHash('sha256').update(JSON.stringify(required)).digest('base64url'));
  });

  test.each(algs)('%s signs what jose verifies with the published key', async (alg) => {
    const { signing, public_jwk } = made[alg];
    const token = await new SignJWT({}).setProtectedHeader({ alg }).sign(signing.key);
    await expect(jwtVerify(token, await importJWK(public_jwk))).resolves.toBeDefined();
  });

  test('verifying keys are found by kid', () => {
    const keys = verificationKeys(algs.map((alg) => made[alg].public_jwk));
    const { kid } = made.RS256.public_jwk;
    expect(keys.size).toBe(algs.length);
    expect(keys.get(kid)).toMatchObject({ kid, alg: 'RS256' });
    expect(keys.get(kid)?.key.type).toBe('public');
  });
});

describe('a sealed signing key', () => {
  const { kid, key } = made.ES256.signing;
  const sealed = sealSigningKey(master, tenant, made.ES256.signing);
  const altered = Buffer.from(sealed.map((octet, at) => (at === 40 ? octet ^ 1 : octet)));
  const open = (secret: Buffer, owner: string, change: object = {}) =>
    openSigningKey(secret, owner, { kid, alg: 'ES256', sealed, ...change });

  test('opens under the same master secret for the same tenant', () => {
    const opened = open(master, tenant);
    expect(opened).toMatchObject({ kid, alg: 'ES256' });
    expect(opened.key.equals(key)).toBe(true);
  });

  test('holds no part of the private key in the clear', () => {
    const d = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
    expect(d).toHaveLength(32);
    expect(sealed.includes(d)).toBe(false);
    expect(sealed.includes(Buffer.from('PRIVATE'))).toBe(false);
  });

  test.each([
    ['another master secret', () => open(randomBytes(32), tenant)],
    ['another tenant', () => open(master, tenant.replace(/1$/, '2'))],
    ['another kid', () => open(master, tenant, { kid: made.RS256.signing.kid })],
    ['an altered copy', () => open(master, tenant, { sealed: altered })],
  ])('does not open with %s, and says so without the secret', (_, work) => {
    expect(work).toThrow(/does not open: it was sealed under another master secret/);
  });

  test('wants a master secret of 32 bytes', () => {
    const short = () => sealSigningKey(randomBytes(31), tenant, made.ES256.signing);
    expect(short).toThrow('the master secret is not 32 bytes long');
  });
});
