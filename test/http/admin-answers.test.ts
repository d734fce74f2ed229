// What the admin API answers to a change is what its OpenAPI document says: each operation that changes something, once.
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import * as client from 'openid-client';
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { adminOperations } from '../../src/endpoints/admin-api/admin-operation.ts';
import { type Acme, discover, obtainTokens, startAcme } from '../support/acme.ts';
import { addClient, addUser } from '../support/issuer.ts';

type Schema = { $ref?: string; allOf?: Schema[]; properties?: object };
type Described = {
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
};

let acme: Acme;
let resource: string;
let token: string;
let document: {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema> };
};
const ajv = new Ajv2020({ strict: false, allErrors: true });

beforeAll(async () => {
  acme = await startAcme();
  const { tenant, database } = acme;
  const { worker, sql } = database;
  ({ admin_enable: resource } = await call(worker, ops.admin_enable, { tenant }));
  const scopes = ['pgrant.admin', 'pgrant.admin.read'];
  const grant_types = ['client_credentials'];
  const made = await addClient(database, tenant, 'automation', { grant_types, scopes });
  token = (await client.clientCredentialsGrant(await discover(acme, made), { resource }))
    .access_token;
  await obtainTokens(await discover(acme, acme.web), { scope: 'openid' });
  await call(worker, ops.role_assign, { tenant, role: 'pgrant.admin', username: 'ada' });
  for (const name of ['fit', 'unfit']) {
    await addClient(database, tenant, name, { grant_types });
    await sql`
      insert into pgrant.developer_clients (tenant_id, client_id, developer_id, submitted_at)
      select u.tenant_id, ${name}, u.user_id, now() from pgrant.users u where u.username = 'ada'`;
  }
  await addUser(database, tenant, 'lost', 'a long password');
  await sql`
    insert into pgrant.totp_authenticators (tenant_id, user_id, sealed_secret, last_step)
    select u.tenant_id, u.user_id, 'x', 0 from pgrant.users u where u.username = 'lost'`;
  document = (await (await fetch(`${resource}/openapi.json`)).json()) as typeof document;
  formats.default(ajv);
  ajv.addSchema(document, 'api');
});

/** Every member that a schema knows; undefined where it takes any. */
function membersOf({ $ref, allOf = [], properties }: Schema): string[] | undefined {
  const of =
    $ref === undefined ? undefined : document.components.schemas[$ref.split('/').at(-1) ?? ''];
  const parts = [...(of ? [of] : []), ...allOf].map(membersOf);
  if (parts.length === 0) return properties && Object.keys(properties);
  return parts.includes(undefined) ? undefined : parts.flatMap((one) => one ?? []);
}

/** Does an operation, and gives the answer once it is as the document says. */
async function change(operation: string, named: Record<string, string>, body?: object) {
  const found = adminOperations.find((one) => one.operation === operation);
  const { method = '', path = '' } = found ?? {};
  const at = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(named[name] ?? ''));
  const response = await fetch(resource + at, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (body) {
    const wanted = document.paths[path]?.[method.toLowerCase()]?.requestBody?.content;
    const { schema = {} } = wanted?.['application/json'] ?? {};
    const validate = ajv.compile(schema);
    expect([operation, validate(body), validate.errors]).toEqual([operation, true, null]);
    const names = Object.keys(schema.properties ?? {});
    // Claims of a person who is added, and settings of a client, are in no list of arguments.
    const unnamed = Object.keys(body).filter((name) => !names.includes(name));
    expect([operation, unnamed]).toEqual([operation, operation === 'user_add' ? ['email'] : []]);
  }
  const text = await response.text();
  const { responses } = document.paths[path]?.[method.toLowerCase()] ?? { responses: {} };
  const [[status, described] = []] = Object.entries(responses);
  expect([operation, response.status, text]).toEqual([operation, Number(status), text]);
  const schema = described?.content?.['application/json']?.schema;
  if (schema === undefined) {
    expect([operation, text]).toEqual([operation, '']);
    return {};
  }
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const pointer = path.replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D');
  const validate = ajv.getSchema(
    `api#/paths/${pointer}/${method.toLowerCase()}/responses/${status}/content/application~1json/schema`,
  );
  const json = JSON.parse(text);
  expect([operation, validate?.(json), validate?.errors]).toEqual([operation, true, null]);
  const known = membersOf(schema);
  expect([operation, Object.keys(json).filter((name) => !known?.includes(name))]).toEqual([
    operation,
    [],
  ]);
  return json;
}

test('of every operation', async () => {
  const done: string[] = [];
  const said: Record<string, Record<string, string>> = {};
  const [client_id, username, role, scope] = ['robot', 'person', 'tutor', 'notes'];
  const api = 'https://notes.example/';
  const [grant] = await acme.database.sql`
    select grant_id from pgrant.grants g where g.client_id = 'web' and g.revoked_at is null`;
  const steps: [operation: string, named?: object, body?: object][] = [
    ['scope_add', {}, { scope, title: 'Notes' }],
    ['scope_set', { scope }, { title: 'Your notes' }],
    ['client_add', {}, { client_id, name: 'Robot', grant_types: ['client_credentials'] }],
    ['client_set', { client_id }, { name: 'Robot 2' }],
    ['client_secret_add', { client_id }, {}],
    [
      'client_secret_remove',
      {
        client_id,
        get secret_id() {
          return said.client_secret_add?.secret_id;
        },
      },
    ],
    ['client_disable', { client_id }],
    ['client_enable', { client_id }],
    ['client_revoke', { client_id }],
    ['client_remove', { client_id }],
    ['developer_client_approve', { client_id: 'fit' }],
    ['developer_client_suspend', { client_id: 'fit' }],
    ['developer_client_resume', { client_id: 'fit' }],
    ['developer_client_return', { client_id: 'unfit' }, { message: 'Not yet.' }],
    ['user_add', {}, { username, email: 'person@example.com' }],
    ['user_set', { username }, { name: 'Person' }],
    ['user_disable', { username }],
    ['user_enable', { username }],
    ['user_sign_out', { username }],
    ['second_factor_remove', { username: 'lost' }],
    ['role_add', {}, { role, title: 'Tutors' }],
    ['role_assign', { username, role }],
    ['role_withdraw', { username, role }],
    ['role_disable', { role }],
    ['role_enable', { role }],
    ['group_set', { group: 'staff' }, { title: 'Staff', roles: [role] }],
    ['group_member_add', { group: 'staff', username }],
    ['group_member_remove', { group: 'staff', username }],
    ['user_remove', { username }],
    ['resource_add', {}, { resource: api, title: 'Notes' }],
    ['resource_set', { resource: api }, { title: 'Notes 2' }],
    ['resource_remove', { resource: api }],
    ['credential_add', {}, { name: 'Key', username: 'ada', permissions: ['pgrant.admin'] }],
    ['webhook_add', {}, { name: 'hook', url: 'https://hooks.example/' }],
    ['webhook_set', { name: 'hook' }, { url: 'https://hooks.example/in' }],
    ['webhook_secret', { name: 'hook' }, {}],
    ['webhook_test', { webhook: 'hook' }, {}],
    ['webhook_resend', { webhook: 'hook' }, {}],
    ['webhook_disable', { name: 'hook' }],
    ['webhook_enable', { name: 'hook' }],
    ['webhook_remove', { name: 'hook' }],
    [
      'upstream_add',
      {},
      {
        name: 'corp',
        kind: 'oidc',
        issuer: 'https://id.example',
        client_id: 'x',
        client_secret: 'y',
      },
    ],
    ['upstream_set', { name: 'corp' }, { title: 'Corp' }],
    ['upstream_disable', { name: 'corp' }],
    ['upstream_enable', { name: 'corp' }],
    ['upstream_remove', { name: 'corp' }],
    ['key_add', {}, { alg: 'ES256' }],
    ['settings_set', {}, { title: 'Acme' }],
    ['grant_revoke', { grant_id: grant?.grant_id }],
  ];
  for (const [operation, named = {}, body] of steps) {
    said[operation] = await change(operation, named as Record<string, string>, body);
    done.push(operation);
  }
  const changes = adminOperations.filter(({ effect }) => effect !== 'read');
  expect(done.toSorted()).toEqual(changes.map(({ operation }) => operation).toSorted());
});
