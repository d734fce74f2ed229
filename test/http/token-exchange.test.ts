// Token exchange, with openid-client and oauth4webapi, and every way in which it is refused.
import { X509Certificate } from 'node:crypto';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { newSecret, secretHash } from '../../src/protocol/secrets.ts';
import {
  type Acme,
  discover,
  insecure,
  obtainTokens,
  password,
  proceed,
  redirect_uri,
  startAcme,
} from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { issued, selfSigned } from '../support/client-certificates.ts';
import { addClient, addTenant, addUser, type Client, startServer } from '../support/issuer.ts';
import { authorizeUrl, code_verifier, requested } from '../support/pushing.ts';

const grant_type = 'urn:ietf:params:oauth:grant-type:token-exchange';
const type = 'urn:ietf:params:oauth:token-type:access_token';
const [orders, stock, hidden] = [
  'https://orders.example',
  'https://stock.example',
  'https://hidden.example',
];

let acme: Acme;
let web: client.Configuration;
let gateway: client.Configuration;
let backend: client.Configuration;

const allow = (client_id: string, more: object = {}) =>
  call(acme.database.worker, ops.exchange_allow, { tenant: acme.tenant, client_id, ...more });
const exchanger = (client_id: string, more: object = {}): Promise<Client> =>
  addClient(acme.database, acme.tenant, client_id, {
    grant_types: [grant_type, 'client_credentials'],
    redirect_uris: [],
    ...more,
  });

beforeAll(async () => {
  acme = await startAcme();
  web = await discover(acme, acme.web);
  gateway = await discover(acme, await exchanger('gateway'));
  backend = await discover(acme, await exchanger('backend'));
  await exchanger('nobody');
  for (const [resource, more] of [
    [orders, { audiences: ['orders'] }],
    [stock, { access_token_format: 'opaque' }],
    [hidden, {}],
  ] as const) {
    const named = { tenant: acme.tenant, resource, title: resource };
    await call(acme.database.worker, ops.resource_set, { ...named, ...more } as never);
  }
  await allow('gateway', { resource: orders });
  await allow('gateway', { resource: stock, scopes: ['email'], impersonation: true });
  await allow('backend', { resource: stock });
});

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
const signIn = (more = {}) => obtainTokens(web, { scope: 'openid profile email', ...more });

/** Exchanges a token by openid-client. */
function exchange(config: client.Configuration, subject_token: string, more: object = {}) {
  const sent = { subject_token, subject_token_type: type, ...more };
  return client.genericGrantRequest(config, grant_type, sent);
}

describe('delegation [RFC 8693 1.1]', () => {
  test('the token is of the same person, for the resource, of the client that acts, and says so', async () => {
    const { access_token, claims } = await signIn();
    const given = await exchange(gateway, access_token, { resource: orders });
    expect(given).toMatchObject({ issued_token_type: type, token_type: 'bearer' });
    expect(given.scope?.split(' ').toSorted()).toEqual(['email', 'profile']);
    expect(given.refresh_token ?? given.id_token).toBeUndefined();
    expect(claimsOf(given.access_token)).toMatchObject({
      sub: claims?.sub,
      aud: [orders, 'orders'],
      client_id: 'gateway',
      act: { sub: 'gateway' },
    });
    expect(claimsOf(given.access_token).exp).toBeLessThanOrEqual(claimsOf(access_token).exp);
    expect(await client.tokenIntrospection(gateway, given.access_token)).toMatchObject({
      active: true,
      sub: claims?.sub,
      act: { sub: 'gateway' },
    });
  });

  test('a chain of actors is nested, the last one outside [RFC 8693 4.1]', async () => {
    const { access_token } = await signIn();
    const first = await exchange(gateway, access_token, { audience: 'orders' });
    const second = await exchange(backend, first.access_token, { resource: stock });
    expect(second.access_token).toMatch(/^pgrant_at_/);
    expect(await client.tokenIntrospection(backend, second.access_token)).toMatchObject({
      client_id: 'backend',
      act: { sub: 'backend', act: { sub: 'gateway' } },
    });
  });

  test('an actor_token of the client names the actor; of another client, or without its key, it is refused', async () => {
    const { access_token } = await signIn();
    const actor = await client.clientCredentialsGrant(gateway, { scope: 'email' });
    const named = { resource: orders, actor_token_type: type };
    const given = await exchange(gateway, access_token, {
      ...named,
      actor_token: actor.access_token,
    });
    expect(claimsOf(given.access_token).act).toEqual({ sub: 'gateway' });
    const key = await client.randomDPoPKeyPair();
    const DPoP = client.getDPoPHandle(gateway, key);
    const bound = await client.clientCredentialsGrant(gateway, { scope: 'email' }, { DPoP });
    const own = { ...named, actor_token: bound.access_token };
    await expect(exchange(gateway, access_token, own)).rejects.toMatchObject({
      error: 'invalid_request',
    });
    const sent = { subject_token: access_token, subject_token_type: type, ...own };
    const proven = await client.genericGrantRequest(gateway, grant_type, sent, { DPoP });
    expect(claimsOf(proven.access_token).act).toEqual({ sub: 'gateway' });
    const foreign = await client.clientCredentialsGrant(backend, { scope: 'email' });
    for (const actor_token of [foreign.access_token, 'none']) {
      await expect(
        exchange(gateway, access_token, { ...named, actor_token }),
      ).rejects.toMatchObject({ error: 'invalid_request' });
    }
  });
});

test('impersonation says nothing of who acts, and gives no scope beyond the policy', async () => {
  const { access_token } = await signIn();
  const given = await exchange(gateway, access_token, { resource: stock });
  expect(given.scope).toBe('email');
  const state = await client.tokenIntrospection(gateway, given.access_token);
  expect([state.active, state.act]).toEqual([true, undefined]);
});

/** The tokens of a person for the client that is called the same. */
async function tokensOf(username: string, config: client.Configuration) {
  const browser = new Browser();
  const asked = { ...requested(redirect_uri), client_id: username };
  const page = await browser.open(authorizeUrl(acme.issuer, asked));
  const consent = await browser.submit(page, { username, password });
  const { url } = await browser.submit(consent, { decision: 'allow' });
  const checks = { pkceCodeVerifier: code_verifier, expectedState: 'abc' };
  const tokens = await client.authorizationCodeGrant(config, new URL(url), checks);
  return { ...tokens, claims: tokens.claims() };
}

describe('a token that was exchanged', () => {
  test('ends with the grant of the person, whoever revokes it', async () => {
    const { access_token } = await signIn();
    const given = await exchange(gateway, access_token, { resource: orders });
    const onward = await exchange(backend, given.access_token, { resource: stock });
    const [grant] = await acme.database.sql`
      select g.grant_id from pgrant_report.active_grants g where g.client_id = 'web'`;
    const revoked = { tenant: acme.tenant, grant_id: grant?.grant_id };
    await call(acme.database.worker, ops.grant_revoke, revoked as never);
    for (const token of [given, onward]) {
      expect(await client.tokenIntrospection(backend, token.access_token)).toEqual({
        active: false,
      });
    }
    await expect(exchange(gateway, access_token, { resource: orders })).rejects.toMatchObject({
      error: 'invalid_request',
    });
  });

  test('ends with the client that the person allowed, and with the one that acts', async () => {
    const { access_token } = await signIn();
    const given = await exchange(gateway, access_token, { resource: orders });
    const disable = (client_id: string, disabled: boolean) =>
      call(acme.database.worker, ops.client_disable, { tenant: acme.tenant, client_id, disabled });
    const active = async () =>
      (await client.tokenIntrospection(backend, given.access_token)).active;
    for (const client_id of ['web', 'gateway']) {
      await disable(client_id, true);
      expect(await active()).toBe(false);
      await disable(client_id, false);
      expect(await active()).toBe(true);
    }
  });

  test('ends with any that acts, in the middle of the chain too [RFC 8693 4.1]', async () => {
    const { access_token } = await signIn();
    const first = await exchange(gateway, access_token, { resource: orders });
    const onward = await exchange(backend, first.access_token, { resource: stock });
    const named = { tenant: acme.tenant, client_id: 'gateway' };
    const states: boolean[] = [];
    for (const disabled of [true, false]) {
      await call(acme.database.worker, ops.client_disable, { ...named, disabled });
      states.push((await client.tokenIntrospection(web, onward.access_token)).active);
    }
    expect(states).toEqual([false, true]);
  });

  test.each(['public', 'pairwise'])(
    'ends with whoever acts, once the person is disabled, by a %s sub, or the client removed',
    async (subject_type) => {
      const name = `desk-${subject_type}`;
      const desk = await discover(
        acme,
        await exchanger(name, {
          grant_types: [grant_type, 'authorization_code'],
          redirect_uris: [redirect_uri],
          subject_type,
        }),
      );
      await allow(name, { resource: orders });
      await addUser(acme.database, acme.tenant, name, password);
      const helper = await tokensOf(name, desk);
      const { access_token } = await signIn();
      const actor = { actor_token: helper.access_token, actor_token_type: type };
      const given = await exchange(desk, access_token, { resource: orders, ...actor });
      expect(claimsOf(given.access_token).act).toEqual({ sub: helper.claims?.sub });
      const onward = await exchange(backend, given.access_token, { resource: stock });
      const states: boolean[] = [];
      const look = async () =>
        states.push((await client.tokenIntrospection(web, onward.access_token)).active);
      for (const disabled of [true, false]) {
        const person = { tenant: acme.tenant, username: name, disabled };
        await call(acme.database.worker, ops.user_disable, person);
        await look();
      }
      expect(states).toEqual([false, true]);
      const second = await exchange(desk, access_token, { resource: orders });
      const last = await exchange(backend, second.access_token, { resource: stock });
      const named = { tenant: acme.tenant, client_id: name };
      await call(acme.database.worker, ops.client_remove, named);
      expect(await client.tokenIntrospection(web, last.access_token)).toEqual({ active: false });
    },
  );

  test.each(['jwt', 'opaque'])(
    'ends with each client that it came through, and is recorded with them, though none is in act: %s',
    async (access_token_format) => {
      const resource = `https://${access_token_format}.example`;
      const named = { tenant: acme.tenant, resource, title: resource, access_token_format };
      await call(acme.database.worker, ops.resource_set, named as never);
      const way = ['first', 'second', 'third'].map((name) => `${name}-${access_token_format}`);
      let { access_token } = await signIn();
      for (const client_id of way) {
        const config = await discover(acme, await exchanger(client_id));
        await allow(client_id, { resource, impersonation: true });
        ({ access_token } = await exchange(config, access_token, { resource }));
      }
      const state = () => client.tokenIntrospection(web, access_token);
      expect(await state()).toMatchObject({ active: true, client_id: way[2] });
      expect((await state()).act).toBeUndefined();
      const [event] = await acme.database.sql`
        select detail from pgrant_report.audit_events
         where action = 'token.exchange' and client_id = ${way[2] as string}`;
      expect(event?.detail).toMatchObject({ exchanged_by: way.slice(0, 2) });
      for (const client_id of way) {
        const one = { tenant: acme.tenant, client_id };
        await call(acme.database.worker, ops.client_disable, { ...one, disabled: true });
        expect(await state()).toEqual({ active: false });
        await call(acme.database.worker, ops.client_disable, { ...one, disabled: false });
        expect((await state()).active).toBe(true);
      }
      const removed = { tenant: acme.tenant, client_id: way[0] as string };
      await call(acme.database.worker, ops.client_remove, removed);
      expect(await state()).toEqual({ active: false });
    },
  );

  test('is recorded with the person and with who acts', async () => {
    const { access_token } = await signIn();
    await exchange(gateway, access_token, { resource: orders });
    const [event] = await acme.database.sql`
      select client_id, user_id, grant_id, detail from pgrant_report.audit_events
       where action = 'token.exchange' and error is null order by at desc limit 1`;
    expect(event).toMatchObject({
      client_id: 'gateway',
      user_id: expect.any(String),
      grant_id: expect.any(String),
      detail: { act: { sub: 'gateway' } },
    });
  });
});

describe('it is refused', () => {
  const cases: [string, object, string][] = [
    ['without subject_token_type', { subject_token_type: '' }, 'invalid_request'],
    ['for an ID token', { subject_token_type: type.replace('access', 'id') }, 'invalid_request'],
    ['for a token that is none', { subject_token: 'none' }, 'invalid_request'],
    ['with an actor_token of no type', { actor_token: 'x' }, 'invalid_request'],
    ['with a type of no actor_token', { actor_token_type: type }, 'invalid_request'],
    [
      'where a refresh token is asked for',
      { requested_token_type: type.replace('access', 'refresh') },
      'invalid_request',
    ],
    ['for a resource without a policy', { resource: hidden }, 'invalid_target'],
    ['for a resource that is unknown', { resource: 'https://evil.example' }, 'invalid_target'],
    ['for an audience that is unknown', { resource: '', audience: 'evil' }, 'invalid_target'],
    ['for the audience of the tenant without a policy', { resource: '' }, 'invalid_target'],
    ['for two resources', { audience: stock }, 'invalid_target'],
    ['for a scope that the token has not', { scope: 'phone' }, 'invalid_scope'],
    ['for openid alone', { scope: 'openid' }, 'invalid_scope'],
    [
      'for authorization details that the token has not',
      { authorization_details: '[{"type":"payment"}]' },
      'invalid_authorization_details',
    ],
  ];

  test.each(cases)('%s [RFC 8693 2.2.2]', async (_what, change, error) => {
    const { access_token } = await signIn();
    await expect(
      exchange(gateway, access_token, { resource: orders, ...change }),
    ).rejects.toMatchObject({ error });
  });

  test('naming the resource or audience that is none [RFC 8707 2]', async () => {
    const { access_token } = await signIn();
    for (const asked of [{ resource: 'https://evil.example' }, { audience: 'evil' }]) {
      const [named] = Object.values(asked);
      await expect(exchange(gateway, access_token, asked)).rejects.toMatchObject({
        error_description: `A requested resource is invalid or unknown: ${named}`,
      });
    }
  });

  test('to a client without a policy, and to one that is not registered for it', async () => {
    const { access_token } = await signIn();
    const [nobody] = await Promise.all([exchanger('no-policy')]);
    const config = await discover(acme, nobody as Client);
    await expect(exchange(config, access_token, { resource: orders })).rejects.toMatchObject({
      error: 'invalid_target',
    });
    await expect(exchange(web, access_token, { resource: orders })).rejects.toMatchObject({
      error: 'unauthorized_client',
    });
  });

  test('for a token of a client itself, a token that was revoked, and one of another tenant’s key', async () => {
    const own = await client.clientCredentialsGrant(web, { scope: 'email' });
    const { access_token } = await signIn();
    await client.tokenRevocation(web, access_token);
    const forged = `${access_token.slice(0, -8)}AAAAAAAA`;
    for (const token of [own.access_token, access_token, forged]) {
      await expect(exchange(gateway, token, { resource: orders })).rejects.toMatchObject({
        error: 'invalid_request',
      });
    }
  });

  test.each([
    ['jwt', orders],
    ['opaque', stock],
  ])(
    'for a good %s token of another tenant, as subject_token or actor_token, though all names are the same there',
    async (_format, resource) => {
      const { tenant, issuer } = await addTenant(acme.database, acme.origin, `foreign-${_format}`);
      await addUser(acme.database, tenant, 'ada', password);
      const there = { ...acme, tenant, issuer };
      const format = resource === stock ? { access_token_format: 'opaque' } : {};
      for (const named of [orders, stock]) {
        const row = { tenant, resource: named, title: named, ...format };
        await call(acme.database.worker, ops.resource_set, row as never);
      }
      const added = await addClient(acme.database, tenant, 'gateway', {
        grant_types: [grant_type, 'client_credentials', 'authorization_code'],
        redirect_uris: [redirect_uri],
      });
      await call(acme.database.worker, ops.exchange_allow, {
        ...{ tenant, client_id: 'gateway', resource },
      } as never);
      const foreign = await discover(there, added);
      const { access_token } = await obtainTokens(foreign, { scope: 'email', resource });
      const own = await client.clientCredentialsGrant(foreign, { resource, scope: '' });
      const mine = (await signIn()).access_token;
      const refused = { error: 'invalid_request' };
      await expect(exchange(gateway, access_token, { resource })).rejects.toMatchObject(refused);
      const acting = { resource, actor_token: own.access_token, actor_token_type: type };
      await expect(exchange(gateway, mine, acting)).rejects.toMatchObject(refused);
      // Each is good where it is from.
      const back = await exchange(foreign, access_token, {
        ...{ resource, actor_token: own.access_token, actor_token_type: type },
      });
      expect(back.access_token).toBeTruthy();
    },
  );

  test('once the policy is taken back, by the token that was exchanged before too', async () => {
    const { access_token } = await signIn();
    const taken = { tenant: acme.tenant, client_id: 'nobody', resource: hidden };
    const config = await discover(acme, await exchanger('brief'));
    await call(acme.database.worker, ops.exchange_allow, { ...taken, client_id: 'brief' } as never);
    const first = await exchange(config, access_token, { resource: hidden });
    await call(acme.database.worker, ops.exchange_deny, { ...taken, client_id: 'brief' } as never);
    for (const token of [access_token, first.access_token]) {
      await expect(exchange(config, token, { resource: hidden })).rejects.toMatchObject({
        error: 'invalid_target',
      });
    }
  });

  test('where may_act of the token names another actor [RFC 8693 4.4]', async () => {
    const { access_token } = await signIn();
    const { aud, ...claims } = claimsOf(access_token);
    // As the web process hands on what it has verified.
    const decide = (sub: string) =>
      call(acme.database.web, api.token_exchange, {
        tenant: acme.tenant,
        request_id: 'may-act',
        address: '127.0.0.1',
        client_id: 'gateway',
        auth_method: 'client_secret_basic',
        secret_hash: secretHash(gateway.clientMetadata().client_secret ?? ''),
        jwt: { ...claims, aud: [aud].flat(), may_act: { sub } },
        resource: orders,
        issued_hash: newSecret().hash,
      } as never);
    expect(await decide('gateway')).toMatchObject({ error: null });
    await expect(decide('backend')).rejects.toMatchObject({
      error: 'invalid_request',
      reason: 'may_act of subject_token names another actor',
    });
  });

  test('for a token that is bound to a key, without that key [RFC 9449]', async () => {
    const handle = client.getDPoPHandle(web, await client.randomDPoPKeyPair());
    const verifier = client.randomPKCECodeVerifier();
    const url = client.buildAuthorizationUrl(web, {
      redirect_uri,
      scope: 'openid email',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const browser = new Browser();
    const done = await proceed(browser, await browser.open(url));
    const { access_token } = await client.authorizationCodeGrant(
      web,
      new URL(done.url),
      { pkceCodeVerifier: verifier },
      undefined,
      { DPoP: handle },
    );
    const sent = { subject_token: access_token, subject_token_type: type, resource: orders };
    const by = (DPoP?: client.DPoPHandle) =>
      client.genericGrantRequest(gateway, grant_type, sent, DPoP ? { DPoP } : undefined);
    const other = client.getDPoPHandle(gateway, await client.randomDPoPKeyPair());
    for (const wrong of [undefined, other]) {
      await expect(by(wrong)).rejects.toMatchObject({ error: 'invalid_request' });
    }
    const given = await by(handle);
    expect(claimsOf(given.access_token).cnf).toEqual(claimsOf(access_token).cnf);
  });

  test('for a token that came through more than ten clients, though act names none of them', async () => {
    let { access_token } = await signIn();
    const resource = 'https://far.example';
    const named = { tenant: acme.tenant, resource, title: resource };
    await call(acme.database.worker, ops.resource_set, named as never);
    const refused: number[] = [];
    for (let at = 0; at <= 11; at++) {
      const config = await discover(acme, await exchanger(`hop-${at}`));
      await allow(`hop-${at}`, { resource, impersonation: true });
      const next = exchange(config, access_token, { resource });
      ({ access_token } = await next.catch((failure) => {
        expect(failure).toMatchObject({ error: 'invalid_request' });
        refused.push(at);
        return { access_token };
      }));
    }
    // The one that has it exchanged, and ten before it.
    expect(refused).toEqual([11]);
  });

  test('for a token that is bound to a certificate, without it; and what it gives is bound to it too [RFC 8705 3]', async () => {
    const proxied = { certificateHeader: 'client-cert', trustsProxy: () => true } as const;
    const { origin } = await startServer(acme.database, proxied);
    const { tenant, issuer } = await addTenant(acme.database, origin, 'certified');
    await addUser(acme.database, tenant, 'ada', password);
    const app = await addClient(acme.database, tenant, 'app', {
      redirect_uris: [redirect_uri],
      tls_client_certificate_bound_access_tokens: true,
    });
    const relay = await addClient(acme.database, tenant, 'relay', {
      grant_types: [grant_type],
      redirect_uris: [],
    });
    await call(acme.database.worker, ops.exchange_allow, { tenant, client_id: 'relay' });
    const by = ({ client_id, client_secret }: Client, cert?: string) => {
      const der = cert === undefined ? undefined : new X509Certificate(cert).raw;
      const shown = der && { 'client-cert': `:${der.toString('base64')}:` };
      return client.discovery(new URL(issuer), client_id, client_secret, undefined, {
        ...insecure,
        [client.customFetch]: (url, options) =>
          fetch(url, { ...options, headers: { ...options.headers, ...shown } } as RequestInit),
      });
    };
    const { access_token } = await obtainTokens(await by(app, issued.cert), {
      scope: 'openid email',
    });
    for (const wrong of [undefined, selfSigned.cert]) {
      await expect(exchange(await by(relay, wrong), access_token)).rejects.toMatchObject({
        error: 'invalid_request',
      });
    }
    const given = await exchange(await by(relay, issued.cert), access_token);
    expect(claimsOf(access_token).cnf).toEqual({ 'x5t#S256': expect.any(String) });
    expect(claimsOf(given.access_token).cnf).toEqual(claimsOf(access_token).cnf);
  });
});
