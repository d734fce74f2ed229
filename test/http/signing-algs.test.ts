// By what tokens are signed: what the tenant offers, and the client chose.
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { signingAlgs } from '../../src/protocol/lists.ts';
import { type Acme, insecure, obtainTokens, startAcme } from '../support/acme.ts';
import { addClient } from '../support/issuer.ts';
import { configure, offer, post, refusal } from '../support/registering.ts';

let acme: Acme;

beforeAll(async () => {
  acme = await startAcme();
  await offer(acme, signingAlgs);
});

const document = async (path: string) =>
  (await fetch(`${acme.issuer}${path}`)).json() as Promise<Record<string, unknown>>;
const jwks = async () => (await document('/oauth/jwks.json')) as unknown as JSONWebKeySet;
const set = (settings: object) =>
  call(acme.database.worker, ops.client_set, {
    tenant: acme.tenant,
    client_id: acme.web.client_id,
    settings: settings as never,
  });

test('the JWK set has a key of its own for each, with alg, use and a kid [RFC 7517 4, RFC 8725 3.1]', async () => {
  const { keys } = await jwks();
  expect(keys.map(({ alg }) => alg).sort()).toEqual([...signingAlgs].sort());
  expect(new Set(keys.map(({ kid }) => kid)).size).toBe(signingAlgs.length);
  expect(new Set(keys.map(({ n, x }) => n ?? x)).size).toBe(signingAlgs.length);
  expect(keys.every(({ use }) => use === 'sig')).toBe(true);
});

describe.each(signingAlgs)('a client that chose %s', (alg) => {
  test('gets tokens that openid-client and jose verify with the JWK set', async () => {
    await set({ id_token_alg: alg, access_token_alg: alg, access_token_format: 'jwt' });
    const config = await client.discovery(
      new URL(acme.issuer),
      acme.web.client_id,
      { client_secret: acme.web.client_secret, id_token_signed_response_alg: alg },
      undefined,
      insecure,
    );
    client.enableNonRepudiationChecks(config);
    const tokens = await obtainTokens(config, { scope: 'openid' });
    expect(decodeProtectedHeader(tokens.id_token ?? '').alg).toBe(alg);
    const { protectedHeader } = await jwtVerify(
      tokens.access_token,
      createLocalJWKSet(await jwks()),
      { issuer: acme.issuer, typ: 'at+jwt' },
    );
    expect(protectedHeader.alg).toBe(alg);
    const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims?.sub ?? '');
    expect(info.sub).toBe(tokens.claims?.sub);
  });
});

test('the metadata list what the tenant offers, RS256 always among it [OpenID Connect Discovery 3]', async () => {
  const { id_token_signing_alg_values_supported: listed } = await document(
    '/.well-known/openid-configuration',
  );
  expect(listed).toEqual(signingAlgs);
  await expect(configure(acme, { signing_algs: ['ES256'] })).rejects.toThrow(
    'signing_algs must be a list with RS256',
  );
  await expect(configure(acme, { signing_algs: ['RS256', 'ES256', 'HS256'] })).rejects.toThrow(
    'signing_algs must be a list of RS256, ES256, PS256, EdDSA, Ed25519',
  );
});

describe('what the tenant does not offer', () => {
  beforeAll(async () => {
    await set({ id_token_alg: 'RS256', access_token_alg: null });
    await configure(acme, { signing_algs: ['RS256', 'ES256'], registration: 'open' });
  });

  test('is refused to an operator, by the name of what would be good', async () => {
    await expect(set({ id_token_alg: 'PS256' })).rejects.toThrow(
      "id_token_alg must be RS256 or ES256, the signing_algs of the tenant, not 'PS256'",
    );
    const named = addClient(acme.database, acme.tenant, 'other', {
      redirect_uris: ['https://app.example/'],
      userinfo_alg: 'EdDSA',
    });
    await expect(named).rejects.toThrow('userinfo_alg must be RS256 or ES256');
    await expect(configure(acme, { access_token_alg: 'EdDSA' })).rejects.toThrow(
      'access_token_alg must be one of signing_algs',
    );
  });

  test('is refused to a client that registers itself [RFC 7591 3.2.2]', async () => {
    const body = {
      redirect_uris: ['https://app.example/callback'],
      id_token_signed_response_alg: 'PS256',
    };
    expect(await refusal(await post(acme, body))).toMatchObject({
      status: 400,
      error: 'invalid_client_metadata',
      error_description: expect.stringContaining(
        'id_token_signed_response_alg: one of RS256, ES256',
      ),
    });
  });

  test('signs no more, and stays published for what it has signed', async () => {
    const keys = await acme.database.sql`
      select alg, expires_at = 'infinity' as signs, expires_at > now() + interval '24 hours' as published
        from pgrant.signing_keys where tenant_id = ${acme.tenant} order by alg`;
    expect(keys.filter(({ signs }) => signs).map(({ alg }) => alg)).toEqual(['ES256', 'RS256']);
    expect(keys.every(({ published }) => published)).toBe(true);
  });

  test('cannot be taken away while a client has it', async () => {
    await set({ id_token_alg: 'ES256' });
    await expect(
      configure(acme, { signing_algs: ['RS256'], access_token_alg: 'RS256' }),
    ).rejects.toThrow('signing_algs must have ES256, by which tokens of client web are signed');
  });

  test('gets a new key when it is offered again', async () => {
    await offer(acme, ['RS256', 'ES256', 'PS256']);
    const [row] = await acme.database.sql`
      select count(*)::int as published, count(*) filter (where expires_at = 'infinity')::int as signing
        from pgrant.signing_keys where tenant_id = ${acme.tenant} and alg = 'PS256'`;
    expect(row).toEqual({ published: 2, signing: 1 });
  });
});
