// Roles of the database that read the reports. Roles belong to the server, which all test files share.

import { randomBytes } from 'node:crypto';
import postgres, { type Sql } from 'postgres';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { atFileEnd } from './at-end.ts';
import type { TestDatabase } from './database.ts';

export type Auditor = {
  role: string;
  /** A session that logged in as the role. */
  sql: Sql;
};

type Reach = { tenant?: string | undefined; member?: boolean; listed?: boolean };

/** Makes a role that reads the reports of one tenant or of all, and drops it after the test file. */
export async function makeAuditor(database: TestDatabase, reach: Reach = {}): Promise<Auditor> {
  const { tenant, member = true, listed = true } = reach;
  const role = `auditor_${randomBytes(6).toString('hex')}`;
  await database.sql.unsafe(`create role ${role} login password 'p'`);
  if (member) await database.sql.unsafe(`grant pgrant_auditor to ${role}`);
  if (listed) await call(database.worker, ops.auditor_add, { role, tenant });
  const url = new URL(database.url('postgres'));
  url.username = role;
  url.password = 'p';
  const sql = postgres(url.href, { max: 1, onnotice: () => {} });
  atFileEnd(async () => {
    await sql.end();
    await database.sql.unsafe(`drop role ${role}`);
  });
  return { role, sql };
}
