import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { readCheckpoint, signCheckpoint } from '../../src/protocol/audit-checkpoint.ts';
import { newSigningKey } from '../../src/protocol/keys.ts';

const claims = {
  iss: 'https://id.example/acme',
  iat: 1_800_000_000,
  tenant_id: '6e9f2c1a-0000-4000-8000-000000000000',
  number: 7,
  seal: 'ab'.repeat(32),
  total: 4711,
  sealed_at: 1_799_999_990,
};

test.each(['ES256', 'RS256'] as const)(
  'a checkpoint signed with %s is read without asking for a key',
  async (alg) => {
    const { signing, public_jwk } = await newSigningKey(alg);
    const jwt = await signCheckpoint(claims, signing, public_jwk);
    expect(await readCheckpoint(jwt)).toEqual({ kid: signing.kid, checkpoint: claims });
  },
);

test('its kid is the thumbprint of its key, so nobody puts another key under a known kid [RFC 7638 1]', async () => {
  const { signing, public_jwk } = await newSigningKey('ES256');
  const other = await newSigningKey('ES256');
  const jwt = await signCheckpoint(
    claims,
    { ...other.signing, kid: signing.kid },
    other.public_jwk,
  );
  await expect(readCheckpoint(jwt)).rejects.toThrow('its kid is not the thumbprint of its key');
  const mixed = await signCheckpoint(claims, other.signing, public_jwk);
  await expect(readCheckpoint(mixed)).rejects.toThrow('signature verification failed');
});

test('another kind of token is no checkpoint [RFC 8725 3.11]', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const sign = (header: object) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', jwk, ...header }).sign(privateKey);
  await expect(readCheckpoint(await sign({ typ: 'at+jwt' }))).rejects.toThrow('"typ"');
  await expect(readCheckpoint('a.b.c')).rejects.toThrow('the checkpoint is not one');
  await expect(readCheckpoint('')).rejects.toThrow('the checkpoint is not one');
});
