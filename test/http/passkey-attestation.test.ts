// What a passkey says of the authenticator that has made it (Web Authentication 8): nobody asks, and nobody follows it anywhere.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';

let acme: Acme;
let asked: string[] = [];

/** Where a certificate says that its revocation is told. */
const inside = createServer(({ url = '' }, response) => {
  asked.push(url);
  response.end();
});

beforeAll(async () => {
  acme = await startAcme();
  await new Promise<void>((listening) => {
    inside.listen(0, '127.0.0.1', listening);
  });
});

afterAll(() => void inside.close());

/** X.690: tag, length, contents. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const contents = Buffer.concat(parts);
  const { length } = contents;
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), contents]);
}

const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const number = (value: number, tag = 0x02) => der(tag, Buffer.from([value]));
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
const nameOf = (name: string) =>
  sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))));
const always = sequence(
  der(0x17, Buffer.from('200101000000Z')),
  der(0x17, Buffer.from('491231000000Z')),
);

/** RFC 5280 4.1. */
function certificate(
  [subject, issuer]: [string, string],
  key: KeyObject,
  signer: KeyObject,
  extensions: Buffer[],
): Buffer {
  const body = sequence(
    der(0xa0, number(2)),
    number(subject.length),
    ecdsaWithSha256,
    nameOf(issuer),
    always,
    nameOf(subject),
    key.export({ format: 'der', type: 'spki' }),
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
  );
  const signature = sign('sha256', body, signer);
  return sequence(body, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature));
}

/** RFC 5280 4.2.1.13. */
const revocationAt = (url: string) =>
  sequence(
    oid('551d1f'),
    der(0x04, sequence(sequence(der(0xa0, der(0xa0, der(0x86, Buffer.from(url))))))),
  );

/** The extension of Android's key store that holds what was signed. */
const keyDescription = (challenge: Buffer) =>
  sequence(
    oid('2b06010401d679020111'),
    der(
      0x04,
      sequence(
        ...[number(3), number(1, 0x0a), number(4), number(1, 0x0a)],
        ...[der(0x04, challenge), der(0x04), sequence(), sequence()],
      ),
    ),
  );

/** What an authenticator of Android would have made for a challenge, by its key and certificates. */
function credentialFor(challenge: string) {
  const curve = { namedCurve: 'P-256' };
  const [root, leaf] = [generateKeyPairSync('ec', curve), generateKeyPairSync('ec', curve)];
  const { origin, hostname } = new URL(acme.issuer);
  const clientData = Buffer.from(
    JSON.stringify({ type: 'webauthn.create', challenge, origin, crossOrigin: false }),
  );
  const digest = createHash('sha256').update(clientData).digest();
  const { port } = inside.address() as AddressInfo;
  const x5c = [
    certificate(['leaf', 'root'], leaf.publicKey, root.privateKey, [
      revocationAt(`http://127.0.0.1:${port}/inside`),
      keyDescription(digest),
    ]),
    certificate(['root', 'root'], root.publicKey, root.privateKey, []),
  ];
  const { x = '', y = '' } = leaf.publicKey.export({ format: 'jwk' });
  const key = isoCBOR.encode(
    new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, new Uint8Array(Buffer.from(x, 'base64url'))],
      [-3, new Uint8Array(Buffer.from(y, 'base64url'))],
    ]),
  );
  const id = randomBytes(16);
  const authData = Buffer.concat([
    createHash('sha256').update(hostname).digest(),
    Buffer.from([0x45]),
    Buffer.alloc(4 + 16),
    Buffer.from([0, id.length]),
    id,
    key,
  ]);
  const statement = new Map<string, number | Uint8Array | Uint8Array[]>([
    ['alg', -7],
    ['sig', new Uint8Array(sign('sha256', Buffer.concat([authData, digest]), leaf.privateKey))],
    ['x5c', x5c.map((one) => new Uint8Array(one))],
  ]);
  const attestation = isoCBOR.encode(
    new Map<string, string | typeof statement | Uint8Array>([
      ['fmt', 'android-key'],
      ['attStmt', statement],
      ['authData', new Uint8Array(authData)],
    ]),
  );
  return JSON.stringify({
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    clientExtensionResults: {},
    response: {
      clientDataJSON: clientData.toString('base64url'),
      attestationObject: Buffer.from(attestation).toString('base64url'),
    },
  });
}

test.each(['/oauth/account/passkeys', '/oauth/second-factor/passkey'])(
  'what certificates name is not fetched for whoever sends a passkey to %s',
  async (path) => {
    asked = [];
    const soon = Math.floor(Date.now() / 1000 + 200).toString(36);
    const text = (prefix: string) => `${prefix}${soon}_${randomBytes(32).toString('base64url')}`;
    const challenge = Buffer.from(text('pgrant_pk_')).toString('base64url');
    await fetch(acme.issuer + path, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({
        csrf: 'none',
        request: text('pgrant_rq_'),
        credential: credentialFor(challenge),
      }),
    });
    expect(asked).toEqual([]);
  },
);

test('a passkey is added whatever its authenticator says of itself', async () => {
  const { database, tenant, issuer } = acme;
  await call(database.worker, ops.tenant_set, { tenant, settings: { second_factor: 'optional' } });
  const ada = new Browser();
  const login = await ada.open(`${issuer}/oauth/account/sign-in`);
  const page = await ada.submit(login, { username: 'ada', password });
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(page.html) ?? [];
  const cookie = ada.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const send = (path: string, form: Record<string, string>) =>
    fetch(issuer + path, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie },
      body: new URLSearchParams({ csrf, ...form }),
    });
  const { challenge } = (await (await send('/oauth/account/passkeys/options', {})).json()) as {
    challenge: string;
  };
  const credential = credentialFor(challenge);
  const added = await send('/oauth/account/passkeys', { name: 'Telephone', credential });
  expect(added.status, await added.text()).toBe(200);
  expect(asked).toEqual([]);
  const kept = await database.sql`select name from pgrant.passkeys where tenant_id = ${tenant}`;
  expect([...kept]).toEqual([{ name: 'Telephone' }]);
});
