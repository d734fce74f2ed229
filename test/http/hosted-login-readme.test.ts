// The examples of the page about hosted login, run as they stand there.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { exportJWK, generateKeyPair } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { atEnd } from '../support/at-end.ts';
import { type AtProduct, comeBack, startAtProduct, tokensOf } from '../support/product-flow.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'sql/functions/options/hosted-login/README.md'), 'utf8');
const blocks = [...readme.matchAll(/```(?:js|sql)\n(.*?)```/gs)].map(([, code = '']) => code);
const example = (word: string) => blocks.find((code) => code.includes(word)) ?? '';

let at: AtProduct;

beforeAll(async () => {
  at = await startAtProduct();
});

test('JavaScript: a signed call', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-readme-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const file = join(folder, 'login.mjs');
  writeFileSync(file, example('acceptLogin'));
  const { acceptLogin } = await import(/* @vite-ignore */ pathToFileURL(file).href);

  const { privateKey: key, publicKey } = await generateKeyPair('ES256');
  const login_jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one' }] };
  await at.set({ login_url: 'https://app.example.com/login', login_jwks });
  const { browser, url, challenge } = await at.start({ prompt: 'login' });
  const redirectTo = await acceptLogin({
    challenge,
    issuer: url.searchParams.get('iss'),
    user: { id: 'u1', username: 'eve', roles: ['editor'], signedInAt: Date.now() / 1000 },
    origin: 'https://app.example.com',
    key,
    kid: 'one',
  });
  const tokens = await tokensOf(at, await comeBack(browser, redirectTo));
  expect(tokens.claims).toMatchObject({ acr: 'mfa', amr: ['pwd', 'otp'] });
});

test('SQL: a call as pgrant_product', async () => {
  const { browser, challenge } = await at.start();
  const sha256 = (text: string) => createHash('sha256').update(text).digest();
  const verifier = randomBytes(32).toString('base64url');
  const [answer] = await at.database
    .as('pgrant_product')
    .unsafe(example('login_accept'), [
      at.tenant,
      sha256(challenge),
      sha256(verifier),
      'u2',
      new Date(),
      { name: 'Joan' } as never,
      ['editor'],
    ]);
  expect(answer).toMatchObject({ error: null, detail: null });
  const page = await comeBack(browser, `${answer?.redirect_to}?login_verifier=${verifier}`);
  expect((await tokensOf(at, page)).claims?.sub).toBeTruthy();
});
