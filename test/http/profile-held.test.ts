// What FAPI 2.0 Security Profile (Final) 5.3 and 5.4 forbid is refused, though tenant and client have set otherwise.
import { exportJWK, importJWK } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call, callAll } from '../../src/db/call.ts';
import { clientAlgs } from '../../src/protocol/lists.ts';
import { type Acme, redirect_uri, startAcme } from '../support/acme.ts';
import { ath, newProofKey, type ProofKey, proofFor } from '../support/dpop.ts';
import { addClient } from '../support/issuer.ts';
import { push, requested } from '../support/pushing.ts';
import { refusalOf, sentFrom } from '../support/refused.ts';
import { configure } from '../support/registering.ts';
import { asserted, makeKey, type SigningKey, setOf, sign, signer } from '../support/signing.ts';

let acme: Acme;
let key: SigningKey;
let proof: ProofKey;
const good = requested(redirect_uri);
const setClient = (client_id: string, settings: Record<string, unknown>) =>
  call(acme.database.worker, ops.client_set, { tenant: acme.tenant, client_id, settings });

/** What the strictest of tenants could still set, and clients have of their own. */
const lax = {
  code_lifetime: 600,
  par_lifetime: 600,
  request_object_lifetime: null,
  client_signing_algs: [...clientAlgs],
  assertion_audience: 'token_endpoint',
  dpop_bound_access_tokens: false,
  require_pushed_authorization_requests: false,
  token_endpoint_auth_methods: null,
};

beforeAll(async () => {
  acme = await startAcme();
  key = await makeKey('ES256');
  proof = await newProofKey();
});

/** A client that FAPI 2.0 would have, but for settings that it forbids. */
async function addBank(client_id: string, keys: SigningKey, more: Record<string, unknown> = {}) {
  const grant_types = ['authorization_code', 'refresh_token', 'client_credentials'];
  await addClient(acme.database, acme.tenant, client_id, {
    ...signer({ jwks: setOf(keys), id_token_alg: 'ES256', authorization_alg: 'ES256' }),
    grant_types,
    redirect_uris: [redirect_uri],
    require_pkce: false,
    assertion_audience: 'token_endpoint',
    ...more,
  });
}

const post = (path: string, body: Record<string, string>, headers = {}) =>
  refusalOf(acme.issuer, path, body, headers);
const authorize = (query: Record<string, string>) => sentFrom(acme.issuer, query);

describe.each(['tenant', 'client'] as const)(
  'the profile of the %s, whatever else is set',
  (holder) => {
    const id = (name: string) => `${name}-of-${holder}`;

    beforeAll(async () => {
      await configure(acme, { ...lax, security_profile: null });
      const profile = holder === 'client' ? { security_profile: 'fapi2' } : {};
      await addBank(id('bank'), key, profile);
      const rsa = await makeKey('RS256');
      await addBank(id('rsa'), rsa, profile);
      rsaKeys[holder] = rsa;
      await addBank(id('stale'), key, { id_token_alg: 'RS256' });
      if (holder === 'tenant') await configure(acme, { security_profile: 'fapi2' });
    });

    const rsaKeys: Record<string, SigningKey> = {};

    /** The credentials of a client, good once. */
    const as = async (name: string, aud = acme.issuer, by = key, change = {}) => ({
      client_id: id(name),
      ...asserted(await sign(by, id(name), aud, change)),
    });
    const token = { grant_type: 'client_credentials' };
    const dpop = async () => ({ dpop: await proofFor(proof, `${acme.issuer}/oauth/token`) });

    test('access tokens are bound (5.3.2.1)', async () => {
      expect(await post('token', { ...token, ...(await as('bank')) })).toEqual([
        400,
        'invalid_dpop_proof',
      ]);
      expect(await post('token', { ...token, ...(await as('bank')) }, await dpop())).toEqual([
        200,
        undefined,
      ]);
    });

    test('an assertion is for the issuer alone (5.3.2.1)', async () => {
      const listed = await as('bank', acme.issuer, key, { claims: { aud: [acme.issuer] } });
      expect(await post('token', { ...token, ...listed }, await dpop())).toEqual([
        401,
        'invalid_client',
      ]);
      const credentials = await as('bank', `${acme.issuer}/oauth/token`);
      expect(await post('token', { ...token, ...credentials }, await dpop())).toEqual([
        401,
        'invalid_client',
      ]);
    });

    test('no client signs by RS256 (5.4.1)', async () => {
      const credentials = await as('rsa', acme.issuer, rsaKeys[holder]);
      expect(await post('token', { ...token, ...credentials }, await dpop())).toEqual([
        401,
        'invalid_client',
      ]);
      const rs = await newProofKey('RS256');
      const headers = { dpop: await proofFor(rs, `${acme.issuer}/oauth/token`) };
      expect(await post('token', { ...token, ...(await as('bank')) }, headers)).toEqual([
        400,
        'invalid_dpop_proof',
      ]);
    });

    test('no proof at userinfo is by RS256, though of the key that the token is bound to (5.4.1)', async () => {
      const rsa = await newProofKey('PS256');
      const headers = { dpop: await proofFor(rsa, `${acme.issuer}/oauth/token`) };
      const body = new URLSearchParams({ ...token, ...(await as('bank')) });
      const issued = await fetch(`${acme.issuer}/oauth/token`, { method: 'POST', headers, body });
      const { access_token } = (await issued.json()) as { access_token: string };
      const at = `${acme.issuer}/oauth/userinfo`;
      const exported = await exportJWK(rsa.privateKey);
      const privateKey = (await importJWK(exported, 'RS256')) as ProofKey['privateKey'];
      const by = async (one: ProofKey) => {
        const dpop = await proofFor(one, at, { claims: { ath: ath(access_token) } });
        return await post('userinfo', {}, { dpop, authorization: `DPoP ${access_token}` });
      };
      expect(await by({ ...rsa, alg: 'RS256', privateKey })).toEqual([401, 'invalid_dpop_proof']);
      expect(await by(rsa)).toEqual([403, 'insufficient_scope']);
    });

    test('nothing is signed for a client by RS256 (5.4.1)', async () => {
      if (holder === 'client') {
        await expect(setClient(id('stale'), { security_profile: 'fapi2' })).rejects.toThrow(
          /id_token_alg must be/,
        );
        await expect(setClient(id('bank'), { id_token_alg: 'RS256' })).rejects.toThrow(
          /id_token_alg must be/,
        );
        return;
      }
      expect(await post('token', { ...token, ...(await as('stale')) }, await dpop())).toEqual([
        401,
        'invalid_client',
      ]);
      const resource = { tenant: acme.tenant, resource: 'https://api.example', title: 'API' };
      await expect(
        call(acme.database.worker, ops.resource_set, { ...resource, access_token_alg: 'RS256' }),
      ).rejects.toThrow(/access_token_alg must be/);
      await configure(acme, { security_profile: null });
      await call(acme.database.worker, ops.resource_set, {
        ...resource,
        access_token_alg: 'RS256',
      });
      await configure(acme, { security_profile: 'fapi2' });
      const { worker } = acme.database;
      const checked = await callAll(worker, ops.tenant_check, {
        tenant: acme.tenant,
        profile: 'fapi2',
      });
      expect(checked).toContainEqual(
        expect.objectContaining({
          subject: 'resource https://api.example',
          setting: 'access_token_alg',
        }),
      );
      const asked = { ...token, resource: resource.resource, ...(await as('bank')) };
      expect(await post('token', asked, await dpop())).toEqual([400, 'invalid_target']);
    });

    test('requests are pushed, with PKCE and redirect_uri, for less than ten minutes (5.3.2.2)', async () => {
      expect(await authorize({ client_id: id('bank'), ...good })).toMatchObject({
        error: 'invalid_request',
        why: expect.stringContaining('push'),
      });
      const { code_challenge, code_challenge_method, ...bare } = good;
      expect(await push(acme.issuer, { ...bare, ...(await as('bank')) })).toMatchObject({
        status: 400,
        error: 'invalid_request',
      });
      const { redirect_uri: _, ...nowhere } = good;
      const pure = { ...nowhere, scope: 'email', ...(await as('bank')) };
      expect(await push(acme.issuer, pure)).toMatchObject({
        status: 400,
        error: 'invalid_request',
      });
      const pushed = await push(acme.issuer, { ...good, ...(await as('bank')) });
      expect(pushed).toMatchObject({ status: 201, expires_in: 599 });
    });

    test('a code is good for a minute (5.3.2.1), a request object for an hour (Message Signing 5.3.1)', async () => {
      const [row] = await acme.database.sql`
        select p.code_lifetime, p.request_object_lifetime
          from pgrant.clients c join pgrant.tenants t using (tenant_id), pgrant_rules.client_policy(c, t) p
         where c.client_id = ${id('bank')}`;
      expect(row).toEqual({ code_lifetime: 60, request_object_lifetime: 3600 });
    });
  },
);
