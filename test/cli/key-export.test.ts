// Public keys for servers that can't read a JWK set.
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { pgrant, document } = operator(database);
const line = 'key export --tenant acme';
let folder: string;

beforeAll(async () => {
  await document('tenant add acme --issuer http://localhost:3000/acme');
  folder = await mkdtemp(join(tmpdir(), 'keys-'));
});

const kids = async (alg: string): Promise<string[]> =>
  (await document('key list --tenant acme'))
    .filter((key: { alg: string }) => key.alg === alg)
    .map((key: { kid: string }) => key.kid)
    .sort();

test('PEM, JWK and JWK set are the same keys [RFC 7517, RFC 7468 13]', async () => {
  const { keys } = await document(`${line} --format jwks`);
  const set = keys as (JsonWebKey & { alg: string; kid: string })[];
  expect(set.map(({ alg }) => alg).sort()).toEqual(['ES256', 'RS256']);
  const jwk = await document(`${line} --format jwk --alg ES256`);
  expect(set).toContainEqual(jwk);
  expect(jwk).not.toHaveProperty('d');
  const { out } = await pgrant(`${line} --alg ES256`.split(' '));
  expect(createPublicKey(out).export({ format: 'jwk' })).toEqual({
    kty: 'EC',
    crv: 'P-256',
    x: jwk.x,
    y: jwk.y,
  });
  const two = await pgrant(`${line} --format jwk`.split(' '));
  expect([two.code, two.err]).toEqual([2, 'pgrant: say which with --alg: ES256, RS256\n']);
  const none = await pgrant(`${line} --alg EdDSA`.split(' '));
  expect(none.err).toBe('pgrant: tenant acme has no key for EdDSA\n  it has: ES256, RS256\n');
});

test('a folder follows the set: a new key before it signs, the old one until it is published no more, and the command once per change', async () => {
  const log = join(folder, 'log');
  const words = `${line} --alg ES256 --into ${folder} --after`.split(' ');
  const keep = async (after = `echo told >> ${log}`) => await pgrant([...words, after]);
  const told = async () => (await readFile(log, 'utf8')).trim().split('\n').length;
  const files = async () => (await readdir(join(folder, 'ES256'))).sort();

  const mine = 'a file of somebody else';
  await writeFile(join(folder, 'other.pem'), mine);
  expect((await keep()).code).toBe(0);
  expect(await files()).toEqual(await kids('ES256'));
  expect((await keep()).out).toBe(`${folder} is as it was\n`);
  expect(await told()).toBe(1);

  await document('key rotate --tenant acme --alg ES256');
  const failed = await keep('exit 3');
  expect([failed.code, failed.err]).toEqual([1, expect.stringContaining('exit code 3')]);
  expect(await files()).toEqual(await kids('ES256'));
  expect(await files()).toHaveLength(2);
  // What failed is run again, though nothing has changed since.
  await keep();
  expect(await told()).toBe(2);

  await database.sql`
    update pgrant.signing_keys set active_at = now() - interval '2 days',
           expires_at = case when expires_at = 'infinity' then expires_at else now() - interval '1 s' end
     where alg = 'ES256'`;
  await keep();
  expect(await files()).toEqual(await kids('ES256'));
  expect(await files()).toHaveLength(1);
  expect(await told()).toBe(3);
  expect(await readFile(join(folder, 'other.pem'), 'utf8')).toBe(mine);
});

test('one key for a server that reads one is the one that signs', async () => {
  await document(`${line} --format jwk --into ${folder}`);
  const jwk = JSON.parse(await readFile(join(folder, 'ES256.jwk'), 'utf8'));
  expect(await kids('ES256')).toContain(jwk.kid);
  const lone = await pgrant(`${line} --after true`.split(' '));
  expect([lone.code, lone.err]).toEqual([2, 'pgrant: --after goes with --into\n']);
});
