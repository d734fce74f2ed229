// What an auditor makes in a schema of their own, and has looked up first, decides nothing.
import { expect, test } from 'vitest';
import { atFileEnd } from '../support/at-end.ts';
import { makeAuditor } from '../support/auditors.ts';
import { createDatabase } from '../support/database.ts';
import { makeTenant, makeUser } from '../support/fixtures.ts';

test.each([
  ['of one tenant', true, 1],
  ['of none', false, 0],
])(
  'an auditor %s with operators and functions of their own reads as before',
  async (_, listed, seen) => {
    const database = await createDatabase();
    const acme = await makeTenant(database, 'acme');
    await makeUser(acme, 'ada');
    await makeUser(await makeTenant(database, 'other'), 'bob');
    const { role, sql } = await makeAuditor(database, { tenant: acme.tenant, listed });
    atFileEnd(() => database.sql.unsafe('drop schema scratch cascade'));
    await database.sql.unsafe(`create schema scratch; grant all on schema scratch to ${role}`);
    await sql.unsafe(`
    create function scratch.same(name, name) returns boolean language sql immutable as 'select true';
    create operator scratch.= (leftarg = name, rightarg = name, function = scratch.same);
    create function scratch.same(uuid, uuid) returns boolean language sql immutable as 'select true';
    create operator scratch.= (leftarg = uuid, rightarg = uuid, function = scratch.same);
    create function scratch.pg_has_role(name, text, text) returns boolean language sql immutable as 'select true';
    set search_path = scratch, pg_catalog`);
    const read = async (what: string) =>
      (await sql.unsafe(`select count(*)::int as rows from ${what}`))[0]?.rows;
    expect(await read('pgrant.users')).toBe(seen);
    expect(await read('pgrant.tenants')).toBe(seen);
    expect(await read('pgrant_report.people')).toBe(seen);
    expect((await sql`select pgrant.auditor_tenant() as tenant`)[0]?.tenant).toBe(
      listed ? acme.tenant : null,
    );
  },
);
