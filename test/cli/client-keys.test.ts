import { beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { makeKey, setOf } from '../support/signing.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { pgrant, document } = operator(database);
const jwks_uri = 'https://nightly.example/jwks.json';
const add = 'client add --tenant acme --grant-type client_credentials --name Nightly';

beforeAll(async () => {
  await document('tenant add acme --issuer http://localhost:3000/acme');
});

test('a client with keys signs, has no secret, and is shown with its keys', async () => {
  const jwks = setOf(await makeKey());
  const added = await document(`${add} --client-id nightly --jwks`, JSON.stringify(jwks));
  expect(added).toMatchObject({
    token_endpoint_auth_method: 'private_key_jwt',
    jwks,
    jwks_uri: null,
    assertion_audience: null,
    token_endpoint_auth_signing_alg: null,
    secrets: [],
  });
  expect(added).not.toHaveProperty('client_secret');
  const { out } = await pgrant(['client', 'show', '--tenant', 'acme', 'nightly']);
  expect(out).toMatch(/^token_endpoint_auth_method +private_key_jwt$/m);
  expect(out).toContain(String(jwks.keys[0]?.kid));
});

test('client set puts an address in place of the keys, and a secret in place of both', async () => {
  const set = 'client set --tenant acme nightly';
  expect(await document(`${set} --jwks-uri ${jwks_uri}`)).toMatchObject({ jwks: null, jwks_uri });
  expect(
    await document(
      `${set} assertion_audience=token_endpoint token_endpoint_auth_signing_alg=PS256`,
    ),
  ).toMatchObject({
    assertion_audience: 'token_endpoint',
    token_endpoint_auth_signing_alg: 'PS256',
  });
  const refused = await pgrant('client secret add --tenant acme nightly'.split(' '));
  expect([refused.code, refused.err]).toEqual([
    2,
    'pgrant: client nightly authenticates by private_key_jwt: it has no secrets\n',
  ]);
  await document(`${set} token_endpoint_auth_method=client_secret_basic jwks_uri=null`);
  const { client_secret } = await document('client secret add --tenant acme nightly');
  expect(client_secret).toMatch(/^pgrant_cs_/);
});

test('a client that shows a certificate is added without a secret [RFC 8705 2]', async () => {
  const named =
    '--set token_endpoint_auth_method=tls_client_auth --set tls_client_auth_san_dns=batch.example.com';
  const { client_id, ...added } = await document(`${add} ${named}`);
  expect(added).toMatchObject({ token_endpoint_auth_method: 'tls_client_auth', secrets: [] });
  expect(added).not.toHaveProperty('client_secret');
  const secret = await pgrant(`client secret add --tenant acme ${client_id}`.split(' '));
  expect([secret.code, secret.err]).toEqual([2, expect.stringContaining('by tls_client_auth')]);
  const keys = JSON.stringify(setOf(await makeKey()));
  const signedBySelf = '--set token_endpoint_auth_method=self_signed_tls_client_auth';
  expect(await document(`${add} ${signedBySelf} --jwks`, keys)).toMatchObject({ secrets: [] });
});

test.each([
  [['--set', 'token_endpoint_auth_method=self_signed_tls_client_auth'], 1, 'jwks or jwks_uri is'],
  [['--jwks-uri', 'http://nightly.example/jwks.json'], 1, 'jwks_uri must be an https URL'],
  [['--jwks', '{"keys":[]}'], 1, 'jwks has no key for ES256, RS256, PS256, EdDSA, Ed25519'],
  [['--jwks', '{"keys":[{"kty":"EC","d":"x"}]}'], 1, 'jwks must be a JWK set (RFC 7517)'],
  [['--jwks', 'nonsense'], 2, '--jwks must be a JSON object'],
  [['--jwks', '{"keys":[]}', '--jwks-uri', jwks_uri], 2, 'give --jwks or --jwks-uri, not both'],
  [['--set', 'token_endpoint_auth_method=private_key_jwt'], 1, 'jwks or jwks_uri is missing'],
  [
    ['--jwks-uri', jwks_uri, '--set', 'token_endpoint_auth_signing_alg=HS256'],
    1,
    "token_endpoint_auth_signing_alg must be ES256, RS256, PS256, EdDSA or Ed25519, not 'HS256'",
  ],
])('client add %j is refused with exit code %i', async (options, code, message) => {
  const refused = await pgrant([...add.split(' '), ...options]);
  expect(refused.code).toBe(code);
  expect(refused.out).toBe('');
  expect(refused.err).toContain(message);
});
