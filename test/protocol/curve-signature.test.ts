// What jose signs, and what has been altered since.
import { KeyObject } from 'node:crypto';
import { CompactSign, generateKeyPair } from 'jose';
import { describe, expect, test } from 'vitest';
import { isOnCurve, isSignedOnCurve } from '../../src/protocol/curve-signature.ts';
import type { ClientAlg } from '../../src/protocol/jwk-set.ts';
import { clientAlgs } from '../../src/protocol/lists.ts';

async function newSigner(alg: ClientAlg) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const sign = (text: string) =>
    new CompactSign(Buffer.from(text)).setProtectedHeader({ alg }).sign(privateKey);
  return { sign, key: KeyObject.from(publicKey) };
}

test('every key but that of RSA is on a curve', () => {
  expect(clientAlgs.filter(isOnCurve)).toEqual(['ES256', 'EdDSA', 'Ed25519']);
});

describe.each(clientAlgs.filter(isOnCurve))('a signature by %s [RFC 7515 5.2]', (alg) => {
  test('is that of its key and of its text alone', async () => {
    const [signer, other] = [await newSigner(alg), await newSigner(alg)];
    const jws = await signer.sign('{"a":1}');
    const [header, , signature] = jws.split('.');
    expect(isSignedOnCurve(jws, signer.key, alg)).toBe(true);
    expect(isSignedOnCurve(jws, other.key, alg)).toBe(false);
    const changed = Buffer.from('{"a":2}').toString('base64url');
    expect(isSignedOnCurve(`${header}.${changed}.${signature}`, signer.key, alg)).toBe(false);
  });

  test('is none when it is cut, longer, empty, or in another alphabet', async () => {
    const { sign, key } = await newSigner(alg);
    const jws = await sign('{}');
    const text = jws.slice(0, jws.lastIndexOf('.'));
    const signature = Buffer.from(jws.slice(text.length + 1), 'base64url');
    const zeros = Buffer.alloc(signature.length);
    for (const wrong of [signature.subarray(1), Buffer.concat([signature, zeros]), zeros]) {
      expect(isSignedOnCurve(`${text}.${wrong.toString('base64url')}`, key, alg)).toBe(false);
    }
    for (const wrong of [`${text}.`, `${jws}=`, `${jws} `, `${jws}+/`, text, '']) {
      expect(isSignedOnCurve(wrong, key, alg)).toBe(false);
    }
  });
});

test('numbers of every length are read [RFC 7518 3.4]', async () => {
  const { sign, key } = await newSigner('ES256');
  // One in 256 begins with a zero byte, and every second with a bit that DER takes for the sign.
  const signed = await Promise.all(Array.from({ length: 1500 }, (_, n) => sign(String(n))));
  const signatures = signed.map((jws) =>
    Buffer.from(jws.slice(jws.lastIndexOf('.') + 1), 'base64url'),
  );
  expect(signatures.some((pair) => pair[0] === 0 || pair[32] === 0)).toBe(true);
  expect(signed.every((jws) => isSignedOnCurve(jws, key, 'ES256'))).toBe(true);
});
