// The admin API: who gets in, what is answered, and that its OpenAPI document says so.
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { ask, call } from '../../src/db/call.ts';
import { adminOperations } from '../../src/endpoints/admin-api/admin-operation.ts';
import { type Acme, discover, obtainTokens, startAcme } from '../support/acme.ts';
import { addClient } from '../support/issuer.ts';

let acme: Acme;
let resource: string;
let token: string;
let readToken: string;

beforeAll(async () => {
  acme = await startAcme();
  const { tenant } = acme;
  // All of it comes from one address, and fast.
  await call(acme.database.worker, ops.tenant_set, { tenant, settings: { refusal_limit: 10_000 } });
  ({ admin_enable: resource } = await call(acme.database.worker, ops.admin_enable, { tenant }));
  token = await tokenOf('automation', ['pgrant.admin', 'pgrant.admin.read']);
  readToken = await tokenOf('monitor', ['pgrant.admin.read']);
});

/** The token of a client that an operator gave these roles. */
async function tokenOf(client_id: string, scopes: string[]) {
  const grant_types = ['client_credentials'];
  const made = await addClient(acme.database, acme.tenant, client_id, { grant_types, scopes });
  const config = await discover(acme, made);
  const { access_token } = await client.clientCredentialsGrant(config, { resource });
  return access_token;
}

type Asked = { body?: unknown; as?: string | undefined; headers?: Record<string, string> };

async function request(method: string, path: string, { body, as = token, headers }: Asked = {}) {
  const response = await fetch(`${resource}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${as}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = text === '' ? undefined : JSON.parse(text);
  return { status: response.status, headers: response.headers, json };
}

describe('who gets in', () => {
  test('no token, a wrong one and one for another audience are 401 with a challenge [RFC 6750 3, RFC 8707 2]', async () => {
    const bare = await fetch(`${resource}/clients`);
    expect(bare.status).toBe(401);
    expect(bare.headers.get('www-authenticate')).toMatch(/^Bearer realm="[^"]+"$/);
    expect(bare.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect((await request('GET', '/clients', { as: 'pgrant_at_x' })).status).toBe(401);
    const config = await discover(acme, acme.web);
    const { access_token } = await client.clientCredentialsGrant(config, {});
    const refused = await request('GET', '/clients', { as: access_token });
    expect(refused.status).toBe(401);
    expect(refused.json).toMatchObject({
      type: 'about:blank',
      status: 401,
      error: 'invalid_token',
    });
  });

  test('a client gets the scopes of admins by name only, and never without a list', async () => {
    const config = await discover(acme, acme.web);
    const { scope } = await client.clientCredentialsGrant(config, { resource });
    expect(scope ?? '').not.toContain('pgrant.admin');
  });

  test('that a tenant has an admin API changes nothing for clients that name other resources', async () => {
    const config = await discover(acme, acme.web);
    const elsewhere = { resource: 'https://api.example.com' };
    expect((await client.clientCredentialsGrant(config, elsewhere)).access_token).toBeTruthy();
    const both = client.clientCredentialsGrant(config, { resource: `${resource}/x` });
    expect((await both).access_token).toBeTruthy();
  });

  test('a token without a scope of admins finds nothing at any operation, nor does a plain person', async () => {
    const plain = await tokenOf('plain', ['email']);
    const config = await discover(acme, acme.web);
    const person = await obtainTokens(config, { scope: 'openid pgrant.admin', resource });
    for (const { method, path } of adminOperations) {
      const at = path.replaceAll(/\{\w+\}/g, 'web');
      for (const as of [plain, person.access_token]) {
        const body = ['GET', 'DELETE'].includes(method) ? {} : { body: {} };
        const { status } = await request(method, at, { as, ...body });
        expect([method, path, status]).toEqual([method, path, 404]);
      }
    }
  });

  test('a client that registered itself finds nothing either, whatever role its token has', async () => {
    const as = await tokenOf('stranger', ['pgrant.admin']);
    expect((await request('GET', '/clients', { as })).status).toBe(200);
    await acme.database.sql`
      update pgrant.clients
         set registered_at = now(), expires_at = now() + interval '1 day', registration_token_hash = sha256('x')
       where client_id = 'stranger'`;
    for (const [method, path] of [
      ['GET', '/clients'],
      ['DELETE', '/clients/web'],
    ] as const) {
      expect((await request(method, path, { as })).status).toBe(404);
    }
  });

  test('a token that may only see is not found at what changes something', async () => {
    for (const { method, path, effect, operation } of adminOperations) {
      const at = path.replaceAll(/\{\w+\}/g, 'web');
      const answer = await ask(acme.database.web, api.admin_call, {
        ...(await asked(readToken)),
        operation,
        arguments: {},
      });
      if (effect === 'read')
        expect([at, (answer as { reason: string }).reason]).not.toContain(
          'no such operation for this token',
        );
      else expect([method, at, answer.error]).toEqual([method, at, 'not_found']);
    }
  });

  test('at the console a plain person finds no operation, and one who may only see none that changes something', async () => {
    const { worker, web } = acme.database;
    const role = 'pgrant.admin.read';
    const asAda = async (operation: string) => {
      const operations = [operation];
      const { tenant } = acme;
      const from = { tenant, request_id: 'r-2', address: '127.0.0.1' };
      const given = {
        ...from,
        ...(await sessionOfAda()),
        csrf_hash: null,
        form_hash: null,
        versions: null,
        arguments: [{}],
      };
      return (await ask(web, api.admin_page, { ...given, operations })).error;
    };
    for (const { operation } of adminOperations) {
      expect([operation, await asAda(operation)]).toEqual([operation, 'not_found']);
    }
    await call(worker, ops.role_assign, { tenant: acme.tenant, role, username: 'ada' });
    for (const { operation, effect } of adminOperations) {
      const error = effect === 'read' ? null : 'not_found';
      expect([operation, await asAda(operation)]).toEqual([operation, error]);
    }
    await call(worker, ops.role_withdraw, { tenant: acme.tenant, role, username: 'ada' });
  });

  test('every function of the web process that is for admins asks who is one, and before all else', async () => {
    const rows = await acme.database.sql`
      select p.proname, p.prosrc from pg_proc p
       where p.pronamespace = 'pgrant_api'::regnamespace and p.proname like 'admin\_%' order by 1`;
    expect(rows.map(({ proname }) => proname)).toEqual(['admin_call', 'admin_find', 'admin_page']);
    for (const { prosrc } of rows) {
      const [, first, second] = /begin\s+([^;]+);\s+([^;]+);/.exec(prosrc) ?? [];
      expect(first).toMatch(/pgrant_rules\.enter\(/);
      expect(second).toMatch(/pgrant_rules\.admin_(by_session|by_token|of_token)\(/);
    }
  });

  test('a person with the role administers by a client that they allowed to, until it is withdrawn', async () => {
    const { worker } = acme.database;
    const at = { tenant: acme.tenant, role: 'pgrant.admin', username: 'ada' };
    await call(worker, ops.role_assign, at);
    const config = await discover(acme, acme.web);
    const asked = { scope: 'openid pgrant.admin', resource };
    const { access_token: as } = await obtainTokens(config, asked);
    expect((await request('GET', '/settings', { as })).status).toBe(200);
    await call(worker, ops.role_withdraw, at);
    expect((await request('GET', '/settings', { as })).status).toBe(404);
  });
});

/** The session that ada signed in with last. */
async function sessionOfAda() {
  const [row] = await acme.database.sql`
    select s.session_hash, extract(epoch from s.expires_at)::int as expires_at from pgrant.sessions s
      join pgrant.users u using (tenant_id, user_id) where u.username = 'ada' and s.ended_at is null
     order by s.auth_time desc limit 1`;
  return { session_hash: row?.session_hash as Buffer, session_expires_at: row?.expires_at };
}

type Described = {
  operationId: string;
  requestBody?: { content: { 'application/json': { schema: { properties: object } } } };
};

/** The document, as anybody gets it. */
async function openapi() {
  const response = await fetch(`${resource}/openapi.json`);
  return (await response.json()) as {
    paths: Record<string, Record<string, Described>>;
  };
}

async function asked(as: string) {
  const payload = JSON.parse(Buffer.from(as.split('.')[1] ?? '', 'base64url').toString());
  return {
    tenant: acme.tenant,
    request_id: 'r-1',
    address: '127.0.0.1',
    possession: null,
    access_hash: null,
    access_expires_at: null,
    jwt: { ...payload, aud: [payload.aud].flat() },
    if_match: null,
    idempotency_hash: null,
    content_hash: null,
    secret_salt: null,
  };
}

describe('what it does', () => {
  test('a client is added, seen, changed, disabled and removed; its secret works', async () => {
    const added = await request('POST', '/clients', {
      body: { name: 'Reports', grant_types: ['client_credentials'], scopes: ['email'] },
    });
    expect(added.status).toBe(201);
    const { client_id, client_secret } = added.json;
    const config = await discover(acme, { client_id, client_secret });
    await client.clientCredentialsGrant(config, {});
    const at = `/clients/${client_id}`;
    expect((await request('PATCH', at, { body: { name: 'Reports 2' } })).json.name).toBe(
      'Reports 2',
    );
    expect((await request('POST', `${at}/disable`)).status).toBe(204);
    await expect(client.clientCredentialsGrant(config, {})).rejects.toMatchObject({
      error: 'invalid_client',
    });
    expect((await request('DELETE', at)).status).toBe(204);
    expect((await request('GET', at)).status).toBe(404);
  });

  test('what it refuses it names, by the rules of the command line', async () => {
    const wrong = await request('POST', '/clients', {
      body: { name: 'x', redirect_uris: ['http://evil.example/'] },
    });
    expect(wrong.json).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(wrong.json.detail).toContain('redirect_uris must be');
    const unknown = await request('PATCH', '/clients/web', { body: { nmae: 'x' } });
    expect(unknown.json.detail).toContain('there is no client setting nmae');
    const taken = await request('POST', '/users', { body: { username: 'ada' } });
    expect(taken.json).toMatchObject({ status: 409, error: 'already_exists' });
    for (const title of [5, true, ['x']]) {
      const { json } = await request('POST', '/resources', {
        body: { resource: 'https://typed.example', title },
      });
      expect(json.detail).toMatch(/^title must be text, not /);
    }
    expect((await request('GET', '/grants?grant=1')).status).toBe(400);
    expect((await request('GET', '/clients?limit=0')).status).toBe(400);
    expect((await request('PUT', '/clients')).status).toBe(405);
    expect((await request('GET', '/nothing')).status).toBe(404);
  });

  test('what PostgreSQL keeps in no text is refused in words', async () => {
    const { json } = await request('GET', '/audit?client_id=a%00');
    expect(json).toMatchObject({ status: 400, detail: expect.stringContaining('NUL') });
  });

  test('settings of the operator are not the admin’s to change', async () => {
    const { json } = await request('PATCH', '/settings', {
      body: { trusted_networks: ['0.0.0.0/0'] },
    });
    expect(json).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(
      (await request('PATCH', '/settings', { body: { code_lifetime: 30 } })).json.code_lifetime,
    ).toBe(30);
  });

  test('a list goes on where Link says, and has everything once [RFC 8288]', async () => {
    const post = async (path: string, body: object) =>
      expect([path, Math.floor((await request('POST', path, { body })).status / 100)]).toEqual([
        path,
        2,
      ]);
    const permissions = ['pgrant.admin.read'];
    for (const n of [1, 2, 3, 4]) {
      await post('/users', { username: `page-${n}` });
      await request('PUT', `/users/page-1/roles/${permissions}`);
      await post('/credentials', { name: `page-${n % 2}`, username: 'page-1', permissions });
    }
    await post('/webhooks', { name: 'pages', url: 'https://hooks.example/' });
    for (const _ of [1, 2, 3, 4]) await post('/webhooks/pages/test', {});
    for (const [path, key] of [
      ['/users?search=page-', 'username'],
      ['/credentials?username=page-1', 'client_id'],
      ['/webhooks/pages/deliveries?state=pending', 'event_id'],
    ] as const) {
      const seen: string[] = [];
      let next: string | undefined = `${path}&limit=3`;
      while (next) {
        const { json, headers } = await request('GET', next);
        seen.push(...json.items.map((item: Record<string, string>) => item[key]));
        next = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1]?.slice(resource.length);
      }
      const whole = (await request('GET', path)).json.items;
      expect([path, whole.length, seen]).toEqual([
        path,
        4,
        whole.map((item: Record<string, string>) => item[key]),
      ]);
      // As many as there are on a page: no other comes behind it.
      const exact = await request('GET', `${path}&limit=4`);
      expect([exact.json.items.length, exact.headers.get('link')]).toEqual([4, null]);
    }
    expect((await request('DELETE', '/webhooks/pages')).status).toBe(204);

    // Of a client that many have allowed, and of one that few have.
    const { tenant, database } = acme;
    await database.sql`
      with people as (
        insert into pgrant.users (tenant_id, username) select ${tenant}, 'crowd-' || i from generate_series(1, 1101) i returning user_id)
      insert into pgrant.grants (tenant_id, user_id, client_id, scopes, consent_expires_at, expires_at)
      select ${tenant}, p.user_id, c.client_id, '{openid}', now() + interval '1 day', now() + interval '1 day'
        from (select user_id, row_number() over () as n from people) p
        join (values ('monitor', 1101), ('automation', 250)) c (client_id, most) on p.n <= c.most`;
    for (const [client_id, count] of [
      ['monitor', 1101],
      ['automation', 250],
    ] as const) {
      const seen = new Set<string>();
      let next: string | undefined = `/grants?client_id=${client_id}&limit=200`;
      while (next) {
        const { json, headers } = await request('GET', next);
        for (const one of json.items) seen.add(`${one.client_id} ${one.grant_id}`);
        next = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1]?.slice(resource.length);
      }
      expect([
        client_id,
        [...seen].filter((one) => one.startsWith(`${client_id} `)).length,
      ]).toEqual([client_id, count]);
    }
    const largest = await request('GET', '/users?search=crowd-&limit=200');
    expect([largest.json.items.length, largest.headers.get('link')]).toEqual([
      200,
      expect.stringContaining('rel="next"'),
    ]);
    const of = async (query: string) =>
      (await request('GET', `/grants?${query}`)).json.items.length;
    expect(await of('username=crowd-1')).toBe(2);
    expect(await of('username=CROWD-1&client_id=monitor')).toBe(1);
    expect(await of('username=nobody')).toBe(0);
    await database.sql`delete from pgrant.users where username like 'crowd-%'`;
  });

  test('a change is made to the state that If-Match names, and to no other [RFC 9110 13.1.1]', async () => {
    const { headers } = await request('GET', '/clients/native');
    const etag = headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
    const change = (name: string) =>
      request('PATCH', '/clients/native', { body: { name }, headers: { 'if-match': etag } });
    const [first, second] = await Promise.all([change('One'), change('Two')]);
    expect([first.status, second.status].sort()).toEqual([200, 412]);
    const weak = { 'if-match': `W/${etag}` };
    expect((await request('PATCH', '/clients/native', { body: {}, headers: weak })).status).toBe(
      412,
    );
    const now = (await request('GET', '/clients/native')).headers.get('etag') ?? '';
    expect(
      (await request('GET', '/clients/native', { headers: { 'if-none-match': now } })).status,
    ).toBe(304);
  });

  test('what is repeated under an Idempotency-Key is done once, and the secret is given again [draft-ietf-httpapi-idempotency-key-header 2]', async () => {
    const headers = { 'idempotency-key': '"8e03978e-40d5-43dd-bc93-6894a57f9324"' };
    const body = { name: 'Once', grant_types: ['client_credentials'] };
    const add = () => request('POST', '/clients', { body, headers });
    const [first, second] = await Promise.all([add(), add()]);
    expect(first.status).toBe(201);
    expect(second.json).toEqual(first.json);
    await client.clientCredentialsGrant(await discover(acme, second.json), {});
    const { json } = await request('GET', '/clients?search=once');
    expect(json.items).toHaveLength(1);
    const other = await request('POST', '/clients', { body: { name: 'Other' }, headers });
    expect(other.json).toMatchObject({ status: 422, error: 'idempotency_key_reused' });
    // The key is of whoever used it.
    const another = await tokenOf('another', ['pgrant.admin']);
    expect(
      (await request('POST', '/clients', { body, headers, as: another })).json.client_id,
    ).not.toBe(first.json.client_id);
  });

  test('an API is registered, seen, changed as a whole and removed, as by the command line [RFC 8707]', async () => {
    const body = { resource: 'https://API.example.com/files/', title: 'Files', scopes: ['openid'] };
    const added = await request('POST', '/resources', { body });
    const uri = 'https://api.example.com/files';
    expect([added.status, added.json]).toMatchObject([201, { resource: uri, scopes: ['openid'] }]);
    const twice = await request('POST', '/resources', { body });
    expect([twice.status, twice.json.detail]).toEqual([409, `there is a resource ${uri} already`]);
    const at = `/resources/${encodeURIComponent(uri)}`;
    const seen = await request('GET', at);
    expect(seen.json).toEqual(added.json);
    const refusals = [
      [
        { title: 'Files', access_token_format: 'saml' },
        'access_token_format must be jwt or opaque',
      ],
      [{ title: 'Files', scopes: ['nothing'] }, 'the tenant has no scope nothing'],
      [{ title: 'Files', audiences: [resource] }, 'audiences must be'],
      [{}, 'title is missing'],
    ] as const;
    for (const [wrong, words] of refusals) {
      const { status, json } = await request('PUT', at, { body: wrong });
      expect([words, Math.floor(status / 100), json.detail]).toEqual([
        words,
        4,
        expect.stringContaining(words),
      ]);
    }
    const headers = { 'if-match': seen.headers.get('etag') ?? '' };
    const changed = { title: 'My files', access_token_lifetime: 300 };
    const set = await request('PUT', at, { body: changed, headers });
    expect([set.status, set.json]).toMatchObject([200, { ...changed, scopes: null }]);
    expect((await request('PUT', at, { body: changed, headers })).status).toBe(412);
    const taken = { default_resource: uri };
    expect((await request('PATCH', '/clients/monitor', { body: taken })).status).toBe(200);
    const needed = await request('DELETE', at);
    expect([needed.status, needed.json.detail]).toEqual([
      400,
      `${uri} is the default_resource of the client monitor`,
    ]);
    await request('PATCH', '/clients/monitor', { body: { default_resource: null } });
    expect((await request('DELETE', at)).status).toBe(204);
    expect((await request('GET', at)).status).toBe(404);
    const events = await acme.database.sql`
      select action, actor from pgrant.audit_events
       where action like 'resource.%' and detail ->> 'resource' = ${uri} order by at`;
    const actor = { client_id: 'automation' };
    const actions = ['resource.set', 'resource.set', 'resource.remove'];
    expect(events).toMatchObject(actions.map((action) => ({ action, actor })));
  });

  test('the audit names the client or person that administered', async () => {
    await request('POST', '/users/ada/sign-out');
    const { json } = await request('GET', '/audit?action=session.end&limit=1');
    expect(json.items[0]).toMatchObject({
      action: 'session.end',
      username: 'ada',
      actor: { client_id: 'automation', role: expect.any(String) },
      request_id: expect.any(String),
      address: expect.stringContaining('127.0.0.1'),
    });
    const reported = await acme.database.sql`
      select actor_client_id, actor_user_id from pgrant_report.audit_events
       where request_id = ${json.items[0].request_id} and action = 'session.end'`;
    expect([...reported]).toEqual([{ actor_client_id: 'automation', actor_user_id: null }]);
  });

  test('keys are rotated', async () => {
    const before = (await request('GET', '/keys')).json.items.length;
    expect((await request('POST', '/keys', { body: { alg: 'ES256' } })).status).toBe(201);
    expect((await request('GET', '/keys')).json.items).toHaveLength(before + 1);
  });
});

describe('its OpenAPI document', () => {
  test('is valid OpenAPI 3.1, and has every operation once [OpenAPI 3.1.0]', async () => {
    const document = await openapi();
    const { valid, errors } = await new Validator().validate(document);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(ids.toSorted()).toEqual(adminOperations.map(({ operation }) => operation).toSorted());
  });

  test('says of every change what can be set, and of a secret only what it is made with', async () => {
    const { paths } = await openapi();
    const bodies = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { requestBody }]) => {
        const schema = requestBody?.content['application/json'].schema;
        return schema ? [[`${method} ${path}`, Object.keys(schema.properties)] as const] : [];
      }),
    );
    expect(bodies.filter(([, names]) => names.length === 0)).toEqual([]);
    expect(Object.fromEntries(bodies)).toMatchObject({
      'patch /scopes/{scope}': expect.arrayContaining(['title', 'for_developers', 'title#de']),
      'patch /webhooks/{name}': ['dead_letter_lifetime', 'event_types', 'url'],
      'patch /users/{username}': expect.arrayContaining(['username', 'subject', 'claims', 'email']),
      'put /resources/{resource}': expect.arrayContaining(['title', 'scopes', 'audiences']),
      'post /clients/{client_id}/secrets': ['lifetime', 'retire_others_after'],
    });
  });

  test('says of every answer what it is', async () => {
    const document = await openapi();
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    formats.default(ajv);
    ajv.addSchema(document, 'api');
    await acme.database.sql`
      insert into pgrant.developer_clients (tenant_id, client_id, developer_id, submitted_at)
      select u.tenant_id, 'web', u.user_id, now() from pgrant.users u where u.username = 'ada'`;
    const webhook = { name: 'hook', url: 'https://hooks.example/' };
    expect((await request('POST', '/webhooks', { body: webhook })).status).toBe(201);
    expect((await request('POST', '/webhooks/hook/test')).status).toBe(200);
    const group = { title: 'Crew', roles: [] };
    expect((await request('PUT', '/groups/crew', { body: group })).status).toBeLessThan(300);
    const provider = {
      name: 'hook',
      kind: 'oidc',
      issuer: 'https://id.company.example',
      client_id: 'pgrant',
    };
    const unsealed = await request('POST', '/identity-providers', { body: provider });
    expect(unsealed.json).toMatchObject({
      status: 400,
      detail: 'the upstream has no client_secret',
    });
    const body = { ...provider, client_secret: 'hunter2' };
    const sealed = await request('POST', '/identity-providers', { body });
    expect([sealed.status, sealed.json.has_secrets]).toEqual([201, true]);
    expect(JSON.stringify(sealed.json)).not.toContain('hunter2');
    const reads: [path: string, asked: string][] = adminOperations
      .filter(({ effect }) => effect === 'read')
      .map(({ path }) => [
        path,
        path
          .replace('{client_id}', 'web')
          .replace('{username}', 'ada')
          .replace('{name}', 'hook')
          .replace('{webhook}', 'hook')
          .replace('{role}', 'pgrant.admin')
          .replace('{group}', 'crew')
          .replace('{scope}', 'openid')
          .replace('{what}', 'openid')
          .replace('{resource}', encodeURIComponent(resource))
          .replace(/explain\/ada$/, 'explain/ada?scopes=openid+email'),
      ]);
    for (const [path, asked] of reads) {
      const { status, json } = await request('GET', asked);
      expect([asked, status]).toEqual([asked, 200]);
      const pointer = path.replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D');
      const validate = ajv.getSchema(
        `api#/paths/${pointer}/get/responses/200/content/application~1json/schema`,
      );
      validate?.(json);
      expect([asked, validate?.errors ?? null]).toEqual([asked, null]);
    }
    const validate = ajv.getSchema('api#/components/schemas/problem');
    expect(validate?.((await request('GET', '/clients/none')).json)).toBe(true);
  });
});
