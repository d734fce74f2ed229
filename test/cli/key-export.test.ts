// Public keys for servers that can't read a JWK set.
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { mkdtemp, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
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

/** The keys of a tenant for an algorithm but the youngest are dead now. */
const killOld = async (tenant: string, alg: string) => {
  await document(`key rotate --tenant ${tenant} --alg ${alg}`);
  await database.sql`
    update pgrant.signing_keys k set active_at = now() - interval '2 days',
           expires_at = case when expires_at = 'infinity' then expires_at else now() - interval '1 s' end
      from pgrant.tenants t
     where t.tenant_id = k.tenant_id and t.name = ${tenant} and k.alg = ${alg}`;
};

test("runs share a folder: each removes its own tenant's dead keys of its own algorithm, and says so", async () => {
  const shared = await mkdtemp(join(tmpdir(), 'keys-'));
  await document('tenant add second --issuer http://localhost:3000/second');
  const keep = (tenant: string, more = '') =>
    document(`key export --tenant ${tenant} --into ${shared}${more}`);
  const files = async () => (await readdir(shared, { recursive: true })).filter(isKey).sort();
  const isKey = (path: string) => /^[A-Z].*[/.]./.test(path);

  const { changed } = await keep('acme');
  const stranger = `ES256/${'s'.repeat(43)}`;
  await writeFile(join(shared, stranger), 'a key of somebody else');
  const second = await keep('second', ' --alg ES256');
  const there = [...changed, ...second.changed, stranger].sort();
  expect(await files()).toEqual(there);
  // Whoever asks for less, and the other tenant in turn, leaves all of it.
  const fewer = await keep('acme', ' --alg ES256');
  const rs256 = changed.filter((path: string) => path.startsWith('RS256/'));
  expect(fewer).toEqual({ folder: shared, changed: [], removed: [], left: rs256, ran: false });
  expect((await keep('second', ' --alg ES256')).removed).toEqual([]);
  expect(await files()).toEqual(there);

  await killOld('acme', 'ES256');
  await killOld('acme', 'RS256');
  expect((await keep('second', ' --alg ES256')).removed).toEqual([]);
  const words = `key export --tenant acme --into ${shared} --alg ES256`.split(' ');
  const old = changed.find((path: string) => path.startsWith('ES256/'));
  const { out } = await pgrant(words);
  expect(out).toMatch(/: ES256\/[\w-]{43}; removed: ES256\/[\w-]{43}; left as it is, not of ES256/);
  expect(await files()).not.toContain(old);
  expect(await files()).toEqual(expect.arrayContaining([stranger, ...second.changed, ...rs256]));
  const rest = await keep('acme');
  expect([rest.removed, rest.left]).toEqual([rs256, []]);
});

test('a note into which somebody has written has nothing removed that is no key of ours', async () => {
  const shared = await mkdtemp(join(tmpdir(), 'keys-'));
  const beside = join(shared, '..', `${basename(shared)}-beside`);
  await writeFile(beside, 'not ours');
  const keep = () => document(`${line} --into ${shared}`);
  await keep();
  const [note = ''] = (await readdir(shared)).filter((name) => name.startsWith('.keys-'));
  for (const path of [`../${basename(beside)}`, 5]) {
    const files = [{ path, alg: 'ES256', kid: 'gone', format: 'pem' }];
    await writeFile(join(shared, note), JSON.stringify({ tenant: 'acme', files }));
    expect((await keep()).removed).toEqual([]);
  }
  expect(await readFile(beside, 'utf8')).toBe('not ours');
});

test('a JWK of an algorithm that was not asked for is left, and no tenant writes over that of another', async () => {
  const shared = await mkdtemp(join(tmpdir(), 'keys-'));
  const words = `--format jwk --into ${shared}`;
  await document(`${line} ${words}`);
  const fewer = await document(`${line} ${words} --alg ES256`);
  expect([fewer.changed, fewer.removed, fewer.left]).toEqual([[], [], ['RS256.jwk']]);
  const other = await pgrant(`key export --tenant second ${words} --alg ES256`.split(' '));
  expect([other.code, other.err]).toEqual([
    1,
    `pgrant: ${shared}/ES256.jwk is of tenant acme\n  give each tenant a folder of its own by --into\n`,
  ]);
  await killOld('acme', 'RS256');
  await database.sql`delete from pgrant.signing_keys where alg = 'RS256'
    and tenant_id = (select tenant_id from pgrant.tenants where name = 'acme')`;
  expect((await document(`${line} ${words}`)).removed).toEqual(['RS256.jwk']);
});

test('runs at once take turns, and the command runs once; a run that died holds up nobody', async () => {
  const shared = await mkdtemp(join(tmpdir(), 'keys-'));
  await writeFile(join(shared, '.lock'), 'of one that died');
  const long = new Date(Date.now() - 60_000);
  await utimes(join(shared, '.lock'), long, long);
  const after = `sleep 0.3; echo told >> ${shared}/log`;
  const words = [...`${line} --alg ES256 --into ${shared} --after`.split(' '), after];
  const runs = await Promise.all([1, 2, 3, 4].map(() => pgrant(words)));
  expect(runs.map(({ code, err }) => ({ code, err }))).toEqual(
    runs.map(() => ({ code: 0, err: '' })),
  );
  expect(await readFile(join(shared, 'log'), 'utf8')).toBe('told\n');
  expect((await readdir(shared)).filter((name) => /lock|changed|new/.test(name))).toEqual([]);
});

test.each([
  ["''", '--into wants the path of a folder'],
  ['a-file', '--into wants a folder that can be written, and FOLDER/a-file cannot (EEXIST)'],
  [
    'a-file/below',
    '--into wants a folder that can be written, and FOLDER/a-file/below cannot (ENOTDIR)',
  ],
])('--into %s is refused in a line that says what to give', async (into, message) => {
  await writeFile(join(folder, 'a-file'), '');
  const path = into === "''" ? '' : join(folder, into);
  const { code, err } = await pgrant([...`${line} --into`.split(' '), path]);
  expect([code, err]).toEqual([2, `pgrant: ${message.replace('FOLDER', folder)}\n`]);
});
