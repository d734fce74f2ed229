import { randomBytes } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { pgrant, document } = operator(database);
// Roles belong to the server, which all test files share.
const role = `Alice ${randomBytes(6).toString('hex')}`;

afterAll(() => database.sql.unsafe(`drop role if exists "${role}"`));

test('an auditor is added for a tenant or for all, told what is missing, listed and removed', async () => {
  await document('tenant add acme --issuer https://id.example/acme');
  const missing = await pgrant(['auditor', 'add', '--role', role]);
  expect([missing.code, missing.err]).toEqual([
    1,
    `pgrant: the database has no role ${role}\n  a DBA makes it: create role "${role}" login\n`,
  ]);
  await database.sql.unsafe(`create role "${role}" login`);
  const { out } = await pgrant(['auditor', 'add', '--role', role, '--tenant', 'acme']);
  const left = `grant pgrant_auditor to "${role}"`;
  const [said, run = ''] = out.trimEnd().split('\n  a DBA has to run: ');
  expect(said).toBe(`${role} may read the reports of tenant acme`);
  expect(run.split('; ')).toContain(left);
  // The membership alone leaves something to say, whoever gave it before.
  await database.sql.unsafe(left);
  const { missing: limits } = await document('auditor add --tenant acme --role', role);
  expect(limits).toEqual(run.split('; ').slice(1));
  await database.sql.unsafe(limits.join('; '));
  // A transaction that an auditor leaves open would hold up releases and sealing.
  const [settings] = await database.sql`select rolconfig from pg_roles where rolname = ${role}`;
  expect(settings?.rolconfig).toEqual([
    'statement_timeout=5min',
    'idle_in_transaction_session_timeout=1min',
  ]);
  expect(await document('auditor add --role', role)).toEqual({
    ...{ role, tenant: null, member: true },
    missing: [],
  });
  const listed = await document('auditor list');
  expect(listed.filter((row: { role: string }) => row.role === role)).toMatchObject([
    { tenant: null, member: true, missing: [] },
  ]);
  await database.sql.unsafe(`alter role "${role}" set statement_timeout = 0`);
  expect((await pgrant(['auditor', 'list'])).out).toContain(limits[0]);
  await document('auditor remove --role', role);
  expect(await document('auditor list')).toEqual([]);
  expect((await pgrant(['auditor', 'list'])).out).toBe(
    'nobody reads the reports: pgrant auditor add\n',
  );
});
