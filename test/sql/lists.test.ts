// The lists that stand once: whatever uses a word of one has it from there.
import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';

const { sql } = await createDatabase();

test('every error that SQL may return has a public text, and there is no other', async () => {
  const faults = await sql`
    select coalesce(e.error, l.error) as error
      from unnest(enum_range(null::pgrant_api.error)) e (error)
      full join pgrant_rules.public_errors() l on l.error = e.error
     where e.error is null or l.error is null`;
  expect([...faults]).toEqual([]);
});

test('every action that a function records is in the list of actions, and every one in the list is recorded', async () => {
  const faults = await sql`
    with recorded (action) as (
      select distinct m[1]
        from pg_proc p cross join regexp_matches(p.prosrc, '''([a-z_]+\\.[a-z_]+)''', 'g') m
       where p.pronamespace::regnamespace::text in ('pgrant_api', 'pgrant_ops', 'pgrant_rules')
         and m[1] !~ '^(pgrant(_resource|_rules)?|citus|d|user_history)\\.')
    select coalesce(r.action, a.action) as action, r.action is null as unused
      from recorded r full join pgrant_report.audit_actions() a on a.action = r.action
     where r.action is null or a.action is null`;
  expect([...faults]).toEqual([]);
});

test('every action that takes something away says that it ends something, and none that gives', async () => {
  const rows = await sql`
    select action, pgrant_report.audit_effect(action) as effect from pgrant_report.audit_actions()`;
  const of = (effect: string) =>
    rows.filter((row) => row.effect === effect).map(({ action }) => action);
  expect(of('ended').filter((action) => /(add|enable|set|allow|issue)$/.test(action))).toEqual([]);
  const takes = /(disable|remove|revoke|withdraw|deny|suspend|reuse|expire|lose|unlink)$/;
  expect(of('changed').filter((action) => takes.test(action))).toEqual([]);
  expect(of('issued')).toContain('refresh.rotate');
  expect(of('nothing')).not.toContain('developer_client.resume');
});

test('the claims that scopes ask for are those of OpenID Connect Core 5.4', async () => {
  const claims = async (...scopes: string[]) => {
    const [row] = await sql`select pgrant_rules.scope_claims(${scopes}) as claims`;
    return row?.claims;
  };
  expect(await claims()).toEqual(['sub']);
  expect(await claims('email', 'phone')).toEqual([
    'sub',
    'email',
    'email_verified',
    'phone_number',
    'phone_number_verified',
  ]);
  expect(await claims('openid', 'profile')).toHaveLength(15);
});
