// Grant management, with openid-client, and every way in which it is refused.
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
import { addClient, addTenant, addUser, type Client } from '../support/issuer.ts';
import { authorizeUrl, code_verifier, push, requested } from '../support/pushing.ts';

let acme: Acme;
let managing: Client;
let config: client.Configuration;

const orders = 'https://orders.example';
const unknown = '00000000-0000-4000-8000-000000000000';

const setClient = (settings: Record<string, unknown>, client_id: string) =>
  call(acme.database.worker, ops.client_set, { tenant: acme.tenant, client_id, settings });
const setTenant = (settings: Record<string, unknown>) =>
  call(acme.database.worker, ops.tenant_set, { tenant: acme.tenant, settings });

async function addManaging(client_id: string, tenant = acme.tenant): Promise<Client> {
  const added = await addClient(acme.database, tenant, client_id, {
    redirect_uris: [redirect_uri],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  });
  const settings = { grant_management: true };
  await call(acme.database.worker, ops.client_set, { tenant, client_id, settings });
  return added;
}

beforeAll(async () => {
  acme = await startAcme();
  managing = await addManaging('managing');
  for (const scope of ['grant_management_query', 'grant_management_revoke']) {
    await call(acme.database.worker, ops.scope_add, { tenant: acme.tenant, scope, title: scope });
  }
  await call(acme.database.worker, ops.resource_set, {
    tenant: acme.tenant,
    resource: orders,
    title: 'Orders',
  } as never);
  await call(acme.database.worker, ops.authorization_details_type_set, {
    tenant: acme.tenant,
    type: 'accounts',
    title: 'See your accounts',
    json_schema: { type: 'object' },
    template: 'Accounts: {actions}.',
    consent_remembered: true,
  } as never);
  await setClient({ authorization_details_types: ['accounts'] }, 'managing');
  config = await discover(acme, managing);
});

type Asked = { grant_management_action?: string; grant_id?: string } & Record<string, string>;
type Tokens = Awaited<ReturnType<typeof obtainTokens>> & { grant_id?: string };

const obtain = async (asked: Asked, browser = new Browser(), of = config) =>
  (await obtainTokens(of, asked, browser)) as Tokens;

/** A token of the client itself for the endpoint. */
const own = async (scope = 'grant_management_query grant_management_revoke', of = config) =>
  (await client.clientCredentialsGrant(of, { scope })).access_token;

async function at(grant_id: string | undefined, token?: string, method = 'GET', issuer?: string) {
  const response = await fetch(`${issuer ?? acme.issuer}/oauth/grants/${grant_id}`, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  const text = await response.text();
  const challenge = response.headers.get('www-authenticate');
  return {
    status: response.status,
    ...(challenge && { challenge }),
    ...(text && JSON.parse(text)),
  };
}

/** What the client is told of a request that is refused. */
async function refused(asked: Asked, browser = new Browser(), client_id = 'managing') {
  const url = authorizeUrl(acme.issuer, { ...requested(redirect_uri), client_id, ...asked });
  const { searchParams } = new URL((await proceed(browser, await browser.open(url))).url);
  return { error: searchParams.get('error'), detail: searchParams.get('error_description') };
}

const scopesOf = async (token: string) => {
  const { active, scope } = await client.tokenIntrospection(config, token);
  return active ? scope?.split(' ').toSorted() : undefined;
};

const audited = async (action: string) =>
  (await acme.database.sql`
    select error, detail from pgrant.audit_events where action = ${action} order by at desc`) as unknown as {
    error: string | null;
    detail: { replaced?: { scopes: string[] } } | null;
  }[];

test('the metadata name endpoint and actions [Grant Management 7.1]', () => {
  expect(config.serverMetadata()).toMatchObject({
    grant_management_endpoint: `${acme.issuer}/oauth/grants`,
    grant_management_actions_supported: ['query', 'revoke', 'create', 'merge', 'replace'],
    grant_management_action_required: false,
  });
});

describe('a request that says create', () => {
  test('gets the grant_id with its tokens; one that says nothing does not [Grant Management 5.5]', async () => {
    const { grant_id } = await obtain({ grant_management_action: 'create' });
    expect(grant_id).toMatch(/^[0-9a-f-]{36}$/);
    expect((await obtain({})).grant_id).toBeUndefined();
  });

  test('gets the grant that there is already, with what it had', async () => {
    const browser = new Browser();
    const first = await obtain(
      { grant_management_action: 'create', scope: 'openid email' },
      browser,
    );
    const second = await obtain({ grant_management_action: 'create', scope: 'openid' }, browser);
    expect(second.grant_id).toBe(first.grant_id);
    expect((await at(first.grant_id, await own())).scopes[0].scope).toContain('email');
  });
});

describe('the grant', () => {
  test('is read by its client: scopes with resources, claims, details and times [Grant Management 6.4]', async () => {
    const details = [{ type: 'accounts', actions: ['list'] }];
    const { grant_id } = await obtain({
      grant_management_action: 'create',
      scope: 'openid email profile',
      resource: orders,
      claims: JSON.stringify({ userinfo: { nickname: null } }),
      authorization_details: JSON.stringify(details),
    });
    const grant = await at(grant_id, await own('grant_management_query'));
    expect(grant).toMatchObject({
      status: 200,
      scopes: [{ resource: [orders] }],
      claims: ['nickname'],
      authorization_details: details,
    });
    expect(grant.scopes[0].scope.split(' ')).toEqual(
      expect.arrayContaining(['openid', 'email', 'profile']),
    );
    for (const time of ['created_at', 'last_updated_at', 'expires_at']) {
      expect(Date.parse(grant[time])).toBeGreaterThan(0);
    }
    expect(JSON.stringify(grant)).not.toContain('ada');
  });

  test('ends by DELETE with all its tokens, and is then like one that never was [Grant Management 6.5]', async () => {
    const tokens = await obtain({ grant_management_action: 'create' });
    const token = await own();
    expect((await at(tokens.grant_id, token, 'DELETE')).status).toBe(204);
    expect(await scopesOf(tokens.access_token)).toBeUndefined();
    await expect(
      client.refreshTokenGrant(config, tokens.refresh_token ?? ''),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
    const gone = await at(tokens.grant_id, token);
    expect(gone).toEqual(await at(unknown, token));
    expect(gone.status).toBe(404);
    expect((await at(tokens.grant_id, token, 'DELETE')).status).toBe(404);
    expect((await audited('grant.revoke')).some(({ error }) => error === null)).toBe(true);
  });
});

describe('merge', () => {
  test('is the union, and ends the refresh tokens of before [Grant Management 5.2]', async () => {
    const browser = new Browser();
    const before = await obtain(
      { grant_management_action: 'create', scope: 'openid offline_access' },
      browser,
    );
    const grant_id = before.grant_id ?? '';
    const after = await obtain(
      { grant_management_action: 'merge', grant_id, scope: 'openid email offline_access' },
      browser,
    );
    expect(after.grant_id).toBe(grant_id);
    const { scopes } = await at(grant_id, await own());
    expect(scopes[0].scope.split(' ')).toEqual(
      expect.arrayContaining(['email', 'offline_access', 'openid']),
    );
    await expect(
      client.refreshTokenGrant(config, before.refresh_token ?? ''),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await scopesOf(before.access_token)).toEqual(['offline_access', 'openid']);
    expect(
      (await client.refreshTokenGrant(config, after.refresh_token ?? '')).access_token,
    ).toBeTruthy();
  });
});

describe('replace', () => {
  const wide = { scope: 'openid email profile offline_access' };

  test('says on the page what goes away, and makes the grant say what is allowed and no more', async () => {
    const browser = new Browser();
    const details = JSON.stringify([{ type: 'accounts', actions: ['list'] }]);
    const before = await obtain(
      { grant_management_action: 'create', ...wide, authorization_details: details },
      browser,
    );
    const grant_id = before.grant_id ?? '';
    const asked = { grant_management_action: 'replace', grant_id, scope: 'openid' };
    const url = authorizeUrl(acme.issuer, {
      ...requested(redirect_uri),
      client_id: 'managing',
      ...asked,
    });
    const page = await browser.open(url);
    const lost = page.html.slice(page.html.indexOf('id="ends"'));
    for (const words of ['See your email address', 'See your profile', 'Accounts: list.']) {
      expect(lost).toContain(words);
    }
    expect(page.html.slice(0, page.html.indexOf('id="ends"'))).not.toContain('See your profile');
    const { access_token } = await obtain(asked, browser);
    expect(await at(grant_id, await own())).toMatchObject({
      scopes: [{ scope: 'openid' }],
      authorization_details: [],
    });
    expect(await scopesOf(access_token)).toEqual(['openid']);
    expect((await audited('grant.replace'))[0]?.detail?.replaced?.scopes).toContain('email');
  });

  test('narrows tokens that are live when the person allows it, and refresh tokens go with the code', async () => {
    const browser = new Browser();
    const claims = JSON.stringify({ userinfo: { nickname: null } });
    const before = await obtain({ grant_management_action: 'create', ...wide, claims }, browser);
    const ofResource = await obtain({ scope: 'openid email', resource: orders }, browser);
    const grant_id = before.grant_id ?? '';
    const url = authorizeUrl(acme.issuer, {
      ...requested(redirect_uri),
      client_id: 'managing',
      grant_management_action: 'replace',
      grant_id,
      scope: 'openid email',
    });
    const { url: callback } = await proceed(browser, await browser.open(url));
    expect(new URL(callback).searchParams.get('code')).toBeTruthy();
    expect(await scopesOf(before.access_token)).toEqual(['email', 'openid']);
    expect(await scopesOf(ofResource.access_token)).toBeUndefined();
    const renewed = await client.refreshTokenGrant(config, before.refresh_token ?? '');
    expect(renewed.scope?.split(' ').toSorted()).toEqual(['email', 'openid']);
  });

  test.each([
    ['a resource', { resource: orders }],
    ['a claim', { claims: JSON.stringify({ userinfo: { nickname: null } }) }],
  ] as [string, Record<string, string>][])(
    'ends a code that is not redeemed yet and is for %s that went away',
    async (_name, more) => {
      const browser = new Browser();
      const { grant_id = '' } = await obtain({ grant_management_action: 'create' }, browser);
      const codeFor = async (asked: Record<string, string>) => {
        const request = { ...requested(redirect_uri), client_id: 'managing', ...asked };
        const page = await proceed(browser, await browser.open(authorizeUrl(acme.issuer, request)));
        return new URL(page.url);
      };
      const redeem = (callback: URL) =>
        client.authorizationCodeGrant(config, callback, {
          pkceCodeVerifier: code_verifier,
          expectedState: 'abc',
        });
      const [kept, lost] = [await codeFor({}), await codeFor(more)];
      const last = await codeFor({ grant_management_action: 'replace', grant_id });
      await expect(redeem(lost)).rejects.toMatchObject({ error: 'invalid_grant' });
      for (const good of [kept, last]) expect((await redeem(good)).access_token).toBeTruthy();
    },
  );

  test('is asked for again unless it says the same, and silently never', async () => {
    const browser = new Browser();
    const { grant_id = '' } = await obtain({ grant_management_action: 'create', ...wide }, browser);
    const silent = { grant_management_action: 'replace', grant_id, prompt: 'none' };
    expect(await refused({ ...silent, scope: 'openid' }, browser)).toMatchObject({
      error: 'consent_required',
    });
    const { scopes } = await at(grant_id, await own());
    const same = await obtain({ ...silent, scope: scopes[0].scope }, browser);
    expect(same.grant_id).toBe(grant_id);
  });

  test('the past says what the grant was before and after', async () => {
    const browser = new Browser();
    const { grant_id = '' } = await obtain({ grant_management_action: 'create', ...wide }, browser);
    await obtain({ grant_management_action: 'replace', grant_id, scope: 'openid' }, browser);
    const versions = await acme.database.sql`
      select scopes, lower(valid) + interval '1 millisecond' as at from pgrant.grant_history where grant_id = ${grant_id} order by lower(valid) desc limit 2`;
    expect(versions[0]?.scopes).toEqual(['openid']);
    expect(versions[1]?.scopes).toContain('email');
    const could = async (at: Date) =>
      (
        await acme.database.sql`
          select grant_id from pgrant_report.who_could_access('email', ${at}, 'acme')
           where grant_id = ${grant_id}`
      ).length;
    const after = new Date();
    expect([await could(versions[1]?.at), await could(after)]).toEqual([1, 0]);
  });
});

describe('a grant_id at the authorization endpoint', () => {
  test('is good for its client and person alone, and nobody can tell why it is not [Grant Management 5.4]', async () => {
    const browser = new Browser();
    const other = await discover(acme, await addManaging('other'));
    const foreign = await obtain({ grant_management_action: 'create' }, browser, other);
    const elsewhere = await addTenant(acme.database, acme.origin, 'elsewhere');
    await addUser(acme.database, elsewhere.tenant, 'ada', 'correct horse');
    const there = await discover(
      { ...acme, issuer: elsewhere.issuer },
      await addManaging('managing', elsewhere.tenant),
    );
    const beyond = await obtain({ grant_management_action: 'create' }, new Browser(), there);
    const revoked = await obtain({ grant_management_action: 'create' }, browser);
    await at(revoked.grant_id, await own(), 'DELETE');
    const answers = new Set<string>();
    for (const grant_id of [foreign, beyond, revoked].map((one) => one.grant_id ?? '')) {
      answers.add(
        JSON.stringify(await refused({ grant_management_action: 'merge', grant_id }, browser)),
      );
      expect((await at(grant_id, await own())).status).toBe(404);
    }
    for (const grant_id of [unknown, 'none']) {
      answers.add(
        JSON.stringify(await refused({ grant_management_action: 'replace', grant_id }, browser)),
      );
      expect((await at(grant_id, await own())).status).toBe(404);
    }
    expect([...answers].map((one) => JSON.parse(one).error)).toEqual(['invalid_grant_id']);
    expect(
      (await audited('authorization.request')).some(({ error }) => error === 'invalid_grant_id'),
    ).toBe(true);
  });

  test('has whose it is sign in, and nobody else', async () => {
    await addUser(acme.database, acme.tenant, 'bob', 'correct horse');
    const { grant_id = '' } = await obtain({ grant_management_action: 'create' });
    const browser = new Browser();
    const plain = authorizeUrl(acme.issuer, { ...requested(redirect_uri), client_id: 'web' });
    await browser.submit(await browser.open(plain), { username: 'bob', password: 'correct horse' });
    const asked = { grant_management_action: 'merge', grant_id };
    expect(await refused({ ...asked, prompt: 'none' }, browser)).toMatchObject({
      error: 'login_required',
    });
    const url = authorizeUrl(acme.issuer, {
      ...requested(redirect_uri),
      client_id: 'managing',
      ...asked,
    });
    const page = await browser.open(url);
    const again = await browser.submit(page, { username: 'bob', password: 'correct horse' });
    expect(again.html).toContain('name="password"');
    expect(again.html).not.toContain('ada');
  });

  test('is no hint to a grant of another person than id_token_hint names', async () => {
    const { grant_id = '' } = await obtain({ grant_management_action: 'create' });
    const bob = await acme.database.sql`
      select user_id from pgrant.users where tenant_id = ${acme.tenant} and username = 'bob'`;
    const claims = JSON.stringify({ id_token: { sub: { value: bob[0]?.user_id } } });
    expect(await refused({ grant_management_action: 'merge', grant_id, claims })).toMatchObject({
      error: 'invalid_grant_id',
    });
  });

  test('that is revoked while the person decides is not brought back', async () => {
    const browser = new Browser();
    const { grant_id = '' } = await obtain({ grant_management_action: 'create' }, browser);
    const asked = { grant_management_action: 'replace', grant_id, scope: 'openid phone' };
    const url = authorizeUrl(acme.issuer, {
      ...requested(redirect_uri),
      client_id: 'managing',
      ...asked,
    });
    const page = await browser.open(url);
    await at(grant_id, await own(), 'DELETE');
    const answer = await browser.submit(page, { decision: 'allow' });
    expect(new URL(answer.url).searchParams.get('error')).toBe('invalid_grant_id');
  });
});

test.each([
  [{ grant_management_action: 'update', grant_id: unknown }, 'is none of create, merge, replace'],
  [{ grant_management_action: 'merge' }, 'merge needs grant_id'],
  [{ grant_management_action: 'replace' }, 'replace needs grant_id'],
  [{ grant_management_action: 'create', grant_id: unknown }, 'grant_id goes with'],
  [{ grant_id: unknown }, 'grant_id goes with'],
] as [Asked, string][])(
  '%o is invalid_request, pushed or not [Grant Management 5.4]',
  async (asked, words) => {
    const answer = await refused(asked);
    expect(answer.error).toBe('invalid_request');
    expect(answer.detail).toContain(words);
    const pushed = { ...requested(redirect_uri), ...managing, ...asked };
    expect(await push(acme.issuer, pushed)).toMatchObject({
      status: 400,
      error: 'invalid_request',
    });
  },
);

test('a request that was pushed may name a grant, and one that is not its client’s is refused [RFC 9126 2.3]', async () => {
  const { grant_id = '' } = await obtain({ grant_management_action: 'create' });
  const pushed = { ...requested(redirect_uri), ...managing, grant_management_action: 'merge' };
  expect((await push(acme.issuer, { ...pushed, grant_id })).status).toBe(201);
  const another = await discover(acme, await addManaging('another'));
  const foreign = await obtain({ grant_management_action: 'create' }, new Browser(), another);
  expect(await push(acme.issuer, { ...pushed, grant_id: foreign.grant_id ?? '' })).toMatchObject({
    status: 400,
    error: 'invalid_grant_id',
  });
  expect(await push(acme.issuer, { ...pushed, grant_id: unknown })).toMatchObject({
    status: 400,
    error: 'invalid_grant_id',
  });
});

describe('a client that may not', () => {
  test('is unauthorized_client, and so is a public one whatever its setting [Grant Management 5.1]', async () => {
    const asked = { grant_management_action: 'create' };
    expect(await refused(asked, new Browser(), 'web')).toMatchObject({
      error: 'unauthorized_client',
    });
    await setClient({ grant_management: true }, 'native');
    const url = authorizeUrl(acme.issuer, {
      ...requested('http://127.0.0.1/callback'),
      client_id: 'native',
      ...asked,
    });
    const { url: answer } = await new Browser().open(url);
    expect(new URL(answer).searchParams.get('error')).toBe('unauthorized_client');
  });

  test('reads nothing at the endpoint, whatever its token says', async () => {
    const { grant_id } = await obtain({ grant_management_action: 'create' });
    const web = await discover(acme, acme.web);
    const token = await own('grant_management_query', web);
    expect(await at(grant_id, token)).toMatchObject({ status: 403, error: 'insufficient_scope' });
  });
});

test('without a token it is 401, without the scope 403 [Grant Management 6.6]', async () => {
  const { grant_id, access_token } = await obtain({ grant_management_action: 'create' });
  expect((await at(grant_id)).status).toBe(401);
  expect(await at(grant_id, 'none')).toMatchObject({ status: 401, error: 'invalid_token' });
  expect(await at(grant_id, access_token)).toMatchObject({
    status: 403,
    error: 'insufficient_scope',
  });
  const query = await own('grant_management_query');
  const revoke = await own('grant_management_revoke');
  for (const [token, method, scope] of [
    [query, 'DELETE', 'grant_management_revoke'],
    [revoke, 'GET', 'grant_management_query'],
  ] as const) {
    // RFC 6750 3: the scope that the token needs.
    const challenge = expect.stringContaining(`scope="${scope}"`);
    expect(await at(grant_id, token, method)).toMatchObject({ status: 403, challenge });
  }
  expect((await at(grant_id, query)).status).toBe(200);
});

test('a token that is bound to a key is good with its proof alone [RFC 9449 7]', async () => {
  const { grant_id = '' } = await obtain({ grant_management_action: 'create' });
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
  const scope = 'grant_management_query';
  const { access_token } = await client.clientCredentialsGrant(config, { scope }, { DPoP });
  expect((await at(grant_id, access_token)).status).toBe(401);
  const url = new URL(`${acme.issuer}/oauth/grants/${grant_id}`);
  const ask = client.fetchProtectedResource;
  const answer = await ask(config, access_token, url, 'GET', null, undefined, { DPoP });
  expect(answer.status).toBe(200);
});

test('a token for an API of the tenant is none for the endpoint', async () => {
  const { grant_id } = await obtain({ grant_management_action: 'create' });
  const asked = { scope: 'grant_management_query', resource: orders };
  const { access_token } = await client.clientCredentialsGrant(config, asked);
  expect((await at(grant_id, access_token)).status).toBe(401);
});

test('where an action is required, a request without one is refused [Grant Management 7.1]', async () => {
  await setTenant({ grant_management_action_required: true });
  try {
    expect(await refused({})).toEqual({
      error: 'invalid_request',
      detail: expect.stringContaining('grant_management_action is required'),
    });
    expect((await obtain({ grant_management_action: 'create' })).grant_id).toBeTruthy();
    const found = await discover(acme, managing);
    expect(found.serverMetadata().grant_management_action_required).toBe(true);
  } finally {
    await setTenant({ grant_management_action_required: false });
  }
});
