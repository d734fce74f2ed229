import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { operate } from '../support/fixtures.ts';
import { failures, type Place, prove } from './proof.ts';
import { makeSpecimen, type Tenant, valuesOf } from './specimen.ts';

let database: TestDatabase;
let a: Tenant;
let b: Tenant;

const proof = (only?: RegExp, place?: Place) => {
  const pair = {
    at: a.tenant,
    other: b.tenant,
    own: (names: string[]) => valuesOf(a, names),
  };
  const narrow = only && { only, relations: /^pgrant\.(users|grants)$/ };
  return prove(database.sql, pair, { ...narrow, ...(place && { place }) });
};

beforeAll(async () => {
  database = await createDatabase();
  a = await makeSpecimen(database, 'alpha');
  b = await makeSpecimen(database, 'bravo');
  await valuesOf(b);
});

const nothing = /^$/;

describe('the proof of isolation', { timeout: 300_000 }, () => {
  test('tries every function that takes a tenant, as each role, and finds nothing', async () => {
    const { attempts, functions, identifiers, ...found } = await proof();
    expect(failures({ attempts, functions, identifiers, ...found })).toEqual([]);
    expect(identifiers.length).toBeGreaterThan(30);
    for (const { names } of functions) expect(names).not.toEqual([]);
    expect(attempts.filter(({ error }) => error !== null).length).toBeGreaterThan(1000);
  });

  test.each([
    [
      'a policy that lets every tenant through',
      'create policy wide on pgrant.grants to pgrant_definer using (true)',
      /rule broken: the definer reaches .*: grants/,
      /pgrant_definer can (read|change|remove) grants of another tenant/,
    ],
    [
      'a right on a table, with a policy to match',
      `grant usage on schema pgrant to pgrant_web; grant select, update on pgrant.users to pgrant_web;
       create policy wide on pgrant.users to pgrant_web using (true)`,
      /rule broken: web, worker, product and resource servers have no right/,
      /pgrant_web can read users of another tenant: 1 rows/,
    ],
  ])('fails for %s', async (_, change, rule, reached) => {
    await database.sql.unsafe(change);
    const found = failures(await proof(nothing));
    await database.sql.unsafe(`
      drop policy if exists wide on pgrant.grants; drop policy if exists wide on pgrant.users;
      revoke all on pgrant.users from pgrant_web; revoke usage on schema pgrant from pgrant_web`);
    expect(found).toContainEqual(expect.stringMatching(rule));
    expect(found).toContainEqual(expect.stringMatching(reached));
    expect(failures(await proof(nothing))).toEqual([]);
  });

  test.each([
    [
      'a policy for auditors that asks anew for each row, after conditions of their own',
      `alter policy audited on pgrant.users using (
         pgrant.auditor_tenant() = '00000000-0000-0000-0000-000000000000' or tenant_id = pgrant.auditor_tenant())`,
      `alter policy audited on pgrant.users
         using (pgrant.audited_tenant() = '00000000-0000-0000-0000-000000000000' or tenant_id = pgrant.audited_tenant())`,
      /an auditor is told values of pgrant.users.user_id of another tenant/,
    ],
  ])('fails for %s', async (_, change, back, finding) => {
    await database.sql.unsafe(change);
    const found = failures(await proof(nothing));
    await database.sql.unsafe(back);
    expect(found).toContainEqual(expect.stringMatching(finding));
  });

  test('takes what others change meanwhile for no change by a call', async () => {
    let going = true;
    const others = (async () => {
      while (going) {
        await operate(b, ops.tenant_set, { settings: { title: `Title ${Date.now()}` } });
        await database.sql`select pgrant_ops.audit_seal()`;
      }
    })();
    try {
      expect(failures(await proof(/^(token_introspect|consent_list|user_list)$/))).toEqual([]);
    } finally {
      going = false;
      await others;
    }
  });

  test.each([
    [
      'that tells what belongs to another tenant',
      `select into v_out.reason g.user_id from pgrant.grants g where g.grant_id = p_grant_id`,
      /pgrant_web was told .* by .*pgrant_api.loose/,
    ],
    [
      'that changes what belongs to another tenant',
      `update pgrant.grants g set last_used_at = now() where g.grant_id = p_grant_id`,
      /pgrant_web changed rows of another tenant by .*pgrant_api.loose/,
    ],
  ])('fails for a function %s', async (_, statement, finding) => {
    await database.sql.unsafe(`
      create function pgrant_api.loose(p_tenant uuid, p_request_id text, p_address inet, p_grant_id uuid)
      returns pgrant_api.done language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
      declare
        v_out pgrant_api.done;
      begin
        perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
        ${statement};
        return v_out;
      end $$;
      grant execute on function pgrant_api.loose to pgrant_web`);
    const found = failures(await proof(/^loose$/));
    // As where several nodes are behind it: calls are not undone.
    const through = failures(await proof(/^loose$/, 'coordinator'));
    await database.sql.unsafe('drop function pgrant_api.loose');
    expect(found).toContainEqual(expect.stringMatching(finding));
    expect(through).toContainEqual(expect.stringMatching(finding));
  });
});
