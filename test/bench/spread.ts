// What a refresh costs by one connection and by many, at one tenant and spread over a thousand.
import { createHash } from 'node:crypto';
import type { Sql } from 'postgres';
import type { Bench } from './bench.ts';
import { refreshTokenOf } from './families.ts';
import type { Result } from './report.ts';
import type { Family } from './scenarios.ts';
import { people } from './service.ts';

type Settings = { seconds: number; rounds: number };

const tenants = 1000;

/** Measures refreshes in a random order of cells, round after round. */
export async function measureSpread(
  bench: Bench,
  { seconds, rounds }: Settings,
): Promise<Result[]> {
  const cells: { result: Result; visitors: Family[][] }[] = [];
  for (const connections of [1, people, 256]) {
    const first = await bench.addFamilies(connections);
    const visitors = Array.from({ length: connections }, (_, at) => [
      { token: '/bench/oauth/token', refresh_token: refreshTokenOf(first + at) },
    ]);
    cells.push({ result: cell(`${connections} connections`), visitors });
  }
  await addTenants(bench.sql, bench.tenant);
  const visitors = Array.from({ length: people }, (_, at) => familiesOf(at));
  cells.push({ result: cell(`${people} connections, ${tenants} tenants`), visitors });
  for (let round = 1; round <= rounds; round += 1) {
    for (const { result, visitors } of cells.toSorted(() => Math.random() - 0.5)) {
      result.rounds.push(await bench.measure(result, seconds, { visitors }));
      console.error(`round ${round}/${rounds}  ${result.note}`);
    }
  }
  return cells.map(({ result }) => result);
}

const cell = (note: string): Result => ({
  ...{ target: 'pgrant', scenario: 'refresh of its own', note, rounds: [] },
});

/** The families of one connection: at every so many tenants, one. */
function familiesOf(connection: number): Family[] {
  const all = Array.from({ length: tenants }, (_, at) => at);
  return all
    .filter((at) => at % people === connection)
    .map((at) => ({ token: `/bench-${at}/oauth/token`, refresh_token: refreshTokenOf(at) }));
}

/** Makes tenants like the one that is measured, each with its clients, a person and a family; `sql` is a superuser's. */
async function addTenants(sql: Sql, tenant: string): Promise<void> {
  await sql`set session_replication_role = replica`;
  await sql`
    insert into pgrant.issuers
    select (jsonb_populate_record(i, jsonb_build_object(
              'tenant_id', md5('bench' || n)::uuid, 'name', 'bench-' || n, 'path', '/bench-' || n, 'issuer', i.issuer || '-' || n))).*
      from pgrant.issuers i, generate_series(0, ${tenants - 1}::int) n where i.tenant_id = ${tenant}`;
  const own = sql`jsonb_build_object('tenant_id', md5('bench' || n)::uuid)`;
  const each = sql`generate_series(0, ${tenants - 1}::int) n`;
  for (const table of ['tenants', 'clients', 'client_secrets', 'scopes', 'signing_keys']) {
    await sql`
      insert into pgrant.${sql(table)} select (jsonb_populate_record(r, ${own} ||
             case when ${table} = 'tenants' then jsonb_build_object('name', 'bench-' || n, 'issuer', to_jsonb(r) ->> 'issuer' || '-' || n) else '{}' end)).*
        from pgrant.${sql(table)} r, ${each} where r.tenant_id = ${tenant}`;
  }
  await sql`
    insert into pgrant.users (tenant_id, user_id, username)
    select md5('bench' || n)::uuid, md5('user' || n)::uuid, 'person' from ${each}`;
  const first = `\\x${createHash('sha256')
    .update(`${'0'.repeat(21)}A`)
    .digest('hex')}`;
  for (const table of ['grants', 'token_families']) {
    await sql`
      insert into pgrant.${sql(table)}
      select (jsonb_populate_record(r, ${own} || jsonb_build_object(
                'user_id', md5('user' || n)::uuid, 'grant_id', md5('grant' || n)::uuid, 'family_id', md5('family' || n)::uuid,
                'handle_hash', sha256(convert_to(handle, 'utf8')),
                'current_hash', sha256(convert_to('pgrant_rt_' || handle || '.' || lpad(n::text, 42, '0') || 'A', 'utf8'))))).*
        from pgrant.${sql(table)} r, ${each}, lateral (select lpad(n::text, 21, '0') || 'A') as names (handle)
       where r.tenant_id = ${tenant} and r.grant_id = md5('grant0')::uuid
         and coalesce(to_jsonb(r) ->> 'handle_hash', ${first}) = ${first}`;
  }
  await sql`set session_replication_role = default`;
  await sql`vacuum (analyze)`;
}
