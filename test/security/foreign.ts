// What belongs to one tenant: what names it, what only it has, and whether any of it has changed.
import type { Query } from './attempts.ts';

/** A value by which something of a tenant is found: the column that has it, and the row's expiry. */
export type Identifier = {
  column: string;
  type: string;
  value: string;
  /** Epoch seconds: a secret is looked up together with its expiry. */
  expires_at: string | null;
};

type Column = { table_name: string; column_name: string; type: string; expires: boolean };

const tables = `select c.oid, c.relname from pg_class c join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id'
  where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`;

/** One live specimen of each column that is part of a key, or holds a hash. */
export async function identifiersOf(query: Query, tenant: string): Promise<Identifier[]> {
  const columns = (await query(`
    select t.relname as table_name, a.attname as column_name, a.atttypid::regtype::text as type,
           exists (select from pg_attribute e where e.attrelid = t.oid and e.attname = 'expires_at') as expires
      from (${tables}) t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
     where a.attname <> 'tenant_id' and a.atttypid in ('uuid'::regtype, 'bytea'::regtype, 'text'::regtype)
       and (a.attname like '%\\_hash'
            or exists (select from pg_index i where i.indrelid = t.oid and i.indisunique and a.attnum = any (i.indkey)))
     order by 1, 2`)) as Column[];
  const found = await Promise.all(
    columns.map(async ({ table_name, column_name, type, expires }) => {
      // What never expires has no expiry in its secret.
      const expiry = expires
        ? `case when isfinite(t.expires_at) then floor(extract(epoch from t.expires_at))::bigint::text end`
        : 'null';
      const [row] = (await query(`
        select t.${column_name}::text as value, ${expiry} as expires_at from pgrant.${table_name} t
         where t.tenant_id = '${tenant}' and t.${column_name} is not null
         order by ${expires ? 't.expires_at desc,' : ''} 1 limit 1`)) as Identifier[];
      return row && { ...row, type, column: `${table_name}.${column_name}` };
    }),
  );
  return found.filter((one) => one !== undefined);
}

/** Every row of a tenant, audit included, as text. */
export async function snapshot(query: Query, tenant: string): Promise<string[]> {
  const names = (await query(tables)) as { relname: string }[];
  const each = names.map(
    ({ relname }) =>
      `select '${relname} ' || to_jsonb(t)::text as row from pgrant.${relname} t where t.tenant_id = '${tenant}'`,
  );
  const found = (await query(each.join(' union all '))) as { row: string }[];
  return found.map(({ row }) => row).sort();
}

/** What only the second of two snapshots has: ids, hashes, names. */
export function markers(a: string[], b: string[]): string[] {
  const texts = (rows: string[]) => new Set(rows.join('\n').match(/"(?:[^"\\]|\\.){8,}"(?!:)/g));
  const common = texts(a);
  return [...texts(b)].filter((text) => !common.has(text)).map((text) => text.slice(1, -1));
}

/** The tables that have rows of tenants; where they are distributed, the pieces of the node that has this tenant. */
export async function tablesOf(
  query: Query,
  tenant: string,
  distributed: boolean,
): Promise<string[]> {
  const piece = distributed
    ? `c.relname || '_' || get_shard_id_for_distribution_column(c.oid, '${tenant}'::uuid)`
    : 'c.relname';
  const names = (await query(`select ${piece} as relname from (${tables}) c order by 1`)) as {
    relname: string;
  }[];
  return names.map(({ relname }) => relname);
}

/** A query that gives one text, which changes with any row of the tenant in these tables. */
export function fingerprintQuery(names: string[], tenant: string): string {
  const branches = names.map(
    (name) =>
      `select '${name} ' || tableoid || ctid || xmin as row from pgrant.${name} where tenant_id = '${tenant}'`,
  );
  return `select md5(coalesce(string_agg(f.row, '/' order by f.row), '')) from (${branches.join(' union all ')}) f`;
}
