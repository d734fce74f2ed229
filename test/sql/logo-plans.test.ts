// Which logos are due among more than the worker could look through each minute: what is read does not grow with what there is.
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { makeClient, makeTenant, operate, type World } from '../support/fixtures.ts';

const count = 5_000;
let database: TestDatabase;
let acme: World;

beforeAll(async () => {
  database = await createDatabase();
  acme = await makeTenant(database, 'acme');
  const { sql } = database;
  await makeClient(acme, 'portal', { name: 'Portal' });
  // Half of them somebody vouches for; the others stay new, for their tenant does not show them.
  await sql`
    insert into pgrant.clients
    select r.*
      from pgrant.clients c, generate_series(1, ${count}::int) n,
           jsonb_populate_record(c, jsonb_build_object('client_id', 'crowd-' || n, 'logo_uri', 'https://logos.example/' || n,
             'logo_kept', case when n % 2 = 0 then 'https://logos.example/' || n end, 'draft', n % 2 = 1)) r
     where c.client_id = 'portal'`;
  await sql`
    insert into pgrant.logos (tenant_id, logo_uri, check_after)
    select c.tenant_id, c.logo_uri, now() + interval '3 days' from pgrant.clients c where c.logo_kept is not null`;
  await sql`vacuum (analyze)`;
}, 15_000);

/** What is due, and how many rows and entries of indexes were read for it. */
function due() {
  return database.sql.begin(async (own) => {
    const read = async () => {
      const [row] = await own`
        select sum(pg_stat_get_xact_tuples_returned(c.oid)) as rows
          from pg_class c where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'i')`;
      return Number(row?.rows);
    };
    const before = await read();
    const rows = await own`select logo_uri from pgrant_ops.logo_due()`;
    return { logos: rows.map(({ logo_uri }) => logo_uri), read: (await read()) - before };
  });
}

const begin = (logo_uri: string) =>
  call(database.worker, ops.logo_fetch_begin, { tenant: acme.tenant, logo_uri });
const change = (client: string, logo_uri: string | null) =>
  operate(acme, ops.client_set, { client_id: client, settings: { logo_uri } });

test('nothing is due, and next to nothing is read to know it', async () => {
  const { logos, read } = await due();
  expect(logos).toEqual([]);
  expect(read).toBeLessThan(50);
});

test('what is new, replaced, taken back or to be fetched again is due by itself, until each is seen to', async () => {
  const at = (name: string | number) => `https://logos.example/${name}`;
  await change('crowd-2', at('new'));
  await change('crowd-4', null);
  await change('crowd-6', at(8));
  await operate(acme, ops.tenant_set, { settings: { logo_uri: at('acme') } });
  await database.sql`
    update pgrant.logos set check_after = now() - interval '1 second' where logo_uri = ${at(10)}`;
  const { logos, read } = await due();
  expect(logos.toSorted()).toEqual([at(10), at(2), at(4), at(6), at('acme')]);
  expect(read).toBeLessThan(50);
  const seen: [string, boolean][] = [];
  for (let page = await due(); page.logos.length > 0; page = await due()) {
    for (const logo of page.logos) {
      seen.push([logo, (await begin(logo)).logo_fetch_begin]);
      if (seen.length > 20) throw new Error(`not seen to: ${JSON.stringify(page)}`);
    }
  }
  const fetched = seen.filter(([, wanted]) => wanted);
  expect(fetched.map(([logo]) => logo).toSorted()).toEqual([at(10), at('acme'), at('new')]);
  const left = await database.sql`
    select logo_uri from pgrant.logos where logo_uri = any (${[at(2), at(4), at(6), at(8)]})`;
  expect(left.map(({ logo_uri }) => logo_uri)).toEqual([at(8)]);
});

test('where the tenant shows the others they are due as well, a page at a time', async () => {
  await operate(acme, ops.tenant_set, { settings: { unverified_logos: true } });
  const { logos, read } = await due();
  expect(logos).toHaveLength(100);
  expect(read).toBeLessThan(500);
});
