// Who calls functions of operators is in the audit, whatever they have set before.
import { randomBytes, randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { atFileEnd } from '../support/at-end.ts';
import { createDatabase } from '../support/database.ts';
import { makeTenant, makeUser } from '../support/fixtures.ts';

test('an operator who says that an admin of the tenant does it, from elsewhere, is named as who they are', async () => {
  const database = await createDatabase();
  const acme = await makeTenant(database, 'acme');
  await makeUser(acme, 'ada');
  const role = `operator_${randomBytes(6).toString('hex')}`;
  await database.sql.unsafe(`create role ${role} login inherit password 'p' in role pgrant_worker`);
  const url = Object.assign(new URL(database.url('postgres')), { username: role, password: 'p' });
  const sql = postgres(url.href, { max: 1, onnotice: () => {} });
  atFileEnd(async () => {
    await sql.end();
    await database.sql.unsafe(`drop role ${role}`);
  });
  const admin = JSON.stringify({
    role: 'pgrant_web',
    user_id: randomUUID(),
    session_id: randomUUID(),
  });
  await sql.begin(async (session) => {
    await session`
      select set_config('pgrant.tenant', ${acme.tenant}, true), set_config('pgrant.request_id', 'req-1', true),
             set_config('pgrant.address', '203.0.113.9', true), set_config('pgrant.admin', ${admin}, true)`;
    await session`select pgrant_ops.user_set(${acme.tenant}, 'ada', '{"name": "Ada"}')`;
  });
  const [event] = await database.sql`
    select request_id, address, actor from pgrant.audit_events where action = 'user.set'`;
  expect(event).toMatchObject({ request_id: null, address: null, actor: { role } });
  expect(Object.keys(event?.actor as object)).not.toContain('user_id');
});
