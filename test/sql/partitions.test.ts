// Partitions are made ahead without a gap, and made once, whatever they are called.
import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';

const { sql } = await createDatabase();

/** Of each table that is cut by time, whether a partition is there for every moment that is planned for. */
const covered = () => sql`
  select p.table_name,
         range_agg(tstzrange(b.bound[1]::timestamptz, b.bound[2]::timestamptz)) @> tstzrange(now(), now() + p.ahead) as covered
    from pgrant.partition_plans p
    join pg_inherits i on i.inhparent = format('pgrant.%I', p.table_name)::regclass
    join pg_class c on c.oid = i.inhrelid
   cross join regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \\(''([^'']+)''\\) TO \\(''([^'']+)''\\)') b (bound)
   where b.bound is not null
   group by p.table_name, p.ahead order by p.table_name`;

const maintain = () => sql`select * from pgrant_ops.partitions_maintain()`;

test('each moment that is planned for has a partition, where several begin on one day too', async () => {
  await maintain();
  const tables = await covered();
  const plans = await sql`select table_name from pgrant.partition_plans order by 1`;
  expect(tables.map(({ table_name }) => table_name)).toEqual(plans.map((one) => one.table_name));
  expect(tables.filter((one) => !one.covered)).toEqual([]);
  expect(await maintain()).toHaveLength(0);
});

test('a partition that has another name is there', async () => {
  const [last] = await sql`
    select max(i.inhrelid::regclass::text) as name from pg_inherits i
     where i.inhparent = 'pgrant.dpop_proofs'::regclass and i.inhrelid::regclass::text ~ '_[0-9]{2}$'`;
  await sql.unsafe(`alter table ${last?.name} rename to dpop_proofs_otherwise`);
  expect(await maintain()).toHaveLength(0);
});
