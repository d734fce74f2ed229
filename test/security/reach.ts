// What a role gets of a tenant's rows without any function.
import type { Sql, TransactionSql } from 'postgres';
import type { Query } from './attempts.ts';

export type Reached = { role: string; table: string; verb: string; rows: number };

/** Queries as the owner of the functions does, in a tenant. Nothing that they change stays. */
export function inTenant(sql: Sql, tenant: string): Query {
  return (text) => undone(sql, 'pgrant_definer', tenant, (session) => session.unsafe(text));
}

class Undo extends Error {
  readonly rows: unknown[];
  constructor(rows: unknown[]) {
    super('undone');
    this.rows = rows;
  }
}

async function undone(
  sql: Sql,
  role: string,
  tenant: string,
  ask: (session: TransactionSql) => Promise<unknown[]>,
  first = '',
): Promise<unknown[]> {
  try {
    return await sql.begin(async (session) => {
      if (first) await session.unsafe(first);
      await session`select set_config('pgrant.tenant', ${tenant}, true), set_config('role', ${role}, true)`;
      throw new Undo(await ask(session));
    });
  } catch (error) {
    if (error instanceof Undo) return error.rows;
    throw error;
  }
}

/** How many rows each of some statements gets, undone at once; 0 where it is denied, which is the best answer of all. */
const makeTries = `
  create function pg_temp.tries(p_statements text[]) returns integer[] language plpgsql as $$
  declare
    v_statement text;
    v_rows integer;
    v_all integer[] := '{}';
  begin
    foreach v_statement in array p_statements loop
      begin
        execute v_statement;
        get diagnostics v_rows = row_count;
        raise sqlstate 'UNDO1';
      exception
        when sqlstate 'UNDO1' then null;
        when insufficient_privilege then v_rows := 0;
      end;
      v_all := v_all || v_rows;
    end loop;
    return v_all;
  end $$`;

const statementsOf = ({ name, column }: { name: string; column: string }, other: string) =>
  [
    ['read', `select from pgrant.${name} where tenant_id = '${other}'`],
    [
      'change',
      `update pgrant.${name} set ${column} = ${column} where tenant_id = '${other}' returning 1`,
    ],
    ['remove', `delete from pgrant.${name} where tenant_id = '${other}' returning 1`],
  ] as const;

/** Each table, role and verb by which rows of `other` are reached; none where tenants are isolated. */
export async function reach(
  sql: Sql,
  at: string,
  other: string,
  relations = /./,
): Promise<Reached[]> {
  const tables = (await sql.unsafe(`
    select c.relname as name,
           (select l.attname from pg_attribute l where l.attrelid = c.oid and l.attnum > 0 and l.attname <> 'tenant_id'
               and not l.attisdropped and l.attgenerated = '' order by l.attnum desc limit 1) as column
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
     where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and c.relname not in ('issuers', 'auditors')
     order by 1`)) as unknown as { name: string; column: string }[];
  const tries = tables
    .filter(({ name }) => relations.test(`pgrant.${name}`))
    .flatMap((table) =>
      statementsOf(table, other).map(([verb, statement]) => ({
        ...{ table: table.name, verb, statement },
      })),
    );
  // The definer has entered the first tenant; the others claim to be in the second.
  const roles = [
    ['pgrant_definer', at],
    ['pgrant_owner', other],
    ['pgrant_web', other],
    ['pgrant_worker', other],
    ['pgrant_product', other],
    ['pgrant_resource_server', other],
  ] as const;
  const reached: Reached[] = [];
  for (const [role, entered] of roles) {
    const all = (session: TransactionSql) =>
      session`select pg_temp.tries(${tries.map(({ statement }) => statement)}::text[]) as rows`;
    const [row] = await undone(sql, role, entered, all, makeTries);
    const { rows } = row as { rows: number[] };
    tries.forEach(({ table, verb }, index) => {
      const got = rows[index] ?? 0;
      if (got > 0) reached.push({ role, table, verb, rows: got });
    });
  }
  return reached;
}
