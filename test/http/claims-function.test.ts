// Claims that a function of the tenant's own adds, as its page shows one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, discover, obtainTokens, startAcme } from '../support/acme.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'sql/functions/options/claims-function/README.md'), 'utf8');
const [, example = ''] = /```sql\n(.*?)```/s.exec(readme) ?? [];

let acme: Acme;
let config: client.Configuration;

beforeAll(async () => {
  acme = await startAcme();
  config = await discover(acme, acme.web);
  const { sql } = acme.database;
  await sql.unsafe(example);
  await sql`insert into acme_claims.plans
            select user_id, 'gold', 7 from pgrant.users where username = 'ada'`;
  await call(acme.database.worker, ops.scope_add, {
    tenant: acme.tenant,
    scope: 'billing',
    title: 'See what you pay',
    description: '',
  } as never);
  await set({ claims_function: 'acme_claims.for_user' });
});

const set = (settings: Record<string, unknown>) =>
  call(acme.database.worker, ops.tenant_set, {
    tenant: acme.tenant,
    settings: settings as never,
  });

async function told(scope = 'openid') {
  const tokens = await obtainTokens(config, { scope });
  const sub = tokens.claims?.sub ?? '';
  return {
    id_token: tokens.claims as unknown as Record<string, unknown>,
    access_token: decodeJwt(tokens.access_token),
    userinfo: await client.fetchUserInfo(config, tokens.access_token, sub),
    introspection: await client.tokenIntrospection(config, tokens.access_token),
  };
}

/** Replaces the function by one with this body. */
async function replace(body: string, more = '') {
  await acme.database.sql.unsafe(`
    create or replace function acme_claims.for_user(p_tenant uuid, p_user_id uuid, p_client_id text, p_scopes text[])
    returns jsonb language plpgsql volatile ${more} as $$ begin ${body} end $$`);
}

async function faults() {
  const rows = await acme.database.sql`
    select reason from pgrant.audit_events where action = 'claims.fail' order by at`;
  return rows.map(({ reason }) => reason);
}

const forgetFaults = () => acme.database.sql`delete from pgrant.counters`;

describe('the function of the page', () => {
  test('adds its claims at userinfo, each with the scope that it wants', async () => {
    const plain = await told();
    expect(plain.userinfo).toEqual({ sub: plain.id_token.sub, plan: 'gold' });
    for (const other of [plain.id_token, plain.access_token, plain.introspection]) {
      expect(other).not.toHaveProperty('plan');
    }
    expect((await told('openid billing')).userinfo).toMatchObject({ plan: 'gold', seats: 7 });
  });

  test('adds them to ID tokens, access tokens and introspection where the tenant says so', async () => {
    await set({ claims_function_targets: ['id_token', 'access_token'] });
    const { userinfo, ...others } = await told('openid billing');
    expect(userinfo).not.toHaveProperty('plan');
    for (const other of Object.values(others))
      expect(other).toMatchObject({ plan: 'gold', seats: 7 });
    const machine = await client.clientCredentialsGrant(config);
    expect(decodeJwt(machine.access_token)).not.toHaveProperty('plan');
    await set({ claims_function_targets: ['userinfo'] });
  });
});

describe('a function', () => {
  test('replaces nothing, and adds nothing that is empty', async () => {
    await set({ claims_function_targets: ['userinfo', 'id_token', 'access_token'] });
    await replace(`return '{"sub": "eve", "iss": "x", "aud": "x", "acr": "9", "scope": "all", "family_id": "x", "active": false,
      "email": "eve@example.com", "email_verified": true, "roles": ["root"], "permissions": ["root"], "org_id": "x",
      "groups": ["root"], "none": null, "empty": "", "good": [1, {"a": true}]}';`);
    const { userinfo, id_token, access_token, introspection } = await told();
    expect(userinfo).toEqual({ sub: id_token.sub, good: [1, { a: true }] });
    for (const one of [id_token, access_token, introspection]) {
      expect(JSON.stringify(one)).not.toMatch(/eve|root|"9"|"x"|none|empty/);
      expect(one).toMatchObject({ iss: acme.issuer, good: [1, { a: true }] });
    }
    await set({ claims_function_targets: ['userinfo'] });
  });

  test.each([
    [
      'reads a table of pgrant',
      'return (select to_jsonb(u) from pgrant.users u limit 1);',
      /42501/,
    ],
    ['calls a function of pgrant', 'perform pgrant_rules.random_bytes();', /42501/],
    ['writes', 'delete from acme_claims.plans;', /25006|42501/],
    ['fails', 'return 1 / 0;', /22012/],
    ['says too much', "return jsonb_build_object('a', repeat('x', 9000));", /8192/],
    ['returns a list', "return '[1]';", /no object/],
    ['waits for a lock', 'perform pg_advisory_xact_lock(7);', /55P03/],
    ['hangs', 'perform pg_sleep(30);', /57014/],
  ])('that %s fails no sign-in, and is in the audit once a minute', async (_, body, reason) => {
    await forgetFaults();
    await replace(`${body} return null;`);
    const before = (await faults()).length;
    const { sql } = acme.database;
    const held = await sql.reserve();
    await held`select pg_advisory_lock(7)`;
    const { userinfo, id_token } = await told();
    await told();
    await held`select pg_advisory_unlock(7)`;
    held.release();
    expect(userinfo).toEqual({ sub: id_token.sub });
    const now = await faults();
    expect(now.length).toBeGreaterThan(before);
    expect(now.length).toBeLessThan(before + 3);
    expect(now.at(-1)).toMatch(reason);
  });

  test('changes nothing of the transaction, the tenant least of all', async () => {
    await forgetFaults();
    await replace(`perform set_config('pgrant.tenant', gen_random_uuid()::text, true), set_config('search_path', 'acme_claims', false);
      return '{"good": 1}';`);
    const { userinfo, id_token } = await told('openid email');
    expect(userinfo).toMatchObject({ sub: id_token.sub, good: 1, email: 'ada@example.com' });
  });

  test.each([
    ['is not there', 'acme_claims.other', 'is not there with the arguments'],
    ['is one of pgrant', 'pgrant_rules.custom_claims', 'must be a function as schema.name'],
    ['is one of PostgreSQL', 'pg_catalog.now', 'must be a function as schema.name'],
    ['is no name', 'acme_claims.x(); drop', 'must be a function as schema.name'],
  ])('that %s is refused', async (_, claims_function, why) => {
    await expect(set({ claims_function })).rejects.toThrow(why);
  });

  test('that would run with rights of pgrant, or may not be called, is refused', async () => {
    await replace('return null;', 'security definer');
    await expect(set({ claims_function: 'acme_claims.for_user' })).rejects.toThrow(
      "runs with rights of pgrant's",
    );
    await replace('return null;');
    const { sql } = acme.database;
    await sql`revoke usage on schema acme_claims from pgrant_claims`;
    await expect(set({ claims_function: 'acme_claims.for_user' })).rejects.toThrow(
      'may not be called by pgrant_claims',
    );
    await sql`grant usage on schema acme_claims to pgrant_claims`;
    await set({ claims_function: null });
  });
});
