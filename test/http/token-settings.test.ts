// What a resource, a client and a tenant may set of their tokens, and what is said of a refusal.
import { decodeJwt, decodeProtectedHeader, UnsecuredJWT } from 'jose';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import {
  type Acme,
  discover,
  obtainTokens,
  proceed,
  redirect_uri,
  startAcme,
} from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { addClient } from '../support/issuer.ts';
import { asserted, makeKey, setOf, sign, signer } from '../support/signing.ts';

let acme: Acme;
let config: client.Configuration;
const openid = { scope: 'openid' };

beforeAll(async () => {
  acme = await startAcme();
  config = await discover(acme, acme.web);
});

const setTenant = (settings: object) =>
  call(acme.database.worker, ops.tenant_set, { tenant: acme.tenant, settings: settings as never });
const setClient = (settings: object, { client_id } = acme.web) =>
  call(acme.database.worker, ops.client_set, {
    tenant: acme.tenant,
    client_id,
    settings: settings as never,
  });
const setUser = (settings: object) =>
  call(acme.database.worker, ops.user_set, {
    tenant: acme.tenant,
    username: 'ada',
    settings: settings as never,
  });

function post(path: string, body: Record<string, string>, headers = {}) {
  const init = { method: 'POST', headers, body: new URLSearchParams(body) };
  return fetch(`${acme.issuer}/oauth/${path}`, init);
}
const asWeb = () => ({ client_id: acme.web.client_id, client_secret: acme.web.client_secret });
const machine = async (body: Record<string, string> = {}) =>
  (
    await post('token', { ...asWeb(), grant_type: 'client_credentials', ...body })
  ).json() as Promise<Record<string, string>>;

test('a revocation answers JSON, to clients that read it whatever comes [RFC 7009 2.2]', async () => {
  const response = await post('revoke', { ...asWeb(), token: 'nonsense' });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch('application/json');
  expect(await response.json()).toEqual({});
});

test('a public client may leave its secret empty in Basic, a confidential one not [RFC 6749 2.3.1]', async () => {
  const body = { grant_type: 'refresh_token', refresh_token: 'nonsense' };
  const errorOf = async (id: string) => {
    const authorization = `Basic ${Buffer.from(`${id}:`).toString('base64')}`;
    return ((await (await post('token', body, { authorization })).json()) as { error: string })
      .error;
  };
  expect(await errorOf('native')).toBe('invalid_grant');
  expect(await errorOf('web')).toBe('invalid_client');
});

test('a code_verifier that is none is named [RFC 7636 4.1]', async () => {
  const body = { grant_type: 'authorization_code', code: 'x', code_verifier: 'short' };
  const answer = await (await post('token', { ...asWeb(), ...body })).json();
  expect(answer).toMatchObject({
    error: 'invalid_grant',
    error_description: expect.stringContaining('code_verifier is not 43 to 128'),
  });
});

describe('scopes', () => {
  test('that are impossible are named [RFC 6749 5.2]', async () => {
    const named = async (scope: string) => (await machine({ scope })).error_description;
    expect(await named('nonsense')).toContain('nonsense');
    expect(await named('openid')).toContain('openid');
    const { refresh_token = '' } = await obtainTokens(config);
    await expect(
      client.refreshTokenGrant(config, refresh_token, { scope: 'openid email' }),
    ).rejects.toMatchObject({ error_description: expect.stringMatching(/: email$/) });
  });

  test('that are none are left out, of answer, token and introspection [RFC 6749 3.3]', async () => {
    const answer = await machine();
    expect(answer).not.toHaveProperty('scope');
    const token = answer.access_token ?? '';
    const claims = decodeJwt(token);
    expect(claims).not.toHaveProperty('scope');
    expect(claims.nbf).toBe(claims.iat);
    const told = await (await post('introspect', { ...asWeb(), token })).json();
    expect(told).toMatchObject({ active: true });
    expect(told).not.toHaveProperty('scope');
  });
});

describe('access tokens', () => {
  const resource = 'https://spring.example.com';

  test('are as the resource says, then the client, then the tenant', async () => {
    await setTenant({ access_token_alg: 'RS256' });
    const algOf = async (body = {}) =>
      decodeProtectedHeader((await machine(body)).access_token ?? '');
    expect(await algOf()).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
    await setClient({ access_token_alg: 'ES256' });
    expect(await algOf()).toMatchObject({ alg: 'ES256' });
    await call(acme.database.worker, ops.resource_set, {
      tenant: acme.tenant,
      resource,
      title: 'Spring',
      access_token_alg: 'RS256',
      access_token_typ: 'JWT',
    });
    expect(await algOf({ resource })).toMatchObject({ alg: 'RS256', typ: 'JWT' });
  });

  test('of typ JWT are good here, and are no id_token_hint', async () => {
    const { access_token, claims } = await obtainTokens(config, { resource });
    expect(decodeProtectedHeader(access_token)).toMatchObject({ typ: 'JWT' });
    expect(await client.fetchUserInfo(config, access_token, claims?.sub ?? '')).toBeTruthy();
    expect(await client.tokenIntrospection(config, access_token)).toMatchObject({ active: true });
    const url = client.buildAuthorizationUrl(config, { redirect_uri, ...openid });
    url.searchParams.set('id_token_hint', access_token);
    expect((await new Browser().open(url)).url).toContain('error=invalid_request');
  });

  test('no ID token passes for one', async () => {
    const { id_token = '' } = await obtainTokens(config);
    expect(await client.tokenIntrospection(config, id_token)).toEqual({ active: false });
  });
});

describe('claims', () => {
  const roles = {
    claims: JSON.stringify({ id_token: { roles: null, groups: null, org_id: null } }),
  };

  test('of the scopes are in the ID token where the client is set so [OpenID Connect Core 5.4]', async () => {
    const scopes = { scope: 'openid email profile' };
    expect((await obtainTokens(config, scopes)).claims).not.toHaveProperty('email');
    await setClient({ id_token_claims: true });
    const { claims, refresh_token = '' } = await obtainTokens(config, {
      scope: 'openid email profile offline_access',
    });
    const said = { email: 'ada@example.com', name: 'Ada Lovelace' };
    expect(claims).toMatchObject(said);
    const next = await client.refreshTokenGrant(config, refresh_token);
    expect(next.claims()).toMatchObject(said);
    await setClient({ id_token_claims: false });
  });

  test('that are evaluated are never those that are stored', async () => {
    const stored = { roles: ['admin'], permissions: ['admin'], groups: ['staff'], org_id: 'other' };
    await setUser({ claims: { ...stored, name: 'Ada Lovelace' } });
    const { claims, access_token } = await obtainTokens(config, {
      claims: JSON.stringify({
        id_token: { roles: null, permissions: null, groups: null, org_id: null },
        userinfo: { roles: null, permissions: null, groups: null, org_id: null },
      }),
    });
    const evaluated = { roles: [], permissions: [], groups: [], org_id: 'acme' };
    expect(claims).toMatchObject(evaluated);
    const info = await client.fetchUserInfo(config, access_token, claims?.sub ?? '');
    expect(info).toMatchObject(evaluated);
    expect((await obtainTokens(config, roles)).claims).toMatchObject({ roles: [] });
  });

  test("that a token says of itself are nobody's [RFC 7519 4.1]", async () => {
    await setUser({ claims: { azp: 'other', client_id: 'other', jti: 'x', name: 'Ada' } });
    const { claims } = await obtainTokens(config, {
      claims: JSON.stringify({ id_token: { azp: null, client_id: null, jti: null, name: null } }),
    });
    expect(claims).toMatchObject({ name: 'Ada' });
    expect(claims).not.toHaveProperty('azp');
    expect(claims).not.toHaveProperty('client_id');
    expect(claims).not.toHaveProperty('jti');
  });
});

describe('an authorization request', () => {
  test('with a request object is answered as that asks [OpenID Connect Core 6.1]', async () => {
    const request = new UnsecuredJWT({ state: 'inside', response_mode: 'form_post' }).encode();
    const url = client.buildAuthorizationUrl(config, { redirect_uri, ...openid, state: 'outside' });
    url.searchParams.set('request', request);
    const page = await new Browser().open(url);
    expect(page.html).toContain('invalid_request_object');
    expect(page.html).toContain('value="inside"');
  });

  test('for an acr that nobody can have fails [OpenID Connect Core 5.5.1.1]', async () => {
    const acr = { essential: true, values: ['urn:example:mfa'] };
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri,
      ...openid,
      code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
      claims: JSON.stringify({ id_token: { acr } }),
    });
    const browser = new Browser();
    const page = await proceed(browser, await browser.open(url));
    expect(page.url).toContain('error=unmet_authentication_requirements');
    expect(decodeURIComponent(page.url)).toContain('urn:example:mfa');
  });

  test('without PKCE needs no nonce where the client is let off [RFC 9700 2.1.1]', async () => {
    await setClient({ require_pkce: false });
    const url = client.buildAuthorizationUrl(config, { redirect_uri, ...openid });
    const browser = new Browser();
    const { url: callback } = await proceed(browser, await browser.open(url));
    const tokens = await client.authorizationCodeGrant(config, new URL(callback));
    expect(tokens.id_token).toBeTypeOf('string');
    await setClient({ require_pkce: true });
    await expect(setClient({ require_pkce: false }, acme.native)).rejects.toThrow();
  });
});

describe('an assertion', () => {
  const describedBy = async (assertion: string) => {
    const body = { grant_type: 'client_credentials', ...asserted(assertion) };
    return ((await (await post('token', body)).json()) as Record<string, string>).error_description;
  };
  const now = () => Math.floor(Date.now() / 1000);

  test('is told what is wrong with it by a key of the client, and else only that', async () => {
    const [key, other] = [await makeKey(), await makeKey()];
    await addClient(acme.database, acme.tenant, 'robot', signer({ jwks: setOf(key) }));
    const aud = 'https://elsewhere.example';
    expect(await describedBy(await sign(key, 'robot', aud))).toContain('aud');
    const exp = now() + 3600;
    expect(await describedBy(await sign(key, 'robot', acme.issuer, { claims: { exp } }))).toContain(
      'more than 10 minutes',
    );
    const stranger = await describedBy(await sign(other, 'robot', aud));
    expect(stranger).toContain('no key of the client has made its signature');
    expect(await describedBy(await sign(other, 'nobody', aud))).toBe(stranger);
    expect(await describedBy(await sign(other, 'web', aud))).toBe(stranger);
  });

  test('is taken as the tenant says, for its token endpoint and for an hour', async () => {
    const key = await makeKey();
    await addClient(acme.database, acme.tenant, 'authlib', signer({ jwks: setOf(key) }));
    await setTenant({ assertion_audience: 'token_endpoint', assertion_lifetime: 3600 });
    const hour = { claims: { exp: now() + 3600 } };
    const assertion = await sign(key, 'authlib', `${acme.issuer}/oauth/token`, hour);
    expect(await describedBy(assertion)).toBeUndefined();
    // Its jti is remembered for as long as it would be good, though the setting is shorter by then.
    await setTenant({ assertion_lifetime: 86400 });
    const day = { claims: { exp: now() + 3600, jti: 'once' } };
    const once = await sign(key, 'authlib', acme.issuer, day);
    expect(await describedBy(once)).toBeUndefined();
    await setTenant({ assertion_lifetime: 3600 });
    expect(await describedBy(once)).toContain('used before');
  });
});

test.each([
  'scope',
  'exp',
  'sub',
  'username',
  'aud',
  'email',
  'groups',
  'permissions',
  'authorization_details',
])('the name %s is spoken for, and roles_claim cannot have it', async (roles_claim) => {
  await expect(setTenant({ roles_claim })).rejects.toThrow('names for roles_claim');
});

test.each(['tenant_claim', 'permissions_claim'])(
  'the name roles means roles, and %s cannot have it, whatever they are called here',
  async (name) => {
    const named = { roles_claim: 'https://api.example/roles', [name]: 'roles' };
    await expect(setTenant(named)).rejects.toThrow('names for roles_claim');
  },
);

test.each([
  [{ email_verified: 'true' }],
  [{ updated_at: '2020' }],
  [{ address: 'Street 1' }],
  [{ address: { country: 1 } }],
  [{ name: 1 }],
])(
  'the claims %j are of no such type, and not stored [OpenID Connect Core 5.1]',
  async (claims) => {
    await expect(setUser({ claims })).rejects.toThrow('is no');
    const stored = acme.database.sql`
    update pgrant.users set claims = ${acme.database.sql.json(claims)} where username = 'ada'`;
    await expect(stored).rejects.toThrow('users_claims_check');
  },
);

test('what looks like a secret of ours in a wrong parameter is not kept in the audit', async () => {
  const secret = `pgrant_rt_${'x'.repeat(43)}`;
  const answer = await post('token', {
    ...asWeb(),
    grant_type: 'client_credentials',
    scope: secret,
  });
  expect(await answer.json()).toMatchObject({ error: 'invalid_scope' });
  const [row] = await acme.database.sql`
    select count(*) filter (where e::text like ${`%${secret}%`})::int as kept,
           count(*) filter (where e::text like '%pgrant_rt_…%')::int as masked
      from pgrant.audit_events e where e.tenant_id = ${acme.tenant}`;
  expect(row?.kept).toBe(0);
  expect(row?.masked).toBeGreaterThan(0);
});

test('a secret or a token that is sent as client_id is not kept, and an unknown client_id is', async () => {
  const sent = [
    `pgrant_cs_${'x'.repeat(43)}`,
    'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl',
    'Zm9yZWlnbi1zZWNyZXQtb2Ytc29tZWJvZHktZWxzZS0wMTIz',
  ];
  for (const client_id of [...sent, 'app-of-nobody']) {
    const body = { client_id, client_secret: 'x', grant_type: 'client_credentials' };
    expect((await post('token', body)).status).toBe(401);
    await fetch(`${acme.issuer}/oauth/authorize?${new URLSearchParams({ client_id })}`);
  }
  const kept = async (text: string) => {
    const like = `%${text}%`;
    const [row] = await acme.database.sql`
      select (select count(*) from pgrant.audit_events e where e::text like ${like})::int
           + (select count(*) from pgrant.refusals r where r::text like ${like})::int as rows`;
    return row?.rows;
  };
  for (const secret of sent) expect(await kept(secret), secret).toBe(0);
  expect(await kept('pgrant_cs_…')).toBeGreaterThan(0);
});
