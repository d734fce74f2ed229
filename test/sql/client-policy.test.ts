// The policy of a client is put together as a row, whose places nobody checks: each has what its name says.
import { beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

/** What is no column of that name. */
const others: Record<string, string> = {
  tenant_name: 'p_tenant.name',
  self_registered: 'p_client.registered_at is not null',
  request_due: 'p_client.requested_at',
  use_due: 'p_client.last_used_at',
  told_of_logout: 'p_client.backchannel_logout_uri',
};

/** The parts of a list in SQL, whatever commas are inside of them. */
function parts(list: string): string[] {
  let depth = 0;
  const ends = [...list].flatMap((character, at) => {
    if ('(['.includes(character)) depth += 1;
    if (')]'.includes(character)) depth -= 1;
    return character === ',' && depth === 0 ? [at] : [];
  });
  return [...ends, list.length].map((end, n) =>
    list.slice(n && (ends[n - 1] ?? 0) + 1, end).trim(),
  );
}

async function misplaced(): Promise<string[]> {
  const [found] = await database.sql`
    select regexp_replace(substring(p.prosrc from 'return row\\((.*)\\)::'), '--[^\\n]*', '', 'g') as row,
           array(select a.attname::text from pg_attribute a join pg_class c on c.oid = a.attrelid
                  where c.reltype = p.prorettype and a.attnum > 0 order by a.attnum) as columns
      from pg_proc p where p.oid = 'pgrant_rules.client_policy(pgrant.clients, pgrant.tenants)'::regprocedure`;
  const values = parts(found?.row ?? '');
  const columns: string[] = found?.columns ?? [];
  expect(values).toHaveLength(columns.length);
  return columns.filter((column, at) => {
    const wanted = others[column] ?? `\\.${column}\\b`;
    return !new RegExp(wanted).test(values[at] ?? '');
  });
}

test('each place of the row has the setting of its name, of the client or the tenant', async () => {
  expect(await misplaced()).toEqual([]);
  const [made] = await database.sql`
    select pg_get_functiondef('pgrant_rules.client_policy(pgrant.clients, pgrant.tenants)'::regprocedure) as text`;
  const swapped = made?.text.replace(
    'p_tenant.roles_claim, p_tenant.permissions_claim',
    'p_tenant.permissions_claim, p_tenant.roles_claim',
  );
  await database.sql.unsafe(swapped);
  expect(await misplaced()).toEqual(['roles_claim', 'permissions_claim']);
  await database.sql.unsafe(made?.text);
});
