// What a switch to FAPI 2.0 finds: access tokens that are live and bound to nothing (5.3.2.1).
import * as client from 'openid-client';
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call, callAll } from '../../src/db/call.ts';
import { type Acme, discover, obtainTokens, startAcme } from '../support/acme.ts';
import { addClient } from '../support/issuer.ts';
import { configure } from '../support/registering.ts';
import { asserted, makeKey, type SigningKey, setOf, sign, signer } from '../support/signing.ts';

let acme: Acme;
let web: client.Configuration;
let key: SigningKey;

beforeAll(async () => {
  acme = await startAcme();
  web = await discover(acme, acme.web);
  key = await makeKey('ES256');
  await addClient(acme.database, acme.tenant, 'api', signer({ jwks: setOf(key) }));
});

const setClient = (client_id: string, settings: Record<string, unknown>) =>
  call(acme.database.worker, ops.client_set, { tenant: acme.tenant, client_id, settings });

type Counted = { opaque: number; 'jwt at most': number; until: string };

/** What `tenant check` says of the tokens of each client. */
async function counted() {
  const rows = await callAll(acme.database.worker, ops.tenant_check, {
    tenant: acme.tenant,
    profile: 'fapi2',
  });
  const found = rows.filter(({ setting }) => setting === 'access tokens');
  return Object.fromEntries(
    found.map(({ client_id, value }) => [client_id, value as unknown as Counted]),
  );
}

/** Whether the API is told that a token is good. */
async function active(token: string) {
  const response = await fetch(`${acme.issuer}/oauth/introspect`, {
    method: 'POST',
    body: new URLSearchParams({
      client_id: 'api',
      ...asserted(await sign(key, 'api', acme.issuer)),
      token,
    }),
  });
  return ((await response.json()) as { active?: boolean }).active;
}

async function userinfo(token: string) {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${acme.issuer}/oauth/userinfo`, { headers })).status;
}

/** One token of each kind for the client `web`. */
async function tokensOf() {
  const jwt = (await obtainTokens(web)).access_token;
  await setClient('web', { access_token_format: 'opaque' });
  const opaque = (await obtainTokens(web)).access_token;
  await setClient('web', { access_token_format: null });
  const DPoP = client.getDPoPHandle(web, await client.randomDPoPKeyPair());
  const bound = await client.clientCredentialsGrant(web, { scope: 'email' }, { DPoP });
  return { jwt, opaque, bound: bound.access_token };
}

test.each(['tenant', 'client'])(
  'those of before the profile of the %s are counted, refused from then on, and good again without it',
  async (holder) => {
    const setProfile = (security_profile: string | null) =>
      holder === 'tenant'
        ? configure(acme, { security_profile })
        : // Set past the check of what it forbids a client: the token is refused for what it is itself.
          acme.database.sql`
            update pgrant.clients set security_profile = ${security_profile} where client_id = 'web'`;
    const before = (await counted()).web;
    const { jwt, opaque, bound } = await tokensOf();
    const { web: after } = await counted();
    expect(after?.opaque).toBe((before?.opaque ?? 0) + 1);
    expect(after?.['jwt at most']).toBeGreaterThan(before?.['jwt at most'] ?? 0);
    const left = Date.parse(after?.until ?? '') - Date.now();
    expect(left).toBeGreaterThan(800_000);
    expect(left).toBeLessThan(901_000);
    await setProfile('fapi2');
    expect([await active(jwt), await active(opaque), await active(bound)]).toEqual([
      false,
      false,
      true,
    ]);
    expect([await userinfo(jwt), await userinfo(opaque)]).toEqual([401, 401]);
    await setProfile(null);
    expect([await active(jwt), await active(opaque)]).toEqual([true, true]);
    expect([await userinfo(jwt), await userinfo(opaque)]).toEqual([200, 200]);
  },
);

test('they are counted after the switch too, and those are not that are bound or have expired', async () => {
  const own = await addClient(acme.database, acme.tenant, 'bound', {
    grant_types: ['client_credentials'],
    redirect_uris: [],
    dpop_bound_access_tokens: true,
  });
  const config = await discover(acme, own);
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
  for (const access_token_format of ['jwt', 'opaque']) {
    await setClient('bound', { access_token_format });
    await client.clientCredentialsGrant(config, {}, { DPoP });
  }
  await tokensOf();
  const before = await counted();
  expect(before).toEqual({ web: expect.anything() });
  await configure(acme, { preset: 'fapi2' });
  expect(await counted()).toEqual(before);
  await acme.database.sql`alter table pgrant.audit_events disable trigger user`;
  await acme.database.sql`
    update pgrant.audit_events set at = at - interval '16 minutes' where tenant_id = ${acme.tenant}`;
  const { opaque } = before.web as Counted;
  expect((await counted()).web).toMatchObject({ opaque, 'jwt at most': 0 });
  await acme.database.sql`
    update pgrant.access_tokens set revoked_at = now()
     where token_hash = (select min(token_hash::text)::bytea from pgrant.access_tokens where client_id = 'web')`;
  expect((await counted()).web).toMatchObject({ opaque: opaque - 1 });
  await acme.database.sql`
    update pgrant.token_families set revoked_at = now(), revoked_reason = 'by hand'`;
  expect(await counted()).toEqual({});
});
