import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { operate, secret } from '../support/fixtures.ts';
import {
  bindAny,
  grouped,
  known,
  mix,
  mixtures,
  proposals,
  referencesOf,
  type Values,
  variants,
} from './arguments.ts';
import { markers, snapshot as rowsOf } from './foreign.ts';
import { makeSpecimen, type Tenant, valuesOf } from './specimen.ts';

type Parameter = [string, string];
type Row = Record<string, unknown>;

let database: TestDatabase;
let a: Tenant;
let b: Tenant;
let functions: Map<string, Parameter[]>;

/** Every function of pgrant_api that works for a tenant, as the catalog has it. */
async function enumerate(): Promise<Map<string, Parameter[]>> {
  const rows = await database.sql<{ name: string; names: string[]; types: string[] }[]>`
    select p.proname as name, p.proargnames as names,
           array(select t::regtype::text from unnest(p.proargtypes) with ordinality u (t, n) order by n) as types
      from pg_proc p where p.pronamespace = 'pgrant_api'::regnamespace 
       and p.proname not in ('tenant_find', 'health_read')`;
  return new Map(
    rows.map(({ name, names, types }) => [
      name,
      types.map((type, index): Parameter => [(names[index] ?? '').replace(/^p_/, ''), type]),
    ]),
  );
}

beforeAll(async () => {
  database = await createDatabase();
  a = await makeSpecimen(database, 'alpha');
  b = await makeSpecimen(database, 'bravo');
  functions = await enumerate();
});

async function invoke(name: string, tenant: string, values: Values): Promise<Row> {
  const binding = bindAny(`pgrant_api.${name}`, functions.get(name) ?? []);
  const [row] = await callAll(database.web, binding, { ...values, tenant });
  return row ?? {};
}

// Prepared, for the same tables are read hundreds of times, and to plan that takes longer.
const query = (text: string) => database.sql.unsafe(text, [], { prepare: true });

/** Every row of a tenant, audit included, as text. */
const snapshot = ({ tenant }: Tenant) => rowsOf(query, tenant);

/** What only a request that was granted has. */
function granted(name: string, row: Row): boolean {
  const fields = [
    'code_expires_at',
    'session_expires_at',
    'access_expires_at',
    'claims',
    'consents',
    'username',
    'client_name',
    'redirect_to',
    'issued_at',
    'client_id',
    'expires_in',
    'kind',
    'salt',
    'interval',
    'value',
    'credentials',
    'public_key',
    'image',
  ];
  const gave = fields.some((field) => row[field] !== null && row[field] !== undefined);
  const shown = row.active === true || row.next === 'consent';
  const says = [
    'consent_revoke',
    'grant_revoke',
    'request_uri_find',
    'device_verify',
    'second_factor_leave',
    'admin_find',
    'totp_remove',
    'passkey_remove',
    'recovery_codes_set',
    'registration_settings',
  ].includes(name);
  return gave || shown || (says && row.error === null);
}

function text(row: Row): string {
  return JSON.stringify(row, (_, value) =>
    value?.type === 'Buffer' ? `\\x${Buffer.from(value.data).toString('hex')}` : value,
  );
}

describe('every function of pgrant_api', () => {
  test('has no argument that these tests do not know', () => {
    expect(functions.size).toBeGreaterThan(15);
    const names = [...functions.values()].flat().map(([name]) => name);
    expect(names.filter((name) => name !== 'tenant' && !known.has(name))).toEqual([]);
    expect([...grouped].filter((name) => !names.includes(name))).toEqual([]);
  });

  test('refuses at one tenant whatever belongs to another, changes nothing of it and tells nothing', {
    timeout: 120_000,
  }, async () => {
    let refused = 0;
    for (const [name, parameters] of functions) {
      const names = parameters.map(([argument]) => argument);
      const references = referencesOf(names);
      for (const variant of variants(names)) {
        const [own, foreign] = [await valuesOf(a, names), await valuesOf(b, names)];
        const before = await snapshot(b);
        const secrets = markers(await snapshot(a), before);
        for (const fromB of references.length > 0 ? mixtures(references) : [new Set<string>()]) {
          const values = mix(own, foreign, fromB);
          const row = await invoke(name, a.tenant, { ...values, ...proposals(names), ...variant });
          const what = `${name}, ${[...fromB]} of the other tenant`;
          const sent = JSON.stringify(Object.values(values));
          const answer = text(row);
          const told = secrets.filter(
            (secret) => answer.includes(secret) && !sent.includes(secret),
          );
          expect(told, what).toEqual([]);
          if (references.length > 0) expect(granted(name, row), `${what}: ${answer}`).toBe(false);
          refused++;
        }
        expect(await snapshot(b), name).toEqual(before);
      }
    }
    expect(refused).toBeGreaterThan(45);
  });

  test('grants the same at the tenant to which all of it belongs', {
    timeout: 120_000,
  }, async () => {
    for (const [name, parameters] of functions) {
      const names = parameters.map(([argument]) => argument);
      if (referencesOf(names).length === 0) continue;
      // What ends the session that all of it hangs on: test/http/account.test.ts.
      if (/^account_(?:delete|password_set|session_end)$/.test(name)) continue;
      for (const variant of variants(names)) {
        const values = { ...(await valuesOf(b, names)), ...proposals(names), ...variant };
        const before = await snapshot(b);
        const row = await invoke(name, b.tenant, values);
        // These say the same whatever they find.
        if (
          [
            'token_revoke',
            'upstream_fail',
            'client_keys_store',
            'identity_assertion_keys_store',
            'session_logout',
          ].includes(name)
        ) {
          expect(await snapshot(b), name).not.toEqual(before);
        } else expect(granted(name, row), `${name}: ${text(row)}`).toBe(true);
      }
    }
  });

  test('knows nothing of a token that another tenant gave to a client for itself', async () => {
    const access_hash = secret();
    const caller = { ...b.client, scopes: null, request_id: null, address: null };
    const issued = await invoke('client_credentials_issue', b.tenant, { ...caller, access_hash });
    const token = { access_hash, access_expires_at: issued.access_expires_at };
    // The client there has the same name, which is all that the token says of its owner.
    for (const [tenant, client, active] of [
      [b.tenant, b.client, true],
      [a.tenant, a.client, false],
    ] as const) {
      expect(await invoke('token_introspect', tenant, { ...client, ...token })).toMatchObject({
        active,
      });
    }
    const before = await snapshot(b);
    await invoke('token_revoke', a.tenant, { ...a.client, ...token });
    expect(await snapshot(b)).toEqual(before);
  });

  test('grants nothing at a tenant that is disabled or does not exist', {
    timeout: 120_000,
  }, async () => {
    const disabled = await makeSpecimen(database, 'charlie');
    const values = await valuesOf(disabled);
    await operate(disabled, ops.tenant_disable, { disabled: true });
    const before = await snapshot(disabled);
    for (const tenant of [disabled.tenant, randomUUID()]) {
      for (const [name, parameters] of functions) {
        for (const variant of variants(parameters.map(([argument]) => argument))) {
          const row = await invoke(name, tenant, { ...values, ...variant });
          expect(granted(name, row), `${name}: ${text(row)}`).toBe(false);
          // A logout has nothing to end there, and says so; a refusal is not recorded, and stays one.
          if (!['session_logout', 'refusal_record'].includes(name))
            expect(row.error, name).not.toBeNull();
        }
      }
    }
    expect(await snapshot(disabled)).toEqual(before);
  });
});
