// Rich authorization requests, with openid-client and oauth4webapi, and every way in which details are refused.
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
import { authorizeUrl, push, requested, signRequest } from '../support/pushing.ts';
import { makeKey, setOf } from '../support/signing.ts';

let acme: Acme;
let config: client.Configuration;

const payment = {
  type: 'payment_initiation',
  instructedAmount: { currency: 'EUR', amount: '123.50' },
  creditorName: 'Merchant A',
};
const accounts = {
  type: 'account_information',
  actions: ['list_accounts', 'read_balances'],
  locations: ['https://accounts.example'],
};
const narrower = { ...accounts, actions: ['list_accounts'] };

const setType = (type: string, more: object) =>
  call(acme.database.worker, ops.authorization_details_type_set, {
    tenant: acme.tenant,
    type,
    ...more,
  } as never);
const setClient = (settings: Record<string, unknown>, client_id = 'web') =>
  call(acme.database.worker, ops.client_set, { tenant: acme.tenant, client_id, settings });

const paymentType = {
  title: 'Make a payment',
  json_schema: {
    type: 'object',
    properties: {
      type: { const: 'payment_initiation' },
      instructedAmount: {
        type: 'object',
        properties: { currency: { type: 'string' }, amount: { type: 'string' } },
        required: ['currency', 'amount'],
        additionalProperties: false,
      },
      creditorName: { type: 'string' },
    },
    required: ['type', 'instructedAmount', 'creditorName'],
    additionalProperties: false,
  },
  template:
    'Pay {instructedAmount.amount} {instructedAmount.currency} to {creditorName}, and no more.',
};

beforeAll(async () => {
  acme = await startAcme();
  await setType('payment_initiation', paymentType);
  await setType('account_information', {
    title: 'See your accounts',
    json_schema: { type: 'object', required: ['type', 'actions'] },
    template: 'It may {actions}.',
    consent_remembered: true,
    client_credentials: true,
  });
  await setType('unused', { title: 'Unused', json_schema: { type: 'object' }, template: 'No.' });
  await setClient({ authorization_details_types: ['payment_initiation', 'account_information'] });
  config = await discover(acme, acme.web);
});

const asked = (...details: object[]) => ({ authorization_details: JSON.stringify(details) });
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

test('the metadata name the types [RFC 9396 10]', () => {
  expect(config.serverMetadata().authorization_details_types_supported).toEqual([
    'account_information',
    'payment_initiation',
    'unused',
  ]);
});

describe('what was asked for beside scopes', () => {
  test('is shown in the words of the type, and nothing in it is markup', async () => {
    const evil = { ...payment, creditorName: '<b>Shop</b>\u202E evil \u200B' };
    const url = authorizeUrl(acme.issuer, {
      ...requested(redirect_uri),
      client_id: 'web',
      ...asked(evil),
    });
    const browser = new Browser();
    const page = await browser.submit(await browser.open(new URL(url)), {
      username: 'ada',
      password: 'correct horse',
    });
    expect(page.html).toContain('Make a payment');
    expect(page.html).toContain('Pay 123.50 EUR to &lt;b&gt;Shop&lt;/b&gt; evil, and no more.');
  });

  test('is isolated where it is read from the right: no number beside it changes places [UAX 9 2.4]', async () => {
    const url = authorizeUrl(acme.issuer, {
      ...requested(redirect_uri),
      client_id: 'web',
      ...asked({ ...payment, creditorName: '\u05D0\u05D1 9' }),
    });
    const browser = new Browser();
    const page = await browser.submit(await browser.open(new URL(url)), {
      username: 'ada',
      password: 'correct horse',
    });
    expect(page.html).toContain('Pay 123.50 EUR to \u2068\u05D0\u05D1 9\u2069, and no more.');
  });

  test('is in the token response, the access token and introspection [RFC 9396 7, 9.1, 9.2]', async () => {
    const tokens = await obtainTokens(config, asked(payment, accounts));
    expect(tokens.authorization_details).toEqual([payment, accounts]);
    expect(claimsOf(tokens.access_token).authorization_details).toEqual([payment, accounts]);
    expect(
      (await client.tokenIntrospection(config, tokens.access_token)).authorization_details,
    ).toEqual([payment, accounts]);
  });

  test('comes by PAR and in a signed request as well [RFC 9126, RFC 9101]', async () => {
    const key = await makeKey('PS256');
    await addClient(acme.database, acme.tenant, 'signs', {
      jwks: setOf(key),
      redirect_uris: [redirect_uri],
      authorization_details_types: ['payment_initiation'],
    });
    const request = { ...requested(redirect_uri), authorization_details: [payment] };
    const browser = new Browser();
    const jwt = await signRequest(key, 'signs', acme.issuer, request);
    const page = await browser.open(
      new URL(authorizeUrl(acme.issuer, { client_id: 'signs', request: jwt })),
    );
    const shown = await browser.submit(page, { username: 'ada', password: 'correct horse' });
    expect(shown.html).toContain('Pay 123.50 EUR to Merchant A');
    const secret = { client_id: 'web', client_secret: acme.web.client_secret ?? '' };
    const good = requested(redirect_uri);
    expect((await push(acme.issuer, { ...good, ...secret, ...asked(payment) })).status).toBe(201);
    const wrong = { ...good, ...secret, ...asked({ type: 'none' }) };
    expect(await push(acme.issuer, wrong)).toMatchObject({
      status: 400,
      error: 'invalid_authorization_details',
    });
  });

  test('alone asks for no scope', async () => {
    const tokens = await obtainTokens(config, { scope: '', ...asked(payment) });
    expect(tokens.scope).toBeUndefined();
    const again = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(again.authorization_details).toEqual([payment]);
  });

  test('is asked for each time, unless the type is remembered', async () => {
    const browser = new Browser();
    await obtainTokens(config, asked(payment, accounts), browser);
    const silent = (...details: object[]) =>
      obtainTokens(config, { prompt: 'none', ...asked(...details) }, browser);
    expect((await silent(narrower)).authorization_details).toEqual([narrower]);
    await expect(silent(payment)).rejects.toMatchObject({ error: 'consent_required' });
    for (const more of [[{ ...accounts, actions: ['pay'] }], [accounts, accounts]]) {
      await expect(silent(...more)).rejects.toMatchObject({ error: 'consent_required' });
    }
  });
});

describe('a token request [RFC 9396 6]', () => {
  test('narrows, and gets no more than was granted', async () => {
    const { refresh_token = '' } = await obtainTokens(config, asked(payment, accounts));
    const refresh = (...details: object[]) =>
      client.refreshTokenGrant(config, refresh_token, asked(...details));
    for (const more of [
      { ...accounts, actions: ['list_accounts', 'pay'] },
      { ...accounts, actions: [] },
      { type: 'account_information', actions: ['list_accounts'] },
      { ...payment, creditorName: 'Merchant B' },
    ]) {
      await expect(refresh(more)).rejects.toMatchObject({ error: 'invalid_authorization_details' });
    }
    for (const twice of [
      [payment, payment],
      [accounts, narrower],
      [narrower, { ...accounts, actions: ['read_balances'] }],
    ]) {
      await expect(refresh(...twice)).rejects.toMatchObject({
        error: 'invalid_authorization_details',
      });
    }
    const less = await refresh(narrower);
    expect(less.authorization_details).toEqual([narrower]);
    const all = await client.refreshTokenGrant(config, less.refresh_token ?? '');
    expect(all.authorization_details).toEqual([payment, accounts]);
  });

  test('of a client for itself gets what is for clients too, once and with no scope', async () => {
    const own = await client.clientCredentialsGrant(config, asked(accounts));
    expect([own.authorization_details, own.scope]).toEqual([[accounts], undefined]);
    await expect(client.clientCredentialsGrant(config, asked(payment))).rejects.toMatchObject({
      error: 'invalid_authorization_details',
    });
  });

  test('for a resource gets the details whose locations name it [RFC 9396 2.2]', async () => {
    for (const resource of ['https://accounts.example', 'https://payments.example']) {
      await call(acme.database.worker, ops.resource_set, {
        tenant: acme.tenant,
        resource,
        title: resource,
        access_token_format: 'opaque',
      });
    }
    const at = (resource: string) =>
      obtainTokens(config, { resource, ...asked(payment, accounts) });
    expect((await at('https://accounts.example')).authorization_details).toEqual([
      payment,
      accounts,
    ]);
    const { access_token, authorization_details } = await at('https://payments.example');
    expect(authorization_details).toEqual([payment]);
    const state = await client.tokenIntrospection(config, access_token);
    expect(state.authorization_details).toEqual([payment]);
  });
});

describe('what is malformed, unknown or not allowed is invalid_authorization_details [RFC 9396 5]:', () => {
  const cases: [string, string][] = [
    ['no JSON', '[{'],
    ['no array', JSON.stringify(payment)],
    ['an empty array', '[]'],
    ['an array of text', '["payment_initiation"]'],
    ['no type', '[{"actions":["read"]}]'],
    ['a type that is no text', '[{"type":1}]'],
    ['an unknown type', '[{"type":"nothing"}]'],
    ['a type that is not the client’s', '[{"type":"unused"}]'],
    [
      'locations that are no array',
      '[{"type":"account_information","actions":[],"locations":"x"}]',
    ],
    ['actions with a number', '[{"type":"account_information","actions":[1]}]'],
    [
      'an identifier that is no text',
      '[{"type":"account_information","actions":[],"identifier":1}]',
    ],
    ['a member that is missing', JSON.stringify([{ type: 'payment_initiation' }])],
    ['a member that the type does not have', JSON.stringify([{ ...payment, more: 1 }])],
    ['a member of another type', JSON.stringify([{ ...payment, creditorName: 1 }])],
    [
      'a number that was rounded',
      '[{"type":"account_information","actions":[],"amount":{"minor":12345678901234567890}}]',
    ],
    ['half a surrogate pair', '[{"type":"account_information","actions":["\\ud800"]}]'],
    ['NUL', '[{"type":"account_information","actions":["\\u0000"]}]'],
    ['too many', JSON.stringify(Array.from({ length: 21 }, () => accounts))],
    [
      'too deep',
      `[{"type":"account_information","actions":[],"a":${'['.repeat(40)}${']'.repeat(40)}}]`,
    ],
  ];

  test.each(cases)('%s, at every endpoint', async (_what, authorization_details) => {
    const error = 'invalid_authorization_details';
    const sent = { ...requested(redirect_uri), client_id: 'web', authorization_details };
    const response = await new Browser().fetch(authorizeUrl(acme.issuer, sent));
    const answered = new URL(response.headers.get('location') ?? '').searchParams;
    expect([answered.get('error'), answered.get('state')]).toEqual([error, 'abc']);
    const client_secret = acme.web.client_secret ?? '';
    expect(await push(acme.issuer, { ...sent, client_secret })).toMatchObject({ error });
    await expect(
      client.clientCredentialsGrant(config, { authorization_details }),
    ).rejects.toMatchObject({ error });
  });
});

test('a type that is taken away is in no token any more, and nobody is cut off from the rest', async () => {
  await setType('passing', { title: 'Passing', json_schema: { type: 'object' }, template: 'All.' });
  const types = ['payment_initiation', 'account_information', 'passing'];
  await setClient({ authorization_details_types: types });
  const passing = { type: 'passing' };
  const tokens = await obtainTokens(config, asked(payment, passing));
  expect(tokens.authorization_details).toEqual([payment, passing]);
  await call(acme.database.worker, ops.authorization_details_type_remove, {
    tenant: acme.tenant,
    type: 'passing',
  });
  const state = await client.tokenIntrospection(config, tokens.access_token);
  expect(state.authorization_details).toEqual([payment]);
  const again = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
  expect(again.authorization_details).toEqual([payment]);
});

test('a schema that was changed is the one that counts, in every process', async () => {
  const changing = { title: 'Changing', template: 'Yes.' };
  await setType('changing', { ...changing, json_schema: { type: 'object' } });
  await setClient({
    authorization_details_types: ['payment_initiation', 'account_information', 'changing'],
  });
  await setType('changing', {
    ...changing,
    client_credentials: true,
    json_schema: { type: 'object' },
  });
  const own = () => client.clientCredentialsGrant(config, asked({ type: 'changing' }));
  await own();
  const json_schema = { type: 'object', required: ['purpose'] };
  await setType('changing', { ...changing, client_credentials: true, json_schema });
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'web',
    client_secret: acme.web.client_secret ?? '',
    ...asked({ type: 'changing' }),
  });
  const response = await fetch(`${acme.issuer}/oauth/token`, { method: 'POST', body });
  expect([response.status, await response.json()]).toMatchObject([
    503,
    { error: 'temporarily_unavailable' },
  ]);
});

test('the grant, its past and the audit say what was allowed', async () => {
  await obtainTokens(config, asked(payment));
  const { sql } = acme.database;
  const [grant] = await sql`
    select g.authorization_details from pgrant_report.active_grants g where g.client_id = 'web'`;
  expect(grant?.authorization_details).toContainEqual(payment);
  const [then] = await sql`
    select g.authorization_details from pgrant_report.grants_as_of(clock_timestamp()) g where g.client_id = 'web'`;
  expect(then?.authorization_details).toContainEqual(payment);
  const who = await sql`
    select w.username, w.client_id, w.scopes, w.since is not null as since
      from pgrant_report.who_could_access('payment_initiation', clock_timestamp()) w where w.client_id = 'web'`;
  expect([...who]).toEqual([{ username: 'ada', client_id: 'web', scopes: [], since: true }]);
  const events = await sql`
    select detail from pgrant_report.audit_events where action = 'consent.allow' and detail ? 'authorization_details'`;
  expect(events.length).toBeGreaterThan(0);
});

test('a page of consent is not answered for details by a browser that was not shown them', async () => {
  const browser = new Browser();
  const url = authorizeUrl(acme.issuer, {
    ...requested(redirect_uri),
    client_id: 'web',
    ...asked(payment),
  });
  const done = await proceed(browser, await browser.open(new URL(url)), 'deny');
  expect(new URL(done.url).searchParams.get('error')).toBe('access_denied');
});
