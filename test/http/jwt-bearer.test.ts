// Service accounts by key: an assertion of a client's own registered key is its grant.
import { decodeJwt } from 'jose';
import {
  allowInsecureRequests,
  Configuration,
  genericGrantRequest,
  getDPoPHandle,
  None,
  randomDPoPKeyPair,
} from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { newSecret } from '../../src/protocol/secrets.ts';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { addClient, addUser } from '../support/issuer.ts';
import {
  asserted,
  type Change,
  makeKey,
  type SigningKey,
  setOf,
  sign,
  signer,
} from '../support/signing.ts';

const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
let acme: Acme;
let key: SigningKey;
let stranger: SigningKey;

beforeAll(async () => {
  acme = await startAcme();
  [key, stranger] = [await makeKey(), await makeKey()];
  await call(acme.database.worker, ops.scope_add, {
    tenant: acme.tenant,
    scope: 'kafka',
    title: 'K',
  });
  const producer = signer({ jwks: setOf(key), grant_types: [grant_type], scopes: ['kafka'] });
  await addClient(acme.database, acme.tenant, 'producer', producer);
  const other = signer({ jwks: setOf(key), grant_types: ['client_credentials'] });
  await addClient(acme.database, acme.tenant, 'other', other);
});

const setTenant = (settings: object) =>
  call(acme.database.worker, ops.tenant_set, { tenant: acme.tenant, settings: settings as never });

async function post(body: Record<string, string>): Promise<Record<string, unknown>> {
  const init = { method: 'POST', body: new URLSearchParams({ grant_type, ...body }) };
  const answer = await fetch(`${acme.issuer}/oauth/token`, init);
  const json = (await answer.json()) as Record<string, unknown>;
  return { status: answer.status, ...json };
}

const present = async (change: Change = {}, more: Record<string, string> = {}, by = key) =>
  post({ assertion: await sign(by, 'producer', acme.issuer, change), ...more });

const now = () => Math.floor(Date.now() / 1000);
const without = { jti: undefined };

test('a client gets a token for itself by what its key has signed, without any other proof [RFC 7523 2.1]', async () => {
  const metadata = { issuer: acme.issuer, token_endpoint: `${acme.issuer}/oauth/token` };
  const config = new Configuration(metadata, 'producer', undefined, None());
  allowInsecureRequests(config);
  const assertion = await sign(key, 'producer', acme.issuer);
  const tokens = await genericGrantRequest(config, grant_type, { assertion, scope: 'kafka' });
  expect(decodeJwt(tokens.access_token)).toMatchObject({ sub: 'producer', client_id: 'producer' });
  expect(tokens).toMatchObject({ scope: 'kafka', token_type: 'bearer' });
  expect(tokens.refresh_token).toBeUndefined();
  // A token for nobody else: there is no client_id in what Kafka and librdkafka send.
  expect(await present()).toMatchObject({ status: 200, scope: 'kafka' });
  expect(await present({}, { scope: 'kafkaesque' })).toMatchObject({
    error: 'invalid_scope',
    error_description: expect.stringContaining('kafkaesque'),
  });
});

test('an assertion with a jti is a grant once, one without for as long as the tenant says [RFC 7523 3]', async () => {
  const assertion = await sign(key, 'producer', acme.issuer);
  expect(await post({ assertion })).toMatchObject({ status: 200 });
  expect(await post({ assertion })).toMatchObject({
    status: 400,
    error: 'invalid_grant',
    error_description: expect.stringContaining('used before'),
  });
  const nameless = await sign(key, 'producer', acme.issuer, { claims: without });
  for (let round = 0; round < 2; round++) {
    expect(await post({ assertion: nameless })).toMatchObject({ status: 200 });
  }
  expect(await present({ claims: { ...without, exp: now() + 550 } })).toMatchObject({
    error: 'invalid_grant',
    error_description: expect.stringContaining('without jti good for more than 5 minutes'),
  });
  expect(await present({ claims: { exp: now() + 550 } })).toMatchObject({ status: 200 });
  await setTenant({ bearer_assertion_lifetime: 0 });
  expect(await post({ assertion: nameless })).toMatchObject({
    error: 'invalid_grant',
    error_description: expect.stringContaining('no jti'),
  });
  await setTenant({ bearer_assertion_lifetime: 300 });
});

test('what authenticates a client is no grant without a jti, and needs one as ever [RFC 7523 2.2]', async () => {
  const assertion = await sign(key, 'other', acme.issuer, { claims: without });
  const body = { grant_type: 'client_credentials', ...asserted(assertion) };
  expect(await post(body)).toMatchObject({
    status: 401,
    error: 'invalid_client',
    error_description: expect.stringContaining('no jti'),
  });
});

test('each refusal says to the holder of the key what is wrong, and which check it was in the audit', async () => {
  const refusals: [change: Change, told: string][] = [
    [{ claims: { aud: 'https://elsewhere.example' } }, 'aud is not the issuer alone'],
    [{ claims: { aud: [acme.issuer, 'https://elsewhere.example'] } }, 'aud is not the issuer'],
    [{ claims: { exp: now() - 60 } }, 'no exp, or in the past'],
    [{ claims: { exp: undefined } }, 'no exp, or in the past'],
    [{ claims: { exp: now() + 3600 } }, 'good for more than 10 minutes'],
    [{ claims: { sub: undefined } }, 'no sub'],
    [{ claims: { sub: 'other' } }, 'sub is neither iss nor an API credential of its owner'],
    [{ claims: { sub: 'nobody' } }, 'sub is neither iss nor an API credential of its owner'],
    [{ claims: { nbf: now() + 600 } }, 'nbf is in the future'],
    [{ claims: { nbf: 'soon' as never } }, 'nbf is no number of seconds'],
    [{ claims: { exp: 1e300 } }, 'exp is no number of seconds'],
    [{ claims: { jti: 5 as never } }, 'jti is no text'],
    [{ header: { typ: 'at+jwt' } }, 'typ is another than jwt'],
    [{ header: { typ: 'client-authentication+jwt' } }, 'typ is another than jwt'],
  ];
  for (const [change, told] of refusals) {
    const refused = await present(change);
    expect([told, refused]).toEqual([
      told,
      {
        status: 400,
        error: 'invalid_grant',
        error_description: expect.stringContaining(told),
      },
    ]);
  }
  const audited = await acme.database.sql`
    select reason from pgrant.audit_events
     where tenant_id = ${acme.tenant} and client_id = 'producer' and error = 'invalid_grant'`;
  const reasons = audited.map(({ reason }) => reason).join('\n');
  for (const [, told] of refusals) expect(reasons).toContain(told);
});

test('whoever has no key of the client is told no more than that', async () => {
  const forged = await present({ claims: { exp: now() - 60 } }, {}, stranger);
  const unknown = await post({ assertion: await sign(stranger, 'nobody', acme.issuer) });
  expect(forged).toEqual(unknown);
  expect(forged).toMatchObject({ status: 400, error: 'invalid_grant' });
  expect(forged.error_description).toContain('no key of the client has made its signature');
});

test('the token may be bound to the key of a DPoP proof [RFC 9449 5]', async () => {
  const config = new Configuration(
    { issuer: acme.issuer, token_endpoint: `${acme.issuer}/oauth/token` },
    'producer',
    undefined,
    None(),
  );
  allowInsecureRequests(config);
  const DPoP = getDPoPHandle(config, await randomDPoPKeyPair());
  const assertion = await sign(key, 'producer', acme.issuer);
  const tokens = await genericGrantRequest(config, grant_type, { assertion }, { DPoP });
  expect(tokens.token_type).toBe('dpop');
  expect(decodeJwt(tokens.access_token)).toHaveProperty('cnf.jkt');
});

describe('an API credential with a key', () => {
  let ci: string;
  let reports: string;

  const credential = async (name: string, permissions: string[], username = 'ada') => {
    const row = await call(acme.database.worker, ops.credential_add, {
      tenant: acme.tenant,
      username,
      name,
      permissions,
      secret_hash: newSecret().hash,
    });
    return row.credential_add;
  };
  const set = (client_id: string, settings: object) =>
    call(acme.database.worker, ops.client_set, {
      tenant: acme.tenant,
      client_id,
      settings: settings as never,
    });
  const about = async (sub: string, change: Change = {}) =>
    post({ assertion: await sign(key, ci, acme.issuer, { claims: { sub, ...change.claims } }) });

  beforeAll(async () => {
    const { database, tenant } = acme;
    await addUser(database, tenant, 'bob', password);
    for (const role of ['build', 'read']) {
      await call(database.worker, ops.role_add, { tenant, role, title: role });
      for (const username of ['ada', 'bob'])
        await call(database.worker, ops.role_assign, { tenant, role, username });
    }
    ci = await credential('ci', ['build']);
    reports = await credential('reports', ['read']);
    await set(ci, signer({ jwks: setOf(key), grant_types: [grant_type] }));
  });

  test('gets tokens by it for itself, with the roles that its maker has [RFC 7523 2.1]', async () => {
    const tokens = await about(ci);
    expect(tokens).toMatchObject({ status: 200, scope: 'build' });
    expect(decodeJwt(String(tokens.access_token))).toMatchObject({ sub: ci, client_id: ci });
  });

  test('gets them for another of its maker, which says that it may be used so, and for nobody else', async () => {
    const refused = {
      status: 400,
      error: 'invalid_grant',
      error_description: expect.stringContaining('sub is neither iss nor'),
    };
    expect(await about(reports)).toMatchObject(refused);
    await set(reports, { grant_types: ['client_credentials', grant_type] });
    const tokens = await about(reports);
    expect(tokens).toMatchObject({ status: 200, scope: 'read' });
    expect(decodeJwt(String(tokens.access_token))).toMatchObject({
      sub: reports,
      client_id: reports,
    });
    const [event] = await acme.database.sql`
      select client_id, detail from pgrant.audit_events
       where tenant_id = ${acme.tenant} and action = 'client_credentials.issue' order by at desc limit 1`;
    expect(event).toEqual({ client_id: reports, detail: { signed_by: ci } });
    const bobs = await credential('bobs', ['read'], 'bob');
    await set(bobs, { grant_types: ['client_credentials', grant_type] });
    expect(await about(bobs)).toMatchObject(refused);
    // Nor may a key of an application, which nobody has made, or of the other itself, which has none.
    const producers = await sign(key, 'producer', acme.issuer, { claims: { sub: reports } });
    expect(await post({ assertion: producers })).toMatchObject(refused);
    const own = await sign(key, reports, acme.issuer);
    expect(await post({ assertion: own })).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  test('is held to what the other needs: its networks, its proof of a key, that it is enabled', async () => {
    const { sql } = acme.database;
    await sql`update pgrant.clients set allowed_networks = '{192.0.2.0/24}' where client_id = ${reports}`;
    expect(await about(reports)).toMatchObject({ status: 400, error: 'invalid_grant' });
    await sql`update pgrant.clients set allowed_networks = null where client_id = ${reports}`;
    for (const bound of [
      'dpop_bound_access_tokens',
      'tls_client_certificate_bound_access_tokens',
    ]) {
      await set(reports, { [bound]: true });
      expect(await about(reports)).toMatchObject({ status: 400, error: 'invalid_grant' });
      await set(reports, { [bound]: false });
    }
    expect(await about(reports)).toMatchObject({ status: 200 });
    const disable = (disabled: boolean) =>
      call(acme.database.worker, ops.client_disable, {
        tenant: acme.tenant,
        client_id: reports,
        disabled,
      });
    await disable(true);
    expect(await about(reports)).toMatchObject({ status: 400, error: 'invalid_grant' });
    await disable(false);
    const { database, tenant } = acme;
    await call(database.worker, ops.role_withdraw, { tenant, role: 'read', username: 'ada' });
    const nothing = await about(reports);
    expect(nothing).toMatchObject({ status: 200 });
    expect(nothing).not.toHaveProperty('scope');
  });
});

test('another client, another proof beside it, and what is no assertion get nothing', async () => {
  const notRegistered = await post({ assertion: await sign(key, 'other', acme.issuer) });
  expect(notRegistered).toMatchObject({ status: 400, error: 'unauthorized_client' });
  expect(await present({}, { client_id: 'other' })).toMatchObject({
    error: 'invalid_grant',
    error_description: expect.stringContaining('client_id is another than iss'),
  });
  expect(await present({}, { client_secret: 'x' })).toMatchObject({ error: 'invalid_request' });
  expect(await post({ assertion: 'x.y.z' })).toMatchObject({ status: 400, error: 'invalid_grant' });
  expect(await post({})).toMatchObject({ status: 400, error: 'invalid_request' });
  await call(acme.database.worker, ops.client_disable, {
    tenant: acme.tenant,
    client_id: 'producer',
    disabled: true,
  });
  expect(await present()).toMatchObject({ status: 400, error: 'invalid_grant' });
});
