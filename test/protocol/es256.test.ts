// What jose signs is read, what is signed jose reads, and what has been altered since is refused.
import { KeyObject } from 'node:crypto';
import { CompactSign, compactVerify, generateKeyPair } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { isSignedEs256, signEs256 } from '../../src/protocol/es256.ts';

const header = { alg: 'ES256', typ: 'JWT', kid: '1' };

async function newSigner() {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const byJose = (text: string) =>
    new CompactSign(Buffer.from(text)).setProtectedHeader(header).sign(privateKey);
  return { byJose, key: KeyObject.from(publicKey), own: KeyObject.from(privateKey) };
}

let signer: Awaited<ReturnType<typeof newSigner>>;

beforeAll(async () => {
  signer = await newSigner();
});

// One number in 256 begins with a zero byte, and every second with a bit that DER takes for the sign.
const many = Array.from({ length: 1500 }, (_, n) => n);
const isShort = (jws: string) => {
  const pair = Buffer.from(jws.slice(jws.lastIndexOf('.') + 1), 'base64url');
  return pair[0] === 0 || pair[32] === 0;
};

test('numbers of every length are read [RFC 7518 3.4]', async () => {
  const signed = await Promise.all(many.map((n) => signer.byJose(String(n))));
  expect(signed.some(isShort)).toBe(true);
  expect(signed.every((jws) => isSignedEs256(jws, signer.key))).toBe(true);
});

test('numbers of every length are written, with header and claims as they are [RFC 7518 3.4]', async () => {
  const signed = await Promise.all(
    many.map((n) => signEs256(header, { n, name: 'Zoë', none: undefined }, signer.own)),
  );
  expect(signed.some(isShort)).toBe(true);
  for (const [n, jws] of signed.entries()) {
    const { payload, protectedHeader } = await compactVerify(jws, signer.key);
    expect(protectedHeader).toEqual(header);
    expect(JSON.parse(Buffer.from(payload).toString())).toStrictEqual({ n, name: 'Zoë' });
  }
});

test('a signature is that of its key and of its text alone [RFC 7515 5.2]', async () => {
  const jws = await signer.byJose('{"a":1}');
  const [head, , signature] = jws.split('.');
  expect(isSignedEs256(jws, signer.key)).toBe(true);
  expect(isSignedEs256(jws, (await newSigner()).key)).toBe(false);
  const changed = Buffer.from('{"a":2}').toString('base64url');
  expect(isSignedEs256(`${head}.${changed}.${signature}`, signer.key)).toBe(false);
});

test('a signature is none when it is cut, longer, empty, or in another alphabet', async () => {
  const jws = await signer.byJose('{}');
  const text = jws.slice(0, jws.lastIndexOf('.'));
  const signature = Buffer.from(jws.slice(text.length + 1), 'base64url');
  const zeros = Buffer.alloc(signature.length);
  for (const wrong of [signature.subarray(1), Buffer.concat([signature, zeros]), zeros]) {
    expect(isSignedEs256(`${text}.${wrong.toString('base64url')}`, signer.key)).toBe(false);
  }
  for (const wrong of [`${text}.`, `${jws}=`, `${jws} `, `${jws}+/`, text, '']) {
    expect(isSignedEs256(wrong, signer.key)).toBe(false);
  }
});
