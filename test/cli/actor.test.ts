// Who is behind what operators do, as auditors see it.
import { hostname, userInfo } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import { discover, obtainTokens, startAcme } from '../support/acme.ts';
import { seal } from '../support/audit.ts';
import { type Auditor, makeAuditor } from '../support/auditors.ts';
import { createDatabase } from '../support/database.ts';
import { operator, run } from './cli.ts';

const database = await createDatabase();
const { environment, pgrant, document } = operator(database);
const user = `${userInfo().username}@${hostname()}`;
let tenant = '';
let one: Auditor;
let other: Auditor;

beforeAll(async () => {
  tenant = (await document('tenant add acme --issuer https://id.example/acme')).tenant_id;
  const { tenant_id } = await document('tenant add other --issuer https://id.example/other');
  one = await makeAuditor(database, { tenant });
  other = await makeAuditor(database, { tenant: tenant_id });
});

const changes = ({ sql }: Auditor, username: string) => sql`
  select actor_role, actor_user, host(actor_address) as actor_address, actor_application, actor_reason
    from pgrant_report.audit_events
   where action like 'user.%' and username = ${username} and at > now() - interval '1 day' order by at`;

const add = (name: string, ...more: string[]) =>
  document(`user add --tenant acme --username ${name}`, ...more);

describe('a command', () => {
  test('leaves who called it, by what, from where and why', async () => {
    await add('ada', '--reason', 'ticket 4711');
    expect(await changes(one, 'ada')).toMatchObject([
      {
        actor_role: 'pgrant_worker',
        actor_user: user,
        actor_address: '127.0.0.1',
        actor_application: expect.stringMatching(/^pgrant-cli/),
        actor_reason: 'ticket 4711',
      },
    ]);
    expect(await changes(other, 'ada')).toEqual([]);
  });

  test('names whom PGRANT_ACTOR says, and no reason where none was given', async () => {
    const words = 'user add --tenant acme --username bob'.split(' ');
    const { code } = await run({ ...environment, PGRANT_ACTOR: 'release-bot' }, words);
    expect(code).toBe(0);
    expect(await changes(one, 'bob')).toMatchObject([
      { actor_user: 'release-bot', actor_reason: null },
    ]);
  });

  test('that fails leaves the session as it was, and says why it failed', async () => {
    const { code, err } = await pgrant([
      'user',
      'disable',
      '--tenant',
      'acme',
      '--username',
      'nobody',
    ]);
    expect({ code, err }).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^pgrant: there is no user/),
    });
  });

  test('keeps a secret in its reason to itself', async () => {
    await add('eve', '--reason', 'leaked: pgrant_rt_0123456789abcdef');
    expect(await changes(one, 'eve')).toMatchObject([{ actor_reason: 'leaked: pgrant_rt_…' }]);
  });
});

test('somebody in psql says by settings of the transaction who and why, and the role is theirs whatever they say', async () => {
  const sql = await database.sql.reserve();
  await sql`begin`;
  await sql`select set_config('pgrant.actor', 'dba', true), set_config('pgrant.reason', 'by hand', true)`;
  await sql`select pgrant_ops.user_add(${tenant}, 'carl')`;
  await sql`commit`;
  await sql`select pgrant_ops.user_add(${tenant}, 'dora')`;
  sql.release();
  const [{ role } = {}] = await database.sql`select session_user::text as role`;
  expect(await changes(one, 'carl')).toMatchObject([
    { actor_role: role, actor_user: 'dba', actor_reason: 'by hand' },
  ]);
  expect(await changes(one, 'dora')).toMatchObject([
    { actor_role: role, actor_user: null, actor_reason: null },
  ]);
});

test('the actor is sealed with the event', async () => {
  await seal(database);
  await database.sql`update pgrant.audit_events set actor = actor || '{"user": "somebody else"}'
                      where actor ->> 'reason' = 'ticket 4711'`;
  const { code, out } = await pgrant(['audit', 'verify', '--tenant', 'acme']);
  expect({ code, out }).toMatchObject({
    code: 1,
    out: expect.stringContaining('not as it was sealed'),
  });
});

test('what a request decides has no actor, but its address and request_id', async () => {
  const acme = await startAcme();
  await obtainTokens(await discover(acme, acme.web));
  const rows = await acme.database.sql`
    select distinct actor is null as none, address is not null as address from pgrant.audit_events where request_id is not null`;
  expect([...rows]).toEqual([{ none: true, address: true }]);
});
