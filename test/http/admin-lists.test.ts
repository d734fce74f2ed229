// Every list of the admin API, as its OpenAPI document has them: followed by Link it has each row once [RFC 8288].
import { randomBytes } from 'node:crypto';
import * as client from 'openid-client';
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, discover, obtainTokens, password, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { addClient } from '../support/issuer.ts';

type Row = Record<string, unknown>;
type Parameter = { name: string; in: string };
type Listed = {
  operationId: string;
  parameters?: Parameter[];
  responses: Record<string, { headers?: object; content?: Record<string, { schema: object }> }>;
};

let acme: Acme;
let resource: string;
let token: string;

async function request(method: string, path: string, body?: object) {
  const response = await fetch(`${resource}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect([method, path, response.ok]).toEqual([method, path, true]);
  const text = await response.text();
  const items = (text === '' ? [] : JSON.parse(text).items) as Row[];
  const next = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
  return { items, next: next?.slice(resource.length) };
}

/** Five and more of everything, all of one moment where a list goes by time. */
beforeAll(async () => {
  acme = await startAcme();
  const { tenant, database } = acme;
  const { worker, sql } = database;
  ({ admin_enable: resource } = await call(worker, ops.admin_enable, { tenant }));
  const scopes = ['pgrant.admin', 'pgrant.admin.read'];
  const grant_types = ['client_credentials'];
  const made = await addClient(database, tenant, 'automation', { grant_types, scopes });
  const config = await discover(acme, made);
  token = (await client.clientCredentialsGrant(config, { resource })).access_token;

  await request('POST', '/scopes', { scope: 'notes', title: 'Notes' });
  await call(worker, ops.client_set, { tenant, client_id: 'web', settings: { scopes: null } });
  const browser = new Browser();
  await obtainTokens(await discover(acme, acme.web), { scope: 'openid notes' }, browser);
  await new Browser()
    .open(`${acme.issuer}/oauth/account`)
    .then((page) => browser.submit(page, { username: 'ada', password }));
  await request('PUT', '/users/ada/roles/pgrant.admin.read');
  await request('POST', '/webhooks', { name: 'hook', url: 'https://hooks.example/' });
  for (const n of [1, 2, 3, 4, 5]) {
    const id = { client_id: `machine-${n}`, name: `Machine ${n}` };
    await request('POST', '/clients', { ...id, grant_types, scopes: ['notes'] });
    await request('POST', '/users', { username: `person-${n}` });
    await request('PUT', `/users/person-${n}/roles/pgrant.admin.read`);
    const permissions = ['pgrant.admin.read'];
    await request('POST', '/credentials', { name: `Key ${n}`, username: 'ada', permissions });
    await request('POST', '/webhooks/hook/test', {});
    const session = { session_hash: hex(32), session_id: crypto.randomUUID() };
    await sql`
      insert into pgrant.sessions select (jsonb_populate_record(s, ${sql.json(session)})).* from pgrant.sessions s
       where s.session_hash = (select min(o.session_hash) from pgrant.sessions o where o.ended_at is null)`;
    const grant = { grant_id: crypto.randomUUID() };
    await sql`
      insert into pgrant.grant_history select (jsonb_populate_record(h, ${sql.json(grant)})).* from pgrant.grant_history h
       where h.client_id = 'web' order by h.grant_id limit 1`;
  }
  await sql`
    insert into pgrant.grants (tenant_id, user_id, client_id, scopes, consent_expires_at, expires_at)
    select u.tenant_id, u.user_id, 'native', '{openid}', now() + interval '1 day', now() + interval '1 day'
      from pgrant.users u where u.tenant_id = ${tenant} and u.username like 'person-%'`;
  await sql`
    insert into pgrant.developer_clients (tenant_id, client_id, developer_id, submitted_at)
    select u.tenant_id, c.client_id, u.user_id, now() from pgrant.users u, pgrant.clients c
     where u.username = 'ada' and u.tenant_id = ${tenant} and c.tenant_id = u.tenant_id and c.client_id like 'machine-%'`;
});

const hex = (bytes: number) => `\\x${randomBytes(bytes).toString('hex')}`;

test('every list that takes a limit goes on where Link says, until each row was there once; every other is whole', async () => {
  const { paths } = (await (await fetch(`${resource}/openapi.json`)).json()) as {
    paths: Record<string, { get?: Listed }>;
  };
  const followed: string[] = [];
  for (const [path, { get }] of Object.entries(paths)) {
    const schema = get?.responses['200']?.content?.['application/json']?.schema;
    if (!get || !JSON.stringify(schema ?? {}).includes('"items":{"type":"array"')) continue;
    const at = path
      .replace('{client_id}', 'web')
      .replace('{username}', 'ada')
      .replace('{webhook}', 'hook')
      .replace('{role}', 'pgrant.admin.read')
      .replace('{what}', 'notes')
      .replace(/explain\/ada$/, 'explain/ada?scopes=openid');
    const isPaged = get.parameters?.some(({ name }) => name === 'limit') ?? false;
    const says = 'Link' in (get.responses['200']?.headers ?? {});
    expect([path, says]).toEqual([path, isPaged]);
    const all = await request('GET', isPaged ? `${at}?limit=200` : at);
    expect([path, all.next]).toEqual([path, undefined]);
    if (!isPaged) continue;
    followed.push(get.operationId);
    expect([path, all.items.length >= 5]).toEqual([path, true]);
    for (const limit of [1, 2]) {
      const rows: Row[] = [];
      let next: string | undefined = `${at}?limit=${limit}`;
      while (next && rows.length <= all.items.length) {
        const page = await request('GET', next);
        expect([path, page.items.length]).toEqual([path, page.next ? limit : page.items.length]);
        rows.push(...page.items);
        next = page.next;
      }
      expect([path, limit, rows]).toEqual([path, limit, all.items]);
    }
    expect([path, new Set(all.items.map((row) => JSON.stringify(row))).size]).toEqual([
      path,
      all.items.length,
    ]);
  }
  expect(followed.toSorted()).toEqual([
    'access_list',
    'audit_list',
    'client_list',
    'credential_list',
    'delivery_list',
    'developer_client_list',
    'grant_list',
    'role_user_list',
    'user_list',
    'user_session_list',
  ]);
});
