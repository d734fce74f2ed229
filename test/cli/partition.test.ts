import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { pgrant, document } = operator(database);
await document('tenant add acme --issuer https://id.example/acme');
await document('tenant add other --issuer https://id.example/other');

const planOf = async (name: string) =>
  (await document('partition list')).find((row: { table_name: string }) => row.table_name === name);

async function maintain(): Promise<number | undefined> {
  const statement = 'select count(*)::int as n from pgrant_ops.partitions_maintain()';
  const [made] = (await database.worker.query(statement, [])) as { n: number }[];
  return made?.n;
}

test('the plan of a table is set, followed by the next run, and in the audit of each tenant with who did it', async () => {
  expect(await planOf('codes')).toEqual({
    table_name: 'codes',
    step: '1d',
    ahead: '3d',
    retention: '1d',
  });
  // What the day is behind on, where it began after the database was made.
  await maintain();
  await document('partition set codes --ahead 9d --reason', 'worker away');
  expect(await planOf('codes')).toMatchObject({ ahead: '9d', retention: '1d' });
  expect(await maintain()).toBe(6);
  const events = await database.sql`
    select tenant, actor_reason, detail from pgrant_report.audit_events where action = 'partition_plan.set' order by tenant`;
  expect([...events]).toEqual(
    ['acme', 'other'].map((tenant) => ({
      tenant,
      actor_reason: 'worker away',
      detail: { table: 'codes', ahead: '9d' },
    })),
  );
});

test('months stay months, and what the list prints is taken again', async () => {
  await document('audit retention 24 --yes');
  await document('partition set audit_events --ahead 4mon');
  const plans = await document('partition list');
  expect(await planOf('audit_events')).toEqual({
    table_name: 'audit_events',
    step: '1mon',
    ahead: '4mon',
    retention: '24mon',
  });
  const { out } = await pgrant(['partition', 'list']);
  expect(out).toMatch(/^audit_events +1mon +4mon +24mon$/m);
  for (const { table_name, ahead, retention } of plans) {
    const kept = table_name.startsWith('audit_') ? [] : ['--retention', retention];
    await document(`partition set ${table_name} --ahead`, ahead, ...kept);
  }
  expect(await document('partition list')).toEqual(plans);
});

test('a length of several units, which somebody set in psql, is shown whole', async () => {
  await database.worker.query(
    "select pgrant_ops.partition_plan_set('codes', '1 month 36 hours 90 seconds', '48:00')",
    [],
  );
  expect(await planOf('codes')).toMatchObject({ ahead: '1mon 1d 12h 1m 30s', retention: '2d' });
  await document('partition set codes --ahead', '1mon 1d 43290s');
  expect(await planOf('codes')).toMatchObject({ ahead: '1mon 1d 12h 1m 30s' });
});

test.each([
  ['codes --yes --retention 1h', 'partitions are kept for 1 day to 10 years'],
  ['codes --ahead 1h', 'at least one ahead'],
  ['codes --ahead 1000d', 'at most two years ahead'],
  ['users --ahead 9d', 'no table of pgrant that is cut by time is called users'],
  ['audit_events --retention 900d', 'the audit is kept in months'],
])('%s is refused, and changes nothing', async (words, message) => {
  const before = await document('partition list');
  const { code, err } = await pgrant(['partition', 'set', ...words.split(' ')]);
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(message) });
  expect(await document('partition list')).toEqual(before);
});

test('whoever updates the plans by hand without being a superuser changes nothing', async () => {
  const before = await document('partition list');
  const owner = database.as('pgrant_owner');
  // What is left for the owner, which only the release is, are the bounds.
  await expect(
    owner`update pgrant.partition_plans set retention = interval '1 minute'`,
  ).rejects.toMatchObject({ code: '42501' });
  expect(await document('partition list')).toEqual(before);
});

test('a table is kept for less only by whoever says so', async () => {
  expect(await planOf('refusals')).toMatchObject({ retention: '7d' });
  const refused = await pgrant(['partition', 'set', 'refusals', '--retention', '36h']);
  expect(refused).toMatchObject({
    code: 2,
    err: expect.stringContaining(
      'this removes what of refusals is older than 36h, of every tenant, for good: say so with --yes',
    ),
  });
  expect(await planOf('refusals')).toMatchObject({ retention: '7d' });
  await document('partition set refusals --retention 36h --yes');
  await document('partition set refusals --retention 1mon');
  expect(await planOf('refusals')).toMatchObject({ retention: '1mon' });
});
